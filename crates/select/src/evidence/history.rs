//! History: the files and chunks that commits resembling the task changed, and how recently and often.

use rustc_hash::FxHashMap;

use crate::chunk::Chunk;
use crate::corpus::{Corpus, SourceFile};
use crate::query::Query;
use crate::survey::Surveyed;
use syntax::Outline;

/// The half-life of recency, in seconds: two months. By hand, not measured.
const RECENT: f64 = 60.0 * 86_400.0;
/// The fewest alphanumeric characters of a changed line by which it is found again in the current
/// file. By hand.
const DISTINCTIVE: usize = 8;

/// Fills in [`Surveyed::history`] and [`Surveyed::recency`].
pub(crate) fn files(corpus: &Corpus, query: &Query<'_>, files: &mut [Surveyed]) {
    let by_path: FxHashMap<&str, usize> =
        corpus.files.iter().enumerate().map(|(at, file)| (file.path.as_str(), at)).collect();
    for m in &query.matches.commits {
        let Some(commit) = corpus.history.commits.get(m.commit) else { continue };
        let share = m.weight / (commit.paths.len().max(1) as f64).sqrt();
        for path in &commit.paths {
            if let Some(&at) = by_path.get(path.as_str()) {
                files[at].history += share;
            }
        }
    }
    for commit in &corpus.history.commits {
        let age = corpus.history.head_time.saturating_sub(commit.time).max(0) as f64;
        let recent = (-age / RECENT * std::f64::consts::LN_2).exp();
        for path in &commit.paths {
            if let Some(&at) = by_path.get(path.as_str()) {
                files[at].recency += recent / (commit.paths.len() as f64).sqrt();
            }
        }
    }
    for file in files {
        file.recency = file.recency.ln_1p();
    }
}

/// Adds to each chunk how strongly the hunks of matching commits point at it: by the function in a
/// hunk's heading, and by those of its lines that the file still has.
pub(crate) fn chunks(
    corpus: &Corpus,
    query: &Query<'_>,
    file: &SourceFile,
    outline: &Outline,
    chunks: &[Chunk],
    out: &mut [f64],
) {
    let touching: Vec<_> = query
        .patches
        .iter()
        .filter(|patch| patch.hunks.iter().any(|hunk| hunk.path == file.path))
        .collect();
    if touching.is_empty() {
        return;
    }
    let is_distinctive =
        |line: &&str| line.chars().filter(|c| c.is_alphanumeric()).nth(DISTINCTIVE - 1).is_some();
    let hunks = touching.iter().flat_map(|patch| &patch.hunks).filter(|h| h.path == file.path);
    let changed = hunks.flat_map(|hunk| hunk.added.iter().chain(&hunk.removed));
    let mut lines: FxHashMap<&str, Vec<usize>> = changed
        .map(|line| line.trim())
        .filter(is_distinctive)
        .map(|line| (line, Vec::new()))
        .collect();
    for (at, line) in file.text.lines().enumerate() {
        if let Some(found) = lines.get_mut(line.trim()) {
            found.push(chunks.partition_point(|chunk| (chunk.lines.end as usize) < at + 1));
        }
    }
    for patch in touching {
        let share = query.patch_weight(&corpus.history, patch) / (patch.hunks.len() as f64).sqrt();
        for hunk in patch.hunks.iter().filter(|hunk| hunk.path == file.path) {
            let mut hit = vec![false; chunks.len()];
            for line in hunk.added.iter().chain(&hunk.removed) {
                if let Some(found) = lines.get(line.trim())
                    && found.len() <= 3
                {
                    for &chunk in found {
                        if let Some(hit) = hit.get_mut(chunk) {
                            *hit = true;
                        }
                    }
                }
            }
            if !hunk.heading.is_empty() {
                for (chunk, hit) in chunks.iter().zip(&mut hit) {
                    *hit |= chunk.definition.is_some_and(|d| {
                        let definition = &outline.definitions[d as usize];
                        chunk.lines.start <= definition.signature.start
                            && heading_names(&hunk.heading, &definition.name)
                    });
                }
            }
            for (value, hit) in out.iter_mut().zip(hit) {
                *value += if hit { share } else { 0.0 };
            }
        }
    }
}

/// Whether a hunk's heading holds the name as a word of its own.
fn heading_names(heading: &str, name: &str) -> bool {
    name.len() >= 3 && crate::terms::words(heading).any(|(_, word)| word == name)
}
