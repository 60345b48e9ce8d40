//! The outline of a text without a grammar, by its shape: headings, tables, keys, blocks, tags, or
//! what blank lines and indentation say. [`Language::shape`] says which language has which.
//!
//! A shape finds [`Section`]s; they become definitions here, nested by their lines.

mod blocks;
mod headings;
mod instructions;
mod json;
mod keys;
mod markup;
mod paragraphs;
mod rules;
mod tables;

use languages::{Language, Shape};

use crate::lines::LineIndex;
use crate::outline::{Definition, DefinitionKind, LineRange, Outline};

/// Titles are cut at this many bytes.
const MAX_TITLE: usize = 80;
/// Sections of a text: more are no help to anyone.
const MAX_SECTIONS: usize = 20_000;

/// A piece of a text that has a title.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Section {
    title: String,
    /// The line that the title is on, from 1.
    line: u32,
    /// All of its lines: comments above it too.
    lines: LineRange,
}

impl Section {
    fn new(title: &str, line: u32, end: u32) -> Self {
        let title = title.trim();
        let title = title[..title.floor_char_boundary(MAX_TITLE)].to_owned();
        Self { title, line, lines: LineRange { start: line, end: end.max(line) } }
    }
}

/// The outline of a text by the shape of its language.
pub(crate) fn outline(language: Language, text: &str) -> Outline {
    let lines: Vec<&str> = text.split('\n').collect();
    let lines = &lines[..lines.len().min(LineIndex::new(text).count() as usize)];
    let sections = match language.shape() {
        Some(Shape::Headings) => headings::sections(lines),
        Some(Shape::Tables) => tables::sections(lines),
        Some(Shape::Keys) => keys::sections(lines),
        Some(Shape::Json) => json::sections(text),
        Some(Shape::Blocks) => blocks::sections(text, language.comment_prefix()),
        Some(Shape::Instructions) => instructions::sections(lines),
        Some(Shape::Rules) => rules::sections(lines),
        Some(Shape::Markup) => markup::sections(text),
        Some(_) | None => Vec::new(),
    };
    // Where there is nothing of the kind, paragraphs are.
    let sections = if sections.is_empty() { paragraphs::sections(lines) } else { sections };
    Outline { definitions: nest(sections, lines, language.comment_prefix()), ..Outline::default() }
}

/// Sections as definitions, each inside the innermost that its lines are in.
fn nest(mut sections: Vec<Section>, lines: &[&str], comment: Option<&str>) -> Vec<Definition> {
    sections.truncate(MAX_SECTIONS);
    if let Some(prefix) = comment {
        take_comments(&mut sections, lines, prefix);
    }
    sections.sort_by_key(|section| (section.lines.start, std::cmp::Reverse(section.lines.end)));
    let mut open: Vec<usize> = Vec::new();
    let mut out: Vec<Definition> = Vec::with_capacity(sections.len());
    for section in sections.into_iter().filter(|section| !section.title.is_empty()) {
        while open.last().is_some_and(|&at| out[at].lines.end < section.lines.start) {
            open.pop();
        }
        let parent = open.last().copied();
        let most = parent.map_or(lines.len() as u32, |at| out[at].lines.end);
        let end = section.lines.end.min(most).max(section.line.min(most));
        let named = section.line.min(end);
        open.push(out.len());
        out.push(Definition {
            name: section.title,
            kind: DefinitionKind::Section,
            receiver: None,
            lines: LineRange { start: section.lines.start, end },
            signature: LineRange { start: named, end: named },
            doc: (section.lines.start < named)
                .then(|| LineRange { start: section.lines.start, end: named - 1 }),
            body: None,
            parent,
        });
    }
    out
}

/// Gives sections the comments right above them, down from which they are cut off what comes before.
fn take_comments(sections: &mut [Section], lines: &[&str], prefix: &str) {
    let indentation = |line: &str| line.len() - line.trim_start().len();
    for section in sections.iter_mut() {
        let own = indentation(lines[section.line as usize - 1]);
        let above = lines[..section.lines.start as usize - 1]
            .iter()
            .rev()
            .take_while(|line| line.trim_start().starts_with(prefix) && indentation(line) == own);
        // A comment at the very top is the file's own.
        let above = above.count().min(section.lines.start.saturating_sub(2) as usize);
        section.lines.start -= above as u32;
    }
    let starts: std::collections::BTreeMap<u32, u32> =
        sections.iter().map(|section| (section.line, section.lines.start)).collect();
    for section in sections.iter_mut() {
        // What follows right after it may begin with a comment that now belongs there.
        let next = section.lines.end + 1;
        let following = starts.range(next..).next();
        if let Some((_, &start)) = following
            && start <= section.lines.end
        {
            section.lines.end = (start - 1).max(section.line);
        }
    }
}

/// The last line at or before `end`, and from `start` on, that isn't blank.
fn without_blanks(lines: &[&str], start: u32, end: u32) -> u32 {
    let blank = |line: u32| lines.get(line as usize - 1).is_none_or(|text| text.trim().is_empty());
    (start..=end).rev().find(|&line| !blank(line)).unwrap_or(start)
}
