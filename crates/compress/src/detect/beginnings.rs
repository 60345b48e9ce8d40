//! How lines of code begin, by language.

use std::sync::LazyLock;

use languages::Language;
use rustc_hash::FxHashSet;

/// How lines of a language begin.
struct Beginnings {
    language: Language,
    /// Those that are rare in other languages.
    any: &'static [&'static str],
    /// Beginnings of which at least two must occur, so that those shared by several languages don't
    /// decide alone.
    distinctive: &'static [&'static str],
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
        distinctive: &["def ", "elif ", "self.", "import ", "async def "],
    },
    Beginnings {
        language: Language::Rust,
        any: &[
            "fn ", "pub ", "let ", "impl", "use ", "#[", "//!", "///", "match ", "mod ", "struct ",
            "enum ", "Some(", "Ok(", "}",
        ],
        distinctive: &[
            "fn ",
            "pub fn ",
            "impl ",
            "let mut ",
            "#[",
            "pub(crate)",
            "use crate",
            "//!",
        ],
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
        distinctive: &[
            "interface ",
            "export type ",
            "export interface ",
            "readonly ",
            "export const ",
        ],
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
        distinctive: &["const ", "function ", "module.exports", "'use strict'", "export "],
    },
    Beginnings {
        language: Language::Go,
        any: &[
            "func ", "package ", "import (", "type ", "if err", "defer ", "return ", "}", "case ",
        ],
        distinctive: &["func ", "package ", "if err != nil"],
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
        distinctive: &[
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
        distinctive: &["using System", "namespace "],
    },
    Beginnings {
        language: Language::C,
        any: &[
            "#include", "#define", "static ", "int ", "void ", "struct ", "#if", "#endif",
            "return ", "}",
        ],
        distinctive: &["#include", "#define"],
    },
    Beginnings {
        language: Language::Ruby,
        any: &["def ", "end", "require ", "module ", "class ", "attr_", "@", "private"],
        distinctive: &["require ", "end", "attr_"],
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
        distinctive: &["<?php", "public function ", "private function ", "namespace ", "$this->"],
    },
];

/// How a line of a language may begin.
struct Beginning {
    /// The index of the language in [`BEGINNINGS`].
    language: usize,
    word: &'static str,
    is_distinctive: bool,
}

/// All beginnings, by their first byte.
static BY_BYTE: LazyLock<Vec<Vec<Beginning>>> = LazyLock::new(|| {
    let mut by_byte: Vec<Vec<Beginning>> = (0..256).map(|_| Vec::new()).collect();
    for (language, Beginnings { any, distinctive, .. }) in BEGINNINGS.iter().enumerate() {
        let all = any.iter().map(|word| (*word, false));
        for (word, is_distinctive) in all.chain(distinctive.iter().map(|word| (*word, true))) {
            let first = word.as_bytes().first().copied().unwrap_or(0);
            by_byte[usize::from(first)].push(Beginning { language, word, is_distinctive });
        }
    }
    by_byte
});

/// A text is in a language if at least this percentage of its lines have a beginning that is
/// distinctive for it. By hand, not measured.
const TOLD_PERCENT: usize = 3;
/// The percentage of lines that must have any of its beginnings; and if the lines end as statements
/// and blocks do. By hand, not measured.
const LEAST_SHARE: usize = 20;
const LEAST_SHARE_BRACED: usize = 10;
/// A share of distinctive beginnings isn't required if at least this percentage of its lines end as statements and blocks do. By
/// hand, not measured.
const BRACED_PERCENT: usize = 40;

/// The counts for one language.
#[derive(Debug, Clone, Default)]
struct Count {
    /// Lines with any beginning of the language, and with a distinctive one.
    begin: usize,
    tell: usize,
    /// The distinctive ones.
    words: FxHashSet<&'static str>,
}

/// The most likely language of the lines, which have no indentation.
pub(crate) fn language<'l>(lines: impl Iterator<Item = &'l str>) -> Option<Language> {
    let mut counts = vec![Count::default(); BEGINNINGS.len()];
    let (mut total, mut braced) = (0, 0);
    for line in lines {
        total += 1;
        braced += usize::from(line.trim_end().ends_with(['{', '}', ';']));
        let first = line.as_bytes().first().copied().unwrap_or(0);
        let (mut begins, mut tells) = (0_u32, 0_u32);
        for beginning in &BY_BYTE[usize::from(first)] {
            if line.starts_with(beginning.word) {
                let bit = 1 << beginning.language;
                if beginning.is_distinctive {
                    tells |= bit;
                    counts[beginning.language].words.insert(beginning.word);
                } else {
                    begins |= bit;
                }
            }
        }
        // Most lines begin as in no language.
        if begins | tells == 0 {
            continue;
        }
        for (language, count) in counts.iter_mut().enumerate() {
            count.begin += (begins >> language & 1) as usize;
            count.tell += (tells >> language & 1) as usize;
        }
    }
    let share = |count: &Count| count.begin * 100 / total.max(1);
    // Long functions and tables have few lines that tell the language, but they are statements.
    let is_braced = braced * 100 >= total * BRACED_PERCENT;
    let is_told = |count: &Count| is_braced || count.tell * 100 >= total * TOLD_PERCENT;
    let (at, best) = counts
        .iter()
        .enumerate()
        // One word alone is no evidence.
        .filter(|(_, c)| c.words.len() >= 2 && c.tell >= 2 && is_told(c))
        .max_by_key(|(_, count)| count.tell * 4 + share(count))?;
    let least = if is_braced { LEAST_SHARE_BRACED } else { LEAST_SHARE };
    (share(best) >= least && total >= 5).then_some(BEGINNINGS[at].language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_functions_tell_their_language_too() {
        let body = |line: &str, end: &str| {
            line.to_owned() + &"x = y + 1;\nif x > 3 {\n}\n".repeat(150) + end
        };
        for (start, expected) in [
            ("#[inline]\npub fn f() -> u32 {\n", Language::Rust),
            ("package x\nfunc f() {\nfunc g() {\n", Language::Go),
            ("'use strict'\nfunction f() {\nconst a = 1;\n", Language::JavaScript),
            ("#include <a.h>\n#define B 1\nint f() {\n", Language::C),
            ("import java.util.List;\npublic class A {\n@Override\n", Language::Java),
        ] {
            let text = body(start, "} } return x;\n");
            let mut lines: Vec<&str> = text.lines().collect();
            assert!(lines.len() > 400);
            lines.extend(["return x;"; 90]);
            lines.extend(["let x = 1;", "}"].repeat(20));
            assert_eq!(language(lines.into_iter()), Some(expected), "{start}");
        }
        let prose = "A sentence about public class hierarchies.\n".repeat(200);
        assert_eq!(language(prose.lines()), None);
    }
}
