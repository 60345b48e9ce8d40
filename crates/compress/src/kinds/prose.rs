//! Text for people: documentation, manual pages, Markdown.

use languages::Language;

use super::json::is_json;
use super::{KeptLines, TextKind};
use crate::codecs::{Codec, Numbers};
use crate::detect::{File, Sample};
use crate::elide::{Context, Draft, prose};
use crate::lines::Lines;

/// See the [module](self).
pub(super) struct Prose;

impl TextKind for Prose {
    fn name(&self) -> &'static str {
        "prose"
    }

    fn programs(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("man", ""),
        ]
    }

    fn is_in(&self, file: &File) -> bool {
        matches!(file.language, Language::Markdown | Language::Rst)
    }

    fn agrees(&self, sample: &Sample) -> bool {
        !is_json(sample.text)
    }

    /// Sentences, with or without headings between them.
    fn may_be(&self, sample: &Sample) -> bool {
        let sentence = |line: &str| {
            let words = line.split_whitespace().count();
            let letters = line.chars().filter(|c| c.is_alphabetic() || *c == ' ').count();
            words >= 5 && letters * 100 >= line.chars().count() * 85
        };
        sample.mostly(40, sentence)
    }

    fn has_links(&self) -> bool {
        true
    }

    fn has_fences(&self) -> bool {
        true
    }

    fn codecs<'k>(&self, _kept: &'k KeptLines<'_>) -> Vec<Box<dyn Codec + 'k>> {
        vec![Box::new(Numbers)]
    }

    fn draft(&self, lines: &Lines, _language: Language, context: &Context) -> Option<Draft> {
        prose::draft(lines, context)
    }
}
