//! A cache of values that were computed from files' contents. The result of a run must not depend on it.
//!
//! One file below `.contextos/cache` contains the serialised values by key. It is replaced atomically, so
//! that of two concurrent processes the last one wins and the file is always intact. A file that is
//! missing, truncated, damaged, from another build or part of the repository counts as empty.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cache_folder::CacheFolder;
use crate::compression;

/// A hash of everything that a value depends on: the content of a file, its language, …
pub type CacheKey = [u8; 32];

/// The maximum size of the file in bytes; beyond it, the least recently used values are dropped. By hand.
const LIMIT: usize = 64 << 20;
/// The share of a checkout's source, in hundredths, that the whole cache may take: this file has what the others leave.
const SHARE: u64 = 15;
/// Bytes that this file may take, however small the checkout is. By hand: a few dozen outlines.
const LEAST: u64 = 128 << 10;
/// The version of the file's format.
const LAYOUT: &[u8] = b"contextos cache 3";
const FILE: &str = "index";
/// The maximum size of a value in bytes. By hand: the outline of the longest file that is parsed has a tenth of it.
const MOST: usize = 64 << 20;

/// Values by [`CacheKey`], as they were when the file was opened, and those that were added since.
#[derive(Debug, Default)]
pub struct Cache {
    /// The checkout; `None` for a cache that stores nothing.
    root: Option<PathBuf>,
    /// The size of the checkout's source in bytes, where it is known.
    source: Option<u64>,
    entries: BTreeMap<CacheKey, Entry>,
    bytes: Vec<u8>,
    added: Mutex<Added>,
}

/// What was added to a cache after it had been opened.
#[derive(Debug, Default)]
struct Added {
    fresh: BTreeMap<CacheKey, Fresh>,
    /// The keys of the file's values that were used.
    used: HashSet<CacheKey>,
    /// Whether the file lacks some of them.
    is_unsaved: bool,
}

/// A value that isn't in the file yet.
#[derive(Debug)]
struct Fresh {
    value: Vec<u8>,
    /// The number of the call that added it. What was added last comes first, if not all fits: the pack before the
    /// outlines that it was made of.
    call: u32,
}

/// The position of a value in the file. Before it come its key, the number of the last write that used it,
/// its length, and its checksum.
#[derive(Debug, Clone, Copy)]
struct Entry {
    start: usize,
    end: usize,
    used: u32,
    check: [u8; 8],
}

/// The key of a value that depends on `content` alone.
pub fn content_key(content: &[u8]) -> CacheKey {
    *blake3::hash(content).as_bytes()
}

const ENTRY_HEADER: usize = 32 + 4 + 4 + 8;

impl Cache {
    /// A cache that is empty and stores nothing.
    pub fn none() -> Self {
        Self::default()
    }

    /// Opens the cache of the checkout at `root`; it is empty if there is none yet.
    pub fn open(root: &Path) -> Self {
        let bytes = stored(root).unwrap_or_default();
        let entries = parse(&bytes);
        let root = Some(root.to_owned());
        Self { root, source: None, entries, bytes, added: Mutex::default() }
    }

    /// The same, for a checkout with so many bytes of source: the whole cache isn't to take more than a share of that.
    #[must_use]
    pub fn for_source(self, bytes: u64) -> Self {
        Self { source: Some(bytes), ..self }
    }

    /// The value under `key`; `None` if there is none, or it is damaged.
    pub fn get<T: DeserializeOwned>(&self, key: &CacheKey) -> Option<T> {
        postcard::from_bytes(&compression::decompressed(self.sound(key)?, MOST)?).ok()
    }

    /// Adds `values`, and [`save`](Self::save)s them.
    pub fn keep<'v, T: Serialize + Sync + 'v>(
        &self,
        values: impl IntoIterator<Item = (&'v CacheKey, &'v T)>,
    ) {
        self.add(values);
        self.save();
    }

    /// Adds `values`, which [`save`](Self::save) writes: each write replaces the whole file.
    pub fn add<'v, T: Serialize + Sync + 'v>(
        &self,
        values: impl IntoIterator<Item = (&'v CacheKey, &'v T)>,
    ) {
        if self.root.is_none() {
            return;
        }
        let values: Vec<(&CacheKey, &T)> = values.into_iter().collect();
        let serialized: Vec<Option<Vec<u8>>> = values
            .par_iter()
            .map(|(key, value)| match self.sound(key) {
                Some(_) => None,
                None => Some(compression::compressed(&postcard::to_stdvec(value).ok()?)),
            })
            .collect();
        let mut added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
        let call = added.fresh.values().map(|fresh| fresh.call + 1).max().unwrap_or(0);
        for ((key, _), value) in values.into_iter().zip(serialized) {
            match value {
                Some(value) => {
                    let before = added.fresh.insert(*key, Fresh { value, call });
                    added.is_unsaved |= before.is_none();
                }
                None => drop(added.used.insert(*key)),
            }
        }
    }

    /// Writes what was added to the file, and creates its folder. Nothing is written if nothing is new.
    /// Errors (a read-only checkout, a `.contextos` that is a link) are ignored: the cache isn't needed for
    /// a correct result.
    pub fn save(&self) {
        let Some(root) = &self.root else { return };
        let mut added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut added.is_unsaved) {
            // Errors are ignored, as documented.
            let _ = self.write(root, &added.fresh, &added.used);
        }
    }

    /// The bytes of all values, which [`add_all`](Self::add_all) takes.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Adds the intact values in `bytes` to the file.
    ///
    /// # Errors
    /// When it can't be written.
    pub(crate) fn add_all(&self, bytes: &[u8]) -> io::Result<()> {
        let Some(root) = &self.root else { return Ok(()) };
        let fresh = parse(bytes).into_iter().filter_map(|(key, entry)| {
            let value = &bytes[entry.start..entry.end];
            let is_new = check(&key, value) == entry.check && self.sound(&key).is_none();
            is_new.then(|| (key, Fresh { value: value.to_vec(), call: 0 }))
        });
        self.write(root, &fresh.collect(), &HashSet::new())
    }

    fn sound(&self, key: &CacheKey) -> Option<&[u8]> {
        let entry = self.entries.get(key)?;
        let value = &self.bytes[entry.start..entry.end];
        (check(key, value) == entry.check).then_some(value)
    }

    fn write(
        &self,
        root: &Path,
        fresh: &BTreeMap<CacheKey, Fresh>,
        used: &HashSet<CacheKey>,
    ) -> io::Result<()> {
        let folder = CacheFolder::make(root)?;
        let stamp = folder.stamp(LAYOUT).ok_or(io::ErrorKind::NotFound)?;
        let limit = self.limit(&folder);
        folder.write(FILE, &[&stamp, &self.laid_out(fresh, used, limit)])
    }

    /// The bytes that the file may take.
    fn limit(&self, folder: &CacheFolder) -> usize {
        let Some(source) = self.source else { return LIMIT };
        let others = folder.size_without(FILE);
        let left = (source / 100 * SHARE).saturating_sub(others).max(LEAST);
        usize::try_from(left).unwrap_or(LIMIT).min(LIMIT)
    }

    /// The content of the file: the values that fit into `limit` bytes, most recently used first.
    fn laid_out(
        &self,
        fresh: &BTreeMap<CacheKey, Fresh>,
        used: &HashSet<CacheKey>,
        limit: usize,
    ) -> Vec<u8> {
        let now = self.entries.values().map(|entry| entry.used).max().map_or(0, |last| last + 1);
        let kept =
            self.entries.iter().filter(|(key, _)| !fresh.contains_key(*key)).map(|(key, entry)| {
                let last = if used.contains(key) { now } else { entry.used };
                ((last, 0), key, &self.bytes[entry.start..entry.end])
            });
        let fresh = fresh.iter().map(|(key, fresh)| ((now, fresh.call), key, &*fresh.value));
        let mut all: Vec<((u32, u32), &CacheKey, &[u8])> = fresh.chain(kept).collect();
        all.sort_unstable_by_key(|&(used, key, _)| (std::cmp::Reverse(used), key));
        let mut bytes = Vec::new();
        for ((used, _), key, value) in all {
            let Ok(length) = u32::try_from(value.len()) else { continue };
            if bytes.len() + ENTRY_HEADER + value.len() <= limit {
                bytes.extend_from_slice(key);
                bytes.extend_from_slice(&used.to_le_bytes());
                bytes.extend_from_slice(&length.to_le_bytes());
                bytes.extend_from_slice(&check(key, value));
                bytes.extend_from_slice(value);
            }
        }
        bytes
    }
}

/// The entries in `bytes`, up to the first incomplete one.
fn parse(bytes: &[u8]) -> BTreeMap<CacheKey, Entry> {
    let mut entries = BTreeMap::new();
    let mut at = 0;
    while let Some((key, rest)) = bytes[at..].split_first_chunk::<32>()
        && let Some((used, rest)) = rest.split_first_chunk::<4>()
        && let Some((length, rest)) = rest.split_first_chunk::<4>()
        && let Some((check, rest)) = rest.split_first_chunk::<8>()
    {
        let length = u32::from_le_bytes(*length) as usize;
        if length > rest.len() {
            break;
        }
        let start = at + ENTRY_HEADER;
        at = start + length;
        // The number of a write is bounded, so that adding one never overflows.
        let used = u32::from_le_bytes(*used).min(u32::MAX - 1);
        entries.insert(*key, Entry { start, end: at, used, check: *check });
    }
    entries
}

/// The checksum of a value together with its key. Only damage has to show: nobody else can write the file.
fn check(key: &CacheKey, value: &[u8]) -> [u8; 8] {
    let mut hasher = xxhash_rust::xxh3::Xxh3Default::new();
    hasher.update(key);
    hasher.update(value);
    hasher.digest().to_le_bytes()
}

/// The content of the file after its stamp; `None` if that is wrong.
fn stored(root: &Path) -> Option<Vec<u8>> {
    let folder = CacheFolder::open(root)?;
    let mut bytes = folder.read(FILE, (LIMIT + 32) as u64)?;
    let ours = bytes.starts_with(&folder.stamp(LAYOUT)?);
    ours.then(|| bytes.split_off(32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> CacheKey {
        [n; 32]
    }

    fn cache(bytes: Vec<u8>) -> Cache {
        Cache { entries: parse(&bytes), bytes, ..Cache::none() }
    }

    fn values(keys: &[u8]) -> BTreeMap<CacheKey, Fresh> {
        let value = |n| compression::compressed(&postcard::to_stdvec(&vec![n; 10]).unwrap());
        keys.iter().map(|&n| (key(n), Fresh { value: value(n), call: u32::from(n) })).collect()
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let size = ENTRY_HEADER + values(&[1])[&key(1)].value.len();
        let one = cache(Cache::none().laid_out(&values(&[1, 2]), &HashSet::new(), 2 * size));
        let two = cache(one.laid_out(&values(&[3]), &HashSet::from([key(2)]), 2 * size));
        assert_eq!(two.get::<Vec<u8>>(&key(1)), None);
        assert_eq!(two.get(&key(2)), Some(vec![2_u8; 10]));
        assert_eq!(two.get(&key(3)), Some(vec![3_u8; 10]));
    }

    #[test]
    fn of_what_is_new_the_last_stays() {
        let size = ENTRY_HEADER + values(&[1])[&key(1)].value.len();
        let one = cache(Cache::none().laid_out(&values(&[1, 2, 3]), &HashSet::new(), size));
        assert_eq!(one.get(&key(3)), Some(vec![3_u8; 10]));
        assert_eq!(one.entries.len(), 1);
    }

    #[test]
    fn a_value_of_another_type_is_none() {
        let one = cache(Cache::none().laid_out(&values(&[1]), &HashSet::new(), LIMIT));
        assert_eq!(one.get::<(String, f64)>(&key(1)), None);
    }

    proptest::proptest! {
        #[test]
        fn no_damage_gives_a_wrong_value(at in 0_usize..120, bit in 0_u8..8, cut in 0_usize..120) {
            let sound = Cache::none().laid_out(&values(&[1, 2]), &HashSet::new(), LIMIT);
            let mut damaged = sound.clone();
            let at = at % damaged.len();
            damaged[at] ^= 1 << bit;
            for bytes in [damaged, sound[..cut.min(sound.len())].to_vec()] {
                let cache = cache(bytes);
                for n in [1, 2] {
                    let value = cache.get::<Vec<u8>>(&key(n));
                    proptest::prop_assert!(value.is_none_or(|value| value == vec![n; 10]));
                }
            }
        }

        #[test]
        fn any_bytes_parse(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            cache(bytes).get::<Vec<u8>>(&key(0));
        }
    }
}
