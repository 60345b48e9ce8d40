//! Leaving out what a reader who can ask for it probably doesn't need: a file per kind.
//!
//! Each looks at one part and says what is shown of it ([`Draft`]); `render` writes that, with its
//! markers. What may never be left out is in `keep`, what is ordinary in `values`.

mod code;
mod commits;
mod diff;
mod html;
mod json;
mod keep;
mod levels;
mod log;
mod owners;
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

pub(crate) use pack::without_note as pack_without_note;
use render::render;
pub(crate) use render::{PlacedMarker, Reader, Rendered, with_references};

/// What is known beside the text.
#[derive(Debug)]
pub(crate) struct Context<'c> {
    /// What the reader is doing.
    pub task: &'c Task,
    /// Whether the result is above the budget, so that more is left out.
    pub tight: bool,
    /// Whether the reader may need any line of code.
    pub every_line: bool,
}

/// What is shown of a part.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub segments: Vec<Segment>,
    /// What is counted: `lines`, `records`.
    pub unit: &'static str,
    /// How many of them there are.
    pub total: usize,
    /// How many of them are left out.
    pub elided: usize,
    /// What opens and closes a comment, where the marker has to be one.
    pub comment: Option<(&'static str, &'static str)>,
}

/// A segment of what is shown, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Segment {
    /// These lines, as they are.
    Lines(Range<usize>),
    /// Not these lines; the note says what they are.
    Omitted(Range<usize>, String),
    /// Not these lines of code.
    Code(CodeOmission),
    /// Something that stands for the part or tells about it; whole lines.
    Text(String),
}

/// Lines of code that are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodeOmission {
    pub lines: Range<usize>,
    /// The blanks before the first of them.
    pub indent: String,
    /// What has to stand there so that the code parses.
    pub statement: &'static str,
    /// What is said of them behind the sign.
    pub note: String,
    /// What opens and closes a comment.
    pub comment: (&'static str, &'static str),
}

/// The lines of a part that stay as they are, to be found by who looks for what is unusual.
pub(crate) fn odd(kind: Kind, lines: &Lines) -> Vec<usize> {
    match kind {
        Kind::Log | Kind::TestOutput | Kind::Text => log::odd(lines),
        _ => Vec::new(),
    }
}

/// A part, given by its `lines`, with something left out; `None` where all of it has to be shown. Where the reader has
/// a source, the way back is to open that file.
pub(crate) fn elide(
    is: Detected,
    lines: &Lines,
    context: &Context,
    back: &Reader,
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
    Some(render(lines, &draft?, back))
}
