//! What the caller says about a text; the same names in every interface.

use tokens::Encoding;

/// What the caller knows and wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// What the reader is doing: words that must stay findable. A pack's own task is used beside it.
    pub task: String,
    /// What the text is, where that is known: the command that wrote it (`grep -rn foo .`) or the
    /// name of the file it is from (`src/auth.rs`). Without it the content decides.
    pub kind: Option<String>,
    /// Whether something may be left out, because the reader can ask for it.
    pub retrieval: Retrieval,
    /// A ceiling in tokens, never a target: only a result above it orders more leaving-out.
    pub budget: Option<usize>,
    /// Where the text stands in a file that the reader can open.
    pub source: Option<Source>,
    /// Tokens that the reader has read before this text, where that is known. With each question it
    /// reads them again, so the more there are, the fewer and longer are the stretches of a long text
    /// that each have a way back of their own.
    pub has_read: Option<usize>,
    /// How tokens are counted.
    pub encoding: Encoding,
    /// Whether what only a terminal shows (colours, redrawn progress bars) may go. Off for what a
    /// user pasted: then only reversible forms apply.
    pub cosmetic: bool,
    /// Whether the reader opened this very text for its lines, so that it may need any of them, and
    /// asking again costs it a round. Then all code stays but for a licence's header.
    pub every_line: bool,
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
            encoding: Encoding::default(),
            cosmetic: true,
            every_line: false,
        }
    }
}

/// Whether the reader has a way to ask for what was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Retrieval {
    /// It has: the originals of the gaps will be kept for it.
    #[default]
    Offered,
    /// It hasn't: only reversible and cosmetic forms apply.
    None,
}

/// A file that the reader can open, and where the text begins in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The path, as the reader knows it.
    pub path: String,
    /// The line of the file that the text's first line is, from 1.
    pub line: usize,
}
