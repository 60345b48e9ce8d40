//! Elision: taking out lines that a reader who can retrieve them probably doesn't need, with one
//! file per way of doing it; the files in `kinds` say which is used.
//!
//! Each file turns a chunk into a [`Draft`] of what is shown; `render` writes it with its markers.
//! What is never elided, whatever the kind, is in `keep`; the statistics of values are in `values`.

pub(crate) mod code;
pub(crate) mod commits;
mod comparison;
pub(crate) mod diff;
mod enclosing;
mod fit;
mod frames;
pub(crate) mod html;
pub(crate) mod json;
mod keep;
mod levels;
mod links;
pub(crate) mod log;
pub(crate) mod pack;
pub(crate) mod prose;
mod render;
pub(crate) mod search;
pub(crate) mod table;
mod values;

use std::borrow::Cow;
use std::ops::Range;

use crate::lines::Lines;
use crate::task::Task;

pub(crate) use fit::fit;
pub(crate) use render::{PlacedMarker, Reader, Rendered, render, with_references};

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
    pub unit: Cow<'static, str>,
    /// How many of them the chunk has.
    pub total: usize,
    /// How many of them are elided.
    pub elided: usize,
    /// The line at which each of these begins, in order, where the segments don't say which lines are elided.
    pub elided_at: Vec<usize>,
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

impl Segment {
    /// Whether it stands for elided lines.
    fn is_omission(&self) -> bool {
        matches!(self, Self::Omitted(..) | Self::Code(_))
    }
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

/// Elides where the links of a page lead to; `None` if it has few.
pub(crate) fn elide_links(lines: &Lines, context: &Context, reader: &Reader) -> Option<Rendered> {
    Some(render(lines, &links::draft(lines, context)?, reader))
}
