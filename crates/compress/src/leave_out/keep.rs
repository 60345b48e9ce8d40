//! What is never left out of lines, whatever the kind: first and last lines, what sounds like trouble
//! with the lines around it, what the task names.

use crate::alarm;
use crate::lines::Lines;

use super::{Context, Draft, Piece};

/// Lines at the beginning that stay, and at the end.
const FIRST: usize = 2;
const LAST: usize = 3;
/// A gap of fewer bytes costs as much as it saves.
const SMALLEST_GAP: usize = 24;

/// Which lines stay.
#[derive(Debug)]
pub(super) struct Keep {
    stays: Vec<bool>,
}

impl Keep {
    /// The first and last lines, and those that the task names.
    pub(super) fn of(part: &str, lines: &Lines, context: &Context) -> Self {
        let count = lines.count();
        let mut keep = Self { stays: vec![false; count] };
        (0..count.min(FIRST)).for_each(|line| keep.add(line));
        (count.saturating_sub(LAST)..count).for_each(|line| keep.add(line));
        context.task.lines(part, lines).into_iter().for_each(|line| keep.add(line));
        keep
    }

    pub(super) fn add(&mut self, line: usize) {
        self.stays[line] = true;
    }

    /// The line, and the one before it, which often says whose it is.
    pub(super) fn add_after_one(&mut self, line: usize) {
        self.stays[line.saturating_sub(1)..=line].fill(true);
    }

    /// The line, and those next to it.
    pub(super) fn add_with_neighbours(&mut self, line: usize) {
        let last = self.stays.len() - 1;
        self.stays[line.saturating_sub(1)..=(line + 1).min(last)].fill(true);
    }

    pub(super) fn has(&self, line: usize) -> bool {
        self.stays[line]
    }

    /// The draft that shows these lines of `lines`; `None` if that is all of them.
    pub(super) fn draft(mut self, lines: &Lines) -> Option<Draft> {
        self.fill_small_gaps(lines);
        let count = self.stays.len();
        let left_out = self.stays.iter().filter(|stays| !**stays).count();
        let mut draft =
            Draft { pieces: Vec::new(), unit: "lines", total: count, left_out, comment: None };
        let mut start = 0;
        for line in 1..=count {
            if line == count || self.stays[line] != self.stays[start] {
                let range = start..line;
                draft.pieces.push(match self.stays[start] {
                    true => Piece::Lines(range),
                    false => Piece::Gap(range, String::new()),
                });
                start = line;
            }
        }
        (left_out > 0).then_some(draft)
    }

    fn fill_small_gaps(&mut self, lines: &Lines) {
        let mut line = 0;
        while line < self.stays.len() {
            let length = self.stays[line..].iter().take_while(|stays| !**stays).count();
            if length > 0 && lines.slice(line..line + length).len() < SMALLEST_GAP {
                self.stays[line..line + length].fill(true);
            }
            line += length.max(1);
        }
    }
}

/// The lines that sound like trouble.
pub(super) fn alarms(part: &str, lines: &Lines) -> Vec<usize> {
    alarm::lines(part, lines)
}
