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
        !is_json(sample)
    }

    /// Sentences, with or without headings between them.
    fn may_be(&self, sample: &Sample) -> bool {
        sample.mostly(40, is_sentence)
    }

    fn has_links(&self) -> bool {
        true
    }

    fn has_fences(&self) -> bool {
        true
    }

    fn may_be_cut(&self) -> bool {
        true
    }

    fn codecs<'k>(&self, _kept: &'k KeptLines<'_>) -> Vec<Box<dyn Codec + 'k>> {
        vec![Box::new(Numbers)]
    }

    fn draft(&self, lines: &Lines, _language: Language, context: &Context) -> Option<Draft> {
        prose::draft(lines, context)
    }
}

/// Words of letters, with hardly anything between them.
fn is_sentence(line: &str) -> bool {
    let are_letters = |letters: usize, all: usize| letters * 100 >= all * 85;
    // The same for ASCII alone is a few vector instructions.
    let is_of_letters = match line.is_ascii() {
        true => {
            let is_letter = |byte: &&u8| byte.is_ascii_alphabetic() || **byte == b' ';
            are_letters(line.as_bytes().iter().filter(is_letter).count(), line.len())
        }
        false => {
            let is_letter = |c: &char| c.is_alphabetic() || *c == ' ';
            are_letters(line.chars().filter(is_letter).count(), line.chars().count())
        }
    };
    is_of_letters && line.split_whitespace().nth(4).is_some()
}
