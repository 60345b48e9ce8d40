//! Anything else. Its lines are treated as those of a log.

use languages::Language;

use super::json::is_json;
use super::{KeptLines, TextKind};
use crate::codecs::{Codec, Numbers, Repeats, Rows};
use crate::detect::Sample;
use crate::elide::{Context, Draft, log};
use crate::lines::Lines;

/// See the [module](self).
pub(super) struct Text;

impl TextKind for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn agrees(&self, sample: &Sample) -> bool {
        !is_json(sample)
    }

    fn has_links(&self) -> bool {
        true
    }

    fn has_fences(&self) -> bool {
        true
    }

    fn codecs<'k>(&self, kept: &'k KeptLines<'_>) -> Vec<Box<dyn Codec + 'k>> {
        vec![Box::new(Rows::words(kept)), Box::new(Repeats), Box::new(Numbers)]
    }

    fn unusual(&self, lines: &Lines) -> Vec<usize> {
        log::unusual(lines)
    }

    fn draft(&self, lines: &Lines, _language: Language, context: &Context) -> Option<Draft> {
        log::commits_or_lines(lines, context)
    }
}
