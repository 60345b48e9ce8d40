//! The distinct words of many texts, each with a number and what is counted of it.
//!
//! To count the words of a checkout is to look each of them up, among more words than a processor's caches hold, so that a
//! lookup costs the memory that it touches. Here that is a slot and an entry, which tells words of up to sixteen bytes
//! apart: two lines of the cache, where a general map of boxed texts has four. And most words of a text have just been in
//! it, so that a small part of the table ([`Recent`]) is held where it is at hand.

use std::hash::{BuildHasher, RandomState};

/// The slots of an empty table. A power of two, as all their numbers are.
const SLOTS: usize = 1 << 10;
/// An odd number without a pattern (of the golden ratio), for words of more than sixteen bytes.
const MIXER: u64 = 0x9e37_79b9_7f4a_7c15;

/// The recent words. Forty kilobytes, which the second level of any cache holds.
const RECENT: usize = 1 << 10;

/// A word.
#[derive(Debug)]
struct Entry {
    /// The first and the last eight bytes, or as many as it has.
    ends: [u64; 2],
    /// How often the current text has it, but for what is counted in [`Recent`].
    count: u32,
    /// Where it begins among the texts of all words.
    start: u32,
    length: u8,
    /// The number of its parts.
    parts: u8,
}

/// A word of up to sixteen bytes that came lately.
#[derive(Debug, Clone, Copy, Default)]
struct Recent {
    ends: [u64; 2],
    number: u32,
    /// How often the current text has it since it came here.
    count: u32,
    /// No word has none.
    length: u8,
    parts: u8,
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
    texts: String,
    /// By the lowest bits of a word's hash.
    recent: Vec<Recent>,
    /// The places of recent words that the current text has.
    touched: Vec<u32>,
    /// The words that the current text has, but for recent ones.
    found: Vec<u32>,
}

/// A word, as it is looked up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key<'w> {
    word: &'w str,
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
            texts: String::new(),
            recent: vec![Recent::default(); RECENT],
            touched: Vec::new(),
            found: Vec::new(),
        }
    }
}

impl WordTable {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The words and the numbers of their parts, in order of their numbers.
    pub(super) fn words(&self) -> impl Iterator<Item = (&str, u8)> {
        self.entries.iter().map(|entry| (self.text_of(entry), entry.parts))
    }

    /// Counts a word of the current text once; gives back the number of its parts. A new word gets a number, and has as
    /// many parts as `parts` says; if there are too many already, it isn't counted, and has one.
    #[inline]
    pub(super) fn count(&mut self, word: &str, parts: impl FnOnce(&str) -> u8) -> u8 {
        let key = self.key(word);
        let place = key.hash as usize & (RECENT - 1);
        let recent = &mut self.recent[place];
        if recent.ends == key.ends && usize::from(recent.length) == word.len() && word.len() <= 16 {
            if recent.count == 0 {
                self.touched.push(place as u32);
            }
            recent.count = recent.count.saturating_add(1);
            return recent.parts;
        }
        let Some(number) = self.number(key).or_else(|| self.add(key, parts(word))) else {
            return 1;
        };
        self.add_count(number, 1);
        let entry = &self.entries[number as usize];
        let (parts, length) = (entry.parts, entry.length);
        if word.len() <= 16 {
            let new = Recent { ends: key.ends, number, count: 0, length, parts };
            let old = std::mem::replace(&mut self.recent[place], new);
            self.add_count(old.number, old.count);
        }
        parts
    }

    /// Ends the current text: gives the words that it has, with how often it has each.
    pub(super) fn take_counts(&mut self, mut each: impl FnMut(u32, u32)) {
        for place in std::mem::take(&mut self.touched) {
            let recent = &mut self.recent[place as usize];
            let (number, count) = (recent.number, std::mem::take(&mut recent.count));
            self.add_count(number, count);
        }
        for number in self.found.drain(..) {
            each(number, std::mem::take(&mut self.entries[number as usize].count));
        }
    }

    fn add_count(&mut self, number: u32, count: u32) {
        if count == 0 {
            return;
        }
        let entry = &mut self.entries[number as usize];
        if entry.count == 0 {
            self.found.push(number);
        }
        entry.count = entry.count.saturating_add(count);
    }

    #[inline]
    fn key<'w>(&self, word: &'w str) -> Key<'w> {
        let bytes = word.as_bytes();
        let ends = ends(bytes);
        let mut last = ends[1] ^ bytes.len() as u64 ^ self.seeds[1];
        if bytes.len() > 16 {
            for chunk in bytes[8..bytes.len() - 8].chunks(8) {
                last = (last ^ ends_of_short(chunk)).wrapping_mul(MIXER).rotate_left(32);
            }
        }
        let product = u128::from(ends[0] ^ self.seeds[0]) * u128::from(last);
        Key { word, ends, hash: product as u64 ^ (product >> 64) as u64 }
    }

    /// The number of a word.
    #[inline]
    fn number(&self, key: Key<'_>) -> Option<u32> {
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
    fn add(&mut self, key: Key<'_>, parts: u8) -> Option<u32> {
        let number = u32::try_from(self.entries.len()).ok().filter(|&number| number < u32::MAX)?;
        let length = u8::try_from(key.word.len()).ok()?;
        let start = u32::try_from(self.texts.len()).ok()?;
        self.texts.push_str(key.word);
        self.entries.push(Entry { ends: key.ends, count: 0, start, length, parts });
        if self.entries.len() * 3 > self.slots.len() * 2 {
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
            && (key.word.len() <= 16 || self.text_of(entry) == key.word)
    }

    fn text_of(&self, entry: &Entry) -> &str {
        let start = entry.start as usize;
        self.texts.get(start..start + usize::from(entry.length)).unwrap_or_default()
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
    use std::collections::{HashMap, HashSet};

    use super::*;

    proptest::proptest! {
        #[test]
        fn counts_are_those_of_a_map(
            texts in proptest::collection::vec(
                proptest::collection::vec("[ab]{1,4}|[a-z]{1,2}|[a-c_é]{5,40}", 0..900), 0..5,
            ),
        ) {
            let mut table = WordTable::default();
            for text in &texts {
                let mut expected: HashMap<&str, u32> = HashMap::new();
                for word in text {
                    *expected.entry(word).or_default() += 1;
                    let parts = table.count(word, |word| word.len() as u8);
                    proptest::prop_assert_eq!(usize::from(parts), word.len());
                }
                let mut counts = Vec::new();
                table.take_counts(|number, count| counts.push((number, count)));
                let words: Vec<(&str, u8)> = table.words().collect();
                proptest::prop_assert_eq!(counts.len(), expected.len());
                for (number, count) in counts {
                    let (word, parts) = words[number as usize];
                    proptest::prop_assert_eq!(expected.get(word), Some(&count));
                    proptest::prop_assert_eq!(usize::from(parts), word.len());
                }
            }
            let distinct: HashSet<&String> = texts.iter().flatten().collect();
            proptest::prop_assert_eq!(table.len(), distinct.len());
        }
    }
}
