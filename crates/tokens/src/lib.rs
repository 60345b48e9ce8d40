//! How many tokens a text is, for which model, and where to cut it.
//!
//! Exact for `o200k_base` and `cl100k_base`: the tables are made ahead and embedded, the splitter is
//! written by hand, and both are compared with the reference implementation in tests. This crate
//! knows nothing of files, packs or budgets.
//!
//! A text goes through `split` (its pieces), `cache` (pieces seen lately), `vocabulary` (pieces that
//! are one token) and `merge` (the others). Special tokens (`<|endoftext|>` and the like) in a text
//! are plain text.
//!
//! ```
//! use tokens::{Encoding, count, cut, model};
//!
//! assert_eq!(count(Encoding::O200kBase, "How many tokens?"), 4);
//! assert_eq!(cut(Encoding::O200kBase, "How many tokens?", 2), "How many");
//! // Other makers don't publish their tokenizers, so for their models the count is an estimate.
//! assert!(model("claude-sonnet-4-5").is_some_and(|model| model.is_estimate()));
//! ```

mod amount;
mod cache;
mod class;
mod count;
mod cut;
#[cfg(test)]
mod generate;
mod merge;
mod model;
mod segment;
mod split;
mod vocabulary;

pub use amount::parse_amount;
pub use count::{count, encode};
pub use cut::cut;
pub use model::{Model, model};
pub use segment::{Segment, seam_adds, segments};
pub use vocabulary::vocabulary;

/// A byte-pair encoding whose tables are embedded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Encoding {
    /// The encoding of GPT-4o and later models; the default everywhere here.
    #[default]
    O200kBase,
    /// The encoding of GPT-4 and GPT-3.5.
    Cl100kBase,
}

impl Encoding {
    /// The name that it is known by.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::O200kBase => "o200k_base",
            Encoding::Cl100kBase => "cl100k_base",
        }
    }

    fn from_name(name: &str) -> Option<Encoding> {
        [Encoding::O200kBase, Encoding::Cl100kBase].into_iter().find(|e| e.name() == name)
    }
}
