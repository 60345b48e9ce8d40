//! The namespaces of a store: what tells their blobs apart, how long they are kept, and how much of them.

use std::time::Duration;

/// Days in seconds.
const DAY: u64 = 24 * 60 * 60;

/// One kind of blobs in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// The folder of its files, below the folder of the store.
    pub folder: &'static str,
    /// What stands before a blob's name in a key, in a store that all namespaces share.
    pub key_prefix: &'static str,
    /// The hex digits of a name.
    pub digits: usize,
    /// The digits of the shortest prefix by which a blob is found; `None` if only whole names are.
    pub lookup_digits: Option<usize>,
    /// The time after its last put at which a blob expires.
    pub age: Duration,
    /// The most bytes of all blobs together; the oldest are evicted first. `None` where age is bound
    /// enough. A Redis keeps to its own limit instead.
    pub max_bytes: Option<u64>,
    /// The most blobs in the memory of a process; the oldest are evicted first.
    pub max_entries_in_memory: Option<usize>,
}

/// The capacity for originals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The most bytes of all originals together; the oldest are evicted first.
    pub bytes: u64,
    /// The time after its last put at which an original expires.
    pub age: Duration,
}

impl Default for Bounds {
    /// One GiB, seven days. By hand, not measured.
    fn default() -> Self {
        Self { bytes: 1 << 30, age: Duration::from_secs(7 * DAY) }
    }
}

impl Namespace {
    /// Originals, by the first 24 digits of their hash; a reader may give 12 of them.
    pub fn originals(bounds: Bounds) -> Self {
        Self {
            folder: "originals",
            key_prefix: "",
            digits: 24,
            lookup_digits: Some(12),
            age: bounds.age,
            max_bytes: Some(bounds.bytes),
            max_entries_in_memory: None,
        }
    }

    /// Replay entries, by a whole hash. They are a few hundred bytes each and kept as long as originals
    /// are by default. In memory at most 100,000 (tens of megabytes): by hand,
    /// more turns than one server sees between two restarts.
    pub fn replay() -> Self {
        Self {
            folder: "state/replay",
            key_prefix: "replay:",
            digits: 64,
            lookup_digits: None,
            age: Duration::from_secs(7 * DAY),
            max_bytes: None,
            max_entries_in_memory: Some(100_000),
        }
    }
}
