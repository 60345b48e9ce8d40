//! Results that are kept to spare work, within a bound in bytes: the work for a request is then about
//! what is new in it.
//!
//! Only a cache: everything in it can be worked out again from a request.

use std::sync::{Mutex, PoisonError};

use foldhash::fast::RandomState;
use lru::LruCache;

/// A key: a hash of all that a value depends on.
pub type Key = [u8; 32];

/// Values that know their size.
pub trait Weigh {
    /// Bytes that the value takes.
    fn weight(&self) -> usize;
}

impl<V: Weigh> Weigh for std::sync::Arc<V> {
    fn weight(&self) -> usize {
        V::weight(self)
    }
}

/// Keeps the most recently used values.
pub struct Cache<V> {
    entries: Mutex<Entries<V>>,
    bound: usize,
}

struct Entries<V> {
    values: LruCache<Key, V, RandomState>,
    bytes: usize,
}

/// Bytes that an entry takes beside its value: key, list and table.
const OVERHEAD: usize = 96;

impl<V: Weigh + Clone> Cache<V> {
    /// A cache of so many `bytes`.
    pub fn new(bytes: usize) -> Self {
        let values = LruCache::unbounded_with_hasher(RandomState::default());
        let entries = Entries { values, bytes: 0 };
        Cache { entries: Mutex::new(entries), bound: bytes }
    }

    /// The value of `key`.
    pub fn get(&self, key: &Key) -> Option<V> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.values.get(key).cloned()
    }

    /// Forgets the value of `key`.
    pub fn remove(&self, key: &Key) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = entries.values.pop(key) {
            entries.bytes -= size(&value);
        }
    }

    /// Keeps a value, in the place of those that were longest unused. One that alone is larger than half
    /// of the bound isn't kept: it would displace too much.
    pub fn put(&self, key: Key, value: V) {
        let size = size(&value);
        if size > self.bound / 2 {
            return;
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.bytes += size;
        if let Some((_, before)) = entries.values.push(key, value) {
            entries.bytes -= self::size(&before);
        }
        while entries.bytes > self.bound {
            let Some((_, oldest)) = entries.values.pop_lru() else { break };
            entries.bytes -= self::size(&oldest);
        }
    }
}

fn size(value: &impl Weigh) -> usize {
    value.weight() + OVERHEAD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    struct Block(usize);

    impl Weigh for Block {
        fn weight(&self) -> usize {
            self.0
        }
    }

    fn key(n: u16) -> Key {
        let mut key = [0; 32];
        key[..2].copy_from_slice(&n.to_le_bytes());
        key
    }

    #[test]
    fn what_is_used_stays_and_the_bound_holds() {
        let cache = Cache::new(100 * (1000 + OVERHEAD));
        for n in 0..1000 {
            cache.put(key(n), Block(1000));
            assert_eq!(cache.get(&key(0)), Some(Block(1000)));
        }
        let kept = (0..1000).filter(|n| cache.get(&key(*n)).is_some()).count();
        assert_eq!(kept, 100);
        assert!(cache.get(&key(999)).is_some());
    }

    #[test]
    fn what_is_too_large_is_not_kept() {
        let cache = Cache::new(1000);
        cache.put(key(1), Block(500));
        assert_eq!(cache.get(&key(1)), None);
        cache.put(key(2), Block(300));
        cache.put(key(2), Block(300));
        cache.put(key(3), Block(300));
        assert_eq!(cache.get(&key(2)), Some(Block(300)));
    }
}
