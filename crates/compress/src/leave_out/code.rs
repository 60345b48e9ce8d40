//! Source code: bodies that share nothing with the task go, and so do licence headers and long
//! tables of data; signatures, doc comments, and lines that warn the reader stay. What remains
//! parses: where a body was is a comment, and a statement that does nothing where there must be one.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use syntax::{Definition, DefinitionKind, Language, LineRange, Outline, outline};

use super::{Context, Cut, Draft, Piece};
use crate::detect::unnumbered;
use crate::lines::Lines;
use crate::task::{Place, Task};

/// A shorter body stays, in lines and in bytes: its sign would cost as much.
const FEWEST_LINES: usize = 3;
const FEWEST_BYTES: usize = 100;
/// Of a longer table of data only the beginning stays.
const LONGEST_DATA: usize = 24;
const OF_DATA: usize = 4;
/// Of a type that the task names, all members stay if it has fewer lines.
const LARGEST_TYPE: u32 = 200;
/// A comment at the top of so many lines that speaks of a licence is its header.
const FEWEST_OF_LICENCE: usize = 4;
/// A longer line, in bytes, isn't written or read by anybody.
const LONGEST_LINE: usize = 2000;
/// Where nothing but that header can go, so many bytes are parsed to find it.
const TOP: usize = 8 << 10;

pub(super) fn draft(part: &str, language: Language, context: &Context) -> Option<Draft> {
    let lines = Lines::of(part);
    // A task without terms wants all code.
    let nothing = Task::of("");
    let task = if context.every_line { &nothing } else { context.task };
    let mut cuts = cuts(part, &lines, language, task);
    if context.every_line {
        cuts.extend(long_lines(&lines, language, &cuts));
        cuts.sort_by_key(|cut| cut.lines.start);
    }
    let left_out = cuts.iter().map(|cut| cut.lines.len()).sum();
    let mut pieces = Vec::new();
    let mut at = 0;
    for cut in cuts {
        pieces.push(Piece::Lines(at..cut.lines.start));
        at = cut.lines.end;
        pieces.push(Piece::Cut(cut));
    }
    pieces.push(Piece::Lines(at..lines.count()));
    let comment = Some(comment(language));
    (left_out > 0).then_some(Draft {
        pieces,
        unit: "lines",
        total: lines.count(),
        left_out,
        comment,
    })
}

/// Lines as long as minified and generated files have them, outside of `cuts`.
fn long_lines(lines: &Lines, language: Language, cuts: &[Cut]) -> Vec<Cut> {
    let is_cut = |line: &usize| cuts.iter().any(|cut| cut.lines.contains(line));
    let long = (0..lines.count()).filter(|&line| lines.get(line).len() > LONGEST_LINE);
    long.filter(|line| !is_cut(line))
        .map(|line| Cut {
            lines: line..line + 1,
            indent: String::new(),
            statement: "",
            note: String::new(),
            comment: comment(language),
        })
        .collect()
}

/// How a comment of one line is written.
pub(super) fn comment(language: Language) -> (&'static str, &'static str) {
    match (language.comment_prefix(), language.block_comment()) {
        (Some(prefix), _) => (prefix, ""),
        (None, Some(block)) => block,
        (None, None) => ("", ""),
    }
}

/// What can be left out of `text`; in order, apart.
pub(super) fn cuts(text: &str, lines: &Lines, language: Language, task: &Task) -> Vec<Cut> {
    let plain = without_numbers(text, lines);
    // Parsing is what takes time here, and a task without terms wants all that is below the header.
    let outline = outline(language, if task.is_empty() { top(&plain) } else { &plain });
    let source = Lines::of(&plain);
    let code = Code { lines: &source, language, outline: &outline };
    let wanted = Wanted::of(text, lines, &outline, task);
    let mut cuts: Vec<Cut> = code.licence().into_iter().collect();
    let mut end = cuts.first().map_or(0, |cut| cut.lines.end);
    for definition in &outline.definitions {
        if (definition.lines.start as usize) <= end || wanted.has(definition) {
            continue;
        }
        let cut = code.definition(definition);
        let fits = |cut: &Cut| cut.lines.start >= end;
        if let Some(cut) = cut.filter(fits) {
            end = cut.lines.end;
            cuts.push(cut);
        }
    }
    cuts
}

/// The whole lines at the beginning of `text` that are [`TOP`] bytes at most.
fn top(text: &str) -> &str {
    let first = &text[..text.floor_char_boundary(TOP)];
    if first.len() == text.len() {
        text
    } else {
        &first[..first.rfind('\n').map_or(0, |at| at + 1)]
    }
}

/// What of a file has to do with the task.
struct Wanted<'w> {
    outline: &'w Outline,
    task: &'w Task,
    /// The lines with a term, and the term.
    places: Vec<(usize, usize)>,
    /// The names of all definitions, in lower case.
    names: HashSet<String>,
}

impl<'w> Wanted<'w> {
    pub(super) fn of(text: &str, lines: &Lines, outline: &'w Outline, task: &'w Task) -> Self {
        let line = |place: Place| (lines.at(place.range.start) + 1, place.term);
        let places = task.places(text, lines).into_iter().map(line).collect();
        let names = outline.definitions.iter().map(|d| d.name.to_lowercase()).collect();
        Self { outline, task, places, names }
    }

    /// Whether a definition has to do with the task. A task without terms wants all code.
    fn has(&self, definition: &Definition) -> bool {
        self.task.is_empty() || self.degree(definition) >= 2
    }

    /// How much a definition has to do with the task. 3: it, or the type it belongs to, is named. 2: a
    /// name of the task stands in it, a word of the task stands in its signature or doc comment, or
    /// two words of the task stand in its body. 1: one word does.
    fn degree(&self, definition: &Definition) -> u32 {
        let of_type = definition.parent.map(|parent| &self.outline.definitions[parent]);
        let small = |d: &&Definition| d.lines.end - d.lines.start < LARGEST_TYPE;
        let named = |d: &Definition| self.task.says(&d.name);
        if named(definition) || of_type.filter(small).is_some_and(named) {
            return 3;
        }
        let (start, end) = (definition.lines.start as usize, definition.lines.end as usize);
        let first = self.places.partition_point(|&(line, _)| line < start);
        let inside = self.places[first..].iter().take_while(|&&(line, _)| line <= end);
        let is_head = |line: usize| {
            let within =
                |range: LineRange| (range.start as usize..=range.end as usize).contains(&line);
            within(definition.signature) || definition.doc.is_some_and(within)
        };
        let mut words: Vec<usize> = Vec::new();
        for &(line, term) in inside {
            let of_file = self.names.contains(self.task.term(term));
            if self.task.is_name(term) || of_file || is_head(line) {
                return 2;
            }
            words.push(term);
        }
        words.sort_unstable();
        words.dedup();
        words.len().min(2) as u32
    }
}

/// `text` without the numbers that its lines may have, line by line.
fn without_numbers<'a>(text: &'a str, lines: &Lines<'a>) -> Cow<'a, str> {
    let numbered = lines.iter().take(20).filter(|line| unnumbered(line).len() < line.len()).count();
    if numbered * 10 < lines.count().min(20) * 9 || lines.count() == 0 {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    lines.iter().for_each(|line| out.extend([unnumbered(line), "\n"]));
    out.into()
}

/// A source file, or a piece of one.
struct Code<'c, 'a> {
    lines: &'c Lines<'a>,
    language: Language,
    outline: &'c Outline,
}

impl Code<'_, '_> {
    /// What of a definition can go.
    fn definition(&self, definition: &Definition) -> Option<Cut> {
        let cut = match definition.kind {
            DefinitionKind::Function | DefinitionKind::Method => self.body(definition),
            DefinitionKind::Constant => self.data(definition),
            _ => None,
        };
        cut.filter(|cut| cut.lines.end <= self.lines.count())
    }

    /// The comment at the top, if it is about a licence.
    fn licence(&self) -> Option<Cut> {
        let first = self.lines.at(self.outline.comments.first()?.start);
        if first > 2 {
            return None;
        }
        let mut last = first;
        for comment in &self.outline.comments {
            if self.lines.at(comment.start) > last + 1 {
                break;
            }
            last = self.lines.at(comment.end.saturating_sub(1));
        }
        let text = self.lines.slice(first..last + 1).to_lowercase();
        let legal = ["licen", "copyright", "spdx-"].iter().any(|word| text.contains(word));
        let range = first..last + 1;
        (legal && range.len() >= FEWEST_OF_LICENCE).then(|| Cut {
            indent: String::new(),
            statement: "",
            note: String::new(),
            comment: comment(self.language),
            lines: range,
        })
    }

    /// What is inside of a function, but for its doc string.
    fn body(&self, definition: &Definition) -> Option<Cut> {
        let body = definition.body.as_ref()?;
        let opens = (definition.signature.end as usize)
            .max(self.lines.at(body.start) + usize::from(!self.is_indented()));
        let mut start = opens;
        let mut end = (definition.lines.end as usize).min(self.lines.count());
        if let Some(doc) = definition.doc.filter(|doc| doc.start as usize > start) {
            start = doc.end as usize;
        }
        if !self.is_indented() && end > start && closes(self.lines.get(end - 1)) {
            end -= 1;
        }
        while end > start && self.lines.get(end - 1).trim().is_empty() {
            end -= 1;
        }
        while start < end && self.lines.get(start).trim().is_empty() {
            start += 1;
        }
        let first = self.lines.get((start < end).then_some(start)?);
        let indent = first[..first.len() - first.trim_start().len()].to_owned();
        let statement = if self.is_indented() { "... " } else { "" };
        self.cut(start..end, indent, statement)
    }

    /// The end of a long table of data.
    fn data(&self, definition: &Definition) -> Option<Cut> {
        let (start, end) = (definition.lines.start as usize - 1, definition.lines.end as usize);
        if end - start <= LONGEST_DATA
            || end > self.lines.count()
            || !closes(self.lines.get(end - 1))
        {
            return None;
        }
        let start = definition.signature.end as usize + OF_DATA;
        let first = self.lines.get(start);
        let indent = &first[..first.len() - first.trim_start().len()];
        let even = (start..end - 1).all(|line| self.lines.get(line).starts_with(indent));
        let whole = self.lines.get(start - 1).trim_end().ends_with(',') && !indent.is_empty();
        (even && whole).then(|| self.cut(start..end - 1, indent.to_owned(), "")).flatten()
    }

    fn cut(&self, range: Range<usize>, indent: String, statement: &'static str) -> Option<Cut> {
        let big =
            range.len() >= FEWEST_LINES && self.lines.slice(range.clone()).len() >= FEWEST_BYTES;
        let comment = comment(self.language);
        let note = if comment.1.is_empty() { self.told(range.clone()) } else { String::new() };
        big.then_some(Cut { lines: range, indent, statement, note, comment })
    }

    /// The lines of a body that warn its reader, and the heads of what is defined in it, behind the
    /// sign for the body.
    fn told(&self, range: Range<usize>) -> String {
        const WARNINGS: &[&str] =
            &["TODO", "FIXME", "XXX", "HACK", "eprecated", "panic!", "unreachable!"];
        let first = range.start as u32 + 1;
        let from = self.outline.definitions.partition_point(|d| d.lines.start < first);
        let mut heads = self.outline.definitions[from..].iter().peekable();
        let mut note = String::new();
        for index in range {
            let is_head = |d: &&Definition| {
                d.signature.start as usize == index + 1
                    && matches!(d.kind, DefinitionKind::Function | DefinitionKind::Method)
            };
            while heads.peek().is_some_and(|d| (d.signature.start as usize) < index + 1) {
                heads.next();
            }
            let line = self.lines.get(index);
            if heads.peek().is_some_and(is_head) || WARNINGS.iter().any(|word| line.contains(word))
            {
                note.push_str(" | ");
                note.push_str(line.trim());
            }
        }
        note
    }

    fn is_indented(&self) -> bool {
        self.language == Language::Python
    }
}

/// Whether a line only closes what was opened.
fn closes(line: &str) -> bool {
    let inner = line.trim();
    inner == "end"
        || (!inner.is_empty() && inner.chars().all(|c| matches!(c, '}' | ')' | ']' | ';' | ',')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_who_wants_every_line_gets_all_but_the_endless_ones() {
        let body = "    step();\n".repeat(10);
        let text =
            format!("function f() {{\n{body}}}\nvar data=[{}];\nlast();\n", "1,".repeat(2000));
        let task = Task::of("something else");
        let context = Context { task: &task, tight: false, every_line: true };
        let draft = draft(&text, Language::JavaScript, &context).unwrap();
        assert_eq!(draft.left_out, 1);
        assert_eq!(draft.pieces.len(), 3);
        assert_eq!(draft.pieces[0], Piece::Lines(0..12));
    }

    #[test]
    fn a_licence_goes_whatever_the_task_and_however_long_the_file() {
        let header = "// Copyright 2020 Somebody\n// Licensed under\n// the terms\n// of it.\n\n";
        let functions: String =
            (0..800).map(|n| format!("fn f{n}() {{\n    run({n});\n}}\n")).collect();
        for (name, text) in [("long", header.to_owned() + &functions), ("short", header.into())] {
            for task in ["", "something else"] {
                let lines = Lines::of(&text);
                let cuts = cuts(&text, &lines, Language::Rust, &Task::of(task));
                assert_eq!(cuts[0].lines, 0..4, "{name}: {task}");
            }
        }
        assert_eq!(top(&functions).len(), functions[..TOP].rfind('\n').unwrap() + 1);
        assert_eq!(top(header), header);
    }
}
