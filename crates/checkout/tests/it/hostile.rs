//! Checkouts that mean harm: links, pipes, names, depth, configuration that runs commands.
#![cfg(unix)]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use checkout::{Git, GitError, ReadOptions, SkipReason};
use testkit::TempRepo;

use crate::{paths, read};

/// What `wait` gives, which has to end: the limit is far beyond what it takes, and there so that a test
/// fails where it would hang.
fn ends<T: Send + 'static>(wait: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(wait()));
    receiver.recv_timeout(Duration::from_secs(60)).expect("it ends")
}

fn mkfifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn no_link_is_followed() {
    let outside = TempRepo::folder();
    outside.write("passwd", "root:x\n").write("folder/key.rs", "x\n");
    let repo = TempRepo::folder();
    repo.write("a.rs", "x\n").write("src/b.rs", "x\n");
    let link = |to: &std::path::Path, name: &str| symlink(to, repo.path().join(name)).unwrap();
    link(&outside.path().join("passwd"), "out.txt");
    link(&outside.path().join("folder"), "out");
    link(&repo.path().join("src"), "again");
    link(&repo.path().join("a.rs"), "a2.rs");
    link(repo.path(), "src/loop");
    link(std::path::Path::new("nowhere"), "dangling");
    let checkout = read(&repo);
    assert_eq!(paths(&checkout), ["a.rs", "src/b.rs"]);
    assert_eq!(checkout.skipped.count(SkipReason::Link), 6);
}

#[test]
fn a_root_that_is_a_link_is_the_folder_it_points_to() {
    let repo = TempRepo::folder();
    repo.write("real/a.rs", "x\n");
    symlink(repo.path().join("real"), repo.path().join("link")).unwrap();
    let checkout =
        checkout::read(&repo.path().join("link"), &ReadOptions::default(), &|_| ()).unwrap();
    assert_eq!(paths(&checkout), ["a.rs"]);
    assert_eq!(checkout.root.unwrap(), repo.path().join("real"));
}

#[test]
fn pipes_sockets_and_devices_are_not_opened() {
    let repo = TempRepo::folder();
    repo.write("a.rs", "x\n");
    let made = Command::new("mkfifo").arg(repo.path().join("pipe.rs")).status().unwrap();
    assert!(made.success());
    let _socket = UnixListener::bind(repo.path().join("socket.rs")).unwrap();
    let checkout = read(&repo);
    assert_eq!(paths(&checkout), ["a.rs"]);
    assert_eq!(checkout.skipped.examples(SkipReason::Special), ["pipe.rs", "socket.rs"]);
}

#[test]
fn an_ignore_file_may_be_anything() {
    let outside = TempRepo::folder();
    outside.write("list", "*.rs\n");
    let repo = TempRepo::folder();
    repo.write("a.rs", "x\n")
        .write("b/.gitignore", b"\xff\xfe[\n{{{\n!!\n\\\n[z-a]\n".repeat(50))
        .write("b/c.rs", "x\n")
        .write("pipe/d.rs", "x\n")
        .write("device/d.rs", "x\n")
        .write("large/d.rs", "x\n")
        .write("large/.ignore", "*.log\n".repeat(1 << 18))
        .write("out/d.rs", "x\n")
        .write("in/e.rs", "x\n")
        .write("in/f.log", "x\n")
        .write("list", "*.log\n");
    // Nobody ever writes to this pipe: to open it is to wait for ever.
    let pipe = repo.path().join("pipe/.ignore");
    assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    symlink("/dev/zero", repo.path().join("device/.contextosignore")).unwrap();
    symlink(outside.path().join("list"), repo.path().join("out/.gitignore")).unwrap();
    symlink("../list", repo.path().join("in/.gitignore")).unwrap();
    let checkout = read(&repo);
    assert_eq!(paths(&checkout), ["a.rs", "b/.gitignore", "b/c.rs", "in/e.rs", "list"]);
    let unreadable: Vec<_> = checkout.unreadable.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(unreadable, ["device", "large", "out", "pipe"]);
}

/// In the root, which was asked for, it is as if the file weren't there.
#[test]
fn an_ignore_file_of_the_root_may_be_anything() {
    type Make = fn(&Path);
    let cases: &[(&str, Make)] = &[
        (".gitignore", |file| symlink("/nonexistent", file).unwrap()),
        (".ignore", |file| symlink("/etc/hostname", file).unwrap()),
        (".gitignore", |file| fs::create_dir(file).unwrap()),
        (".contextosignore", mkfifo),
        (".gitignore", mkfifo),
        (".ignore", |file| symlink("/dev/zero", file).unwrap()),
        (".gitignore", |file| drop(UnixListener::bind(file).unwrap())),
        (".gitignore", |file| {
            mkfifo(&file.with_file_name("pipe"));
            symlink("pipe", file).unwrap();
        }),
        (".gitignore", |file| fs::write(file, "*.log\n".repeat(1 << 18)).unwrap()),
    ];
    for (name, make) in cases {
        for repo in [TempRepo::folder(), TempRepo::new()] {
            repo.write("a.rs", "x\n").write("src/b.rs", "x\n");
            make(&repo.path().join(name));
            let root = repo.path().to_owned();
            let checkout =
                ends(move || checkout::read(&root, &ReadOptions::default(), &|_| ()).unwrap());
            let listed = paths(&checkout);
            assert!(listed.contains(&"a.rs") && listed.contains(&"src/b.rs"), "{name}: {listed:?}");
            assert_eq!(checkout.unreadable[0].path, ".", "{name}");
            assert!(checkout.unreadable[0].reason.contains(name), "{:?}", checkout.unreadable);
            let root = repo.path().join("src");
            let inside =
                ends(move || checkout::read(&root, &ReadOptions::default(), &|_| ()).unwrap());
            assert_eq!(paths(&inside), ["b.rs"], "{name}: from below");
        }
    }
}

/// Whatever git would open and wait for is seen before git is run.
#[test]
fn pipes_in_a_repository_are_not_waited_for() {
    for name in ["HEAD", "config", "index", "packed-refs", "info/exclude", "refs/heads/side"] {
        let repo = TempRepo::new();
        repo.write("a.rs", "x\n").commit("first");
        let file = repo.path().join(".git").join(name);
        let _ = fs::remove_file(&file);
        mkfifo(&file);
        let root = repo.path().to_owned();
        let opened = ends(move || Git::open(&root).map(drop));
        assert!(matches!(opened, Err(GitError::Special(_))), "{name}: {opened:?}");
        let root = repo.path().to_owned();
        let checkout =
            ends(move || checkout::read(&root, &ReadOptions::default(), &|_| ()).unwrap());
        assert_eq!(paths(&checkout), ["a.rs"], "{name}");
    }
}

#[test]
fn a_git_file_that_is_a_pipe_or_leads_to_one_is_not_waited_for() {
    let repo = TempRepo::folder();
    repo.write("a.rs", "x\n");
    mkfifo(&repo.path().join(".git"));
    let root = repo.path().to_owned();
    assert!(ends(move || Git::open(&root).is_err()));
    let root = repo.path().to_owned();
    let checkout = ends(move || checkout::read(&root, &ReadOptions::default(), &|_| ()).unwrap());
    assert_eq!(paths(&checkout), ["a.rs"]);

    let state = TempRepo::new();
    fs::remove_file(state.path().join(".git/HEAD")).unwrap();
    symlink("/dev/zero", state.path().join(".git/HEAD")).unwrap();
    let repo = TempRepo::folder();
    repo.write("a.rs", "x\n").write(".git", format!("gitdir: {}/.git\n", state.path().display()));
    let root = repo.path().to_owned();
    let opened = ends(move || Git::open(&root).map(drop));
    assert!(matches!(opened, Err(GitError::Special(_))), "{opened:?}");
}

#[test]
fn names_that_cannot_be_shown_are_left_out() {
    let repo = TempRepo::folder();
    repo.write("a.rs", "x\n")
        .write("new\nline.rs", "x\n")
        .write("esc\x1b[2J.rs", "x\n")
        .write("flip\u{202e}sr.rs", "x\n")
        .write("tag\u{e0041}.rs", "x\n")
        .write("selected\u{e0100}.rs", "x\n")
        .write("blank\u{200b}.rs", "x\n")
        .write(OsStr::from_bytes(b"latin\xe4.rs"), "x\n")
        .write(std::path::Path::new(OsStr::from_bytes(b"dir\xff")).join("b.rs"), "x\n")
        .write("with space.rs", "x\n");
    let checkout = read(&repo);
    assert_eq!(paths(&checkout), ["a.rs", "with space.rs"]);
    assert_eq!(checkout.skipped.count(SkipReason::Name), 8);
    for example in checkout.skipped.examples(SkipReason::Name) {
        assert!(!example.contains(char::is_control), "{example:?}");
        assert!(!example.contains(['\u{e0041}', '\u{e0100}', '\u{200b}']), "{example:?}");
    }
}

#[test]
fn an_unreadable_file_is_reported_and_passed_over() {
    let repo = TempRepo::folder();
    repo.write("a.rs", "x\n").write("closed.rs", "x\n").write("closed/b.rs", "x\n");
    let close = |name: &str| {
        fs::set_permissions(repo.path().join(name), fs::Permissions::from_mode(0o000)).unwrap();
    };
    close("closed.rs");
    close("closed");
    let open_anyway = fs::read(repo.path().join("closed.rs")).is_ok();
    let checkout = read(&repo);
    fs::set_permissions(repo.path().join("closed"), fs::Permissions::from_mode(0o700)).unwrap();
    if open_anyway {
        return; // the superuser reads everything
    }
    assert_eq!(paths(&checkout), ["a.rs"]);
    let unreadable: Vec<_> = checkout.unreadable.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(unreadable, ["closed", "closed.rs"]);
    assert_eq!(checkout.skipped.count(SkipReason::Unreadable), 2);
}

/// Made step by step, from inside, as no path leads to the deepest.
#[test]
fn very_deep_trees_end() {
    let repo = TempRepo::folder();
    repo.write("a.rs", "x\n").write("d/".repeat(100) + "b.rs", "x\n");
    let script = "i=0; while [ $i -lt 2100 ]; do mkdir -p d && cd -P d || exit; i=$((i+1)); done";
    let made = Command::new("sh").args(["-c", script]).current_dir(repo.path()).status().unwrap();
    assert!(made.success());
    let checkout = read(&repo);
    assert_eq!(paths(&checkout), ["a.rs".to_owned(), "d/".repeat(100) + "b.rs"]);
    assert_eq!(checkout.unreadable.len(), 1);
    assert!(checkout.unreadable[0].reason.contains("deeper"), "{:?}", checkout.unreadable);
    let removed = Command::new("rm").args(["-rf", "d"]).current_dir(repo.path()).status().unwrap();
    assert!(removed.success());
}

#[test]
fn case_alone_tells_names_apart() {
    let repo = TempRepo::folder();
    repo.write("Makefile", "a:\n").write("makefile", "b:\n");
    if fs::read_to_string(repo.path().join("Makefile")).unwrap() == "a:\n" {
        assert_eq!(paths(&read(&repo)), ["Makefile", "makefile"]);
    }
}

/// Gives HEAD a signature, which a program would have to check.
fn sign(repo: &TempRepo) {
    let commit = repo.git(&["cat-file", "commit", "HEAD"]);
    let (head, message) = commit.split_once("\n\n").unwrap();
    let signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n eA==\n -----END PGP SIGNATURE-----";
    let folder = TempRepo::folder();
    folder.write("commit", format!("{head}\n{signature}\n\n{message}\n"));
    let path = folder.path().join("commit").display().to_string();
    let id = repo.git(&["hash-object", "-t", "commit", "-w", &path]);
    repo.git(&["update-ref", "HEAD", id.trim()]);
}

/// Every way that is known in which a repository's own configuration runs a command.
#[test]
fn no_command_of_the_checkout_is_run() {
    let repo = TempRepo::new();
    repo.write("a.rs", "one\n")
        .write(".gitattributes", "*.rs filter=evil diff=evil merge=evil\n")
        .commit("first");
    repo.write("a.rs", "two\n").commit("second");
    sign(&repo);
    let marker = repo.path().join("it-ran");
    let trap = repo.path().join("trap.sh");
    fs::write(&trap, format!("#!/bin/sh\necho \"$0 $*\" >> '{}'\ncat\n", marker.display()))
        .unwrap();
    fs::set_permissions(&trap, fs::Permissions::from_mode(0o755)).unwrap();
    let hooks =
        ["post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman"];
    for hook in hooks {
        fs::copy(&trap, repo.path().join(".git/hooks").join(hook)).unwrap();
    }
    for key in [
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "core.editor",
        "core.askPass",
        "core.alternateRefsCommand",
        "core.gitProxy",
        "credential.helper",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "merge.evil.driver",
        "gpg.program",
        "pager.cat-file",
        "pager.diff-tree",
        "pager.log",
        "pager.rev-list",
        "alias.cat-file",
        "alias.log",
        "uploadpack.packObjectsHook",
        "remote.origin.uploadpack",
        "trailer.x.command",
    ] {
        repo.git(&["config", key, &trap.display().to_string()]);
    }
    repo.git(&["config", "log.showSignature", "true"]);
    // Whatever a repository says about how history looks, it is read the same.
    repo.git(&["config", "diff.orderFile", "/nowhere"]);
    repo.git(&["config", "log.diffMerges", "on"]);
    repo.git(&["config", "log.mailmap", "true"]);
    repo.git(&["config", "diff.relative", "true"]);
    repo.git(&["config", "format.pretty", "oneline"]);
    repo.git(&["config", "remote.origin.url", "ext::sh -c touch% it-ran"]);
    repo.git(&["config", "remote.origin.promisor", "true"]);
    repo.git(&["config", "extensions.partialClone", "origin"]);
    repo.git(&["config", "core.worktree", "/"]);

    let git = Git::open(repo.path()).unwrap();
    let head = git.head().unwrap().id.clone();
    let history = git.history().unwrap();
    assert_eq!(history.commits.len(), 1);
    assert_eq!(git.patches(&[&head]).unwrap().len(), 1);
    let unknown = "1234567890123456789012345678901234567890";
    assert!(git.patches(&[unknown]).map_or(true, |patches| patches.is_empty()));
    assert!(git.tree_at(unknown, &ReadOptions::default()).is_err());
    assert_eq!(
        paths(&git.tree_at(&head, &ReadOptions::default()).unwrap()),
        [".gitattributes", "a.rs"]
    );
    assert!(!git.differs(["a.rs"]).unwrap());
    assert!(git.resolve("HEAD~1").is_ok());
    assert!(git.resolve("--exec=trap").is_err());
    read(&repo);
    assert!(!marker.exists(), "{}", fs::read_to_string(&marker).unwrap_or_default());
}

#[test]
fn git_directories_of_nonsense_are_an_error() {
    let repo = TempRepo::folder();
    repo.write(".git", "gitdir: /nowhere\n").write("a.rs", "x\n");
    assert!(Git::open(repo.path()).is_err());
    assert_eq!(paths(&read(&repo)), ["a.rs"]);

    let repo = TempRepo::new();
    repo.write("a.rs", "x\n").commit("first");
    fs::write(repo.path().join(".git/config"), "[core\n\x1b[2J").unwrap();
    let error = Git::open(repo.path()).unwrap_err().to_string();
    assert!(!error.contains('\x1b'), "{error:?}");
}

/// A folder whose path was checked may become a link before it is read.
#[cfg(unix)]
#[test]
fn a_checked_root_that_became_a_link_is_refused() {
    let (repo, outside) = (TempRepo::new(), TempRepo::new());
    repo.write("app/main.py", "def main():\n    pass\n");
    outside.write("main.py", "SECRET_PLACE = 1\n");
    let root = repo.path().canonicalize().unwrap().join("app");
    let options = ReadOptions { is_resolved: true, ..ReadOptions::default() };
    assert_eq!(checkout::read(&root, &options, &|_| ()).unwrap().files.len(), 1);

    std::fs::rename(&root, repo.path().join("old")).unwrap();
    std::os::unix::fs::symlink(outside.path(), &root).unwrap();
    assert!(checkout::read(&root, &options, &|_| ()).is_err());
}
