//! The files of a checkout as selection sees them: plain data, already redacted.

use syntax::Language;

use crate::History;

/// The role of a file in its repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileKind {
    /// Code of the product itself.
    Source,
    /// Tests, fixtures, benchmarks.
    Test,
    /// Documentation, change logs, licences.
    Docs,
    /// Examples and samples.
    Example,
    /// Build, CI, packaging and other configuration; data.
    Config,
    /// Generated: lock files, and generated code that wasn't skipped.
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
    /// The BLAKE3 hash of `text`, under which its outline is cached.
    pub hash: [u8; 32],
    /// Its language.
    pub language: Language,
    /// Its role in the repository.
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
