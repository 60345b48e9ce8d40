//! Config files on disk: read whole, written atomically, through links.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use private_fs::{Access, Links, Writer, resolve_links};

/// The largest config file that is read, in bytes. Agents keep histories in theirs; a few megabytes
/// have been seen.
const MAX_BYTES: u64 = 64 << 20;

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
    let bytes = match private_fs::read(path, Links::Follow, MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound => return Ok(None),
            io::ErrorKind::FileTooLarge => return Err(FileError::TooLarge(path.to_owned())),
            _ => return Err(at(path)(error)),
        },
    };
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
    /// What it does to the file, as a unified diff.
    pub(crate) fn diff(&self) -> String {
        let name = |text: &Option<String>| match text {
            Some(_) => self.path.display().to_string(),
            None => "/dev/null".to_owned(),
        };
        let old = self.before.as_deref().unwrap_or("");
        let new = self.after.as_deref().unwrap_or("");
        let diff = similar::TextDiff::from_lines(old, new);
        diff.unified_diff().header(&name(&self.before), &name(&self.after)).to_string()
    }

    /// Does it: by a new file that takes the old one's place in one step, unless the old one is no more
    /// what it was. The file that a link stands for is replaced, not the link.
    pub(crate) fn apply(&self) -> Result<(), FileError> {
        if self.before == self.after {
            return Ok(());
        }
        let real = resolve_links(&self.path).map_err(at(&self.path))?;
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
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(at(folder))?;
    // Without a file to be like, the new one is its owner's alone: these files hold keys.
    let writer = Writer::new().access(Access::Like(like)).named(".config-", "").synced();
    let mut staged = writer.stage(path).map_err(at(folder))?;
    staged.write_all(text.as_bytes()).map_err(at(path))?;
    staged.commit().map_err(at(path))
}
