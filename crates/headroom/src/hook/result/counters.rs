//! What hooks have saved: counters in a small file of the user's, by client and tool.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use private_fs::{Links, Writer};
use serde::{Deserialize, Serialize};

/// The largest file that is read, in bytes. By hand: with all its bounds reached it has a tenth of that.
const LARGEST: u64 = 1 << 20;
/// Tools with counters of their own for one client; more are counted together. By hand.
const MOST_TOOLS: usize = 200;
/// The longest name of a tool, in bytes.
const LONGEST_NAME: usize = 64;
/// The name of those that are counted together.
const OTHERS: &str = "other tools";
/// How often a file that another hook is writing is tried, and how long apart.
const TRIES: (u32, Duration) = (20, Duration::from_millis(2));

/// What one result has saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Saved {
    /// The tool.
    pub(crate) tool: String,
    /// Tokens without the hook.
    pub(crate) before: usize,
    /// Tokens with it.
    pub(crate) after: usize,
}

/// The file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Counters {
    /// When counting began, in seconds since 1970.
    pub(crate) since: u64,
    /// By client, then by tool.
    pub(crate) clients: BTreeMap<String, BTreeMap<String, Sum>>,
}

/// The results of one tool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sum {
    pub(crate) results: u64,
    pub(crate) tokens_before: u64,
    pub(crate) tokens_after: u64,
}

impl Counters {
    /// Those in the file at `path`; `None` if there are none, or if they can't be read.
    pub(crate) fn read(path: &Path) -> Option<Self> {
        let bytes = private_fs::read(path, Links::Follow, LARGEST).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Adds what `client` has saved to the file at `path`. A file that can't be understood is begun
    /// anew.
    pub(crate) fn add(path: &Path, client: &str, saved: &Saved) -> io::Result<()> {
        private_fs::create_dir(path.parent().unwrap_or(Path::new(".")))?;
        let _lock = lock(path.with_extension("lock"))?;
        let mut counters = Self::read(path).unwrap_or_else(|| Self {
            since: SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_secs()),
            clients: BTreeMap::new(),
        });
        let tools = counters.clients.entry(client.to_owned()).or_default();
        let name = &saved.tool[..saved.tool.floor_char_boundary(LONGEST_NAME)];
        let has_place = tools.len() < MOST_TOOLS || tools.contains_key(name);
        let sum = tools.entry(if has_place { name } else { OTHERS }.to_owned()).or_default();
        sum.results += 1;
        sum.tokens_before += saved.before as u64;
        sum.tokens_after += saved.after as u64;
        Writer::new().write(path, &serde_json::to_vec(&counters)?)
    }
}

/// A lock on the file at `path`, held until it is dropped. Where files have no locks, hooks that run at
/// one time may miscount.
fn lock(path: PathBuf) -> io::Result<File> {
    let file = File::options().create(true).append(true).open(path)?;
    for _ in 0..TRIES.0 {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => thread::sleep(TRIES.1),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                return Ok(file);
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::ErrorKind::ResourceBusy.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(tool: &str) -> Saved {
        Saved { tool: tool.to_owned(), before: 10, after: 4 }
    }

    #[test]
    fn what_is_saved_adds_up_whatever_is_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/hooks.json");
        for tool in ["Bash", "Read", "Bash"] {
            Counters::add(&path, "claude-hooks", &saved(tool)).unwrap();
        }
        let counters = Counters::read(&path).unwrap();
        let sum = Sum { results: 2, tokens_before: 20, tokens_after: 8 };
        assert_eq!(counters.clients["claude-hooks"]["Bash"], sum);
        assert_eq!(counters.clients["claude-hooks"].len(), 2);
        std::fs::write(&path, "{").unwrap();
        assert!(Counters::read(&path).is_none());
        Counters::add(&path, "claude-hooks", &saved("Read")).unwrap();
        assert_eq!(Counters::read(&path).unwrap().clients["claude-hooks"].len(), 1);
    }

    #[test]
    fn names_are_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hooks.json");
        for at in 0..MOST_TOOLS + 3 {
            Counters::add(&path, "c", &saved(&format!("{at}{}", "é".repeat(99)))).unwrap();
        }
        let tools = &Counters::read(&path).unwrap().clients["c"];
        assert_eq!((tools.len(), tools[OTHERS].results), (MOST_TOOLS + 1, 3));
        assert!(tools.keys().all(|name| name.len() <= LONGEST_NAME));
    }
}
