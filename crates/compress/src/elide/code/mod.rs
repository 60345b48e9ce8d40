//! Source code: bodies unrelated to the task are elided, and so are licence headers and long tables
//! of data; signatures, doc comments and lines with warnings are kept. The result parses: a body is
//! replaced by a comment, and by an empty statement if the language needs one.

mod blocks;
mod braces;
mod indented;
mod mask;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use languages::Language;
use rustc_hash::FxHashSet;

use self::blocks::{Block, BlockKind, Outline, outline};
use self::mask::{Masked, mask};
use super::{CodeOmission, Context, Draft, Segment};
use crate::detect::LONGEST_LINE;
use crate::lines::{Lines, unnumbered};
use crate::parallel::join_if_long;
use crate::task::{Place, Task};
use crate::words::any_of;

/// Shorter bodies, in lines and in bytes, are kept: the sign would cost as much. By hand, not
/// measured.
const FEWEST_LINES: usize = 3;
const FEWEST_BYTES: usize = 100;
/// Of a longer table of data, in lines, only the beginning is kept. By hand, not measured.
const LONGEST_DATA: usize = 24;
const OF_DATA: usize = 4;
/// All members of a type that the task names are kept if it has fewer lines than this. By hand, not
/// measured.
const LARGEST_TYPE: usize = 200;
/// A comment at the top of at least this many lines that mentions a licence is its header. By hand,
/// not measured.
const FEWEST_OF_LICENCE: usize = 4;

/// Words of warnings in a body.
static WARNINGS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    any_of(&["TODO", "FIXME", "XXX", "HACK", "eprecated", "panic!", "unreachable!"])
});

pub(crate) fn draft(lines: &Lines, language: Language, context: &Context) -> Option<Draft> {
    let cuts = match context.every_line {
        true => long_lines(lines, language),
        false => cuts(lines, language, context.task),
    };
    let elided = cuts.iter().map(|cut| cut.lines.len()).sum();
    let mut segments = Vec::new();
    let mut at = 0;
    for cut in cuts {
        segments.push(Segment::Lines(at..cut.lines.start));
        at = cut.lines.end;
        segments.push(Segment::Code(cut));
    }
    segments.push(Segment::Lines(at..lines.count()));
    let comment = Some(comment(language));
    (elided > 0).then_some(Draft {
        segments,
        unit: "lines".into(),
        total: lines.count(),
        elided,
        comment,
        ..Draft::default()
    })
}

/// Lines as long as in minified and generated files.
fn long_lines(lines: &Lines, language: Language) -> Vec<CodeOmission> {
    (0..lines.count())
        .filter(|&line| lines.get(line).len() > LONGEST_LINE)
        .map(|line| CodeOmission {
            lines: line..line + 1,
            indent: String::new(),
            statement: "",
            note: String::new(),
            comment: comment(language),
        })
        .collect()
}

/// The delimiters of a one-line comment.
pub(super) fn comment(language: Language) -> (&'static str, &'static str) {
    match (language.comment_prefix(), language.block_comment()) {
        (Some(prefix), _) => (prefix, ""),
        (None, Some(block)) => block,
        (None, None) => ("", ""),
    }
}

/// What can be elided from `lines`; in order, not overlapping.
pub(super) fn cuts(lines: &Lines, language: Language, task: &Task) -> Vec<CodeOmission> {
    let plain = without_numbers(lines);
    let source = Lines::of(&plain);
    let Some(masked) = mask(&plain, language) else { return Vec::new() };
    let mut cuts: Vec<CodeOmission> = licence(&masked, &source, language).into_iter().collect();
    // Without terms in the task, everything below the header may be needed.
    if task.is_empty() {
        return cuts;
    }
    let (places, outline) = join_if_long(
        lines.text().len(),
        || task.places(lines),
        || outline(&masked, &source, language),
    );
    let code = Code { lines: &source, language, outline: &outline };
    let wanted = Wanted::of(lines, places, &outline, task);
    let mut end = cuts.first().map_or(0, |cut| cut.lines.end);
    for block in &outline.blocks {
        if block.lines.start < end || wanted.has(block) {
            continue;
        }
        if let Some(cut) = code.block(block).filter(|cut| cut.lines.start >= end) {
            end = cut.lines.end;
            cuts.push(cut);
        }
    }
    cuts
}

/// The parts of a file that are relevant to the task.
struct Wanted<'w> {
    outline: &'w Outline,
    task: &'w Task,
    /// The lines that contain a term, and the term.
    places: Vec<(usize, usize)>,
    /// The names of all definitions, in lower case.
    names: FxHashSet<String>,
}

impl<'w> Wanted<'w> {
    fn of(lines: &Lines, places: Vec<Place>, outline: &'w Outline, task: &'w Task) -> Self {
        let line = |place: Place| (lines.at(place.range.start), place.term);
        let places = places.into_iter().map(line).collect();
        let names = outline.blocks.iter().map(|block| &block.name).chain(&outline.values);
        let names = names.map(|name| name.to_lowercase()).collect();
        Self { outline, task, places, names }
    }

    /// Whether a block is relevant to the task.
    fn has(&self, block: &Block) -> bool {
        self.degree(block) >= 2
    }

    /// The relevance of a block to the task. 3: the block, or its type, is named. 2: it contains a
    /// name from the task, its signature or doc comment contains a word of the task, or its body
    /// contains two. 1: its body contains one word.
    fn degree(&self, block: &Block) -> u32 {
        let of_type = block.parent.map(|parent| &self.outline.blocks[parent]);
        let small = |b: &&Block| b.kind == BlockKind::Type && b.lines.len() <= LARGEST_TYPE;
        let named = |b: &Block| self.task.says(&b.name);
        if named(block) || of_type.filter(small).is_some_and(named) {
            return 3;
        }
        let first = self.places.partition_point(|&(line, _)| line < block.lines.start);
        let inside = self.places[first..].iter().take_while(|&&(line, _)| line < block.lines.end);
        let is_head = |line: usize| block.signature.contains(&line) || block.doc.contains(&line);
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

/// The text without line numbers, line by line.
fn without_numbers<'a>(lines: &Lines<'a>) -> Cow<'a, str> {
    let text = lines.text();
    let numbered = lines.iter().take(20).filter(|line| unnumbered(line).len() < line.len()).count();
    if numbered * 10 < lines.count().min(20) * 9 || lines.count() == 0 {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    lines.iter().for_each(|line| out.extend([unnumbered(line), "\n"]));
    out.into()
}

/// The comment at the top, if it is a licence header.
fn licence(masked: &Masked, lines: &Lines, language: Language) -> Option<CodeOmission> {
    let first = lines.at(masked.comments.first()?.start);
    if first > 2 {
        return None;
    }
    let mut last = first;
    for comment in &masked.comments {
        if lines.at(comment.start) > last + 1 {
            break;
        }
        last = lines.at(comment.end.saturating_sub(1));
    }
    let text = lines.slice(first..last + 1).to_lowercase();
    let legal = ["licen", "copyright", "spdx-"].iter().any(|word| text.contains(word));
    let range = first..last + 1;
    (legal && range.len() >= FEWEST_OF_LICENCE).then(|| CodeOmission {
        indent: String::new(),
        statement: "",
        note: String::new(),
        comment: comment(language),
        lines: range,
    })
}

/// A source file, or an excerpt of one.
struct Code<'c, 'a> {
    lines: &'c Lines<'a>,
    language: Language,
    outline: &'c Outline,
}

impl Code<'_, '_> {
    /// What can be elided from a block.
    fn block(&self, block: &Block) -> Option<CodeOmission> {
        match block.kind {
            BlockKind::Function => self.body(block),
            BlockKind::Data => self.data(block),
            BlockKind::Type => None,
        }
    }

    /// The body of a function without its doc string.
    fn body(&self, block: &Block) -> Option<CodeOmission> {
        let Range { mut start, mut end } = block.body;
        if block.doc.start >= start {
            start = block.doc.end;
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

    /// The tail of a long table of data.
    fn data(&self, block: &Block) -> Option<CodeOmission> {
        if block.signature.len() + block.body.len() < LONGEST_DATA {
            return None;
        }
        let Range { start, end } = block.body.start + OF_DATA..block.body.end;
        let first = self.lines.get(start);
        let indent = &first[..first.len() - first.trim_start().len()];
        let even = (start..end).all(|line| self.lines.get(line).starts_with(indent));
        let whole = self.lines.get(start - 1).trim_end().ends_with(',') && !indent.is_empty();
        (even && whole).then(|| self.cut(start..end, indent.to_owned(), "")).flatten()
    }

    fn cut(
        &self,
        range: Range<usize>,
        indent: String,
        statement: &'static str,
    ) -> Option<CodeOmission> {
        let big =
            range.len() >= FEWEST_LINES && self.lines.slice(range.clone()).len() >= FEWEST_BYTES;
        let comment = comment(self.language);
        big.then(|| {
            let note = if comment.1.is_empty() {
                self.heads_and_warnings(range.clone())
            } else {
                String::new()
            };
            CodeOmission { lines: range, indent, statement, note, comment }
        })
    }

    /// The warnings in a body and the signatures of nested functions, to be written after the sign
    /// for the body.
    fn heads_and_warnings(&self, range: Range<usize>) -> String {
        let start = self.lines.start(range.start);
        let warnings = WARNINGS.find_iter(self.lines.slice(range.clone()));
        let mut shown: Vec<usize> =
            warnings.map(|hit| self.lines.at(start + hit.start())).collect();
        let blocks = &self.outline.blocks;
        let from = blocks.partition_point(|block| block.signature.start < range.start);
        let inner = blocks[from..].iter().take_while(|block| block.signature.start < range.end);
        let mut heads: Vec<&Block> = inner.collect();
        heads.dedup_by_key(|block| block.signature.start);
        heads.retain(|block| block.kind == BlockKind::Function);
        shown.extend(heads.iter().map(|block| block.signature.start));
        shown.sort_unstable();
        shown.dedup();
        let mut note = String::new();
        for line in shown {
            note.extend([" | ", self.lines.get(line).trim()]);
        }
        note
    }

    fn is_indented(&self) -> bool {
        self.language == Language::Python
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_reader_who_wants_every_line_gets_all_but_the_endless_ones() {
        let body = "    step();\n".repeat(10);
        let licence = "// Copyright 2020 Somebody\n// Licensed under\n// the terms\n// of it.\n";
        let text = format!(
            "{licence}function f() {{\n{body}}}\nvar data=[{}];\nlast();\n",
            "1,".repeat(2000)
        );
        let task = Task::of("something else");
        let context = Context { task: &task, tight: false, every_line: true };
        let draft = draft(&Lines::of(&text), Language::JavaScript, &context).unwrap();
        assert_eq!(draft.elided, 1);
        assert_eq!(draft.segments.len(), 3);
        assert_eq!(draft.segments[0], Segment::Lines(0..16));
    }

    #[test]
    fn a_licence_goes_whatever_the_task_and_however_long_the_file() {
        let header = "// Copyright 2020 Somebody\n// Licensed under\n// the terms\n// of it.\n\n";
        let functions: String =
            (0..800).map(|n| format!("fn f{n}() {{\n    run({n});\n}}\n")).collect();
        for (name, text) in [("long", header.to_owned() + &functions), ("short", header.into())] {
            for task in ["", "something else"] {
                let lines = Lines::of(&text);
                let cuts = cuts(&lines, Language::Rust, &Task::of(task));
                assert_eq!(cuts[0].lines, 0..4, "{name}: {task}");
            }
        }
    }

    /// The functions and types that a parser finds in `text`, with their lines.
    fn definitions(language: Language, text: &str) -> Vec<(String, usize)> {
        use syntax::DefinitionKind::{Function, Interface, Method, Type};
        let definitions = syntax::outline(language, text).definitions.into_iter();
        definitions
            .filter(|d| matches!(d.kind, Function | Method | Type | Interface))
            .map(|d| (d.name, d.signature.start as usize - 1))
            .collect()
    }

    #[test]
    fn a_parser_finds_in_what_remains_what_it_found_there_before() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../syntax/tests/samples");
        let mut of_languages = HashSet::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let language = Language::of(&path.display().to_string(), "");
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let lines = Lines::of(&text);
            let cuts = cuts(&lines, language, &Task::of("zebra"));
            let mut remains = String::new();
            let mut at = 0;
            for cut in &cuts {
                remains.push_str(lines.slice(at..cut.lines.start));
                let (indent, (open, close)) = (&cut.indent, cut.comment);
                remains.push_str(&format!("{indent}{}{open} …{close}\n", cut.statement));
                at = cut.lines.end;
            }
            remains.push_str(lines.slice(at..lines.count()));
            let stays = |line: &usize| !cuts.iter().any(|cut| cut.lines.contains(line));
            let names = |found: Vec<(String, usize)>| -> Vec<String> {
                found.into_iter().map(|(name, _)| name).collect()
            };
            let mut before = definitions(language, &text);
            before.retain(|(_, line)| stays(line));
            assert_eq!(names(definitions(language, &remains)), names(before), "{}", path.display());
            if !cuts.is_empty() {
                of_languages.insert(language);
            }
        }
        assert!(of_languages.len() >= 10, "{of_languages:?}");
    }
}
