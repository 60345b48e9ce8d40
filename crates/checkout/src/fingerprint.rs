//! The fingerprint of a checkout, from a listing alone: equal ones mean that nothing has changed.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::CheckoutError;
use crate::git::{self, Git};
use crate::read::canonical;
use crate::walk;

/// A hash of the state of a checkout's files. Equal fingerprints mean the same files with the same sizes
/// and time stamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

/// The fingerprint of the checkout at `root`; `None` while a file in it is so new that a later change might
/// not be noticed.
///
/// Covers the files that [`read`](crate::read) looks at, including ignore files. Doesn't cover the commit
/// that is checked out.
///
/// # Errors
/// When there is no folder at `root`, or it can't be listed.
pub fn fingerprint(root: &Path) -> Result<Option<Fingerprint>, CheckoutError> {
    Ok(fingerprint_to_watch(root)?.fingerprint)
}

/// A fingerprint, and where a change of it shows.
#[derive(Debug)]
pub struct Watchable {
    /// The fingerprint, as [`fingerprint`] gives it.
    pub fingerprint: Option<Fingerprint>,
    /// The number of files that it is of.
    pub files: usize,
    /// The folders: while nothing changes in any of them (whatever happens in other folders, even in those below), the
    /// fingerprint is the same.
    pub folders: Vec<PathBuf>,
}

/// The fingerprint of the checkout at `root`, and the folders to watch for a change of it.
///
/// # Errors
/// Those of [`fingerprint`].
pub fn fingerprint_to_watch(root: &Path) -> Result<Watchable, CheckoutError> {
    let root = canonical(root)?;
    let mut listing = walk::list(&root, Git::open_by_cache(&root).ok().as_ref());
    listing.skipped.sort_unstable();
    listing.unreadable.sort_unstable();
    let now = SystemTime::now();
    let mut hasher = blake3::Hasher::new();
    let mut put = |bytes: &[u8]| {
        hasher.update(&bytes.len().to_le_bytes());
        hasher.update(bytes);
    };
    let mut folders = std::mem::take(&mut listing.folders);
    folders.extend(git::folders_around(&root));
    let files = listing.files.len();
    if !listing.files.iter().all(|file| file.state.is_content_settled(now)) {
        return Ok(Watchable { fingerprint: None, files, folders });
    }
    for file in &listing.files {
        put(file.path.as_bytes());
        put(&file.state.bytes());
    }
    for (reason, path) in &listing.skipped {
        put(reason.name().as_bytes());
        put(path.as_bytes());
    }
    for (path, reason) in &listing.unreadable {
        put(path.as_bytes());
        put(reason.as_bytes());
    }
    listing.remarks.iter().for_each(|remark| put(remark.as_bytes()));
    let fingerprint = Some(Fingerprint(hasher.finalize().into()));
    Ok(Watchable { fingerprint, files, folders })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};
    use std::time::Duration;

    /// Writes a file as if it had been written long ago.
    fn write(path: &Path, text: &str, seconds_ago: u64) {
        fs::write(path, text).unwrap();
        let time = SystemTime::now() - Duration::from_secs(seconds_ago);
        File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    }

    #[test]
    fn what_changes_shows_and_what_is_ignored_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path(".git")).unwrap();
        write(&path("a.py"), "a = 1\n", 1000);
        write(&path(".gitignore"), "*.log\n", 1000);
        let first = fingerprint(folder.path()).unwrap().unwrap();
        assert_eq!(fingerprint(folder.path()).unwrap(), Some(first));

        write(&path("x.log"), "noise\n", 1000);
        assert_eq!(fingerprint(folder.path()).unwrap(), Some(first), "ignored");
        write(&path("b.py"), "b = 1\n", 1000);
        let second = fingerprint(folder.path()).unwrap().unwrap();
        assert_ne!(second, first, "added");
        write(&path("a.py"), "a = 2\n", 900);
        assert_ne!(fingerprint(folder.path()).unwrap(), Some(second), "changed");
        fs::remove_file(path("b.py")).unwrap();
        write(&path("a.py"), "a = 1\n", 0);
        assert_eq!(fingerprint(folder.path()).unwrap(), None, "too fresh to tell");
    }

    #[test]
    fn no_folder_is_an_error() {
        assert!(fingerprint(Path::new("/nowhere/at/all")).is_err());
    }
}
