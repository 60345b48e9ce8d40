//! The kinds of text that are distinguished, one file each: its name, which commands and files hold it, how it looks,
//! which codecs are tried on it and what is elided from it.
//!
//! To add a kind: a file that implements [`TextKind`], and a line in the table below, at the place where it is to be
//! looked for. A wrong kind costs tokens, not information: every encoding is verified by decoding it, and omissions can
//! be retrieved.

use std::cell::LazyCell;

use languages::Language;

use crate::codecs::Codec;
use crate::detect::{Command, Detected, File, Sample};
use crate::elide::{Context, Draft, Reader, Rendered, render};
use crate::lines::Lines;

/// Declares the files, the enum and the table. A text is taken for the first kind of the table that it looks like.
macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $file:ident: $kind:ident,)+) => {
        $(mod $file;)+

        /// What a text, or a chunk of one, is detected as.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind {
            $($(#[doc = $doc])+ $kind,)+
        }

        impl Kind {
            /// All of them, in the order in which they are looked for.
            pub const ALL: &[Self] = &[$(Self::$kind),+];

            /// What is known of it.
            pub(crate) fn spec(self) -> &'static dyn TextKind {
                match self {
                    $(Self::$kind => &$file::$kind,)+
                }
            }
        }
    };
}

kinds! {
    /// A pack, as `contextos pack` renders it.
    pack: Pack,
    /// A JSON document, or JSON documents on a line each.
    json: Json,
    /// HTML.
    html: Html,
    /// A unified diff, or a patch.
    diff: Diff,
    /// The packages that a project was built with, and their versions.
    lockfile: Lockfile,
    /// `path:line:text`, or a list of paths.
    search: Search,
    /// Lines that each state a fact of their own, so that none is representative of another:
    /// settings, environment variables, the state of a system.
    facts: Facts,
    /// The output of a test runner, a compiler or a build tool.
    test_output: TestOutput,
    /// Stack traces, perhaps with the log lines around them.
    trace: Trace,
    /// Rows under the same columns: `ls -l`, `ps`, `dpkg -l`.
    table: Table,
    /// Log lines.
    log: Log,
    /// Source code.
    code: Code,
    /// Text for people: documentation, manual pages, Markdown.
    prose: Prose,
    /// Anything else.
    text: Text,
}

pub(crate) use table::is_mode_row;

impl Kind {
    /// Its name in reports, in lower case.
    pub fn name(self) -> &'static str {
        self.spec().name()
    }

    /// The kind with that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// The lines that a codec should leave as they are, found when the first codec needs them.
pub(crate) type KeptLines<'k> = LazyCell<Vec<usize>, Box<dyn FnOnce() -> Vec<usize> + 'k>>;

/// What is known of one kind of text.
pub(crate) trait TextKind: Sync {
    /// Its name in reports, in lower case, and as a hint.
    fn name(&self) -> &'static str;

    /// The programs whose output it is, each with a subcommand if only that one's is. The entry with a subcommand goes
    /// before the one without, whichever kind they belong to.
    fn programs(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Whether the command writes it, where more than the subcommand decides. Asked before [`TextKind::programs`].
    fn is_written_by(&self, _command: &Command) -> bool {
        false
    }

    /// Whether the file holds it, by its name.
    fn is_in(&self, _file: &File) -> bool {
        false
    }

    /// Whether the text is one of these whatever command or file it is said to be from.
    fn is_certainly(&self, _text: &str) -> bool {
        false
    }

    /// Whether the content is plausible, given a command or a file name that implies this kind.
    fn agrees(&self, sample: &Sample) -> bool;

    /// Whether the content looks like it: the language that it is in, or [`Language::Text`] for what isn't code.
    fn looks_like(&self, _sample: &Sample) -> Option<Language> {
        None
    }

    /// Whether the content may be this, if no kind [looks like it](TextKind::looks_like).
    fn may_be(&self, _sample: &Sample) -> bool {
        false
    }

    /// Whether a document of this kind is split at its fenced blocks.
    fn has_fences(&self) -> bool {
        false
    }

    /// Whether it may be a page with links in Markdown.
    fn has_links(&self) -> bool {
        false
    }

    /// Whether texts in its strings are compressed by kinds of their own.
    fn has_embedded_texts(&self) -> bool {
        false
    }

    /// Whether lines that look like markers don't mean that the text was compressed before, because the elision checks
    /// that itself.
    fn checks_markers(&self) -> bool {
        false
    }

    /// Whether all of its rows should be shown if that takes few tokens: the reader of a listing looks for one row,
    /// and it cannot be known which.
    fn is_listing(&self, _text: &str) -> bool {
        false
    }

    /// Whether a reader with a budget may be shown fewer lines than [`TextKind::draft`] shows.
    fn may_be_cut(&self) -> bool {
        false
    }

    /// The codecs to try; the first is as good a choice as any if time is short.
    fn codecs<'k>(&self, _kept: &'k KeptLines<'_>) -> Vec<Box<dyn Codec + 'k>> {
        Vec::new()
    }

    /// The lines with unusual values. Codecs leave them as they are, so that a search for anomalies finds them.
    fn unusual(&self, _lines: &Lines) -> Vec<usize> {
        Vec::new()
    }

    /// What of a chunk is shown; `None` if nothing should be elided.
    fn draft(&self, _lines: &Lines, _language: Language, _context: &Context) -> Option<Draft> {
        None
    }

    /// The chunk with lines elided; `None` if all of it has to be shown. If the reader has a source, the retrieval
    /// references are line ranges of that file.
    fn elide(
        &self,
        lines: &Lines,
        language: Language,
        context: &Context,
        reader: &Reader,
    ) -> Option<Rendered> {
        Some(render(lines, &self.draft(lines, language, context)?, reader))
    }
}

/// The kind of a sample, by its content.
pub(crate) fn looks_like(sample: &Sample) -> Detected {
    let looks =
        |&kind: &Kind| kind.spec().looks_like(sample).map(|language| Detected { kind, language });
    let may_be = |kind: &&Kind| kind.spec().may_be(sample);
    let likely = || Kind::ALL.iter().copied().find(|kind| may_be(&kind));
    Kind::ALL
        .iter()
        .find_map(looks)
        .unwrap_or_else(|| Detected::plain(likely().unwrap_or(Kind::Text)))
}

/// What [`TextKind::looks_like`] returns for what isn't code.
fn plain(looks_like: bool) -> Option<Language> {
    looks_like.then_some(Language::Text)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_and_programs_are_unambiguous() {
        let mut names = HashSet::new();
        let mut programs = HashSet::new();
        for kind in Kind::ALL {
            assert!(names.insert(kind.name()), "{}", kind.name());
            assert_eq!(Kind::from_name(kind.name()), Some(*kind));
            for program in kind.spec().programs() {
                assert!(programs.insert(program), "{program:?} in {}", kind.name());
            }
            assert!(kind.spec().programs().is_sorted(), "{}", kind.name());
        }
    }
}
