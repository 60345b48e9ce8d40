//! Search results: every match stays, the lines around them go but for those that the task names, and
//! of a line as long as minified files have them only the beginning stays.

use super::{Context, Draft, Piece};
use crate::forms::{self, Search, a_match};
use crate::lines::Lines;

/// A longer line, in bytes, isn't read by anybody.
const LONGEST_LINE: usize = 1000;
/// Of such a line so many bytes stay.
const OF_LONG_LINE: usize = 200;

pub(super) fn draft(part: &str, context: &Context) -> Option<Draft> {
    let lines = Lines::of(part);
    let named = context.task.lines(part, &lines);
    let mut shown = String::new();
    let mut left_out = 0;
    for (index, line) in lines.iter().enumerate() {
        let around = line == "--" || (a_match(line).is_none() && is_numbered_context(line));
        if line.len() > LONGEST_LINE && named.binary_search(&index).is_err() {
            left_out += 1;
            let head = &line[..line.floor_char_boundary(OF_LONG_LINE)];
            shown.push_str(&format!("{head} … {} bytes\n", line.len() - head.len()));
        } else if around && named.binary_search(&index).is_err() {
            left_out += 1;
        } else {
            shown.push_str(lines.slice(index..index + 1));
        }
    }
    if left_out == 0 {
        return None;
    }
    let shown = forms::propose(&Search, &shown).unwrap_or(shown);
    Some(Draft {
        pieces: vec![Piece::Text(shown)],
        unit: "lines",
        total: lines.count(),
        left_out,
        comment: None,
    })
}

/// Whether `path-12-text` may be what the line is.
fn is_numbered_context(line: &str) -> bool {
    line.split('-').skip(1).any(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}
