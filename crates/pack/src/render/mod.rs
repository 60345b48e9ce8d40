//! The formats of a pack, a file each: [`FormatWriter`] writes its fragments, [`write`] puts them in order.

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
    pub(crate) fn writer(self) -> &'static dyn FormatWriter {
        match self {
            Self::Markdown => &markdown::Markdown,
            Self::Json => &json::Json,
            Self::Xml => &xml::Xml,
        }
    }
}

/// A format: writes the fragments of a pack, here in the order in which they are put together. Each
/// fragment ends in a newline or is empty, and begins as the crate's documentation demands.
pub(crate) trait FormatWriter: Sync {
    /// Everything before the list of redactions, or of files if there are none. It doesn't depend on what
    /// is chosen. `notes`: lines for the reader.
    fn head(&self, facts: &Facts<'_>, notes: &[String], dirty: bool) -> String;
    /// The redactions of one file of the pack.
    fn redacted(&self, line: &str) -> String;
    /// The end of the list of redactions, with their number in the repository; empty if there are none.
    fn redacted_close(&self, facts: &Facts<'_>) -> String;
    /// An entry of the list of files; empty in formats without one. `rank` counts from 1, up to 999.
    fn listed(&self, facts: &Facts<'_>, rank: usize, file: usize) -> String;
    /// The map: the next-best files.
    fn map(&self, facts: &Facts<'_>, mapped: &[MapEntry]) -> String;
    /// The opening of the list of files' contents.
    fn files_open(&self) -> String;
    /// The opening of a file's content.
    fn file_open(&self, facts: &Facts<'_>, rank: usize, file: usize, lines: &[LineRange])
    -> String;
    /// A span of a file. The line before it must end in a letter or a digit, unless the format quotes
    /// spans. `last`: no further span of the file follows.
    fn span(&self, facts: &Facts<'_>, file: usize, lines: LineRange, last: bool) -> String;
    /// The separator of two spans of a file, the second of which begins on line `next`.
    fn between(&self, next: u32) -> String;
    /// The end of a file's content. `last`: no further file follows.
    fn file_close(&self, facts: &Facts<'_>, file: usize, last: bool) -> String;
    /// The end of the pack.
    fn tail(&self) -> String;
}

/// The text of a pack that shows the files of `order` with their allocated lines.
pub(crate) fn write(
    facts: &Facts<'_>,
    writer: &dyn FormatWriter,
    allocation: &Allocation,
    order: &[usize],
    (notes, dirty): (&[String], bool),
) -> String {
    let mut out = writer.head(facts, notes, dirty);
    for redacted in order.iter().filter_map(|file| facts.redacted.get(file)) {
        out.push_str(&writer.redacted(redacted));
    }
    out.push_str(&writer.redacted_close(facts));
    for (at, &file) in order.iter().enumerate() {
        out.push_str(&writer.listed(facts, at + 1, file));
    }
    out.push_str(&writer.map(facts, &allocation.map));
    out.push_str(&writer.files_open());
    for (at, &file) in order.iter().enumerate() {
        let lines = &allocation.chosen.lines[&file];
        out.push_str(&writer.file_open(facts, at + 1, file, lines));
        for (span, &range) in lines.iter().enumerate() {
            if span > 0 {
                out.push_str(&writer.between(range.start));
            }
            out.push_str(&writer.span(facts, file, range, span + 1 == lines.len()));
        }
        out.push_str(&writer.file_close(facts, file, at + 1 == order.len()));
    }
    out.push_str(&writer.tail());
    out
}
