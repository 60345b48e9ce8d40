//! Results that are remembered within a bound of bytes, so that work for a request is about what is
//! new in it.
//!
//! Only a cache: everything in it can be worked out again from a request.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

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

/// Two generations: new values and used ones are in the young one. When that holds half of the
/// bound, it becomes the old one, and what was in the old one is forgotten.
pub struct Cache<V> {
    generations: Mutex<Generations<V>>,
    half: usize,
}

struct Generations<V> {
    young: HashMap<Key, V>,
    old: HashMap<Key, V>,
    young_bytes: usize,
}

/// Bytes that an entry takes beside its value.
const OVERHEAD: usize = 96;

impl<V: Weigh + Clone> Cache<V> {
    /// A cache of `bytes`.
    pub fn new(bytes: usize) -> Self {
        let generations =
            Generations { young: HashMap::new(), old: HashMap::new(), young_bytes: 0 };
        Cache { generations: Mutex::new(generations), half: bytes / 2 }
    }

    /// The value of `key`.
    pub fn get(&self, key: &Key) -> Option<V> {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = generations.young.get(key) {
            return Some(value.clone());
        }
        let value = generations.old.remove(key)?;
        generations.add(*key, value.clone(), self.half);
        Some(value)
    }

    /// Keeps a value. One that alone is larger than half of the bound isn't kept.
    pub fn put(&self, key: Key, value: V) {
        if value.weight() + OVERHEAD > self.half {
            return;
        }
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.add(key, value, self.half);
    }
}

impl<V: Weigh> Generations<V> {
    fn add(&mut self, key: Key, value: V, half: usize) {
        let weight = value.weight() + OVERHEAD;
        if self.young_bytes + weight > half {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += weight;
        if let Some(before) = self.young.insert(key, value) {
            self.young_bytes -= before.weight() + OVERHEAD;
        }
    }
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
        assert!(kept <= 100);
        assert!(cache.get(&key(999)).is_some());
    }

    #[test]
    fn what_is_too_large_is_not_kept() {
        let cache = Cache::new(1000);
        cache.put(key(1), Block(500));
        assert_eq!(cache.get(&key(1)), None);
        cache.put(key(2), Block(300));
        cache.put(key(2), Block(300));
        assert_eq!(cache.get(&key(2)), Some(Block(300)));
    }
}
