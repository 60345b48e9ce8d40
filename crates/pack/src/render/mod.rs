//! The formats: each writes the pieces of a pack in its own way, and this puts them in order.

mod json;
mod markdown;
mod xml;

use syntax::LineRange;

use crate::allocate::Allocation;
use crate::facts::{Facts, MapEntry};

/// The formats of a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Markdown.
    #[default]
    Markdown,
    /// JSON.
    Json,
    /// XML.
    Xml,
}

impl Format {
    pub(crate) fn pieces(self) -> &'static dyn Pieces {
        match self {
            Self::Markdown => &markdown::Markdown,
            Self::Json => &json::Json,
            Self::Xml => &xml::Xml,
        }
    }
}

/// The pieces of a pack, in the order in which they are written. Each ends in a newline (or is empty),
/// and each keeps the promise about seams that the crate's documentation makes.
pub(crate) trait Pieces {
    /// Everything before the list of chosen files, or before what was redacted in them; it depends on
    /// none of them.
    fn head(&self, facts: &Facts<'_>, dirty: bool) -> String;
    /// What was redacted in one of the chosen files; only where something was redacted at all.
    fn redacted(&self, line: &str) -> String;
    /// What ends the list of what was redacted, with how much it is in all; nothing where there is none.
    fn redacted_close(&self, facts: &Facts<'_>) -> String;
    /// One file of the list of chosen files, or nothing. `rank` counts from 1, up to 999.
    fn listed(&self, facts: &Facts<'_>, rank: usize, file: usize) -> String;
    /// The next-best files, all of them.
    fn map(&self, facts: &Facts<'_>, mapped: &[MapEntry]) -> String;
    /// What stands before the first file.
    fn files_open(&self) -> String;
    /// What opens a file's block.
    fn file_open(&self, facts: &Facts<'_>, rank: usize, file: usize, lines: &[LineRange])
    -> String;
    /// A span of a file. Before it stands a line that ends in a letter or digit, or, in formats that
    /// quote, anything that ends in a newline.
    fn span(&self, facts: &Facts<'_>, file: usize, lines: LineRange, last: bool) -> String;
    /// What stands between two spans of a file, when the second begins on line `next`.
    fn between(&self, next: u32) -> String;
    /// What ends a file's block.
    fn file_close(&self, facts: &Facts<'_>, file: usize, last: bool) -> String;
    /// What ends the pack.
    fn tail(&self) -> String;
}

/// The text of a pack that shows the files of `order` with their allocated lines.
pub(crate) fn write(
    facts: &Facts<'_>,
    pieces: &dyn Pieces,
    allocation: &Allocation,
    order: &[usize],
    dirty: bool,
) -> String {
    let mut out = pieces.head(facts, dirty);
    for redacted in order.iter().filter_map(|file| facts.redacted.get(file)) {
        out.push_str(&pieces.redacted(redacted));
    }
    out.push_str(&pieces.redacted_close(facts));
    for (at, &file) in order.iter().enumerate() {
        out.push_str(&pieces.listed(facts, at + 1, file));
    }
    out.push_str(&pieces.map(facts, &allocation.map));
    out.push_str(&pieces.files_open());
    for (at, &file) in order.iter().enumerate() {
        let lines = &allocation.chosen.lines[&file];
        out.push_str(&pieces.file_open(facts, at + 1, file, lines));
        for (span, &range) in lines.iter().enumerate() {
            if span > 0 {
                out.push_str(&pieces.between(range.start));
            }
            out.push_str(&pieces.span(facts, file, range, span + 1 == lines.len()));
        }
        out.push_str(&pieces.file_close(facts, file, at + 1 == order.len()));
    }
    out.push_str(&pieces.tail());
    out
}
