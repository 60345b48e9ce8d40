//! Logs, and the output of test runners and build tools: of lines with the same template, the
//! first, the last and those with unusual values are kept; lines of rare templates are all kept. So
//! are the lines that enclose what is kept.

use std::collections::HashMap;

use super::enclosing::Enclosing;
use super::keep::Keep;
use super::values::Values;
use super::{Context, Draft, Segment};
use super::{commits, comparison, frames, levels};
use crate::lines::Lines;
use crate::parallel::{join_if_long, map_if_long};
use crate::templates::Templates;
use crate::word_table::WordTable;
use crate::{diagnostic, location};

/// A template with at most this many lines is rare: all of them are kept. By hand, not measured.
const RARE: usize = 3;
/// Above this count, diagnostics of one template are sampled: the first and last few, and every
/// distinct severe line. By hand, not measured.
const MAX_UNSAMPLED: usize = 20;
const SAMPLES_PER_END: usize = 3;
/// A template is summarized if at least this many of its lines are elided. By hand, not measured.
const MIN_SUMMARIZED: usize = 5;
/// The most templates that are summarized. By hand, not measured.
const MAX_SUMMARIES: usize = 30;
/// The longest summary of a template, in bytes. By hand, not measured.
const MAX_SUMMARY_BYTES: usize = 200;
/// Tests are summarized by module if modules have at least this many tests on average. By hand, not
/// measured.
const FEWEST_PER_MODULE: usize = 4;
/// How many words of a line are searched for unusual values. By hand, not measured.
const MOST_WORDS: usize = 48;

/// What is shown of the commits of a `git log`, or of the lines of anything else.
pub(crate) fn commits_or_lines(lines: &Lines, context: &Context) -> Option<Draft> {
    commits::draft(lines, context).or_else(|| draft(lines, context))
}

fn draft(lines: &Lines, context: &Context) -> Option<Draft> {
    if lines.count() == 0 {
        return None;
    }
    let bytes = lines.text().len();
    let words = WordTable::of(lines);
    let ((mut keep, diagnostics), templates) = join_if_long(
        bytes,
        // What was run and how it ended is of a rare template, or among the first and last of one.
        || (Keep::named(lines, context), diagnostics(lines, &words)),
        || Templates::of(&words),
    );
    for line in 0..lines.count() {
        if templates.count(line) <= RARE {
            keep.add_with_block(line, lines);
        }
    }
    let groups = templates.frequent(RARE);
    let likes = map_if_long(bytes, &groups, |group| Alike::of(&words, group, bytes));
    for (group, alike) in groups.iter().zip(&likes) {
        for &index in &alike.unusual {
            let line = group[index] as usize;
            // The line before often says what this one is about, unless it is of the same template.
            match line.checked_sub(1) {
                Some(before) if templates.of_line[before] != templates.of_line[line] => {
                    keep.add_after_one(line);
                }
                _ => keep.add(line),
            }
        }
    }
    keep_diagnostics(lines, &diagnostics, &templates, &mut keep);
    let enclosing = Enclosing::of(lines);
    let stays: Vec<usize> = (0..lines.count()).filter(|&line| keep.has(line)).collect();
    stays.into_iter().for_each(|line| enclosing.each_of(line, |owner| keep.add(owner)));
    for (group, alike) in groups.iter().zip(&likes) {
        keep.add(group[0] as usize);
        keep.add(group[group.len() - 1] as usize);
        if !alike.describes {
            group.iter().for_each(|&line| keep.add(line as usize));
        }
    }
    keep_comparisons(lines, &diagnostics, &mut keep);
    keep_whole_frames(lines, &mut keep);
    let summaries = summaries(&groups, &likes, &keep);
    let mut draft = keep.draft(lines)?;
    if !summaries.is_empty() {
        draft.segments.insert(0, Segment::Text(summaries));
    }
    Some(draft)
}

/// Keeps what is written below each failed assertion that is kept.
fn keep_comparisons(lines: &Lines, diagnostics: &[Diagnostic], keep: &mut Keep) {
    let asserted = (0..lines.count()).filter(|&line| comparison::is_assertion(lines.get(line)));
    let failed = diagnostics.iter().map(|diagnostic| diagnostic.line).chain(asserted);
    let kept: Vec<usize> = failed.filter(|&line| keep.has(line)).collect();
    kept.into_iter()
        .flat_map(|line| comparison::below(lines, line))
        .for_each(|line| keep.add(line));
}

/// Keeps the head of each frame of which a line is kept, and the location of each head: without
/// them, a line of a stack trace doesn't say where it is.
fn keep_whole_frames(lines: &Lines, keep: &mut Keep) {
    for line in 0..lines.count() {
        if keep.has(line) {
            frames::head(lines, line).into_iter().for_each(|head| keep.add(head));
            frames::location(lines, line).into_iter().for_each(|location| keep.add(location));
        }
    }
}

/// The lines with an unusual value, in order.
pub(crate) fn unusual(lines: &Lines) -> Vec<usize> {
    let words = WordTable::of(lines);
    let templates = Templates::of(&words);
    let mut found: Vec<usize> = Vec::new();
    for group in templates.frequent(RARE) {
        let unusual = columns(&words, &group).iter().flat_map(Values::unusual).collect::<Vec<_>>();
        found.extend(unusual.into_iter().map(|index| group[index] as usize));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// A line that reports an error, a warning or a failure.
struct Diagnostic {
    line: usize,
    /// Whether it is severe: every distinct one is kept.
    is_severe: bool,
    /// The line with the location in a file that it refers to.
    location: Option<usize>,
}

/// The diagnostics of `lines`, in order: recognised by their words, their location or their log
/// level.
fn diagnostics(lines: &Lines, words: &WordTable) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    for line in diagnostic::lines(lines) {
        let is_severe = diagnostic::is_severe(lines.get(line));
        found.push(Diagnostic { line, is_severe, location: location::of_diagnostic(lines, line) });
    }
    let placed = (0..lines.count()).filter(|&line| location::is_diagnostic(lines.get(line)));
    found.extend(placed.map(|line| Diagnostic { line, is_severe: true, location: Some(line) }));
    let rare = levels::rare(lines, words).into_iter();
    found.extend(rare.map(|line| Diagnostic { line, is_severe: true, location: None }));
    found.sort_by_key(|diagnostic| (diagnostic.line, !diagnostic.is_severe));
    found.dedup_by_key(|diagnostic| diagnostic.line);
    found
}

/// Keeps all diagnostics, except where there are many of one template: of those that repeat
/// verbatim, about the same location if they have one, and of those that aren't severe, it keeps
/// some at both ends.
fn keep_diagnostics(
    lines: &Lines,
    diagnostics: &[Diagnostic],
    templates: &Templates,
    keep: &mut Keep,
) {
    let mut seen = vec![0usize; templates.counts.len()];
    let mut total = vec![0usize; templates.counts.len()];
    for diagnostic in diagnostics {
        total[templates.of_line[diagnostic.line] as usize] += 1;
    }
    let mut repeats: HashMap<(&str, Option<&str>), usize> = HashMap::new();
    for &Diagnostic { line, is_severe, location } in diagnostics {
        let template = templates.of_line[line] as usize;
        seen[template] += 1;
        let (seen, total) = (seen[template], total[template]);
        let repeated =
            repeats.entry((lines.get(line), location.map(|at| lines.get(at)))).or_default();
        *repeated += 1;
        let is_sampled = total > MAX_UNSAMPLED
            && (*repeated > SAMPLES_PER_END || !is_severe && location.is_none());
        let is_end = seen <= SAMPLES_PER_END || seen + SAMPLES_PER_END > total;
        match (is_sampled && !is_end, location) {
            (true, _) => {}
            // Of many diagnostics, only the line and its location are kept, not their surroundings.
            (false, Some(location)) if total > MAX_UNSAMPLED && !is_end => {
                keep.add(line);
                keep.add(location);
            }
            (false, location) => {
                keep.add_with_neighbours(line);
                location.into_iter().for_each(|location| keep.add(location));
            }
        }
    }
}

/// Statistics of the lines of one template.
struct Alike {
    /// Indices of the lines with an unusual value.
    unusual: Vec<usize>,
    /// Whether they share a word that says what they are about. Otherwise each line says something
    /// of its own, and none is representative.
    describes: bool,
    /// The summary, if there are enough lines.
    summary: Option<String>,
}

impl Alike {
    /// Those of the lines in `group`, of a text with so many `bytes`.
    fn of(words: &WordTable, group: &[u32], bytes: usize) -> Self {
        let columns = columns(words, group);
        let bytes = bytes * group.len() / words.lines();
        let unusual = map_if_long(bytes, &columns, Values::unusual).into_iter().flatten().collect();
        let is_summarized = group.len() >= MIN_SUMMARIZED && !columns.is_empty();
        let summary = is_summarized.then(|| match by_module(&columns) {
            Some(line) => format!("{}× {line}", group.len()),
            None => {
                let words: Vec<String> = columns.iter().map(Values::summary).collect();
                let mut line = format!("{}× {}", group.len(), words.join(" "));
                line.truncate(line.floor_char_boundary(MAX_SUMMARY_BYTES));
                line
            }
        });
        Self { unusual, describes: describes(words, group, &columns), summary }
    }
}

/// Whether the lines of a template share something that says what they are about: a word in all of
/// them, one of a few words, a name with numbers (`ms=12`); or are all equal.
fn describes(words: &WordTable, group: &[u32], columns: &[Values]) -> bool {
    let is_whole = || {
        let longest = group.iter().map(|&line| words.count(line as usize)).max();
        longest <= Some(columns.len())
    };
    columns.iter().any(Values::describe) || (columns.iter().all(Values::are_same) && is_whole())
}

/// The words of a template's lines, by column. All of them have the same number of words.
fn columns<'a>(words: &WordTable<'a>, group: &[u32]) -> Vec<Values<'a>> {
    let count = group.first().map_or(0, |&line| words.count(line as usize).min(MOST_WORDS));
    let column = |index| {
        let word = |&line: &u32| words.word(line as usize, index).unwrap_or("");
        Values::new(group.iter().map(word).collect())
    };
    (0..count).map(column).collect()
}

/// The summaries of the templates with elided lines, the most frequent first.
fn summaries(groups: &[Vec<u32>], likes: &[Alike], keep: &Keep) -> String {
    let mut summaries: Vec<(usize, &str)> = Vec::new();
    for (group, alike) in groups.iter().zip(likes) {
        let Some(line) = &alike.summary else { continue };
        let elided = group.iter().filter(|&&line| !keep.has(line as usize)).count();
        if elided >= MIN_SUMMARIZED {
            summaries.push((elided, line));
        }
    }
    summaries.sort_by_key(|(elided, _)| std::cmp::Reverse(*elided));
    summaries.truncate(MAX_SUMMARIES);
    summaries.into_iter().fold(String::new(), |mut out, (_, line)| {
        out.extend([line, "\n"]);
        out
    })
}

/// The number of lines per module, if one column holds names of tests in modules, as in
/// `tests/test_x.py::test_y PASSED` and `test a::b::c ... ok`.
fn by_module(columns: &[Values]) -> Option<String> {
    let mut tests = columns.iter().map(Values::as_slice);
    let tests = tests.position(|column| column.iter().all(|word| word.contains("::")))?;
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for word in columns[tests].as_slice() {
        let cut = if word.contains('/') { word.find("::") } else { word.rfind("::") };
        let module = &word[..cut.unwrap_or(word.len())];
        match counts.last_mut() {
            Some((last, count)) if *last == module => *count += 1,
            _ => counts.push((module, 1)),
        }
    }
    if counts.len() * FEWEST_PER_MODULE > columns[tests].as_slice().len() {
        return None;
    }
    let words = columns.iter().enumerate().map(|(index, column)| match index {
        _ if index == tests => "<test>".to_owned(),
        _ => column.summary(),
    });
    let modules = counts.iter().map(|(module, count)| format!("{module} {count}"));
    Some(format!(
        "{}: {}",
        words.collect::<Vec<_>>().join(" "),
        modules.collect::<Vec<_>>().join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Task;

    /// What is shown of `text`.
    fn shown(text: &str) -> String {
        let lines = Lines::of(text);
        let task = Task::of("");
        let Some(draft) = draft(&lines, &Context { task: &task, tight: false, every_line: false })
        else {
            return text.to_owned();
        };
        let mut shown = String::new();
        for segment in &draft.segments {
            if let Segment::Lines(range) = segment {
                shown.push_str(lines.slice(range.clone()));
            }
        }
        shown
    }

    #[test]
    fn a_template_without_a_word_stands_for_nothing() {
        let lines: [fn(usize) -> String; 5] = [
            |n| format!("{}\n", n * 7919 % 9973),
            |n| format!("/srv/{}/x{n}\n", n * 31 % 97),
            |n| format!("A{n}=/srv/{}\n", n * 31 % 97),
            |n| format!("├── dep{n}@1.{n}.0\n"),
            |n| format!("{n} | {:x} = {}\n", n * 7919, n * n),
        ];
        for line in lines {
            let text: String = (0..60).map(line).collect();
            assert_eq!(shown(&text), text);
        }
        let told: String = (0..60).map(|n| format!("took {n} ms\n")).collect();
        assert!(shown(&told).len() * 2 < told.len());
        assert!(shown(&"-- \n".repeat(90)).len() < 90, "what is the same stands for itself");
    }

    #[test]
    fn every_diagnostic_with_a_place_stays() {
        let texts: [fn(usize) -> (String, String); 5] = [
            |n| {
                (
                    format!("src/m{n}.rs:{n}:5"),
                    format!(
                        "warning: unneeded `return`\n  --> src/m{n}.rs:{n}:5\n   |\n{n} |     return x;\n   |     ^^^^^^\n\n"
                    ),
                )
            },
            |n| {
                (
                    format!("src/m{n}.c:{n}:5"),
                    format!(
                        "src/m{n}.c:{n}:5: warning: unused variable\n    {n} | int x;\n      |     ^\n"
                    ),
                )
            },
            |n| (format!("m{n}.py:{n}:80"), format!("m{n}.py:{n}:80: E501 line too long\n")),
            |n| {
                (
                    format!("M{n}.java:[{n},5]"),
                    format!("[WARNING] /x/M{n}.java:[{n},5] unchecked call\n"),
                )
            },
            |n| {
                (
                    format!("src/m{n}.ts:{n}:1"),
                    format!(
                        "  ⚠ eslint: unused\n   ╭─[src/m{n}.ts:{n}:1]\n {n} │ let x\n   ╰────\n"
                    ),
                )
            },
        ];
        for text in texts {
            let (places, texts): (Vec<String>, Vec<String>) = (1..60).map(text).unzip();
            let shown = shown(&texts.concat());
            for location in places {
                assert!(shown.contains(&location), "{location} isn't in\n{shown}");
            }
        }
    }

    #[test]
    fn what_is_odd_takes_its_owner_along() {
        let record = |n: usize, replicas: usize| {
            format!(
                "---\nkind: Deployment\nmetadata:\n  name: web-{n}\nspec:\n  replicas: {replicas}\n  image: web:1.4\n"
            )
        };
        let text: String = (0..30).map(|n| record(n, if n == 17 { 30 } else { 3 })).collect();
        let shown = shown(&text);
        let (before, _) = shown.split_once("replicas: 30").unwrap();
        assert!(before.lines().rev().take(4).any(|line| line == "  name: web-17"), "{shown}");
    }

    #[test]
    fn every_failure_stays_and_of_repeats_some() {
        let fails: String = (0..60).map(|n| format!("FAIL [{n}.1s] suite::case_{n}\n")).collect();
        let passes: String = (0..60).map(|n| format!("PASS [{n}.1s] suite::case_{n}\n")).collect();
        let same = "error: the disk is full\n".repeat(60);
        let text = format!("{passes}{fails}{passes}{same}{passes}");
        let lines = Lines::of(&text);
        let draft = draft(
            &Lines::of(&text),
            &Context { task: &Task::of(""), tight: false, every_line: false },
        )
        .unwrap();
        let mut shown = String::new();
        for segment in &draft.segments {
            if let Segment::Lines(range) = segment {
                shown.push_str(lines.slice(range.clone()));
            }
        }
        assert!(fails.lines().all(|line| shown.contains(line)));
        assert!(shown.matches("disk").count() < 10, "{shown}");
        assert!(shown.matches("PASS").count() < 60);
    }
}
