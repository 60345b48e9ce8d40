//! Blobs in the memory of one process, for servers that must not write to disk, and for tests.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::{Backend, BlobStore, Error, Name, Namespace, Opener, Usage};

/// The entry in the list of backends.
pub(super) const BACKEND: Backend = Backend {
    syntax: "memory",
    beginnings: &["memory"],
    accepts: |text| text == "memory",
    is_shared: false,
    is_on_disk: false,
    open,
};

fn open(_: &str, _: &Path, _: Option<&str>) -> Result<Opener, Error> {
    Ok(Box::new(|namespace| Ok(Arc::new(Memory::new(namespace)))))
}

/// An in-memory store.
pub struct Memory {
    namespace: Namespace,
    entries: Mutex<Entries>,
}

impl Memory {
    /// An empty store.
    pub fn new(namespace: Namespace) -> Self {
        Self { namespace, entries: Mutex::default() }
    }

    /// The entries, without those that have expired.
    fn entries(&self) -> MutexGuard<'_, Entries> {
        // A panic while the lock was held can have left the byte count off by one blob at most.
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.evict(&self.namespace);
        entries
    }
}

#[derive(Default)]
struct Entries {
    blobs: BTreeMap<Name, Entry>,
    /// The sequence number of each blob's last put: oldest first.
    order: BTreeMap<u64, Name>,
    next: u64,
    bytes: u64,
}

struct Entry {
    blob: Vec<u8>,
    number: u64,
    at: Instant,
}

impl Entries {
    fn insert(&mut self, name: &Name, blob: Vec<u8>) {
        self.remove(name);
        let number = self.next;
        self.next += 1;
        self.bytes += blob.len() as u64;
        self.order.insert(number, name.clone());
        self.blobs.insert(name.clone(), Entry { blob, number, at: Instant::now() });
    }

    fn remove(&mut self, name: &Name) {
        if let Some(entry) = self.blobs.remove(name) {
            self.order.remove(&entry.number);
            self.bytes -= entry.blob.len() as u64;
        }
    }

    /// Evicts what has expired, then the oldest until the rest fits.
    fn evict(&mut self, bounds: &Namespace) {
        while let Some((_, oldest)) = self.order.first_key_value() {
            let oldest = oldest.clone();
            let is_expired =
                self.blobs.get(&oldest).is_none_or(|entry| entry.at.elapsed() >= bounds.age);
            let is_full = bounds.max_bytes.is_some_and(|most| self.bytes > most)
                || bounds.max_entries_in_memory.is_some_and(|most| self.blobs.len() > most);
            if !is_expired && !is_full {
                break;
            }
            self.remove(&oldest);
        }
    }
}

impl BlobStore for Memory {
    fn put(&self, blobs: &[(Name, &[u8])]) -> Result<(), Error> {
        let mut entries = self.entries();
        for (name, blob) in blobs {
            entries.insert(name, blob.to_vec());
            entries.evict(&self.namespace);
        }
        Ok(())
    }

    fn get(&self, names: &[Name]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let entries = self.entries();
        let blob = |name| entries.blobs.get(name).map(|entry| entry.blob.clone());
        Ok(names.iter().map(blob).collect())
    }

    fn find(&self, prefix: &str) -> Result<Vec<Name>, Error> {
        let entries = self.entries();
        let from = (Bound::Included(prefix), Bound::Unbounded);
        let names = entries.blobs.range::<str, _>(from).map(|(name, _)| name);
        Ok(names.take_while(|name| name.as_str().starts_with(prefix)).cloned().collect())
    }

    fn remove(&self, name: &Name) -> Result<(), Error> {
        self.entries().remove(name);
        Ok(())
    }

    fn usage(&self) -> Result<Usage, Error> {
        let entries = self.entries();
        Ok(Usage { entries: entries.blobs.len() as u64, bytes: entries.bytes })
    }

    fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    fn describe(&self) -> String {
        "memory".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Bounds;

    fn store(bytes: u64) -> Memory {
        Memory::new(Namespace::originals(Bounds { bytes, ..Bounds::default() }))
    }

    fn is_kept(store: &Memory, text: &str) -> bool {
        store.get(&[Name::of(text.as_bytes())]).unwrap() == [Some(text.as_bytes().to_vec())]
    }

    fn put(store: &Memory, text: &str) {
        store.put(&[(Name::of(text.as_bytes()), text.as_bytes())]).unwrap();
    }

    #[test]
    fn the_oldest_is_evicted_first_and_a_put_renews() {
        let store = store(9);
        for text in ["one", "two", "six", "one", "ten"] {
            put(&store, text);
        }
        assert!(is_kept(&store, "one") && is_kept(&store, "six") && is_kept(&store, "ten"));
        assert!(!is_kept(&store, "two"));
        assert_eq!(store.usage().unwrap(), Usage { entries: 3, bytes: 9 });
    }

    #[test]
    fn the_number_of_entries_is_bounded_where_the_namespace_says_so() {
        let store =
            Memory::new(Namespace { max_entries_in_memory: Some(2), ..Namespace::replay() });
        for text in ["one", "two", "six"] {
            put(&store, text);
        }
        assert!(!is_kept(&store, "one") && is_kept(&store, "two") && is_kept(&store, "six"));
    }

    #[test]
    fn what_has_expired_is_gone() {
        let bounds = Bounds { bytes: 100, age: Duration::ZERO };
        let store = Memory::new(Namespace::originals(bounds));
        put(&store, "one");
        assert!(!is_kept(&store, "one"));
        assert_eq!(store.usage().unwrap(), Usage::default());
    }

    #[test]
    fn what_is_removed_is_gone() {
        let store = store(1000);
        put(&store, "one");
        store.remove(&Name::of(b"one")).unwrap();
        assert!(!is_kept(&store, "one"));
        assert_eq!(store.usage().unwrap(), Usage::default());
    }

    #[test]
    fn names_are_found_by_a_prefix() {
        let store = store(100);
        for name in [[1, 2, 3], [1, 2, 4], [1, 3, 0]] {
            store.put(&[(Name::of(&name), b"x")]).unwrap();
        }
        assert_eq!(store.find("0102").unwrap(), [Name::of(&[1, 2, 3]), Name::of(&[1, 2, 4])]);
        assert_eq!(store.find("0104").unwrap(), []);
    }
}
