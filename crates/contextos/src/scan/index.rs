//! PROJECT_INDEX.md: an overview of the repository for people.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use select::{FileKind, SourceFile};

use super::{FileSummary, Graph};

/// The number of key files that are listed. By hand.
const MOST_FILES: usize = 40;

/// The number of files of each language, most frequent first.
pub(crate) fn languages(files: &[SourceFile]) -> Vec<(&'static str, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for file in files {
        *counts.entry(file.language.name()).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|&(name, count)| (std::cmp::Reverse(count), name));
    counts
}

/// The index: languages, and the files that most others import.
pub(crate) fn project_index(
    files: &[SourceFile],
    summaries: &BTreeMap<&str, FileSummary>,
    graph: &Graph,
) -> String {
    let mut out =
        String::from("# Project Index\n\n> Written by `contextos scan`.\n\n## Languages\n\n");
    for (language, count) in languages(files) {
        let _ = writeln!(out, "- {language}: {count}");
    }
    out.push_str("\n## Key files\n\n| File | Imported by | Purpose |\n|---|---|---|\n");
    let imported = imported_by(graph);
    let mut key: Vec<(usize, &SourceFile)> = files
        .iter()
        .filter(|file| matches!(file.kind, FileKind::Source))
        .map(|file| (imported.get(file.path.as_str()).copied().unwrap_or(0), file))
        .collect();
    key.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.path.cmp(&b.1.path)));
    for (imports, file) in key.into_iter().take(MOST_FILES) {
        let purpose = summaries.get(file.path.as_str()).map_or("", |s| s.purpose.as_str());
        let _ = writeln!(out, "| `{}` | {imports} | {} |", cell(&file.path), cell(purpose));
    }
    out
}

/// The number of files that import each file.
pub(crate) fn imported_by(graph: &Graph) -> HashMap<&str, usize> {
    let mut pairs: Vec<(&str, &str)> = graph.local_edges().collect();
    pairs.dedup();
    let mut counts = HashMap::new();
    for (_, target) in pairs {
        *counts.entry(target).or_default() += 1;
    }
    counts
}

/// Text for a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
