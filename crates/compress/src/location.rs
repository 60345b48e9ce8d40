//! Source locations in diagnostics: `src/a.rs:12:5`, as compilers and linters write them.

use crate::diagnostic;
use crate::lines::Lines;

/// How many lines below a diagnostic its location may be. By hand, not measured.
const MOST_BELOW: usize = 2;
/// The longest path, in bytes. By hand, not measured.
const LONGEST_PATH: usize = 500;

/// A location at the beginning of some text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Location<'a> {
    /// Whether it has a column.
    has_column: bool,
    /// The text after it.
    rest: &'a str,
}

/// The line with the location of the diagnostic at `line`: this one, or one right below that holds
/// only a location; `None` if there is none.
pub(crate) fn of_diagnostic(lines: &Lines, line: usize) -> Option<usize> {
    if at_start(unlabelled(lines.get(line))).is_some() {
        return Some(line);
    }
    let below = line + 1..lines.count().min(line + 1 + MOST_BELOW);
    let mut below = below.take_while(|&below| !lines.get(below).trim().is_empty());
    below.find(|&below| is_pointer(lines.get(below)))
}

/// Whether `line` is a diagnostic that begins with its location, whatever its words: `a.py:3:80:
/// E501 …`, `a.go:3:7: x is unused`.
pub(crate) fn is_diagnostic(line: &str) -> bool {
    at_start(unlabelled(line)).is_some_and(|location| {
        let said = location.rest.trim_start_matches([':', ' ', '-']);
        !said.is_empty()
            && (location.has_column || begins_with_code(said) || diagnostic::is_diagnostic(said))
    })
}

/// Whether `line` holds only a location: `  --> src/a.rs:12:5`, `╭─[src/a.ts:1:1]`, `└─
/// lib/a.ex:12`.
fn is_pointer(line: &str) -> bool {
    let decoration = |c: char| !c.is_alphanumeric() && !matches!(c, '/' | '.' | '~' | '_' | '@');
    let inner = line.trim_start();
    let is_decorated = inner.starts_with(decoration);
    let location = at_start(inner.trim_start_matches(decoration));
    location
        .is_some_and(|location| is_decorated || location.rest.trim_matches([':', ' ']).is_empty())
}

/// `line` without indentation and a bracketed level before it, as Maven writes it.
fn unlabelled(line: &str) -> &str {
    let line = line.trim_start();
    let label = line.strip_prefix('[').and_then(|inner| inner.split_once("] "));
    match label {
        Some((label, rest)) if label.bytes().all(|b| b.is_ascii_uppercase()) => rest.trim_start(),
        _ => line,
    }
}

/// The location at the beginning of `text`: `path:12`, `path:12:5`, `path(12,5)`, `path:[12,5]`.
fn at_start(text: &str) -> Option<Location<'_>> {
    let searched = &text[..text.floor_char_boundary(LONGEST_PATH)];
    let is_path = |path: &str| {
        memchr::memchr2(b'.', b'/', path.as_bytes()).is_some()
            && path.contains(|c: char| c.is_alphabetic())
            && !path.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '(' | '='))
            && !path.contains("://")
    };
    // The drive of a path on Windows has a colon too.
    let first = usize::from(searched.get(1..2) == Some(":")) * 2;
    let signs = memchr::memchr2_iter(b':', b'(', searched.as_bytes());
    for at in signs.filter(|at| *at >= first.max(1)).take(4) {
        let (sign, behind) = (searched.as_bytes()[at], &text[at + 1..]);
        let inner = if sign == b':' { behind.strip_prefix('[') } else { Some(behind) };
        let close = if sign == b':' { ']' } else { ')' };
        let found = match inner {
            Some(inner) => bracketed(inner, close),
            None => plain(behind),
        };
        if let Some(location) = found {
            return is_path(&text[..at]).then_some(location);
        }
    }
    None
}

/// `12` or `12:5`, and the text after it.
fn plain(text: &str) -> Option<Location<'_>> {
    let rest = number(text)?;
    match rest.strip_prefix(':').and_then(number) {
        Some(rest) => Some(Location { has_column: true, rest }),
        None => {
            let ends = rest.is_empty() || rest.starts_with([':', ' ', ']', ')']);
            ends.then_some(Location { has_column: false, rest })
        }
    }
}

/// `12,5` or `12` before `close`, and the text after it.
fn bracketed(text: &str, close: char) -> Option<Location<'_>> {
    let rest = number(text)?;
    match rest.strip_prefix([',', ':']).and_then(number) {
        Some(rest) => Some(Location { has_column: true, rest: rest.strip_prefix(close)? }),
        None => Some(Location { has_column: false, rest: rest.strip_prefix(close)? }),
    }
}

/// The text after the number at the beginning of `text`.
fn number(text: &str) -> Option<&str> {
    let digits = text.bytes().take(8).take_while(u8::is_ascii_digit).count();
    (1..8).contains(&digits).then(|| &text[digits..])
}

/// Whether `said` begins with a rule's code: `E501`, `SC2086`, `TS2322`.
fn begins_with_code(said: &str) -> bool {
    let letters = said.bytes().take_while(u8::is_ascii_uppercase).count();
    let digits = said.bytes().skip(letters).take_while(u8::is_ascii_digit).count();
    (1..=6).contains(&letters) && (2..=5).contains(&digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diagnostics_with_a_place() {
        for line in [
            "src/a.c:12:5: warning: unused variable 'x' [-Wunused-variable]",
            "a.py:3:80: E501 line too long (88 > 79 characters)",
            "a.py:3: E501 line too long",
            "src/a.ts(12,5): error TS2322: no",
            "src/a.ts:12:5 - error TS2322: no",
            "[WARNING] /x/src/Foo.java:[12,5] uses unchecked operations",
            "  Foo.java:12: warning: [deprecation] stop() in Thread",
            "pkg/a.go:12:7: ineffectual assignment to err (ineffassign)",
            r"C:\src\a.cs(12,5): warning CS0168: declared but never used",
            "docs/a.rst:7: WARNING: Unknown target name",
        ] {
            assert!(is_diagnostic(line), "{line}");
        }
        for line in [
            "main.go:42: request 17 served",
            "10:00:00 INFO job 7",
            "127.0.0.1:8080: connected",
            "https://example.org:8443: refused",
            "    at run (src/a.js:12:5)",
            "Compiling a v1.2.3 (/x/a)",
            "x = f(1,2)",
        ] {
            assert!(!is_diagnostic(line), "{line}");
        }
    }

    #[test]
    fn a_place_below_belongs_to_what_is_said() {
        for (text, expected) in [
            ("warning: unused\n  --> src/a.rs:1:5\n", Some(1)),
            ("  ⚠ eslint: unused\n   ╭─[src/a.ts:1:1]\n", Some(1)),
            ("warning: variable \"x\" is unused\n  lib/a.ex:12\n", Some(1)),
            ("warning: x\n   │\n   └─ lib/a.ex:12:5: A.run/1\n", Some(2)),
            ("error: x\n    at run (src/a.js:12:5)\n", None),
            ("warning: x\n\nsrc/a.rs:1:5\n", None),
        ] {
            assert_eq!(of_diagnostic(&Lines::of(text), 0), expected, "{text}");
        }
    }
}
