//! Search results: every match is kept; of a very long line, as in minified files, only the
//! beginning and the surroundings of the task's words. Context lines were asked for, so they are
//! elided only from a large result, except those that the task names.

use std::fmt::Write as _;
use std::ops::Range;

use super::{Context, Draft, Segment};
use crate::codecs::{self, Search, a_match};
use crate::lines::Lines;

/// Context lines are elided from larger results, in bytes: about the most that agents' shells show
/// of one output. By hand, not measured.
const LARGE: usize = 32 << 10;
/// A longer line, in bytes, is shortened. By hand, not measured.
const LONGEST_LINE: usize = 1000;
/// The bytes kept at the beginning of such a line. By hand, not measured.
const OF_LONG_LINE: usize = 200;
/// The bytes kept on each side of a word of the task. By hand, not measured.
const AROUND: usize = 100;
/// The most words per line whose surroundings are kept. By hand, not measured.
const MOST_AROUND: usize = 8;

pub(crate) fn draft(lines: &Lines, context: &Context) -> Option<Draft> {
    let all_around = !context.tight && lines.text().len() <= LARGE;
    if all_around && lines.iter().all(|line| line.len() <= LONGEST_LINE) {
        return None;
    }
    let places = context.task.places(lines);
    let mut named: Vec<usize> = places.iter().map(|place| lines.at(place.range.start)).collect();
    named.dedup();
    let mut shown = String::new();
    let mut elided = 0;
    for (index, line) in lines.iter().enumerate() {
        let is_around = || line == "--" || (a_match(line).is_none() && is_numbered_context(line));
        if line.len() > LONGEST_LINE {
            elided += 1;
            let within = lines.start(index)..lines.start(index + 1);
            let first = places.partition_point(|place| place.range.start < within.start);
            let of_line = places[first..].iter().take_while(|place| place.range.start < within.end);
            let words = of_line.map(|place| {
                place.range.start - within.start..place.range.end.min(within.end) - within.start
            });
            push_long(line, words.take(MOST_AROUND), &mut shown);
        } else if !all_around && is_around() && named.binary_search(&index).is_err() {
            elided += 1;
        } else {
            shown.push_str(lines.slice(index..index + 1));
        }
    }
    if elided == 0 {
        return None;
    }
    let shown = codecs::proposed(&Search, &shown).unwrap_or(shown);
    Some(Draft {
        segments: vec![Segment::Text(shown)],
        unit: "lines".into(),
        total: lines.count(),
        elided,
        ..Draft::default()
    })
}

/// The beginning of a long line and the surroundings of some of its words, with the number of
/// elided bytes.
fn push_long(line: &str, words: impl Iterator<Item = Range<usize>>, shown: &mut String) {
    let beginning = 0..line.floor_char_boundary(OF_LONG_LINE);
    let mut stays = vec![beginning];
    for word in words {
        let start = line.floor_char_boundary(word.start.saturating_sub(AROUND));
        let end = line.ceil_char_boundary((word.end + AROUND).min(line.len()));
        match stays.last_mut() {
            Some(last) if start <= last.end => last.end = last.end.max(end),
            _ => stays.push(start..end),
        }
    }
    let mut at = 0;
    for range in stays {
        if range.start > at {
            shown.push_str(" … ");
        }
        shown.push_str(&line[range.clone()]);
        at = range.end;
    }
    // Writing to a String cannot fail.
    let _ = match line.len() - at {
        0 => writeln!(shown),
        rest => writeln!(shown, " … {rest} bytes"),
    };
}

/// Whether the line may be a context line: `path-12-text`.
fn is_numbered_context(line: &str) -> bool {
    line.split('-').skip(1).any(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Task;

    #[test]
    fn of_a_long_line_what_the_task_names_stays() {
        let long = format!("{}the Zebra crosses{}", "a=1;".repeat(600), "b=2;".repeat(600));
        let text = format!("src/a.rs:3:let x = 1;\nweb/app.min.js:1:{long}\n");
        let shown = |task: &str| {
            let task = Task::of(task);
            let draft =
                draft(&Lines::of(&text), &Context { task: &task, tight: false, every_line: false });
            match &draft.unwrap().segments[..] {
                [Segment::Text(shown)] => shown.clone(),
                _ => String::new(),
            }
        };
        let (named, plain) = (shown("where is zebra?"), shown(""));
        assert!(named.contains("the Zebra crosses") && named.len() < 1000, "{named}");
        assert!(!plain.contains("Zebra") && plain.len() < named.len());
        assert!(plain.contains("let x = 1;"));
    }
}
