//! From a task and a repository to ranked chunks of its files.
//!
//! Pure: [`Corpus`] and [`History`] are plain data that the caller read; nothing here does I/O,
//! reads a clock or the environment. The way of the data, each step a function:
//!
//! 1. [`Task::new`] reads the task.
//! 2. [`matching_commits`] names the commits that resemble it; the caller reads their patches.
//! 3. [`Query::new`] joins the task's terms with those of the patches.
//! 4. [`survey`] scans every file once and names the candidates; the caller parses them.
//! 5. [`rank`] cuts the candidates into units and scores them.
//!
//! What a pack shows of them within its budget is decided by the crate `pack`.

mod bm25;
mod code;
mod corpus;
mod evidence;
mod history;
mod learn;
mod mention;
mod model;
mod query;
mod rank;
mod survey;
mod task;
mod terms;
mod unit;

pub use corpus::{Corpus, FileKind, SourceFile};
pub use history::{Commit, History, HistoryStatus, Hunk, Patch};
pub use learn::{Case, learn};
pub use model::{FEATURES, Family, Feature, Row, Weights, softmax};
pub use query::{Match, Query, matching_commits};
pub use rank::{RankedUnit, Ranking, rank, weigh};
pub use survey::{Survey, survey};
pub use task::Task;
