//! A draft as text, with its markers.

use std::fmt::Write as _;
use std::ops::Range;

use crate::lines::Lines;
use crate::marker::{self, Marker, RetrievalReference};
use crate::options::Source;

use super::{CodeOmission, Draft, Segment};

/// A part with something left out of it.
pub(crate) struct Rendered {
    pub text: String,
    pub left: Vec<PlacedMarker>,
}

/// One thing that was left out.
pub(crate) struct PlacedMarker {
    pub marker: Marker,
    /// The lines of the part that the way back leads to.
    pub lines: Range<usize>,
    /// The bytes of the text that stand for them.
    pub at: Range<usize>,
}

/// How a reader gets back to what is left out.
#[derive(Debug)]
pub(crate) struct Reader {
    /// Where the part stands in a file that it can open.
    pub source: Option<Source>,
    /// Tokens that it reads again with each question, where that is known.
    pub has_read: Option<usize>,
}

/// Of a part of one and a half times as many bytes or more, each chunk of about so many has a way
/// back of its own, where nothing is known of the reader.
const CHUNK_BYTES: usize = 8 << 10;
/// Where everything is shown, only written otherwise, that is seldom asked for.
const CHUNK_BYTES_LOSSLESS: usize = 20 << 10;
/// What a question costs, with the chance that there is one, against what a longer answer does: of a
/// part of `n` tokens the cheapest number of chunks is the square root of `RETRIEVAL_WEIGHT * n` through the
/// tokens that are read again and `MARKER_WEIGHT`, which is what the markers cost the reader that asks
/// nothing.
const RETRIEVAL_WEIGHT: usize = 25;
const MARKER_WEIGHT: usize = 12_000;
/// A token is about so many bytes.
const BYTES_OF_A_TOKEN: usize = 3;
/// A part has at most so many ways back.
const MAX_REFERENCES: usize = 8;

/// `draft` of the part with these `lines`. Where the reader can open the file that the part is from, each chunk of code
/// that is left out has a marker with its lines. Else the markers are at the top: one, whose way back
/// leads to all of the part, so that what is asked for comes with what is around it; for a long part
/// one for each of some chunks, so that a reader who misses one thing needn't ask for everything.
pub(crate) fn render(lines: &Lines, draft: &Draft, back: &Reader) -> Rendered {
    let source = back.source.as_ref();
    let apart =
        source.filter(|_| draft.segments.iter().any(|segment| matches!(segment, Segment::Code(_))));
    let Rendered { mut text, mut left } = match apart {
        None => headed(lines, draft, back),
        Some(_) => Rendered { text: String::new(), left: Vec::new() },
    };
    for segment in &draft.segments {
        match segment {
            Segment::Lines(range) => text.push_str(lines.slice(range.clone())),
            Segment::Text(shown) => text.push_str(shown),
            Segment::Omitted(range, note) => push_omission(range, note, &mut text),
            Segment::Code(cut) => match apart {
                None => push_code_omission(
                    cut,
                    &format!("… lines {}-{}", cut.lines.start + 1, cut.lines.end),
                    &mut text,
                ),
                Some(source) => {
                    let marker = marker_of(cut, source);
                    let start = text.len();
                    push_code_omission(cut, &marker.to_string(), &mut text);
                    left.push(PlacedMarker {
                        marker,
                        lines: cut.lines.clone(),
                        at: start..text.len(),
                    });
                }
            },
        }
    }
    ended(lines, Rendered { text, left }, apart.is_none())
}

/// `shown`, which says all that `lines` say but for how `unit` was written, with markers that lead to
/// them.
pub(crate) fn with_references(
    lines: &Lines,
    shown: &str,
    unit: &'static str,
    back: &Reader,
) -> Rendered {
    let total = lines.count();
    let draft = Draft { unit, total, elided: total, ..Draft::default() };
    let mut rendered = headed(lines, &draft, back);
    rendered.text.push_str(shown);
    ended(lines, rendered, true)
}

/// The markers at the top of a part.
fn headed(lines: &Lines, draft: &Draft, back: &Reader) -> Rendered {
    let (open, close) = draft.comment.unwrap_or_default();
    let mut rendered = Rendered { text: String::new(), left: Vec::new() };
    for (marker, lines) in markers_of(lines, draft, back) {
        let start = rendered.text.len();
        push_comment(open, &marker.to_string(), close, &mut rendered.text);
        let at = start..rendered.text.len();
        rendered.left.push(PlacedMarker { marker, lines, at });
    }
    rendered
}

/// `rendered`, which ends as the part does.
fn ended(lines: &Lines, rendered: Rendered, is_headed: bool) -> Rendered {
    let Rendered { mut text, mut left } = rendered;
    match (lines.text().ends_with('\n'), text.ends_with('\n')) {
        (false, true) => drop(text.pop()),
        (true, false) => text.push('\n'),
        _ => {}
    }
    if let Some(last) = left.last_mut() {
        // What is shown stands for the part together with the last marker above it.
        last.at.end = if is_headed { text.len() } else { last.at.end.min(text.len()) };
    }
    Rendered { text, left }
}

/// The markers at the top of a part, and the lines that each leads to: together all of them.
fn markers_of(lines: &Lines, draft: &Draft, back: &Reader) -> Vec<(Marker, Range<usize>)> {
    let (part, all) = (lines.text(), 0..lines.count());
    if let Some(Source { path, line }) = &back.source {
        let end = line + lines.count() - 1;
        let reference = RetrievalReference::Source { path: path.clone(), start: *line, end };
        return vec![(whole(draft, reference), all)];
    }
    let elided = elided_before(draft, lines.count());
    let count = chunk_count(part, draft, back);
    let chunks = chunks(lines, elided.as_deref(), count);
    if chunks.len() < 2 {
        return vec![(whole(draft, RetrievalReference::Hash(marker::hash(part))), all)];
    }
    let marker = |range: Range<usize>| {
        let (first, last) = (range.start + 1, range.end);
        let (count, what) = match &elided {
            Some(before) => {
                (before[range.end] - before[range.start], format!("of lines {first}-{last}"))
            }
            // Something else stands for the lines, and its share of them is about this.
            None => {
                let share = draft.elided * range.len() / lines.count();
                (share.max(1), format!("{} in lines {first}-{last}", draft.unit))
            }
        };
        let reference = RetrievalReference::Hash(marker::hash(lines.slice(range.clone())));
        (Marker { count, what, reference }, range)
    };
    chunks.into_iter().map(marker).collect()
}

fn whole(draft: &Draft, reference: RetrievalReference) -> Marker {
    let what = format!("of {} {}", draft.total, draft.unit);
    Marker { count: draft.elided, what, reference }
}

/// How many chunks of a part are to have a way back of their own.
fn chunk_count(part: &str, draft: &Draft, back: &Reader) -> usize {
    let count = match back.has_read {
        Some(read) => {
            let tokens = part.len() / BYTES_OF_A_TOKEN;
            // Rounded: its square is at most the one of the number and a half.
            (4 * RETRIEVAL_WEIGHT * tokens / read.saturating_add(MARKER_WEIGHT)).isqrt().div_ceil(2)
        }
        None => {
            let size = if draft.elided < draft.total { CHUNK_BYTES } else { CHUNK_BYTES_LOSSLESS };
            (part.len() + size / 2) / size
        }
    };
    count.clamp(1, MAX_REFERENCES)
}

/// `count` chunks of a long part of about the same size, in each of which something is left out.
fn chunks(lines: &Lines, elided: Option<&[usize]>, count: usize) -> Vec<Range<usize>> {
    let size = lines.text().len().div_ceil(count);
    let mut out: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for line in 1..=lines.count() {
        let is_full = lines.start(line) - lines.start(start) >= size;
        let is_shown = elided.is_some_and(|before| before[line] == before[start]);
        if (is_full || line == lines.count()) && !is_shown {
            out.push(start..line);
            start = line;
        }
    }
    if let Some(last) = out.last_mut() {
        last.end = lines.count();
    }
    out
}

/// How many of the lines before each, and before the end, are left out; `None` where something else
/// stands for the part.
fn elided_before(draft: &Draft, count: usize) -> Option<Vec<usize>> {
    let omissions = draft.segments.iter().filter_map(|segment| match segment {
        Segment::Omitted(lines, _) => Some(lines),
        Segment::Code(cut) => Some(&cut.lines),
        Segment::Lines(_) | Segment::Text(_) => None,
    });
    let mut before = vec![0; count + 1];
    let mut is_any = false;
    for omission in omissions {
        is_any = true;
        before.get_mut(omission.start + 1..=omission.end)?.fill(1);
    }
    for line in 1..=count {
        before[line] += before[line - 1];
    }
    is_any.then_some(before)
}

fn marker_of(cut: &CodeOmission, source: &Source) -> Marker {
    let (start, end) = (source.line + cut.lines.start, source.line + cut.lines.end - 1);
    let reference = RetrievalReference::Source { path: source.path.clone(), start, end };
    Marker { count: cut.lines.len(), what: "lines".to_owned(), reference }
}

/// The short sign for lines that aren't shown; the marker above says how they are got back.
fn push_omission(range: &Range<usize>, note: &str, text: &mut String) {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let space = if note.is_empty() { "" } else { " " };
    // Writing to a String cannot fail.
    let _ = writeln!(text, "… {}{space}{note}", range.len());
}

pub(super) fn push_code_omission(cut: &CodeOmission, sign: &str, text: &mut String) {
    text.push_str(&cut.indent);
    text.push_str(cut.statement);
    push_comment(cut.comment.0, &format!("{sign}{}", cut.note), cut.comment.1, text);
}

fn push_comment(open: &str, inner: &str, close: &str, text: &mut String) {
    let before = if open.is_empty() { "" } else { " " };
    let after = if close.is_empty() { "" } else { " " };
    text.extend([open, before, inner, after, close, "\n"]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_part_is_got_back_by_stretches() {
        let part: String = (0..1500).map(|n| format!("line {n} of a long output\n")).collect();
        let omissions = vec![
            Segment::Lines(0..2),
            Segment::Omitted(2..1400, String::new()),
            Segment::Lines(1400..1500),
        ];
        let draft =
            Draft { segments: omissions, unit: "lines", total: 1500, elided: 1398, comment: None };
        let Rendered { text, left } =
            render(&Lines::of(&part), &draft, &Reader { source: None, has_read: None });
        let counts: Vec<usize> = left.iter().map(|left| left.marker.count).collect();
        assert_eq!((counts.len(), counts.iter().sum::<usize>()), (5, 1398));
        let found: Vec<Marker> = marker::markers(&text).map(|(_, marker)| marker).collect();
        assert!(left.iter().map(|left| &left.marker).eq(&found));
        assert!(left.windows(2).all(|two| two[0].lines.end == two[1].lines.start));
        assert_eq!((left[0].lines.start, left[4].lines.end), (0, 1500));
        assert!(text.starts_with("[") && left[4].at.end == text.len());
    }

    #[test]
    fn a_reader_that_has_read_much_gets_longer_stretches() {
        let part = "line of a long output\n".repeat(1500);
        let draft = Draft { total: 1500, elided: 1400, unit: "lines", ..Draft::default() };
        let count = |has_read| chunk_count(&part, &draft, &Reader { source: None, has_read });
        let counts = [Some(0), Some(20_000), Some(200_000), Some(usize::MAX / 2)].map(count);
        assert!(counts.is_sorted_by(|before, after| before > after || *after == 1), "{counts:?}");
        assert_eq!(counts[3], 1);
        assert_eq!(count(None), 4);
    }

    #[test]
    fn a_short_part_has_one_way_back() {
        let part = "line\n".repeat(100);
        let draft = Draft {
            segments: vec![Segment::Text("all of it\n".to_owned())],
            unit: "records",
            total: 50,
            elided: 50,
            comment: None,
        };
        let Rendered { text, left } =
            render(&Lines::of(&part), &draft, &Reader { source: None, has_read: None });
        assert!(text.starts_with("[50 of 50 records left out"));
        assert_eq!(left.len(), 1);
    }
}
