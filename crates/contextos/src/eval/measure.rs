//! What a pack found of what a commit changed.

use std::collections::BTreeMap;

use syntax::LineRange;

/// What a commit changed, in its parent's tree: by path, the lines.
pub(crate) type Gold = BTreeMap<String, Vec<LineRange>>;

/// Lines of a file that a pack shows, by path.
pub(crate) type Shown = BTreeMap<String, Vec<LineRange>>;

/// Lines of a file that count as showing it when none of the changed ones are among them.
const LINES_THAT_SHOW_A_FILE: u32 = 3;

/// Shares between 0 and 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Recall {
    /// Changed files that are shown.
    pub(crate) file: f64,
    /// Whether all of them are.
    pub(crate) all: f64,
    /// Changed spans of which at least half of the lines are shown.
    pub(crate) span: f64,
}

/// Measures one pack.
pub(crate) fn recall(gold: &Gold, shown: &Shown) -> Recall {
    let (mut files, mut spans, mut hits) = (0_usize, 0_usize, 0_usize);
    for (path, changed) in gold {
        let lines = shown.get(path).map_or(&[][..], Vec::as_slice);
        let mut touched = false;
        for span in changed {
            let visible = overlap(lines, *span);
            touched |= visible > 0;
            spans += 1;
            hits += usize::from(visible * 2 > span.end - span.start && visible > 0);
        }
        let total: u32 = lines.iter().map(|l| l.end - l.start + 1).sum();
        files += usize::from(touched || total >= LINES_THAT_SHOW_A_FILE);
    }
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    Recall {
        file: share(files, gold.len()),
        all: if files == gold.len() { 1.0 } else { 0.0 },
        span: share(hits, spans),
    }
}

fn overlap(lines: &[LineRange], span: LineRange) -> u32 {
    lines.iter().map(|l| (l.end.min(span.end) + 1).saturating_sub(l.start.max(span.start))).sum()
}

/// The mean of several.
pub(crate) fn mean(recalls: &[Recall]) -> Recall {
    let n = recalls.len().max(1) as f64;
    let sum = |f: fn(&Recall) -> f64| recalls.iter().map(f).sum::<f64>() / n;
    Recall { file: sum(|r| r.file), all: sum(|r| r.all), span: sum(|r| r.span) }
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
        let shown =
            Shown::from([("a".into(), vec![range(12, 20)]), ("b".into(), vec![range(5, 6)])]);
        let recall = recall(&gold, &shown);
        assert_eq!(recall, Recall { file: 0.5, all: 0.0, span: 1.0 / 3.0 });
    }
}
