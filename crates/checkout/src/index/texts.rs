//! The texts of indexed files, read when they are needed.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use private_fs::{Content, OpenFolder};
use select::{SourceFile, TextSource, WordIndex};

use super::Index;
use crate::ReadOptions;
use crate::admit;

/// Reads the texts of a checkout's files, and says what is known of them from its index.
#[derive(Debug)]
pub struct IndexedTexts {
    pub(super) index: Index,
    pub(super) folder: OpenFolder,
    pub(super) options: ReadOptions,
    pub(super) is_outdated: AtomicBool,
}

impl IndexedTexts {
    /// Whether a text could not be given because its file has changed since the checkout was listed.
    pub fn is_outdated(&self) -> bool {
        self.is_outdated.load(Ordering::Relaxed)
    }

    /// The size of all files of the checkout that may be selected from, in bytes.
    pub fn source_bytes(&self) -> u64 {
        let selected = self.index.entries.iter().filter(|entry| entry.result.is_ok());
        selected.map(|entry| entry.state.size).sum()
    }

    /// A hash of these files, which are some of the checkout's: of their paths, contents and texts.
    pub fn digest(&self, files: &[SourceFile]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        for file in files {
            hasher.update(file.path.as_bytes());
            hasher.update(&[0]);
            hasher.update(&file.hash);
            // The content says whether the file differs from HEAD.
            let entry = file.text.source().and_then(|(_, at)| self.index.entries.get(at as usize));
            hasher.update(&entry.map_or([0; 32], |entry| entry.content));
        }
        *hasher.finalize().as_bytes()
    }

    /// The text of a file; `None` if its content isn't the indexed one.
    fn text(&self, file: u32) -> Option<String> {
        let entry = self.index.entries.get(file as usize)?;
        let known = entry.result.as_ref().ok()?;
        let limit = admit::largest(&entry.path, &self.options);
        let content = self.folder.read_content(Path::new(&entry.path), entry.state.size, limit);
        let Ok(Content::Whole(bytes)) = content else { return None };
        if *blake3::hash(&bytes).as_bytes() != entry.content {
            return None;
        }
        // Without a finding, redaction leaves a text as it is. Of an index that was imported, that isn't believed.
        let is_redacted = !known.findings.is_empty() || !entry.is_own;
        let text = admit::text(&entry.path, bytes, is_redacted, &self.options)?;
        (entry.is_own || *blake3::hash(text.as_bytes()).as_bytes() == known.hash).then_some(text)
    }
}

impl TextSource for IndexedTexts {
    fn read(&self, file: u32) -> String {
        self.text(file).unwrap_or_else(|| {
            self.is_outdated.store(true, Ordering::Relaxed);
            String::new()
        })
    }

    fn words(&self) -> &WordIndex {
        &self.index.words
    }

    fn word_number(&self, file: u32) -> u32 {
        self.index.numbers.get(file as usize).copied().unwrap_or(u32::MAX)
    }

    fn packages(&self, file: u32) -> Vec<String> {
        let known = self.index.entries.get(file as usize).map(|entry| &entry.result);
        known
            .and_then(|known| known.as_ref().ok())
            .map_or(Vec::new(), |known| known.packages.clone())
    }
}
