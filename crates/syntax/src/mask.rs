//! What a grammar isn't shown: bytes that are blanked out before parsing, so that offsets stay.
//!
//! Only the parser reads the masked text. Names, comments and literals come from the real one.

use std::borrow::Cow;

use crate::Language;

/// The window in which repetition is looked for.
const WINDOW: usize = 2048;
/// A window with fewer different runs of four bytes says one thing over and over. Code has 600 to
/// 1,500, a table of numbers at least 100; rulers, zeros and generated nesting have 3 to 30.
const MIN_VARIETY: u32 = 48;

/// A stretch without a separator may be this long: expressions of code have some ten bytes between
/// them, prose has a hundred, and only encoded data in a string has more than 2 KiB.
const MAX_STRETCH: usize = 2048;

/// The longest word of a here-document, in bytes.
const LONGEST_WORD: usize = 64;
/// What scanners keep of a here-document beside its word, in bytes, or a few more.
const HEREDOC_HEAD: usize = 8;
/// The most that the words of all open here-documents may take, in bytes.
const MOST_OPEN: usize = 512;

/// The bytes of `text` for a parser: monotonous windows and the rest of endless stretches are blank.
///
/// They hold nothing to find, and they are the worst that a parser can meet: at an error, some grammars
/// take time and memory that grow with the square of how deep the expression around it is nested.
pub(crate) fn for_parser(language: Language, text: &str) -> Cow<'_, [u8]> {
    let mut bytes = Cow::Borrowed(text.as_bytes());
    blank_monotony(text, &mut bytes);
    blank_endless(text, &mut bytes);
    if language == Language::Ruby {
        blank_heredocs(text, &mut bytes);
    }
    if language == Language::Bash && !text.is_ascii() {
        // Its scanner asks C's `isdigit` about whole characters, which looks them up in a table of
        // 384: beyond it, whatever lies in memory, or nothing.
        bytes.to_mut().iter_mut().filter(|byte| !byte.is_ascii()).for_each(|byte| *byte = b'x');
    }
    bytes
}

/// Blanks the `<<` of a here-document whose word is longer than any that people write, and of those
/// beyond [`MOST_OPEN`] bytes of words whose end hasn't come. Ruby's scanner keeps the words of all that
/// are open in a buffer of 1 KiB, writes the length of each into one byte, and ends the process over a
/// longer one.
fn blank_heredocs(text: &str, bytes: &mut Cow<'_, [u8]>) {
    let mut open: Vec<&str> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        open.retain(|word| *word != line.trim());
        for (at, _) in line.match_indices("<<") {
            let Some(word) = heredoc_word(&line[at + 2..], &text[start + at + 2..]) else {
                continue;
            };
            let taken: usize = open.iter().map(|word| word.len() + HEREDOC_HEAD).sum();
            if word.len() > LONGEST_WORD || taken + word.len() > MOST_OPEN {
                blank(&mut bytes.to_mut()[start + at..start + at + 2]);
            } else {
                open.push(word);
            }
        }
        start += line.len();
    }
}

/// The word that ends the here-document that `line` goes on with, if it is one; a word in quotes may
/// go on beyond the line, in `rest`.
fn heredoc_word<'t>(line: &'t str, rest: &'t str) -> Option<&'t str> {
    let skipped = usize::from(line.starts_with(['-', '~']));
    let (line, rest) = (&line[skipped..], &rest[skipped..]);
    // Longer ones are all alike.
    let rest = &rest[..rest.floor_char_boundary(LONGEST_WORD + 8)];
    match line.chars().next()? {
        quote @ ('"' | '\'' | '`') => rest[1..].split(quote).next(),
        sign if sign.is_alphabetic() || sign == '_' => {
            line.split(|c: char| !c.is_alphanumeric() && c != '_').next()
        }
        _ => None,
    }
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
        if end - start == WINDOW && is_monotonous(&text.as_bytes()[start..end]) {
            blank(&mut bytes.to_mut()[start..end]);
        }
    }
}

/// Whether there are fewer than [`MIN_VARIETY`] different runs of four bytes, or a few more.
fn is_monotonous(window: &[u8]) -> bool {
    let mut seen = [0_u64; 32];
    let mut variety = 0;
    for run in window.windows(4) {
        let run = u32::from_le_bytes([run[0], run[1], run[2], run[3]]);
        let hash = run.wrapping_mul(0x9E37_79B1) >> 21;
        let (word, bit) = (&mut seen[(hash >> 6) as usize], 1 << (hash & 63));
        variety += u32::from(*word & bit == 0);
        *word |= bit;
        if variety >= MIN_VARIETY {
            // Code has that many within its first lines.
            return false;
        }
    }
    true
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
    fn here_documents_that_no_scanner_has_room_for_are_none() {
        let long = "A".repeat(300);
        for text in [format!("x = <<{long}\nb\n{long}\n"), format!("x = <<-'{long}\n{long}'\n")] {
            assert_eq!(for_parser(Language::Ruby, &text), text.replacen("<<", "  ", 1).as_bytes());
        }
        let closed = "x = <<~SQL\nselect 1\n  SQL\n".repeat(9);
        assert_eq!(for_parser(Language::Ruby, &closed), closed.as_bytes());
        let open: String = (0..60).map(|n| format!("x{n} = <<OPEN_{n:02}\n")).collect();
        let masked = String::from_utf8(for_parser(Language::Ruby, &open).into_owned()).unwrap();
        assert_eq!(masked.matches("<<").count(), 34);
    }

    #[test]
    fn bash_sees_no_character_beyond_ascii() {
        let text = "echo é > \u{10ffff}1\n";
        assert_eq!(for_parser(Language::Bash, text), "echo xx > xxxx1\n".as_bytes());
        assert_eq!(for_parser(Language::Ruby, text), text.as_bytes());
    }

    #[test]
    fn repetition_is_blanked_and_code_is_not() {
        let code = include_str!("mask.rs").repeat(2);
        assert_eq!(for_parser(Language::Rust, &code), code.as_bytes());
        let nested = format!("a\n{}", "if (x) {\n".repeat(1000));
        let masked = for_parser(Language::C, &nested);
        assert_eq!(masked.len(), nested.len());
        let kept = masked.iter().filter(|byte| !byte.is_ascii_whitespace()).count();
        assert!(kept < WINDOW, "{kept}");
        let breaks = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte == b'\n').count();
        assert_eq!(breaks(&masked), breaks(nested.as_bytes()));
    }
}
