//! The distinct words of many texts, each with a number and what is counted of it.
//!
//! To count the words of a checkout is to look each of them up, among more words than a processor's caches hold, so that a
//! lookup costs the memory that it touches. Here that is a slot and an entry, which tells words of up to sixteen bytes
//! apart: two lines of the cache, where a general map of boxed texts has four.

use std::hash::{BuildHasher, RandomState};

/// The slots of an empty table. A power of two, as all their numbers are.
const SLOTS: usize = 1 << 10;
/// An odd number without a pattern (of the golden ratio), for words of more than sixteen bytes.
const MIXER: u64 = 0x9e37_79b9_7f4a_7c15;

/// A word.
#[derive(Debug)]
pub(super) struct Entry {
    /// The first and the last eight bytes, or as many as it has.
    ends: [u64; 2],
    /// How often the current text has it.
    pub(super) count: u32,
    /// Where it begins among the bytes of all words.
    start: u32,
    /// Where its terms end among those of all words.
    terms_end: u32,
    length: u8,
    /// The number of its parts.
    pub(super) parts: u8,
}

/// Words with numbers from 0, in the order in which they were added.
#[derive(Debug)]
pub(super) struct WordTable {
    /// What hashes begin with, so that no text can be made of words that have the same.
    seeds: [u64; 2],
    /// The upper half of a word's hash, and its number plus one; 0 of a slot that is free. A word is in the first free
    /// slot from the one on that its hash begins with.
    slots: Vec<u64>,
    entries: Vec<Entry>,
    bytes: Vec<u8>,
    terms: Vec<(u16, u8)>,
}

/// A word, as it is looked up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key<'w> {
    word: &'w [u8],
    ends: [u64; 2],
    hash: u64,
}

impl Default for WordTable {
    fn default() -> Self {
        let seed = RandomState::new();
        Self {
            seeds: [seed.hash_one(0), seed.hash_one(1)],
            slots: vec![0; SLOTS],
            entries: Vec::new(),
            bytes: Vec::new(),
            terms: Vec::new(),
        }
    }
}

impl WordTable {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn entry(&mut self, number: u32) -> &mut Entry {
        &mut self.entries[number as usize]
    }

    /// The bytes, parts and terms of each word, in order of their numbers.
    pub(super) fn words(&self) -> impl Iterator<Item = (&[u8], u8, &[(u16, u8)])> {
        let mut terms = 0;
        self.entries.iter().map(move |entry| {
            let end = entry.terms_end as usize;
            let terms = std::mem::replace(&mut terms, end)..end;
            (self.bytes_of(entry), entry.parts, self.terms.get(terms).unwrap_or_default())
        })
    }

    #[inline]
    pub(super) fn key<'w>(&self, word: &'w str) -> Key<'w> {
        let word = word.as_bytes();
        let ends = ends(word);
        let mut last = ends[1] ^ word.len() as u64 ^ self.seeds[1];
        if word.len() > 16 {
            for chunk in word[8..word.len() - 8].chunks(8) {
                last = (last ^ ends_of_short(chunk)).wrapping_mul(MIXER).rotate_left(32);
            }
        }
        let product = u128::from(ends[0] ^ self.seeds[0]) * u128::from(last);
        Key { word, ends, hash: product as u64 ^ (product >> 64) as u64 }
    }

    /// The number of a word.
    #[inline]
    pub(super) fn number(&self, key: Key<'_>) -> Option<u32> {
        let mut at = self.first_slot(key.hash);
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return None;
            }
            let number = slot as u32 - 1;
            if (slot ^ key.hash) >> 32 == 0 && self.is(&self.entries[number as usize], key) {
                return Some(number);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// Gives a word a number that has none; `None` if there are too many.
    pub(super) fn add(
        &mut self,
        key: Key<'_>,
        parts: u8,
        terms: impl Iterator<Item = (u16, u8)>,
    ) -> Option<u32> {
        let number = u32::try_from(self.entries.len()).ok().filter(|&number| number < u32::MAX)?;
        let length = u8::try_from(key.word.len()).ok()?;
        let start = u32::try_from(self.bytes.len()).ok()?;
        self.terms.extend(terms);
        let terms_end = u32::try_from(self.terms.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(key.word);
        let entry = Entry { ends: key.ends, count: 0, start, terms_end, length, parts };
        self.entries.push(entry);
        if self.entries.len() * 2 > self.slots.len() {
            let slots = std::mem::take(&mut self.slots);
            self.slots = vec![0; slots.len() * 2];
            slots.into_iter().filter(|&slot| slot != 0).for_each(|slot| self.occupy(slot));
        }
        self.occupy((key.hash >> 32) << 32 | u64::from(number + 1));
        Some(number)
    }

    /// Writes `slot` to the first one that is free.
    fn occupy(&mut self, slot: u64) {
        let mut at = self.first_slot(slot);
        while self.slots[at] != 0 {
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.slots[at] = slot;
    }

    /// The slot that the upper half of a hash begins with.
    #[inline]
    fn first_slot(&self, hash: u64) -> usize {
        let bits = self.slots.len().trailing_zeros();
        (hash >> 32) as usize >> (32 - bits.min(32))
    }

    #[inline]
    fn is(&self, entry: &Entry, key: Key<'_>) -> bool {
        entry.ends == key.ends
            && usize::from(entry.length) == key.word.len()
            && (key.word.len() <= 16 || self.bytes_of(entry) == key.word)
    }

    fn bytes_of(&self, entry: &Entry) -> &[u8] {
        let start = entry.start as usize;
        self.bytes.get(start..start + usize::from(entry.length)).unwrap_or_default()
    }
}

/// The first and the last eight bytes of a word. Of one of up to sixteen bytes, they and its length are all of it.
#[inline]
fn ends(word: &[u8]) -> [u64; 2] {
    match (word.first_chunk(), word.last_chunk()) {
        (Some(first), Some(last)) => [u64::from_le_bytes(*first), u64::from_le_bytes(*last)],
        _ => [ends_of_short(word), 0],
    }
}

/// Up to eight bytes as a number, which is different for each text of the same length.
#[inline]
fn ends_of_short(word: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (word.first_chunk(), word.last_chunk()) {
        return u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32;
    }
    match *word {
        [] => 0,
        [a] => u64::from(a),
        [a, b] => u64::from(a) | u64::from(b) << 8,
        [a, b, c, ..] => u64::from(a) | u64::from(b) << 8 | u64::from(c) << 16,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    proptest::proptest! {
        #[test]
        fn numbers_are_those_of_a_map(words in proptest::collection::vec("[ab]{0,4}|[a-c_é]{5,40}", 0..3000)) {
            let (mut table, mut map) = (WordTable::default(), HashMap::new());
            for word in &words {
                let key = table.key(word);
                let number = table.number(key);
                proptest::prop_assert_eq!(number, map.get(word).copied());
                if number.is_none() {
                    let terms = [(word.len() as u16, 1)].into_iter().cycle().take(word.len() % 3);
                    let number = table.add(table.key(word), word.len() as u8, terms);
                    proptest::prop_assert_eq!(number, Some(map.len() as u32));
                    map.insert(word, map.len() as u32);
                }
            }
            proptest::prop_assert_eq!(table.len(), map.len());
            for (number, (bytes, parts, terms)) in (0..).zip(table.words()) {
                let word = std::str::from_utf8(bytes).unwrap().to_owned();
                proptest::prop_assert_eq!(map.get(&word), Some(&number));
                proptest::prop_assert_eq!(usize::from(parts), word.len());
                proptest::prop_assert_eq!(terms, vec![(word.len() as u16, 1); word.len() % 3]);
            }
        }
    }
}
