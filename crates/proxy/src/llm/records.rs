//! What the provider saw of a turn and the client didn't, kept so that the next request can hold it.
//!
//! A record is found by what was before the turn and by what the client saw of it, so one client's
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

/// How long a record is kept.
pub const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The name of a record: a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecordKey(pub(super) [u8; 32]);

impl RecordKey {
    /// The key as 64 hex digits.
    pub fn hex(&self) -> String {
        self.0.iter().fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// Where records are kept. Called where blocking is allowed.
pub trait Records: Send + Sync {
    /// The records of `keys`, in their order, `None` for one that isn't there.
    ///
    /// # Errors
    /// When the store can't be asked.
    fn get(&self, keys: &[RecordKey]) -> io::Result<Vec<Option<Vec<u8>>>>;

    /// Keeps a record for [`KEPT_FOR`]. When this returns, every process that shares the store finds
    /// it.
    ///
    /// # Errors
    /// When it can't be kept.
    fn put(&self, key: &RecordKey, record: &[u8]) -> io::Result<()>;
}

/// The form in which a record is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    v: u8,
    rounds: Vec<Round>,
}

const VERSION: u8 = 1;

/// A record of a turn's rounds.
pub(super) fn write(rounds: &[Round]) -> Vec<u8> {
    // Strings and numbers: there is nothing in it that can't be written.
    serde_json::to_vec(&Stored { v: VERSION, rounds: rounds.to_vec() }).unwrap_or_default()
}

/// The rounds in a record; `None` for one of another version.
pub(super) fn read(record: &[u8]) -> Option<Vec<Round>> {
    let stored: Stored = serde_json::from_slice(record).ok()?;
    (stored.v == VERSION).then_some(stored.rounds)
}

/// Records of this process alone.
#[derive(Debug, Default)]
pub struct MemoryRecords {
    kept: Mutex<HashMap<RecordKey, (SystemTime, Vec<u8>)>>,
}

/// Records in memory beyond which the expired ones, then all, are dropped.
const MOST_IN_MEMORY: usize = 100_000;

impl Records for MemoryRecords {
    fn get(&self, keys: &[RecordKey]) -> io::Result<Vec<Option<Vec<u8>>>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let find = |key: &RecordKey| {
            kept.get(key).filter(|(at, _)| is_fresh(*at)).map(|(_, record)| record.clone())
        };
        Ok(keys.iter().map(find).collect())
    }

    fn put(&self, key: &RecordKey, record: &[u8]) -> io::Result<()> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_IN_MEMORY {
            kept.retain(|_, (at, _)| is_fresh(*at));
            if kept.len() >= MOST_IN_MEMORY {
                kept.clear();
            }
        }
        kept.insert(*key, (SystemTime::now(), record.to_vec()));
        Ok(())
    }
}

/// Records as files, which all processes of a user share.
#[derive(Debug)]
pub struct FileRecords {
    folder: PathBuf,
}

impl FileRecords {
    /// Records in `folder`, which is made when the first one is put. Expired ones are removed now.
    pub fn open(folder: impl Into<PathBuf>) -> Self {
        let records = FileRecords { folder: folder.into() };
        records.remove_expired();
        records
    }

    fn path(&self, key: &RecordKey) -> PathBuf {
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

impl Records for FileRecords {
    fn get(&self, keys: &[RecordKey]) -> io::Result<Vec<Option<Vec<u8>>>> {
        let find = |key: &RecordKey| {
            let path = self.path(key);
            let fresh = || -> io::Result<bool> { Ok(is_fresh(fs::metadata(&path)?.modified()?)) };
            match fs::read(&path) {
                Ok(record) => Ok(fresh()?.then_some(record)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            }
        };
        keys.iter().map(find).collect()
    }

    fn put(&self, key: &RecordKey, record: &[u8]) -> io::Result<()> {
        let path = self.path(key);
        let shelf = path.parent().unwrap_or(&self.folder);
        private_fs::create_dir(shelf)?;
        Writer::new().write(&path, record)
    }
}

/// Records in a Redis that several machines share.
pub struct SharedRecords {
    redis: Redis,
}

impl SharedRecords {
    /// Records beside the originals that are kept there.
    pub fn new(redis: Redis) -> Self {
        Self { redis }
    }

    fn name(key: &RecordKey) -> String {
        format!("replay:{}", key.hex())
    }
}

impl Records for SharedRecords {
    fn get(&self, keys: &[RecordKey]) -> io::Result<Vec<Option<Vec<u8>>>> {
        let names: Vec<String> = keys.iter().map(Self::name).collect();
        self.redis.get_bytes(&names).map_err(io::Error::other)
    }

    fn put(&self, key: &RecordKey, record: &[u8]) -> io::Result<()> {
        self.redis.put_bytes(&Self::name(key), record, KEPT_FOR).map_err(io::Error::other)
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

    fn keeps(records: &dyn Records) {
        let (one, two) = (RecordKey([1; 32]), RecordKey([2; 32]));
        assert_eq!(records.get(&[one]).unwrap(), [None]);
        records.put(&one, &write(&rounds())).unwrap();
        let found = records.get(&[two, one]).unwrap();
        assert_eq!(found[0], None);
        assert_eq!(read(found[1].as_deref().unwrap()), Some(rounds()));
    }

    #[test]
    fn records_are_kept_in_memory_and_as_files() {
        keeps(&MemoryRecords::default());
        let folder = tempfile::tempdir().unwrap();
        keeps(&FileRecords::open(folder.path().join("replay")));
        let again = FileRecords::open(folder.path().join("replay"));
        assert!(again.get(&[RecordKey([1; 32])]).unwrap()[0].is_some());
    }

    #[test]
    fn records_are_shared_between_machines() {
        let server = testkit::RedisServer::start(&[]);
        let open = || Redis::open(&server.url(), None, originals::Bounds::default()).unwrap();
        let (one, other) = (SharedRecords::new(open()), SharedRecords::new(open()));
        let key = RecordKey([1; 32]);
        // A busy machine may miss the limit of an operation.
        while one.put(&key, b"record").is_err() {}
        let found = loop {
            if let Ok(found) = other.get(&[RecordKey([2; 32]), key]) {
                break found;
            }
        };
        assert_eq!(found, [None, Some(b"record".to_vec())]);
        assert!(other.get(&[]).unwrap().is_empty());
    }

    #[test]
    fn old_records_are_gone() {
        let folder = tempfile::tempdir().unwrap();
        let records = FileRecords::open(folder.path());
        let key = RecordKey([1; 32]);
        records.put(&key, b"x").unwrap();
        let file = fs::File::options().write(true).open(records.path(&key)).unwrap();
        file.set_modified(SystemTime::now() - KEPT_FOR).unwrap();
        assert_eq!(records.get(&[key]).unwrap(), [None]);
        FileRecords::open(folder.path());
        assert!(!records.path(&key).exists());
    }

    #[test]
    fn another_version_is_no_record() {
        assert_eq!(read(br#"{"v":2,"rounds":[]}"#), None);
        assert_eq!(read(b"junk"), None);
    }
}
