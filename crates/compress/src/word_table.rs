//! The words of all lines of a text, found once for whatever compares lines word by word.
//!
//! The bytes are read 64 at a time: the ends of words are bits of a number, and so are the bytes that values have, so
//! that nothing is decided for a byte alone.

use keywords::bits::{self, BLOCK};

use crate::lines::Lines;
use crate::words::{is_blank, is_of_value};

/// The words of a text's lines.
#[derive(Debug)]
pub(crate) struct WordTable<'a> {
    text: &'a str,
    /// Where each word begins and ends, one after the other.
    edges: Vec<u32>,
    /// For each line, how many words are before it; behind the last line, how many there are.
    firsts: Vec<u32>,
    /// A bit for each byte of the text: whether values have it.
    values: Vec<u64>,
}

impl<'a> WordTable<'a> {
    pub(crate) fn of(lines: &Lines<'a>) -> Self {
        let text = lines.text();
        let mut table = Self {
            text,
            edges: Vec::with_capacity(text.len() / 3),
            firsts: Vec::with_capacity(lines.count() + 1),
            values: Vec::with_capacity(text.len().div_ceil(BLOCK)),
        };
        let (blocks, rest) = text.as_bytes().as_chunks::<BLOCK>();
        let mut ends = lines.ends().peekable();
        table.firsts.push(0);
        let mut is_between = 1;
        let mut last = [b'\n'; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        for (number, block) in blocks.iter().chain([&last]).enumerate() {
            let separators = bits::of(block, |byte| is_blank(byte) | (byte == b'\n'));
            table.values.push(bits::of(block, is_of_value));
            let edges = separators ^ (separators << 1 | is_between);
            is_between = separators >> (BLOCK - 1);
            let before = table.edges.len() as u32;
            table.push_edges(number * BLOCK, edges);
            while let Some(end) = ends.next_if(|end| *end <= (number + 1) * BLOCK) {
                let within = end - number * BLOCK;
                let of_line = edges & u64::MAX.checked_shr((BLOCK - within) as u32).unwrap_or(0);
                // An end of a line is behind an end of its last word, except where the text has no line end.
                table.firsts.push((before + of_line.count_ones()).div_ceil(2));
            }
        }
        table
    }

    /// Adds the positions of the bits in a block that begins at `start`.
    fn push_edges(&mut self, start: usize, mut bits: u64) {
        let mut positions = [0; BLOCK];
        let count = bits.count_ones() as usize;
        for position in &mut positions[..count] {
            *position = (start + bits.trailing_zeros() as usize) as u32;
            bits &= bits.wrapping_sub(1);
        }
        self.edges.extend_from_slice(&positions[..count]);
    }

    pub(crate) fn lines(&self) -> usize {
        self.firsts.len() - 1
    }

    /// How many words the line at `index` has.
    pub(crate) fn count(&self, line: usize) -> usize {
        (self.firsts[line + 1] - self.firsts[line]) as usize
    }

    /// A word of a line.
    pub(crate) fn word(&self, line: usize, index: usize) -> Option<&'a str> {
        (index < self.count(line)).then(|| self.at(self.firsts[line] as usize + index))
    }

    /// Whether a word of a line looks like a value, as [`is_value`](crate::words::is_value) says.
    pub(crate) fn is_value(&self, line: usize, index: usize) -> bool {
        self.is_value_at(self.firsts[line] as usize + index)
    }

    /// A hash of the pattern of a line, equal for lines whose words are equal except for those that look like values.
    /// A collision only costs size.
    pub(crate) fn signature(&self, line: usize) -> u64 {
        const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut hash = 0u64;
        for word in self.firsts[line] as usize..self.firsts[line + 1] as usize {
            let of_word = if self.is_value_at(word) { 0 } else { self.hash_at(word) };
            hash = (hash.rotate_left(5) ^ of_word).wrapping_mul(FACTOR).wrapping_add(1);
        }
        hash
    }

    fn span(&self, word: usize) -> (usize, usize) {
        (self.edges[2 * word] as usize, self.edges[2 * word + 1] as usize)
    }

    fn at(&self, word: usize) -> &'a str {
        let (start, end) = self.span(word);
        &self.text[start..end]
    }

    fn is_value_at(&self, word: usize) -> bool {
        let (start, end) = self.span(word);
        let (first, last) = (start / BLOCK, (end - 1) / BLOCK);
        let from = u64::MAX << (start % BLOCK);
        let to = u64::MAX >> (BLOCK - 1 - (end - 1) % BLOCK);
        if first == last {
            return self.values[first] & from & to != 0;
        }
        self.values[first] & from != 0
            || self.values[first + 1..last].iter().any(|bits| *bits != 0)
            || self.values[last] & to != 0
    }

    /// A hash of a word that isn't zero.
    fn hash_at(&self, word: usize) -> u64 {
        const FACTOR: u64 = 0xf135_7aea_2e62_a9c5;
        let (start, end) = self.span(word);
        let mut rest = &self.text.as_bytes()[start..];
        let mut left = end - start;
        let mut hash = left as u64;
        loop {
            let eight =
                rest.first_chunk().map_or_else(|| padded(rest), |all| u64::from_le_bytes(*all));
            if left <= 8 {
                let word = eight & u64::MAX >> (64 - 8 * left);
                return (hash ^ word).wrapping_mul(FACTOR) | 1;
            }
            hash = (hash ^ eight).wrapping_mul(FACTOR).rotate_left(26);
            (rest, left) = (&rest[8..], left - 8);
        }
    }
}

/// The last bytes of a text as a number.
#[cold]
fn padded(rest: &[u8]) -> u64 {
    let mut eight = [0; 8];
    eight[..rest.len()].copy_from_slice(rest);
    u64::from_le_bytes(eight)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{is_value, line_signature, words};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_words_are_those_of_each_line(
            pieces in prop::collection::vec("[ab/0é]{0,9}|[ \t]{1,3}|\n|\r\n|[a-z]{60,70}", 0..40),
            times in 1usize..3,
        ) {
            let text = pieces.concat().repeat(times);
            let lines = Lines::of(&text);
            let table = WordTable::of(&lines);
            for (index, line) in lines.iter().enumerate() {
                let found: Vec<&str> = (0..).map_while(|word| table.word(index, word)).collect();
                let expected: Vec<&str> = words(line).collect();
                prop_assert_eq!(&found, &expected);
                prop_assert_eq!(table.count(index), expected.len());
                for (word, text) in expected.iter().enumerate() {
                    prop_assert_eq!(table.is_value(index, word), is_value(text.as_bytes()));
                }
                for (other, another) in lines.iter().enumerate() {
                    prop_assert_eq!(
                        table.signature(index) == table.signature(other),
                        line_signature(line) == line_signature(another),
                    );
                }
            }
        }
    }
}
