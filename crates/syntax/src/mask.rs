//! What a grammar isn't shown: bytes that are blanked out before parsing, so that offsets stay.
//!
//! Only the parser reads the masked text. Names, comments and literals come from the real one.

use std::borrow::Cow;

/// The window in which repetition is looked for.
const WINDOW: usize = 2048;
/// A window with fewer different runs of four bytes says one thing over and over. Code has 600 to
/// 1,500, a table of numbers at least 100; rulers, zeros and generated nesting have 3 to 30.
const MIN_VARIETY: u32 = 48;

/// A stretch without a separator may be this long: expressions of code have some ten bytes between
/// them, prose has a hundred, and only encoded data in a string has more than 2 KiB.
const MAX_STRETCH: usize = 2048;

/// The bytes of `text` for a parser: monotonous windows and the rest of endless stretches are blank.
///
/// They hold nothing to find, and they are the worst that a parser can meet: at an error, some grammars
/// take time and memory that grow with the square of how deep the expression around it is nested.
pub(crate) fn for_parser(text: &str) -> Cow<'_, [u8]> {
    let mut bytes = Cow::Borrowed(text.as_bytes());
    blank_monotony(text, &mut bytes);
    blank_endless(text, &mut bytes);
    bytes
}

/// Blanks what comes after [`MAX_STRETCH`] bytes without a bracket, a `,`, a `;` or the end of a line
/// that doesn't end in an operator.
fn blank_endless(text: &str, bytes: &mut Cow<'_, [u8]>) {
    let mut start = 0;
    let mut last = b' ';
    for (at, &byte) in text.as_bytes().iter().enumerate() {
        let separates = match byte {
            b'(' | b')' | b'[' | b']' | b'{' | b'}' | b',' | b';' => true,
            b'\n' => last.is_ascii_alphanumeric() || matches!(last, b'_' | b'"' | b'\'' | b' '),
            _ => false,
        };
        if separates {
            if at - start > MAX_STRETCH {
                blank(&mut bytes.to_mut()[start + MAX_STRETCH..at]);
            }
            start = at + 1;
        }
        if !byte.is_ascii_whitespace() {
            last = byte;
        }
    }
    if text.len() - start > MAX_STRETCH {
        blank(&mut bytes.to_mut()[start + MAX_STRETCH..]);
    }
}

fn blank_monotony(text: &str, bytes: &mut Cow<'_, [u8]>) {
    for start in (0..text.len()).step_by(WINDOW) {
        let end = (start + WINDOW).min(text.len());
        if end - start == WINDOW && variety(&text.as_bytes()[start..end]) < MIN_VARIETY {
            blank(&mut bytes.to_mut()[start..end]);
        }
    }
}

/// How many different runs of four bytes there are, or a few less.
fn variety(window: &[u8]) -> u32 {
    let mut seen = [0_u64; 32];
    for run in window.windows(4) {
        let run = u32::from_le_bytes([run[0], run[1], run[2], run[3]]);
        let hash = run.wrapping_mul(0x9E37_79B1) >> 21;
        seen[(hash >> 6) as usize] |= 1 << (hash & 63);
    }
    seen.iter().map(|word| word.count_ones()).sum()
}

/// Overwrites all but line breaks with spaces.
fn blank(bytes: &mut [u8]) {
    for byte in bytes {
        if !matches!(*byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetition_is_blanked_and_code_is_not() {
        let code = include_str!("mask.rs").repeat(2);
        assert_eq!(for_parser(&code), code.as_bytes());
        let nested = format!("a\n{}", "if (x) {\n".repeat(1000));
        let masked = for_parser(&nested);
        assert_eq!(masked.len(), nested.len());
        let kept = masked.iter().filter(|byte| !byte.is_ascii_whitespace()).count();
        assert!(kept < WINDOW, "{kept}");
        let breaks = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte == b'\n').count();
        assert_eq!(breaks(&masked), breaks(nested.as_bytes()));
    }
}
