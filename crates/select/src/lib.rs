//! From a task and a repository to the spans that matter, within a budget.
//!
//! Pure: [`Corpus`] and [`History`] are plain data that the caller read; nothing here does I/O,
//! reads a clock or the environment.

mod corpus;
mod history;

pub use corpus::{Corpus, FileKind, SourceFile};
pub use history::{Commit, History, HistoryStatus, Hunk, Patch};
