//! Escapes text from files and names, so that a terminal doesn't interpret it.

use std::borrow::Cow;

/// `text` with the characters that a terminal interprets written as `\u{…}`: control characters other than
/// newline and tab, and characters that reorder a line.
pub(crate) fn escape_controls(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// As [`escape_controls`], with newlines and tabs too: for a text that is a part of a line.
pub(crate) fn escape_line(text: &str) -> Cow<'_, str> {
    let is_escaped = |c: char| acts(c) || matches!(c, '\n' | '\t');
    if !text.contains(is_escaped) {
        return Cow::Borrowed(text);
    }
    let escaped = text.chars().flat_map(|c| {
        let (escape, plain) =
            if is_escaped(c) { (Some(c.escape_unicode()), None) } else { (None, Some(c)) };
        escape.into_iter().flatten().chain(plain)
    });
    Cow::Owned(escaped.collect())
}

fn acts(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_borrowed() {
        assert!(matches!(escape_controls("a\tb\nç — 漢"), Cow::Borrowed(_)));
    }

    #[test]
    fn escape_sequences_and_overrides_are_written_out() {
        assert_eq!(escape_controls("\u{1b}[2J"), "\\u{1b}[2J");
        assert_eq!(escape_controls("a\u{202e}b\r"), "a\\u{202e}b\\u{d}");
        assert_eq!(escape_controls("\u{9b}31m"), "\\u{9b}31m", "the one-byte form of ESC [");
    }
}
