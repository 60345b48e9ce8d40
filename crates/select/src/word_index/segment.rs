//! The bytes of a segment: written once, and read in place.
//!
//! Words are in bytewise order, in blocks of [`BLOCK`]: of each, how many bytes it shares with the one before in its
//! block, the rest, the number of its parts, and the length of its postings. Postings are the files that have a word, as
//! distances, with counts; those of one word follow those of the one before. The words that can have a term are listed in buckets by the term's
//! hash. Whatever the bytes are, reading them gives something or nothing, and never panics.

use std::ops::Range;

use super::WordSegment;
use crate::varint::{length, put, take};

/// Words of a block, of which only the first is whole. By hand: half of them are passed to reach one.
const BLOCK: usize = 16;
/// The bytes that say where a block begins: among the words, and its postings.
const BLOCK_PLACE: usize = 4 + 8;
/// Hashes of a bucket, about. By hand: as many are passed to find those that are asked for, and each bucket's end takes
/// four bytes.
const BUCKET: usize = 32;
/// The numbers at the beginning, of eight bytes each.
const NUMBERS: usize = 7;
/// The bits that say which part of a word has a term.
const PLACE_BITS: u32 = 3;
/// The place of a term that no bits say: that of a later part, or of the whole.
pub(super) const ANYWHERE: u8 = (1 << PLACE_BITS) - 1;

/// Where a segment's parts are in its bytes.
#[derive(Debug, Clone, Default)]
pub(super) struct Layout {
    start: usize,
    words: usize,
    /// A bucket has the hashes that differ in so many of their lowest bits only.
    rest_bits: u32,
    blocks: Range<usize>,
    bucket_ends: Range<usize>,
    texts: Range<usize>,
    buckets: Range<usize>,
    postings: Range<usize>,
}

/// A word of a segment.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) text: Box<str>,
    pub(super) postings: Range<usize>,
    /// By place, whether the part there can have one of the terms that were asked for.
    pub(super) places: [bool; ANYWHERE as usize + 1],
}

/// That a word can have a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HasTerm {
    pub(super) word: u32,
    /// The hash of the term.
    pub(super) hash: u16,
    /// The part that has it, or [`ANYWHERE`]. Parts of one character, which have no term, aren't counted.
    pub(super) place: u8,
}

impl WordSegment {
    /// Takes the segment that fills `bytes` from `start` on; `None` if there is none.
    pub fn read(bytes: Vec<u8>, start: usize) -> Option<Self> {
        let (numbers, _) = bytes.get(start..)?.as_chunks::<8>();
        let numbers = numbers.first_chunk::<NUMBERS>()?.map(u64::from_le_bytes);
        let [files, words, rest_bits, lengths, texts, buckets, postings] =
            numbers.map(|number| usize::try_from(number).unwrap_or(usize::MAX));
        let rest_bits = u32::try_from(rest_bits).ok().filter(|&bits| bits <= u16::BITS)?;
        let mut next = start + NUMBERS * 8;
        let mut part = |length: usize| {
            let range = next..next.checked_add(length)?;
            next = range.end;
            (next <= bytes.len()).then_some(range)
        };
        let lengths = part(lengths)?;
        let layout = Layout {
            start,
            words,
            rest_bits,
            blocks: part(words.div_ceil(BLOCK).checked_mul(BLOCK_PLACE)?)?,
            bucket_ends: part(4 << (u16::BITS - rest_bits))?,
            texts: part(texts)?,
            buckets: part(buckets)?,
            postings: part(postings)?,
        };
        let mut rest = &bytes[lengths];
        if next != bytes.len() || files > rest.len() {
            return None;
        }
        let length = |_| u32::try_from(take(&mut rest)?).ok();
        let lengths = (0..files).map(length).collect::<Option<_>>()?;
        Some(Self { bytes, lengths, layout })
    }

    /// The bytes, which [`read`](Self::read) takes.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(self.layout.start..).unwrap_or_default()
    }

    /// The number of files.
    pub fn files(&self) -> usize {
        self.lengths.len()
    }

    /// The number of distinct words.
    pub fn words(&self) -> usize {
        self.layout.words
    }

    /// The length of a file in parts of words.
    pub(super) fn length(&self, file: u32) -> Option<u32> {
        self.lengths.get(file as usize).copied()
    }

    /// The files that have a word, in order, with how often they have it.
    pub(super) fn postings(&self, of: Range<usize>) -> Postings<'_> {
        Postings::new(self.bytes.get(of).unwrap_or_default())
    }

    /// How often files have a word, of those that are meant by their number in an index where the first has `first`.
    pub(super) fn count(&self, postings: Range<usize>, first: u32, is_meant: &[bool]) -> usize {
        let meant = self.postings(postings).filter(|&(file, _)| {
            is_meant.get(first as usize + file as usize).copied().unwrap_or(false)
        });
        meant.map(|(_, count)| count as usize).sum()
    }

    /// Calls `found` with each word, in order, the number of its parts, and its postings.
    pub(super) fn each_word(&self, mut found: impl FnMut(&str, u8, Range<usize>)) {
        let mut cursor = self.cursor(0);
        while cursor.advance() {
            found(cursor.text(), cursor.parts, cursor.postings.clone());
        }
    }

    /// The words that can have a term with one of these hashes, in order.
    pub(super) fn with_hashes(&self, hashes: &[u16]) -> Vec<Word> {
        let mut found: Vec<HasTerm> = Vec::new();
        for &hash in hashes {
            let bucket = self.bucket(usize::from(hash) >> self.layout.rest_bits);
            found.extend(bucket.filter(|has| has.hash == hash));
        }
        found.sort_unstable();
        let mut words = Vec::with_capacity(found.len());
        let mut cursor = self.cursor(0);
        for terms in found.chunk_by(|a, b| a.word == b.word) {
            let number = terms[0].word as usize;
            if number / BLOCK != cursor.next / BLOCK {
                cursor = self.cursor(number / BLOCK);
            }
            while cursor.next <= number && cursor.advance() {}
            if cursor.next == number + 1 {
                let mut places = [false; ANYWHERE as usize + 1];
                terms.iter().for_each(|has| places[usize::from(has.place)] = true);
                let postings = cursor.postings.clone();
                words.push(Word { text: cursor.text().into(), postings, places });
            }
        }
        words
    }

    /// All words with the terms that they can have, in order.
    pub(super) fn terms(&self) -> Vec<HasTerm> {
        let buckets = 0..1 << (u16::BITS - self.layout.rest_bits);
        let terms = buckets.flat_map(|at| self.bucket(at)).collect();
        grouped(terms, self.layout.words, |has| has.word as usize).0
    }

    /// The words of a bucket.
    fn bucket(&self, bucket: usize) -> impl Iterator<Item = HasTerm> {
        let ends = self.bytes.get(self.layout.bucket_ends.clone()).unwrap_or_default();
        let (ends, _) = ends.as_chunks::<4>();
        let end = |at: usize| ends.get(at).map_or(0, |end| u32::from_le_bytes(*end) as usize);
        let (from, to) = (bucket.checked_sub(1).map_or(0, end), end(bucket));
        let all = self.bytes.get(self.layout.buckets.clone()).unwrap_or_default();
        let mut bytes = all.get(from..to).unwrap_or_default();
        let (bits, mut word) = (self.layout.rest_bits, 0_u32);
        std::iter::from_fn(move || {
            let number = take(&mut bytes)?;
            let (place, number) = ((number as u8) & ANYWHERE, number >> PLACE_BITS);
            word = word.checked_add(u32::try_from(number >> bits).ok()?)?;
            let rest = (number & ((1 << bits) - 1)) as u16;
            Some(HasTerm { word, hash: ((bucket << bits) as u16) | rest, place })
        })
    }

    /// A cursor before the first word of a block.
    pub(super) fn cursor(&self, block: usize) -> Cursor<'_> {
        let blocks = self.bytes.get(self.layout.blocks.clone()).unwrap_or_default();
        let (blocks, _) = blocks.as_chunks::<BLOCK_PLACE>();
        let (texts, postings) = blocks.get(block).map_or((0, 0), |place| {
            let [a, b, c, d, postings @ ..] = *place;
            (u32::from_le_bytes([a, b, c, d]) as usize, u64::from_le_bytes(postings))
        });
        let postings = usize::try_from(postings).unwrap_or(usize::MAX);
        let postings = self.layout.postings.start.saturating_add(postings);
        let all = self.bytes.get(self.layout.texts.clone()).unwrap_or_default();
        Cursor {
            bytes: all.get(texts..).unwrap_or_default(),
            next: block * BLOCK,
            words: self.layout.words,
            text: Vec::new(),
            parts: 0,
            postings: postings..postings,
            limit: self.layout.postings.end,
        }
    }
}

/// Reads words one after the other.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'s> {
    bytes: &'s [u8],
    /// The number of the next word.
    pub(super) next: usize,
    words: usize,
    text: Vec<u8>,
    /// The number of parts of the word.
    pub(super) parts: u8,
    /// Where its postings are.
    pub(super) postings: Range<usize>,
    limit: usize,
}

impl Cursor<'_> {
    /// Goes to the next word; false after the last one.
    pub(super) fn advance(&mut self) -> bool {
        let is_there = self.next < self.words && self.read().is_some();
        if is_there {
            self.next += 1;
        } else {
            self.next = self.words;
        }
        is_there
    }

    fn read(&mut self) -> Option<()> {
        let shared = usize::try_from(take(&mut self.bytes)?).ok()?;
        let own = usize::try_from(take(&mut self.bytes)?).ok()?;
        let (own, rest) = self.bytes.split_at_checked(own)?;
        let (&parts, rest) = rest.split_first()?;
        self.bytes = rest;
        self.text.truncate(if self.next.is_multiple_of(BLOCK) { 0 } else { shared });
        self.text.extend_from_slice(own);
        self.parts = parts;
        let end = self.postings.end.checked_add(usize::try_from(take(&mut self.bytes)?).ok()?)?;
        self.postings = self.postings.end..end;
        (end <= self.limit).then_some(())
    }

    /// The word; empty before the first one, and if the bytes are damaged.
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.text).unwrap_or_default()
    }

    /// Its bytes, whatever they are.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.text
    }
}

/// Files in order with counts. Each is the distance to the one before, doubled, plus one if a count follows; else it has
/// the word once. Ends at the first byte that can't have been written.
#[derive(Debug, Clone)]
pub(super) struct Postings<'s> {
    bytes: &'s [u8],
    next: u32,
}

impl<'s> Postings<'s> {
    pub(super) fn new(bytes: &'s [u8]) -> Self {
        Self { bytes, next: 0 }
    }
}

impl Iterator for Postings<'_> {
    type Item = (u32, u32);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let step = take(&mut self.bytes)?;
        let count = if step & 1 == 1 { u32::try_from(take(&mut self.bytes)?).ok()? } else { 1 };
        let file = self.next.checked_add(u32::try_from(step >> 1).ok()?)?;
        self.next = file.checked_add(1)?;
        Some((file, count))
    }
}

/// Appends one posting; `next` is the number after the file of the one before.
pub(super) fn put_posting(next: &mut u32, file: u32, count: u32, out: &mut Vec<u8>) {
    put(u64::from(file.saturating_sub(*next)) << 1 | u64::from(count > 1), out);
    if count > 1 {
        put(u64::from(count), out);
    }
    *next = file + 1;
}

/// The bytes that [`put_posting`] appends.
pub(super) fn posting_length(next: &mut u32, file: u32, count: u32) -> usize {
    let step = u64::from(file.saturating_sub(*next)) << 1;
    *next = file + 1;
    length(step) + if count > 1 { length(u64::from(count)) } else { 0 }
}

/// Writes a segment, word by word in bytewise order.
#[derive(Debug, Default)]
pub(super) struct SegmentWriter {
    words: usize,
    blocks: Vec<u8>,
    texts: Vec<u8>,
    before: Vec<u8>,
    postings: Vec<u8>,
    terms: Vec<HasTerm>,
}

impl SegmentWriter {
    /// Adds a word with the number of its parts, the hashes of its terms and their places, and its postings.
    ///
    /// Beyond four gigabytes of distinct words, they aren't added, and so not found.
    pub(super) fn add(
        &mut self,
        word: &[u8],
        parts: u8,
        terms: impl Iterator<Item = (u16, u8)>,
        postings: &[u8],
    ) {
        if u32::try_from(self.texts.len()).is_err() {
            return;
        }
        if self.words.is_multiple_of(BLOCK) {
            self.blocks.extend_from_slice(&(self.texts.len() as u32).to_le_bytes());
            self.blocks.extend_from_slice(&(self.postings.len() as u64).to_le_bytes());
            self.before.clear();
        }
        let shared = self.before.iter().zip(word).take_while(|(a, b)| a == b).count();
        put(shared as u64, &mut self.texts);
        put((word.len() - shared) as u64, &mut self.texts);
        self.texts.extend_from_slice(&word[shared..]);
        self.texts.push(parts);
        put(postings.len() as u64, &mut self.texts);
        self.before.truncate(shared);
        self.before.extend_from_slice(&word[shared..]);
        self.postings.extend_from_slice(postings);
        let word = self.words as u32;
        self.terms.extend(terms.map(|(hash, place)| HasTerm { word, hash, place }));
        self.words += 1;
    }

    /// The segment, of files with these lengths.
    pub(super) fn finish(mut self, lengths: &[u32]) -> WordSegment {
        let buckets = (self.terms.len() / BUCKET).next_power_of_two().min(1 << u16::BITS);
        let rest_bits = u16::BITS - buckets.trailing_zeros();
        let (bucket_ends, bucket_words) = self.buckets(rest_bits);
        let mut file_lengths = Vec::with_capacity(lengths.len() * 2);
        lengths.iter().for_each(|&length| put(u64::from(length), &mut file_lengths));
        let numbers: [usize; NUMBERS] = [
            lengths.len(),
            self.words,
            rest_bits as usize,
            file_lengths.len(),
            self.texts.len(),
            bucket_words.len(),
            self.postings.len(),
        ];
        let mut bytes = Vec::new();
        numbers.iter().for_each(|&number| bytes.extend((number as u64).to_le_bytes()));
        let parts =
            [file_lengths, self.blocks, bucket_ends, self.texts, bucket_words, self.postings];
        bytes.reserve_exact(parts.iter().map(Vec::len).sum());
        parts.iter().for_each(|part| bytes.extend_from_slice(part));
        WordSegment::read(bytes, 0).unwrap_or_default()
    }

    /// Where each bucket ends, and the words of all of them.
    fn buckets(&mut self, rest_bits: u32) -> (Vec<u8>, Vec<u8>) {
        let buckets = 1_usize << (u16::BITS - rest_bits);
        let bucket = |has: &HasTerm| usize::from(has.hash) >> rest_bits;
        let (terms, starts) = grouped(std::mem::take(&mut self.terms), buckets, bucket);
        let (mut ends, mut words) = (Vec::new(), Vec::with_capacity(terms.len() * 3));
        for range in starts.windows(2) {
            let mut before: Option<&HasTerm> = None;
            for has in &terms[range[0]..range[1]] {
                if before == Some(has) {
                    continue;
                }
                let low = u64::from(has.hash) & ((1 << rest_bits) - 1);
                let distance = u64::from(has.word - before.map_or(0, |before| before.word));
                put((distance << rest_bits | low) << PLACE_BITS | u64::from(has.place), &mut words);
                before = Some(has);
            }
            ends.extend_from_slice(&(words.len() as u32).to_le_bytes());
        }
        (ends, words)
    }
}

/// `terms` by group, in order within each, and where each of the `groups` begins, and the last ends. Those that have no
/// group are dropped.
fn grouped(
    terms: Vec<HasTerm>,
    groups: usize,
    group: impl Fn(&HasTerm) -> usize,
) -> (Vec<HasTerm>, Vec<usize>) {
    let mut starts = vec![0; groups + 1];
    for has in &terms {
        if let Some(count) = starts.get_mut(group(has) + 1) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let mut next = starts.clone();
    let mut out = vec![HasTerm { word: 0, hash: 0, place: 0 }; sum];
    for has in terms {
        let at = group(&has);
        if at < groups {
            out[next[at]] = has;
            next[at] += 1;
        }
    }
    // A group has a few terms, which are nearly in order.
    starts.windows(2).for_each(|range| out[range[0]..range[1]].sort_unstable());
    (out, starts)
}
