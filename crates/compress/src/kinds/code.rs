//! Source code, of the language that its file name or the beginnings of its lines say; and other files that people
//! write and maintain: markup, styles, settings.

use languages::Language;

use super::json::is_json;
use super::{KeptLines, TextKind};
use crate::codecs::{Codec, Numbers};
use crate::detect::{File, Sample, beginnings};
use crate::elide::{Context, Draft, code};
use crate::lines::{Lines, unnumbered};

/// See the [module](self).
pub(super) struct Code;

impl TextKind for Code {
    fn name(&self) -> &'static str {
        "code"
    }

    fn is_in(&self, file: &File) -> bool {
        file.is_maintained()
    }

    fn agrees(&self, sample: &Sample) -> bool {
        !is_json(sample)
    }

    fn looks_like(&self, sample: &Sample) -> Option<Language> {
        beginnings::language(sample.lines().iter().map(|line| unnumbered(line).trim_start()))
    }

    fn codecs<'k>(&self, _kept: &'k KeptLines<'_>) -> Vec<Box<dyn Codec + 'k>> {
        vec![Box::new(Numbers)]
    }

    fn draft(&self, lines: &Lines, language: Language, context: &Context) -> Option<Draft> {
        code::draft(lines, language, context)
    }
}
