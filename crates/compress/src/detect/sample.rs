//! A sample of a text, by which its kind is told.

use std::cell::OnceCell;

use json_index::{Index, lenient};

/// How many lines are sampled: enough to be representative, few enough to cost nothing. By hand, not measured.
const SAMPLE: usize = 400;
/// How many bytes of each line are examined. By hand, not measured.
const LONGEST: usize = 400;

/// A text, and a sample of its lines without blank ones.
pub(crate) struct Sample<'a> {
    /// The whole text.
    pub text: &'a str,
    /// Lines of it, cut to a bounded length.
    pub lines: Vec<&'a str>,
    /// The index of the whole text, if it is JSON; made at the first use.
    json: OnceCell<Option<Index<'a>>>,
}

impl<'a> Sample<'a> {
    /// Half of them are from the beginning, half from the middle on.
    pub(crate) fn of(text: &'a str) -> Self {
        let middle = text.floor_char_boundary(text.len() / 2);
        let rest = text[middle..].split_once('\n').map_or("", |(_, rest)| rest);
        let lines = |text: &'a str, most: usize| {
            text.lines()
                .take(4 * most)
                .filter(|line| !line.trim().is_empty())
                .map(|line| &line[..line.floor_char_boundary(LONGEST)])
                .take(most)
        };
        let mut sampled: Vec<&str> = lines(text, SAMPLE / 2).collect();
        if sampled.len() == SAMPLE / 2 {
            sampled.extend(lines(rest, SAMPLE / 2));
        }
        Self { text, lines: sampled, json: OnceCell::new() }
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
        let needed = (self.lines.len() * percent).div_ceil(100).max(1);
        let mut may_fail = self.lines.len().saturating_sub(needed);
        let mut found = 0;
        for line in &self.lines {
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
