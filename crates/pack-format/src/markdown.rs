//! Packs in Markdown.
//!
//! ````text
//! # Context for: <task>
//! <!-- contextos pack v1 commit=<id|none> dirty=<yes|no> -->
//!
//! ## Redacted                 if a credential was redacted in the repository
//! ## Chosen                   the best files: 1. <end of the path that no other file has> — <evidence>
//! ## Also likely              a fenced list: a path, then `<line>: <text>` lines, above all signatures; after a line
//!                             `<folder>/`, files of that folder by their names
//! ## Files
//! ### <path>:<first>-<last>,<line>
//! ```<language>
//! <lines>
//! … <line>                    between two spans: where the next one begins
//! ```
//! ````

use std::borrow::Cow;
use std::ops::Range;

/// The beginning of the first line; the task follows.
pub const TITLE: &str = "# Context for: ";
/// The beginning of the second line, by which a pack is recognised.
pub const HEAD: &str = "<!-- contextos pack v1 ";
/// The beginning of a third line, which says that lines were elided after the pack was written.
pub const ELIDED: &str = "<!-- left out: ";
/// The heading of the list of redactions.
pub const REDACTED: &str = "## Redacted";
/// The heading of the list of the best files.
pub const CHOSEN: &str = "## Chosen";
/// The heading of the map: lines of files whose content isn't shown.
pub const MAP: &str = "## Also likely";
/// The heading before the files' content.
pub const FILES: &str = "## Files";
/// The beginning of a file's heading; path, colon and line ranges follow.
pub const FILE: &str = "### ";
/// The beginning of the line between two spans of a file; the number of the next line follows.
pub const GAP: &str = "… ";
/// The shortest fence around a file's content.
pub const MIN_FENCE: usize = 3;

/// Whether `text` begins as a pack does.
pub fn is_pack(text: &str) -> bool {
    let mut lines = text.lines();
    lines.next().is_some_and(|line| line.starts_with(TITLE.trim_end()))
        && lines.next().is_some_and(|line| line.starts_with(HEAD))
}

/// A file of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File<'a> {
    /// Its path, as shown.
    pub path: &'a str,
    /// The name of its language, from the opening fence.
    pub language: &'a str,
    /// The lines between its fences, by index from 0.
    pub block: Range<usize>,
    /// The spans in the block; none if the block doesn't have the lines that the heading declares.
    pub spans: Vec<Span>,
}

/// Consecutive lines of a file that a pack shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Its lines in the pack, by index from 0.
    pub lines: Range<usize>,
    /// The number of its first line in the file, from 1.
    pub first: usize,
}

/// A file of the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapEntry<'a> {
    /// Its path, with its folder.
    pub path: Cow<'a, str>,
    /// The lines of the entry in the pack, the path's included, by index from 0.
    pub lines: Range<usize>,
    /// The line numbers of its signatures in the file, from 1.
    pub signatures: Vec<usize>,
}

/// The files of a pack with these lines, best first.
pub fn files<'a>(lines: &[&'a str]) -> Vec<File<'a>> {
    let mut files = Vec::new();
    let mut at = lines.iter().position(|line| *line == FILES).unwrap_or(lines.len());
    while at + 1 < lines.len() {
        let heading = lines[at].strip_prefix(FILE).and_then(|rest| rest.rsplit_once(':'));
        let (Some((path, ranges)), Some((fence, language))) = (heading, fence(lines[at + 1]))
        else {
            at += 1;
            continue;
        };
        let start = at + 2;
        let end =
            (start..lines.len()).find(|&line| closes(lines[line], fence)).unwrap_or(lines.len());
        let block = start.min(end)..end;
        let spans = spans(block.clone(), ranges, lines).unwrap_or_default();
        files.push(File { path, language, block, spans });
        at = end + 1;
    }
    files
}

/// The map of a pack with these lines; empty if it has none.
pub fn map<'a>(lines: &[&'a str]) -> Vec<MapEntry<'a>> {
    let Some(heading) = lines.iter().position(|line| *line == MAP) else {
        return Vec::new();
    };
    let number = |line: &&str| line.split_once(": ").and_then(|(number, _)| number.parse().ok());
    let mut entries = Vec::new();
    let mut folder = "";
    let mut at = heading + 2;
    while at + 1 < lines.len() && fence(lines[at]).is_none() && !lines[at].starts_with('#') {
        if lines[at].ends_with('/') {
            folder = lines[at];
            at += 1;
            continue;
        }
        let path = match lines[at] {
            path if path.contains('/') || folder.is_empty() => Cow::Borrowed(path),
            name => Cow::Owned(format!("{folder}{name}")),
        };
        let signatures: Vec<usize> = lines[at + 1..].iter().map_while(number).collect();
        let end = at + 1 + signatures.len();
        entries.push(MapEntry { path, lines: at..end, signatures });
        at = end;
    }
    entries
}

/// The spans that `ranges` (`12-40,88`) declares, in the lines of a block.
fn spans(block: Range<usize>, ranges: &str, lines: &[&str]) -> Option<Vec<Span>> {
    let mut spans = Vec::new();
    let mut at = block.start;
    for range in ranges.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        if !spans.is_empty() {
            (at < block.end && lines[at].strip_prefix(GAP)? == first.to_string()).then_some(())?;
            at += 1;
        }
        let end = at.checked_add(last.checked_sub(first)?)?.checked_add(1)?;
        (end <= block.end).then_some(())?;
        spans.push(Span { lines: at..end, first });
        at = end;
    }
    (at == block.end).then_some(spans)
}

/// The backticks of a fence, and the name of the language after them.
fn fence(line: &str) -> Option<(&str, &str)> {
    let language = line.trim_start_matches('`');
    let backticks = &line[..line.len() - language.len()];
    (backticks.len() >= MIN_FENCE && !language.contains('`'))
        .then_some((backticks, language.trim()))
}

/// Whether `line` closes the block that `opening` opened.
fn closes(line: &str, opening: &str) -> bool {
    fence(line).is_some_and(|(closing, rest)| rest.is_empty() && closing.len() >= opening.len())
}

/// Line ranges as a file's heading has them: `12-40,88`. Each is a first and a last line, from 1.
pub fn ranges(lines: impl IntoIterator<Item = (u32, u32)>) -> String {
    let mut out = String::new();
    for (first, last) in lines {
        if !out.is_empty() {
            out.push(',');
        }
        out.push_str(&first.to_string());
        if last > first {
            out.push('-');
            out.push_str(&last.to_string());
        }
    }
    out
}

/// The path and the line ranges of a file's heading, without [`FILE`]: `src/a.py:12-40,88`. People and models name lines
/// like that, too.
pub fn path_and_ranges(heading: &str) -> Option<(&str, Vec<(u32, u32)>)> {
    let (path, ranges) = heading.rsplit_once(':').filter(|(path, _)| !path.is_empty())?;
    let range = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
    };
    Some((path, ranges.split(',').map(range).collect::<Option<_>>()?))
}

/// `pack` without the line that says that lines were elided from it ([`ELIDED`]), wherever a pack
/// begins in the text.
pub fn without_elided_note(pack: &str) -> String {
    let mut out = String::with_capacity(pack.len());
    let mut is_behind_head = false;
    for line in pack.split_inclusive('\n') {
        if !(is_behind_head && line.starts_with(ELIDED)) {
            out.push_str(line);
        }
        is_behind_head = line.starts_with(HEAD);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_are_short() {
        assert_eq!(ranges([(1, 3), (7, 7)]), "1-3,7");
    }

    #[test]
    fn a_heading_is_read_as_it_is_written() {
        assert_eq!(path_and_ranges("a b/c:d.rs:1-3,7"), Some(("a b/c:d.rs", vec![(1, 3), (7, 7)])));
        for other in
            ["a.rs", "a.rs:", ":7", "a.rs:x", "a.rs:1-", "a.rs:1,,2", "a.rs:-1", "a.rs:99999999999"]
        {
            assert_eq!(path_and_ranges(other), None, "{other}");
        }
    }

    #[test]
    fn files_and_their_spans_are_read() {
        let lines = [
            "## Files",
            "### a b/c:d.rs:2-3,7",
            "````rust",
            "two",
            "```",
            "… 7",
            "seven",
            "````",
            "### e.txt:1",
            "```text",
            "one",
            "```",
        ];
        let files = files(&lines);
        assert_eq!(files.iter().map(|file| file.path).collect::<Vec<_>>(), ["a b/c:d.rs", "e.txt"]);
        assert_eq!(
            files[0].spans,
            [Span { lines: 3..5, first: 2 }, Span { lines: 6..7, first: 7 }]
        );
        assert_eq!((files[1].language, files[1].block.clone()), ("text", 10..11));
    }

    #[test]
    fn a_block_that_is_not_what_its_heading_declares_has_no_spans() {
        for heading in
            ["### a:1-2", "### a:1,9", "### a:2-1", "### a:x", "### a:1-18446744073709551615"]
        {
            let lines = ["## Files", heading, "```", "one", "```"];
            assert_eq!(files(&lines)[0].spans, [], "{heading}");
        }
    }

    #[test]
    fn the_map_is_read() {
        let lines = [
            "## Also likely",
            "```text",
            "a.py",
            "3: def x():",
            "9: def y():",
            "c/",
            "b.py",
            "2: z",
            "d.py",
            "e/f.py",
            "```",
        ];
        let entry = |path: &'static str, lines, signatures: &[usize]| MapEntry {
            path: path.into(),
            lines,
            signatures: signatures.to_vec(),
        };
        assert_eq!(
            map(&lines),
            [
                entry("a.py", 2..5, &[3, 9]),
                entry("c/b.py", 6..8, &[2]),
                entry("c/d.py", 8..9, &[]),
                entry("e/f.py", 9..10, &[]),
            ]
        );
    }

    #[test]
    fn the_note_goes_where_it_follows_a_head_and_nowhere_else() {
        let note = format!("{ELIDED}3 lines -->\n");
        let pack = format!("{TITLE}x\n{HEAD}commit=none -->\n\n{note}");
        assert_eq!(without_elided_note(&pack), pack);
        let elided = format!("{TITLE}x\n{HEAD}commit=none -->\n{note}\n{note}");
        assert_eq!(without_elided_note(&elided), pack);
    }

    proptest! {
        #[test]
        fn any_lines_are_survived(
            lines in proptest::collection::vec(
                "(## Files|## Also likely|a/|### a:[0-9]{1,3}(-[0-9]{1,20})?|`{2,4}[a-z]{0,2}|… [0-9]|[0-9]: x|é?)",
                0..20,
            ),
        ) {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            for file in files(&lines) {
                prop_assert!(file.spans.iter().all(|span| span.lines.end <= file.block.end));
                prop_assert!(file.block.end <= lines.len());
            }
            prop_assert!(map(&lines).iter().all(|entry| entry.lines.end <= lines.len()));
        }
    }
}
