//! Lines cut into words, and which lines say the same about other values.

use std::hash::Hasher as _;

use rustc_hash::FxHasher;

/// The words of a line and the blanks between them, as offsets.
#[derive(Debug, Clone)]
pub(crate) struct Words<'a> {
    line: &'a str,
    /// Beginning and end of each word.
    spans: Vec<(u32, u32)>,
}

impl<'a> Words<'a> {
    /// Cuts `line` at its blanks into at most `most` words; the last one is the rest of the line.
    pub(crate) fn of(line: &'a str, most: usize) -> Self {
        let bytes = line.as_bytes();
        let mut spans = Vec::with_capacity(12);
        let mut at = 0;
        loop {
            while at < bytes.len() && is_blank(bytes[at]) {
                at += 1;
            }
            if at == bytes.len() {
                break;
            }
            let start = at;
            if spans.len() + 1 == most {
                spans.push((start as u32, bytes.len() as u32));
                break;
            }
            while at < bytes.len() && !is_blank(bytes[at]) {
                at += 1;
            }
            spans.push((start as u32, at as u32));
        }
        Self { line, spans }
    }

    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    /// The word at `index`.
    pub(crate) fn word(&self, index: usize) -> &'a str {
        let (start, end) = self.spans[index];
        &self.line[start as usize..end as usize]
    }

    /// The blanks before the word at `index`; after the last word for the index behind it.
    pub(crate) fn gap(&self, index: usize) -> &'a str {
        let start = if index == 0 { 0 } else { self.spans[index - 1].1 };
        let end = self.spans.get(index).map_or(self.line.len(), |span| span.0 as usize);
        &self.line[start as usize..end]
    }

    /// The word at `index` with the blanks before it.
    pub(crate) fn word_with_gap(&self, index: usize) -> &'a str {
        let start = if index == 0 { 0 } else { self.spans[index - 1].1 };
        &self.line[start as usize..self.spans[index].1 as usize]
    }
}

/// The words of `line`, without the blanks between them.
pub(crate) fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split([' ', '\t']).filter(|word| !word.is_empty())
}

/// A number for the pattern of a line: the same for lines that have the same words, but for those
/// that look like values. Lines that only seem to have the same pattern do no harm.
pub(crate) fn signature(words: &Words) -> u64 {
    let mut hasher = FxHasher::default();
    for index in 0..words.len() {
        let word = words.word(index).as_bytes();
        if is_value(word) {
            hasher.write_u8(0);
        } else {
            hasher.write(word);
        }
    }
    hasher.finish()
}

/// Whether a word looks like a value: it holds a digit, or is a path or an address.
pub(crate) fn is_value(word: &[u8]) -> bool {
    word.iter().any(|&b| b.is_ascii_digit() || matches!(b, b'/' | b'\\' | b'@'))
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// [`signature`] of a line, without cutting it into words.
pub(crate) fn line_signature(line: &str) -> u64 {
    let mut hash = 0u64;
    for word in line.as_bytes().split(|&b| is_blank(b)).filter(|word| !word.is_empty()) {
        let mut hasher = FxHasher::default();
        if !is_value(word) {
            hasher.write(word);
        }
        hash = hash.rotate_left(5) ^ hasher.finish().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        hash = hash.wrapping_add(1);
    }
    hash
}

/// The number of columns that nine tenths of the lines with any columns have, counted to 48.
pub(crate) fn column_count<'a>(lines: impl Iterator<Item = &'a str>) -> Option<usize> {
    const MOST: usize = 48;
    let mut counts: Vec<usize> = lines
        .map(|line| line.split_ascii_whitespace().take(MOST).count())
        .filter(|&count| count > 2)
        .collect();
    counts.sort_unstable();
    counts.get(counts.len() / 10).copied()
}
