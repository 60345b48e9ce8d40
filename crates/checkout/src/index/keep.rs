//! Decides which of an index's files is written: the base anew, or what is different from it.
//!
//! Each file is replaced atomically. Changes name the base that they belong to by its checksum, so that after a kill
//! between two writes, or with two runs at once, changes of another base count as none.

use std::path::Path;

use rayon::prelude::*;
use select::{Part, WordCounter, WordIndex, WordSegment};

use super::{BASE, Base, CHANGES, Entry, Index, LAYOUT, format};
use crate::cache_folder::CacheFolder;
use crate::credential_paths::Judged;

/// If more than one of this many entries is different from the base, it is written anew. By hand: until then, it costs
/// less to write the changes, and reading both costs a little more.
const REWRITE: usize = 8;
/// The fewest changes for which the base is written anew. By hand: a few hundred kilobytes.
const FEW: usize = 64;

/// Where the words of an entry are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WordsOf {
    /// In the index before, with this number.
    Old(u32),
    /// In a portion of the files that were read now, with this number there.
    New { portion: usize, number: u32 },
    /// It has none.
    Nothing,
}

/// The entries of an index that has changed, in order of their paths.
#[derive(Debug, Default)]
pub(super) struct Changed {
    pub(super) entries: Vec<Entry>,
    /// By entry.
    pub(super) words: Vec<WordsOf>,
    /// By entry: whether the base on disk has it as it is.
    pub(super) in_base: Vec<bool>,
}

impl Changed {
    /// Adds the next entry.
    pub(super) fn push(&mut self, entry: Entry, words: WordsOf, in_base: bool) {
        self.entries.push(entry);
        self.words.push(words);
        self.in_base.push(in_base);
    }
}

impl Index {
    /// The index with `changed` entries in place of those of `self`; `portions` have counted the words of files that were
    /// read.
    /// It is written below `root`, if there is one.
    pub(super) fn changed(
        self,
        changed: Changed,
        portions: Vec<WordCounter>,
        judged: Judged,
        root: Option<&Path>,
    ) -> Self {
        let folder = root.and_then(|root| CacheFolder::make(root).ok());
        let live = changed.in_base.iter().filter(|in_base| **in_base).count();
        let base = self.base.filter(|base| {
            let gone = base.files as usize - live;
            let different = gone.max(changed.entries.len() - live);
            different <= FEW.max(changed.entries.len() / REWRITE)
        });
        let mut old = self.words.into_segments();
        match base {
            Some(base) if !old.is_empty() => {
                let words = old.remove(0);
                let base = Base { has: changed.in_base.clone(), ..base };
                Self::beside(base, words, &old, changed, portions, judged, folder.as_ref())
            }
            _ => Self::anew(old, changed, portions, judged, folder.as_ref()),
        }
    }

    /// With a new base of all entries.
    fn anew(
        mut old: Vec<WordSegment>,
        changed: Changed,
        portions: Vec<WordCounter>,
        judged: Judged,
        folder: Option<&CacheFolder>,
    ) -> Self {
        let count = changed.entries.len();
        let numbers: Vec<u32> = (0..).take(count).collect();
        let is_same = old.len() == 1
            && old[0].files() == count
            && numbers.iter().zip(&changed.words).all(|(n, words)| *words == WordsOf::Old(*n));
        let words = if is_same {
            old.remove(0)
        } else {
            merged(&changed.words, &numbers, 0, &old, portions, count)
        };
        let mut index = Self {
            entries: changed.entries,
            words: WordIndex::of(vec![words]),
            numbers,
            judged,
            base: None,
        };
        if let Some(folder) = folder {
            let written = folder.write_checked(BASE, LAYOUT, &format::base(&index));
            // Errors (a read-only checkout, a full disk) are ignored: the index only saves time.
            index.base = written.ok().map(|check| {
                folder.remove(CHANGES);
                Base { check, files: count as u32, has: vec![true; count] }
            });
        }
        index
    }

    /// With the words of the base as they are, and those of all other entries in a segment beside it.
    fn beside(
        base: Base,
        base_words: WordSegment,
        old: &[WordSegment],
        changed: Changed,
        portions: Vec<WordCounter>,
        judged: Judged,
        folder: Option<&CacheFolder>,
    ) -> Self {
        let mut next = base.files;
        let number = |words: &WordsOf| match *words {
            WordsOf::Old(number) if number < base.files => number,
            _ => {
                next += 1;
                next - 1
            }
        };
        let numbers: Vec<u32> = changed.words.iter().map(number).collect();
        let own = (next - base.files) as usize;
        let words = merged(&changed.words, &numbers, base.files, old, portions, own);
        let index = Self {
            entries: changed.entries,
            numbers,
            words: WordIndex::of(vec![base_words, words]),
            judged,
            base: Some(base),
        };
        if let (Some(folder), Some(base)) = (folder, &index.base) {
            // As above.
            let _ = folder.write_checked(CHANGES, LAYOUT, &format::changes(&index, base));
        }
        index
    }

    /// The bytes of a base with all of its entries.
    pub(super) fn into_base(self) -> Vec<u8> {
        let words = self.numbers.iter().map(|&number| WordsOf::Old(number)).collect();
        let in_base = vec![false; self.entries.len()];
        let old = self.words.into_segments();
        let changed = Changed { entries: self.entries, words, in_base };
        format::base(&Self::anew(old, changed, Vec::new(), self.judged, None))
    }
}

/// A segment of `files` files: of each entry whose number is not below `first`, the words. `old` segments are those of
/// the index before, the first of whose files has the number `first`.
fn merged(
    words: &[WordsOf],
    numbers: &[u32],
    first: u32,
    old: &[WordSegment],
    portions: Vec<WordCounter>,
    files: usize,
) -> WordSegment {
    let mut old_numbers: Vec<Vec<Option<u32>>> =
        old.iter().map(|segment| vec![None; segment.files()]).collect();
    let mut new_numbers: Vec<Vec<Option<u32>>> =
        portions.iter().map(|portion| vec![None; portion.texts()]).collect();
    for (words, number) in words.iter().zip(numbers) {
        let Some(number) = number.checked_sub(first) else { continue };
        let place = match *words {
            WordsOf::New { portion, number } => {
                new_numbers.get_mut(portion).and_then(|numbers| numbers.get_mut(number as usize))
            }
            WordsOf::Old(number) => place_in(old, number.checked_sub(first))
                .and_then(|(segment, file)| old_numbers.get_mut(segment)?.get_mut(file)),
            WordsOf::Nothing => None,
        };
        if let Some(place) = place {
            *place = Some(number);
        }
    }
    if old_numbers.iter().flatten().all(Option::is_none) {
        // As without an index: no segment of each portion has to be written only to be merged.
        return WordSegment::counted(&portions, &new_numbers, files);
    }
    let portions: Vec<WordSegment> = portions.into_par_iter().map(WordCounter::finish).collect();
    let numbers = old_numbers.into_iter().chain(new_numbers);
    let parts: Vec<Part<'_>> = old
        .iter()
        .chain(&portions)
        .zip(numbers)
        .map(|(segment, numbers)| Part { segment, numbers })
        .collect();
    WordSegment::merged(&parts, files)
}

/// The segment of a file, and its number there.
fn place_in(segments: &[WordSegment], number: Option<u32>) -> Option<(usize, usize)> {
    let mut number = number? as usize;
    for (at, segment) in segments.iter().enumerate() {
        if number < segment.files() {
            return Some((at, number));
        }
        number -= segment.files();
    }
    None
}
