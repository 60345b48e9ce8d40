//! Splits mixed text into chunks of one kind each.

use std::ops::Range;

use json_index::{Index, lenient};

use crate::attached;
use crate::cut;
use crate::detect::{Detected, Detection, detect, fenced, is_maintained};
use crate::kinds::Kind;
use crate::lines::Lines;

/// The most lines of text before a JSON document. By hand, not measured.
const MOST_LINES_BEFORE: usize = 8;
/// How many braces behind a cut are tried as the beginning of an item, to bound the time. By hand, not measured.
const MOST_TRIED: usize = 20;

/// A chunk: its bytes and its kind. Chunks are whole lines, except where an agent puts its own text
/// and a tool's output on one line.
#[derive(Debug)]
pub(crate) struct DetectedChunk<'t> {
    pub range: Range<usize>,
    pub is: Detected,
    /// The index of a JSON document, if it was made already.
    pub json: Option<Index<'t>>,
    /// Whether it must stay as it is.
    pub is_kept: bool,
}

impl<'t> DetectedChunk<'t> {
    fn of(range: Range<usize>, detection: impl Into<Detection<'t>>) -> Self {
        let Detection { is, json } = detection.into();
        Self { range, is, json, is_kept: false }
    }
}

/// The chunks of `text`, in order; together they are all of it. What an agent attached is a chunk
/// of its own. Documents are split at their fenced blocks, terminal sessions at their prompts.
pub(crate) fn split<'t>(text: &'t str, hint: Option<&str>) -> Vec<DetectedChunk<'t>> {
    let content = attached::content(text);
    let attached = |range: Range<usize>| {
        let chunk = DetectedChunk {
            is_kept: true,
            ..DetectedChunk::of(range, Detected::plain(Kind::Text))
        };
        (!chunk.range.is_empty()).then_some(chunk)
    };
    let shifted = |chunk: DetectedChunk<'t>| {
        let range = content.start + chunk.range.start..content.start + chunk.range.end;
        DetectedChunk { range, ..chunk }
    };
    let mut chunks: Vec<DetectedChunk<'t>> = attached(0..content.start).into_iter().collect();
    chunks.extend(split_content(&text[content.clone()], hint).into_iter().map(shifted));
    chunks.extend(attached(content.end..text.len()));
    chunks
}

fn split_content<'t>(text: &'t str, hint: Option<&str>) -> Vec<DetectedChunk<'t>> {
    if is_maintained(text, hint) {
        return vec![DetectedChunk::of(0..text.len(), detect(text, hint))];
    }
    let lines = may_be_several(text).then(|| Lines::of(text));
    if let Some(chunks) = lines.as_ref().and_then(|lines| at_prompts(text, lines)) {
        return chunks;
    }
    if let Some(chunks) = at_document(text, hint).or_else(|| at_cut(text)) {
        return chunks;
    }
    let detection = detect(text, hint);
    let lines = lines.filter(|_| detection.is.kind.spec().has_fences());
    let chunks = lines.and_then(|lines| at_fences(text, &lines));
    chunks.unwrap_or_else(|| vec![DetectedChunk::of(0..text.len(), detection)])
}

/// Whether [`split`] may find several chunks in `text` at prompts or fences; `false` is certain.
pub(crate) fn may_be_several(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_sign = |at: usize| match bytes[at] {
        b'$' => bytes[at..].starts_with(b"$ ") && matches!(bytes[..at].last(), None | Some(b'\n')),
        sign => bytes[at..].starts_with(&[sign; 3]),
    };
    memchr::memchr3_iter(b'$', b'`', b'~', bytes).any(is_sign)
}

/// Splits a JSON document from the lines of text before and after it, such as the warnings of the
/// program that wrote it. `None` if the document isn't most of the text, or all of it.
fn at_document<'t>(text: &'t str, hint: Option<&str>) -> Option<Vec<DetectedChunk<'t>>> {
    let is_around = |text: &str| text.starts_with(['{', '[']) && text.ends_with(['}', ']']);
    if is_around(text.trim()) {
        return None;
    }
    let mut start = 0;
    let mut starts = text.split_inclusive('\n').take(MOST_LINES_BEFORE + 1).map(|line| {
        start += line.len();
        start - line.len()
    });
    let start = starts.find(|&start| text[start..].starts_with(['{', '[']))?;
    let whole = || cut::in_string(&text[start..]).map(|_| text[start..].trim_end().len());
    let end = start + lenient::value_length(&text[start..]).or_else(whole)?;
    let rest = &text[end..];
    let line_end = rest.len() - rest.trim_start_matches([' ', '\r']).len();
    let end = match rest[line_end..].strip_prefix('\n') {
        Some(after) => text.len() - after.len(),
        None if rest[line_end..].is_empty() => text.len(),
        None => return None,
    };
    if (end - start) * 2 < text.len() || text[end..].trim_start().starts_with(['{', '[']) {
        return None;
    }
    let outside = |range: Range<usize>| DetectedChunk::of(range, Detected::plain(Kind::Prose));
    let document = detect(&text[start..end], hint);
    let is_json = document.is.kind == Kind::Json;
    let mut chunks =
        vec![outside(0..start), DetectedChunk::of(start..end, document), outside(end..text.len())];
    chunks.retain(|chunk| !chunk.range.is_empty());
    (is_json && chunks.len() > 1).then_some(chunks)
}

/// Splits a JSON document on one line of which an agent has cut out the middle: into its beginning, the items behind the
/// cut, and what is between. `None` if it isn't such a document; one on many lines is read line by line, and one that is
/// cut in a string stays a document.
fn at_cut(text: &str) -> Option<Vec<DetectedChunk<'_>>> {
    let cut = cut::place(text)?;
    let head = text[..cut.start].trim_start();
    let is_json = head.starts_with(['{', '[']) && lenient::scan(head).is_some();
    if !is_json
        || cut::in_string(text).is_some()
        || memchr::memchr(b'\n', text.trim().as_bytes()).is_some()
    {
        return None;
    }
    let rest = &text[cut.end..];
    let begins_item = |at: &usize| rest[..*at].trim_end().ends_with(',');
    let mut starts =
        memchr::memchr_iter(b'{', rest.as_bytes()).filter(begins_item).take(MOST_TRIED);
    let start = starts.find(|&at| lenient::items(rest[at..].trim_end()).is_some());
    let start = cut.end + start.unwrap_or(rest.len());
    let between = DetectedChunk {
        is_kept: true,
        ..DetectedChunk::of(cut.start..start, Detected::plain(Kind::Text))
    };
    let json = |range: Range<usize>| DetectedChunk::of(range, Detected::plain(Kind::Json));
    let mut chunks = vec![json(0..cut.start), between, json(start..text.len())];
    chunks.retain(|chunk| !chunk.range.is_empty());
    Some(chunks)
}

/// Splits a document into the contents of its fenced blocks and the text outside, to which the
/// fences belong. `None` if there is no block, or one isn't closed.
fn at_fences<'t>(text: &'t str, lines: &Lines<'t>) -> Option<Vec<DetectedChunk<'t>>> {
    let mut blocks: Vec<(Range<usize>, &str)> = Vec::new();
    let mut open: Option<(usize, &str, &str)> = None;
    for (index, line) in lines.iter().enumerate() {
        let Some((fence, info)) = fence(line) else { continue };
        match open {
            None => open = Some((index, fence, info)),
            Some((start, opening, about)) if closes(fence, info, opening) => {
                blocks.push((lines.start(start + 1)..lines.start(index), about));
                open = None;
            }
            Some(_) => {}
        }
    }
    if blocks.is_empty() || open.is_some() {
        return None;
    }
    let mut chunks = Vec::new();
    let mut at = 0;
    let outside = |range: Range<usize>| DetectedChunk::of(range, Detected::plain(Kind::Prose));
    for (range, info) in blocks.into_iter().filter(|(range, _)| !range.is_empty()) {
        let is = fenced(&text[range.clone()], info);
        chunks.push(outside(at..range.start));
        at = range.end;
        chunks.push(DetectedChunk::of(range, is));
    }
    chunks.push(outside(at..text.len()));
    chunks.retain(|chunk| !chunk.range.is_empty());
    Some(chunks)
}

/// The characters of a fence, and the info string after them.
pub(crate) fn fence(line: &str) -> Option<(&str, &str)> {
    let inner = line.trim_start_matches(' ');
    let sign = inner.bytes().next().filter(|b| matches!(b, b'`' | b'~'))?;
    let length = inner.bytes().take_while(|b| *b == sign).count();
    let info = inner[length..].trim();
    (length >= 3 && line.len() - inner.len() <= 3 && !info.contains('`'))
        .then(|| (&inner[..length], info))
}

/// Whether a fence closes the block that `opening` opened.
pub(crate) fn closes(fence: &str, info: &str, opening: &str) -> bool {
    info.is_empty() && fence.len() >= opening.len() && fence.as_bytes()[0] == opening.as_bytes()[0]
}

/// Splits a terminal session into the outputs of its commands; `None` if it doesn't begin with a
/// prompt, or has only one.
fn at_prompts<'t>(text: &'t str, lines: &Lines<'t>) -> Option<Vec<DetectedChunk<'t>>> {
    let prompts: Vec<(usize, &str)> = lines
        .iter()
        .enumerate()
        .filter_map(|(index, line)| {
            let command = line.strip_prefix("$ ")?;
            command
                .starts_with(|c: char| c.is_ascii_alphabetic() || c == '.')
                .then_some((index, command))
        })
        .collect();
    let first = (0..lines.count()).find(|&index| !lines.get(index).trim().is_empty())?;
    if prompts.len() < 2 || prompts[0].0 != first {
        return None;
    }
    let mut chunks = Vec::new();
    let mut at = 0;
    let outside = |range: Range<usize>| DetectedChunk::of(range, Detected::plain(Kind::Prose));
    for (i, (index, command)) in prompts.iter().enumerate() {
        let start = lines.start(index + 1);
        let end = prompts.get(i + 1).map_or(text.len(), |(next, _)| lines.start(*next));
        chunks.push(outside(at..start));
        chunks.push(DetectedChunk::of(start..end, detect(&text[start..end], Some(command))));
        at = end;
    }
    chunks.retain(|chunk| !chunk.range.is_empty());
    Some(chunks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(Kind, &str)> {
        split(text, None).into_iter().map(|p| (p.is.kind, &text[p.range])).collect()
    }

    #[test]
    fn a_document_is_cut_at_its_blocks() {
        let text = "# Title\n\nSome words about it, and more of them.\n```json\n{\"a\": 1}\n```\nAnd the end of it all.\n";
        assert_eq!(
            kinds(text),
            [
                (Kind::Prose, "# Title\n\nSome words about it, and more of them.\n```json\n"),
                (Kind::Json, "{\"a\": 1}\n"),
                (Kind::Prose, "```\nAnd the end of it all.\n"),
            ]
        );
    }

    #[test]
    fn a_terminal_is_cut_at_its_prompts() {
        let text = "$ git diff\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n$ ls\na.txt\nb.txt\n";
        let kinds: Vec<Kind> = kinds(text).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, [Kind::Prose, Kind::Diff, Kind::Prose, Kind::Search]);
    }

    #[test]
    fn what_hangs_on_is_apart_and_decides_nothing() {
        let text = "Exit code: 1\nOutput: [{\"a\": 1}]\n<system-reminder>x</system-reminder>\n";
        assert_eq!(
            kinds(text),
            [
                (Kind::Text, "Exit code: 1\nOutput: "),
                (Kind::Json, "[{\"a\": 1}]\n"),
                (Kind::Text, "<system-reminder>x</system-reminder>\n"),
            ]
        );
        assert!(split(text, None).iter().map(|chunk| chunk.is_kept).eq([true, false, true]));
    }

    #[test]
    fn json_that_is_cut_through_an_escape_is_json() {
        let document = format!(r#"{{"output":"{}x\…7 tokens truncated…y"}}"#, r"line\n".repeat(60));
        for before in ["", "Output:\n\nTotal output lines: 1\n\n"] {
            let text = format!("{before}{document}");
            let last = *kinds(&text).last().unwrap();
            assert_eq!((last.0, last.1.trim_start()), (Kind::Json, document.as_str()));
        }
    }

    #[test]
    fn json_with_lines_around_it_is_json() {
        let document = "[\n  {\"a\": 1},\n  {\"a\": 2}\n]\n";
        let text = format!("warning: x\n{document}2 found\n");
        let expected =
            [(Kind::Prose, "warning: x\n"), (Kind::Json, document), (Kind::Prose, "2 found\n")];
        assert_eq!(kinds(&text), expected);
        for text in ["[info] {\n", "{\"a\": 1} and more\n", "[1]\n[2]\nx\n", "x\n{\"a\": \n"] {
            assert_eq!(kinds(text).len(), 1, "{text}");
        }
    }

    #[test]
    fn json_on_one_line_that_was_cut_has_a_beginning_and_an_end() {
        let item = |n: usize| format!("{{\"id\": {n}, \"name\": \"order {n}, paid\"}}");
        let items = |range: Range<usize>| range.map(item).collect::<Vec<_>>().join(", ");
        let head = format!("{{\"items\": [{}, {{\"id\": 6, \"na", items(0..6));
        for mark in
            ["…123 tokens truncated…", "…4567 chars truncated…", "[99 characters truncated]"]
        {
            for broken in ["er 70, paid\"}, ", "\"id\": 70, \"x\": {\"y\": 1}}, ", ", "] {
                let tail = format!("{}], \"total\": 80}}", items(71..80));
                let text = format!("{head}{mark}{broken}{tail}\n");
                let between = format!("{mark}{broken}");
                let tail = format!("{tail}\n");
                let expected =
                    [(Kind::Json, &*head), (Kind::Text, &*between), (Kind::Json, &*tail)];
                assert_eq!(kinds(&text), expected);
            }
            let numbers = format!("{head}{mark}, 1, 2, 3]\n");
            assert_eq!(kinds(&numbers).len(), 2, "{numbers}");
        }
        assert_eq!(kinds("[1, 2, … tokens truncated…, {}, {}]\n").len(), 1);
    }

    #[test]
    fn a_block_that_is_not_closed_is_none() {
        assert_eq!(kinds("words that are prose, all of them\n```\ncode\n").len(), 1);
    }
}
