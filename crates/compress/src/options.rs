//! The options of a compression; every interface uses the same names.

use std::sync::Arc;

use tokens::Encoding;

use crate::Limits;

/// What the caller knows about the text and its reader, and what may be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The reader's task: lines that hold its words are not elided. For a pack, the task in its
    /// title is added.
    pub task: String,
    /// A hint at the kind of the text: the command that wrote it (`grep -rn foo .`) or the name of
    /// the file it is from (`src/auth.rs`). Without it the content decides.
    pub kind: Option<String>,
    /// Whether lines may be elided, because the reader can retrieve them.
    pub retrieval: Retrieval,
    /// An upper bound in tokens, not a target: only if the ordinary result exceeds it is more
    /// elided.
    pub budget: Option<usize>,
    /// The file that the text is from, if the reader can open it.
    pub source: Option<Source>,
    /// The tokens of the context before this text, if known. Every retrieval makes the model read
    /// them again, so the more there are, the fewer and longer are the chunks with a retrieval
    /// reference of their own.
    pub has_read: Option<usize>,
    /// Whether the reader opens an original in part, as a file: then one reference serves for a whole chunk.
    pub reads_parts: bool,
    /// The tokenizer's encoding.
    pub encoding: Encoding,
    /// Whether terminal control sequences (colours, redrawn progress bars) may be removed. Off for
    /// what a user pasted: then only lossless codecs apply.
    pub cosmetic: bool,
    /// Whether the reader asked for this very text, so that it may need any line, and retrieving
    /// one costs another round. Then nothing of code, and of other files that people maintain, is
    /// elided but lines as long as in minified files.
    pub every_line: bool,
    /// What the user never wants to have left out.
    pub limits: Option<Arc<Limits>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            task: String::new(),
            kind: None,
            retrieval: Retrieval::Offered,
            budget: None,
            source: None,
            has_read: None,
            reads_parts: false,
            encoding: Encoding::default(),
            cosmetic: true,
            every_line: false,
            limits: None,
        }
    }
}

/// Whether the reader can retrieve omissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Retrieval {
    /// It can: the caller stores the originals of the omissions.
    #[default]
    Offered,
    /// It can't: only lossless codecs and cosmetic changes apply.
    None,
}

/// A file that the reader can open, and where in it the text begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The path, as the reader knows it.
    pub path: String,
    /// The line of the file that the text's first line is, from 1.
    pub line: usize,
}
