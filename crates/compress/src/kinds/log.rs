//! Log lines.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use languages::Language;

use super::diff::is_diff;
use super::json::is_json;
use super::{KeptLines, TextKind, plain};
use crate::codecs::{Codec, Numbers, Repeats, Rows};
use crate::detect::{File, Sample};
use crate::elide::{Context, Draft, log};
use crate::lines::Lines;
use crate::words::any_of;

/// See the [module](self).
pub(super) struct Log;

impl TextKind for Log {
    fn name(&self) -> &'static str {
        "log"
    }

    fn programs(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("dmesg", ""),
            ("docker", "logs"),
            ("journalctl", ""),
            ("kubectl", "logs"),
        ]
    }

    fn is_in(&self, file: &File) -> bool {
        file.language == Language::Text && file.path.ends_with(".log")
    }

    fn agrees(&self, sample: &Sample) -> bool {
        !is_json(sample) && !is_diff(sample)
    }

    fn looks_like(&self, sample: &Sample) -> Option<Language> {
        plain(sample.mostly(30, is_logged))
    }

    fn has_fences(&self) -> bool {
        true
    }

    fn may_be_cut(&self) -> bool {
        true
    }

    fn codecs<'k>(&self, kept: &'k KeptLines<'_>) -> Vec<Box<dyn Codec + 'k>> {
        vec![Box::new(Rows::words(kept)), Box::new(Repeats), Box::new(Numbers)]
    }

    fn unusual(&self, lines: &Lines) -> Vec<usize> {
        log::unusual(lines)
    }

    fn draft(&self, lines: &Lines, _language: Language, context: &Context) -> Option<Draft> {
        log::commits_or_lines(lines, context)
    }
}

/// The names of log levels.
static LEVELS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    any_of(&["INFO", "DEBUG", "WARN", "ERROR", "TRACE", "FATAL", "info:", "[info]", "level="])
});

/// A line with a timestamp or a level at its beginning.
pub(super) fn is_logged(line: &str) -> bool {
    let head = &line[..line.floor_char_boundary(48)];
    (may_have_level(head.as_bytes()) && LEVELS.is_match(head)) || has_time(head)
}

/// Whether there are two bytes next to each other as in each of [`LEVELS`]: two capitals, the middle of `info`, or the
/// end of `level=`. Looks at all bytes, a vector of them at a time.
fn may_have_level(head: &[u8]) -> bool {
    let next = head.get(1..).unwrap_or_default();
    let is_pair = |(one, next): (&u8, &u8)| {
        u8::from(
            (one.is_ascii_uppercase() & next.is_ascii_uppercase())
                | ((*one == b'n') & (*next == b'f'))
                | ((*one == b'l') & (*next == b'=')),
        )
    };
    head.iter().zip(next).map(is_pair).fold(0, |found, pair| found | pair) > 0
}

/// Whether `text` contains a time or a date: `12:34:56`, `2026-03-01`.
fn has_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |at: usize, count: usize| {
        bytes.get(at..at + count).is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    // A sign stands between digits, and the same sign behind the next two.
    memchr::memchr2_iter(b':', b'-', bytes).any(|at| {
        let before = if bytes[at] == b':' { 2 } else { 4 };
        bytes.get(at + 3) == Some(&bytes[at])
            && at.checked_sub(before).is_some_and(|start| digits(start, before))
            && digits(at + 1, 2)
            && digits(at + 4, 2)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_dates_are_found_anywhere() {
        for text in ["12:34:56", "at 2026-03-01T", "x1:12:34:567", "9:99:12:34:56", "12026-03-011", "2026:03:01x"] {
            assert!(has_time(text), "{text}");
        }
        for text in ["", "1:34:56", "12:34-56", "12:3:56", "026-03-01", "2026-3-01", "a:b:c", "12:34:5"] {
            assert!(!has_time(text), "{text}");
        }
    }
}
