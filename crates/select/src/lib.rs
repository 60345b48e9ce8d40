//! From a task and a repository to ranked chunks of its files.
//!
//! The crate is pure: [`Corpus`] and [`History`] are plain data that the caller has read, and nothing here
//! does I/O or reads a clock or the environment. Each step is a function:
//!
//! 1. [`Task::new`] reads the task.
//! 2. [`matching_commits`] names the commits that resemble it; the caller reads their patches.
//! 3. [`Query::new`] joins the task's terms with those of the patches.
//! 4. [`survey`] scans every file once and names the candidates; the caller parses them.
//! 5. [`rank`] cuts the candidates into chunks and scores them. With a [`Ranker`], rough outlines of all will do at first,
//!    by which [`within_reach`] says which are worth parsing.
//!
//! The crate `pack` decides which chunks a budget is spent on.
//!
//! ```
//! use select::{
//!     Corpus, FileKind, History, Matches, Query, SourceFile, Task, Weights, rank, survey,
//! };
//! use syntax::Language;
//!
//! let file = |path: &str, text: &str| SourceFile {
//!     path: path.to_owned(),
//!     text: text.into(),
//!     hash: [0; 32],
//!     language: Language::of(path, ""),
//!     kind: FileKind::Source,
//! };
//! let files = vec![
//!     file("src/auth.py", "def refresh(token):\n    return token.renew()\n"),
//!     file("src/report.py", "def monthly(rows):\n    return sum(rows)\n"),
//! ];
//! let corpus = Corpus { files, history: History::default() };
//!
//! let task = Task::new("the refresh of tokens fails");
//! let query = Query::new(&task, Matches::default(), &corpus.history, &[]);
//! let survey = survey(&corpus, &query, &[], 8_000);
//! let outlines: Vec<_> = survey
//!     .candidates
//!     .iter()
//!     .map(|&at| syntax::outline(corpus.files[at].language, &corpus.files[at].text))
//!     .collect();
//! let parsed: Vec<_> = outlines.iter().collect();
//! let ranking = rank(&corpus, &query, &survey, &parsed, &[], &Weights::built_in());
//!
//! let best = ranking.chunks.iter().max_by(|a, b| a.score.total_cmp(&b.score)).unwrap();
//! assert_eq!(corpus.files[best.file].path, "src/auth.py");
//! assert_eq!(best.name.as_deref(), Some("refresh"));
//! ```

mod bm25;
mod chunk;
mod code;
mod confidence;
mod corpus;
mod evidence;
mod exclusion;
mod fusion;
mod history;
mod learn;
mod mention;
mod messages;
mod model;
mod natural_language;
mod pasted;
mod prose;
mod query;
mod rank;
mod reach;
mod spelling;
mod stem;
mod survey;
mod task;
mod task_words;
mod terms;
mod text;
mod trace;
pub mod varint;
mod word_index;
mod word_shares;

pub use confidence::Confidence;
pub use corpus::{Corpus, FileKind, SourceFile};
pub use fusion::{fuse, likeliest};
pub use history::{Commit, History, HistoryStatus, Hunk, Patch};
pub use learn::{Case, learn};
pub use model::{FEATURES, Family, Feature, Row, Weights, softmax};
pub use prose::title;
pub use query::{Match, Matches, Query, matching_commits};
pub use rank::{Asked, Pin, PinnedBy, RankedChunk, Ranker, Ranking, rank, weigh};
pub use reach::within_reach;
pub use spelling::{Correction, corrections};
pub use survey::{Survey, survey};
pub use task::Task;
pub use task_words::TaskWords;
pub use terms::count_words;
pub use text::{Text, TextSource};
pub use word_index::{Part, WordCounter, WordIndex, WordSegment};
pub use word_shares::WordShares;
