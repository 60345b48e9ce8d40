//! The first line of every encoding: its codec, the version, and how many lines follow.
//!
//! ```text
//! [json/1 indent=2, 502 lines: …]
//! ```
//!
//! The text after the colon explains the notation to the reader; the decoder ignores it. A text
//! that contains a line of this shape is not compressed at all, so that [`expand`](crate::expand)
//! never mistakes a line of the input for a header.

use std::fmt;

/// The first line of an encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header<'a> {
    /// The name of the codec: lower-case letters and hyphens.
    pub codec: &'a str,
    /// The version of the notation.
    pub version: u32,
    /// Parameters of the decoder, `key=value` or words; may be empty.
    pub details: &'a str,
    /// How many lines after this one belong to the encoding; at least 1.
    pub lines: usize,
    /// How a reader reads the notation.
    pub hint: &'a str,
}

impl fmt::Display for Header<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { codec, version, details, lines, hint } = self;
        let space = if details.is_empty() { "" } else { " " };
        write!(f, "[{codec}/{version}{space}{details}, {lines} lines: {hint}]")
    }
}

impl<'a> Header<'a> {
    /// Parses `line`, without its line end; `None` if it isn't a header.
    pub(crate) fn parse(line: &'a str) -> Option<Self> {
        let inner = line.strip_prefix('[')?.strip_suffix(']')?;
        let (head, hint) = inner.split_once(" lines: ")?;
        let (head, lines) = head.rsplit_once(", ")?;
        let (name, details) = head.split_once(' ').unwrap_or((head, ""));
        let (codec, version) = name.split_once('/')?;
        let named = !codec.is_empty() && codec.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        if !named || !is_count(version) || !is_count(lines) {
            return None;
        }
        let (version, lines) = (version.parse().ok()?, lines.parse().ok()?);
        Some(Self { codec, version, details, lines, hint })
    }
}

/// Whether any line of `text` is a header.
pub(crate) fn contains(text: &str) -> bool {
    memchr::memmem::find_iter(text.as_bytes(), " lines: ").any(|at| {
        let start = memchr::memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |i| i + 1);
        if text.as_bytes().get(start) != Some(&b'[') || at - start > 1000 {
            return false;
        }
        let end = memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |i| at + i);
        Header::parse(&text[start..end]).is_some()
    })
}

fn is_count(text: &str) -> bool {
    (1..=9).contains(&text.len())
        && !text.starts_with('0')
        && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for details in ["", "indent=2", "a b=c"] {
            let header = Header { codec: "json", version: 1, details, lines: 3, hint: "x: y" };
            let line = header.to_string();
            assert_eq!(Header::parse(&line), Some(header));
            assert!(contains(&format!("a\n{line}\nb")));
        }
    }

    #[test]
    fn what_is_no_header() {
        for line in [
            "[json/1, 0 lines: x]",
            "[json/1, 3 lines: x",
            " [json/1, 3 lines: x]",
            "[JSON/1, 3 lines: x]",
        ] {
            assert_eq!(Header::parse(line), None, "{line}");
        }
    }
}
