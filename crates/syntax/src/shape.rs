//! The outline of a text without a grammar: blocks by blank lines and indentation.

use crate::lines::LineIndex;
use crate::outline::{Definition, DefinitionKind, LineRange, Outline};

/// Titles are cut at this many bytes.
const MAX_TITLE: usize = 80;

/// A block begins at a line without indentation that is first, or after a blank line, and goes to the
/// last line before the next. Its title is that line.
pub(crate) fn outline(text: &str) -> Outline {
    let lines = LineIndex::new(text);
    let mut outline = Outline::default();
    let mut after_blank = true;
    for (number, line) in (1..).zip(text.split('\n')).take(lines.count() as usize) {
        let blank = line.trim().is_empty();
        let title = line.trim();
        if !blank && after_blank && !line.starts_with([' ', '\t']) {
            outline.definitions.push(section(title, number));
        }
        if !blank && let Some(last) = outline.definitions.last_mut() {
            last.lines.end = number;
        }
        after_blank = blank;
    }
    outline
}

fn section(title: &str, line: u32) -> Definition {
    let here = LineRange { start: line, end: line };
    Definition {
        name: title[..title.floor_char_boundary(MAX_TITLE)].to_owned(),
        kind: DefinitionKind::Section,
        receiver: None,
        lines: here,
        signature: here,
        doc: None,
        body: None,
        parent: None,
    }
}
