//! The outline of one file: its types, and the function that makes it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::grammar::Grammar;
use crate::lines::LineIndex;
use crate::{Language, embedded, mask, parse, salvage, shape, walk};

/// Lines `start..=end`, counted from 1, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LineRange {
    /// The first line, from 1.
    pub start: u32,
    /// The last line, included.
    pub end: u32,
}

/// What kind of thing a definition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DefinitionKind {
    /// A function, or a method where the language has no other word.
    Function,
    /// A function that belongs to a type.
    Method,
    /// A class, struct, enum, record, union, object: a type with a body.
    Type,
    /// A trait, interface or protocol.
    Interface,
    /// An `impl` block, an extension, a category: members added to a type that stands elsewhere.
    Implementation,
    /// A module or namespace.
    Module,
    /// A constant, static, variable, field or property at the level of a file or type.
    Constant,
    /// A macro.
    Macro,
    /// A type alias.
    Alias,
    /// A heading, table, key or block of a document or configuration file; a named block of code, as
    /// test frameworks, routers and build files have them (`describe("routes", …)`).
    Section,
}

impl DefinitionKind {
    /// Whether a function inside it is a method.
    pub(crate) fn has_members(self) -> bool {
        matches!(self, Self::Type | Self::Interface | Self::Implementation)
    }
}

/// One definition, with its doc comment and attributes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// The name alone, as written: `token_refresh`, `Session`. For an implementation, its type.
    pub name: String,
    /// What it is.
    pub kind: DefinitionKind,
    /// The type that it belongs to, where it stands outside of it: `Session` for Go's
    /// `func (s *Session) Refresh`, C++'s `Session::refresh`, `Session.prototype.refresh`.
    pub receiver: Option<String>,
    /// All of its lines: doc comment, attributes or decorators, signature, body.
    pub lines: LineRange,
    /// The lines of the signature alone: from the line that names it to the one its body opens on.
    pub signature: LineRange,
    /// The doc comment's lines (before the definition, or a docstring inside it).
    pub doc: Option<LineRange>,
    /// The bytes of the body, delimiters included (`{…}`; in Python the indented block).
    pub body: Option<Range<usize>>,
    /// The index in [`Outline::definitions`] of the innermost definition around this one.
    pub parent: Option<usize>,
}

/// One import as it is written, for the resolver that maps it to a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The line it begins on.
    pub line: u32,
    /// The statement's text, white space folded, at most 300 bytes.
    pub raw: String,
    /// What is imported from: `flask.sessions`, `./util.js`, `crate::auth::token`, `net/http`,
    /// `<stdio.h>` or `"local.h"` with their delimiters, `..sessions` with its dots.
    pub module: String,
    /// The names taken out of it, where the statement lists them.
    pub names: Vec<String>,
}

/// The first use of a name that is defined somewhere: a call, a type, an instantiation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The name that is referred to.
    pub name: String,
    /// The line of the first use.
    pub line: u32,
}

/// What one file defines, imports and refers to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Outline {
    /// Definitions in order of their first line, an enclosing one before what it encloses.
    pub definitions: Vec<Definition>,
    /// Imports in order, those inside functions included.
    pub imports: Vec<Import>,
    /// The names that are referred to, in order of their first use, of the first 20,000 uses.
    pub references: Vec<Reference>,
    /// The bytes of comments (docstrings included), in order, not overlapping.
    #[serde(with = "crate::distances")]
    pub comments: Vec<Range<usize>>,
    /// The bytes of string literals (docstrings excluded), in order, not overlapping.
    #[serde(with = "crate::distances")]
    pub literals: Vec<Range<usize>>,
}

/// How many uses of names are looked at.
pub(crate) const MAX_REFERENCES: usize = 20_000;

/// The outline of `text`.
///
/// It never fails: what a grammar finds in broken code is returned, and where there is no grammar, or
/// a text takes it too much work, the shape by headings, blank lines and indentation. The work is
/// linear in the text's length and doesn't depend on the machine: the same text, the same outline.
pub fn outline(language: Language, text: &str) -> Outline {
    outline_of_code(language, text).unwrap_or_else(|| {
        let mut outline = shape::outline(language, text);
        embedded::add_scripts(language, text, &mut outline);
        outline
    })
}

/// A rough [`outline`] of a text that has a grammar, in a small part of the time that parsing takes: what its lines seem to
/// define by the words that they begin with, and by indentation. No imports, references, comments and literals. `None` for
/// languages without a grammar, whose outlines take as little, and for those whose definitions no word begins.
pub fn sketch(language: Language, text: &str) -> Option<Outline> {
    let words = &Grammar::of(language)?.rules.words;
    let mut outline = Outline::default();
    let all = LineRange { start: 1, end: LineIndex::new(text).count() };
    salvage::add(words, text, &[all], &mut outline);
    (!words.kinds.is_empty()).then_some(outline)
}

/// The outline of `text` by a grammar; `None` where there is none, or it takes too much work.
pub(crate) fn outline_of_code(language: Language, text: &str) -> Option<Outline> {
    let grammar = Grammar::of(language)?;
    let masked = mask::for_parser(language, text);
    let parsed = parse::parse(&grammar.parser, text, &masked)?;
    let (mut outline, mut errors) = walk::walk(grammar, &parsed.tree, &text[..parsed.len]);
    if parsed.len < text.len() {
        let lines = LineIndex::new(text);
        errors.push(LineRange { start: lines.line_of(parsed.len), end: lines.count() });
    }
    salvage::add(&grammar.rules.words, text, &errors, &mut outline);
    Some(outline)
}

impl Outline {
    /// Puts definitions in order of their first line, an enclosing one before what it encloses.
    pub(crate) fn sort_definitions(&mut self) {
        if self.definitions.is_sorted_by_key(|definition| definition.lines.start) {
            return;
        }
        let mut order: Vec<usize> = (0..self.definitions.len()).collect();
        order.sort_by_key(|&at| self.definitions[at].lines.start);
        let mut place = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            place[old] = new;
        }
        self.definitions = order.iter().map(|&old| self.definitions[old].clone()).collect();
        for definition in &mut self.definitions {
            definition.parent = definition.parent.map(|parent| place[parent]);
        }
    }
}
