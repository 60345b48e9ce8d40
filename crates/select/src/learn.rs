//! Learning: weights from cases whose relevant chunks are known.
//!
//! Maximum likelihood of a conditional logit with an L2 penalty, by projected gradient ascent with
//! per-weight step sizes (AdaGrad; Duchi, Hazan and Singer, 2011). The objective is concave, so the
//! result doesn't depend on where it starts; sums run in a fixed order, so it doesn't depend on the
//! number of threads either.

use rayon::prelude::*;

use crate::model::{FEATURES, Family, Feature, Row, Weights, softmax};

/// Steps of the ascent. Measured: after half of them the objective moves in its fourth digit.
const STEPS: usize = 1_500;
/// The size of the first step. By hand: AdaGrad adapts it.
const RATE: f64 = 0.5;

/// A task with its ranked chunks, some of which are known to be relevant (gold).
#[derive(Debug, Clone)]
pub struct Case {
    /// The features of each chunk.
    pub rows: Vec<Row>,
    /// The indices of the relevant chunks.
    pub gold: Vec<usize>,
}

/// Features whose weight may be negative: those that subtract what another counted, kinds and shapes.
fn may_be_negative(feature: Feature) -> bool {
    matches!(feature.family(), Family::Kind | Family::Shape) || feature == Feature::Comments
}

/// The weights under which the gold chunks of `cases` are likeliest, with a penalty of `l2` times half
/// the squared distance from `prior`. Features that never vary keep their prior weight.
pub fn learn(cases: &[Case], prior: &Weights, l2: f64) -> Weights {
    let mut weights = prior.clone();
    let mut squares = [1e-8; FEATURES];
    for _ in 0..STEPS {
        let gradients: Vec<[f64; FEATURES]> =
            cases.par_iter().map(|case| gradient(case, &weights)).collect();
        for at in 0..FEATURES {
            let sum: f64 = gradients.iter().map(|g| g[at]).sum();
            let slope = sum / cases.len().max(1) as f64 - l2 * (weights.0[at] - prior.0[at]);
            squares[at] += slope * slope;
            weights.0[at] += RATE * slope / squares[at].sqrt();
            if !may_be_negative(Feature::ALL[at]) {
                weights.0[at] = weights.0[at].max(0.0);
            }
        }
    }
    weights
}

/// The gradient of one case's log-likelihood: the gold chunks' features less the expected ones.
fn gradient(case: &Case, weights: &Weights) -> [f64; FEATURES] {
    let scores: Vec<f64> = case.rows.iter().map(|row| weights.score(row)).collect();
    let mut out = [0.0; FEATURES];
    for (row, probability) in case.rows.iter().zip(softmax(&scores)) {
        for (sum, value) in out.iter_mut().zip(row) {
            *sum -= probability * value;
        }
    }
    let share = 1.0 / case.gold.len().max(1) as f64;
    for row in case.gold.iter().filter_map(|&at| case.rows.get(at)) {
        for (sum, value) in out.iter_mut().zip(row) {
            *sum += share * value;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_marks_the_gold_units_gains_weight() {
        let row = |body: f64, path: f64| {
            let mut row = [0.0; FEATURES];
            row[Feature::Body as usize] = body;
            row[Feature::Path as usize] = path;
            row
        };
        let case = |gold: Row, others: [Row; 2]| Case {
            rows: vec![others[0], gold, others[1]],
            gold: vec![1],
        };
        let cases = [
            case(row(1.0, 0.2), [row(0.1, 0.3), row(0.2, 0.9)]),
            case(row(0.8, 0.4), [row(0.1, 0.6), row(0.9, 0.5)]),
            case(row(1.0, 0.1), [row(0.3, 0.3), row(0.2, 0.2)]),
        ];
        let zero = Weights([0.0; FEATURES]);
        let learned = learn(&cases, &zero, 0.01);
        assert!(learned.0[Feature::Body as usize] > 1.0);
        assert_eq!(learned.0[Feature::Path as usize], 0.0, "no negative weight for a path");
        assert_eq!(learned.0[Feature::Name as usize], 0.0, "never varies");
        assert_eq!(learned, learn(&cases, &zero, 0.01));
    }
}
