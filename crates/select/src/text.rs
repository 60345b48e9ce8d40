//! The text of a file: at hand, or read on first use from where the file was found.
//!
//! Selection looks at every file but needs the texts of few: how often words occur in the others is known from an
//! index. So whoever reads a checkout may supply texts that aren't read yet, with a [`TextSource`] that reads them.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use crate::word_index::WordIndex;

/// Supplies texts on demand, and what is known of them without reading them. Files have numbers.
pub trait TextSource: fmt::Debug + Send + Sync {
    /// The text of a file; empty if it can't be read any more. The source must note that, so that its owner can
    /// begin anew.
    fn read(&self, file: u32) -> String;
    /// The words of all its files.
    fn words(&self) -> &WordIndex;
    /// The number of a file in [`words`](Self::words).
    fn word_number(&self, file: u32) -> u32;
    /// The packages that a file declares to be part of, as [`imports::packages`] finds them in its text.
    fn packages(&self, file: u32) -> Vec<String>;
}

/// A text that dereferences to `str`.
#[derive(Clone, Default)]
pub struct Text {
    at_hand: OnceLock<String>,
    source: Option<(Arc<dyn TextSource>, u32)>,
}

impl Text {
    /// The text of the file that has this number in `source`, which is read when it is used.
    pub fn unread(source: Arc<dyn TextSource>, file: u32) -> Self {
        Self { at_hand: OnceLock::new(), source: Some((source, file)) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.at_hand.get_or_init(|| {
            self.source.as_ref().map(|(source, file)| source.read(*file)).unwrap_or_default()
        })
    }

    /// Where it is read from, and its number there; `None` for a text that was at hand from the beginning.
    pub fn source(&self) -> Option<(&dyn TextSource, u32)> {
        self.source.as_ref().map(|(source, file)| (&**source, *file))
    }

    /// Whether both are read from the same source.
    pub(crate) fn shares_source(&self, other: &Self) -> bool {
        match (&self.source, &other.source) {
            (Some((a, _)), Some((b, _))) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self { at_hand: OnceLock::from(text), source: None }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at_hand.get() {
            Some(text) => fmt::Debug::fmt(text, f),
            None => f.write_str("(not read)"),
        }
    }
}
