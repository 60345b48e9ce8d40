//! How lines of code begin, by language.

use std::collections::HashSet;
use std::sync::LazyLock;

use syntax::Language;

/// How lines of a language begin that lines of others seldom do.
const BEGINNINGS: &[(Language, &[&str])] = &[
    (
        Language::Python,
        &[
            "def ",
            "import ",
            "from ",
            "class ",
            "elif ",
            "except",
            "self.",
            "with ",
            "async def ",
            "@",
            "return ",
            "if ",
            "raise ",
            "\"\"\"",
        ],
    ),
    (
        Language::Rust,
        &[
            "fn ", "pub ", "let ", "impl", "use ", "#[", "//!", "///", "match ", "mod ", "struct ",
            "enum ", "Some(", "Ok(", "}",
        ],
    ),
    (
        Language::TypeScript,
        &[
            "export ",
            "interface ",
            "import ",
            "const ",
            "type ",
            "private ",
            "readonly ",
            "}",
            "return ",
        ],
    ),
    (
        Language::JavaScript,
        &[
            "const ",
            "function ",
            "export ",
            "var ",
            "let ",
            "import ",
            "module.exports",
            "async ",
            "})",
            "return ",
            "}",
        ],
    ),
    (
        Language::Go,
        &["func ", "package ", "import (", "type ", "if err", "defer ", "return ", "}", "case "],
    ),
    (
        Language::Java,
        &[
            "public ",
            "private ",
            "protected ",
            "import java",
            "package ",
            "@Override",
            "* ",
            "return ",
            "}",
        ],
    ),
    (Language::CSharp, &["using ", "namespace ", "public ", "private ", "internal ", "[", "}"]),
    (
        Language::C,
        &[
            "#include", "#define", "static ", "int ", "void ", "struct ", "#if", "#endif",
            "return ", "}",
        ],
    ),
    (Language::Ruby, &["def ", "end", "require ", "module ", "class ", "attr_", "@", "private"]),
    (
        Language::Php,
        &["<?php", "use ", "public function", "private function", "namespace ", "$", "}", "* @"],
    ),
];

/// What the languages' own words must be among, so that shared beginnings alone don't decide.
const TELLING: &[(Language, &[&str])] = &[
    (Language::Python, &["def ", "elif ", "self.", "import ", "async def "]),
    (
        Language::Rust,
        &["fn ", "pub fn ", "impl ", "let mut ", "#[", "pub(crate)", "use crate", "//!"],
    ),
    (
        Language::TypeScript,
        &["interface ", "export type ", "export interface ", "readonly ", "export const "],
    ),
    (Language::JavaScript, &["const ", "function ", "module.exports", "'use strict'", "export "]),
    (Language::Go, &["func ", "package ", "if err != nil"]),
    (
        Language::Java,
        &[
            "import java",
            "@Override",
            "public class ",
            "public final ",
            "package com",
            "package org",
        ],
    ),
    (Language::CSharp, &["using System", "namespace "]),
    (Language::C, &["#include", "#define"]),
    (Language::Ruby, &["require ", "end", "attr_"]),
    (Language::Php, &["<?php", "public function ", "private function ", "namespace ", "$this->"]),
];

/// A beginning of a language's lines.
struct Beginning {
    /// The language's place in [`BEGINNINGS`].
    language: usize,
    word: &'static str,
    is_telling: bool,
}

/// All beginnings, by their first byte.
static BY_BYTE: LazyLock<Vec<Vec<Beginning>>> = LazyLock::new(|| {
    let mut by_byte: Vec<Vec<Beginning>> = (0..256).map(|_| Vec::new()).collect();
    let mut add = |language: Language, words: &'static [&'static str], is_telling: bool| {
        let of_language = BEGINNINGS.iter().position(|(other, _)| *other == language);
        for (language, &word) in of_language.iter().flat_map(|at| words.iter().map(|w| (*at, w))) {
            let first = word.as_bytes().first().copied().unwrap_or(0);
            by_byte[usize::from(first)].push(Beginning { language, word, is_telling });
        }
    };
    BEGINNINGS.iter().for_each(|(language, words)| add(*language, words, false));
    TELLING.iter().for_each(|(language, words)| add(*language, words, true));
    by_byte
});

/// How the lines of one language begin.
#[derive(Debug, Clone, Default)]
struct Count {
    /// Lines with a beginning of the language, and with one that tells it from others.
    begin: usize,
    tell: usize,
    /// Those that tell it.
    words: HashSet<&'static str>,
}

/// The language that the lines, without blanks before them, are most likely of.
pub(super) fn language<'l>(lines: impl Iterator<Item = &'l str>) -> Option<Language> {
    let mut counts = vec![Count::default(); BEGINNINGS.len()];
    let mut total = 0;
    for line in lines {
        total += 1;
        let first = line.as_bytes().first().copied().unwrap_or(0);
        let (mut begins, mut tells) = (0_u32, 0_u32);
        for beginning in &BY_BYTE[usize::from(first)] {
            if line.starts_with(beginning.word) {
                let bit = 1 << beginning.language;
                if beginning.is_telling {
                    tells |= bit;
                    counts[beginning.language].words.insert(beginning.word);
                } else {
                    begins |= bit;
                }
            }
        }
        for (language, count) in counts.iter_mut().enumerate() {
            count.begin += (begins >> language & 1) as usize;
            count.tell += (tells >> language & 1) as usize;
        }
    }
    let share = |count: &Count| count.begin * 100 / total.max(1);
    let (at, best) = counts
        .iter()
        .enumerate()
        // One word alone may be anything's.
        .filter(|(_, c)| c.words.len() >= 2 && c.tell >= 2 && c.tell * 100 >= total * 3)
        .max_by_key(|(_, count)| count.tell * 4 + share(count))?;
    (share(best) >= 20 && total >= 5).then_some(BEGINNINGS[at].0)
}
