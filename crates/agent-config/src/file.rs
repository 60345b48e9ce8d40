//! Config files on disk: read whole, written atomically, through links.

use std::fs::{self, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The largest config file that is read, in bytes. Agents keep histories in theirs; a few megabytes
/// have been seen.
const MAX_BYTES: u64 = 64 << 20;

/// How many links are followed from a file to the one that it stands for (as Linux does).
const MAX_LINKS: usize = 40;

/// Why a config file can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system said no.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Its permissions let nobody write it.
    #[error("{} is read-only; nothing was changed", .0.display())]
    ReadOnly(PathBuf),
    /// It isn't UTF-8.
    #[error("{} is not UTF-8 text; nothing was changed", .0.display())]
    NotText(PathBuf),
    /// It is larger than any config file.
    #[error("{} is larger than 64 MiB; nothing was changed", .0.display())]
    TooLarge(PathBuf),
    /// Another program wrote it between our reading and our writing.
    #[error("{} was changed by another program at this moment; try again", .0.display())]
    Changed(PathBuf),
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> FileError {
    let path = path.to_owned();
    move |source| FileError::Io { path, source }
}

/// The text of the file at `path`, `None` if there is no file.
pub(crate) fn read(path: &Path) -> Result<Option<String>, FileError> {
    if fs::metadata(path).is_ok_and(|data| !data.is_file()) {
        // To open a pipe is to wait for its other end.
        return Err(at(path)(io::Error::other("not a regular file")));
    }
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(path)(error)),
    };
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(at(path))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(FileError::TooLarge(path.to_owned()));
    }
    String::from_utf8(bytes).map(Some).map_err(|_| FileError::NotText(path.to_owned()))
}

/// A refusal if there is a file at `path` that its permissions protect. (A rename would replace it all
/// the same.)
pub(crate) fn check_writable(path: &Path) -> Result<(), FileError> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.permissions().readonly() => {
            Err(FileError::ReadOnly(path.to_owned()))
        }
        _ => Ok(()),
    }
}

/// One file to be written, replaced or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rewrite {
    /// The file, perhaps a link to the real one.
    pub(crate) path: PathBuf,
    /// What it holds now; `None` if it isn't there.
    pub(crate) before: Option<String>,
    /// What it will hold; `None` if it will be gone.
    pub(crate) after: Option<String>,
    /// The file whose permissions and owner it gets, if it is new.
    pub(crate) like: PathBuf,
}

impl Rewrite {
    /// Does it: by a new file that takes the old one's place in one step, unless the old one is no more
    /// what it was. The file that a link stands for is replaced, not the link.
    pub(crate) fn apply(&self) -> Result<(), FileError> {
        if self.before == self.after {
            return Ok(());
        }
        let real = behind_links(&self.path)?;
        if read(&real)? != self.before {
            return Err(FileError::Changed(self.path.clone()));
        }
        match &self.after {
            Some(text) => replace(&real, text, if real.exists() { &real } else { &self.like }),
            None => fs::remove_file(&real).map_err(at(&real)),
        }
    }
}

fn replace(path: &Path, text: &str, like: &Path) -> Result<(), FileError> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut new = tempfile::Builder::new()
        .prefix(".config-")
        .tempfile_in(directory)
        .map_err(at(directory))?;
    new.write_all(text.as_bytes()).map_err(at(path))?;
    // Without a file to be like, the new one is its owner's alone: these files hold keys.
    if let Ok(metadata) = fs::metadata(like) {
        new.as_file().set_permissions(metadata.permissions()).map_err(at(path))?;
        give_to_owner(new.path(), &metadata);
    }
    new.as_file().sync_all().map_err(at(path))?;
    new.persist(path).map(drop).map_err(|error| at(path)(error.error))
}

/// The file that `path` stands for, also where that one doesn't exist yet.
fn behind_links(path: &Path) -> Result<PathBuf, FileError> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(target) = fs::read_link(&path) else { return Ok(path) };
        path = match path.parent() {
            Some(directory) => directory.join(target),
            None => target,
        };
    }
    Err(at(&path)(io::Error::other("too many links")))
}

/// A file that root writes stays its user's. Where that isn't allowed, the file is our own anyway.
#[cfg(unix)]
fn give_to_owner(path: &Path, like: &Metadata) {
    use std::os::unix::fs::{MetadataExt, chown};
    let _ = chown(path, Some(like.uid()), Some(like.gid()));
}

#[cfg(not(unix))]
fn give_to_owner(_path: &Path, _like: &Metadata) {}
