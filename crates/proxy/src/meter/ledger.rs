//! The file in which past figures are kept: counts and names of models and tools, never a text.
//!
//! Several servers may share it. Each adds what it has counted since it last did, under a lock, and
//! replaces the file in one step; so a process that is killed loses what it counted in the last few
//! seconds, and nothing of the others.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use private_fs::{Links, Writer};

use super::past::{Past, VERSION};

/// Bytes of a file beyond which it isn't one of ours.
const LARGEST: u64 = 4 << 20;

/// Where past figures are kept.
#[derive(Debug)]
pub(crate) struct Ledger {
    path: PathBuf,
}

/// Why figures can't be read or kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LedgerError {
    /// Another process has the file at this moment.
    #[error("another process is writing it")]
    Busy,
    /// It was written by a version that is newer than this one.
    #[error("it was written by a newer version")]
    Newer,
    /// It isn't what it should be.
    #[error("it can't be understood")]
    Broken,
    /// The system says no.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Ledger {
    /// A ledger in the file at `path`, which is made when there is something to keep.
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// What is kept; nothing when there is no file.
    pub(crate) fn read(&self) -> Result<Past, LedgerError> {
        let bytes = match private_fs::read(&self.path, Links::Follow, LARGEST) {
            Ok(bytes) => bytes,
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound => return Ok(Past::default()),
                io::ErrorKind::FileTooLarge => return Err(LedgerError::Broken),
                _ => return Err(error.into()),
            },
        };
        let kept: Past = serde_json::from_slice(&bytes).map_err(|_| LedgerError::Broken)?;
        match kept.version {
            VERSION => {
                // What was changed by hand is held to the same bounds.
                let mut past = Past::default();
                past.add(&kept);
                Ok(past)
            }
            0 => Err(LedgerError::Broken),
            _ => Err(LedgerError::Newer),
        }
    }

    /// Adds `more` to what is kept, and gives all of it. A file that can't be understood is put aside
    /// first, in the place of an older such file.
    pub(crate) fn add(&self, more: &Past) -> Result<Past, LedgerError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        private_fs::create_dir(folder)?;
        let lock =
            File::options().create(true).append(true).open(self.path.with_extension("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LedgerError::Busy),
            // Some network file systems have no locks: then servers that share it may miscount.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let mut past = match self.read() {
            Err(LedgerError::Broken) => {
                fs::rename(&self.path, self.path.with_extension("broken"))?;
                Past::default()
            }
            read => read?,
        };
        past.add(more);
        let bytes = serde_json::to_vec(&past).map_err(io::Error::from)?;
        Writer::new().write(&self.path, &bytes)?;
        Ok(past)
    }
}

#[cfg(test)]
mod tests {
    use super::super::counters::Counters;
    use super::*;

    fn past(requests: u64) -> Past {
        let mut past = Past::default();
        past.count(1_700_000_000, &Counters { requests, ..Counters::default() });
        past
    }

    #[test]
    fn what_servers_add_is_kept_and_adds_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/figures.json");
        let ledgers = [Ledger::new(&path), Ledger::new(&path)];
        assert_eq!(ledgers[0].read().unwrap(), Past::default());
        std::thread::scope(|scope| {
            for ledger in &ledgers {
                scope.spawn(|| {
                    for _ in 0..20 {
                        while let Err(error) = ledger.add(&past(1)) {
                            assert!(matches!(error, LedgerError::Busy), "{error}");
                        }
                    }
                });
            }
        });
        assert_eq!(ledgers[1].read().unwrap(), past(40));
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
    fn what_is_broken_is_put_aside_and_what_is_newer_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("figures.json");
        let ledger = Ledger::new(&path);
        for broken in ["", "{", "[]", "{}", r#"{"version":1,"total":{"requests":-1}}"#] {
            fs::write(&path, broken).unwrap();
            assert!(matches!(ledger.read(), Err(LedgerError::Broken)), "{broken}");
            assert_eq!(ledger.add(&past(1)).unwrap(), past(1));
            assert_eq!(fs::read_to_string(path.with_extension("broken")).unwrap(), broken);
        }
        File::create(&path).unwrap().set_len(LARGEST + 1).unwrap();
        assert!(matches!(ledger.read(), Err(LedgerError::Broken)));
        let newer = r#"{"version":2,"something":"else"}"#;
        fs::write(&path, newer).unwrap();
        assert!(matches!(ledger.add(&past(1)), Err(LedgerError::Newer)));
        assert_eq!(fs::read_to_string(&path).unwrap(), newer);
    }

    #[test]
    fn names_in_a_file_are_held_to_the_bounds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("figures.json");
        let mut long = past(1);
        for n in 0..500 {
            long.by_tool.insert(format!("<b>{n}</b>\n"), Default::default());
        }
        fs::write(&path, serde_json::to_vec(&long).unwrap()).unwrap();
        let read = Ledger::new(&path).read().unwrap();
        assert!(read.by_tool.len() <= 101);
        assert!(read.by_tool.keys().all(|name| !name.contains('<')));
    }
}
