//! The matches of a search, and lists of paths.

use languages::Language;

use super::{KeptLines, TextKind, plain};
use crate::codecs::{self, Codec, Paths, a_match};
use crate::detect::{Command, Sample};
use crate::elide::{Context, Draft, search};
use crate::lines::Lines;

/// See the [module](self).
pub(super) struct Search;

impl TextKind for Search {
    fn name(&self) -> &'static str {
        "search"
    }

    fn programs(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("ack", ""),
            ("ag", ""),
            ("egrep", ""),
            ("fd", ""),
            ("fgrep", ""),
            ("find", ""),
            ("flake8", ""),
            ("git", "grep"),
            ("git", "ls-files"),
            ("grep", ""),
            ("mypy", ""),
            ("pylint", ""),
            ("rg", ""),
            ("ruff", ""),
        ]
    }

    fn is_written_by(&self, command: &Command) -> bool {
        command.program == "ls" && !command.has_short('l')
    }

    fn agrees(&self, sample: &Sample) -> bool {
        sample.mostly(50, |line| found(line) || is_path(line))
    }

    fn looks_like(&self, sample: &Sample) -> Option<Language> {
        plain(
            sample.mostly(50, found) || (sample.lines().len() >= 5 && sample.mostly(90, is_path)),
        )
    }

    fn may_be_cut(&self) -> bool {
        true
    }

    fn codecs<'k>(&self, _kept: &'k KeptLines<'_>) -> Vec<Box<dyn Codec + 'k>> {
        vec![Box::new(codecs::Search), Box::new(Paths)]
    }

    fn draft(&self, lines: &Lines, _language: Language, context: &Context) -> Option<Draft> {
        search::draft(lines, context)
    }
}

/// `path:line:text`, if the text before the number resembles a path.
fn found(line: &str) -> bool {
    line == "--"
        || a_match(line).is_some_and(|(path, ..)| {
            !path.contains(char::is_whitespace)
                && path.contains(|c: char| c.is_alphabetic())
                && path.contains(['.', '/', '_'])
        })
        || is_context(line)
}

/// `path-line-text`: what `grep -C` shows around a match.
fn is_context(line: &str) -> bool {
    let Some(at) = memchr::memchr(b'-', line.as_bytes()) else { return false };
    let (path, rest) = (&line[..at], &line[at + 1..]);
    path.contains(['.', '/'])
        && !path.contains(char::is_whitespace)
        && rest.split('-').any(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether the line may be a path alone.
fn is_path(line: &str) -> bool {
    !line.contains([' ', '\t', ':', '(', '{', ';', '=', ',', '"'])
        && line.contains(['/', '.'])
        && line.contains(|c: char| c.is_alphabetic())
}
