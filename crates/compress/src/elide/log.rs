//! Logs, and what test runners and build tools print: of the lines that say the same about other
//! values the first and the last stay, and those whose values are unusual; all rare lines stay. What
//! stays takes along whose it is.

use std::collections::HashMap;

use super::keep::Keep;
use super::levels;
use super::owners::Owners;
use super::values::Values;
use super::{Context, Draft, Segment};
use crate::lines::Lines;
use crate::parallel::{join_if_long, map_if_long};
use crate::templates::Templates;
use crate::words::words;
use crate::{diagnostic, place};

/// A template with at most so many lines is rare: all of them stay.
const RARE: usize = 3;
/// More lines that sound like the same trouble are a flood: of those only some at both ends stay, and
/// all that are grave and don't repeat another one to the byte.
const FLOOD: usize = 20;
const OF_A_FLOOD: usize = 3;
/// A template is told about when at least so many of its lines are left out.
const FEWEST_TOLD: usize = 5;
/// At most so many templates are told about.
const MOST_TOLD: usize = 30;
/// The longest line of that, in bytes.
const LONGEST_TOLD: usize = 200;
/// Modules are told when they have on average at least so many tests.
const FEWEST_PER_MODULE: usize = 4;
/// Words that are looked at for unusual values.
const MOST_WORDS: usize = 48;

pub(super) fn draft(lines: &Lines, context: &Context) -> Option<Draft> {
    if lines.count() == 0 {
        return None;
    }
    let bytes = lines.text().len();
    let ((mut keep, diagnostics), templates) = join_if_long(
        bytes,
        || (Keep::of(lines, context), diagnostics(lines)),
        || Templates::of(lines),
    );
    for line in 0..lines.count() {
        if templates.count(line) <= RARE {
            keep.add_with_block(line, lines);
        }
    }
    let groups = templates.frequent(RARE);
    let likes = map_if_long(bytes, &groups, |group| Alike::of(lines, group));
    for (group, alike) in groups.iter().zip(&likes) {
        for &index in &alike.unusual {
            let line = group[index] as usize;
            // The line before often says whose it is, but not where it says the same of something else.
            match line.checked_sub(1) {
                Some(before) if templates.of_line[before] != templates.of_line[line] => {
                    keep.add_after_one(line);
                }
                _ => keep.add(line),
            }
        }
    }
    keep_diagnostics(lines, &diagnostics, &templates, &mut keep);
    let owners = Owners::of(lines);
    let stays: Vec<usize> = (0..lines.count()).filter(|&line| keep.has(line)).collect();
    stays.into_iter().for_each(|line| owners.each_of(line, |owner| keep.add(owner)));
    for (group, alike) in groups.iter().zip(&likes) {
        keep.add(group[0] as usize);
        keep.add(group[group.len() - 1] as usize);
        if !alike.describes {
            group.iter().for_each(|&line| keep.add(line as usize));
        }
    }
    let told = told(&groups, &likes, &keep);
    let mut draft = keep.draft(lines)?;
    if !told.is_empty() {
        draft.segments.insert(0, Segment::Text(told));
    }
    Some(draft)
}

/// The lines with an unusual value, in order. Where nothing is left out they are still to be found as
/// they are.
pub(super) fn odd(lines: &Lines) -> Vec<usize> {
    let templates = Templates::of(lines);
    let mut odd: Vec<usize> = Vec::new();
    for group in templates.frequent(RARE) {
        let unusual = columns(lines, &group).iter().flat_map(Values::unusual).collect::<Vec<_>>();
        odd.extend(unusual.into_iter().map(|index| group[index] as usize));
    }
    odd.sort_unstable();
    odd.dedup();
    odd
}

/// A line that says that something went wrong.
struct Diagnostic {
    line: usize,
    /// Whether it is one that is never one too many.
    is_severe: bool,
    /// The line that says which place in which file it is about.
    place: Option<usize>,
}

/// The diagnostics of `lines`, in order: by their words, by their place, by their level.
fn diagnostics(lines: &Lines) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    for line in diagnostic::lines(lines) {
        let is_severe = diagnostic::is_severe(lines.get(line));
        found.push(Diagnostic { line, is_severe, place: place::of_diagnostic(lines, line) });
    }
    let placed = (0..lines.count()).filter(|&line| place::is_diagnostic(lines.get(line)));
    found.extend(placed.map(|line| Diagnostic { line, is_severe: true, place: Some(line) }));
    let rare = levels::rare(lines).into_iter();
    found.extend(rare.map(|line| Diagnostic { line, is_severe: true, place: None }));
    found.sort_by_key(|diagnostic| (diagnostic.line, !diagnostic.is_severe));
    found.dedup_by_key(|diagnostic| diagnostic.line);
    found
}

/// Keeps all diagnostics but those of a flood; and of what is said again to the byte, about the same
/// place where it names one, some at both ends.
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
    for &Diagnostic { line, is_severe, place } in diagnostics {
        let template = templates.of_line[line] as usize;
        seen[template] += 1;
        let (seen, total) = (seen[template], total[template]);
        let repeated = repeats.entry((lines.get(line), place.map(|at| lines.get(at)))).or_default();
        *repeated += 1;
        let of_a_flood = total > FLOOD && (*repeated > OF_A_FLOOD || !is_severe && place.is_none());
        let is_end = seen <= OF_A_FLOOD || seen + OF_A_FLOOD > total;
        match (of_a_flood && !is_end, place) {
            (true, _) => {}
            // A flood of diagnostics is read by what they say and where.
            (false, Some(place)) if total > FLOOD && !is_end => {
                keep.add(line);
                keep.add(place);
            }
            (false, place) => {
                keep.add_with_neighbours(line);
                place.into_iter().for_each(|place| keep.add(place));
            }
        }
    }
}

/// What the lines of one template are like.
struct Alike {
    /// Which of them have an unusual value.
    unusual: Vec<usize>,
    /// Whether they have a word in common that says what they are about. Without one, each line says
    /// something of its own, and none stands for another.
    describes: bool,
    /// What they say, where there are enough to tell about.
    told: Option<String>,
}

impl Alike {
    fn of(lines: &Lines, group: &[u32]) -> Self {
        let columns = columns(lines, group);
        let bytes = lines.text().len() * group.len() / lines.count();
        let unusual = map_if_long(bytes, &columns, Values::unusual).into_iter().flatten().collect();
        let is_told = group.len() >= FEWEST_TOLD && !columns.is_empty();
        let told = is_told.then(|| match by_module(&columns) {
            Some(line) => format!("{}× {line}", group.len()),
            None => {
                let words: Vec<String> = columns.iter().map(Values::summary).collect();
                let mut line = format!("{}× {}", group.len(), words.join(" "));
                line.truncate(line.floor_char_boundary(LONGEST_TOLD));
                line
            }
        });
        Self { unusual, describes: describes(lines, group, &columns), told }
    }
}

/// Whether the lines of a template have something in common that says what they are about: a word that
/// all of them hold, one of a few, a name with numbers (`ms=12`); or are the same altogether.
fn describes(lines: &Lines, group: &[u32], columns: &[Values]) -> bool {
    let is_whole = || {
        let longest = group.iter().map(|&line| words(lines.get(line as usize)).count()).max();
        longest <= Some(columns.len())
    };
    columns.iter().any(Values::describe) || (columns.iter().all(Values::are_same) && is_whole())
}

/// The words of a template's lines, word by word. All of them have as many.
fn columns<'a>(lines: &Lines<'a>, group: &[u32]) -> Vec<Values<'a>> {
    let mut columns: Vec<Vec<&str>> = Vec::new();
    for (row, &line) in group.iter().enumerate() {
        let mut words = words(lines.get(line as usize)).take(MOST_WORDS);
        if row == 0 {
            columns = words.map(|word| vec![word]).collect();
            columns.iter_mut().for_each(|column| column.reserve(group.len()));
            continue;
        }
        columns.iter_mut().for_each(|column| column.push(words.next().unwrap_or("")));
    }
    columns.into_iter().map(Values::new).collect()
}

/// What the lines that are left out say, and how many do.
fn told(groups: &[Vec<u32>], likes: &[Alike], keep: &Keep) -> String {
    let mut told: Vec<(usize, &str)> = Vec::new();
    for (group, alike) in groups.iter().zip(likes) {
        let Some(line) = &alike.told else { continue };
        let elided = group.iter().filter(|&&line| !keep.has(line as usize)).count();
        if elided >= FEWEST_TOLD {
            told.push((elided, line));
        }
    }
    told.sort_by_key(|(elided, _)| std::cmp::Reverse(*elided));
    told.truncate(MOST_TOLD);
    told.into_iter().fold(String::new(), |mut out, (_, line)| {
        out.extend([line, "\n"]);
        out
    })
}

/// How many lines there are of each module, where one of the words is the name of a test in a
/// module, as in `tests/test_x.py::test_y PASSED` and `test a::b::c ... ok`.
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
            for place in places {
                assert!(shown.contains(&place), "{place} isn't in\n{shown}");
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
