//! Splits lines into words, and recognises lines that differ only in their values.

use std::hash::Hasher as _;
use std::ops::Range;

use aho_corasick::AhoCorasick;
use json_index::eight_bytes::{equal, first};
use rustc_hash::FxHasher;

/// The words of a line and the blanks between them, as byte offsets.
#[derive(Debug, Clone)]
pub(crate) struct Words<'a> {
    line: &'a str,
    /// Beginning and end of each word.
    spans: Vec<(u32, u32)>,
}

impl<'a> Words<'a> {
    /// Splits `line` at its blanks into at most `most` words; the last one is the rest of the line.
    pub(crate) fn of(line: &'a str, most: usize) -> Self {
        let mut words = Vec::with_capacity(12);
        let short = |span: Range<usize>| (span.start as u32, span.end as u32);
        words.extend(first_spans(line, most).map(short));
        Self { line, spans: words }
    }

    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    /// The word at `index`.
    pub(crate) fn word(&self, index: usize) -> &'a str {
        let (start, end) = self.spans[index];
        &self.line[start as usize..end as usize]
    }

    /// The blanks before the word at `index`; for the index after the last word, the blanks at the
    /// end.
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

/// The byte range of each word of `line`.
fn spans(line: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = line.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes[at..].iter().position(|&byte| !is_blank(byte))?;
        at = first_blank(&bytes[start..]).map_or(bytes.len(), |length| start + length);
        Some(start..at)
    })
}

/// Where the first blank is. Most words are shorter than a vectorised search takes to start.
fn first_blank(text: &[u8]) -> Option<usize> {
    first(text, |word| equal(word, b' ') | equal(word, b'\t'), is_blank)
}

/// Those of the first `most` words; the last one is the rest of the line.
fn first_spans(line: &str, most: usize) -> impl Iterator<Item = Range<usize>> {
    let end = line.len();
    let spans = spans(line).take(most).enumerate();
    spans.map(move |(index, span)| span.start..if index + 1 == most { end } else { span.end })
}

/// The words of `line`, without the blanks between them.
pub(crate) fn words(line: &str) -> impl Iterator<Item = &str> {
    spans(line).map(|span| &line[span])
}

/// A hash of the pattern of a line, equal for lines whose words are equal except for those that
/// look like values. A collision only costs size.
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
    word.iter().any(|&byte| class(byte) & VALUE != 0)
}

pub(crate) const fn is_blank(byte: u8) -> bool {
    (byte == b' ') | (byte == b'\t')
}

/// Whether a word with this byte looks like a value. Without branches.
pub(crate) const fn is_of_value(byte: u8) -> bool {
    // Digits, and `/` before them.
    (byte.wrapping_sub(b'/') < 11) | (byte == b'\\') | (byte == b'@')
}

/// The class of the bytes between words, and of those that words have which are values.
const BLANK: u8 = 1;
const VALUE: u8 = 2;

/// The class of each byte, so that a line's bytes are read once and compared with nothing.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < classes.len() {
        classes[byte] = match byte as u8 {
            blank if is_blank(blank) => BLANK,
            value if is_of_value(value) => VALUE,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

#[inline]
fn class(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}

/// [`signature`] of a line, without splitting it into words first.
pub(crate) fn line_signature(line: &str) -> u64 {
    let (mut hash, mut rest) = (0u64, line.as_bytes());
    while let Some(start) = rest.iter().position(|&byte| class(byte) & BLANK == 0) {
        let mut classes = 0;
        let is_end = |&byte: &u8| {
            classes |= class(byte);
            classes & BLANK != 0
        };
        let length = rest[start..].iter().position(is_end);
        let (word, behind) = rest[start..].split_at(length.unwrap_or(rest.len() - start));
        rest = behind;
        let mut hasher = FxHasher::default();
        if classes & VALUE == 0 {
            hasher.write(word);
        }
        hash = hash.rotate_left(5) ^ hasher.finish().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        hash = hash.wrapping_add(1);
    }
    hash
}

/// The largest number of columns that at least nine tenths of the lines with more than two columns
/// have, counted up to 48.
pub(crate) fn column_count<'a>(lines: impl Iterator<Item = &'a str>) -> Option<usize> {
    /// The most words of a line that its signature is made of, to bound the time. By hand, not
    /// measured.
    // In words, to bound the time. By hand, not measured.
    const MOST: usize = 48;
    let mut counts: Vec<usize> = lines
        .map(|line| line.split_ascii_whitespace().take(MOST).count())
        .filter(|&count| count > 2)
        .collect();
    counts.sort_unstable();
    counts.get(counts.len() / 10).copied()
}

/// How the cells of a row are separated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Columns {
    /// By blanks, into this many words; the last one is the rest of the line.
    Words(usize),
    /// By this character, into this many cells, which may be quoted.
    Separated(u8, usize),
    /// By bars around each of this many cells.
    Boxed(usize),
}

impl Columns {
    /// The columns of most of `lines`.
    pub(crate) fn of<'a>(lines: impl Iterator<Item = &'a str> + Clone) -> Option<Self> {
        Self::marked(lines.clone()).or_else(|| column_count(lines).map(Self::Words))
    }

    /// The columns of a box drawing, or of delimited values under a row of titles.
    pub(crate) fn marked<'a>(lines: impl Iterator<Item = &'a str> + Clone) -> Option<Self> {
        let head = lines.clone().find_map(boxed);
        let lines = lines.filter(|line| !line.trim().is_empty());
        let first = lines.clone().next()?;
        let head = head.map(|inner| Self::Boxed(inner.split('|').count()));
        let titles = !first.contains(", ") && !first.bytes().any(|b| b.is_ascii_digit());
        let separated = [b',', b';', b'\t'].into_iter().filter(|_| titles).map(|sign| {
            let mut cells = Vec::new();
            split(first, sign, &mut cells);
            Self::Separated(sign, cells.len())
        });
        head.into_iter().chain(separated).filter(|columns| columns.count() >= 3).find(|columns| {
            let (mut rows, mut all, mut cells) = (0, 0, Vec::new());
            for line in lines.clone() {
                all += 1;
                rows += usize::from(columns.read(line, &mut cells));
            }
            all >= 5 && rows * 10 >= all * 8
        })
    }

    /// The number of columns.
    pub(crate) fn count(self) -> usize {
        match self {
            Self::Words(count) | Self::Separated(_, count) | Self::Boxed(count) => count,
        }
    }

    /// Splits `line` into `cells`; returns whether it is a row.
    pub(crate) fn read<'a>(self, line: &'a str, cells: &mut Vec<&'a str>) -> bool {
        cells.clear();
        match self {
            Self::Words(most) => cells.extend(first_spans(line, most).map(|span| &line[span])),
            Self::Separated(sign, _) => split(line, sign, cells),
            Self::Boxed(_) => {
                cells.extend(boxed(line).unwrap_or_default().split('|').map(str::trim));
            }
        }
        cells.len() == self.count()
    }
}

/// The text between the outer bars of `line`.
fn boxed(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix('|')?.trim_end().strip_suffix('|')
}

/// Splits `line` into `cells` at each `sign` outside quotes.
fn split<'a>(line: &'a str, sign: u8, cells: &mut Vec<&'a str>) {
    let (mut start, mut quoted) = (0, false);
    for (at, byte) in line.bytes().enumerate() {
        quoted ^= byte == b'"';
        if byte == sign && !quoted {
            cells.push(&line[start..at]);
            start = at + 1;
        }
    }
    cells.push(&line[start..]);
}

/// A case-sensitive search for any of a few short words.
pub(crate) fn any_of(words: &[&str]) -> AhoCorasick {
    #[allow(clippy::expect_used, reason = "a few short words, the same in every process")]
    AhoCorasick::new(words).expect("short words make a small automaton")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_blank_is_found_wherever_it_is() {
        for length in 0..40 {
            let word = "é!\u{1f}\u{21}x\u{9f}".chars().cycle().take(length).collect::<String>();
            assert_eq!(first_blank(word.as_bytes()), None);
            for rest in [" ", "\t", " \t!", "\t x y z and so on"] {
                assert_eq!(first_blank(format!("{word}{rest}").as_bytes()), Some(word.len()));
            }
        }
    }

    #[test]
    fn columns_with_signs() {
        let text = "id,name,state\n1,\"a, b\",x\n2,c,x\n3,d,y\n4,e,z\n";
        let columns = Columns::marked(text.lines()).unwrap();
        assert_eq!(columns, Columns::Separated(b',', 3));
        let mut cells = Vec::new();
        assert!(columns.read("1,\"a, b\",x", &mut cells));
        assert_eq!(cells, ["1", "\"a, b\"", "x"]);
        let text = "+--+---+--+\n| a | b | c |\n| 1 | 2 | 3 |\n| 1 | 2 | 3 |\n| 1 | 2 | 3 |\n| 1 | 2 | 3 |\n";
        assert_eq!(Columns::marked(text.lines()), Some(Columns::Boxed(3)));
        assert_eq!(Columns::marked("one, two, three\n".repeat(9).lines()), None);
    }
}
