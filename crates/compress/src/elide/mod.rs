//! Elision: taking out lines that a reader who can retrieve them probably doesn't need, with one
//! file per kind of text.
//!
//! Each file turns a chunk into a [`Draft`] of what is shown; `render` writes it with its markers.
//! What is never elided, whatever the kind, is in `keep`; the statistics of values are in `values`.

mod code;
mod commits;
mod diff;
mod enclosing;
mod html;
mod json;
mod keep;
mod levels;
mod log;
mod pack;
mod prose;
mod render;
mod search;
mod table;
mod values;

use std::ops::Range;

use crate::detect::Detected;
use crate::kind::Kind;
use crate::lines::Lines;
use crate::task::Task;

use render::render;
pub(crate) use render::{PlacedMarker, Reader, Rendered, with_references};

/// What the elision depends on besides the text.
#[derive(Debug)]
pub(crate) struct Context<'c> {
    /// The reader's task.
    pub task: &'c Task,
    /// Whether the ordinary result exceeded the budget, so that more is elided.
    pub tight: bool,
    /// Whether the reader may need any line of code.
    pub every_line: bool,
}

/// What is shown of a chunk.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub segments: Vec<Segment>,
    /// The unit of `total` and `elided`: `lines`, `records`.
    pub unit: &'static str,
    /// How many of them the chunk has.
    pub total: usize,
    /// How many of them are elided.
    pub elided: usize,
    /// The delimiters of a comment, if the marker has to be one.
    pub comment: Option<(&'static str, &'static str)>,
}

/// A segment of what is shown, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Segment {
    /// These lines, unchanged.
    Lines(Range<usize>),
    /// These lines are elided; the note describes them.
    Omitted(Range<usize>, String),
    /// These lines of code are elided.
    Code(CodeOmission),
    /// Text written for the reader, such as a summary; whole lines.
    Text(String),
}

/// Lines of code that are elided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodeOmission {
    pub lines: Range<usize>,
    /// The indentation of the first of them.
    pub indent: String,
    /// A statement to put in their place if the code wouldn't parse otherwise.
    pub statement: &'static str,
    /// A description, written after the marker.
    pub note: String,
    /// The delimiters of a comment.
    pub comment: (&'static str, &'static str),
}

/// The lines with unusual values. Codecs leave them as they are, so that a search for anomalies
/// finds them.
pub(crate) fn unusual(kind: Kind, lines: &Lines) -> Vec<usize> {
    match kind {
        Kind::Log | Kind::TestOutput | Kind::Text => log::unusual(lines),
        _ => Vec::new(),
    }
}

/// Elides lines of a chunk; `None` if all of it has to be shown. If the reader has a source, the
/// retrieval reference is a line range of that file.
pub(crate) fn elide(
    is: Detected,
    lines: &Lines,
    context: &Context,
    reader: &Reader,
) -> Option<Rendered> {
    let draft = match is.kind {
        Kind::Log | Kind::TestOutput | Kind::Trace | Kind::Text => {
            commits::draft(lines, context).or_else(|| log::draft(lines, context))
        }
        Kind::Facts => return None,
        Kind::Search => search::draft(lines, context),
        Kind::Table => table::draft(lines, context),
        Kind::Diff => diff::draft(lines, context),
        Kind::Html => html::draft(lines, context),
        Kind::Json => json::draft(lines, context),
        Kind::Code => code::draft(lines, is.language, context),
        Kind::Pack => return pack::rendered(lines, context),
        Kind::Prose => prose::draft(lines, context),
    };
    Some(render(lines, &draft?, reader))
}
