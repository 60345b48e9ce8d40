//! Markers: the one grammar and the one parser of what stands for an omission.
//!
//! ```text
//! [24 lines left out: src/auth.rs:120-143]
//! [173 of 204 lines left out. Retrieve more: hash=0f1e2d3c4b5a69788796a5b4]
//! ```
//!
//! The first form is used if the text is from a file that the reader can open, the second if the
//! original is stored under its hash. Anything before the bracket on its line (a comment sign) and
//! after it is not part of the marker.

use std::fmt;
use std::ops::Range;

use memchr::memmem;

/// Hex digits of a hash in a marker.
pub const HASH_DIGITS: usize = 24;
/// The longest `what`, and the longest path, that a marker may hold, in bytes. It bounds how far
/// the parser looks. By hand, not measured.
const LONGEST: usize = 1024;
/// A literal in every marker, by which markers are searched for.
const LEFT_OUT: &str = " left out";
/// The literal between `left out` and a hash.
const RETRIEVE: &str = ". Retrieve more: hash=";

/// How an omission is retrieved.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RetrievalReference {
    /// Lines of a file that the reader can open, counted from 1, both included.
    Source {
        /// The path, as the reader knows it.
        path: String,
        /// The first line.
        start: usize,
        /// The last line.
        end: usize,
    },
    /// The hash of an original that is stored for the reader; see [`hash`].
    Hash(String),
}

/// A marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// How many of `what` were elided; at least 1.
    pub count: usize,
    /// What was elided: `lines`, `of 204 lines`, `records`. Contains no bracket and no line end.
    pub what: String,
    /// How it is retrieved.
    pub reference: RetrievalReference,
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} {}{LEFT_OUT}", self.count, self.what)?;
        match &self.reference {
            RetrievalReference::Source { path, start, end } => write!(f, ": {path}:{start}-{end}]"),
            RetrievalReference::Hash(hash) => write!(f, "{RETRIEVE}{hash}]"),
        }
    }
}

/// The hash that an original is stored under: the first 24 hex digits, in lower case, of the BLAKE3
/// hash of its bytes.
pub fn hash(original: &str) -> String {
    let mut hex = blake3::hash(original.as_bytes()).to_hex().to_string();
    hex.truncate(HASH_DIGITS);
    hex
}

/// The markers in `text`, in order, with their byte ranges, brackets included.
pub fn markers(text: &str) -> impl Iterator<Item = (Range<usize>, Marker)> {
    let mut free = 0;
    memmem::find_iter(text.as_bytes(), LEFT_OUT).filter_map(move |at| {
        let (range, marker) = around(text, at)?;
        (range.start >= free).then(|| {
            free = range.end;
            (range, marker)
        })
    })
}

/// Whether `text` contains a marker.
pub fn contains(text: &str) -> bool {
    markers(text).next().is_some()
}

/// The marker whose ` left out` is at byte `at`.
fn around(text: &str, at: usize) -> Option<(Range<usize>, Marker)> {
    let mut from = at.saturating_sub(LONGEST);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let start = from
        + text[from..at].rfind(['[', ']', '\n']).filter(|i| text.as_bytes()[from + i] == b'[')?;
    let (count, what) = text[start + 1..at].split_once(' ')?;
    if count.len() > 9 || count.starts_with('0') || !all_digits(count) || what.is_empty() {
        return None;
    }
    let rest = &text[at + LEFT_OUT.len()..];
    let (reference, length) = match rest.strip_prefix(RETRIEVE) {
        Some(rest) => by_hash(rest).map(|(way, length)| (way, RETRIEVE.len() + length))?,
        None => by_source(rest.strip_prefix(": ")?).map(|(way, length)| (way, 2 + length))?,
    };
    let marker = Marker { count: count.parse().ok()?, what: what.to_owned(), reference };
    Some((start..at + LEFT_OUT.len() + length, marker))
}

fn by_hash(rest: &str) -> Option<(RetrievalReference, usize)> {
    let digits = rest.get(..HASH_DIGITS)?;
    let valid = digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let closed = rest.as_bytes().get(HASH_DIGITS) == Some(&b']');
    (valid && closed).then(|| (RetrievalReference::Hash(digits.to_owned()), HASH_DIGITS + 1))
}

/// `path:start-end]`, where the path may itself hold colons and brackets.
fn by_source(rest: &str) -> Option<(RetrievalReference, usize)> {
    let line = &rest.as_bytes()[..rest.len().min(LONGEST)];
    let line = &line[..memchr::memchr(b'\n', line).unwrap_or(line.len())];
    memchr::memchr_iter(b']', line).find_map(|close| {
        let (path, lines) = rest[..close].rsplit_once(':')?;
        let (start, end) = lines.split_once('-')?;
        let valid = |n: &str| n.len() <= 9 && all_digits(n);
        if path.is_empty() || !valid(start) || !valid(end) {
            return None;
        }
        let (start, end) = (start.parse().ok()?, end.parse().ok()?);
        Some((RetrievalReference::Source { path: path.to_owned(), start, end }, close + 1))
    })
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn only(text: &str) -> Option<Marker> {
        markers(text).next().map(|(_, marker)| marker)
    }

    #[test]
    fn a_hash_names_its_original() {
        assert_eq!(hash(""), "af1349b9f5f9a1a6a0404dea");
    }

    #[test]
    fn markers_are_found_where_they_stand() {
        let text = "a\n  // [3 lines left out: app/[id]/a:b.ts:10-12]\nb [1 of 2 rows left out. Retrieve more: hash=af1349b9f5f9a1a6a0404dea] c";
        let found: Vec<_> = markers(text).collect();
        assert_eq!(found.len(), 2);
        assert_eq!(&text[found[0].0.clone()], "[3 lines left out: app/[id]/a:b.ts:10-12]");
        assert_eq!(
            found[0].1.reference,
            RetrievalReference::Source { path: "app/[id]/a:b.ts".into(), start: 10, end: 12 }
        );
        assert_eq!(found[1].1.what, "of 2 rows");
    }

    #[test]
    fn what_is_no_marker() {
        for text in [
            "[lines left out: a:1-2]",
            "[0 lines left out: a:1-2]",
            "[3 lines left out: a]",
            "[3 lines left out: a:1-]",
            "[3 lines left out. Retrieve more: hash=AF1349B9F5F9A1A6A0404DEA]",
            "[3 lines left out. Retrieve more: hash=af1349b9f5f9a1a6a0404dea",
            "[3 lines left out. Retrieve more: hash=af1349b9f5f9]",
            "[3 \n lines left out: a:1-2]",
            "3 lines left out: a:1-2]",
        ] {
            assert_eq!(only(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(count in 1usize..1_000_000, what in "[a-z0-9 ,]{1,40}", path in "[^\n\\]]{1,40}", start in 1usize..99_999, more in 0usize..999, by_hash: bool) {
            prop_assume!(!what.contains("left out"));
            let reference = if by_hash { RetrievalReference::Hash(hash(&path)) } else { RetrievalReference::Source { path, start, end: start + more } };
            let marker = Marker { count, what, reference };
            let text = format!("# {marker}\n");
            prop_assert_eq!(only(&text), Some(marker));
        }

        #[test]
        fn any_text_is_read(text: String) {
            for (range, _) in markers(&text) {
                prop_assert!(text.get(range).is_some());
            }
        }
    }
}
