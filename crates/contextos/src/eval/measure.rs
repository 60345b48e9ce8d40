//! Recall: the share of a commit's changes that a pack shows.

use std::collections::{BTreeMap, BTreeSet};

use syntax::LineRange;

/// The lines that a commit changed, by path, numbered as in its parent's tree.
pub(crate) type Gold = BTreeMap<String, Vec<LineRange>>;

/// Lines of a file that a pack shows, by path.
pub(crate) type Lines = BTreeMap<String, Vec<LineRange>>;

/// The content of a pack.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    /// The lines that it shows.
    pub(crate) lines: Lines,
    /// The files that it only lists in the map, under "Also likely".
    pub(crate) named: BTreeSet<String>,
}

/// The fewest lines that count as showing a file if none of them is a changed one. By hand.
const LINES_THAT_SHOW_A_FILE: u32 = 3;

/// The share of a change that a pack shows, by four measures from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Recall {
    /// The share of changed files that are shown with content.
    pub(crate) file: f64,
    /// 1 if all of them are, else 0.
    pub(crate) all: f64,
    /// The share of changed spans of which at least half of the lines are shown.
    pub(crate) span: f64,
    /// The share of changed files that are shown with content or listed in the map.
    pub(crate) map: f64,
}

/// Measures one pack.
pub(crate) fn recall(gold: &Gold, shown: &Shown) -> Recall {
    let (mut files, mut known, mut spans, mut hits) = (0_usize, 0_usize, 0_usize, 0_usize);
    for (path, changed) in gold {
        let lines = shown.lines.get(path).map_or(&[][..], Vec::as_slice);
        let mut touched = false;
        for span in changed {
            let visible = overlap(lines, *span);
            touched |= visible > 0;
            spans += 1;
            hits += usize::from(visible * 2 > span.end - span.start && visible > 0);
        }
        let total: u32 = lines.iter().map(|l| l.end - l.start + 1).sum();
        let with_content = touched || total >= LINES_THAT_SHOW_A_FILE;
        files += usize::from(with_content);
        known += usize::from(with_content || shown.named.contains(path));
    }
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    Recall {
        file: share(files, gold.len()),
        all: if files == gold.len() { 1.0 } else { 0.0 },
        span: share(hits, spans),
        map: share(known, gold.len()),
    }
}

fn overlap(lines: &[LineRange], span: LineRange) -> u32 {
    lines.iter().map(|l| (l.end.min(span.end) + 1).saturating_sub(l.start.max(span.start))).sum()
}

/// The mean of several.
pub(crate) fn mean(recalls: &[Recall]) -> Recall {
    let n = recalls.len().max(1) as f64;
    let sum = |f: fn(&Recall) -> f64| recalls.iter().map(f).sum::<f64>() / n;
    Recall {
        file: sum(|r| r.file),
        all: sum(|r| r.all),
        span: sum(|r| r.span),
        map: sum(|r| r.map),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: u32, end: u32) -> LineRange {
        LineRange { start, end }
    }

    #[test]
    fn half_of_a_span_is_enough_and_a_file_needs_some_lines() {
        let gold = Gold::from([
            ("a".into(), vec![range(10, 13), range(50, 50)]),
            ("b".into(), vec![range(1, 1)]),
        ]);
        let lines =
            Lines::from([("a".into(), vec![range(12, 20)]), ("b".into(), vec![range(5, 6)])]);
        let recall = recall(&gold, &Shown { lines, ..Shown::default() });
        assert_eq!(recall, Recall { file: 0.5, all: 0.0, span: 1.0 / 3.0, map: 0.5 });
    }

    #[test]
    fn what_the_map_names_is_not_shown() {
        let gold = Gold::from([
            ("a".into(), vec![range(10, 13)]),
            ("b".into(), vec![range(1, 1)]),
            ("c".into(), vec![range(1, 1)]),
        ]);
        let lines = Lines::from([("a".into(), vec![range(10, 13)])]);
        let named = ["a".to_owned(), "b".to_owned()].into();
        let recall = recall(&gold, &Shown { lines, named });
        assert_eq!(recall, Recall { file: 1.0 / 3.0, all: 0.0, span: 1.0 / 3.0, map: 2.0 / 3.0 });
    }
}
