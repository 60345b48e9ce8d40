//! The lines that are never elided: those that the task names, diagnostics with their surroundings,
//! and, except in logs, the first and last ones.

use crate::lines::Lines;

use super::{Context, Draft, Segment};

/// The number of lines kept at the beginning and at the end: what was run, and how it ended. By
/// hand, not measured.
const FIRST: usize = 2;
const LAST: usize = 3;
/// An omission of fewer bytes costs as much as it saves. By hand, not measured.
const MIN_OMISSION_BYTES: usize = 24;
/// How many lines above a line are searched for the beginning of its block. By hand, not measured.
const LONGEST_BLOCK: usize = 100;
/// The most indented lines below a line that are kept with it. By hand, not measured.
const MOST_BELOW: usize = 2;
/// How unindented lines within a stack trace begin.
const BLOCK_GOES_ON: &[&str] =
    &["Traceback (", "Caused by: ", "During handling of ", "The above exception "];

/// The lines to keep.
#[derive(Debug)]
pub(super) struct Keep {
    stays: Vec<bool>,
}

impl Keep {
    /// The first and last lines, and those that the task names.
    pub(super) fn of(lines: &Lines, context: &Context) -> Self {
        let count = lines.count();
        let mut keep = Self::named(lines, context);
        (0..count.min(FIRST)).for_each(|line| keep.add(line));
        (count.saturating_sub(LAST)..count).for_each(|line| keep.add(line));
        keep
    }

    /// No line yet.
    pub(super) fn none(lines: &Lines) -> Self {
        Self { stays: vec![false; lines.count()] }
    }

    /// Only the lines that the task names.
    pub(super) fn named(lines: &Lines, context: &Context) -> Self {
        let mut keep = Self::none(lines);
        context.task.lines(lines).into_iter().for_each(|line| keep.add(line));
        keep
    }

    pub(super) fn add(&mut self, line: usize) {
        if let Some(stays) = self.stays.get_mut(line) {
            *stays = true;
        }
    }

    /// The line and the one before it, which often says what it is about.
    pub(super) fn add_after_one(&mut self, line: usize) {
        self.add(line.saturating_sub(1));
        self.add(line);
    }

    /// The line and its neighbours.
    pub(super) fn add_with_neighbours(&mut self, line: usize) {
        (line.saturating_sub(1)..=line + 1).for_each(|line| self.add(line));
    }

    /// The line, the head of the stack trace or indented block it is in, and the lines right below
    /// that belong to it.
    pub(super) fn add_with_block(&mut self, line: usize, lines: &Lines) {
        self.add(line);
        let is_inner = |line: usize| {
            let text = lines.get(line);
            text.is_empty() || indent(text) > 0 || BLOCK_GOES_ON.iter().any(|s| text.starts_with(s))
        };
        let above = line.saturating_sub(LONGEST_BLOCK)..line;
        if (indent(lines.get(line)) > 0 || line > 0 && is_inner(line - 1))
            && let Some(first) = above.rev().find(|&line| !is_inner(line))
        {
            self.add(first);
        }
        let below = line + 1..lines.count().min(line + 1 + MOST_BELOW);
        below
            .take_while(|&below| indent(lines.get(below)) > indent(lines.get(line)))
            .for_each(|line| self.add(line));
    }

    pub(super) fn has(&self, line: usize) -> bool {
        self.stays[line]
    }

    /// The draft that shows these lines of `lines`; `None` if that is all of them.
    pub(super) fn draft(mut self, lines: &Lines) -> Option<Draft> {
        self.fill_small_omissions(lines);
        let count = self.stays.len();
        let elided = self.stays.iter().filter(|stays| !**stays).count();
        let mut draft = Draft { unit: "lines".into(), total: count, elided, ..Draft::default() };
        let mut start = 0;
        for line in 1..=count {
            if line == count || self.stays[line] != self.stays[start] {
                let range = start..line;
                draft.segments.push(match self.stays[start] {
                    true => Segment::Lines(range),
                    false => Segment::Omitted(range, String::new()),
                });
                start = line;
            }
        }
        (elided > 0).then_some(draft)
    }

    fn fill_small_omissions(&mut self, lines: &Lines) {
        let mut line = 0;
        while line < self.stays.len() {
            let length = self.stays[line..].iter().take_while(|stays| !**stays).count();
            if length > 0 && lines.slice(line..line + length).len() < MIN_OMISSION_BYTES {
                self.stays[line..line + length].fill(true);
            }
            line += length.max(1);
        }
    }
}

/// The indentation of a line, in bytes.
pub(super) fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}
