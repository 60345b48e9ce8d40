//! How lines of code begin, by language.

use std::collections::HashSet;
use std::sync::LazyLock;

use syntax::Language;

/// How lines of a language begin.
struct Beginnings {
    language: Language,
    /// As lines of others seldom do.
    any: &'static [&'static str],
    /// What must be among them, so that shared beginnings alone don't decide.
    telling: &'static [&'static str],
}

const BEGINNINGS: &[Beginnings] = &[
    Beginnings {
        language: Language::Python,
        any: &[
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
        telling: &["def ", "elif ", "self.", "import ", "async def "],
    },
    Beginnings {
        language: Language::Rust,
        any: &[
            "fn ", "pub ", "let ", "impl", "use ", "#[", "//!", "///", "match ", "mod ", "struct ",
            "enum ", "Some(", "Ok(", "}",
        ],
        telling: &["fn ", "pub fn ", "impl ", "let mut ", "#[", "pub(crate)", "use crate", "//!"],
    },
    Beginnings {
        language: Language::TypeScript,
        any: &[
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
        telling: &["interface ", "export type ", "export interface ", "readonly ", "export const "],
    },
    Beginnings {
        language: Language::JavaScript,
        any: &[
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
        telling: &["const ", "function ", "module.exports", "'use strict'", "export "],
    },
    Beginnings {
        language: Language::Go,
        any: &[
            "func ", "package ", "import (", "type ", "if err", "defer ", "return ", "}", "case ",
        ],
        telling: &["func ", "package ", "if err != nil"],
    },
    Beginnings {
        language: Language::Java,
        any: &[
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
        telling: &[
            "import java",
            "@Override",
            "public class ",
            "public final ",
            "package com",
            "package org",
        ],
    },
    Beginnings {
        language: Language::CSharp,
        any: &["using ", "namespace ", "public ", "private ", "internal ", "[", "}"],
        telling: &["using System", "namespace "],
    },
    Beginnings {
        language: Language::C,
        any: &[
            "#include", "#define", "static ", "int ", "void ", "struct ", "#if", "#endif",
            "return ", "}",
        ],
        telling: &["#include", "#define"],
    },
    Beginnings {
        language: Language::Ruby,
        any: &["def ", "end", "require ", "module ", "class ", "attr_", "@", "private"],
        telling: &["require ", "end", "attr_"],
    },
    Beginnings {
        language: Language::Php,
        any: &[
            "<?php",
            "use ",
            "public function",
            "private function",
            "namespace ",
            "$",
            "}",
            "* @",
        ],
        telling: &["<?php", "public function ", "private function ", "namespace ", "$this->"],
    },
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
    for (language, Beginnings { any, telling, .. }) in BEGINNINGS.iter().enumerate() {
        let all = any.iter().map(|word| (*word, false));
        for (word, is_telling) in all.chain(telling.iter().map(|word| (*word, true))) {
            let first = word.as_bytes().first().copied().unwrap_or(0);
            by_byte[usize::from(first)].push(Beginning { language, word, is_telling });
        }
    }
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
    (share(best) >= 20 && total >= 5).then_some(BEGINNINGS[at].language)
}
