//! Definitions in code that a grammar couldn't parse, by the words that begin them.
//!
//! One construct that a grammar doesn't know can cost all the definitions of a file. Only lines inside
//! errors of the tree are looked at; which words begin a definition is in the rules of a language.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use crate::outline::{Definition, DefinitionKind, LineRange, Outline};

/// Definitions that are salvaged from one file.
const MAX_SALVAGED: usize = 5_000;
/// Lines of comments and attributes above a definition, and of a signature.
const MAX_ABOVE: usize = 100;
const MAX_SIGNATURE: usize = 20;
/// Definitions around one another that are looked through for what is around a line.
const MAX_OPEN: usize = 32;

/// The words that begin definitions.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// What may stand before such a word.
    pub(crate) modifiers: Vec<String>,
    /// What each defines.
    pub(crate) kinds: BTreeMap<String, DefinitionKind>,
}

impl Words {
    /// By byte: whether a line that begins with it, after blanks, may define something.
    fn beginnings(&self) -> [bool; 256] {
        let mut beginnings = [false; 256];
        // Annotations, quoted names, and blanks that aren't ASCII's.
        beginnings[usize::from(b'@')] = true;
        beginnings[usize::from(b'`')] = true;
        beginnings[0x0b] = true;
        beginnings[0x80..].fill(true);
        for word in self.kinds.keys().chain(&self.modifiers) {
            word.bytes().take(1).for_each(|first| beginnings[usize::from(first)] = true);
        }
        beginnings
    }
}

/// Adds what `text` seems to define in the lines of `errors`.
pub(crate) fn add(words: &Words, text: &str, errors: &[LineRange], outline: &mut Outline) {
    if words.kinds.is_empty() || errors.is_empty() {
        return;
    }
    let lines: Vec<&str> = text.split('\n').collect();
    let known: HashSet<u32> = outline.definitions.iter().map(|d| d.signature.start).collect();
    let mut errors = errors.to_vec();
    errors.sort_unstable();
    let found = outline.definitions.len();
    let beginnings = words.beginnings();
    let (mut next, mut start) = (1, 0);
    for error in errors {
        for number in error.start.max(next)..=error.end.min(lines.len() as u32) {
            while next < number {
                start += lines[next as usize - 1].len() + 1;
                next += 1;
            }
            let line = lines[number as usize - 1];
            let first = line.trim_ascii_start().as_bytes().first();
            if !first.is_some_and(|&first| beginnings[usize::from(first)]) {
                continue;
            }
            let at = start + line.len() - line.trim_start().len();
            let hidden = inside(&outline.comments, at) || inside(&outline.literals, at);
            if hidden || known.contains(&number) {
                continue;
            }
            if let Some((kind, name)) = begins(words, line)
                && outline.definitions.len() < found + MAX_SALVAGED
            {
                outline.definitions.push(definition(&lines, number, kind, name));
            }
        }
    }
    if outline.definitions.len() > found {
        nest(outline, found);
        outline.sort_definitions();
    }
}

fn inside(ranges: &[Range<usize>], at: usize) -> bool {
    let after = ranges.partition_point(|range| range.start <= at);
    after.checked_sub(1).is_some_and(|last| ranges[last].end > at)
}

/// What a line begins to define, and its name.
fn begins<'l>(words: &Words, line: &'l str) -> Option<(DefinitionKind, &'l str)> {
    let mut rest = line.trim_start();
    let mut kind = None;
    loop {
        if let Some(annotation) = rest.strip_prefix('@') {
            rest = without_brackets(&annotation[word(annotation).len()..]);
            continue;
        }
        let first = word(rest);
        if let Some(&defines) = words.kinds.get(first) {
            kind = Some(defines);
        } else if !words.modifiers.iter().any(|modifier| modifier == first) {
            break;
        }
        let after = &rest[first.len()..];
        rest = without_brackets(after);
        if rest.len() == after.len() {
            return None;
        }
    }
    let kind = kind?;
    let mut name = word(rest);
    if matches!(kind, DefinitionKind::Function) {
        // An extension's name follows the type that it extends: `fun List<Int>.total()`.
        let head = &rest[..rest.find(['(', '{', '=']).unwrap_or(rest.len())];
        name = word(head.rsplit('.').next().unwrap_or(head));
    }
    let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    (is_name && name.len() <= 120).then_some((kind, name))
}

/// The identifier that a text begins with.
fn word(text: &str) -> &str {
    let text = text.trim_start_matches('`');
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'));
    &text[..end.unwrap_or(text.len())]
}

/// What follows blanks, and the arguments of a modifier or type parameters in brackets.
fn without_brackets(text: &str) -> &str {
    let text = text.trim_start();
    let (open, close) = match text.as_bytes().first() {
        Some(b'(') => ('(', ')'),
        Some(b'[') => ('[', ']'),
        Some(b'<') => ('<', '>'),
        _ => return text,
    };
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        depth += usize::from(c == open);
        depth -= usize::from(c == close);
        if depth == 0 {
            return text[at + 1..].trim_start();
        }
    }
    ""
}

/// A definition that begins on a line, with what its indentation says belongs to it.
fn definition(lines: &[&str], line: u32, kind: DefinitionKind, name: &str) -> Definition {
    let at = line as usize - 1;
    let own = indentation(lines[at]);
    let mut depth = 0_isize;
    let mut signature = at;
    for (last, line) in lines.iter().enumerate().skip(at).take(MAX_SIGNATURE) {
        depth += line.matches('(').count() as isize - line.matches(')').count() as isize;
        signature = last;
        if depth <= 0 {
            break;
        }
    }
    if depth > 0 {
        signature = at;
    }
    let mut end = signature;
    for (number, line) in lines.iter().enumerate().skip(signature + 1) {
        let text = line.trim();
        if text.is_empty() {
            continue;
        }
        let closes = text.starts_with(['}', ')', ']', '{', ':']) && indentation(line) == own;
        if indentation(line) <= own && !closes {
            break;
        }
        end = number;
        if closes && text.trim_end_matches([';', ',']) == "}" {
            break;
        }
    }
    let leads = |line: &&&str| {
        let text = line.trim_start();
        ["//", "/*", "*", "@", "#"].iter().any(|opening| text.starts_with(opening))
    };
    let above = lines[..at].iter().rev().take(MAX_ABOVE).take_while(leads).count() as u32;
    Definition {
        name: name.to_owned(),
        kind,
        receiver: None,
        lines: LineRange { start: line - above, end: end as u32 + 1 },
        signature: LineRange { start: line, end: signature as u32 + 1 },
        doc: (above > 0).then(|| LineRange { start: line - above, end: line - 1 }),
        body: None,
        parent: None,
    }
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Puts what was salvaged, which begins at `first`, into what is around it, and what it is around into
/// it.
fn nest(outline: &mut Outline, first: usize) {
    let definitions = &mut outline.definitions;
    let mut order: Vec<usize> = (0..definitions.len()).collect();
    order.sort_by_key(|&at| {
        (definitions[at].lines.start, std::cmp::Reverse(definitions[at].lines.end), at)
    });
    let mut open: Vec<usize> = Vec::new();
    for at in order {
        let lines = definitions[at].lines;
        while open.last().is_some_and(|&last| definitions[last].lines.end < lines.start) {
            open.pop();
        }
        let around = open.iter().rev().take(MAX_OPEN).copied().find(|&around| {
            let outer = definitions[around].lines;
            (at >= first || around >= first) && outer.start < lines.start && outer.end >= lines.end
        });
        if definitions[at].parent.is_none()
            && let Some(around) = around
        {
            definitions[at].parent = Some(around);
            let function = definitions[at].kind == DefinitionKind::Function;
            if function && definitions[around].kind.has_members() {
                definitions[at].kind = DefinitionKind::Method;
            }
        }
        open.push(at);
    }
}
