//! HTML: the text that a browser would render is kept, and links; lines that the task names are
//! kept verbatim.

mod markup;

use self::markup::Reader;
use super::{Context, Draft, Segment};
use crate::lines::Lines;

/// A longer line, in bytes, is rendered as text even if the task names it: minified pages are one line. By hand, not
/// measured.
const LONGEST_AS_WRITTEN: usize = 1000;

pub(crate) fn draft(lines: &Lines, context: &Context) -> Option<Draft> {
    let named = context.task.lines(lines);
    let mut shown = String::new();
    let mut reader = Reader::default();
    let mut changed = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let text = reader.line(line);
        if named.binary_search(&index).is_ok() && line.len() <= LONGEST_AS_WRITTEN {
            shown.push_str(line);
            shown.push('\n');
            continue;
        }
        changed.extend((text != line).then_some(index));
        if !text.trim().is_empty() {
            shown.push_str(text.trim_end());
            shown.push('\n');
        }
    }
    (!changed.is_empty()).then(|| Draft {
        segments: vec![Segment::Text(shown)],
        unit: "lines' markup".into(),
        total: lines.count(),
        elided: changed.len(),
        elided_at: changed,
        comment: None,
    })
}
