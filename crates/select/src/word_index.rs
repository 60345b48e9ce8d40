//! How often each word occurs in each file, so that texts needn't be read to be surveyed.
//!
//! Words are kept as they stand in the texts, not as the terms that they are split into: by the same rules
//! ([`Scanner`]), an indexed word gives the same terms as one that is read, whatever the vocabulary. The words that can
//! have a term are found by sixteen bits of it, so that only they are split, and each has the list of the files that
//! have it (its postings): a task touches what it asks for, however large the index is.
//!
//! A sentence in a script without blanks is split into its pairs of characters first, so that the index of such a
//! text is no copy of it.
//!
//! An index consists of immutable segments, as those of search engines do. Files that change get a segment of their
//! own, and now and then all are merged into one ([`WordSegment::merged`]).

mod counter;
mod merge;
mod segment;
mod table;

use rustc_hash::FxHashMap;

pub use counter::WordCounter;
pub use merge::Part;

use crate::terms::{Scanner, TermId, Vocabulary, count_parts};

/// The words of a set of files, which have numbers: those of the first segment from 0, then those of the next.
#[derive(Debug, Default)]
pub struct WordIndex {
    segments: Vec<WordSegment>,
}

/// An immutable part of a [`WordIndex`]: how often each word occurs in each of some files, which have numbers from 0.
#[derive(Debug, Clone, Default)]
pub struct WordSegment {
    bytes: Vec<u8>,
    /// By file: its length in parts of words, those included that aren't indexed because they are data.
    lengths: Vec<u32>,
    layout: segment::Layout,
}

impl WordIndex {
    /// The index of these segments.
    pub fn of(segments: Vec<WordSegment>) -> Self {
        Self { segments }
    }

    /// Its segments.
    pub fn segments(&self) -> &[WordSegment] {
        &self.segments
    }

    /// Its segments.
    pub fn into_segments(self) -> Vec<WordSegment> {
        self.segments
    }

    /// The number of files.
    pub fn files(&self) -> usize {
        self.segments.iter().map(WordSegment::files).sum()
    }

    /// The number of words, distinct in each segment.
    pub fn distinct(&self) -> usize {
        self.segments.iter().map(WordSegment::words).sum()
    }

    /// Each segment with the number of its first file.
    fn numbered(&self) -> impl Iterator<Item = (u32, &WordSegment)> {
        self.segments.iter().scan(0, |next, segment| {
            let first = *next;
            *next += segment.files() as u32;
            Some((first, segment))
        })
    }

    /// The length of a file in parts of words.
    pub(crate) fn length(&self, file: u32) -> u32 {
        let of = |(first, segment): (u32, &WordSegment)| {
            file.checked_sub(first).and_then(|file| segment.length(file))
        };
        self.numbered().find_map(of).unwrap_or(0)
    }

    /// The words with terms of `vocabulary`.
    pub(crate) fn with_terms(&self, vocabulary: &Vocabulary) -> Terms {
        let hashes: Vec<u16> = vocabulary.terms().map(hash).collect();
        let candidates: Vec<Vec<segment::Word>> =
            self.segments.iter().map(|segment| segment.with_hashes(&hashes)).collect();
        let mut scanner = Scanner::new(vocabulary);
        let mut terms = Terms { words: Vec::new(), ids: FxHashMap::default() };
        for ((first, _), words) in self.numbered().zip(&candidates) {
            for word in words {
                let last = usize::from(segment::ANYWHERE);
                let ids = scanner.ids_where(
                    &word.text,
                    |place| word.places[place.min(last)],
                    word.places[last],
                );
                if !ids.is_empty() {
                    let ids: Box<[TermId]> = ids.into();
                    terms.ids.insert(word.text.clone(), ids.clone());
                    let is_alone = count_parts(&word.text) == 1;
                    let postings = word.postings.clone();
                    terms.words.push(TermWord { first, postings, ids, is_alone });
                }
            }
        }
        terms
    }

    /// How often the files among `files` have the words for which `weigh` gives something.
    pub(crate) fn count_words<T>(
        &self,
        files: impl Iterator<Item = u32>,
        weigh: impl Fn(&str) -> Option<T>,
    ) -> Vec<(T, usize)> {
        let is_meant = self.are_meant(files);
        let mut found: Vec<(T, usize)> = Vec::new();
        for (first, segment) in self.numbered() {
            segment.each_word(|word, _, postings| {
                let Some(weight) = weigh(word) else { return };
                found.push((weight, segment.count(postings, first, &is_meant)));
            });
        }
        found
    }

    /// How often the files among `files` have the words with a term of `vocabulary`, and perhaps some others.
    pub(crate) fn count_with_terms(
        &self,
        files: impl Iterator<Item = u32>,
        vocabulary: &Vocabulary,
    ) -> Vec<(Box<str>, usize)> {
        let is_meant = self.are_meant(files);
        let hashes: Vec<u16> = vocabulary.terms().map(hash).collect();
        let of = |(first, segment): (u32, &WordSegment)| {
            let words = segment.with_hashes(&hashes).into_iter();
            let counted =
                words.map(|word| (word.text, segment.count(word.postings, first, &is_meant)));
            counted.collect::<Vec<_>>()
        };
        self.numbered().flat_map(of).collect()
    }

    /// By file of the index: whether it is among `files`.
    fn are_meant(&self, files: impl Iterator<Item = u32>) -> Vec<bool> {
        let mut is_meant = vec![false; self.files()];
        for file in files {
            if let Some(is_meant) = is_meant.get_mut(file as usize) {
                *is_meant = true;
            }
        }
        is_meant
    }
}

/// The words of an index with terms of a vocabulary.
#[derive(Debug)]
pub(crate) struct Terms {
    words: Vec<TermWord>,
    ids: FxHashMap<Box<str>, Box<[TermId]>>,
}

/// A word of a segment, with terms.
#[derive(Debug)]
struct TermWord {
    /// The number of the first file of its segment.
    first: u32,
    postings: std::ops::Range<usize>,
    ids: Box<[TermId]>,
    /// Whether it has one part only, so that its term is a word of its own.
    is_alone: bool,
}

/// How often some files have the terms of a vocabulary.
#[derive(Debug, Default)]
pub(crate) struct TermCounts {
    /// By file: where its terms end.
    ends: Vec<usize>,
    terms: Vec<(TermId, u32)>,
}

impl TermCounts {
    /// Those of files with these terms, which are in order.
    pub(crate) fn of_lists(lists: &[Vec<(TermId, u32)>]) -> Self {
        let end = |end: &mut usize, list: &Vec<(TermId, u32)>| {
            *end += list.len();
            Some(*end)
        };
        Self { ends: lists.iter().scan(0, end).collect(), terms: lists.concat() }
    }

    /// The terms of the file at this place, in order, with their counts.
    pub(crate) fn of(&self, place: usize) -> &[(TermId, u32)] {
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).unwrap_or(&0);
        let end = self.ends.get(place).unwrap_or(start);
        self.terms.get(*start..*end).unwrap_or_default()
    }
}

impl Terms {
    /// The terms of a word of the index.
    pub(crate) fn of(&self, word: &str) -> &[TermId] {
        self.ids.get(word).map_or(&[], |ids| ids)
    }

    /// How often each of these files of `index` has each of `terms` terms, and by term, whether any has it as a word of
    /// its own. A word that has a term twice counts twice.
    pub(crate) fn count(
        &self,
        index: &WordIndex,
        files: &[u32],
        terms: usize,
    ) -> (TermCounts, Vec<bool>) {
        let mut alone = vec![false; terms];
        let mut words: Vec<Vec<&TermWord>> = vec![Vec::new(); terms];
        for word in &self.words {
            for &id in &word.ids {
                if let Some(words) = words.get_mut(usize::from(id)) {
                    words.push(word);
                }
            }
        }
        const NOWHERE: u32 = u32::MAX;
        let mut places = vec![NOWHERE; index.files()];
        for (place, &file) in (0..).zip(files) {
            if let Some(known) = places.get_mut(file as usize) {
                *known = place;
            }
        }
        let segments: FxHashMap<u32, &WordSegment> = index.numbered().collect();
        let mut counts = vec![0_u32; files.len()];
        let mut having: Vec<u32> = Vec::new();
        // Term after term, so that each file's come in order.
        let mut found: Vec<(u32, TermId, u32)> = Vec::new();
        for (id, words) in (0..).zip(words) {
            for word in words {
                let Some(segment) = segments.get(&word.first) else { continue };
                for (file, count) in segment.postings(word.postings.clone()) {
                    let number = word.first as usize + file as usize;
                    let Some(&place) = places.get(number).filter(|at| **at != NOWHERE) else {
                        continue;
                    };
                    let sum = &mut counts[place as usize];
                    if *sum == 0 {
                        having.push(place);
                    }
                    *sum += count;
                    alone[usize::from(id)] |= word.is_alone;
                }
            }
            let take = |place| (place, id, std::mem::take(&mut counts[place as usize]));
            found.extend(having.drain(..).map(take));
        }
        (by_place(&found, files.len()), alone)
    }
}

/// Sorts `found` by place, keeping the order of terms.
fn by_place(found: &[(u32, TermId, u32)], places: usize) -> TermCounts {
    let mut next = vec![0_usize; places];
    found.iter().for_each(|&(place, ..)| next[place as usize] += 1);
    let mut start = 0;
    for next in &mut next {
        let count = std::mem::replace(next, start);
        start += count;
    }
    let mut terms = vec![(0, 0); found.len()];
    for &(place, id, count) in found {
        let next = &mut next[place as usize];
        terms[*next] = (id, count);
        *next += 1;
    }
    // Each place begins where the one before has ended.
    TermCounts { ends: next, terms }
}

/// Sixteen bits of a term (FNV-1a, folded). Two terms may have the same; the words that have one are split anyway.
fn hash(term: &str) -> u16 {
    let hash = term
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    ((hash >> 16) ^ (hash & 0xffff)) as u16
}

#[cfg(test)]
mod tests;
