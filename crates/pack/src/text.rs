//! What every format needs of texts: the lines of a file, safe one-line forms, runs of backticks.

use std::sync::OnceLock;

use select::SourceFile;
use syntax::LineRange;

/// A file's text by lines.
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    /// Needed for every price of the file, so it is computed once.
    backticks: OnceLock<usize>,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(file: &'a SourceFile) -> Self {
        let text = file.text.as_str();
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        if starts.last() == Some(&text.len()) {
            starts.pop();
        }
        Self { text, starts, backticks: OnceLock::new() }
    }

    /// The lines of `range`, the last one with its newline if the file has one there.
    pub(crate) fn get(&self, range: LineRange) -> &'a str {
        let start = self.start(range.start);
        let end = self.start(range.end.saturating_add(1));
        self.text.get(start..end).unwrap_or_default()
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'a str> {
        self.text.lines()
    }

    /// The number of lines.
    pub(crate) fn count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// One line, without its end.
    pub(crate) fn line(&self, number: u32) -> &'a str {
        self.get(LineRange { start: number, end: number }).trim_end_matches(['\n', '\r'])
    }

    /// The longest run of backticks in the file.
    pub(crate) fn backticks(&self) -> usize {
        *self.backticks.get_or_init(|| backticks(self.text))
    }

    fn start(&self, line: u32) -> usize {
        self.starts.get((line as usize).saturating_sub(1)).copied().unwrap_or(self.text.len())
    }
}

/// `text` on one line: white space folded, control characters and bidirectional overrides escaped.
pub(crate) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        for c in word.chars() {
            if c.is_control() || is_invisible(c) {
                out.extend(c.escape_unicode());
            } else {
                out.push(c);
            }
        }
    }
    out
}

/// A path for display: characters that would break a line or deceive a reader are escaped.
pub(crate) fn shown_path(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if c.is_control() || is_invisible(c) || (c.is_whitespace() && c != ' ') {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// Characters that reorder or hide others.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// The longest run of backticks in `text`.
fn backticks(text: &str) -> usize {
    let (mut longest, mut run) = (0, 0);
    for byte in text.bytes() {
        run = if byte == b'`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_shows_what_is_hidden() {
        assert_eq!(one_line(" fix\n\tthe  bug\u{202e}\u{7} "), "fix the bug\\u{202e}\\u{7}");
    }

    #[test]
    fn paths_keep_blanks_and_escape_newlines() {
        assert_eq!(shown_path("a b/c\nd"), "a b/c\\u{a}d");
    }
}
