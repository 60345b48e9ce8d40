//! Translation: the words of what commits like the task changed, where the task has others. Messages are
//! the words of people, diffs are the words of the code.

use crate::bm25;
use crate::evidence::words::{UNIT_B, UnitWords};
use crate::query::Query;
use crate::survey::Survey;

/// Expansion terms that are kept.
const TERMS: usize = 25;

/// By term: its weight as an expansion term. Of those that matching commits suggest, the best by
/// strength and rarity are kept; terms of most files say nothing.
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

/// BM25 of a unit's words against the expansion terms; `average` is the mean length of units.
pub(crate) fn score(survey: &Survey, words: &UnitWords, average: f64) -> f64 {
    let weight = |n: u32| bm25::saturate(f64::from(n), words.length, average, UNIT_B);
    words.terms.iter().map(|o| survey.expansion[o.term as usize] * weight(o.all)).sum()
}
