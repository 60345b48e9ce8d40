//! Replay entries: the intercepted calls of a turn, kept so that later requests can hold them.
//!
//! An entry is found by what was before the turn and by what the client saw of it, so one client's
//! can't be another's. It holds the intercepted calls, and of their results only those that the request doesn't
//! hold: the others are worked out again.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use llm_api::response::Round;
use originals::Redis;
use private_fs::Writer;
use serde::{Deserialize, Serialize};

/// How long an entry is kept.
pub const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The name of an entry: a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReplayKey(pub(crate) [u8; 32]);

impl ReplayKey {
    /// The key as 64 hex digits.
    pub fn hex(&self) -> String {
        self.0.iter().fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// Where replay entries are kept. Called where blocking is allowed.
pub trait ReplayStore: Send + Sync {
    /// The entries of `keys`, in their order, `None` for one that isn't there.
    ///
    /// # Errors
    /// When the store can't be asked.
    fn get(&self, keys: &[ReplayKey]) -> io::Result<Vec<Option<Vec<u8>>>>;

    /// Keeps an entry for [`KEPT_FOR`]. When this returns, every process that shares the store finds
    /// it.
    ///
    /// # Errors
    /// When it can't be kept.
    fn put(&self, key: &ReplayKey, entry: &[u8]) -> io::Result<()>;
}

/// The format in which an entry is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    v: u8,
    rounds: Vec<Round>,
}

const VERSION: u8 = 1;

/// Encodes the rounds of a turn.
pub(crate) fn encode(rounds: &[Round]) -> Vec<u8> {
    // Strings and numbers: there is nothing in it that can't be written.
    serde_json::to_vec(&Stored { v: VERSION, rounds: rounds.to_vec() }).unwrap_or_default()
}

/// Decodes the rounds in an entry; `None` for one of another version.
pub(crate) fn decode(entry: &[u8]) -> Option<Vec<Round>> {
    let stored: Stored = serde_json::from_slice(entry).ok()?;
    (stored.v == VERSION).then_some(stored.rounds)
}

/// Entries of this process alone.
#[derive(Debug, Default)]
pub struct MemoryReplayStore {
    kept: Mutex<HashMap<ReplayKey, (SystemTime, Vec<u8>)>>,
}

/// Entries in memory beyond which the expired ones, then all, are dropped.
const MAX_IN_MEMORY: usize = 100_000;

impl ReplayStore for MemoryReplayStore {
    fn get(&self, keys: &[ReplayKey]) -> io::Result<Vec<Option<Vec<u8>>>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let find = |key: &ReplayKey| {
            kept.get(key).filter(|(at, _)| is_fresh(*at)).map(|(_, entry)| entry.clone())
        };
        Ok(keys.iter().map(find).collect())
    }

    fn put(&self, key: &ReplayKey, entry: &[u8]) -> io::Result<()> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_IN_MEMORY {
            kept.retain(|_, (at, _)| is_fresh(*at));
            if kept.len() >= MAX_IN_MEMORY {
                kept.clear();
            }
        }
        kept.insert(*key, (SystemTime::now(), entry.to_vec()));
        Ok(())
    }
}

/// Entries as files, which all processes of a user share.
#[derive(Debug)]
pub struct FileReplayStore {
    folder: PathBuf,
}

impl FileReplayStore {
    /// A store in `folder`, which is made when the first one is put. Expired ones are removed now.
    pub fn open(folder: impl Into<PathBuf>) -> Self {
        let store = FileReplayStore { folder: folder.into() };
        store.remove_expired();
        store
    }

    fn path(&self, key: &ReplayKey) -> PathBuf {
        let hex = key.hex();
        self.folder.join(&hex[..2]).join(&hex[2..])
    }

    /// What can't be read or removed now will be another time.
    fn remove_expired(&self) {
        let entries = |path: &Path| fs::read_dir(path).into_iter().flatten().flatten();
        for file in entries(&self.folder).flat_map(|shelf| entries(&shelf.path())) {
            let age = file.metadata().and_then(|data| data.modified());
            if age.is_ok_and(|at| !is_fresh(at)) {
                let _ = fs::remove_file(file.path());
            }
        }
    }
}

impl ReplayStore for FileReplayStore {
    fn get(&self, keys: &[ReplayKey]) -> io::Result<Vec<Option<Vec<u8>>>> {
        let find = |key: &ReplayKey| {
            let path = self.path(key);
            let fresh = || -> io::Result<bool> { Ok(is_fresh(fs::metadata(&path)?.modified()?)) };
            match fs::read(&path) {
                Ok(entry) => Ok(fresh()?.then_some(entry)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            }
        };
        keys.iter().map(find).collect()
    }

    fn put(&self, key: &ReplayKey, entry: &[u8]) -> io::Result<()> {
        let path = self.path(key);
        let shelf = path.parent().unwrap_or(&self.folder);
        private_fs::create_dir(shelf)?;
        Writer::new().write(&path, entry)
    }
}

/// Entries in a Redis that several machines share.
pub struct RedisReplayStore {
    redis: Redis,
}

impl RedisReplayStore {
    /// Entries beside the originals that are kept there.
    pub fn new(redis: Redis) -> Self {
        Self { redis }
    }

    fn name(key: &ReplayKey) -> String {
        format!("replay:{}", key.hex())
    }
}

impl ReplayStore for RedisReplayStore {
    fn get(&self, keys: &[ReplayKey]) -> io::Result<Vec<Option<Vec<u8>>>> {
        let names: Vec<String> = keys.iter().map(Self::name).collect();
        self.redis.get_bytes(&names).map_err(io::Error::other)
    }

    fn put(&self, key: &ReplayKey, entry: &[u8]) -> io::Result<()> {
        self.redis.put_bytes(&Self::name(key), entry, KEPT_FOR).map_err(io::Error::other)
    }
}

fn is_fresh(at: SystemTime) -> bool {
    at.elapsed().is_ok_and(|age| age < KEPT_FOR) || at > SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;
    use llm_api::replay::CallResult;
    use llm_api::response::InterceptedCall;

    fn rounds() -> Vec<Round> {
        let given = CallResult { text: "kept elsewhere".into(), is_error: false };
        let hidden = InterceptedCall {
            at: 1,
            id: "i".into(),
            input: "{}".into(),
            raw: "{\"x\":1}".into(),
            result: Some(given),
        };
        vec![Round { kinds: "tx".into(), text: 3, intercepted: vec![hidden], content: "s".into() }]
    }

    fn keeps(store: &dyn ReplayStore) {
        let (one, two) = (ReplayKey([1; 32]), ReplayKey([2; 32]));
        assert_eq!(store.get(&[one]).unwrap(), [None]);
        store.put(&one, &encode(&rounds())).unwrap();
        let found = store.get(&[two, one]).unwrap();
        assert_eq!(found[0], None);
        assert_eq!(decode(found[1].as_deref().unwrap()), Some(rounds()));
    }

    #[test]
    fn entries_are_kept_in_memory_and_as_files() {
        keeps(&MemoryReplayStore::default());
        let folder = tempfile::tempdir().unwrap();
        keeps(&FileReplayStore::open(folder.path().join("replay")));
        let again = FileReplayStore::open(folder.path().join("replay"));
        assert!(again.get(&[ReplayKey([1; 32])]).unwrap()[0].is_some());
    }

    #[test]
    fn entries_are_shared_between_machines() {
        let server = testkit::RedisServer::start(&[]);
        let open = || Redis::open(&server.url(), None, originals::Bounds::default()).unwrap();
        let (one, other) = (RedisReplayStore::new(open()), RedisReplayStore::new(open()));
        let key = ReplayKey([1; 32]);
        // A busy machine may miss the limit of an operation.
        while one.put(&key, b"entry").is_err() {}
        let found = loop {
            if let Ok(found) = other.get(&[ReplayKey([2; 32]), key]) {
                break found;
            }
        };
        assert_eq!(found, [None, Some(b"entry".to_vec())]);
        assert!(other.get(&[]).unwrap().is_empty());
    }

    #[test]
    fn old_entries_are_gone() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileReplayStore::open(folder.path());
        let key = ReplayKey([1; 32]);
        store.put(&key, b"x").unwrap();
        let file = fs::File::options().write(true).open(store.path(&key)).unwrap();
        file.set_modified(SystemTime::now() - KEPT_FOR).unwrap();
        assert_eq!(store.get(&[key]).unwrap(), [None]);
        FileReplayStore::open(folder.path());
        assert!(!store.path(&key).exists());
    }

    #[test]
    fn another_version_is_no_entry() {
        assert_eq!(decode(br#"{"v":2,"rounds":[]}"#), None);
        assert_eq!(decode(b"junk"), None);
    }
}
