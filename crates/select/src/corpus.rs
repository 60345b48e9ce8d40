//! The files of a checkout as selection sees them: plain data, already redacted.

use syntax::Language;

use crate::History;

/// What part a file plays in its repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileKind {
    /// Code that does the work.
    Source,
    /// Tests, fixtures, benchmarks.
    Test,
    /// Documentation, change logs, licences.
    Docs,
    /// Examples and samples.
    Example,
    /// Build, CI, packaging and other configuration; data.
    Config,
    /// Made by a program: lock files, generated code that was not skipped.
    Generated,
}

/// One text file of the checkout, as UTF-8, redacted.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Path from the root, with `/`.
    pub path: String,
    /// The text: converted to UTF-8, byte order mark removed, credentials redacted; line ends are
    /// `\n`.
    pub text: String,
    /// BLAKE3 of `text`: the key of everything that is kept about it.
    pub hash: [u8; 32],
    /// Its language.
    pub language: Language,
    /// Its part in the repository.
    pub kind: FileKind,
}

impl SourceFile {
    /// What the resolution of imports needs to know of the file.
    pub fn for_imports(&self) -> imports::File<'_> {
        imports::File { path: &self.path, text: &self.text, language: self.language }
    }
}

/// A checkout, ready to select from.
#[derive(Debug, Default)]
pub struct Corpus {
    /// Files in order of their paths (bytewise).
    pub files: Vec<SourceFile>,
    /// Commits up to HEAD.
    pub history: History,
}
