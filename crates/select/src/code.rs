//! Classifies the lines of a file: code, imports and other lines of a file's head, or neither.
//!
//! Chunks that hold only blank lines and comments are never shown; imports are shown only beside code of
//! their file.

use syntax::{Import, LineRange, Outline};

/// The beginnings of lines that belong to a file's head: imports, and its package or namespace. By hand,
/// from the languages that have a grammar.
const HEADS: &[&str] = &[
    "package ",
    "namespace ",
    "module ",
    "<?php",
    "declare(strict_types",
    "\"use ",
    "'use ",
    "#!",
    "#include",
    "#pragma once",
    "extern crate ",
    "import ",
    "import(",
    "import{",
    "from ",
    "using ",
    "use ",
    "pub use ",
    "mod ",
    "pub mod ",
    "require ",
    "require_relative ",
    "require_once ",
    "from __future__",
];
/// Calls that import, after the name they are assigned to: JavaScript's `const a = require("a")`.
const CALLS: &[&str] = &["= require(", "= await import(", "=require("];
/// The most lines of one import. By hand: it bounds the work on hostile input.
const MAX_IMPORT_LINES: usize = 200;
/// Characters of a line in which the end of an import is looked for. By hand, for the same reason.
const MAX_LINE_CHARS: usize = 2_000;
/// Lines without code that are a long comment, and how many of its first and last ones say what it is about. By hand; from
/// six lines on, spans of 200 commits are the same.
const LONG_COMMENT: usize = 8;
const COMMENT_HEAD: u32 = 3;
const COMMENT_TAIL: u32 = 1;

/// What a line holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineKind {
    /// Nothing to show by itself: blank, a comment, closing brackets.
    Nothing,
    /// An import, or another line of a file's head.
    Import,
    /// Anything else.
    Code,
}

/// The kind of each line of `text`; `starts` are the byte offsets at which the lines begin.
///
/// In languages without a grammar, every line with a letter or a digit counts as code.
pub(crate) fn lines(outline: &Outline, text: &str, starts: &[usize]) -> Vec<LineKind> {
    let line = |at: usize| -> &str {
        let start = starts.get(at).copied().unwrap_or(text.len());
        let end = starts.get(at + 1).copied().unwrap_or(text.len());
        text.get(start..end).unwrap_or_default()
    };
    let is_parsed = !outline.comments.is_empty()
        || !outline.imports.is_empty()
        || !outline.references.is_empty();
    let mut says: Vec<bool> = (0..starts.len()).map(|at| says_something(line(at))).collect();
    if is_parsed {
        without_comments(outline, text, starts, &mut says);
    }
    let kind = |(at, says): (usize, bool)| match line(at).trim() {
        _ if !says => LineKind::Nothing,
        line if is_parsed && closes(line) => LineKind::Nothing,
        line if is_parsed && is_head(line) => LineKind::Import,
        _ => LineKind::Code,
    };
    let mut out: Vec<LineKind> = says.into_iter().enumerate().map(kind).collect();
    for import in &outline.imports {
        let start = (import.line as usize).saturating_sub(1);
        let first = line(start).trim();
        // A line that imports in the middle of something else is code, and so is a re-export.
        if first.is_empty() || !starts_like(first, &import.raw) || first.starts_with("export") {
            continue;
        }
        let end = end_of(import, starts.len(), line);
        for line in out.get_mut(start..end).into_iter().flatten() {
            *line = if *line == LineKind::Code { LineKind::Import } else { *line };
        }
    }
    out
}

/// The first of the lines in `range` that is of this kind.
pub(crate) fn first(lines: &[LineKind], range: LineRange, kind: LineKind) -> Option<u32> {
    (range.start..=range.end).find(|&line| lines.get(line as usize - 1) == Some(&kind))
}

/// The middles of the long comments in `range`, whose beginnings say what they are about.
pub(crate) fn middles_of_long_comments(lines: &[LineKind], range: LineRange) -> Vec<LineRange> {
    let from = (range.start as usize - 1).min(lines.len());
    let to = (range.end as usize).clamp(from, lines.len());
    let mut line = range.start;
    let mut out = Vec::new();
    for alike in lines[from..to].chunk_by(|a, b| a == b) {
        let next = line + alike.len() as u32;
        if alike[0] == LineKind::Nothing && alike.len() >= LONG_COMMENT {
            out.push(LineRange { start: line + COMMENT_HEAD, end: next - 1 - COMMENT_TAIL });
        }
        line = next;
    }
    out
}

/// Clears the flag of lines that hold only a comment and punctuation.
fn without_comments(outline: &Outline, text: &str, starts: &[usize], words: &mut [bool]) {
    let mut comment = 0;
    for at in 0..starts.len() {
        let end = starts.get(at + 1).copied().unwrap_or(text.len());
        while outline.comments.get(comment).is_some_and(|comment| comment.end <= starts[at]) {
            comment += 1;
        }
        let mut from = starts[at];
        let mut says = false;
        for comment in outline.comments[comment..].iter().take_while(|comment| comment.start < end)
        {
            says |= has_word(text, from, comment.start);
            from = from.max(comment.end);
        }
        words[at] &= says || has_word(text, from, end);
    }
}

fn has_word(text: &str, from: usize, to: usize) -> bool {
    text.get(from..to).is_some_and(says_something)
}

/// Whether a text has a letter or a digit.
fn says_something(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_alphanumeric())
        || !text.is_ascii() && text.contains(char::is_alphanumeric)
}

fn is_head(line: &str) -> bool {
    // All of [`HEADS`] and `const`, `let` and `var` begin with one of these.
    let may_be = |first: &u8| b"pnmd<\"'#eifurclv".contains(first);
    if !line.as_bytes().first().is_some_and(may_be) {
        return false;
    }
    let names = HEADS.iter().any(|head| line.starts_with(head));
    let opens = line.ends_with(['{', ':']) && !line.starts_with("import");
    let assigns = ["const ", "let ", "var "].iter().any(|word| line.starts_with(word))
        && CALLS.iter().any(|call| line.contains(call));
    (names && !opens) || assigns
}

/// Whether a line only closes a block.
fn closes(line: &str) -> bool {
    matches!(line.trim_end_matches(';'), "end" | "fi" | "done" | "esac")
}

/// Whether a line begins as an import's text does, white space aside: the outline folds it.
fn starts_like(line: &str, raw: &str) -> bool {
    let (mut line, mut raw) =
        (line.chars().filter(|c| !c.is_whitespace()), raw.chars().filter(|c| !c.is_whitespace()));
    loop {
        match (line.next(), raw.next()) {
            (Some(a), Some(b)) if a == b => {}
            (Some(_), Some(_)) => return false,
            _ => return true,
        }
    }
}

/// The index after an import's last line: lines are taken until they hold as many characters as its
/// text has.
fn end_of<'t>(import: &Import, count: usize, line: impl Fn(usize) -> &'t str) -> usize {
    let solid =
        |text: &str| text.chars().take(MAX_LINE_CHARS).filter(|c| !c.is_whitespace()).count();
    let mut left = solid(&import.raw);
    let first = (import.line as usize).saturating_sub(1);
    let mut at = first;
    while at < count && left > 0 && at - first < MAX_IMPORT_LINES {
        left = left.saturating_sub(solid(line(at)));
        at += 1;
    }
    // The outline keeps only the beginning of a long import.
    let is_cut = import.raw.len() >= 290;
    while is_cut && at < count && at - first < MAX_IMPORT_LINES {
        let ends = line(at - 1).trim_end().ends_with([';', ')', '}']);
        if ends {
            break;
        }
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rank::line_starts;
    use syntax::Language;

    /// The lines that are code, from 1.
    fn code(path: &str, text: &str) -> Vec<usize> {
        let outline = syntax::outline(Language::of(path, text), text);
        let lines = lines(&outline, text, &line_starts(text));
        (1..)
            .zip(lines)
            .filter(|(_, line)| *line == LineKind::Code)
            .map(|(number, _)| number)
            .collect()
    }

    #[test]
    fn long_comments_keep_their_beginning_and_last_line() {
        let comment = |lines: usize| " * says more\n".repeat(lines - 2);
        for (lines, expected) in [(7, None), (8, Some((5, 8))), (30, Some((5, 30)))] {
            let text = format!("let a = 1;\n/**\n{} */\nfunction f() {{}}\n", comment(lines));
            let outline = syntax::outline(Language::of("a.js", &text), &text);
            let kinds = super::lines(&outline, &text, &line_starts(&text));
            let all = LineRange { start: 1, end: lines as u32 + 2 };
            let expected: Vec<LineRange> =
                expected.into_iter().map(|(start, end)| LineRange { start, end }).collect();
            assert_eq!(middles_of_long_comments(&kinds, all), expected, "{lines}");
        }
    }

    #[test]
    fn heads_of_files_are_no_code() {
        for (path, text, expected) in [
            (
                "a.py",
                "#!/usr/bin/env python\n\"\"\"Doc.\"\"\"\nimport os\nfrom a import (\n    b,\n    c,\n)\n\nX = 1\n",
                &[9][..],
            ),
            (
                "a.rs",
                "// Copyright\n\n//! Docs.\nuse std::{\n    fs,\n    io::{self, Read},\n};\nmod a;\npub use b::C;\n\nfn f() {}\n",
                &[11],
            ),
            (
                "a.go",
                "/* Licence\n * text */\npackage a\n\nimport (\n\t\"fmt\"\n\tx \"net/http\"\n)\n\nvar a = 1\n",
                &[10],
            ),
            (
                "A.java",
                "/*\n * Licence\n */\npackage a.b;\n\nimport java.util.List;\nimport static a.B.*;\n\nclass A {}\n",
                &[9],
            ),
            (
                "a.ts",
                "'use client'\nimport { a,\n  b } from 'c'\nconst d = require('d')\nexport * from './e'\nconst f = await g(import('h'))\n",
                &[5, 6],
            ),
            (
                "a.rb",
                "# frozen_string_literal: true\n\nrequire 'a'\nrequire_relative \"b\"\n\nmodule A\n  X = 1\nend\n",
                &[7],
            ),
            (
                "a.php",
                "<?php\n\ndeclare(strict_types=1);\n\nnamespace A;\n\nuse B\\C;\nuse D\\E as F;\n\nfunction g() {}\n",
                &[10],
            ),
            ("A.cs", "// Licence\nusing System;\nusing A.B;\n\nnamespace C;\n\nclass D {}\n", &[7]),
            (
                "a.c",
                "/* x */\n#include <a.h>\n#include \"b.h\"\n\n#define A 1\nint b; /* c */\n/* d */ int e;\n",
                &[5, 6, 7],
            ),
        ] {
            assert_eq!(code(path, text), expected, "{path}");
        }
    }

    #[test]
    fn texts_without_a_grammar_say_something_in_each_line_with_a_word() {
        assert_eq!(code("a.md", "# Title\n\n---\n\nimport antigravity\n"), [1, 5]);
        assert_eq!(code("a.txt", "\n \n…\nword\n"), [4]);
    }

    #[test]
    fn hostile_texts_are_survived() {
        for text in ["", "\n", "import", "\u{feff}import ä\n\u{2028}", "use {{{{{", "/*"] {
            for path in ["a.py", "a.rs", "a.ts", "a.go", "a.md"] {
                let _ = code(path, text);
            }
        }
    }
}
