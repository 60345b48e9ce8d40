//! The languages that are known, and how one is told from a path.

/// A language, or `Language::Text` where none is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each name says what it is")]
pub enum Language {
    Text,
}

impl Language {
    /// The language of a file, from its name or ending, else from a `#!` first line.
    pub fn of(_path: &str, _first_line: &str) -> Self {
        Self::Text
    }

    /// The name that a fence or a report shows, in lower case: `rust`, `typescript`, `text`.
    pub fn name(self) -> &'static str {
        "text"
    }
}
