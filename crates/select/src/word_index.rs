//! How often each word occurs in each file, so that texts needn't be read to be surveyed.
//!
//! Words are kept as they stand in the texts, not as the terms that they are split into: by the same rules
//! ([`Scanner`]), an indexed word gives the same terms as one that is read, whatever the vocabulary. For each word a
//! few bits say which terms it can have, so that only words with a term of the task are split.
//!
//! A sentence in a script without blanks is split into its pairs of characters first, so that the index of such a
//! text is no copy of it.

mod codec;
mod counter;

use rustc_hash::FxHashMap;

pub use counter::{CountedWords, WordCounter};

use crate::terms::{Scanner, TermId, Vocabulary};

/// The words of a set of files, which have numbers from 0.
#[derive(Debug, Default)]
pub struct WordIndex {
    words: Words,
    /// By file, one after the other: its words in order of their numbers, with their counts.
    lists: Vec<u8>,
    files: Vec<FileWords>,
}

/// Distinct words, by number.
#[derive(Debug, Default)]
struct Words {
    /// The words, one after the other.
    text: String,
    /// By word: where it ends in `text`.
    ends: Vec<u32>,
    /// By word: the number of its parts.
    parts: Vec<u8>,
    /// The hashes of the terms of their parts, in order, and of the whole where that is one; word after word.
    hashes: Vec<u16>,
    /// By word: where its hashes end.
    hash_ends: Vec<u32>,
}

/// The words of one file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct FileWords {
    /// Its length in parts of words, those included that aren't indexed because they are data.
    length: u32,
    /// Where its list ends.
    end: usize,
}

impl Words {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn get(&self, word: usize) -> &str {
        let start = word.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start as usize..self.ends[word] as usize]
    }

    fn hashes(&self, word: usize) -> &[u16] {
        let start = word.checked_sub(1).map_or(0, |before| self.hash_ends[before]);
        &self.hashes[start as usize..self.hash_ends[word] as usize]
    }

    /// Adds a word; `None` if the words together are too long for an index.
    fn push(&mut self, word: &str, parts: u8, hashes: &[u16]) -> Option<u32> {
        let end = u32::try_from(self.text.len() + word.len()).ok()?;
        let hash_end = u32::try_from(self.hashes.len() + hashes.len()).ok()?;
        let number = u32::try_from(self.ends.len()).ok()?;
        self.text.push_str(word);
        self.ends.push(end);
        self.parts.push(parts);
        self.hashes.extend_from_slice(hashes);
        self.hash_ends.push(hash_end);
        Some(number)
    }
}

impl WordIndex {
    /// The number of files.
    pub fn files(&self) -> usize {
        self.files.len()
    }

    /// The number of distinct words.
    pub fn distinct(&self) -> usize {
        self.words.len()
    }

    /// The length of a file in parts of words.
    pub(crate) fn length(&self, file: u32) -> u32 {
        self.files.get(file as usize).map_or(0, |words| words.length)
    }

    /// The words of a file, by number, with their counts.
    fn list(&self, file: u32) -> codec::List<'_> {
        let at = file as usize;
        let start =
            at.checked_sub(1).and_then(|before| self.files.get(before)).map_or(0, |f| f.end);
        let end = self.files.get(at).map_or(start, |f| f.end);
        codec::List::new(self.lists.get(start..end).unwrap_or_default())
    }

    /// The words with terms of `vocabulary`.
    pub(crate) fn with_terms(&self, vocabulary: &Vocabulary) -> Terms {
        let mut wanted = vec![false; 1 << u16::BITS];
        vocabulary.terms().for_each(|term| wanted[usize::from(hash(term))] = true);
        let mut scanner = Scanner::new(vocabulary);
        let mut terms = Terms { by_word: vec![0; self.words.len()], ids: vec![Box::default()] };
        for word in 0..self.words.len() {
            let hashes = self.words.hashes(word);
            if hashes.iter().any(|&hash| wanted[usize::from(hash)]) {
                let is_wanted =
                    |part: usize| hashes.get(part).is_some_and(|&hash| wanted[usize::from(hash)]);
                let ids = scanner.ids_where(self.words.get(word), is_wanted);
                if !ids.is_empty() {
                    terms.by_word[word] = terms.ids.len() as u32;
                    terms.ids.push(ids.into());
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
        let mut by_word = vec![0_u32; self.words.len()];
        let mut found: Vec<(T, usize)> = Vec::new();
        for (word, place) in by_word.iter_mut().enumerate() {
            if let Some(weight) = weigh(self.words.get(word)) {
                found.push((weight, 0));
                *place = found.len() as u32;
            }
        }
        if found.is_empty() {
            return found;
        }
        for file in files {
            for (word, count) in self.list(file) {
                let place = by_word.get(word as usize).copied().unwrap_or(0);
                if let Some((_, sum)) =
                    (place as usize).checked_sub(1).and_then(|at| found.get_mut(at))
                {
                    *sum += count as usize;
                }
            }
        }
        found
    }
}

/// The words of an index with terms of a vocabulary.
#[derive(Debug)]
pub(crate) struct Terms {
    /// By word: an index of `ids`, where the first is empty.
    by_word: Vec<u32>,
    ids: Vec<Box<[TermId]>>,
}

impl Terms {
    /// Calls `found` with each word of a file of `index`, the number of its parts and its terms.
    pub(crate) fn each_word<'i>(
        &self,
        index: &'i WordIndex,
        file: u32,
        mut found: impl FnMut(&'i str, u32, &[TermId]),
    ) {
        for (word, _) in index.list(file) {
            let word = word as usize;
            if let (Some(&at), Some(&parts)) = (self.by_word.get(word), index.words.parts.get(word))
            {
                found(index.words.get(word), u32::from(parts), &self.ids[at as usize]);
            }
        }
    }

    /// Calls `found` with each term of a file of `index` and how often a word has it. A term may come several times.
    pub(crate) fn each(&self, index: &WordIndex, file: u32, mut found: impl FnMut(TermId, u32)) {
        for (word, count) in index.list(file) {
            match self.by_word.get(word as usize) {
                None | Some(0) => {}
                Some(&at) => self.ids[at as usize].iter().for_each(|&id| found(id, count)),
            }
        }
    }
}

/// Sixteen bits of a term (FNV-1a, folded). Two terms may have the same; the words that have one are split anyway.
fn hash(term: &str) -> u16 {
    let hash = term
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    ((hash >> 16) ^ (hash & 0xffff)) as u16
}

/// Makes an index from an older one and from counts of the files that changed.
#[derive(Debug, Default)]
pub struct WordIndexBuilder {
    words: Words,
    ids: FxHashMap<Box<str>, u32>,
    lists: Vec<u8>,
    files: Vec<FileWords>,
    /// Reused between files.
    pairs: Vec<(u32, u32)>,
}

impl WordIndexBuilder {
    /// A builder that knows the words of `old` by the same numbers, so that its lists can be taken over.
    pub fn upon(old: &WordIndex) -> Self {
        let mut builder = Self::default();
        for word in 0..old.words.len() {
            let (text, hashes) = (old.words.get(word), old.words.hashes(word));
            builder.words.push(text, old.words.parts[word], hashes);
        }
        builder
    }

    /// Adds the next file: one of `old`, on which this builder was made.
    pub fn take_over(&mut self, old: &WordIndex, file: u32) {
        self.lists.extend_from_slice(old.list(file).bytes());
        self.files.push(FileWords { length: old.length(file), end: self.lists.len() });
    }

    /// The numbers here of the words that `counter` has counted.
    pub fn numbers(&mut self, counter: &WordCounter) -> Vec<u32> {
        // Most indexes are only made upon another one without a new word.
        if self.ids.len() < self.words.len() {
            let known =
                (0..self.words.len()).map(|word| (self.words.get(word).into(), word as u32));
            self.ids = known.collect();
        }
        let words = counter.words();
        (0..words.len())
            .map(|word| {
                let text = words.get(word);
                if let Some(&number) = self.ids.get(text) {
                    return number;
                }
                match self.words.push(text, words.parts[word], words.hashes(word)) {
                    Some(number) => {
                        self.ids.insert(text.into(), number);
                        number
                    }
                    // The index is full: beyond four gigabytes of distinct words, words aren't found.
                    None => u32::MAX,
                }
            })
            .collect()
    }

    /// Adds the next file: one that was counted; `numbers` are those of its counter's words.
    pub fn add(&mut self, counted: &CountedWords, numbers: &[u32]) {
        self.pairs.clear();
        let list = codec::List::new(&counted.list);
        let renumbered = list.filter_map(|(word, count)| {
            numbers.get(word as usize).filter(|number| **number != u32::MAX).map(|&n| (n, count))
        });
        self.pairs.extend(renumbered);
        self.pairs.sort_unstable();
        codec::write(&self.pairs, &mut self.lists);
        self.files.push(FileWords { length: counted.length, end: self.lists.len() });
    }

    /// Adds the next file: one without words.
    pub fn add_nothing(&mut self) {
        self.files.push(FileWords { length: 0, end: self.lists.len() });
    }

    /// The index.
    pub fn finish(self) -> WordIndex {
        WordIndex { words: self.words, lists: self.lists, files: self.files }
    }

    /// The index with its words numbered anew: the most frequent first, which makes lists short, and without
    /// those that no file has any more.
    pub fn finish_compacted(self) -> WordIndex {
        let old = self.finish();
        let mut frequency = vec![0_u32; old.words.len()];
        for file in 0..old.files.len() {
            for (word, _) in old.list(file as u32) {
                frequency[word as usize] += 1;
            }
        }
        let mut order: Vec<usize> = (0..old.words.len()).filter(|&w| frequency[w] > 0).collect();
        order.sort_by(|&a, &b| {
            frequency[b].cmp(&frequency[a]).then_with(|| old.words.get(a).cmp(old.words.get(b)))
        });
        let mut numbers = vec![u32::MAX; old.words.len()];
        let mut words = Words::default();
        for word in order {
            let (parts, hashes) = (old.words.parts[word], old.words.hashes(word));
            if let Some(number) = words.push(old.words.get(word), parts, hashes) {
                numbers[word] = number;
            }
        }
        let mut new =
            WordIndex { words, lists: Vec::with_capacity(old.lists.len()), files: Vec::new() };
        let mut pairs = Vec::new();
        for file in 0..old.files.len() {
            pairs.clear();
            pairs
                .extend(old.list(file as u32).map(|(word, count)| (numbers[word as usize], count)));
            pairs.sort_unstable();
            codec::write(&pairs, &mut new.lists);
            new.files.push(FileWords { length: old.files[file].length, end: new.lists.len() });
        }
        new
    }
}

#[cfg(test)]
mod tests;
