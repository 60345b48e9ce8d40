//! Fusion: how similar the likeliest chunks are to the task by another model changes their probabilities.
//!
//! A logarithmic opinion pool (Genest and Zidek, 1986): the similarity, as its distance from the mean in standard
//! deviations, is added to the logarithm of the probability with a weight. A chunk of which the ranking is sure stays
//! where it is, which fusion by ranks doesn't grant. Scores and their contributions stay as they are.

use crate::rank::RankedChunk;

/// What a standard deviation of similarity adds to the logarithm of a probability. With a small model, 0.6 and 1.0 find
/// fewer files for long tasks.
const WEIGHT: f64 = 0.3;

/// The indices of the `most` likeliest chunks, best first.
pub fn likeliest(chunks: &[RankedChunk], most: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..chunks.len()).collect();
    order.sort_by(|&a, &b| chunks[b].probability.total_cmp(&chunks[a].probability).then(a.cmp(&b)));
    order.truncate(most);
    order
}

/// Fuses `similarities`, each the index of a chunk and how similar it is to the task, with the probabilities of these
/// chunks. Their sum stays.
pub fn fuse(chunks: &mut [RankedChunk], similarities: &[(usize, f64)]) {
    let count = similarities.len() as f64;
    let mean = similarities.iter().map(|(_, similarity)| similarity).sum::<f64>() / count;
    let variance = similarities.iter().map(|(_, one)| (one - mean).powi(2)).sum::<f64>() / count;
    let deviation = variance.sqrt();
    // Without similarities, it isn't a number.
    if deviation.is_nan() || deviation == 0.0 {
        return;
    }
    let before: f64 = similarities.iter().map(|&(at, _)| chunks[at].probability).sum();
    for &(at, similarity) in similarities {
        chunks[at].probability *= (WEIGHT * (similarity - mean) / deviation).exp();
    }
    let after: f64 = similarities.iter().map(|&(at, _)| chunks[at].probability).sum();
    if after > 0.0 {
        for &(at, _) in similarities {
            chunks[at].probability *= before / after;
        }
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

    fn probabilities(chunks: &[RankedChunk]) -> Vec<f64> {
        chunks.iter().map(|chunk| chunk.probability).collect()
    }

    #[test]
    fn similar_chunks_become_likelier_and_the_sum_stays() {
        let mut chunks = vec![chunk(0.1), chunk(0.6), chunk(0.12), chunk(0.05)];
        assert_eq!(likeliest(&chunks, 3), [1, 2, 0]);
        fuse(&mut chunks, &[(1, 0.2), (2, 0.1), (0, 0.9)]);
        let found = probabilities(&chunks);
        // The first overtakes the third; the second, which is far likelier, isn't overtaken; the last isn't named.
        assert!(found[0] > 0.1 && found[0] > found[2] && found[1] > found[0], "{found:?}");
        assert_eq!(found[3], 0.05);
        assert!((found.iter().sum::<f64>() - 0.87).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn nothing_changes_without_differences() {
        let mut chunks = vec![chunk(0.4), chunk(0.6), chunk(0.0)];
        for similarities in [&[][..], &[(0, 0.3)], &[(0, 0.3), (1, 0.3)]] {
            fuse(&mut chunks, similarities);
            assert_eq!(probabilities(&chunks), [0.4, 0.6, 0.0]);
        }
        fuse(&mut chunks[2..], &[(0, 0.3)]);
        assert_eq!(chunks[2].probability, 0.0);
    }
}
