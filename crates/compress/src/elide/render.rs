//! Renders a draft as text with markers.

use std::fmt::Write as _;
use std::ops::Range;

use crate::lines::Lines;
use crate::marker::{self, Marker, RetrievalReference};
use crate::options::Source;

use super::{CodeOmission, Draft, Segment};

/// A rendered chunk.
pub(crate) struct Rendered {
    pub text: String,
    pub markers: Vec<PlacedMarker>,
}

/// A marker in the rendered text.
pub(crate) struct PlacedMarker {
    pub marker: Marker,
    /// The lines of the chunk that its reference retrieves.
    pub lines: Range<usize>,
    /// The bytes of the rendered text that replace those lines.
    pub at: Range<usize>,
}

/// What is known about the reader, to choose the retrieval references.
#[derive(Debug)]
pub(crate) struct Reader {
    /// The file that the chunk is from, if the reader can open it.
    pub source: Option<Source>,
    /// The tokens of the context, which the model reads again with every retrieval, if known.
    pub has_read: Option<usize>,
    /// Whether it opens an original in part.
    pub reads_parts: bool,
}

impl Reader {
    /// One of whom nothing is known.
    #[cfg(test)]
    const UNKNOWN: Self = Self { source: None, has_read: None, reads_parts: false };
}

/// If nothing is known about the reader, a text gets one retrieval reference per this many bytes,
/// rounded to the nearest number. By hand, not measured.
const CHUNK_BYTES: usize = 8 << 10;
/// The same for texts in which nothing is elided, only rewritten: those are seldom retrieved. By
/// hand, not measured.
const CHUNK_BYTES_LOSSLESS: usize = 20 << 10;
/// Weighs the cost of a retrieval, multiplied by its probability, against that of a longer
/// response. For a text of `n` tokens the cheapest number of references is `sqrt(RETRIEVAL_WEIGHT *
/// n / (tokens read again + MARKER_WEIGHT))`; the second constant is the cost of the markers for a
/// reader that retrieves nothing.
const RETRIEVAL_WEIGHT: usize = 25;
const MARKER_WEIGHT: usize = 12_000;
/// The approximate number of bytes per token. By hand, not measured.
const BYTES_OF_A_TOKEN: usize = 3;
/// The most retrieval references per chunk. By hand, not measured.
const MAX_REFERENCES: usize = 8;

/// Renders `draft` of the chunk `lines`. If the reader can open the file that the chunk is from,
/// each run of elided code has a marker with its line range. Otherwise the markers are at the top:
/// a single one that retrieves the whole chunk, so that an omission comes with its surroundings; or
/// for a long chunk several, each for a part of it, so that a reader who misses one thing needn't
/// retrieve everything.
pub(crate) fn render(lines: &Lines, draft: &Draft, reader: &Reader) -> Rendered {
    let source = reader.source.as_ref();
    let apart =
        source.filter(|_| draft.segments.iter().any(|segment| matches!(segment, Segment::Code(_))));
    let Rendered { mut text, mut markers } = match apart {
        None => headed(lines, draft, reader),
        Some(_) => Rendered { text: String::new(), markers: Vec::new() },
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
                    markers.push(PlacedMarker {
                        marker,
                        lines: cut.lines.clone(),
                        at: start..text.len(),
                    });
                }
            },
        }
    }
    ended(lines, Rendered { text, markers }, apart.is_none())
}

/// `shown`, a lossless rendering of `lines` that changes how `unit` is written, with retrieval
/// references to the lines.
pub(crate) fn with_references(
    lines: &Lines,
    shown: &str,
    unit: &'static str,
    reader: &Reader,
) -> Rendered {
    let total = lines.count();
    let draft = Draft { unit: unit.into(), total, elided: total, ..Draft::default() };
    let mut rendered = headed(lines, &draft, reader);
    rendered.text.push_str(shown);
    ended(lines, rendered, true)
}

/// The markers at the top of a chunk.
fn headed(lines: &Lines, draft: &Draft, reader: &Reader) -> Rendered {
    let (open, close) = draft.comment.unwrap_or_default();
    let mut rendered = Rendered { text: String::new(), markers: Vec::new() };
    for (marker, lines) in markers_of(lines, draft, reader) {
        let start = rendered.text.len();
        push_comment(open, &marker.to_string(), close, &mut rendered.text);
        let at = start..rendered.text.len();
        rendered.markers.push(PlacedMarker { marker, lines, at });
    }
    rendered
}

/// `rendered`, with or without a final line end as in the chunk.
fn ended(lines: &Lines, rendered: Rendered, is_headed: bool) -> Rendered {
    let Rendered { mut text, mut markers } = rendered;
    match (lines.text().ends_with('\n'), text.ends_with('\n')) {
        (false, true) => drop(text.pop()),
        (true, false) => text.push('\n'),
        _ => {}
    }
    if let Some(last) = markers.last_mut() {
        // The shown text belongs to the last marker above it.
        last.at.end = if is_headed { text.len() } else { last.at.end.min(text.len()) };
    }
    Rendered { text, markers }
}

/// The markers at the top of a chunk, and the lines that each retrieves: together all of them.
fn markers_of(lines: &Lines, draft: &Draft, reader: &Reader) -> Vec<(Marker, Range<usize>)> {
    let (part, all) = (lines.text(), 0..lines.count());
    if let Some(Source { path, line }) = &reader.source {
        let end = line + lines.count() - 1;
        let reference = RetrievalReference::Source { path: path.clone(), start: *line, end };
        return vec![(whole(draft, reference), all)];
    }
    let elided = elided_before(draft, lines.count());
    let count = chunk_count(part, draft, reader);
    let chunks = chunks(lines, elided.as_deref(), count);
    if chunks.len() < 2 {
        return vec![(whole(draft, RetrievalReference::Hash(marker::hash(part))), all)];
    }
    // Where it isn't known what is elided in which line, the share is an estimate.
    let before = |line: usize| match &elided {
        Some(before) => before[line],
        None => draft.elided * line / lines.count(),
    };
    let shows_lines = draft.segments.iter().any(Segment::is_omission);
    let marker = |range: Range<usize>| {
        let (first, last) = (range.start + 1, range.end);
        let count = (before(range.end) - before(range.start)).max(1);
        let what = match shows_lines {
            true => format!("of lines {first}-{last}"),
            false => format!("{} in lines {first}-{last}", draft.unit),
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

/// How many retrieval references a chunk gets.
fn chunk_count(part: &str, draft: &Draft, reader: &Reader) -> usize {
    let count = match reader.has_read {
        _ if reader.reads_parts => 1,
        Some(read) => {
            let tokens = part.len() / BYTES_OF_A_TOKEN;
            // Rounds to nearest: computes twice the root, then halves it.
            (4 * RETRIEVAL_WEIGHT * tokens / read.saturating_add(MARKER_WEIGHT)).isqrt().div_ceil(2)
        }
        None => {
            let size = if draft.elided < draft.total { CHUNK_BYTES } else { CHUNK_BYTES_LOSSLESS };
            (part.len() + size / 2) / size
        }
    };
    count.clamp(1, MAX_REFERENCES)
}

/// Splits a long chunk into `count` parts of about the same size, each of which has an omission.
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

/// How much is elided before each line, and before the end; `None` if that isn't known.
fn elided_before(draft: &Draft, count: usize) -> Option<Vec<usize>> {
    let omissions = draft.segments.iter().filter_map(|segment| match segment {
        Segment::Omitted(lines, _) => Some(lines),
        Segment::Code(cut) => Some(&cut.lines),
        Segment::Lines(_) | Segment::Text(_) => None,
    });
    let mut before = vec![0; count + 1];
    let mut is_any = !draft.elided_at.is_empty();
    for &line in &draft.elided_at {
        *before.get_mut(line + 1)? += 1;
    }
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

/// Writes the short sign for an omission; the marker above has the retrieval reference.
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
    fn a_long_chunk_has_several_references() {
        let part: String = (0..1500).map(|n| format!("line {n} of a long output\n")).collect();
        let omissions = vec![
            Segment::Lines(0..2),
            Segment::Omitted(2..1400, String::new()),
            Segment::Lines(1400..1500),
        ];
        let draft = Draft {
            segments: omissions,
            unit: "lines".into(),
            total: 1500,
            elided: 1398,
            ..Draft::default()
        };
        let Rendered { text, markers } = render(&Lines::of(&part), &draft, &Reader::UNKNOWN);
        let counts: Vec<usize> = markers.iter().map(|placed| placed.marker.count).collect();
        assert_eq!((counts.len(), counts.iter().sum::<usize>()), (5, 1398));
        let found: Vec<Marker> = marker::markers(&text).map(|(_, marker)| marker).collect();
        assert!(markers.iter().map(|placed| &placed.marker).eq(&found));
        assert!(markers.windows(2).all(|two| two[0].lines.end == two[1].lines.start));
        assert_eq!((markers[0].lines.start, markers[4].lines.end), (0, 1500));
        assert!(text.starts_with("[") && markers[4].at.end == text.len());
    }

    #[test]
    fn a_longer_context_means_fewer_references() {
        let part = "line of a long output\n".repeat(1500);
        let draft = Draft { total: 1500, elided: 1400, unit: "lines".into(), ..Draft::default() };
        let count = |has_read| chunk_count(&part, &draft, &Reader { has_read, ..Reader::UNKNOWN });
        let counts = [Some(0), Some(20_000), Some(200_000), Some(usize::MAX / 2)].map(count);
        assert!(counts.is_sorted_by(|before, after| before > after || *after == 1), "{counts:?}");
        assert_eq!(counts[3], 1);
        assert_eq!(count(None), 4);
        assert_eq!(chunk_count(&part, &draft, &Reader { reads_parts: true, ..Reader::UNKNOWN }), 1);
    }

    #[test]
    fn a_short_chunk_has_one_reference() {
        let part = "line\n".repeat(100);
        let draft = Draft {
            segments: vec![Segment::Text("all of it\n".to_owned())],
            unit: "records".into(),
            total: 50,
            elided: 50,
            ..Draft::default()
        };
        let Rendered { text, markers } = render(&Lines::of(&part), &draft, &Reader::UNKNOWN);
        assert!(text.starts_with("[50 of 50 records left out"));
        assert_eq!(markers.len(), 1);
    }
}
