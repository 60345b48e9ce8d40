//! What the bytes of a text are, as one bit per byte: the characters of tokens, and where a part of a name may begin.
//!
//! A keyword is searched for in a text by these bits: most providers' formats and commands begin only where a part of a
//! name does, and many count only within a long run of token characters, of which texts have few.

use std::ops::Range;

use keywords::bits;
pub(crate) use keywords::bits::BLOCK;

use crate::value::SHORTEST_STRONG;
use crate::vectors::Vectors;

/// The shortest run that is found, in bytes.
const SHORTEST: usize = SHORTEST_STRONG;
/// The shortest run in which keywords are searched for, in bytes. The build script, which says of a rule whether its
/// matches are such runs, and the shortest base64 that is decoded agree with it.
pub(crate) const SHORTEST_SEARCHED: usize = 24;

/// The bits of a text's bytes, the lowest of a number for the first byte of its block. The last number has none behind
/// the text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Classes {
    /// The bytes that tokens consist of: those of the base64 alphabets, and some others.
    tokens: Vec<u64>,
    /// Where a part of a name may begin that begins with a letter: behind what is no letter or digit, or at a capital behind
    /// a small letter. Numbers are left out, of which logs have more than words.
    part_starts: Vec<u64>,
}

/// A way to the bits of the bytes of a block.
pub(crate) trait MasksOf {
    fn masks(&self, block: &[u8; BLOCK]) -> Masks;
}

/// The bits of the bytes of one block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Masks {
    pub(crate) token: u64,
    pub(crate) alphanumeric: u64,
    pub(crate) lower: u64,
    pub(crate) upper: u64,
}

impl Classes {
    pub(crate) fn of(text: &str) -> Self {
        match Vectors::available() {
            Some(vectors) => vectors.classes(text.as_bytes()),
            None => Self::by(text.as_bytes(), Portable),
        }
    }

    /// The classes, by a way to the masks of a block.
    #[inline(always)]
    pub(crate) fn by(bytes: &[u8], masks: impl MasksOf) -> Self {
        let (blocks, rest) = bytes.as_chunks();
        let numbers = bytes.len().div_ceil(BLOCK);
        let mut classes =
            Self { tokens: Vec::with_capacity(numbers), part_starts: Vec::with_capacity(numbers) };
        let mut previous = Masks::default();
        for block in blocks {
            previous = classes.push(masks.masks(block), previous);
        }
        if !rest.is_empty() {
            let mut last = [0; BLOCK];
            last[..rest.len()].copy_from_slice(rest);
            classes.push(masks.masks(&last), previous);
        }
        classes
    }

    /// Adds the bits of a block, and returns its masks for the next one.
    #[inline(always)]
    fn push(&mut self, masks: Masks, previous: Masks) -> Masks {
        let Masks { token, alphanumeric, lower, upper } = masks;
        let behind = |those: u64, before: u64| those << 1 | before >> (BLOCK - 1);
        let begins_word = (lower | upper) & !behind(alphanumeric, previous.alphanumeric);
        let begins_with_capital = upper & behind(lower, previous.lower);
        self.tokens.push(token);
        self.part_starts.push(begins_word | begins_with_capital);
        masks
    }

    /// The maximal runs of token characters that are long enough to be a token.
    pub(crate) fn token_runs(&self) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let mut add = |run: Range<usize>| {
            if run.len() >= SHORTEST {
                runs.push(run);
            }
        };
        // The start of a run that reaches the block's end.
        let mut open = None;
        for (number, &bits) in self.tokens.iter().enumerate() {
            let at = number * BLOCK;
            let first = bits.trailing_ones() as usize;
            let start = open.take().unwrap_or(at);
            if first == BLOCK {
                open = Some(start);
                continue;
            }
            add(start..at + first);
            let last = bits.leading_ones() as usize;
            let mut between = bits & (u64::MAX << first) & (u64::MAX >> last);
            while has_long_row(between) {
                let start = between.trailing_zeros() as usize;
                let length = (between >> start).trailing_ones() as usize;
                add(at + start..at + start + length);
                between &= u64::MAX << (start + length);
            }
            open = (last > 0).then_some(at + BLOCK - last);
        }
        add(open.unwrap_or(0)..open.map_or(0, |_| self.tokens.len() * BLOCK));
        runs
    }

    /// The numbers with the bits of the positions at which a part of a name may begin, from `positions.start`, which is
    /// the start of a block, to its end.
    pub(crate) fn part_starts(&self, positions: &Range<usize>) -> &[u64] {
        &self.part_starts[positions.start / BLOCK..positions.end.div_ceil(BLOCK)]
    }
}

/// Whether as many bits in a row are set as a run has at least.
fn has_long_row(bits: u64) -> bool {
    let (mut rows, mut length) = (bits, 1);
    while length < SHORTEST {
        let more = length.min(SHORTEST - length);
        rows &= rows >> more;
        length += more;
    }
    rows != 0
}

/// Without instructions that not all processors have.
struct Portable;

impl MasksOf for Portable {
    /// Without branches, so that it is a few vector instructions.
    #[inline(always)]
    fn masks(&self, block: &[u8; BLOCK]) -> Masks {
        let is_lower = |byte: u8| byte.wrapping_sub(b'a') < 26;
        let is_upper = |byte: u8| byte.wrapping_sub(b'A') < 26;
        let is_digit = |byte: u8| byte.wrapping_sub(b'0') < 10;
        let lower = bits::of(block, is_lower);
        let upper = bits::of(block, is_upper);
        Masks {
            token: bits::of(block, is_of_token),
            alphanumeric: lower | upper | bits::of(block, is_digit),
            lower,
            upper,
        }
    }
}

/// Whether a byte is a character of the base64 alphabets, or another that stands in tokens: `.`, `=`, `~`, `%`, `^` and
/// DEL. In as few operations as possible.
fn is_of_token(byte: u8) -> bool {
    let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    // `-`, `.`, `/` and digits.
    let is_digit = byte.wrapping_sub(b'-') < 13;
    // `~`, `^`, `_` and DEL; then `=` and `%`, with `-` and `5`.
    is_letter | is_digit | (byte | 0x21 == 0x7f) | (byte & 0xe7 == 0x25) | (byte == b'+')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn all_long_runs_are_found(text in "([a-c0-9+/_.=~%^-]{0,90}[ \"é\\n:,@`{]){0,8}[a-z]{0,30}") {
            let is_of = |c: char| c.is_ascii_alphanumeric() || "+/_-.=~%^".contains(c);
            let mut expected = Vec::new();
            let mut at = 0;
            for run in text.split(|c| !is_of(c)) {
                if run.len() >= SHORTEST {
                    expected.push(at..at + run.len());
                }
                at += run.len() + text[at + run.len()..].chars().next().map_or(0, char::len_utf8);
            }
            prop_assert_eq!(Classes::of(&text).token_runs(), expected);
        }

        #[test]
        fn both_ways_give_the_same(text in "([a-zA-Z0-9+/_.=~%^-]{0,70}[ \"é\\n:,@`{~%\u{7f}\u{80}]){0,8}") {
            prop_assert_eq!(Classes::of(&text), Classes::by(text.as_bytes(), Portable));
        }
    }

    #[test]
    fn each_byte_has_its_classes() {
        let block = |byte: u8| [byte; BLOCK];
        let all = |is: bool| if is { u64::MAX } else { 0 };
        for byte in 0..=u8::MAX {
            let expected = Masks {
                token: all(byte.is_ascii_alphanumeric() || b"+/_-.=~%^\x7f".contains(&byte)),
                alphanumeric: all(byte.is_ascii_alphanumeric()),
                lower: all(byte.is_ascii_lowercase()),
                upper: all(byte.is_ascii_uppercase()),
            };
            assert_eq!(Portable.masks(&block(byte)), expected, "{byte:x}");
            if let Some(vectors) = Vectors::available() {
                let classes = vectors.classes(&block(byte));
                assert_eq!(classes, Classes::by(&block(byte), Portable), "{byte:x}");
            }
        }
    }

    #[test]
    fn parts_of_names_begin_behind_other_bytes_and_at_capitals() {
        let text = "myKey MYKey _key9a éx 2FA a-b".to_owned() + &" ".repeat(50) + "zA";
        let starts = Classes::of(&text).part_starts(&(0..text.len())).to_vec();
        let found: Vec<&str> = (0..text.len())
            .filter(|at| starts[at / BLOCK] >> (at % BLOCK) & 1 == 1)
            .map(|at| &text[at..=at])
            .collect();
        assert_eq!(found, ["m", "K", "M", "k", "x", "a", "b", "z", "A"]);
    }
}
