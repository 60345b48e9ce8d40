//! The files that `scan` writes: a summary of each source file, the import graph, and an index for people.
//! They are sorted, so that two of them can be compared.

mod graph;
mod index;
mod summary;

pub(crate) use graph::{Graph, graph};
pub(crate) use index::{imported_by, languages, project_index};
pub(crate) use summary::{FileSummary, kind_name, summaries, summary};
