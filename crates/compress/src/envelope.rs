//! The first line of every reversible form: which form, its version, how many lines follow.
//!
//! ```text
//! [json/1 indent=2, 502 lines: …]
//! ```
//!
//! What follows the colon says to a reader how the form is read; the decoder doesn't look at it. A
//! text that holds a line of this shape before compression is not touched at all, so that
//! [`expand`](crate::expand) never takes somebody else's line for one of ours.

use std::fmt;

/// The first line of a reversible form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Envelope<'a> {
    /// The form's name: lower-case letters and hyphens.
    pub form: &'a str,
    /// The version of what it writes.
    pub version: u32,
    /// What the decoder needs to know beside the body, `key=value` or words; may be empty.
    pub details: &'a str,
    /// The lines after this one that belong to the form; at least 1.
    pub lines: usize,
    /// How the form is read.
    pub hint: &'a str,
}

impl fmt::Display for Envelope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { form, version, details, lines, hint } = self;
        let space = if details.is_empty() { "" } else { " " };
        write!(f, "[{form}/{version}{space}{details}, {lines} lines: {hint}]")
    }
}

impl<'a> Envelope<'a> {
    /// Reads `line`, which has no line end; `None` where it isn't of the shape.
    pub(crate) fn parse(line: &'a str) -> Option<Self> {
        let inner = line.strip_prefix('[')?.strip_suffix(']')?;
        let (head, hint) = inner.split_once(" lines: ")?;
        let (head, lines) = head.rsplit_once(", ")?;
        let (name, details) = head.split_once(' ').unwrap_or((head, ""));
        let (form, version) = name.split_once('/')?;
        let named = !form.is_empty() && form.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        if !named || !is_count(version) || !is_count(lines) {
            return None;
        }
        let (version, lines) = (version.parse().ok()?, lines.parse().ok()?);
        Some(Self { form, version, details, lines, hint })
    }
}

/// Whether any line of `text` has the shape of an envelope.
pub(crate) fn contains(text: &str) -> bool {
    memchr::memmem::find_iter(text.as_bytes(), " lines: ").any(|at| {
        let start = memchr::memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |i| i + 1);
        if text.as_bytes().get(start) != Some(&b'[') || at - start > 1000 {
            return false;
        }
        let end = memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |i| at + i);
        Envelope::parse(&text[start..end]).is_some()
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
            let envelope = Envelope { form: "json", version: 1, details, lines: 3, hint: "x: y" };
            let line = envelope.to_string();
            assert_eq!(Envelope::parse(&line), Some(envelope));
            assert!(contains(&format!("a\n{line}\nb")));
        }
    }

    #[test]
    fn what_is_no_envelope() {
        for line in [
            "[json/1, 0 lines: x]",
            "[json/1, 3 lines: x",
            " [json/1, 3 lines: x]",
            "[JSON/1, 3 lines: x]",
        ] {
            assert_eq!(Envelope::parse(line), None, "{line}");
        }
    }
}
