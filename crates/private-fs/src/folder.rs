//! Folders and links: what a path leads to before something is written there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How many links are followed from a path to the file that it stands for (as Linux does).
pub(crate) const MAX_LINKS: usize = 40;

/// Creates the folder `path` and those above it that are missing, all with mode 0700. Folders that are
/// there keep the mode that they have.
///
/// # Errors
/// If one of them can't be created, or something else than a folder is in its place.
pub fn create_dir(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Checks that `path` is a folder itself, not a link to one: a checkout may come from anyone, and a link
/// in it can lead out of it.
///
/// # Errors
/// [`io::ErrorKind::NotADirectory`] if it is anything else; whatever the system says if it can't be
/// looked at.
pub fn require_real_dir(path: &Path) -> io::Result<()> {
    match path.symlink_metadata()?.is_dir() {
        true => Ok(()),
        false => Err(io::ErrorKind::NotADirectory.into()),
    }
}

/// The path of the file that `path` stands for, where that is a symbolic link; also of one that doesn't
/// exist yet.
///
/// # Errors
/// If there are more than 40 links one after the other, as in a circle.
pub fn resolve_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(target) = fs::read_link(&path) else { return Ok(path) };
        path = match path.parent() {
            Some(folder) => folder.join(target),
            None => target,
        };
    }
    Err(io::Error::other("too many links"))
}
