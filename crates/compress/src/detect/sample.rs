//! A sample of a text, by which its kind is told.

use std::cell::OnceCell;

use json_index::{Index, lenient};

use crate::lines::split;

/// How many lines are sampled: enough to be representative, few enough to cost nothing. By hand, not measured.
const SAMPLE: usize = 400;
/// How many bytes of each line are examined. By hand, not measured.
const LONGEST: usize = 400;

/// A text, and a sample of its lines without blank ones.
pub(crate) struct Sample<'a> {
    /// The whole text.
    pub text: &'a str,
    /// See [`Sample::lines`].
    lines: OnceCell<Vec<&'a str>>,
    /// The index of the whole text, if it is JSON; made at the first use.
    json: OnceCell<Option<Index<'a>>>,
}

impl<'a> Sample<'a> {
    /// A sample of `text`.
    pub(crate) fn of(text: &'a str) -> Self {
        Self { text, lines: OnceCell::new(), json: OnceCell::new() }
    }

    /// Lines of the text, cut to a bounded length: half of them are from the beginning, half from the middle on.
    pub(crate) fn lines(&self) -> &[&'a str] {
        self.lines.get_or_init(|| sampled(self.text))
    }

    /// The index of the text, if it is JSON.
    pub(crate) fn json(&self) -> Option<&Index<'a>> {
        self.json.get_or_init(|| lenient::scan(self.text)).as_ref()
    }

    /// The same, for whoever reads the text next; `None` also if nobody has asked for it.
    pub(super) fn into_json(self) -> Option<Index<'a>> {
        self.json.into_inner().flatten()
    }

    /// Whether `is` holds for at least this percentage of the lines; stops as soon as that is
    /// decided.
    pub(crate) fn mostly(&self, percent: usize, is: impl Fn(&str) -> bool) -> bool {
        let needed = (self.lines().len() * percent).div_ceil(100).max(1);
        let mut may_fail = self.lines().len().saturating_sub(needed);
        let mut found = 0;
        for line in self.lines() {
            if is(line) {
                found += 1;
                if found == needed {
                    return true;
                }
            } else if may_fail == 0 {
                return false;
            } else {
                may_fail -= 1;
            }
        }
        false
    }
}

fn sampled(text: &str) -> Vec<&str> {
    let middle = text.floor_char_boundary(text.len() / 2);
    let rest = text[middle..].split_once('\n').map_or("", |(_, rest)| rest);
    let mut sampled: Vec<&str> = Vec::with_capacity(SAMPLE / 4);
    push_lines(text, SAMPLE / 2, &mut sampled);
    if sampled.len() == SAMPLE / 2 {
        push_lines(rest, SAMPLE / 2, &mut sampled);
    }
    sampled
}

/// Adds at most so many of the first lines of `text`, without blank ones.
fn push_lines<'a>(text: &'a str, most: usize, sampled: &mut Vec<&'a str>) {
    // Most lines begin with a sign.
    let is_blank =
        |line: &str| !line.starts_with(|c: char| c.is_ascii_graphic()) && line.trim().is_empty();
    let lines = split(text).take(4 * most).filter(|line| !is_blank(line)).take(most);
    sampled.extend(lines.map(|line| {
        // The last line may end in a carriage return without a line end behind it.
        let is_last = line.as_bytes().as_ptr_range().end == text.as_bytes().as_ptr_range().end;
        let line = if is_last { line } else { line.strip_suffix('\r').unwrap_or(line) };
        &line[..line.floor_char_boundary(LONGEST)]
    }));
}
