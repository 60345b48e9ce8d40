//! Diffs: every changed line of source is kept, with one line of context on each side; changes in
//! generated files are only counted.

use std::fmt::Write as _;

use super::{Context, Draft, Segment};
use crate::lines::Lines;

/// The lines of context kept around a change. By hand, not measured.
const AROUND: usize = 1;
/// Fewer lines between two changes are kept: the head of another hunk would cost more. By hand, not
/// measured.
const FEWEST_BETWEEN: usize = 3;
/// Suffixes of the names of generated files.
const GENERATED: &[&str] = &[
    "-lock.json",
    "-lock.yaml",
    ".lock",
    ".lockb",
    ".min.css",
    ".min.js",
    ".map",
    ".pb.go",
    ".snap",
    "_pb2.py",
    "go.sum",
    "npm-shrinkwrap.json",
    ".generated.ts",
    ".g.dart",
];

pub(crate) fn draft(lines: &Lines, context: &Context) -> Option<Draft> {
    let named = context.task.lines(lines);
    let mut writer = Writer { lines, named: &named, out: String::new(), elided: 0 };
    let mut at = 0;
    while at < lines.count() {
        at = match Hunk::read(lines, at) {
            Some(hunk) => writer.hunk(&hunk),
            None => writer.head(at),
        };
    }
    let Writer { out, elided, .. } = writer;
    let segments = vec![Segment::Text(out)];
    (elided > 0).then_some(Draft {
        segments,
        unit: "lines".into(),
        total: lines.count(),
        elided,
        ..Draft::default()
    })
}

/// A hunk: `@@ -old,… +new,… @@ heading` and its lines.
struct Hunk<'a> {
    head: usize,
    end: usize,
    old: usize,
    new: usize,
    heading: &'a str,
}

impl<'a> Hunk<'a> {
    fn read(lines: &Lines<'a>, at: usize) -> Option<Self> {
        let (ranges, heading) = lines.get(at).strip_prefix("@@ -")?.split_once(" @@")?;
        let (old, new) = ranges.split_once(" +")?;
        let range = |text: &str| -> Option<(usize, usize)> {
            let (start, count) = text.split_once(',').unwrap_or((text, "1"));
            Some((start.parse().ok()?, count.parse().ok()?))
        };
        let ((old, mut of_old), (new, mut of_new)) = (range(old)?, range(new)?);
        let mut end = at + 1;
        while end < lines.count() && (of_old > 0 || of_new > 0) {
            let (from_old, from_new) = match lines.get(end).as_bytes().first() {
                Some(b' ') | None => (1, 1),
                Some(b'-') => (1, 0),
                Some(b'+') => (0, 1),
                Some(b'\\') => (0, 0),
                Some(_) => return None,
            };
            of_old = of_old.checked_sub(from_old)?;
            of_new = of_new.checked_sub(from_new)?;
            end += 1;
        }
        if end < lines.count() && lines.get(end).starts_with('\\') {
            end += 1;
        }
        Some(Self { head: at, end, old, new, heading })
    }
}

struct Writer<'l, 'a> {
    lines: &'l Lines<'a>,
    named: &'l [usize],
    out: String,
    elided: usize,
}

impl Writer<'_, '_> {
    /// Writes the line at `at`, which is in no hunk, unless it is redundant; for a generated file,
    /// the number of changes in it.
    fn head(&mut self, at: usize) -> usize {
        let line = self.lines.get(at);
        let next = if at + 1 < self.lines.count() { self.lines.get(at + 1) } else { "" };
        let repeated = (line.starts_with("diff ") && self.file_follows(at))
            || line.starts_with("index ")
            || (line.starts_with("--- ") && next.starts_with("+++ ") && same_file(line, next))
            || line.starts_with("====");
        if repeated {
            self.elided += 1;
            return at + 1;
        }
        let is_file = line.starts_with("+++ ") || line.starts_with("--- ");
        let shown = if is_file { line.split('\t').next().unwrap_or(line) } else { line };
        let path = shown.trim_end();
        self.out.push_str(shown);
        if is_file && line.starts_with("+++ ") && GENERATED.iter().any(|end| path.ends_with(end)) {
            return self.counted(at + 1);
        }
        self.out.push('\n');
        at + 1
    }

    /// Whether the names of the file follow, so that the line at `at` is redundant.
    fn file_follows(&self, at: usize) -> bool {
        (at + 1..self.lines.count().min(at + 6))
            .map(|line| self.lines.get(line))
            .take_while(|line| !line.starts_with("diff "))
            .any(|line| line.starts_with("+++ "))
    }

    /// Counts the changed lines of the hunks from `at` on.
    fn counted(&mut self, at: usize) -> usize {
        let mut end = at;
        while end < self.lines.count() {
            match Hunk::read(self.lines, end) {
                Some(hunk) => end = hunk.end,
                None => break,
            }
        }
        let count = |sign: char| (at..end).filter(|&i| self.lines.get(i).starts_with(sign)).count();
        let _ = writeln!(self.out, " (+{} -{})", count('+'), count('-'));
        self.elided += end - at;
        end
    }

    /// Writes a hunk as one or more hunks with less context.
    fn hunk(&mut self, hunk: &Hunk) -> usize {
        let body = hunk.head + 1..hunk.end;
        let changed =
            |line: usize| !matches!(self.lines.get(line).as_bytes().first(), Some(b' ') | None);
        let says = |line: &usize| self.lines.get(*line).bytes().any(|b| b.is_ascii_alphanumeric());
        let mut stays: Vec<bool> = body
            .clone()
            .map(|line| {
                let near =
                    line.saturating_sub(AROUND).max(body.start)..=(line + AROUND).min(body.end - 1);
                let near = changed(line) || (near.into_iter().any(changed) && says(&line));
                near || self.named.binary_search(&line).is_ok()
            })
            .collect();
        fill_short_gaps(&mut stays);
        let (mut old, mut new) = (hunk.old, hunk.new);
        let mut line = body.start;
        let mut heading = hunk.heading;
        while line < body.end {
            let shown = stays[line - body.start..].iter().take_while(|stays| **stays).count();
            let (from_old, from_new) = self.sizes(line..line + shown);
            if shown > 0 {
                // Writing to a String cannot fail.
                let _ = writeln!(self.out, "@@ -{old},{from_old} +{new},{from_new} @@{heading}");
                self.out.push_str(self.lines.slice(line..line + shown));
                heading = "";
            } else {
                self.elided += 1;
            }
            let step = shown.max(1);
            let (of_old, of_new) = self.sizes(line..line + step);
            (old, new, line) = (old + of_old, new + of_new, line + step);
        }
        hunk.end
    }

    /// How many of these lines are in the old file, and how many in the new one.
    fn sizes(&self, range: std::ops::Range<usize>) -> (usize, usize) {
        range.fold((0, 0), |(old, new), line| match self.lines.get(line).as_bytes().first() {
            Some(b'-') => (old + 1, new),
            Some(b'+') => (old, new + 1),
            Some(b'\\') => (old, new),
            _ => (old + 1, new + 1),
        })
    }
}

/// Keeps short runs between two kept ones.
fn fill_short_gaps(stays: &mut [bool]) {
    let mut last: Option<usize> = None;
    for line in 0..stays.len() {
        if stays[line] {
            match last {
                Some(last) if line - last <= FEWEST_BETWEEN => stays[last..line].fill(true),
                _ => {}
            }
            last = Some(line);
        }
    }
}

/// Whether `--- a/x` and `+++ b/x` name the same file in two folders.
fn same_file(old: &str, new: &str) -> bool {
    path_below(old).is_some()
        && path_below(old) == path_below(new)
        && !old.contains("/dev/null")
        && !new.contains("/dev/null")
}

/// The path in `--- a/path`, without its first folder.
fn path_below(line: &str) -> Option<&str> {
    let name = line[4..].split('\t').next()?.trim_end();
    name.split_once('/').map(|(_, rest)| rest)
}
