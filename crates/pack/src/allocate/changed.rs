//! What has changed comes before everything else: no other line is shown while a changed one isn't, unless that one
//! alone is more than the budget, or the other is around a changed one.
//!
//! First the changed lines alone: the files of which all fit, and then as many lines as fit of those that are longer.
//! If that shows all of them, the lines around them follow, and the definitions that they are in
//! ([`take_pinned`](super::greedy::take_pinned)).

use select::Ranking;
use syntax::LineRange;

use super::greedy::{Chosen, Prices, show, union};
use crate::build::Unshown;

/// The lines around changed ones that are shown if they fit. As many as in a diff.
const AROUND: u32 = 3;
/// So many lines between two changed ones are shown with them: to say that they are left out takes a line as well.
const BETWEEN: u32 = 1;

/// The changed lines of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changed {
    /// The file's index in the corpus.
    pub(crate) file: usize,
    /// The lines, sorted and disjoint.
    pub(crate) lines: Vec<LineRange>,
    /// The number of those that aren't blank: each has a token at least.
    pub(crate) filled: usize,
    /// The file's last line.
    pub(crate) last: u32,
}

impl Changed {
    fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        self.lines.iter().flat_map(|lines| lines.start..=lines.end)
    }

    /// The lines with so many around each of them.
    fn widened(&self, by: u32) -> Vec<LineRange> {
        let wider = |lines: &LineRange| LineRange {
            start: lines.start.saturating_sub(by).max(1),
            end: lines.end.saturating_add(by).min(self.last),
        };
        union(self.lines.iter().map(wider).collect())
    }
}

/// Takes changed lines within `room` tokens, and the lines around them. Returns whether there may be others beside
/// them: no changed line is left that would fit.
pub(super) fn take_changed(
    changed: &[Changed],
    ranking: &Ranking,
    prices: &mut dyn Prices,
    room: usize,
    chosen: &mut Chosen,
) -> bool {
    let mut left = room;
    let mut long: Vec<&Changed> = Vec::new();
    for change in changed {
        let lines = joined(&change.lines);
        match change.filled <= left && prices.file(change.file, &lines) <= left {
            true => left -= take(change.file, lines, prices, chosen),
            false => long.push(change),
        }
    }
    let mut is_all_shown = true;
    for change in long {
        let (lines, is_rest_too_long) = as_many_as_fit(change, prices, left, room);
        is_all_shown &= is_rest_too_long;
        if !lines.is_empty() {
            left -= take(change.file, lines, prices, chosen);
        }
    }
    if is_all_shown {
        for change in changed.iter().filter(|change| change.filled > 0) {
            let Some(&before) = chosen.prices.get(&change.file) else { continue };
            let mut lines = change.widened(AROUND);
            lines.extend(&chosen.lines[&change.file]);
            let lines = union(lines);
            let more = prices.file(change.file, &lines).saturating_sub(before);
            if more <= left {
                left = (left + before) - take(change.file, lines, prices, chosen);
            }
        }
    }
    note_chunks(changed, ranking, chosen);
    is_all_shown
}

/// Shows these lines of a file, and returns what the file costs.
fn take(file: usize, lines: Vec<LineRange>, prices: &mut dyn Prices, chosen: &mut Chosen) -> usize {
    show(prices, chosen, file, lines);
    chosen.prices[&file]
}

/// The lines, with the few between two of them.
fn joined(lines: &[LineRange]) -> Vec<LineRange> {
    let mut out: Vec<LineRange> = Vec::with_capacity(lines.len());
    for &lines in lines {
        match out.last_mut() {
            Some(last) if lines.start <= last.end.saturating_add(1 + BETWEEN) => {
                last.end = last.end.max(lines.end);
            }
            _ => out.push(lines),
        }
    }
    out
}

/// As many of the changed lines as `left` tokens hold, without those that are longer by themselves; and whether each of
/// the others would be too long for all of the `room`.
fn as_many_as_fit(
    change: &Changed,
    prices: &mut dyn Prices,
    left: usize,
    room: usize,
) -> (Vec<LineRange>, bool) {
    let (mut lines, mut is_rest_too_long, mut sum) = (Vec::new(), true, 0);
    for line in change.numbers() {
        let price = prices.line(change.file, line);
        if price > left {
            is_rest_too_long &= price > room;
            continue;
        }
        sum += price;
        lines.push(LineRange { start: line, end: line });
        if sum > left {
            break;
        }
    }
    let first = |count: usize| union(lines[..count].to_vec());
    let (mut fits, mut over) = (0, lines.len() + 1);
    while over - fits > 1 {
        let count = fits + (over - fits) / 2;
        match prices.file(change.file, &first(count)) <= left {
            true => fits = count,
            false => over = count,
        }
    }
    (first(fits), is_rest_too_long && fits == lines.len())
}

/// Notes which chunks are shown: wholly, or as if by their heads, which may be completed.
fn note_chunks(changed: &[Changed], ranking: &Ranking, chosen: &mut Chosen) {
    for Changed { file, .. } in changed {
        let Some(shown) = chosen.lines.get(file) else { continue };
        let from = ranking.chunks.partition_point(|chunk| chunk.file < *file);
        let of_file = ranking.chunks[from..].iter().take_while(|chunk| chunk.file == *file);
        for (at, chunk) in (from..).zip(of_file) {
            let next = shown.partition_point(|lines| lines.end < chunk.lines.start);
            let Some(lines) = shown.get(next).filter(|lines| lines.start <= chunk.lines.end) else {
                continue;
            };
            chosen.chunks.entry(*file).or_default().push(at);
            if !(lines.start <= chunk.lines.start && chunk.lines.end <= lines.end) {
                chosen.heads.insert(at);
            }
        }
    }
}

/// The files of which changed lines aren't shown, those with the most of them first.
pub(crate) fn unshown(changed: &[Changed], chosen: &Chosen) -> Vec<Unshown> {
    let unshown = |change: &Changed| {
        let shown = chosen.lines.get(&change.file).map_or(&[][..], Vec::as_slice);
        let is_shown = |line: u32| {
            let next = shown.partition_point(|lines| lines.end < line);
            shown.get(next).is_some_and(|lines| lines.start <= line)
        };
        let lines = change.numbers().filter(|&line| !is_shown(line)).count();
        (lines > 0).then_some(Unshown { file: change.file, lines })
    };
    let mut unshown: Vec<Unshown> = changed.iter().filter_map(unshown).collect();
    unshown.sort_by_key(|unshown| std::cmp::Reverse(unshown.lines));
    unshown
}

/// How many lines have changed.
pub(crate) fn count(changed: &[Changed]) -> usize {
    changed.iter().map(|change| change.numbers().count()).sum()
}
