//! file_summaries.json: the language, purpose, definitions and imports of each file.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use rmcp::schemars::{self, JsonSchema};
use select::{FileKind, SourceFile};
use serde::Serialize;
use syntax::{Definition, DefinitionKind, Outline};

/// The number of definitions, and of imports, that are listed. By hand.
const MOST_SYMBOLS: usize = 200;
/// The most characters of a doc comment, and of a purpose. By hand.
const DOC_CHARS: usize = 400;
const PURPOSE_CHARS: usize = 120;
/// The number of definitions that a purpose lists. By hand.
const PURPOSE_NAMES: usize = 4;

/// The summary of a file.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct FileSummary {
    /// Its path from the root of the repository.
    pub(crate) rel_path: String,
    /// Its language.
    pub(crate) language: &'static str,
    /// Its purpose, in one line.
    pub(crate) purpose: String,
    /// Modules that it imports, each once.
    imports: Vec<String>,
    /// What it defines at its top level: `function refresh`, `type Session`.
    exports: Vec<String>,
    /// The names of all definitions, each once.
    symbols: Vec<String>,
    /// The comment that it begins with.
    docstring: String,
    /// The number of its lines.
    line_count: usize,
    /// BLAKE3 of its text as it was read: UTF-8, redacted.
    content_hash: String,
}

/// The summaries of a checkout by path; `outlines` are those of its files, in their order.
pub(crate) fn summaries<'a>(
    files: &'a [SourceFile],
    outlines: &[Arc<Outline>],
) -> BTreeMap<&'a str, FileSummary> {
    let pairs = files.iter().zip(outlines);
    pairs.map(|(file, outline)| (file.path.as_str(), summary(file, outline))).collect()
}

/// The summary of one file.
pub(crate) fn summary(file: &SourceFile, outline: &Outline) -> FileSummary {
    let docstring = docstring(file, outline);
    let top = outline.definitions.iter().filter(|definition| definition.parent.is_none());
    let exports: Vec<String> =
        once(top.map(|definition| format!("{} {}", kind_name(definition.kind), definition.name)));
    FileSummary {
        rel_path: file.path.clone(),
        language: file.language.name(),
        purpose: purpose(file, outline, &docstring),
        imports: once(outline.imports.iter().map(|import| import.module.clone())),
        exports,
        symbols: once(outline.definitions.iter().map(|definition| definition.name.clone())),
        docstring,
        line_count: file.text.lines().count(),
        content_hash: file.hash.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// The distinct values in their order, up to the number that is listed.
fn once(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    names.filter(|name| seen.insert(name.clone())).take(MOST_SYMBOLS).collect()
}

/// The name of a kind of definition.
pub(crate) fn kind_name(kind: DefinitionKind) -> &'static str {
    match kind {
        DefinitionKind::Function => "function",
        DefinitionKind::Method => "method",
        DefinitionKind::Type => "type",
        DefinitionKind::Interface => "interface",
        DefinitionKind::Implementation => "implementation",
        DefinitionKind::Module => "module",
        DefinitionKind::Constant => "constant",
        DefinitionKind::Macro => "macro",
        DefinitionKind::Alias => "alias",
        DefinitionKind::Section => "section",
    }
}

/// How lines of comments begin that are for interpreters, editors and other tools, not for readers.
#[rustfmt::skip]
const DIRECTIVES: &[&str] = &[
    "usr/bin/", "bin/sh", "bin/bash", "frozen_string_literal:", "warn_indent:", "shareable_constant_value:", "encoding:",
    "coding:", "coding=", "vim:", "vi:", "rubocop:", "pylint:", "flake8:", "mypy:", "noqa", "@ts-", "@flow", "@vitest-",
    "@jest-", "eslint", "prettier-", "tslint:", "biome-", "istanbul ", "c8 ", "go:build", "+build", "nolint", "clang-format",
    "phpcs:", "BEGIN CERTIFICATE",
];

/// The text of the comment at the beginning of the file, without the comment markers and without directives.
fn docstring(file: &SourceFile, outline: &Outline) -> String {
    let mut rest = outline.comments.as_slice();
    let mut end = 0;
    while let Some(first) = rest.first() {
        let before = file.text.get(end..first.start).unwrap_or_default();
        if before.lines().any(|line| !line.trim().is_empty() && !line.starts_with("#!")) {
            break;
        }
        // Each line comment is a comment of its own; adjacent ones are joined.
        let mut count = 1;
        end = first.end;
        for comment in &rest[1..] {
            let between = file.text.get(end..comment.start).unwrap_or("x");
            if !between.trim().is_empty() || between.matches('\n').count() > 1 {
                break;
            }
            end = comment.end;
            count += 1;
        }
        let said = words_for_readers(file.text.get(first.start..end).unwrap_or_default());
        if !said.is_empty() {
            return said;
        }
        rest = &rest[count..];
    }
    String::new()
}

/// The words of a comment, up to the number of characters that is listed.
fn words_for_readers(comment: &str) -> String {
    let is_mark = |c: char| c.is_whitespace() || "/*#!-;\"'".contains(c);
    let is_directive = |line: &&str| DIRECTIVES.iter().any(|start| line.starts_with(start));
    let lines = comment.lines().map(|line| line.trim_matches(is_mark));
    let mut out = String::new();
    for word in lines.filter(|line| !is_directive(line)).flat_map(str::split_whitespace) {
        if out.chars().count() + word.chars().count() >= DOC_CHARS {
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

fn purpose(file: &SourceFile, outline: &Outline, docstring: &str) -> String {
    let sentence = docstring.split_inclusive(". ").next().unwrap_or_default().trim();
    let is_licence =
        ["copyright", "licen", "spdx"].iter().any(|word| docstring.to_lowercase().contains(word));
    if !sentence.is_empty() && !is_licence {
        return cut(sentence);
    }
    let kind = match file.kind {
        FileKind::Source => "source",
        FileKind::Test => "tests",
        FileKind::Docs => "documentation",
        FileKind::Example => "example",
        FileKind::Config => "configuration",
        FileKind::Generated => "generated",
    };
    let names: Vec<&str> = outline
        .definitions
        .iter()
        .filter(|definition| definition.parent.is_none())
        .map(|Definition { name, .. }| name.as_str())
        .take(PURPOSE_NAMES)
        .collect();
    if names.is_empty() { kind.to_owned() } else { cut(&format!("{kind}: {}", names.join(", "))) }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(PURPOSE_CHARS) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", text[..at].trim_end()),
    }
}
