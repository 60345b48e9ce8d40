//! A text as its reader sees it, where it is written otherwise: without colours of terminals and without the numbers that
//! tools put before lines, the lines of strings that are written in one, with `\n` between them, and with the ampersands of
//! URLs.
//!
//! A view has as many bytes as its text, so that what is found in it is at the same place there: blanks replace what isn't
//! seen. Words begin behind `\n` in a view, names at the beginnings of lines, and a private key's lines are lines.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memmem};

use crate::byte_set::ByteSet;

/// What begins the sequences by which terminals change colours.
const ESCAPE: u8 = 0x1b;
/// What agents put between the number of a line and the line.
const ARROW: &[u8] = "→".as_bytes();
/// The same in JSON of ASCII, behind its backslash.
const ESCAPED_ARROW: &[u8] = b"u2192";
/// The longest sequence for a colour behind its `[`, and the widest blanks and number before a line, in bytes.
const LONGEST_COLOUR: usize = 20;
const WIDEST_NUMBER: usize = 12;
/// The most backslashes before a letter in strings within strings.
const MOST_BACKSLASHES: usize = 4;

/// `text` as it is seen, if it is written otherwise.
pub(crate) fn as_shown(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut hidden: Vec<Range<usize>> = colours(bytes).chain(numbers_with_arrows(bytes)).collect();
    if begins_with_numbered_lines(bytes) {
        hidden.extend(numbers(bytes));
    }
    let mut of_strings = lines_of_strings(bytes).peekable();
    let mut ampersands = escaped_ampersands(bytes).peekable();
    if hidden.is_empty() && of_strings.peek().is_none() && ampersands.peek().is_none() {
        return None;
    }
    let mut shown = bytes.to_vec();
    blank(&mut shown, hidden);
    ampersands.for_each(|range| shown[range].fill(b'&'));
    for line in of_strings {
        let line = &mut shown[line];
        blank_escapes(line);
        let hidden = numbers(line);
        blank(line, hidden);
    }
    String::from_utf8(shown).ok()
}

fn blank(bytes: &mut [u8], ranges: Vec<Range<usize>>) {
    for range in ranges {
        bytes[range].fill(b' ');
    }
}

/// The ampersands before the parameters of URLs, as JSON and HTML write them: `\u0026sig=`, `&amp;sig=`.
fn escaped_ampersands(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    const BY_JSON: &[u8] = b"\\u0026";
    const BY_HTML: &[u8] = b"&amp;";
    const LONGEST_NAME: usize = 40;
    let is_of_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
    let is_before_name = move |end: usize| {
        let behind = &bytes[end..];
        let name = behind.iter().take(LONGEST_NAME).take_while(is_of_name).count();
        name > 0 && behind.get(name) == Some(&b'=')
    };
    [BY_JSON, BY_HTML]
        .into_iter()
        .flat_map(move |escape| {
            memmem::find_iter(bytes, escape).map(move |at| at..at + escape.len())
        })
        .filter(move |range| is_before_name(range.end))
}

/// The lines in which strings of several lines are written: `"a\nb"`.
fn lines_of_strings(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut done = 0;
    memchr_iter(b'\\', bytes).filter_map(move |at| {
        let is_first = at == 0 || bytes[at - 1] != b'\\';
        if at < done || !is_first || !separates_lines(&bytes[at..]) || is_in_path(bytes, at) {
            return None;
        }
        let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |end| end + 1);
        done = memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end);
        Some(start..done)
    })
}

/// Whether what looks like an escape at `at` is a part of a path of Windows: `C:\jobs\nightly.cmd`.
fn is_in_path(bytes: &[u8], at: usize) -> bool {
    const LONGEST_PATH: usize = 120;
    let before = &bytes[at.saturating_sub(LONGEST_PATH)..at];
    let begins =
        before.iter().rposition(|byte| byte.is_ascii_whitespace() || b"\"'=".contains(byte));
    let path = &before[begins.map_or(0, |at| at + 1)..];
    let is_of_drive = matches!(path, [drive, b':', b'\\', ..] if drive.is_ascii_alphabetic());
    is_of_drive || path.is_empty() && is_share(&bytes[at..])
}

/// Whether `bytes` begin with the name of a share, in which there are single backslashes: `\\nas\music`.
fn is_share(bytes: &[u8]) -> bool {
    const LONGEST_HOST: usize = 40;
    let Some([first, ..]) = bytes.strip_prefix(b"\\\\") else { return false };
    let host = bytes[2..].iter().take(LONGEST_HOST);
    let host = host.take_while(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(byte));
    let behind = bytes.get(2 + host.count()..).unwrap_or_default();
    first.is_ascii_alphanumeric() && matches!(behind, [b'\\', next, ..] if *next != b'\\')
}

/// Whether an escape at the beginning of `bytes` stands between lines or words of a string, and neither at its end, where
/// programs write most of them, nor in a pattern.
fn separates_lines(bytes: &[u8]) -> bool {
    const NOT_BEHIND: ByteSet = ByteSet::of(b"\"'`\n%)]|*+?{^$");
    /// The most escapes in a row that are looked at.
    const MOST: usize = 3;
    let mut at = 0;
    for _ in 0..MOST {
        let Some((letter, behind)) = escaped(&bytes[at..]) else { return false };
        match bytes.get(at + letter) {
            Some(b'n' | b'r' | b't') => at += behind,
            // A quote within the string; others are of patterns.
            Some(b'"' | b'\'') => return at > 0,
            _ if bytes[at + letter..].starts_with(ESCAPED_ARROW) => {
                at += letter + ESCAPED_ARROW.len();
            }
            _ => at += letter + escaped_colour_end(&bytes[at + letter..]).unwrap_or(bytes.len()),
        }
        match bytes.get(at) {
            None => return false,
            Some(b'\\') => {}
            Some(next) => return !NOT_BEHIND.contains(*next),
        }
    }
    true
}

/// Where the letter behind the backslashes at the beginning of `bytes` is, and what follows it.
fn escaped(bytes: &[u8]) -> Option<(usize, usize)> {
    let looked_at = bytes.iter().take(MOST_BACKSLASHES + 1);
    let backslashes = looked_at.take_while(|byte| **byte == b'\\').count();
    (1..=MOST_BACKSLASHES).contains(&backslashes).then_some((backslashes, backslashes + 1))
}

/// Replaces the escapes between lines by line ends, and those of colours by blanks, as are the backslashes.
fn blank_escapes(line: &mut [u8]) {
    let mut at = 0;
    while let Some(next) = memchr(b'\\', &line[at..]) {
        at += next;
        let Some((letter, behind)) = escaped(&line[at..]) else {
            at += line[at..].iter().take_while(|byte| **byte == b'\\').count();
            continue;
        };
        if let Some(end) = escaped_colour_end(&line[at + letter..]) {
            line[at..at + letter + end].fill(b' ');
        } else if line[at + letter..].starts_with(ESCAPED_ARROW) {
            // Where the number before it ends.
            line[at..at + letter + ESCAPED_ARROW.len()].fill(b' ');
            line[at..at + ARROW.len()].copy_from_slice(ARROW);
        } else if separates_lines(&line[at..]) {
            line[at + letter] = match line[at + letter] {
                b'n' => b'\n',
                b't' => b'\t',
                _ => b' ',
            };
            line[at..at + letter].fill(b' ');
        }
        at = line.len().min(at + behind);
    }
}

/// The end of a sequence for a colour behind the backslashes before it: `u001b[31m`.
fn escaped_colour_end(bytes: &[u8]) -> Option<usize> {
    let names: [&[u8]; 4] = [b"u001b[", b"x1b[", b"033[", b"e["];
    let name = names.iter().find(|name| bytes.starts_with(name))?;
    Some(name.len() + colour_end(&bytes[name.len()..])?)
}

fn colours(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    memchr_iter(ESCAPE, bytes).filter_map(|at| {
        let end = bytes[at + 1..].strip_prefix(b"[").and_then(colour_end)?;
        Some(at..at + 2 + end)
    })
}

/// The end of a sequence behind its `[`: digits, semicolons and a letter.
fn colour_end(bytes: &[u8]) -> Option<usize> {
    let bytes = &bytes[..bytes.len().min(LONGEST_COLOUR)];
    let end = bytes.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b';' | b'?'))?;
    bytes[end].is_ascii_alphabetic().then_some(end + 1)
}

/// The numbers with an arrow that stand before lines.
fn numbers_with_arrows(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    memmem::find_iter(bytes, ARROW).filter_map(|at| {
        let floor = at.saturating_sub(WIDEST_NUMBER);
        let start = memchr::memrchr(b'\n', &bytes[floor..at]).map_or(floor, |end| floor + end + 1);
        let begins_line = start == 0 || bytes[start - 1] == b'\n';
        let (length, _, is_marked) = number_before(&bytes[start..])?;
        (begins_line && is_marked).then(|| start..start + length)
    })
}

fn begins_with_numbered_lines(bytes: &[u8]) -> bool {
    let Some((_, first, _)) = number_before(bytes) else { return false };
    let second = memchr(b'\n', bytes).and_then(|end| number_before(&bytes[end + 1..]));
    second.is_some_and(|(_, second, _)| second == first.wrapping_add(1))
}

/// The numbers before lines: those with an arrow, and those of lines that are numbered in order.
fn numbers(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = Vec::new();
    let mut previous: Option<(Range<usize>, u32)> = None;
    let mut start = 0;
    while start < bytes.len() {
        let end = memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |end| start + end + 1);
        let before = previous.take();
        if let Some((length, number, is_marked)) = number_before(&bytes[start..end]) {
            let range = start..start + length;
            let follows = before.filter(|(_, before)| number == before.wrapping_add(1));
            if is_marked || follows.is_some() {
                all.extend(follows.map(|(before, _)| before));
                all.push(range.clone());
            }
            previous = Some((range, number));
        }
        start = end;
    }
    all
}

/// The length of the number before a line and of what separates them, the number, and whether an arrow does.
fn number_before(line: &[u8]) -> Option<(usize, u32, bool)> {
    let line = &line[..line.len().min(WIDEST_NUMBER + ARROW.len())];
    let blanks = line.iter().take_while(|byte| **byte == b' ').count();
    let digits = line[blanks..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = std::str::from_utf8(&line[blanks..blanks + digits]).ok()?.parse().ok()?;
    let end = blanks + digits;
    let rest = &line[end..];
    if rest.starts_with(ARROW) {
        return Some((end + ARROW.len(), number, true));
    }
    let separators: [&[u8]; 5] = [b"\t", b" | ", b"|", " │ ".as_bytes(), "│".as_bytes()];
    let separator = separators.iter().find(|separator| rest.starts_with(separator))?;
    Some((end + separator.len(), number, false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        as_shown(text).unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn colours_and_numbers_are_blank() {
        assert_eq!(shown("\x1b[0;32mkey\x1b[0m"), "       key    ");
        assert_eq!(shown("\x1b]0;title"), "\x1b]0;title");
        assert_eq!(shown("     7→a\n     9→  b"), "         a\n           b");
        assert_eq!(shown("  1\ta\n  2\tb\nc"), "    a\n    b\nc");
        assert_eq!(shown("1 | a\n2 | b"), "    a\n    b");
        for others in ["7\ta\n9\tb", "a → b", "12 | 13\n99 | 4\n", ""] {
            assert_eq!(shown(others), others);
        }
    }

    #[test]
    fn strings_have_their_lines() {
        assert_eq!(shown(r#"x = "a\nb\tc\n""#), "x = \"a \nb \tc\\n\"");
        assert_eq!(shown("1\n{\"a\": \"a\\\\nb\"}"), "1\n{\"a\": \"a  \nb\"}");
        assert_eq!(shown(r#""     7→a\n     8→b""#), "\"     7→a \n         b\"");
        assert_eq!(shown(r#""\u001b[31ma\nb""#), "\"          a \nb\"");
        for others in [r#"print("a\n")"#, r#""[^\\r\\n]+|\\n*$""#, r"C:\sys", r"\d+\.\w", "none"] {
            assert_eq!(shown(others), others);
        }
    }

    proptest! {
        #[test]
        fn views_are_as_long_as_what_is_shown(
            text in r"([a-c0-9→│| é\\nrtux1be\[;m\n\t\x1b-]{0,12}){0,8}",
        ) {
            prop_assert_eq!(shown(&text).len(), text.len());
        }
    }
}
