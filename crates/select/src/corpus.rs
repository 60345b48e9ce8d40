//! The files of a checkout as selection sees them: plain data, already redacted.

use syntax::Language;

use crate::history::History;
use crate::text::Text;
use crate::word_index::WordIndex;

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
    pub text: Text,
    /// The BLAKE3 hash of `text`, under which its outline is cached.
    pub hash: [u8; 32],
    /// Its language.
    pub language: Language,
    /// Its role in the repository.
    pub kind: FileKind,
}

impl SourceFile {
    /// The packages that it declares to be part of.
    pub fn packages(&self) -> Vec<String> {
        imports::Content::packages(self, self.language)
    }

    /// What the resolution of imports needs to know of the file.
    pub fn for_imports(&self) -> imports::File<'_> {
        imports::File { path: &self.path, content: self, language: self.language }
    }
}

impl imports::Content for SourceFile {
    fn text(&self) -> &str {
        &self.text
    }

    fn packages(&self, language: Language) -> Vec<String> {
        match self.text.source() {
            Some((source, file)) => source.packages(file),
            None => imports::packages(language, &self.text),
        }
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

impl Corpus {
    /// The index that has the words of all files, and each file's number in it; `None` if there is none, so that the
    /// texts have to be read.
    pub(crate) fn words(&self) -> Option<(&WordIndex, Vec<u32>)> {
        let first = self.files.first()?;
        if !self.files.iter().all(|file| file.text.shares_source(&first.text)) {
            return None;
        }
        let number = |file: &SourceFile| {
            let (source, file) = file.text.source()?;
            Some(source.word_number(file))
        };
        let numbers = self.files.iter().filter_map(number).collect();
        Some((first.text.source()?.0.words(), numbers))
    }
}
