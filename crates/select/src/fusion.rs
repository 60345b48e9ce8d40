//! Rank fusion: a second order of the likeliest chunks, from elsewhere, changes their probabilities.
//!
//! Reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009) needs no scale that two orders share. The probabilities
//! themselves stay, so that allocation works as before; they only change owners. Scores and their contributions stay
//! with their chunks.

use crate::rank::RankedChunk;

/// The constant of the method, as its authors measured it: how little the first places stand out.
const K: f64 = 60.0;

/// The indices of the `most` likeliest chunks, best first.
pub fn likeliest(chunks: &[RankedChunk], most: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..chunks.len()).collect();
    order.sort_by(|&a, &b| chunks[b].probability.total_cmp(&chunks[a].probability).then(a.cmp(&b)));
    order.truncate(most);
    order
}

/// Fuses the order of `similarities`, each the index of a chunk and how similar it is to the task, with the order of the
/// same chunks by probability.
pub fn fuse(chunks: &mut [RankedChunk], similarities: &[(usize, f64)]) {
    let mut ours: Vec<usize> = similarities.iter().map(|&(at, _)| at).collect();
    ours.sort_by(|&a, &b| chunks[b].probability.total_cmp(&chunks[a].probability).then(a.cmp(&b)));
    let mut theirs = similarities.to_vec();
    theirs.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let place = |at: usize| {
        theirs.iter().position(|&(other, _)| other == at).map_or(theirs.len(), |place| place)
    };
    let probabilities: Vec<f64> = ours.iter().map(|&at| chunks[at].probability).collect();
    let mut fused: Vec<(f64, usize)> = ours
        .iter()
        .enumerate()
        .map(|(own, &at)| (1.0 / (K + own as f64) + 1.0 / (K + place(at) as f64), at))
        .collect();
    // A stable sort: of equal ones the likelier comes first.
    fused.sort_by(|a, b| b.0.total_cmp(&a.0));
    for ((_, at), probability) in fused.into_iter().zip(probabilities) {
        chunks[at].probability = probability;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FEATURES;
    use syntax::LineRange;

    fn chunk(probability: f64) -> RankedChunk {
        RankedChunk {
            file: 0,
            lines: LineRange { start: 1, end: 1 },
            context: Vec::new(),
            name: None,
            signature: None,
            first_code: Some(1),
            long_comments: Vec::new(),
            has_imports: false,
            readings: Vec::new(),
            row: [0.0; FEATURES],
            score: 0.0,
            probability,
            matched: Vec::new(),
            pinned: None,
        }
    }

    #[test]
    fn probabilities_change_owners_and_keep_their_sum() {
        let mut chunks = vec![chunk(0.1), chunk(0.6), chunk(0.2), chunk(0.05)];
        assert_eq!(likeliest(&chunks, 3), [1, 2, 0]);
        // The last of ours is the first of theirs; the one that isn't named keeps its own.
        fuse(&mut chunks, &[(1, 0.2), (2, 0.1), (0, 0.9)]);
        let found: Vec<f64> = chunks.iter().map(|chunk| chunk.probability).collect();
        assert_eq!(found, [0.2, 0.6, 0.1, 0.05]);
        let before = chunks.clone();
        fuse(&mut chunks, &[]);
        assert_eq!(chunks[1].probability, before[1].probability);
    }
}
