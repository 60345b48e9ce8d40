//! Long runs of the characters that tokens are made of. Texts have few of them, and a credential in most providers'
//! formats, or in base64, is one.

use std::ops::Range;

use crate::byte_set::ByteSet;

/// The shortest run that is found, in bytes. The build script, which says of a rule whether its matches are such runs,
/// and the shortest base64 that is decoded agree with it.
pub(crate) const SHORTEST: usize = 24;
/// Bytes that are looked at together, and the distance at which it is done. A run of the shortest length has all bytes
/// of at least one of these windows, which begin at multiples of the distance.
const WINDOW: usize = 8;
const STRIDE: usize = SHORTEST - WINDOW;

/// The characters of the base64 alphabets, and others that stand in tokens.
static CHARACTERS: ByteSet = ByteSet::alphanumeric_and(b"+/_-.=~%^\x7f");

/// The maximal runs that are long enough.
pub(crate) fn token_runs(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let is_window = |at: usize| {
        let window = bytes.get(at..).and_then(|rest| rest.first_chunk());
        window.is_some_and(is_of_characters)
    };
    let is_character = |byte: &&u8| CHARACTERS.contains(**byte);
    let mut runs = Vec::new();
    let mut at = 0;
    while at + WINDOW <= bytes.len() {
        // What is missing to the shortest run is as long as two windows, so one of them is whole.
        let is_candidate = is_window(at)
            && (is_window(at + WINDOW) || at.checked_sub(WINDOW).is_some_and(is_window));
        if !is_candidate {
            at += STRIDE;
            continue;
        }
        let start = at - bytes[..at].iter().rev().take(STRIDE).take_while(is_character).count();
        let end = at + WINDOW + bytes[at + WINDOW..].iter().take_while(is_character).count();
        if end - start >= SHORTEST {
            runs.push(start..end);
        }
        at = (end / STRIDE + 1) * STRIDE;
    }
    runs
}

/// Whether all bytes are of these characters. Without branches, so that it is a few vector instructions.
fn is_of_characters(bytes: &[u8; WINDOW]) -> bool {
    bytes.iter().fold(true, |all, &byte| {
        let lower = byte | 0x20;
        let is_letter = lower.wrapping_sub(b'a') < 26;
        // `.`, `/` and digits; then `~`, `^`, `_` and DEL.
        let is_digit = byte.wrapping_sub(b'.') < 12;
        let is_underscore = lower >= 0x7e && byte < 0x80;
        all & (is_letter
            | is_digit
            | is_underscore
            | (byte == b'+')
            | (byte == b'-')
            | (byte == b'=')
            | (byte == b'%'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
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
            assert_eq!(is_of_characters(&[byte; WINDOW]), CHARACTERS.contains(byte), "{byte:x}");
        }
    }
}
