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
    let mut changed = 0;
    for (index, line) in lines.iter().enumerate() {
        let text = reader.line(line);
        if named.binary_search(&index).is_ok() && line.len() <= LONGEST_AS_WRITTEN {
            shown.push_str(line);
            shown.push('\n');
            continue;
        }
        changed += usize::from(text != line);
        if !text.trim().is_empty() {
            shown.push_str(text.trim_end());
            shown.push('\n');
        }
    }
    let segments = vec![Segment::Text(shown)];
    let unit = "lines' markup";
    (changed > 0).then_some(Draft {
        segments,
        unit,
        total: lines.count(),
        elided: changed,
        comment: None,
    })
}
