//! Detection by content.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use json_index::lenient;
use languages::Language;

use super::{Detected, beginnings, facts};
use crate::codecs::a_match;
use crate::kind::Kind;
use crate::words::{Columns, Words, is_blank};

/// How many lines are sampled.
const SAMPLE: usize = 400;
/// How many bytes of each line are examined.
const LONGEST: usize = 400;

/// Whether the content of `text` is plausible for the kind that its command or file name implies.
pub(super) fn agrees(text: &str, kind: Kind) -> bool {
    let sample = Sample::of(text);
    match kind {
        Kind::Json => is_json(text),
        Kind::Diff => sample.is_diff(),
        Kind::Html => sample.is_html(text),
        // Actual ones have been recognised before.
        Kind::Pack => false,
        Kind::Search => sample.mostly(50, |line| found(line) || is_path(line)),
        Kind::Table => !is_json(text) && sample.lines.len() >= 3,
        Kind::Log | Kind::TestOutput => !is_json(text) && !sample.is_diff(),
        Kind::Facts => !is_json(text) && !sample.is_diff() && !sample.mostly(30, is_logged),
        Kind::Trace | Kind::Code | Kind::Prose | Kind::Text => !is_json(text),
    }
}

/// The kind of `text`, by its content.
pub(super) fn looks_like(text: &str) -> Detected {
    let sample = Sample::of(text);
    let kind = match () {
        () if is_json(text) => Kind::Json,
        () if sample.is_html(text) => Kind::Html,
        () if sample.is_diff() => Kind::Diff,
        () if sample.mostly(50, found) => Kind::Search,
        () if sample.lines.len() >= 5 && sample.mostly(90, is_path) => Kind::Search,
        () if facts::are_assigned(&sample.lines) => Kind::Facts,
        () if sample.mostly(20, is_verdict) => Kind::TestOutput,
        () if sample.mostly(30, is_frame) => Kind::Trace,
        () if sample.is_table() => Kind::Table,
        () if sample.mostly(30, is_logged) => Kind::Log,
        () => match code(&sample) {
            Some(language) => return Detected { kind: Kind::Code, language },
            None if facts::are_named(&sample.lines) => Kind::Facts,
            None if sample.is_prose() => Kind::Prose,
            None => Kind::Text,
        },
    };
    Detected::plain(kind)
}

/// A document, JSON Lines, or the non-empty beginning of a truncated document.
fn is_json(text: &str) -> bool {
    lenient::scan(text).is_some_and(|json| json.children(json.root_id()).next().is_some())
}

/// A sample of the lines of a text, without blank ones.
struct Sample<'a> {
    lines: Vec<&'a str>,
}

impl<'a> Sample<'a> {
    /// Half of them are from the beginning, half from the middle on.
    fn of(text: &'a str) -> Self {
        let middle = text.floor_char_boundary(text.len() / 2);
        let rest = text[middle..].split_once('\n').map_or("", |(_, rest)| rest);
        let lines = |text: &'a str, most: usize| {
            text.lines()
                .take(4 * most)
                .filter(|line| !line.trim().is_empty())
                .map(|line| &line[..line.floor_char_boundary(LONGEST)])
                .take(most)
        };
        let mut sampled: Vec<&str> = lines(text, SAMPLE / 2).collect();
        if sampled.len() == SAMPLE / 2 {
            sampled.extend(lines(rest, SAMPLE / 2));
        }
        Self { lines: sampled }
    }

    /// Whether `is` holds for at least this percentage of the lines; stops as soon as that is
    /// decided.
    fn mostly(&self, percent: usize, is: impl Fn(&str) -> bool) -> bool {
        let needed = (self.lines.len() * percent).div_ceil(100).max(1);
        let mut may_fail = self.lines.len().saturating_sub(needed);
        let mut found = 0;
        for line in &self.lines {
            if is(line) {
                found += 1;
                if found == needed {
                    return true;
                }
            } else if may_fail == 0 {
                return false;
            } else {
                may_fail -= 1;
            }
        }
        false
    }

    fn is_diff(&self) -> bool {
        let hunk = |line: &&str| line.starts_with("@@ -") && line[4..].contains(" @@");
        let head = |pair: &[&str]| pair[0].starts_with("--- ") && pair[1].starts_with("+++ ");
        let git = self.lines.iter().any(|line| line.starts_with("diff --git "));
        git || (self.lines.windows(2).any(head) && self.lines.iter().any(hunk))
    }

    fn is_html(&self, text: &str) -> bool {
        let start: String = text.trim_start().chars().take(15).collect::<String>().to_lowercase();
        let tagged = |line: &str| {
            let line = line.trim_start();
            line.starts_with('<')
                && line[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
                && line.contains('>')
        };
        start.starts_with("<!doctype html")
            || start.starts_with("<html")
            || (self.lines.len() >= 5
                && self.mostly(60, tagged)
                && text.contains("</")
                && has_html_tag(text))
    }

    /// Aligned columns: the rows of `ls -l` and `find -ls`, or words that begin at the same offsets
    /// in most lines, with space between them.
    fn is_table(&self) -> bool {
        if self.mostly(50, is_mode_row) {
            return true;
        }
        if self.lines.len() < 5 {
            return false;
        }
        if Columns::marked(self.lines.iter().copied()).is_some() {
            return true;
        }
        let mut starts: Vec<usize> = Vec::new();
        let is_wide = |line: &str| {
            line.trim_start().as_bytes().windows(2).any(|pair| pair.iter().copied().all(is_blank))
        };
        for line in self.lines.iter().filter(|line| is_wide(line)) {
            let words = Words::of(line, 64);
            let mut at = 0;
            for index in 0..words.len() {
                at += words.gap(index).len();
                if index > 0 && words.gap(index).len() >= 2 {
                    starts.push(at);
                }
                at += words.word(index).len();
            }
        }
        starts.sort_unstable();
        let common =
            starts.chunk_by(|a, b| a == b).filter(|run| run.len() * 10 >= self.lines.len() * 8);
        common.count() >= 2
    }

    /// Sentences, with or without headings between them.
    fn is_prose(&self) -> bool {
        let sentence = |line: &str| {
            let words = line.split_whitespace().count();
            let letters = line.chars().filter(|c| c.is_alphabetic() || *c == ' ').count();
            words >= 5 && letters * 100 >= line.chars().count() * 85
        };
        self.mostly(40, sentence)
    }
}

fn has_html_tag(text: &str) -> bool {
    let sample = text[..text.floor_char_boundary(20_000)].to_ascii_lowercase();
    ["<div", "<p>", "<span", "<table", "<ul", "<body", "<head", "<a href"]
        .iter()
        .any(|tag| sample.contains(tag))
}

/// `path:line:text`, if the text before the number resembles a path.
fn found(line: &str) -> bool {
    line == "--"
        || a_match(line).is_some_and(|(path, ..)| {
            !path.contains(char::is_whitespace)
                && path.contains(|c: char| c.is_alphabetic())
                && path.contains(['.', '/', '_'])
        })
        || is_context(line)
}

/// `path-line-text`: what `grep -C` shows around a match.
fn is_context(line: &str) -> bool {
    let mut parts = line.split('-');
    let path = parts.next().unwrap_or("");
    let numbered = parts.any(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    numbered && path.contains(['.', '/']) && !path.contains(char::is_whitespace)
}

fn is_path(line: &str) -> bool {
    !line.contains([' ', '\t', ':', '(', '{', ';', '=', ',', '"'])
        && line.contains(['/', '.'])
        && line.contains(|c: char| c.is_alphabetic())
}

/// A frame of a stack trace, or a line that begins or continues a trace.
fn is_frame(line: &str) -> bool {
    let inner = line.trim_start();
    let indented = inner.len() < line.len();
    let numbered = |text: &str| {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        digits > 0 && text[digits..].starts_with(": ")
    };
    let starts =
        ["at ", "File \"", "... ", "^^", "from "].iter().any(|start| inner.starts_with(start));
    let place = || inner.starts_with('/') && inner.contains(".go:");
    (indented && (starts || numbered(inner) || place()))
        || line.starts_with("Traceback (")
        || line.starts_with("Caused by: ")
        || line.starts_with("goroutine ")
}

/// A row of `ls -l` or `find -ls`.
fn is_mode_row(line: &str) -> bool {
    line.split_ascii_whitespace().take(3).any(|word| {
        let mode = word.as_bytes();
        (10..=11).contains(&mode.len())
            && b"-dlbcps".contains(&mode[0])
            && mode[1..10].iter().all(|b| b"rwxsStT-".contains(b))
    })
}

/// The result of one test, or of building one thing.
fn is_verdict(line: &str) -> bool {
    let inner = line.trim();
    [
        "ok ",
        "not ok ",
        "# Subtest: ",
        "--- PASS",
        "--- FAIL",
        "=== RUN",
        "PASS ",
        "FAIL ",
        "✓",
        "✔",
        "✕",
        "✗",
        "√",
    ]
    .iter()
    .any(|start| inner.starts_with(start))
        || ["PASSED", "FAILED", "SKIPPED", "XFAIL", "... ok", "... FAILED", "... ignored", "PASS"]
            .iter()
            .any(|end| inner.ends_with(end))
        || VERDICTS.is_match(line)
}

/// The names of log levels.
static LEVELS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    any_of(&["INFO", "DEBUG", "WARN", "ERROR", "TRACE", "FATAL", "info:", "[info]", "level="])
});

/// Words in the results of tests and builds.
static VERDICTS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    any_of(&[" PASSED ", " FAILED ", " SKIPPED ", "Compiling ", "Downloading ", "Downloaded "])
});

/// A case-sensitive search for any of a few short words.
pub(crate) fn any_of(words: &[&str]) -> AhoCorasick {
    #[allow(clippy::expect_used, reason = "a few short words, the same in every process")]
    AhoCorasick::new(words).expect("short words make a small automaton")
}

/// A line with a timestamp or a level at its beginning.
fn is_logged(line: &str) -> bool {
    let head = &line[..line.floor_char_boundary(48)];
    LEVELS.is_match(head) || has_time(head)
}

/// Whether `text` contains a time or a date: `12:34:56`, `2026-03-01`.
fn has_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |at: usize, count: usize| {
        bytes.get(at..at + count).is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    (0..bytes.len()).any(|at| {
        let sign = |offset: usize, sign: u8| bytes.get(at + offset) == Some(&sign);
        (digits(at, 2) && sign(2, b':') && digits(at + 3, 2) && sign(5, b':') && digits(at + 6, 2))
            || (digits(at, 4)
                && sign(4, b'-')
                && digits(at + 5, 2)
                && sign(7, b'-')
                && digits(at + 8, 2))
    })
}

/// The language that the lines are most likely of.
fn code(sample: &Sample) -> Option<Language> {
    beginnings::language(sample.lines.iter().map(|line| unnumbered(line).trim_start()))
}

/// `line` without a line number as `cat -n` writes it.
pub(crate) fn unnumbered(line: &str) -> &str {
    let inner = line.trim_start_matches(' ');
    let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return line;
    }
    let rest = &inner[digits..];
    rest.strip_prefix('\t')
        .or_else(|| rest.strip_prefix('→'))
        .or_else(|| rest.strip_prefix(": "))
        .unwrap_or(line)
}
