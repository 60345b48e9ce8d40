//! Where nothing else is known: paragraphs that begin without indentation.

use super::Section;

/// A section begins at a line without indentation that is first, or after a blank line, and goes to
/// the last line before the next. Its title is that line.
pub(super) fn sections(lines: &[&str]) -> Vec<Section> {
    let mut out: Vec<Section> = Vec::new();
    let mut after_blank = true;
    for (number, line) in (1..).zip(lines) {
        let blank = line.trim().is_empty();
        if !blank && after_blank && !line.starts_with([' ', '\t']) {
            out.push(Section::new(line, number, number));
        }
        if !blank && let Some(last) = out.last_mut() {
            last.lines.end = number;
        }
        after_blank = blank;
    }
    out
}
