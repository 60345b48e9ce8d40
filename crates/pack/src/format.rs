//! What a format has to say about its pieces; Markdown, JSON and XML each say it their way.

use syntax::LineRange;

use crate::map::Mapped;
use crate::render::Facts;

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
    fn map(&self, facts: &Facts<'_>, mapped: &[Mapped]) -> String;
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
