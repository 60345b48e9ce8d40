//! Words that say that something went wrong.

use std::sync::LazyLock;

use keywords::Keywords;

use crate::lines::Lines;

/// What begins a word that says so.
const STEMS: &[&str] = &[
    "abort",
    "assert",
    "bad ",
    "cannot",
    "can't",
    "caused by",
    "conflict",
    "corrupt",
    "could not",
    "couldn't",
    "crash",
    "critical",
    "deadlock",
    "denied",
    "deprecat",
    "died",
    "does not exist",
    "error",
    "exceed",
    "exception",
    "exhausted",
    "exited with",
    "fail",
    "fatal",
    "forbidden",
    "illegal",
    "incompatible",
    "invalid",
    "killed",
    "leak",
    "mismatch",
    "missing",
    "no such",
    "not found",
    "not ok",
    "out of memory",
    "overflow",
    "panic",
    "permission",
    "refused",
    "rejected",
    "revert",
    "segfault",
    "segmentation",
    "severe",
    "skipped",
    "suspend",
    "stack trace",
    "throttl",
    "timed out",
    "timeout",
    "traceback",
    "unable",
    "unauthorized",
    "undefined",
    "unexpected",
    "unhandled",
    "unreachable",
    "unrecognized",
    "unresolved",
    "unsupported",
    "violat",
    "vulnerab",
    "warn",
    "wrong",
    "xfail",
    "xpass",
];

/// Those that say that something failed, or warns of it: such a line is never one too many.
const GRAVE: &[&str] = &[
    "abort",
    "crash",
    "critical",
    "error",
    "exception",
    "fail",
    "fatal",
    "killed",
    "not ok",
    "panic",
    "segfault",
    "severe",
    "traceback",
    "warn",
];

static WORDS: LazyLock<Keywords> =
    LazyLock::new(|| Keywords::new(STEMS).expect("some dozens of short words"));

/// Which of `lines` say that something went wrong, in order.
pub(crate) fn lines(lines: &Lines) -> Vec<usize> {
    let mut found = Vec::new();
    for at in starts(lines.text()) {
        let line = lines.at(at);
        if found.last() != Some(&line) {
            found.push(line);
        }
    }
    found
}

/// Whether `text` says that something went wrong.
pub(crate) fn sounds(text: &str) -> bool {
    starts(text).next().is_some()
}

/// Whether `text` says that something failed or that it warns; `0 errors` and `failed=0` don't.
pub(crate) fn is_grave(text: &str) -> bool {
    starts(text).any(|start| {
        let word = &text.as_bytes()[start..];
        let is = |stem: &str| {
            word.get(..stem.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(stem.as_bytes()))
        };
        GRAVE.iter().any(|stem| is(stem)) && !counts_none(text, start)
    })
}

/// Whether the word at `start` is counted, and there is none of it.
fn counts_none(text: &str, start: usize) -> bool {
    let before = text[..start].trim_end();
    let none_before = ["0", "no", "No", "without"].iter().any(|none| {
        before.strip_suffix(none).is_some_and(|rest| {
            rest.len() < before.len() && !rest.ends_with(|c: char| c.is_alphanumeric() || c == '.')
        })
    });
    let after = text[after_word(text.as_bytes(), start)..].trim_start();
    let number = after.strip_prefix([':', '=']).map(str::trim_start);
    let none_after = number.is_some_and(|number| {
        number.starts_with('0')
            && !number[1..].starts_with(|c: char| c.is_ascii_digit() || c == '.')
    });
    none_before || none_after
}

/// Where such words begin. A part of a path or a name (`error_handler.py`, `src/errors/`) is none; the
/// end of a type's name (`ValueError:`) is one.
fn starts(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    WORDS.hits_apart(text).map(|hit| hit.range.start).filter(move |&start| {
        let begin = before_word(bytes, start);
        let end = after_word(bytes, start);
        let named =
            |b: Option<&u8>| b.is_some_and(|b| matches!(b, b'_' | b'/' | b'\\' | b'-' | b'.'));
        let joined_before = begin > 0 && named(bytes.get(begin - 1));
        let joined_after = match bytes.get(end) {
            Some(b'.') => bytes.get(end + 1).is_some_and(u8::is_ascii_alphanumeric),
            Some(b'_' | b'/' | b'\\') => true,
            Some(b'-') => bytes.get(end + 1).is_some_and(u8::is_ascii_alphanumeric),
            _ => false,
        };
        // Inside a word only the last part of a type's name counts.
        let type_name = begin < start && bytes[start].is_ascii_uppercase();
        (begin == start || type_name) && !joined_after && (!joined_before || type_name)
    })
}

/// No name is longer; it keeps the time linear.
const LONGEST_NAME: usize = 100;

fn before_word(bytes: &[u8], at: usize) -> usize {
    let from = at.saturating_sub(LONGEST_NAME);
    bytes[from..at].iter().rposition(|b| !b.is_ascii_alphanumeric()).map_or(from, |i| from + i + 1)
}

fn after_word(bytes: &[u8], at: usize) -> usize {
    let to = bytes.len().min(at + LONGEST_NAME);
    bytes[at..to].iter().position(|b| !b.is_ascii_alphanumeric()).map_or(to, |i| at + i)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sounds_wrong() {
        for text in [
            "ERROR worker",
            "warning: x",
            "json.decoder.JSONDecodeError: y",
            "1 failed",
            "not ok 3",
            "[error] x",
            "level=warn",
            "java.lang.NumberFormatException",
            "thread panicked",
            "Failures:",
        ] {
            assert!(sounds(text), "{text}");
        }
        for text in [
            "src/errors/mod.rs",
            "error_handler.py",
            "test_error_path PASSED",
            "terror",
            "foreword",
            "all fine",
        ] {
            assert!(!sounds(text), "{text}");
        }
    }

    #[test]
    fn what_is_grave() {
        for text in [
            "ERROR worker",
            "    FAIL [   0.2s] a::b",
            "10 failed",
            "failed: 30",
            "no retries, error 7",
            "ValueError: x",
            "0 warnings, 1 error",
        ] {
            assert!(is_grave(text), "{text}");
        }
        for text in ["0 errors", "no warnings", "failed=0, errors: 0", "12 skipped", "failed=0"] {
            assert!(!is_grave(text), "{text}");
        }
    }
}
