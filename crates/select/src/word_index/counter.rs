//! Counts the words of texts, for an index.

use rustc_hash::FxHashMap;

use super::{Words, codec, hash};
use crate::terms::{Splitter, is_data, is_dense, pairs, parts, words};

/// The words of one text, by the numbers of the [`WordCounter`] that counted them.
#[derive(Debug, Clone, Default)]
pub struct CountedWords {
    pub(super) length: u32,
    pub(super) list: Box<[u8]>,
}

/// Counts the words of one text after the other. Each distinct word is split once.
pub struct WordCounter {
    splitter: Splitter,
    ids: FxHashMap<Box<str>, u32>,
    words: Words,
    /// By part of a word: the hash of its term, if it has one.
    terms: FxHashMap<Box<str>, Option<u16>>,
    /// By word: how often the current text has it.
    counts: Vec<u32>,
    found: Vec<u32>,
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
            words: Words::default(),
            terms: FxHashMap::default(),
            counts: Vec::new(),
            found: Vec::new(),
        }
    }
}

impl WordCounter {
    /// Counts the words of `text`.
    pub fn count(&mut self, text: &str) -> CountedWords {
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
        self.found.sort_unstable();
        let counts = &mut self.counts;
        let listed: Vec<(u32, u32)> = self
            .found
            .drain(..)
            .map(|word| (word, std::mem::take(&mut counts[word as usize])))
            .collect();
        let mut list = Vec::with_capacity(listed.len() * 3);
        codec::write(&listed, &mut list);
        CountedWords { length, list: list.into() }
    }

    pub(super) fn words(&self) -> &Words {
        &self.words
    }

    /// Counts a word once; gives back the number of its parts.
    fn add(&mut self, word: &str) -> u32 {
        let known = self.ids.get(word).copied();
        let Some(id) = known.or_else(|| self.learn(word)) else { return 1 };
        let count = &mut self.counts[id as usize];
        if *count == 0 {
            self.found.push(id);
        }
        *count = count.saturating_add(1);
        u32::from(self.words.parts[id as usize])
    }

    /// Gives a word a number; `None` if there are too many already.
    fn learn(&mut self, word: &str) -> Option<u32> {
        let parts = parts(word);
        let mut hashes: Vec<u16> = parts.iter().filter_map(|part| self.hash_of(part)).collect();
        if parts.len() > 1 {
            hashes.push(hash(&parts.concat().to_lowercase()));
        }
        // A word has at most 64 characters.
        let count = u8::try_from(parts.len().max(1)).unwrap_or(u8::MAX);
        let id = self.words.push(word, count, &hashes)?;
        self.ids.insert(word.into(), id);
        self.counts.push(0);
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
