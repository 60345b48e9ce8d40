//! The commits of a `git log`, and anything else, whose lines are treated as those of a log.

use languages::Language;

use super::diff::is_diff;
use super::json::is_json;
use super::{KeptLines, TextKind, plain};
use crate::codecs::{Codec, Numbers, Repeats, Rows};
use crate::detect::{Command, Sample};
use crate::elide::{Context, Draft, commits, log};
use crate::lines::Lines;

/// See the [module](self).
pub(super) struct Text;

impl TextKind for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    /// A `git log` of commits and their messages. In formats of the user's the content decides.
    fn is_written_by(&self, command: &Command) -> bool {
        let has_format = ["--format", "--graph", "--oneline", "--pretty"];
        command.program == "git"
            && command.verb() == "log"
            && !command.has_option(&has_format)
    }

    fn agrees(&self, sample: &Sample) -> bool {
        !is_json(sample) && !is_diff(sample)
    }

    fn looks_like(&self, sample: &Sample) -> Option<Language> {
        plain(commits::is_log(sample.lines().iter().copied()))
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
