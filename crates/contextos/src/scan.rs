//! What `scan` writes about a checkout: a summary of each file, which file imports which, and an index
//! for people. Sorted, so that two of them compare well.

mod graph;
mod index;
mod summary;

pub(crate) use graph::{Graph, graph};
pub(crate) use index::{languages, project_index};
pub(crate) use summary::{FileSummary, kind_name, summaries, summary};
