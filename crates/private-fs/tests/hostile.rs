//! What may be in the way of a file: links, pipes, folders, other modes, other writers, no room.
#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use private_fs::{Access, Content, Links, Writer, create_dir, read, read_content, resolve_links};

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    (folder, path)
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn is_root() -> bool {
    let folder = tempfile::tempdir().unwrap();
    set_mode(folder.path(), 0o500);
    fs::write(folder.path().join("x"), "").is_ok()
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn files_and_folders_are_their_owners_alone() {
    let (folder, _) = folder();
    let deep = folder.path().join("a/b");
    create_dir(&deep).unwrap();
    create_dir(&deep).unwrap();
    assert_eq!((mode(&deep), mode(deep.parent().unwrap())), (0o700, 0o700));
    let path = deep.join("file");
    fs::write(&path, "old").unwrap();
    set_mode(&path, 0o644);
    Writer::new().write(&path, b"new").unwrap();
    assert_eq!((mode(&path), fs::read_to_string(&path).unwrap()), (0o600, "new".to_owned()));
    let log = deep.join("log");
    private_fs::open_options().create(true).append(true).open(&log).unwrap();
    assert_eq!(mode(&log), 0o600);
}

#[test]
fn a_folder_that_is_there_keeps_its_mode() {
    let (folder, _) = folder();
    set_mode(folder.path(), 0o755);
    create_dir(folder.path()).unwrap();
    assert_eq!(mode(folder.path()), 0o755);
}

#[test]
fn shared_files_keep_the_mode_of_what_they_replace() {
    let (folder, path) = folder();
    let plain = folder.path().join("plain");
    fs::write(&plain, "").unwrap();
    let writer = Writer::new().access(Access::Shared);
    writer.write(&path, b"1").unwrap();
    assert_eq!(mode(&path), mode(&plain), "as the umask has it");
    set_mode(&path, 0o640);
    writer.write(&path, b"2").unwrap();
    assert_eq!(mode(&path), 0o640);
}

#[test]
fn a_file_like_another_has_its_mode_and_without_one_is_private() {
    let (folder, path) = folder();
    let other = folder.path().join("other");
    let writer = Writer::new().access(Access::Like(&other));
    writer.write(&path, b"").unwrap();
    assert_eq!(mode(&path), 0o600);
    fs::write(&other, "").unwrap();
    set_mode(&other, 0o664);
    writer.synced().write(&path, b"").unwrap();
    assert_eq!(mode(&path), 0o664);
}

#[test]
fn a_link_is_replaced_and_what_it_leads_to_stays() {
    let (folder, path) = folder();
    let secret = folder.path().join("secret");
    fs::write(&secret, "theirs").unwrap();
    set_mode(&secret, 0o644);
    symlink(&secret, &path).unwrap();
    // Not even its mode counts: a link in a checkout may lead to any file.
    Writer::new().access(Access::Shared).write(&path, b"ours").unwrap();
    assert!(fs::symlink_metadata(&path).unwrap().is_file());
    assert_eq!(fs::read_to_string(&secret).unwrap(), "theirs");
}

#[test]
fn links_are_resolved_by_those_who_ask() {
    let (folder, path) = folder();
    fs::create_dir(folder.path().join("dotfiles")).unwrap();
    symlink("second", &path).unwrap();
    symlink("dotfiles/real", folder.path().join("second")).unwrap();
    assert_eq!(resolve_links(&path).unwrap(), folder.path().join("dotfiles/real"));
    let circle = folder.path().join("circle");
    symlink("circle", &circle).unwrap();
    assert_eq!(resolve_links(&circle).unwrap_err().to_string(), "too many links");
}

#[test]
fn a_link_to_a_folder_is_no_folder() {
    let (folder, path) = folder();
    symlink(folder.path(), &path).unwrap();
    private_fs::require_real_dir(folder.path()).unwrap();
    let error = private_fs::require_real_dir(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotADirectory);
}

#[test]
fn what_fails_leaves_the_old_file_and_nothing_else() {
    let (folder, path) = folder();
    fs::write(&path, "old").unwrap();
    // Written and never committed, as by a program that ends in between.
    let writer = Writer::new().named(".unfinished-", ".tmp");
    let mut staged = writer.stage(&path).unwrap();
    staged.write_all(b"half").unwrap();
    let temporary = staged.temporary();
    let name = temporary.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with(".unfinished-") && name.ends_with(".tmp"), "{name}");
    assert_eq!(mode(&temporary), 0o600, "before it has its name, too");
    drop(staged);
    assert_eq!(names(folder.path()), ["file"]);

    // A folder can't be replaced by a file.
    let taken = folder.path().join("taken");
    fs::create_dir(&taken).unwrap();
    writer.write(&taken, b"new").unwrap_err();
    assert_eq!(names(folder.path()), ["file", "taken"]);

    if !is_root() {
        set_mode(folder.path(), 0o500);
        let error = writer.write(&path, b"new").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        set_mode(folder.path(), 0o700);
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
}

#[test]
fn a_missing_folder_is_not_found() {
    let (folder, _) = folder();
    let error = Writer::new().write(&folder.path().join("gone/file"), b"").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn writers_at_the_same_time_leave_one_whole_file() {
    let (folder, path) = folder();
    std::thread::scope(|scope| {
        for writer in 0..4_u8 {
            let path = &path;
            scope.spawn(move || {
                for _ in 0..25 {
                    Writer::new().write(path, &[writer; 10_000]).unwrap();
                    let bytes = fs::read(path).unwrap();
                    assert!(bytes.len() == 10_000 && bytes.iter().all(|byte| *byte == bytes[0]));
                }
            });
        }
    });
    assert_eq!(names(folder.path()), ["file"]);
}

#[test]
fn reading_is_bounded() {
    let (_folder, path) = folder();
    fs::write(&path, "12345").unwrap();
    assert_eq!(read(&path, Links::Refuse, 5).unwrap(), b"12345");
    let error = read(&path, Links::Refuse, 4).unwrap_err();
    assert_eq!(
        (error.kind(), &*error.to_string()),
        (ErrorKind::FileTooLarge, "larger than 4 bytes")
    );
    // A sparse file of a terabyte takes no memory, whatever was expected of it.
    fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(read_content(&path, Links::Refuse, u64::MAX, 1000).unwrap(), Content::TooLarge);
    assert_eq!(
        read(Path::new("/dev/zero"), Links::Follow, 10).unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
}

#[test]
fn pipes_sockets_and_folders_are_refused_at_once() {
    let (folder, path) = folder();
    pipe(&path);
    let socket = folder.path().join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    for special in [&path, &socket, &folder.path().to_owned()] {
        for links in [Links::Follow, Links::Refuse] {
            assert_eq!(read_content(special, links, 0, 10).unwrap(), Content::Special);
            let error = read(special, links, 10).unwrap_err();
            assert_eq!(error.to_string(), "not a regular file");
        }
    }
    let link = folder.path().join("link");
    symlink(&path, &link).unwrap();
    assert_eq!(read_content(&link, Links::Follow, 0, 10).unwrap(), Content::Special);
}

#[test]
fn links_are_followed_or_refused() {
    let (folder, path) = folder();
    fs::write(&path, "x").unwrap();
    let link = folder.path().join("link");
    symlink(&path, &link).unwrap();
    assert_eq!(read(&link, Links::Follow, 9).unwrap(), b"x");
    assert!(read(&link, Links::Refuse, 9).is_err());
    let dangling = folder.path().join("dangling");
    symlink("nowhere", &dangling).unwrap();
    assert_eq!(read(&dangling, Links::Follow, 9).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn bytes_that_are_no_text_are_an_error() {
    let (_folder, path) = folder();
    fs::write(&path, [0xff]).unwrap();
    let error = private_fs::read_to_string(&path, Links::Follow, 9).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
}
