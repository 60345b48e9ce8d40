//! Unified diffs, and patches.

use languages::Language;

use super::{TextKind, plain};
use crate::detect::{Command, File, Sample};
use crate::elide::{Context, Draft, diff};
use crate::lines::Lines;

/// See the [module](self).
pub(super) struct Diff;

impl TextKind for Diff {
    fn name(&self) -> &'static str {
        "diff"
    }

    fn programs(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("diff", ""),
            ("git", "diff"),
            ("git", "format-patch"),
            ("git", "show"),
        ]
    }

    fn is_written_by(&self, command: &Command) -> bool {
        command.program == "git"
            && command.verb() == "log"
            && command.has_option(&["-p", "-u", "--patch"])
    }

    fn is_in(&self, file: &File) -> bool {
        file.language == Language::Diff
    }

    fn agrees(&self, sample: &Sample) -> bool {
        is_diff(sample)
    }

    fn looks_like(&self, sample: &Sample) -> Option<Language> {
        plain(is_diff(sample))
    }

    fn draft(&self, lines: &Lines, _language: Language, context: &Context) -> Option<Draft> {
        diff::draft(lines, context)
    }
}

/// Whether it has the head of a file that `git` compared, or that of another program and a hunk.
pub(super) fn is_diff(sample: &Sample) -> bool {
    let hunk = |line: &&str| line.starts_with("@@ -") && line[4..].contains(" @@");
    let head = |pair: &[&str]| pair[0].starts_with("--- ") && pair[1].starts_with("+++ ");
    let git = sample.lines().iter().any(|line| line.starts_with("diff --git "));
    git || (sample.lines().windows(2).any(head) && sample.lines().iter().any(hunk))
}
