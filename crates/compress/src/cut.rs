//! Outputs of which an agent has cut out the middle.
//!
//! Codex cuts by the character, also in JSON in which the output of a command is one long string. Where the
//! cut goes through an escape, half of it is left before or behind the cut, and the document isn't JSON any more.

use std::ops::Range;

use json_index::lenient;

/// What agents put in the place of what they cut out, before and after how much that was.
const CUTS: [(&str, &str); 3] =
    [("…", " tokens truncated…"), ("…", " chars truncated…"), ("[", " characters truncated]")];
/// What all of them have in common.
const TRUNCATED: &[u8] = b" truncated";
/// A string with so many bytes before or behind the cut is a text, not the value of a record. By hand, not measured.
const SHORTEST: usize = 200;
/// The most hex digits that are left of an escape of which some are cut off.
const MOST_DIGITS_LEFT: usize = 3;

/// The place of the first cut in `text`.
pub(crate) fn place(text: &str) -> Option<Range<usize>> {
    memchr::memmem::find(text.as_bytes(), TRUNCATED)?;
    CUTS.iter().find_map(|(before, after)| {
        let end = memchr::memmem::find(text.as_bytes(), after.as_bytes())?;
        let head = &text[..end];
        let start = head.trim_end_matches(|c: char| c.is_ascii_digit());
        let is_counted = start.len() < head.len();
        let start = start.strip_suffix(before).filter(|_| is_counted)?;
        Some(start.len()..end + after.len())
    })
}

/// A JSON document that is cut in one of its strings, perhaps through an escape.
pub(crate) struct InString {
    /// The document with a text of the same length in the place of the cut, so that it is JSON.
    pub mended: String,
    /// The cut, with what is left of escapes around it.
    pub gap: Range<usize>,
}

/// `document`, if nothing but a cut in a long string keeps it from being JSON.
pub(crate) fn in_string(document: &str) -> Option<InString> {
    if !document.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let cut = place(document)?;
    let start = cut.start - half_escape(&document[..cut.start]);
    let before = &document.as_bytes()[..start];
    if ends_string(&before[before.len().saturating_sub(SHORTEST)..])
        && ends_string(&document.as_bytes()[cut.end..][..SHORTEST.min(document.len() - cut.end)])
    {
        return None;
    }
    // Behind the cut, what is left of an escape is a letter or digits, which are like any others, or one of these.
    let behind = usize::from(document[cut.end..].starts_with(['"', '\\']));
    (0..=behind).map(|more| start..cut.end + more).find_map(|gap| {
        let filler = ".".repeat(gap.len());
        let mended = [&document[..gap.start], filler.as_str(), &document[gap.end..]].concat();
        lenient::document(&mended)?;
        Some(InString { mended, gap })
    })
}

/// Whether there is a quote in a part of a document that isn't escaped.
fn ends_string(part: &[u8]) -> bool {
    memchr::memchr_iter(b'"', part).any(|at| {
        let backslashes = part[..at].iter().rev().take_while(|byte| **byte == b'\\').count();
        backslashes % 2 == 0
    })
}

/// The bytes of the escape at the end of `text` that isn't complete.
fn half_escape(text: &str) -> usize {
    let is_begun = |text: &str| {
        let backslashes = text.len() - text.trim_end_matches('\\').len();
        backslashes % 2 == 1
    };
    if is_begun(text) {
        return 1;
    }
    let digits =
        text.bytes().rev().take_while(u8::is_ascii_hexdigit).take(MOST_DIGITS_LEFT).count();
    (0..=digits)
        .find(|digits| text[..text.len() - digits].strip_suffix('u').is_some_and(is_begun))
        .map_or(0, |digits| digits + "\\u".len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_cuts_say_that_something_is_truncated() {
        for (_, after) in CUTS {
            assert!(after.as_bytes().windows(TRUNCATED.len()).any(|part| part == TRUNCATED));
        }
    }

    #[test]
    fn every_place_of_a_cut_leaves_json() {
        let rest = r#"x \"y\" \\ z\n\u00e9\ud83d\ude00, \\\"q\\\""#;
        let document = format!(r#"{{"a":1,"output":"{}{rest}","b":[2]}}"#, "line ".repeat(40));
        let inside = document.find('x').unwrap()..document.find("\",\"b").unwrap();
        let places = || inside.clone().filter(|at| document.is_char_boundary(*at));
        for from in places() {
            for to in places().filter(|to| *to > from) {
                let text = format!("{}…7 tokens truncated…{}", &document[..from], &document[to..]);
                // Behind half of an escaped quote or backslash the next character may be another one's.
                let is_read = lenient::document(&text).is_some() || in_string(&text).is_some();
                let is_ambiguous =
                    document[..to].ends_with('\\') && document[to..].starts_with('\\');
                assert!(is_read || is_ambiguous, "{text}");
                if let Some(InString { mended, gap }) = in_string(&text) {
                    assert_eq!(mended.len(), text.len());
                    assert!(text[gap].contains("…7 tokens truncated…"));
                }
            }
        }
    }

    #[test]
    fn what_is_no_cut_document() {
        for text in [
            "",
            "{\"a\": \"x\\…7 tokens truncated… y\"",
            "x\\…7 tokens truncated… y",
            "{\"a\": \"x\\… tokens truncated… y\"}",
        ] {
            assert!(in_string(text).is_none(), "{text}");
        }
    }
}
