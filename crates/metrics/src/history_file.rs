//! The file that keeps the history: counters and names of models and tools, never a text.
//!
//! Several servers may share it. Each adds, under a lock, what it has counted since the last time, and
//! replaces the file atomically; so a process that is killed loses its last few seconds, and nothing of
//! the others.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use private_fs::{Links, Writer};

use crate::history::{History, VERSION};

/// Bytes beyond which a file isn't read. By hand: a history with all its bounds reached is below 1 MiB.
const LARGEST: u64 = 4 << 20;

/// A file that keeps a [`History`].
#[derive(Debug)]
pub struct HistoryFile {
    path: PathBuf,
}

/// Why the history can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum HistoryFileError {
    /// Another process is writing the file.
    #[error("another process is writing it")]
    Busy,
    /// It was written by a newer version of the program.
    #[error("a newer version of Headroom wrote it")]
    Newer,
    /// It isn't a history.
    #[error("it isn't a valid history")]
    Broken,
    /// The file system reports an error.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl HistoryFile {
    /// The file at `path`, which is created when there is something to write.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Reads the history; an empty one if there is no file.
    ///
    /// # Errors
    /// When the file can't be read or understood.
    pub fn read(&self) -> Result<History, HistoryFileError> {
        let bytes = match private_fs::read(&self.path, Links::Follow, LARGEST) {
            Ok(bytes) => bytes,
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound => return Ok(History::default()),
                io::ErrorKind::FileTooLarge => return Err(HistoryFileError::Broken),
                _ => return Err(error.into()),
            },
        };
        let written: History =
            serde_json::from_slice(&bytes).map_err(|_| HistoryFileError::Broken)?;
        match written.version {
            VERSION => {
                // Adding applies the bounds, to a file that was changed by hand too.
                let mut history = History::default();
                history.add(&written);
                Ok(history)
            }
            0 => Err(HistoryFileError::Broken),
            _ => Err(HistoryFileError::Newer),
        }
    }

    /// Adds `more` to the file, and returns all that it now holds. A file that can't be understood is
    /// renamed first, to the same name ending in `.broken`.
    ///
    /// # Errors
    /// When another process is writing it, or it can't be read or written.
    pub fn add(&self, more: &History) -> Result<History, HistoryFileError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        private_fs::create_dir(folder)?;
        let lock =
            File::options().create(true).append(true).open(self.path.with_extension("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(HistoryFileError::Busy),
            // Some network file systems have no locks: servers that share the file may miscount there.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let mut history = match self.read() {
            Err(HistoryFileError::Broken) => {
                fs::rename(&self.path, self.path.with_extension("broken"))?;
                History::default()
            }
            read => read?,
        };
        history.add(more);
        let bytes = serde_json::to_vec(&history).map_err(io::Error::from)?;
        Writer::new().write(&self.path, &bytes)?;
        Ok(history)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counters::Counters;

    fn history(requests: u64) -> History {
        let mut history = History::default();
        history.count(1_700_000_000, &Counters { requests, ..Counters::default() });
        history
    }

    #[test]
    fn what_servers_add_is_kept_and_adds_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/figures.json");
        let files = [HistoryFile::new(&path), HistoryFile::new(&path)];
        assert_eq!(files[0].read().unwrap(), History::default());
        std::thread::scope(|scope| {
            for file in &files {
                scope.spawn(|| {
                    for _ in 0..20 {
                        while let Err(error) = file.add(&history(1)) {
                            assert!(matches!(error, HistoryFileError::Busy), "{error}");
                        }
                    }
                });
            }
        });
        assert_eq!(files[1].read().unwrap(), history(40));
        let mut names: Vec<_> = fs::read_dir(path.parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["figures.json", "figures.lock"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0);
        }
    }

    #[test]
    fn a_broken_file_is_renamed_and_a_newer_one_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("figures.json");
        let file = HistoryFile::new(&path);
        for broken in ["", "{", "[]", "{}", r#"{"version":1,"total":{"requests":-1}}"#] {
            fs::write(&path, broken).unwrap();
            assert!(matches!(file.read(), Err(HistoryFileError::Broken)), "{broken}");
            assert_eq!(file.add(&history(1)).unwrap(), history(1));
            assert_eq!(fs::read_to_string(path.with_extension("broken")).unwrap(), broken);
        }
        File::create(&path).unwrap().set_len(LARGEST + 1).unwrap();
        assert!(matches!(file.read(), Err(HistoryFileError::Broken)));
        let newer = r#"{"version":2,"something":"else"}"#;
        fs::write(&path, newer).unwrap();
        assert!(matches!(file.add(&history(1)), Err(HistoryFileError::Newer)));
        assert_eq!(fs::read_to_string(&path).unwrap(), newer);
    }

    #[test]
    fn names_in_a_file_are_held_to_the_bounds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("figures.json");
        let mut long = history(1);
        for n in 0..500 {
            long.by_tool.insert(format!("<b>{n}</b>\n"), Default::default());
        }
        fs::write(&path, serde_json::to_vec(&long).unwrap()).unwrap();
        let read = HistoryFile::new(&path).read().unwrap();
        assert!(read.by_tool.len() <= 101);
        assert!(read.by_tool.keys().all(|name| !name.contains('<')));
    }
}
