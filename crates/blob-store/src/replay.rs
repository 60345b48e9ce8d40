//! Replay entries: what a provider saw of a turn and the client didn't, so that the next request can
//! hold it.

use std::sync::Arc;

use crate::{BlobStore, Error, Memory, Name, Namespace};

/// The key of a replay entry: a hash of what came before the turn and of what the client saw of it, so
/// that one client's entries can't be another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReplayKey(pub [u8; 32]);

/// The replay entries of a store. Clones share it.
#[derive(Clone)]
pub struct ReplayStore {
    store: Arc<dyn BlobStore>,
}

impl ReplayStore {
    /// The entries in `store`, a store of [`Namespace::replay`].
    pub fn new(store: Arc<dyn BlobStore>) -> Self {
        Self { store }
    }

    /// A store in the memory of this process.
    pub fn in_memory() -> Self {
        Self::new(Arc::new(Memory::new(Namespace::replay())))
    }

    /// The entries of `keys`, in their order; `None` for one that isn't there or has expired. Blocks.
    ///
    /// # Errors
    /// As [`BlobStore::get`].
    pub fn get(&self, keys: &[ReplayKey]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let names: Vec<Name> = keys.iter().map(|key| Name::of(&key.0)).collect();
        self.store.get(&names)
    }

    /// Stores an entry. When this returns, every process that shares the store finds it. Blocks.
    ///
    /// # Errors
    /// As [`BlobStore::put`].
    pub fn put(&self, key: &ReplayKey, entry: &[u8]) -> Result<(), Error> {
        self.store.put(&[(Name::of(&key.0), entry)])
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::time::SystemTime;

    use super::*;
    use crate::{Files, Redis};

    fn keeps(store: Arc<dyn BlobStore>) {
        let store = ReplayStore::new(store);
        let (one, two) = (ReplayKey([1; 32]), ReplayKey([2; 32]));
        assert_eq!(store.get(&[one]).unwrap(), [None]);
        store.put(&one, b"before").unwrap();
        store.put(&one, b"entry").unwrap();
        assert_eq!(store.get(&[two, one]).unwrap(), [None, Some(b"entry".to_vec())]);
        assert!(store.get(&[]).unwrap().is_empty());
    }

    #[test]
    fn entries_are_kept_in_memory_and_in_files() {
        keeps(Arc::new(Memory::new(Namespace::replay())));
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("replay");
        let open = || Arc::new(Files::open(&root, Namespace::replay()).unwrap());
        let first = open();
        assert!(!root.exists(), "nothing is there before the first entry");
        keeps(first);
        let again = ReplayStore::new(open());
        assert!(again.get(&[ReplayKey([1; 32])]).unwrap()[0].is_some());
        let path = root.join("01").join("01".repeat(31));
        assert_eq!(fs::read(&path).unwrap(), b"entry");
        assert_eq!(fs::read_dir(&root).unwrap().count(), 1, "no ledger");
    }

    #[test]
    fn expired_entries_are_gone_and_removed_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let open =
            || ReplayStore::new(Arc::new(Files::open(folder.path(), Namespace::replay()).unwrap()));
        let store = open();
        let key = ReplayKey([1; 32]);
        store.put(&key, b"x").unwrap();
        let path = folder.path().join("01").join("01".repeat(31));
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() - Namespace::replay().age).unwrap();
        assert_eq!(store.get(&[key]).unwrap(), [None]);
        open();
        assert!(!path.exists());
    }

    #[test]
    fn entries_are_shared_between_machines() {
        let server = testkit::RedisServer::start(&[]);
        let open = || {
            let redis = Redis::open(&server.url(), None, Namespace::replay()).unwrap();
            ReplayStore::new(Arc::new(redis))
        };
        let (one, other) = (open(), open());
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
}
