//! Config files on disk: read whole, written atomically. Of the user's own files, links are followed, as
//! dotfiles are often kept elsewhere; in a project, which comes from others, only within it.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use private_fs::{Access, LinkOutside, Links, OpenFolder, Writer, resolve_links, resolve_within};

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
    /// A link in a project leads out of it.
    #[error(
        "{outside}; nothing was read or changed: replace the link by a file or folder of the project, or install without --project"
    )]
    Outside {
        /// The link.
        #[from]
        outside: LinkOutside,
    },
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> FileError {
    let path = path.to_owned();
    move |source| FileError::Io { path, source }
}

/// The path without links of what is at `path`, which may be missing; in the project with that root, or
/// else for a file of the user's own.
fn real(path: &Path, project: Option<&Path>) -> Result<PathBuf, FileError> {
    match project {
        Some(root) => Ok(resolve_within(root, path).map_err(at(path))??),
        None => resolve_links(path).map_err(at(path)),
    }
}

/// The text of the file at `path`, `None` if there is no file. In a project with that root, no link that
/// leads out of it is followed.
pub(crate) fn read(path: &Path, project: Option<&Path>) -> Result<Option<String>, FileError> {
    let (real, links) = match project {
        Some(_) => (real(path, project)?, Links::Refuse),
        None => (path.to_owned(), Links::Follow),
    };
    let bytes = match private_fs::read(&real, links, MAX_BYTES) {
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
pub(crate) fn check_writable(path: &Path, project: Option<&Path>) -> Result<(), FileError> {
    match fs::metadata(real(path, project)?) {
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
    /// The root of the project that the file belongs to, out of which nothing is written.
    pub(crate) project: Option<PathBuf>,
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
        let real = real(&self.path, self.project.as_deref())?;
        if read(&real, self.project.as_deref())? != self.before {
            return Err(FileError::Changed(self.path.clone()));
        }
        let folder = real.parent().unwrap_or(Path::new("."));
        if self.after.is_some() {
            fs::create_dir_all(folder).map_err(at(folder))?;
        }
        let hold = self.project.is_some().then(|| Hold::on(folder)).transpose()?;
        let like = if real.exists() { &real } else { &self.like };
        match &self.after {
            Some(text) => replace(&real, text, like, hold.as_ref()),
            None => {
                hold.map_or(Ok(()), |hold| hold.check())?;
                fs::remove_file(&real).map_err(at(&real))
            }
        }
    }
}

/// A folder of a project, held open so that one sees whether a link has taken its place, or that of a folder
/// above it, since the path was resolved.
struct Hold<'f> {
    folder: &'f Path,
    opened: OpenFolder,
}

impl<'f> Hold<'f> {
    fn on(folder: &'f Path) -> Result<Self, FileError> {
        let opened = OpenFolder::open(folder).map_err(at(folder))?;
        Ok(Self { folder, opened })
    }

    fn check(&self) -> Result<(), FileError> {
        match self.opened.is_at(self.folder) {
            true => Ok(()),
            false => Err(FileError::Changed(self.folder.to_owned())),
        }
    }
}

fn replace(path: &Path, text: &str, like: &Path, hold: Option<&Hold<'_>>) -> Result<(), FileError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // Without a file to be like, the new one is its owner's alone: these files hold keys.
    let writer = Writer::new().access(Access::Like(like)).named(".config-", "").synced();
    let mut staged = writer.stage(path).map_err(at(folder))?;
    staged.write_all(text.as_bytes()).map_err(at(path))?;
    hold.map_or(Ok(()), Hold::check)?;
    staged.commit().map_err(at(path))
}
