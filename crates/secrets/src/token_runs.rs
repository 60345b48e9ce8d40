//! Long runs of the characters that tokens are made of. Texts have few of them, and a credential in most providers'
//! formats, or in base64, is one.

use std::ops::Range;

use crate::byte_set::ByteSet;

/// The shortest run that is found, in bytes. The build script, which says of a rule whether its matches are such runs,
/// and the shortest base64 that is decoded agree with it.
pub(crate) const SHORTEST: usize = 24;

/// The bytes that are looked at together, in parts of eight. A run of the shortest length has all of two such parts, one
/// behind the other.
const BLOCK: usize = 64;
const PART: usize = 8;

/// Whether a byte is one of the characters of the base64 alphabets, or another that stands in tokens.
static IS_CHARACTER: [bool; 256] = {
    let characters = ByteSet::alphanumeric_and(b"+/_-.=~%^\x7f");
    let mut is = [false; 256];
    let mut byte = 0;
    while byte < is.len() {
        is[byte] = characters.contains(byte as u8);
        byte += 1;
    }
    is
};

/// The maximal runs that are long enough.
pub(crate) fn token_runs(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut runs: Vec<Range<usize>> = Vec::new();
    // Whether the last part of the block before is of token characters.
    let mut before = 0;
    let (blocks, rest) = bytes.as_chunks();
    let mut last = [0; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    for (number, block) in blocks.iter().chain([&last]).enumerate() {
        let whole = whole_parts(block);
        let mut pairs = whole & (whole << 1 | before);
        before = whole >> (BLOCK / PART - 1);
        while pairs != 0 {
            let at = number * BLOCK + pairs.trailing_zeros() as usize * PART;
            pairs &= pairs - 1;
            let floor = runs.last().map_or(0, |run| run.end);
            if at >= floor {
                runs.extend(run_around(bytes, floor, at));
            }
        }
    }
    runs
}

/// The run that the byte at `at` is in, if it is long enough.
fn run_around(bytes: &[u8], floor: usize, at: usize) -> Option<Range<usize>> {
    let is_character = |byte: &&u8| IS_CHARACTER[usize::from(**byte)];
    let start = at - bytes[floor..at].iter().rev().take_while(is_character).count();
    let end = at + bytes[at..].iter().take_while(is_character).count();
    (end - start >= SHORTEST).then_some(start..end)
}

/// A bit for each part of a block, the lowest for the first: whether it has token characters only. Without branches,
/// so that it is a few vector instructions.
fn whole_parts(block: &[u8; BLOCK]) -> u8 {
    let mut are_characters = [0; BLOCK];
    for (is, byte) in are_characters.iter_mut().zip(block) {
        *is = if is_character(*byte) { u8::MAX } else { 0 };
    }
    let (parts, _) = are_characters.as_chunks::<PART>();
    parts
        .iter()
        .enumerate()
        .fold(0, |whole, (at, part)| whole | u8::from(u64::from_ne_bytes(*part) == u64::MAX) << at)
}

/// Whether a byte is a token character, in as few operations as possible.
fn is_character(byte: u8) -> bool {
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
        fn all_long_runs_are_found(text in "([a-c0-9+/_.=~%^-]{0,60}[ \"é\\n:,@`{]){0,8}[a-z]{0,30}") {
            let is_of = |c: char| c.is_ascii_alphanumeric() || "+/_-.=~%^".contains(c);
            let mut expected = Vec::new();
            let mut at = 0;
            for run in text.split(|c| !is_of(c)) {
                if run.len() >= SHORTEST {
                    expected.push(at..at + run.len());
                }
                at += run.len() + text[at + run.len()..].chars().next().map_or(0, char::len_utf8);
            }
            prop_assert_eq!(token_runs(&text), expected);
        }
    }

    #[test]
    fn both_tests_of_a_byte_agree() {
        for byte in 0..=u8::MAX {
            assert_eq!(is_character(byte), IS_CHARACTER[usize::from(byte)], "{byte:x}");
        }
    }
}
