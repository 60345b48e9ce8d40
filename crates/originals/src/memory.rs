//! Originals in the memory of one process, for servers that must not write to disk, and for tests.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::{Bounds, Error, Hash, Key, Store, Usage};

/// An in-memory store.
pub struct Memory {
    bounds: Bounds,
    entries: Mutex<Entries>,
}

impl Memory {
    /// An empty store.
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, entries: Mutex::default() }
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // A panic while the lock was held can have left the byte count off by one text at most.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
struct Entries {
    texts: BTreeMap<Hash, Entry>,
    /// The sequence number of each text's last put: oldest first.
    order: BTreeMap<u64, Hash>,
    next: u64,
    bytes: u64,
}

struct Entry {
    text: String,
    number: u64,
    at: Instant,
}

impl Entries {
    fn insert(&mut self, hash: Hash, text: String) {
        self.remove(hash);
        let number = self.next;
        self.next += 1;
        self.bytes += text.len() as u64;
        self.order.insert(number, hash);
        self.texts.insert(hash, Entry { text, number, at: Instant::now() });
    }

    fn remove(&mut self, hash: Hash) {
        if let Some(kept) = self.texts.remove(&hash) {
            self.order.remove(&kept.number);
            self.bytes -= kept.text.len() as u64;
        }
    }

    /// Evicts what has expired, then the oldest until the rest fits.
    fn evict(&mut self, bounds: Bounds) {
        while let Some((_, &oldest)) = self.order.first_key_value() {
            let expired =
                self.texts.get(&oldest).is_none_or(|kept| kept.at.elapsed() >= bounds.age);
            if !expired && self.bytes <= bounds.bytes {
                break;
            }
            self.remove(oldest);
        }
    }
}

impl Store for Memory {
    fn keep(&self, hash: Hash, text: &str) -> Result<(), Error> {
        let mut entries = self.entries();
        entries.insert(hash, text.to_owned());
        entries.evict(self.bounds);
        Ok(())
    }

    fn find(&self, key: &Key) -> Result<Option<(Hash, String)>, Error> {
        let mut entries = self.entries();
        entries.evict(self.bounds);
        let mut found = entries.texts.range(key.range());
        let first = found.next().map(|(hash, kept)| (*hash, kept.text.clone()));
        if found.next().is_some() {
            return Err(Error::Ambiguous(key.to_string()));
        }
        Ok(first)
    }

    fn usage(&self) -> Result<Usage, Error> {
        let mut entries = self.entries();
        entries.evict(self.bounds);
        Ok(Usage { entries: entries.texts.len() as u64, bytes: entries.bytes })
    }

    fn bounds(&self) -> Bounds {
        self.bounds
    }

    fn describe(&self) -> String {
        "memory".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn store(bytes: u64) -> Memory {
        Memory::new(Bounds { bytes, ..Bounds::default() })
    }

    fn kept(store: &Memory, text: &str) -> bool {
        let key = Key::parse(&Hash::of(text).to_string()).unwrap();
        store.find(&key).unwrap().is_some_and(|(_, found)| found == text)
    }

    fn keep(store: &Memory, text: &str) {
        store.keep(Hash::of(text), text).unwrap();
    }

    #[test]
    fn the_oldest_goes_first_and_a_repeated_one_is_new_again() {
        let store = store(9);
        for text in ["one", "two", "six", "one", "ten"] {
            keep(&store, text);
        }
        assert!(kept(&store, "one") && kept(&store, "six") && kept(&store, "ten"));
        assert!(!kept(&store, "two"));
        assert_eq!(store.usage().unwrap(), Usage { entries: 3, bytes: 9 });
    }

    #[test]
    fn what_is_too_old_is_gone() {
        let store = Memory::new(Bounds { bytes: 100, age: Duration::ZERO });
        keep(&store, "one");
        assert!(!kept(&store, "one"));
        assert_eq!(store.usage().unwrap(), Usage::default());
    }

    #[test]
    fn a_prefix_of_two_is_ambiguous() {
        let store = store(100);
        let (a, b) = ("af1349b9f5f9000000000000", "af1349b9f5f9000000000001");
        for hash in [a, b] {
            store.keep(Hash::parse(hash).unwrap(), hash).unwrap();
        }
        let asked = store.find(&Key::parse(&a[..12]).unwrap());
        assert!(matches!(asked, Err(Error::Ambiguous(digits)) if digits == "af1349b9f5f9"));
        assert_eq!(store.find(&Key::parse(b).unwrap()).unwrap().unwrap().1, b);
    }
}
