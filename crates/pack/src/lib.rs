//! Makes a pack from a ranking: allocates the budget to chunks, and writes Markdown, JSON or XML of at
//! most that many tokens.
//!
//! The crate is pure: [`build`] takes a [`Corpus`](select::Corpus) and its [`Ranking`](select::Ranking) and
//! returns a text.
//!
//! 1. `facts` collects what every format writes down.
//! 2. `allocate` chooses the spans and the map, at prices that the format determines.
//! 3. `render` writes them, with a file per format.
//!
//! ```
//! use pack::{Format, Input, build};
//! use select::{
//!     Corpus, FileKind, History, Matches, Query, SourceFile, Task, Weights, rank, survey,
//! };
//! use syntax::Language;
//!
//! let text = "def refresh(token):\n    return token.renew()\n".into();
//! let (path, language) = ("src/auth.py".to_owned(), Language::Python);
//! let file = SourceFile { path, text, hash: [0; 32], language, kind: FileKind::Source };
//! let corpus = Corpus { files: vec![file], history: History::default() };
//!
//! let (task, weights) = (Task::new("fix the refresh of tokens"), Weights::built_in());
//! let query = Query::new(&task, Matches::default(), &corpus.history, &[]);
//! let survey = survey(&corpus, &query, &[], 1_000);
//! let outline = syntax::outline(Language::Python, &corpus.files[0].text);
//! let ranking = rank(&corpus, &query, &survey, &[&outline], &[], &weights);
//!
//! let pack = build(&Input {
//!     corpus: &corpus,
//!     ranking: &ranking,
//!     weights: &weights,
//!     task: "fix the refresh of tokens",
//!     commit: None,
//!     dirty: &|_| false,
//!     redacted: &[],
//!     redacted_in_all: 0,
//!     changed: &[],
//!     notes: &[],
//!     timestamp: None,
//!     line_numbers: false,
//!     format: Format::Markdown,
//!     encoding: tokens::Encoding::default(),
//!     budget: 1_000,
//! })?;
//! assert!(pack.tokens <= 1_000);
//! assert!(pack.text.contains("### src/auth.py:1-2\n```python\ndef refresh(token):\n"));
//! # Ok::<(), pack::PackError>(())
//! ```
//!
//! **Why prices add up.** A pack is a list of fragments. Every fragment ends in a newline, and none begins
//! in a way that the tokenizer could join to the newline before it: what comes before a span of a file ends
//! in a letter or a digit, and everything else begins with a printable character other than `/`. So the
//! tokens of the pack are the sum of the tokens of its fragments, and the allocation never has to count a
//! whole document. The last count is an assertion, not a loop.

mod allocate;
mod build;
mod evidence;
mod facts;
mod likely_files;
mod render;
#[cfg(test)]
mod tests;
mod text;

pub use build::{
    ChangedLines, Input, MIN_BUDGET, Pack, PackError, Redacted, Shown, Unchosen, Unshown, build,
};
pub use render::Format;
