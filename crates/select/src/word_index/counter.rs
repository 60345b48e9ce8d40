//! Counts the words of texts, for an index.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::hash;
use super::segment::{ANYWHERE, SegmentWriter, posting_length, put_posting};
use super::table::WordTable;
use crate::terms::{Splitter, count_parts, is_data, is_dense, pairs, parts, words};
use crate::varint::{put, take};
use crate::word_index::WordSegment;

/// Counts the words of one text after the other.
#[derive(Default)]
pub struct WordCounter {
    table: WordTable,
    /// By text: its length in parts of words.
    lengths: Vec<u32>,
    /// Text after text: the numbers of its words, in the order in which they come, with counts.
    lists: Vec<u8>,
    /// By text: where its list ends.
    ends: Vec<usize>,
}

impl std::fmt::Debug for WordCounter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WordCounter").field("words", &self.table.len()).finish_non_exhaustive()
    }
}

impl WordCounter {
    /// Counts the words of the next text; gives back its number.
    pub fn count(&mut self, text: &str) -> u32 {
        let mut length = 0_u32;
        for (_, word) in words(text) {
            let is_ascii = word.as_bytes().first().is_some_and(u8::is_ascii);
            if is_data(word) {
                length = length.saturating_add(1);
            } else if !is_ascii && word.starts_with(is_dense) {
                for pair in pairs(word) {
                    length = length.saturating_add(self.add(pair));
                }
            } else {
                length = length.saturating_add(self.add(word));
            }
        }
        let lists = &mut self.lists;
        self.table.take_counts(|word, count| {
            put(u64::from(word), lists);
            put(u64::from(count), lists);
        });
        self.lengths.push(length);
        self.ends.push(self.lists.len());
        (self.ends.len() - 1) as u32
    }

    /// The number of texts that were counted.
    pub fn texts(&self) -> usize {
        self.ends.len()
    }

    /// The words of all texts that were counted, as a segment with a file for each.
    pub fn finish(self) -> WordSegment {
        let numbers = (0..).take(self.texts()).map(Some).collect();
        let files = self.texts();
        WordSegment::counted(&[self], &[numbers], files)
    }

    /// Counts a word once; gives back the number of its parts.
    #[inline]
    fn add(&mut self, word: &str) -> u32 {
        // A word has at most 64 characters.
        let parts = |word: &str| u8::try_from(count_parts(word)).unwrap_or(u8::MAX);
        u32::from(self.table.count(word, parts))
    }

    /// The words of a text by their numbers, with counts.
    fn list(&self, text: usize) -> impl Iterator<Item = (u32, u32)> {
        let start = text.checked_sub(1).map_or(0, |before| self.ends[before]);
        let mut list = self.lists.get(start..self.ends[text]).unwrap_or_default();
        std::iter::from_fn(move || {
            let (word, count) = (take(&mut list)?, take(&mut list)?);
            Some((u32::try_from(word).ok()?, u32::try_from(count).ok()?))
        })
    }
}

/// A word of one of several counters.
struct Distinct<'c> {
    /// The first eight bytes as a number that is less for what comes first: it distinguishes most words, so that their
    /// texts needn't be compared.
    first: u64,
    text: &'c str,
    counter: u32,
    number: u32,
    parts: u8,
}

/// The postings of a word, while they are written.
#[derive(Clone, Copy, Default)]
struct Place {
    end: usize,
    /// The number after the file of the last one.
    next: u32,
}

impl WordSegment {
    /// One segment of `files` files with the texts that `counters` have read. `numbers` are those of their files there, by
    /// counter and text; `None` of texts that are left out.
    pub fn counted(counters: &[WordCounter], numbers: &[Vec<Option<u32>>], files: usize) -> Self {
        let (mut texts, mut lengths) = (vec![None; files], vec![0; files]);
        for (counter, (of, numbers)) in counters.iter().zip(numbers).enumerate() {
            for (text, number) in numbers.iter().enumerate().take(of.texts()) {
                let Some(file) = number.map(|number| number as usize) else { continue };
                if let (Some(place), Some(length)) = (texts.get_mut(file), lengths.get_mut(file)) {
                    (*place, *length) = (Some((counter, text)), of.lengths[text]);
                }
            }
        }
        let lists = || {
            let list = |(counter, text): (usize, usize)| {
                counters[counter].list(text).map(move |(word, count)| (counter, word, count))
            };
            (0..).zip(&texts).filter_map(move |(file, &at)| Some((file, list(at?))))
        };

        let words = distinct(counters);
        // By counter and its word: the place of the word among all.
        let mut ranks: Vec<Vec<u32>> =
            counters.iter().map(|counter| vec![0; counter.table.len()]).collect();
        let same = || words.chunk_by(|a, b| a.first == b.first && a.text == b.text);
        for (rank, same) in (0..).zip(same()) {
            same.iter().for_each(|w| ranks[w.counter as usize][w.number as usize] = rank);
        }

        // Lists by text become lists by word: first how long each will be, then each at its place.
        let mut places = vec![Place::default(); words.len()];
        for (file, list) in lists() {
            for (counter, word, count) in list {
                let place = &mut places[ranks[counter][word as usize] as usize];
                place.end += posting_length(&mut place.next, file, count);
            }
        }
        let mut all = 0;
        for place in &mut places {
            let length = std::mem::replace(place, Place { end: all, next: 0 }).end;
            all += length;
        }
        let (mut postings, mut posting) = (vec![0_u8; all], Vec::new());
        for (file, list) in lists() {
            for (counter, word, count) in list {
                let place = &mut places[ranks[counter][word as usize] as usize];
                posting.clear();
                put_posting(&mut place.next, file, count, &mut posting);
                postings[place.end..place.end + posting.len()].copy_from_slice(&posting);
                place.end += posting.len();
            }
        }

        let texts: Vec<&str> = same().filter_map(|same| Some(same.first()?.text)).collect();
        let portion = texts.len().div_ceil(rayon::current_num_threads()).max(1);
        let terms: Vec<TermHashes> = texts.par_chunks(portion).map(TermHashes::of).collect();
        let terms = terms.iter().flat_map(TermHashes::by_word);
        let mut writer = SegmentWriter::default();
        let mut start = 0;
        for ((same, place), terms) in same().zip(&places).zip(terms) {
            let postings = &postings[std::mem::replace(&mut start, place.end)..place.end];
            if let [word, ..] = same
                && !postings.is_empty()
            {
                writer.add(word.text.as_bytes(), word.parts, terms.iter().copied(), postings);
            }
        }
        writer.finish(&lengths)
    }
}

/// The words of all counters in bytewise order, those that several have next to each other.
fn distinct(counters: &[WordCounter]) -> Vec<Distinct<'_>> {
    let mut words = Vec::with_capacity(counters.iter().map(|counter| counter.table.len()).sum());
    for (counter, of) in (0..).zip(counters) {
        words.extend((0..).zip(of.table.words()).map(|(number, (text, parts))| Distinct {
            first: first_bytes(text),
            text,
            counter,
            number,
            parts,
        }));
    }
    words.sort_unstable_by(|a, b| a.first.cmp(&b.first).then_with(|| a.text.cmp(b.text)));
    words
}

fn first_bytes(word: &str) -> u64 {
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(word.bytes()).for_each(|(to, byte)| *to = byte);
    u64::from_be_bytes(bytes)
}

/// The terms that words can have.
#[derive(Default)]
struct TermHashes {
    /// Word after word: the hashes of its terms, with their places.
    hashes: Vec<(u16, u8)>,
    /// By word: where these end.
    ends: Vec<usize>,
}

impl TermHashes {
    /// Those of `words`. In bytewise order, many have the first part of the one before.
    fn of(words: &[&str]) -> Self {
        let splitter = Splitter::new();
        // By part of a word: the hash of its term, if it has one.
        let mut known: FxHashMap<&str, Option<u16>> = FxHashMap::default();
        let mut terms = Self::default();
        for word in words {
            let parts = parts(word);
            let hashes = parts.iter().filter_map(|part| {
                *known.entry(part).or_insert_with(|| Some(hash(&splitter.term(part)?)))
            });
            let places = (0..ANYWHERE).chain(std::iter::repeat(ANYWHERE));
            terms.hashes.extend(hashes.zip(places));
            if parts.len() > 1 {
                terms.hashes.push((hash(&parts.concat().to_lowercase()), ANYWHERE));
            }
            terms.ends.push(terms.hashes.len());
        }
        terms
    }

    fn by_word(&self) -> impl Iterator<Item = &[(u16, u8)]> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.hashes[start..end])
    }
}
