//! Rows under the same columns: those that are unusual in a column stay, of the others only what
//! they are called.

use std::fmt::Write as _;

use super::keep::{self, Keep};
use super::values::{Values, names};
use super::{Context, Draft, Piece};
use crate::lines::Lines;
use crate::words::Columns;

/// Fewer rows stay.
const FEWEST_ROWS: usize = 12;
/// Names may take so many percent of the bytes.
const NAMED_PERCENT: usize = 45;

pub(super) fn draft(lines: &Lines, context: &Context) -> Option<Draft> {
    let shape = Columns::of(lines.iter())?;
    let mut rows: Vec<(usize, Vec<&str>)> = Vec::new();
    let mut keep = Keep::of(lines, context);
    for (index, line) in lines.iter().enumerate() {
        match shape.cells(line) {
            Some(cells) => rows.push((index, cells)),
            None => keep.add(index),
        }
    }
    if rows.len() < FEWEST_ROWS {
        return None;
    }
    let cells = |i: usize| Values::new(rows.iter().map(|(_, cells)| cells[i]).collect());
    let columns: Vec<Values> = (0..shape.count()).map(cells).collect();
    for column in &columns {
        column.unusual().into_iter().for_each(|row| keep.add(rows[row].0));
    }
    keep::alarms(lines).into_iter().for_each(|line| keep.add(line));
    let names = names(columns.iter()).filter(|_| !context.tight);
    let mut draft = keep.draft(lines)?;
    if let Some(names) = names {
        name_gaps(&mut draft, &rows, names.as_slice(), lines.text().len());
    }
    Some(draft)
}

/// Says for each gap what the rows in it are called, unless that would be too long.
fn name_gaps(draft: &mut Draft, rows: &[(usize, Vec<&str>)], names: &[&str], bytes: usize) {
    let mut row = 0;
    let mut notes = 0;
    let mut pieces = draft.pieces.clone();
    for piece in &mut pieces {
        let Piece::Gap(range, note) = piece else { continue };
        while row < rows.len() && rows[row].0 < range.start {
            row += 1;
        }
        let end = rows[row..].iter().take_while(|(line, _)| *line < range.end).count();
        note.push_str(&listed(&names[row..row + end]));
        notes += note.len();
    }
    if notes * 100 <= bytes * NAMED_PERCENT {
        draft.pieces = pieces;
    }
}

/// Names in one line; paths by their directories.
fn listed(names: &[&str]) -> String {
    let mut out = String::new();
    let mut above = None;
    for name in names {
        let (directory, base) = name.split_at(name.rfind('/').map_or(0, |at| at + 1));
        if above == Some(directory) || directory.is_empty() {
            out.push_str(if above.is_some() { " " } else { "" });
        } else {
            let separator = if above.is_some() { "; " } else { "" };
            // Writing to a String cannot fail.
            let _ = write!(out, "{separator}{directory}: ");
        }
        above = Some(directory);
        out.push_str(base);
    }
    out
}
