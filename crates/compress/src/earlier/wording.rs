//! How references are worded, and how they are recognised.
//!
//! ```text
//! [same as lines 12-80 of app.py, 4 results ago, hash=0f1e2d3c4b5a]
//! [same as lines 95-120 there]
//! [15-83 same as lines 12-80 of `git show`, 1 result ago]
//! [same as 41 lines you wrote to app.py, 9 calls ago: def load(path): … return rows]
//! ```

use std::fmt::Write;
use std::ops::RangeInclusive;

use super::name::visible;
use crate::marker;

/// Digits of a hash in a reference: the fewest by which an original is found.
pub(super) const HASH_DIGITS: usize = 12;
/// The longest quotation of a line, in characters.
const LONGEST_QUOTE: usize = 32;
/// What all references say.
const SAME: &str = "same as ";
/// Where the lines are that have the source of the reference before.
const THERE: &str = " there";

/// What a reference says.
pub(super) struct Wording<'w> {
    /// The lines' numbers where they stood, if they have numbers and these differ from those of the
    /// source.
    pub here: Option<RangeInclusive<u32>>,
    /// What they are the same as.
    pub source: SourceWording<'w>,
    /// The first and the last of the lines, without their numbers.
    pub ends: (&'w str, &'w str),
    /// The lines, to be retrieved.
    pub original: Option<&'w str>,
}

/// What a reference says of the source. `ago`: how many results or calls ago it was, and its name;
/// `None` for the source that the reference before this one names.
pub(super) enum SourceWording<'w> {
    /// Lines of an earlier result.
    Result { lines: RangeInclusive<u32>, ago: Option<(usize, &'w str)> },
    /// Lines that the model wrote in a call, to a file or else for a tool. Where a file is changed in
    /// pieces, numbers of lines would say little, so the first and the last line are quoted.
    Written { count: usize, ago: Option<(usize, &'w str)>, to_file: bool },
}

impl Wording<'_> {
    /// The line, without a line end, and the hash in it.
    pub(super) fn write(&self) -> (String, Option<String>) {
        let mut out = String::from("[");
        // Writing to a string can't fail.
        if let Some(here) = &self.here {
            let _ = write!(out, "{}-{} ", here.start(), here.end());
        }
        out.push_str(SAME);
        match &self.source {
            SourceWording::Result { lines, ago } => {
                let _ = write!(out, "lines {}-{}", lines.start(), lines.end());
                match ago {
                    Some((ago, name)) => {
                        let _ = write!(out, " of {name}, {} ago", counted(*ago, "result"));
                    }
                    None => out.push_str(THERE),
                }
            }
            SourceWording::Written { count, ago, to_file } => {
                let _ = write!(out, "{}", counted(*count, "line"));
                match ago {
                    Some((ago, name)) => {
                        let verb = if *to_file { "you wrote to" } else { "of your" };
                        let _ = write!(out, " {verb} {name}, {}", calls(*ago));
                    }
                    None => out.push_str(THERE),
                }
                let _ = write!(out, ": {} … {}", quoted(self.ends.0), quoted(self.ends.1));
            }
        }
        let hash = self.original.map(|original| {
            let mut hash = marker::hash(original);
            hash.truncate(HASH_DIGITS);
            let _ = write!(out, ", hash={hash}");
            hash
        });
        out.push(']');
        (out, hash)
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The beginning of a line, up to the end of a word if there is one in its second half.
fn quoted(line: &str) -> String {
    let line = visible(line);
    let Some((end, _)) = line.char_indices().nth(LONGEST_QUOTE) else { return line };
    let start = &line[..end];
    let word = start.rfind(' ').filter(|at| 2 * at > end).unwrap_or(end);
    start[..word].trim_end().to_owned()
}

fn calls(ago: usize) -> String {
    match ago {
        0 => "in this call".to_owned(),
        ago => counted(ago, "call") + " ago",
    }
}

/// Whether `line`, without its line end, has the form of a reference.
pub(super) fn is_reference(line: &str) -> bool {
    let Some(inner) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) else {
        return false;
    };
    let said = match inner.split_once(' ') {
        Some((here, rest)) if is_range(here) => rest,
        _ => inner,
    };
    said.strip_prefix(SAME).is_some_and(|said| {
        let mut words = said.split(' ');
        match words.next() {
            Some("lines") => words.next().is_some_and(is_range),
            count => count.is_some_and(is_number) && words.next() == Some("lines"),
        }
    })
}

fn is_range(word: &str) -> bool {
    word.split_once('-').is_some_and(|(first, last)| is_number(first) && is_number(last))
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_worded_for_a_reader() {
        let ends = ("def load(path):", "    return [row for row in rows if row]");
        let written = |here, source, original| {
            let (line, hash) = Wording { here, source, ends, original }.write();
            assert!(is_reference(&line), "{line}");
            assert_eq!(hash.is_some(), original.is_some());
            line
        };
        let lines = || 12..=80;
        let result = SourceWording::Result { lines: lines(), ago: Some((4, "app.py")) };
        let line = written(None, result, Some("x"));
        assert!(line.starts_with("[same as lines 12-80 of app.py, 4 results ago, hash="), "{line}");
        let result = SourceWording::Result { lines: lines(), ago: Some((1, "`git show`")) };
        assert_eq!(
            written(Some(15..=83), result, None),
            "[15-83 same as lines 12-80 of `git show`, 1 result ago]"
        );
        let result = SourceWording::Result { lines: lines(), ago: None };
        assert_eq!(written(None, result, None), "[same as lines 12-80 there]");
        for (ago, to_file, said) in [
            (Some((9, "app.py")), true, " you wrote to app.py, 9 calls ago"),
            (Some((0, "shell")), false, " of your shell, in this call"),
            (None, true, " there"),
        ] {
            assert_eq!(
                written(None, SourceWording::Written { count: 41, ago, to_file }, None),
                format!(
                    "[same as 41 lines{said}: def load(path): … return [row for row in rows if]"
                )
            );
        }
    }

    #[test]
    fn other_lines_are_no_references() {
        for line in [
            "",
            "[same as lines 1-2 there",
            "same as lines 1-2 there]",
            "[same as before]",
            "[1-2 lines 3-4]",
            "[same as lines of app.py]",
            "[lines 3-49 of the result of a]",
        ] {
            assert!(!is_reference(line), "{line}");
        }
    }
}
