//! Counts the words of texts, for an index.

use rustc_hash::FxHashMap;

use super::hash;
use super::segment::{ANYWHERE, SegmentWriter, put_posting};
use crate::terms::{Splitter, is_data, is_dense, pairs, parts, words};
use crate::varint::{put, take};
use crate::word_index::WordSegment;

/// Counts the words of one text after the other. Each distinct word is split once.
pub struct WordCounter {
    splitter: Splitter,
    ids: FxHashMap<Box<str>, u32>,
    words: Vec<Counted>,
    /// By part of a word: the hash of its term, if it has one.
    terms: FxHashMap<Box<str>, Option<u16>>,
    found: Vec<u32>,
    /// By text: its length in parts of words.
    lengths: Vec<u32>,
    /// Text after text: the numbers of its words, in the order in which they come, with counts.
    lists: Vec<u8>,
    /// By text: where its list ends.
    ends: Vec<usize>,
}

/// A word.
struct Counted {
    /// The number of its parts.
    parts: u8,
    /// The hashes of its terms, with their places.
    terms: Box<[(u16, u8)]>,
    /// How often the current text has it.
    count: u32,
}

impl std::fmt::Debug for WordCounter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WordCounter").field("words", &self.words.len()).finish_non_exhaustive()
    }
}

impl Default for WordCounter {
    fn default() -> Self {
        Self {
            splitter: Splitter::new(),
            ids: FxHashMap::default(),
            words: Vec::new(),
            terms: FxHashMap::default(),
            found: Vec::new(),
            lengths: Vec::new(),
            lists: Vec::new(),
            ends: Vec::new(),
        }
    }
}

impl WordCounter {
    /// Counts the words of the next text; gives back its number.
    pub fn count(&mut self, text: &str) -> u32 {
        let mut length = 0_u32;
        for (_, word) in words(text) {
            if is_data(word) {
                length = length.saturating_add(1);
            } else if word.starts_with(is_dense) {
                for pair in pairs(word) {
                    length = length.saturating_add(self.add(pair));
                }
            } else {
                length = length.saturating_add(self.add(word));
            }
        }
        for word in self.found.drain(..) {
            let count = std::mem::take(&mut self.words[word as usize].count);
            put(u64::from(word), &mut self.lists);
            put(u64::from(count), &mut self.lists);
        }
        self.lengths.push(length);
        self.ends.push(self.lists.len());
        (self.ends.len() - 1) as u32
    }

    /// The words of all texts that were counted, as a segment with a file for each.
    pub fn finish(self) -> WordSegment {
        let mut texts: Vec<(u64, &[u8], u32)> =
            self.ids.iter().map(|(text, &id)| (first_bytes(text), text.as_bytes(), id)).collect();
        texts.sort_unstable();
        let lists = || {
            let starts = [0].into_iter().chain(self.ends.iter().copied());
            let list = |(start, &end)| counted(self.lists.get(start..end).unwrap_or_default());
            (0_u32..).zip(starts.zip(&self.ends).map(list))
        };
        // Lists by text become lists by word: first how long each will be, then each at its place.
        let mut ends = vec![0_usize; self.words.len()];
        let mut nexts = vec![0_u32; self.words.len()];
        let mut posting = Vec::new();
        for (text, list) in lists() {
            for (word, count) in list {
                posting.clear();
                put_posting(&mut nexts[word as usize], text, count, &mut posting);
                ends[word as usize] += posting.len();
            }
        }
        let mut all = 0;
        for end in &mut ends {
            let length = std::mem::replace(end, all);
            all += length;
        }
        nexts.fill(0);
        let starts = ends.clone();
        let mut postings = vec![0_u8; all];
        for (text, list) in lists() {
            for (word, count) in list {
                posting.clear();
                put_posting(&mut nexts[word as usize], text, count, &mut posting);
                let end = &mut ends[word as usize];
                postings[*end..*end + posting.len()].copy_from_slice(&posting);
                *end += posting.len();
            }
        }
        let mut writer = SegmentWriter::default();
        for (_, text, id) in texts {
            let word = &self.words[id as usize];
            let postings = &postings[starts[id as usize]..ends[id as usize]];
            writer.add(text, word.parts, word.terms.iter().copied(), postings);
        }
        writer.finish(&self.lengths)
    }

    /// Counts a word once; gives back the number of its parts.
    fn add(&mut self, word: &str) -> u32 {
        let known = self.ids.get(word).copied();
        let Some(id) = known.or_else(|| self.learn(word)) else { return 1 };
        let word = &mut self.words[id as usize];
        if word.count == 0 {
            self.found.push(id);
        }
        word.count = word.count.saturating_add(1);
        u32::from(word.parts)
    }

    /// Gives a word a number; `None` if there are too many already.
    fn learn(&mut self, word: &str) -> Option<u32> {
        let id = u32::try_from(self.words.len()).ok()?;
        let parts = parts(word);
        let hashes: Vec<u16> = parts.iter().filter_map(|part| self.hash_of(part)).collect();
        let mut terms: Vec<(u16, u8)> =
            hashes.into_iter().zip((0..ANYWHERE).chain(std::iter::repeat(ANYWHERE))).collect();
        if parts.len() > 1 {
            terms.push((hash(&parts.concat().to_lowercase()), ANYWHERE));
        }
        // A word has at most 64 characters.
        let count = u8::try_from(parts.len().max(1)).unwrap_or(u8::MAX);
        self.words.push(Counted { parts: count, terms: terms.into(), count: 0 });
        self.ids.insert(word.into(), id);
        Some(id)
    }

    fn hash_of(&mut self, part: &str) -> Option<u16> {
        if let Some(&known) = self.terms.get(part) {
            return known;
        }
        let new = self.splitter.term(part).map(|term| hash(&term));
        self.terms.insert(part.into(), new);
        new
    }
}

/// The first eight bytes as a number that is less for what comes first: it distinguishes most words, so that their texts
/// needn't be compared.
fn first_bytes(word: &str) -> u64 {
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(word.bytes()).for_each(|(to, byte)| *to = byte);
    u64::from_be_bytes(bytes)
}

/// The words of a list, with their counts.
fn counted(mut list: &[u8]) -> impl Iterator<Item = (u32, u32)> {
    std::iter::from_fn(move || {
        let (word, count) = (take(&mut list)?, take(&mut list)?);
        Some((u32::try_from(word).ok()?, u32::try_from(count).ok()?))
    })
}
