//! Cuts a draft to a number of bytes, for a reader with a budget: of the lines that it shows, the first and last ones
//! stay, diagnostics, and those that the task names; of the others as many as there is room for, evenly spread.

use super::keep::Keep;
use super::{Context, Draft, Segment};
use crate::diagnostic;
use crate::lines::Lines;

/// What the sign for an omission takes, in bytes. By hand: `… 120` and a line end.
const SIGN_BYTES: usize = 8;
/// The summary of what is elided may take at most one part in so many of the room. By hand, not measured.
const SUMMARY_SHARE: usize = 4;

/// `draft`, or all of `lines`, cut to `bytes` as far as that is possible; `None` if what it shows isn't lines, or nothing
/// can be elided.
pub(crate) fn fit(
    draft: Option<Draft>,
    lines: &Lines,
    context: &Context,
    bytes: usize,
) -> Option<Draft> {
    let (shown, summary) = match draft {
        Some(draft) => shown(&draft, lines)?,
        None => (vec![true; lines.count()], String::new()),
    };
    let summary = Some(summary).filter(|text| text.len() * SUMMARY_SHARE <= bytes);
    let mut essential = Keep::of(lines, context);
    diagnostic::lines(lines).into_iter().for_each(|line| essential.add(line));
    let cost = |line: usize| lines.get(line).len() + 1 + SIGN_BYTES;
    let of_essential: usize =
        (0..lines.count()).filter(|&line| shown[line] && essential.has(line)).map(cost).sum();
    let others = |line: &usize| shown[*line] && !essential.has(*line);
    let of_others: usize = (0..lines.count()).filter(others).map(cost).sum();
    let taken = of_essential + summary.as_ref().map_or(0, String::len);
    let room = bytes.saturating_sub(taken).min(of_others);
    let mut keep = Keep::none(lines);
    // What the others seen so far may take and don't, times the cost of all of them.
    let mut credit: u128 = 0;
    for line in (0..lines.count()).filter(|&line| shown[line]) {
        let needed = cost(line) as u128 * of_others as u128;
        if essential.has(line) {
            keep.add(line);
            continue;
        }
        credit += cost(line) as u128 * room as u128;
        if credit >= needed {
            credit -= needed;
            keep.add(line);
        }
    }
    let mut draft = keep.draft(lines)?;
    if let Some(summary) = summary.filter(|text| !text.is_empty()) {
        draft.segments.insert(0, Segment::Text(summary));
    }
    Some(draft)
}

/// Which lines a draft shows, and the text at its beginning; `None` if it shows text in place of lines.
fn shown(draft: &Draft, lines: &Lines) -> Option<(Vec<bool>, String)> {
    let mut shown = vec![false; lines.count()];
    let mut summary = String::new();
    let mut are_lines = false;
    for segment in &draft.segments {
        match segment {
            Segment::Lines(range) => shown.get_mut(range.clone())?.fill(true),
            Segment::Text(text) => summary.push_str(text),
            Segment::Omitted(..) | Segment::Code(_) => are_lines = true,
        }
    }
    are_lines.then_some((shown, summary))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Task;

    #[test]
    fn lines_are_spread_and_what_matters_stays() {
        let text: String = (0..400)
            .map(|n| match n {
                150 => "error: disk full on /var\n".to_owned(),
                250 => "the zebra crosses line 250\n".to_owned(),
                _ => format!("paragraph {n} says a thing of its own\n"),
            })
            .collect();
        let lines = Lines::of(&text);
        let task = Task::of("zebra");
        let context = Context { task: &task, tight: true, every_line: false };
        let shown = |bytes: usize| {
            let draft = fit(None, &lines, &context, bytes).unwrap();
            let range = |segment: &Segment| match segment {
                Segment::Lines(range) => Some(range.clone()),
                _ => None,
            };
            draft.segments.iter().filter_map(range).flatten().collect::<Vec<usize>>()
        };
        let most = shown(4000);
        assert!((60..100).contains(&most.len()), "{}", most.len());
        assert!(most.windows(2).all(|pair| pair[1] - pair[0] <= 12), "{most:?}");
        assert_eq!(shown(0), [0, 1, 150, 250, 397, 398, 399]);
        for line in [0, 1, 150, 250, 397, 398, 399] {
            assert!(most.contains(&line), "{line}");
        }
        assert!(fit(None, &lines, &context, 1 << 20).is_none());
        let text = Draft { segments: vec![Segment::Text("x".into())], ..Draft::default() };
        assert!(fit(Some(text), &lines, &context, 100).is_none());
    }
}
