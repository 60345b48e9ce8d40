//! Tables: rows with unusual values are kept, of the others only the names.

use std::fmt::Write as _;

use super::keep::Keep;
use super::values::{Values, names};
use super::{Context, Draft, Segment};
use crate::diagnostic;
use crate::kinds::is_mode_row;
use crate::lines::Lines;
use crate::parallel::{join_if_long, map_if_long};
use crate::words::Columns;

/// About how many lines are sampled to find how cells are separated. By hand, not measured.
const SAMPLE: usize = 1000;
/// Tables of fewer rows are kept whole. By hand, not measured.
const FEWEST_ROWS: usize = 12;
/// Names may take at most this percentage of the bytes. By hand, not measured.
const NAMED_PERCENT: usize = 45;

pub(crate) fn draft(lines: &Lines, context: &Context) -> Option<Draft> {
    let shape = Columns::of(lines.sample(SAMPLE))?;
    let bytes = lines.text().len();
    let ((mut keep, diagnostics), Rows { rows, others, columns }) = join_if_long(
        bytes,
        || (Keep::of(lines, context), diagnostic::lines(lines)),
        || Rows::of(lines, shape),
    );
    if rows.len() < FEWEST_ROWS {
        return None;
    }
    others.into_iter().chain(diagnostics).for_each(|line| keep.add(line));
    for unusual in map_if_long(bytes, &columns, Values::unusual) {
        unusual.into_iter().for_each(|row| keep.add(rows[row]));
    }
    // The next call opens one of the files that are listed, so a listing without their names isn't
    // one.
    let lists_files = !context.tight && rows.iter().all(|row| is_mode_row(lines.get(*row)));
    let last = columns.last().filter(|_| lists_files);
    let names = names(columns.iter()).or(last).filter(|_| !context.tight);
    let mut draft = keep.draft(lines)?;
    let are_named =
        names.is_some_and(|names| name_gaps(&mut draft, &rows, names.as_slice(), bytes));
    (are_named || !lists_files).then_some(draft)
}

/// The lines of a table.
struct Rows<'a> {
    rows: Vec<usize>,
    /// The lines that aren't rows.
    others: Vec<usize>,
    /// The cells of the rows.
    columns: Vec<Values<'a>>,
}

impl<'a> Rows<'a> {
    fn of(lines: &Lines<'a>, shape: Columns) -> Self {
        let (mut rows, mut others) = (Vec::with_capacity(lines.count()), Vec::new());
        let mut columns: Vec<Vec<&str>> =
            (0..shape.count()).map(|_| Vec::with_capacity(lines.count())).collect();
        let mut cells = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            if shape.read(line, &mut cells) {
                rows.push(index);
                columns.iter_mut().zip(&cells).for_each(|(column, cell)| column.push(cell));
            } else {
                others.push(index);
            }
        }
        Self { rows, others, columns: columns.into_iter().map(Values::new).collect() }
    }
}

/// Describes each omission by the names of its rows, unless that would be too long; whether it did.
fn name_gaps(draft: &mut Draft, rows: &[usize], names: &[&str], bytes: usize) -> bool {
    let mut row = 0;
    let mut notes = 0;
    let mut segments = draft.segments.clone();
    for segment in &mut segments {
        let Segment::Omitted(range, note) = segment else { continue };
        while row < rows.len() && rows[row] < range.start {
            row += 1;
        }
        let end = rows[row..].iter().take_while(|line| **line < range.end).count();
        note.push_str(&listed(&names[row..row + end]));
        notes += note.len();
    }
    let are_short = notes * 100 <= bytes * NAMED_PERCENT;
    if are_short {
        draft.segments = segments;
    }
    are_short
}

/// The names on one line; paths are grouped by directory.
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
