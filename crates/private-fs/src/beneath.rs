//! Reading files below a folder that is held open, without following any link.
//!
//! A path is resolved anew each time it is opened, so a folder on it can be replaced by a link between the
//! moment at which the path was checked and the one at which it is used. Below a handle, there is no such
//! moment: the folder that was opened stays the same, wherever it is moved to.

use std::io;
use std::path::Path;

use crate::Content;

/// A folder that is held open.
#[derive(Debug)]
pub struct OpenFolder {
    #[cfg(unix)]
    handle: std::os::fd::OwnedFd,
    #[cfg(not(unix))]
    path: std::path::PathBuf,
}

#[cfg(unix)]
impl OpenFolder {
    /// Opens the folder at `path`, which must be absolute and without links, as
    /// [`canonicalize`](Path::canonicalize) gives it.
    ///
    /// # Errors
    /// When there is no folder, it can't be opened, or any part of the path is a link.
    pub fn open(path: &Path) -> io::Result<Self> {
        let root = rustix::fs::openat(rustix::fs::CWD, "/", folder_flags(), Mode::empty())?;
        let inside = path.strip_prefix("/").map_err(|_| io::ErrorKind::InvalidInput)?;
        if inside.as_os_str().is_empty() {
            return Ok(Self { handle: root });
        }
        Ok(Self { handle: open_below(&root, inside, folder_flags())? })
    }

    /// What is at the relative path `inside`: at most `limit` bytes, of which `expected` are likely.
    ///
    /// # Errors
    /// When there is nothing, it can't be read, or any part of the path is a link or `..`.
    pub fn read_content(&self, inside: &Path, expected: u64, limit: u64) -> io::Result<Content> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOFOLLOW;
        match open_below(&self.handle, inside, flags) {
            Ok(file) => crate::read::content_of(file.into(), expected, limit),
            // A socket can't be opened at all.
            Err(rustix::io::Errno::NXIO) => Ok(Content::Special),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the folder at `path` is still this one, and no part of the path is a link.
    pub fn is_at(&self, path: &Path) -> bool {
        let same = || -> io::Result<bool> {
            let there = rustix::fs::fstat(&Self::open(path)?.handle)?;
            let own = rustix::fs::fstat(&self.handle)?;
            Ok((there.st_dev, there.st_ino) == (own.st_dev, own.st_ino))
        };
        same().unwrap_or(false)
    }
}

#[cfg(unix)]
use rustix::fs::{Mode, OFlags};

#[cfg(unix)]
fn folder_flags() -> OFlags {
    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW
}

/// Opens what is at `inside`, none of whose parts may be a link.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn open_below(
    folder: &std::os::fd::OwnedFd,
    inside: &Path,
    flags: OFlags,
) -> rustix::io::Result<std::os::fd::OwnedFd> {
    use rustix::fs::ResolveFlags;
    use rustix::io::Errno;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match rustix::fs::openat2(folder, inside, flags, Mode::empty(), resolve) {
        // Kernels before 5.6, and containers whose filter of system calls doesn't know it.
        Err(Errno::NOSYS | Errno::PERM) => open_part_by_part(folder, inside, flags),
        opened => opened,
    }
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
fn open_below(
    folder: &std::os::fd::OwnedFd,
    inside: &Path,
    flags: OFlags,
) -> rustix::io::Result<std::os::fd::OwnedFd> {
    open_part_by_part(folder, inside, flags)
}

/// As [`open_below`], with a call for each part of the path.
#[cfg(unix)]
fn open_part_by_part(
    folder: &std::os::fd::OwnedFd,
    inside: &Path,
    flags: OFlags,
) -> rustix::io::Result<std::os::fd::OwnedFd> {
    use std::path::Component;
    let mut parts = Vec::new();
    for part in inside.components() {
        match part {
            Component::Normal(name) => parts.push(name),
            Component::CurDir => {}
            _ => return Err(rustix::io::Errno::XDEV),
        }
    }
    let Some((last, folders)) = parts.split_last() else { return Err(rustix::io::Errno::INVAL) };
    let mut holder = None;
    for name in folders {
        let at = holder.as_ref().unwrap_or(folder);
        holder = Some(rustix::fs::openat(at, *name, folder_flags(), Mode::empty())?);
    }
    rustix::fs::openat(holder.as_ref().unwrap_or(folder), *last, flags, Mode::empty())
}

#[cfg(not(unix))]
impl OpenFolder {
    /// Opens the folder at `path`.
    ///
    /// # Errors
    /// When there is no folder.
    pub fn open(path: &Path) -> io::Result<Self> {
        crate::require_real_dir(path)?;
        Ok(Self { path: path.to_owned() })
    }

    /// What is at the relative path `inside`: at most `limit` bytes, of which `expected` are likely.
    ///
    /// # Errors
    /// When there is nothing, it can't be read, or it is a link.
    pub fn read_content(&self, inside: &Path, expected: u64, limit: u64) -> io::Result<Content> {
        crate::read_content(&self.path.join(inside), crate::Links::Refuse, expected, limit)
    }

    /// Whether a folder is still at `path`.
    pub fn is_at(&self, path: &Path) -> bool {
        self.path == path && crate::require_real_dir(path).is_ok()
    }
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "a test that can't set up has nothing to say")]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn whole(folder: &OpenFolder, inside: &str) -> io::Result<Content> {
        folder.read_content(Path::new(inside), 0, 100)
    }

    #[test]
    fn no_link_is_followed_wherever_it_stands() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        fs::create_dir_all(home.join("repo/src")).unwrap();
        fs::create_dir(home.join("secret")).unwrap();
        fs::write(home.join("repo/src/a"), "inside").unwrap();
        fs::write(home.join("secret/a"), "outside").unwrap();
        let folder = OpenFolder::open(&home.join("repo")).unwrap();
        assert_eq!(whole(&folder, "src/a").unwrap(), Content::Whole(b"inside".to_vec()));
        assert_eq!(whole(&folder, "src").unwrap(), Content::Special);
        assert!(whole(&folder, "../secret/a").is_err());

        fs::rename(home.join("repo/src"), home.join("repo/old")).unwrap();
        symlink(home.join("secret"), home.join("repo/src")).unwrap();
        assert!(whole(&folder, "src/a").is_err(), "a folder that became a link");
        let inside = open_part_by_part(&folder.handle, Path::new("src/a"), OFlags::RDONLY);
        assert!(inside.is_err(), "likewise without openat2");

        assert!(folder.is_at(&home.join("repo")));
        fs::rename(home.join("repo"), home.join("moved")).unwrap();
        symlink(home.join("secret"), home.join("repo")).unwrap();
        assert!(!folder.is_at(&home.join("repo")));
        assert!(OpenFolder::open(&home.join("repo")).is_err());
        assert_eq!(whole(&folder, "old/a").unwrap(), Content::Whole(b"inside".to_vec()));
    }
}
