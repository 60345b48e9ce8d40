//! Query expansion: the words of the patches of commits that resemble the task. A task is written in the
//! words of people, the code in others; the patches connect the two.

use crate::bm25;
use crate::evidence::words::{CHUNK_B, ChunkWords};
use crate::query::Query;
use crate::survey::Survey;

/// Expansion terms that are used. By hand, not measured.
const TERMS: usize = 25;

/// By term: its weight as an expansion term. Of those that matching commits suggest, the best by
/// strength and rarity are kept; a term that most files have is no evidence.
pub(crate) fn best_terms(query: &Query<'_>, idf: &[f64]) -> Vec<f64> {
    let mut scored: Vec<(usize, f64)> = query
        .expansion
        .iter()
        .zip(idf)
        .enumerate()
        .map(|(at, (strength, idf))| (at, strength * idf))
        .filter(|&(_, s)| s > 0.0)
        .collect();
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut out = vec![0.0; query.expansion.len()];
    for (at, strength) in scored.into_iter().take(TERMS) {
        out[at] = strength;
    }
    out
}

/// BM25 of a chunk's words against the expansion terms; `average` is the mean length of chunks.
pub(crate) fn score(survey: &Survey, words: &ChunkWords, average: f64) -> f64 {
    let weight = |n: u32| bm25::saturate(f64::from(n), words.length, average, CHUNK_B);
    words.terms.iter().map(|o| survey.expansion[o.term as usize] * weight(o.all)).sum()
}
