//! Writing a file under a temporary name, then renaming it to its own.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// Who may read a file that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access<'a> {
    /// Its owner alone: mode 0600, also in place of a file that others could read.
    #[default]
    Private,
    /// Whoever may read the user's other files: the mode of the regular file that it replaces, else what
    /// the umask leaves of 0666.
    Shared,
    /// Whoever may read this file: its mode and, where the system allows that, its owner, so that a file
    /// that root writes stays its user's. [`Access::Private`] if there is no such file.
    Like(&'a Path),
}

/// How files are written: privately, without fsync, and under temporary names that begin with `.tmp`,
/// unless it is said otherwise.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    access: Access<'a>,
    prefix: &'a str,
    suffix: &'a str,
    is_synced: bool,
}

impl Default for Writer<'_> {
    fn default() -> Self {
        Self { access: Access::Private, prefix: ".tmp", suffix: "", is_synced: false }
    }
}

impl<'a> Writer<'a> {
    /// A writer of private files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets who may read the files.
    #[must_use]
    pub fn access(self, access: Access<'a>) -> Self {
        Self { access, ..self }
    }

    /// Sets how temporary names begin and end. Whoever cleans up after killed programs, or ignores
    /// unfinished files, knows them by that.
    #[must_use]
    pub fn named(self, prefix: &'a str, suffix: &'a str) -> Self {
        Self { prefix, suffix, ..self }
    }

    /// Waits until the bytes are on the disk before the file takes its name, so that not even a power
    /// failure leaves a torn one.
    #[must_use]
    pub fn synced(self) -> Self {
        Self { is_synced: true, ..self }
    }

    /// Writes `bytes` as the whole content of the file at `path`, in a folder that exists.
    ///
    /// # Errors
    /// If it can't be written; then whatever was at `path` is still there.
    pub fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut staged = self.stage(path)?;
        staged.write_all(bytes)?;
        staged.commit()
    }

    /// Begins a file that will be at `path` once it is committed. Dropped before, it leaves nothing.
    ///
    /// # Errors
    /// If no file can be created in that folder; [`io::ErrorKind::NotFound`] if there is no such folder.
    pub fn stage(&self, path: &'a Path) -> io::Result<Staged<'a>> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut builder = Builder::new();
        builder.prefix(self.prefix).suffix(self.suffix);
        #[cfg(unix)]
        if self.access == Access::Shared {
            // What the umask takes away, the system takes away.
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        }
        let file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
        Ok(Staged { file, path, access: self.access, is_synced: self.is_synced })
    }
}

/// A file under a temporary name.
#[derive(Debug)]
pub struct Staged<'a> {
    file: NamedTempFile,
    path: &'a Path,
    access: Access<'a>,
    is_synced: bool,
}

impl Staged<'_> {
    /// Gives the file its name, in place of whatever had it.
    ///
    /// # Errors
    /// If its mode can't be set, it can't be synced, or something that a file can't replace, as a
    /// folder, has that name. The temporary file is gone then.
    pub fn commit(self) -> io::Result<()> {
        match self.access {
            Access::Private => {}
            Access::Shared => {
                if let Ok(metadata) = fs::symlink_metadata(self.path)
                    && metadata.is_file()
                {
                    self.file.as_file().set_permissions(metadata.permissions())?;
                }
            }
            Access::Like(other) => {
                if let Ok(metadata) = fs::metadata(other) {
                    self.file.as_file().set_permissions(metadata.permissions())?;
                    give_to_owner(self.file.path(), &metadata);
                }
            }
        }
        if self.is_synced {
            self.file.as_file().sync_all()?;
        }
        self.file.persist(self.path)?;
        Ok(())
    }

    /// The temporary name.
    pub fn temporary(&self) -> PathBuf {
        self.file.path().to_owned()
    }
}

impl Write for Staged<'_> {
    // Through the file itself, whose errors don't name a path that nobody knows.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_file_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_file_mut().flush()
    }
}

/// Options for opening a file that isn't replaced but locked, changed in place or appended to; if it is
/// created by them, then with mode 0600.
pub fn open_options() -> OpenOptions {
    #[allow(unused_mut, reason = "there is no mode to set on other systems")]
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Where that isn't allowed, the file is our own anyway.
#[cfg(unix)]
fn give_to_owner(path: &Path, like: &Metadata) {
    use std::os::unix::fs::{MetadataExt, chown};
    let _ = chown(path, Some(like.uid()), Some(like.gid()));
}

#[cfg(not(unix))]
fn give_to_owner(_path: &Path, _like: &Metadata) {}
