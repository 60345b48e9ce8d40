//! HTML pages, and parts of them.

use languages::Language;

use super::{KeptLines, TextKind, plain};
use crate::codecs::{Codec, Numbers};
use crate::detect::{File, Sample};
use crate::elide::{Context, Draft, html};
use crate::lines::Lines;

/// See the [module](self).
pub(super) struct Html;

impl TextKind for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    /// A page that was made by a program; others are maintained as code is.
    fn is_in(&self, file: &File) -> bool {
        file.language == Language::Html && file.is_minified()
    }

    fn agrees(&self, sample: &Sample) -> bool {
        is_html(sample)
    }

    fn looks_like(&self, sample: &Sample) -> Option<Language> {
        plain(is_html(sample))
    }

    fn codecs<'k>(&self, _kept: &'k KeptLines<'_>) -> Vec<Box<dyn Codec + 'k>> {
        vec![Box::new(Numbers)]
    }

    fn draft(&self, lines: &Lines, _language: Language, context: &Context) -> Option<Draft> {
        html::draft(lines, context)
    }
}

/// Whether it begins as a page does, or has a tag on most lines and one of HTML's among them.
fn is_html(sample: &Sample) -> bool {
    let text = sample.text;
    let start: String = text.trim_start().chars().take(15).collect::<String>().to_lowercase();
    let tagged = |line: &str| {
        let line = line.trim_start();
        line.starts_with('<')
            && line[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
            && line.contains('>')
    };
    start.starts_with("<!doctype html")
        || start.starts_with("<html")
        || (sample.lines().len() >= 5
            && sample.mostly(60, tagged)
            && text.contains("</")
            && has_html_tag(text))
}

fn has_html_tag(text: &str) -> bool {
    let sample = text[..text.floor_char_boundary(20_000)].to_ascii_lowercase();
    ["<div", "<p>", "<span", "<table", "<ul", "<body", "<head", "<a href"]
        .iter()
        .any(|tag| sample.contains(tag))
}
