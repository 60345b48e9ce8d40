//! A text as its reader sees it, where it is written otherwise: without colours of terminals and without the numbers that
//! tools put before lines, and the lines of strings that are written in one, with `\n` between them.
//!
//! A view has as many bytes as its text, so that what is found in it is at the same place there: blanks replace what isn't
//! seen. Words begin behind `\n` in a view, names at the beginnings of lines, and a private key's lines are lines.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memmem};

/// What begins the sequences by which terminals change colours.
const ESCAPE: u8 = 0x1b;
/// What agents put between the number of a line and the line.
const ARROW: &[u8] = "→".as_bytes();
/// The longest sequence for a colour behind its `[`, and the widest blanks and number before a line, in bytes.
const LONGEST_COLOUR: usize = 20;
const WIDEST_NUMBER: usize = 12;
/// The most backslashes before a letter in strings within strings.
const MOST_BACKSLASHES: usize = 4;

/// `text` without colours and numbers of lines, if it has some.
pub(crate) fn as_shown(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut hidden: Vec<Range<usize>> = colours(bytes).chain(numbers_with_arrows(bytes)).collect();
    if begins_with_numbered_lines(bytes) {
        hidden.extend(numbers(bytes));
    }
    if hidden.is_empty() {
        return None;
    }
    let mut shown = bytes.to_vec();
    blank(&mut shown, hidden);
    String::from_utf8(shown).ok()
}

fn blank(bytes: &mut [u8], ranges: Vec<Range<usize>>) {
    for range in ranges {
        bytes[range].fill(b' ');
    }
}

/// The lines of `text` in which strings of several lines are written, each with its start and as they are meant: `"a\nb"`.
pub(crate) fn lines_of_strings(text: &str) -> impl Iterator<Item = (usize, String)> {
    let bytes = text.as_bytes();
    let mut done = 0;
    memchr_iter(b'\\', bytes).filter_map(move |at| {
        if at < done || !separates_lines(&bytes[at..]) {
            return None;
        }
        let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |end| end + 1);
        done = memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end);
        let mut line = bytes[start..done].to_vec();
        blank_escapes(&mut line);
        let hidden = numbers(&line);
        blank(&mut line, hidden);
        String::from_utf8(line).ok().map(|line| (start, line))
    })
}

/// Whether an escape at the beginning of `bytes` stands between lines or words of a string, and not at its end, where
/// programs write most of them.
fn separates_lines(bytes: &[u8]) -> bool {
    let Some((letter, behind)) = escaped(bytes) else { return false };
    matches!(bytes.get(letter), Some(b'n' | b'r' | b't'))
        && !matches!(
            bytes.get(behind),
            None | Some(b'"' | b'\'' | b'`' | b'\n' | b'\\' | b'%' | b')')
        )
        || matches!(bytes.get(behind), Some(b'\\')) && separates_lines(&bytes[behind..])
}

/// Where the letter behind the backslashes at the beginning of `bytes` is, and what follows it.
fn escaped(bytes: &[u8]) -> Option<(usize, usize)> {
    let backslashes = bytes.iter().take_while(|byte| **byte == b'\\').count();
    (1..=MOST_BACKSLASHES).contains(&backslashes).then_some((backslashes, backslashes + 1))
}

/// Replaces escapes by what they stand for, behind blanks in place of the backslashes.
fn blank_escapes(line: &mut [u8]) {
    let mut at = 0;
    while let Some(next) = memchr(b'\\', &line[at..]) {
        at += next;
        let Some((letter, behind)) = escaped(&line[at..]) else {
            at += line[at..].iter().take_while(|byte| **byte == b'\\').count();
            continue;
        };
        let meant = match line.get(at + letter) {
            Some(b'n') => Some(b'\n'),
            Some(b'r') => Some(b' '),
            Some(b't') => Some(b'\t'),
            _ => None,
        };
        if let Some(meant) = meant {
            line[at..at + letter].fill(b' ');
            line[at + letter] = meant;
        } else {
            let names: [&[u8]; 4] = [b"u001b[", b"x1b[", b"033[", b"e["];
            let name = names.iter().find(|name| line[at + letter..].starts_with(name));
            if let Some(end) = name.and_then(|name| colour_end(&line[at + letter + name.len()..])) {
                let name = name.map_or(0, |name| name.len());
                line[at..at + letter + name + end].fill(b' ');
            }
        }
        at += behind;
        at = at.min(line.len());
    }
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

    fn of_strings(text: &str) -> Vec<(usize, String)> {
        lines_of_strings(text).collect()
    }

    #[test]
    fn colours_and_numbers_are_blank() {
        let shown = |text: &str| as_shown(text).unwrap_or_else(|| text.to_owned());
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
        assert_eq!(of_strings(r#"x = "a\nb\tc""#), [(0, "x = \"a \nb \tc\"".to_owned())]);
        assert_eq!(of_strings("1\n{\"a\": \"\\\\nb\"}").len(), 1);
        assert_eq!(of_strings(r#""     7→a\n     8→b""#)[0].1, "\"     7→a \n         b\"");
        assert_eq!(of_strings(r#""\u001b[31ma\nb""#)[0].1, "\"          a \nb\"");
        for others in [r#"print("a\n")"#, r"C:\temp", "a\\\\\\\\\\nb", "none"] {
            assert!(of_strings(others).iter().all(|(_, line)| line.len() == others.len()));
        }
        assert!(of_strings(r#"print("a\n")"#).is_empty());
    }

    proptest! {
        #[test]
        fn views_are_as_long_as_what_is_shown(
            text in r"([a-c0-9→│| é\\nrtux1be\[;m\n\t\x1b-]{0,12}){0,8}",
        ) {
            if let Some(shown) = as_shown(&text) {
                prop_assert_eq!(shown.len(), text.len());
            }
            for (start, line) in lines_of_strings(&text) {
                let end = start + line.len();
                prop_assert!(text.get(start..end).is_some());
                prop_assert_eq!(text[end..].chars().next().unwrap_or('\n'), '\n');
            }
        }
    }
}
