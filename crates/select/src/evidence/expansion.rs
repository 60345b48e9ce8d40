//! Query expansion: the words of the patches of commits that resemble the task, and words of code that go with the
//! task's in other programs. A task is written in the words of people, the code in others; these connect the two.

use crate::bm25;
use crate::evidence::words::{CHUNK_B, ChunkWords};
use crate::query::Query;

/// Terms of patches that are used. By hand, not measured.
const TERMS: usize = 25;
/// Terms of the built-in table that are used. Measured on 852 tasks of 48 repositories, beside 30 and 120.
const ASSOCIATED_TERMS: usize = 60;

/// By term: its weight as an expansion term. Of those that matching commits suggest, the best by
/// strength and rarity are kept; a term that most files have is no evidence.
pub(crate) fn best_terms(query: &Query<'_>, idf: &[f64]) -> Vec<f64> {
    best(&query.expansion, idf, TERMS)
}

/// The same of the terms that the built-in table suggests.
pub(crate) fn best_associated(query: &Query<'_>, idf: &[f64]) -> Vec<f64> {
    best(&query.associated, idf, ASSOCIATED_TERMS)
}

fn best(strengths: &[f64], idf: &[f64], most: usize) -> Vec<f64> {
    let mut scored: Vec<(usize, f64)> = strengths
        .iter()
        .zip(idf)
        .enumerate()
        .map(|(at, (strength, idf))| (at, strength * idf))
        .filter(|&(_, s)| s > 0.0)
        .collect();
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut out = vec![0.0; strengths.len()];
    for (at, strength) in scored.into_iter().take(most) {
        out[at] = strength;
    }
    out
}

/// BM25 of a chunk's words against terms with these weights; `average` is the mean length of chunks.
pub(crate) fn score(weights: &[f64], words: &ChunkWords, average: f64) -> f64 {
    let weight = |n: u32| bm25::saturate(f64::from(n), words.length, average, CHUNK_B);
    words.terms.iter().map(|o| weights[o.term as usize] * weight(o.all)).sum()
}
