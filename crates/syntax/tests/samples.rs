//! The outline of one written file for each language, as people would read it.

#![allow(clippy::unwrap_used, reason = "a test that can't write to a string should stop")]

use std::fmt::Write;
use std::fs;
use std::path::Path;

use syntax::{Language, Outline, outline};

/// The outline, the references line by line, and the text of comments and literals.
fn render(text: &str, outline: &Outline) -> String {
    let mut out = outline.to_string();
    let mut references: Vec<(u32, Vec<&str>)> = Vec::new();
    for reference in &outline.references {
        match references.last_mut() {
            Some((line, names)) if *line == reference.line => names.push(&reference.name),
            _ => references.push((reference.line, vec![&reference.name])),
        }
    }
    for (line, names) in references {
        writeln!(out, "{line:>9} uses {}", names.join(" ")).expect("a string takes all");
    }
    for (kind, ranges) in [("comment", &outline.comments), ("literal", &outline.literals)] {
        for range in ranges {
            writeln!(out, "{kind:>9} {:?}", &text[range.clone()]).expect("a string takes all");
        }
    }
    out
}

#[test]
fn outlines_of_the_samples() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let language = Language::of(name, text.lines().next().unwrap_or_default());
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, render(&text, &outline(language, &text))));
    }
}
