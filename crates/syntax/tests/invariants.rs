//! What holds of every outline, whatever the text: ranges in bounds and in order, definitions nested.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::fs;
use std::ops::Range;
use std::path::Path;

use proptest::prelude::*;
use syntax::{Language, LineIndex, LineRange, Outline, outline};

/// Fails with the first rule that an outline breaks.
fn check(text: &str, outline: &Outline) -> Result<(), TestCaseError> {
    let count = LineIndex::new(text).count();
    let inside = |lines: LineRange, around: LineRange| {
        around.start <= lines.start && lines.start <= lines.end && lines.end <= around.end
    };
    let file = LineRange { start: 1, end: count };
    let on_borders = |range: &Range<usize>| {
        range.start <= range.end
            && text.is_char_boundary(range.start)
            && text.is_char_boundary(range.end)
    };
    for (at, definition) in outline.definitions.iter().enumerate() {
        prop_assert!(inside(definition.lines, file), "{definition:?} in {count} lines");
        prop_assert!(inside(definition.signature, definition.lines), "{definition:?}");
        prop_assert!(
            definition.doc.is_none_or(|doc| inside(doc, definition.lines)),
            "{definition:?}"
        );
        prop_assert!(definition.body.as_ref().is_none_or(on_borders), "{definition:?}");
        prop_assert!(!definition.name.is_empty(), "{definition:?}");
        if let Some(parent) = definition.parent {
            prop_assert!(parent < at, "{definition:?} before what encloses it");
            let around = &outline.definitions[parent];
            prop_assert!(inside(definition.lines, around.lines), "{definition:?} in {around:?}");
        }
    }
    let starts = outline.definitions.iter().map(|definition| definition.lines.start);
    prop_assert!(starts.is_sorted(), "definitions in order");
    for ranges in [&outline.comments, &outline.literals] {
        prop_assert!(ranges.iter().all(on_borders));
        prop_assert!(ranges.windows(2).all(|two| two[0].end <= two[1].start), "{ranges:?}");
    }
    prop_assert!(outline.references.iter().all(|reference| (1..=count).contains(&reference.line)));
    prop_assert!(outline.references.is_sorted_by_key(|reference| reference.line));
    prop_assert!(
        outline.imports.iter().all(|i| (1..=count).contains(&i.line) && i.raw.len() <= 300)
    );
    Ok(())
}

fn samples() -> Vec<(Language, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let sample = |path: &Path| {
        let text = fs::read_to_string(path).unwrap();
        let language =
            Language::of(path.to_str().unwrap(), text.lines().next().unwrap_or_default());
        (language, text)
    };
    paths.iter().map(|path| sample(path)).collect()
}

/// Pieces that break code: brackets, quotes, openings without an end, odd characters.
const PIECES: &[&str] = &[
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "<",
    ">",
    "\"",
    "'",
    "`",
    "\"\"\"",
    "'''",
    "/*",
    "*/",
    "//",
    "#",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "    ",
    ";",
    ":",
    ",",
    ".",
    "::",
    "->",
    "=>",
    "=",
    "$",
    "@",
    "\\",
    "${",
    "#{",
    "<<EOF\n",
    "<<~A\n",
    "<?php ",
    "?>",
    "<script>",
    "</script>",
    "---\n",
    "```\n",
    "class ",
    "def ",
    "fn ",
    "function ",
    "import ",
    "enum ",
    "é",
    "\u{0}",
    "\u{feff}",
    "\u{2028}",
    "𝒳",
    "x",
    "A",
    "1",
    "{{",
    "}}",
    "<!--",
    "-->",
    "|",
    "&",
    "*",
    "- ",
    "# ",
    "r#\"",
];

/// A sample with some of its parts cut out, doubled or broken by pieces; or pieces alone.
fn broken() -> impl Strategy<Value = (Language, String)> {
    let samples = samples();
    let edits =
        prop::collection::vec((any::<prop::sample::Index>(), 0usize..60, 0..PIECES.len()), 0..12);
    (0..samples.len(), edits, any::<bool>()).prop_map(move |(at, edits, alone)| {
        let (language, sample) = &samples[at];
        let mut text = if alone { String::new() } else { sample.clone() };
        for (place, cut, piece) in edits {
            let start = text.floor_char_boundary(place.index(text.len() + 1));
            let end = text.floor_char_boundary((start + cut).min(text.len())).max(start);
            text.replace_range(start..end, PIECES[piece]);
        }
        (*language, text)
    })
}

#[test]
fn samples_hold() {
    for (language, text) in samples() {
        check(&text, &outline(language, &text))
            .unwrap_or_else(|e| panic!("{}: {e}", language.name()));
    }
}

/// A scanner of a grammar must not end the process.
#[test]
fn here_documents_with_words_of_any_length() {
    for length in [60, 64, 65, 255, 256, 300, 1020, 1030, 5000] {
        let word = "A".repeat(length);
        for (open, close) in [("", ""), ("\"", "\""), ("'", "'"), ("-'", "'"), ("~\"", "\"")] {
            let text = format!("def a\n  x = <<{open}{word}{close}\n  b\n{word}\nend\n").repeat(3);
            for language in [Language::Ruby, Language::Bash, Language::Php] {
                check(&text, &outline(language, &text)).unwrap();
            }
        }
    }
}

/// What is left of a name when its colons and quotes are taken away may be nothing.
#[test]
fn delegators_without_a_name() {
    for symbol in [":", ":`\n", ":\"\"", ":''", "::", ": ", ":\"`\"", ":@", ":\"", "\"\"", "%s()"] {
        for call in
            ["def_delegators :@store,", "attr_reader", "delegate", "alias_method :a,", "scope"]
        {
            let text = format!("class Session\n  {call} {symbol}\nend\n{call} {symbol}");
            check(&text, &outline(Language::Ruby, &text)).unwrap();
        }
    }
}

#[test]
fn a_redirection_to_any_character() {
    for character in ('\u{80}'..=char::MAX).step_by(997) {
        let text = format!("f() {{ echo a >{character} b 2>&{character}; {character}> c; }}\n");
        check(&text, &outline(Language::Bash, &text)).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40000))]

    #[test]
    fn broken_samples_hold((language, text) in broken()) {
        check(&text, &outline(language, &text))?;
    }

    #[test]
    fn a_sample_read_as_another_language_holds((_, text) in broken(), at in any::<prop::sample::Index>()) {
        let languages: Vec<_> = Language::all().collect();
        check(&text, &outline(languages[at.index(languages.len())], &text))?;
    }

    #[test]
    fn any_text_holds(text in any::<String>(), at in any::<prop::sample::Index>()) {
        let languages: Vec<_> = Language::all().collect();
        check(&text, &outline(languages[at.index(languages.len())], &text))?;
    }
}
