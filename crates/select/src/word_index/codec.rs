//! The bytes of an index: numbers of seven bits a byte, lists of words as differences, and the whole as one text of
//! bytes for a file.

use super::{FileWords, WordIndex, Words};
use crate::varint::{put, take};

/// Appends words in ascending order with their counts. Each is the distance to the one before, doubled, plus one if
/// a count follows; else it occurs once.
pub(super) fn write(pairs: &[(u32, u32)], out: &mut Vec<u8>) {
    let mut next = 0;
    for &(word, count) in pairs {
        put(u64::from(word - next) << 1 | u64::from(count > 1), out);
        if count > 1 {
            put(u64::from(count), out);
        }
        next = word + 1;
    }
}

/// Reads what [`write`] wrote; ends at the first byte that it can't have written.
#[derive(Debug, Clone)]
pub(super) struct List<'a> {
    bytes: &'a [u8],
    next: u32,
}

impl<'a> List<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, next: 0 }
    }

    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

impl Iterator for List<'_> {
    type Item = (u32, u32);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let step = take(&mut self.bytes)?;
        let count = if step & 1 == 1 { u32::try_from(take(&mut self.bytes)?).ok()? } else { 1 };
        let word = self.next.checked_add(u32::try_from(step >> 1).ok()?)?;
        self.next = word.checked_add(1)?;
        Some((word, count))
    }
}

impl WordIndex {
    /// Appends the index to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        put(self.words.len() as u64, out);
        for word in 0..self.words.len() {
            let (text, hashes) = (self.words.get(word), self.words.hashes(word));
            put(text.len() as u64, out);
            out.push(self.words.parts[word]);
            put(hashes.len() as u64, out);
            hashes.iter().for_each(|hash| out.extend_from_slice(&hash.to_le_bytes()));
        }
        put(self.words.text.len() as u64, out);
        out.extend_from_slice(self.words.text.as_bytes());
        put(self.files.len() as u64, out);
        let mut start = 0;
        for file in &self.files {
            put(u64::from(file.length), out);
            put((file.end - start) as u64, out);
            start = file.end;
        }
        put(self.lists.len() as u64, out);
        out.extend_from_slice(&self.lists);
    }

    /// Takes an index off the beginning of `bytes`; `None` if there is none that is intact.
    pub fn read(bytes: &mut &[u8]) -> Option<Self> {
        let mut words = Words::default();
        let count = bounded(take(bytes)?, bytes)?;
        words.ends.reserve(count);
        words.hash_ends.reserve(count);
        let mut end = 0_u32;
        for _ in 0..count {
            end = end.checked_add(u32::try_from(take(bytes)?).ok()?)?;
            words.ends.push(end);
            let (&parts, rest) = bytes.split_first()?;
            *bytes = rest;
            words.parts.push(parts);
            let hashes = usize::try_from(take(bytes)?).ok()?.checked_mul(2)?;
            let (hashes, rest) = bytes.split_at_checked(hashes)?;
            *bytes = rest;
            let (hashes, _) = hashes.as_chunks::<2>();
            words.hashes.extend(hashes.iter().map(|&hash| u16::from_le_bytes(hash)));
            words.hash_ends.push(u32::try_from(words.hashes.len()).ok()?);
        }
        words.text = std::str::from_utf8(block(bytes)?).ok()?.to_owned();
        let fits = words.ends.iter().all(|&end| words.text.is_char_boundary(end as usize));
        if !fits || end as usize != words.text.len() {
            return None;
        }
        let count = bounded(take(bytes)?, bytes)?;
        let mut files = Vec::with_capacity(count);
        let mut end = 0_usize;
        for _ in 0..count {
            let length = u32::try_from(take(bytes)?).ok()?;
            end = end.checked_add(usize::try_from(take(bytes)?).ok()?)?;
            files.push(FileWords { length, end });
        }
        let lists = block(bytes)?.to_vec();
        (lists.len() == end).then_some(Self { words, lists, files })
    }
}

/// A count of things that have at least a byte each in `bytes`.
fn bounded(count: u64, bytes: &[u8]) -> Option<usize> {
    usize::try_from(count).ok().filter(|&count| count <= bytes.len())
}

/// Bytes after their length.
fn block<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let length = usize::try_from(take(bytes)?).ok()?;
    let (block, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(block)
}
