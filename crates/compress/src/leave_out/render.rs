//! A draft as text, with its markers.

use std::fmt::Write as _;
use std::ops::Range;

use crate::lines::Lines;
use crate::marker::{self, Marker, WayBack};
use crate::options::Source;

use super::{Cut, Draft, Piece};

/// A part with something left out of it.
pub(crate) struct Rendered {
    pub text: String,
    pub left: Vec<Left>,
}

/// One thing that was left out.
pub(crate) struct Left {
    pub marker: Marker,
    /// The lines of the part that the way back leads to.
    pub lines: Range<usize>,
    /// The bytes of the text that stand for them.
    pub at: Range<usize>,
}

/// `draft` of `part`. Where the reader can open the file that the part is from, each stretch of code
/// that is left out has a marker with its lines. Else there is one marker, at the top, and the way
/// back leads to all of the part, so that what is asked for comes with what is around it.
pub(crate) fn render(part: &str, draft: &Draft, source: Option<&Source>) -> Rendered {
    let lines = Lines::of(part);
    let mut text = String::new();
    let mut left = Vec::new();
    let apart = source.filter(|_| draft.pieces.iter().any(|piece| matches!(piece, Piece::Cut(_))));
    let what = format!("of {} {}", draft.total, draft.unit);
    let count = draft.left_out;
    let way_back = match source {
        Some(Source { path, line }) => {
            WayBack::Source { path: path.clone(), start: *line, end: line + lines.count() - 1 }
        }
        None => WayBack::Hash(marker::hash(part)),
    };
    let whole = Marker { count, what, way_back };
    if apart.is_none() {
        let (open, close) = draft.comment.unwrap_or_default();
        push_comment(open, &whole.to_string(), close, &mut text);
    }
    for piece in &draft.pieces {
        match piece {
            Piece::Lines(range) => text.push_str(lines.slice(range.clone())),
            Piece::Text(shown) => text.push_str(shown),
            Piece::Gap(range, note) => push_gap(range, note, &mut text),
            Piece::Cut(cut) => match apart {
                None => push_cut(
                    cut,
                    &format!("… lines {}-{}", cut.lines.start + 1, cut.lines.end),
                    &mut text,
                ),
                Some(source) => {
                    let marker = marker_of(cut, source);
                    let start = text.len();
                    push_cut(cut, &marker.to_string(), &mut text);
                    left.push(Left { marker, lines: cut.lines.clone(), at: start..text.len() });
                }
            },
        }
    }
    match (part.ends_with('\n'), text.ends_with('\n')) {
        (false, true) => drop(text.pop()),
        (true, false) => text.push('\n'),
        _ => {}
    }
    if apart.is_none() {
        left.push(Left { marker: whole, lines: 0..lines.count(), at: 0..text.len() });
    } else if let Some(last) = left.last_mut() {
        last.at.end = last.at.end.min(text.len());
    }
    Rendered { text, left }
}

fn marker_of(cut: &Cut, source: &Source) -> Marker {
    let (start, end) = (source.line + cut.lines.start, source.line + cut.lines.end - 1);
    let way_back = WayBack::Source { path: source.path.clone(), start, end };
    Marker { count: cut.lines.len(), what: "lines".to_owned(), way_back }
}

/// The short sign for lines that aren't shown; the marker above says how they are got back.
fn push_gap(range: &Range<usize>, note: &str, text: &mut String) {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let space = if note.is_empty() { "" } else { " " };
    // Writing to a String cannot fail.
    let _ = writeln!(text, "… {}{space}{note}", range.len());
}

pub(super) fn push_cut(cut: &Cut, sign: &str, text: &mut String) {
    text.push_str(&cut.indent);
    text.push_str(cut.statement);
    push_comment(cut.comment.0, &format!("{sign}{}", cut.note), cut.comment.1, text);
}

fn push_comment(open: &str, inner: &str, close: &str, text: &mut String) {
    let before = if open.is_empty() { "" } else { " " };
    let after = if close.is_empty() { "" } else { " " };
    text.extend([open, before, inner, after, close, "\n"]);
}
