//! Fitting: learns weights from replayed commits.

use std::fmt::Write as _;

use select::{Case, Corpus, Family, Feature, Ranking, Weights, learn};

use super::measure::Gold;

/// The irrelevant chunks of a case that are kept, those with the highest scores first: the others have a
/// probability near zero. By hand.
const MAX_IRRELEVANT_CHUNKS: usize = 1_200;
/// The L2 penalty when learning from one repository, which has few cases. By hand, not measured.
const PENALTY_OF_FEW: f64 = 0.01;
/// The L2 penalty when learning from many repositories. Measured at 0.0003, 0.001, 0.003 and 0.01, with
/// half of the repositories left out.
const PENALTY_OF_MANY: f64 = 0.0003;

/// Cases to learn from.
#[derive(Debug, Default)]
pub(crate) struct Training {
    cases: Vec<Case>,
}

impl Training {
    /// Adds a replayed case, if one of its chunks is a right one.
    pub(crate) fn add(&mut self, corpus: &Corpus, ranking: &Ranking, gold: &Gold) {
        let is_gold = |at: usize| {
            let chunk = &ranking.chunks[at];
            gold.get(&corpus.files[chunk.file].path).is_some_and(|spans| {
                spans.iter().any(|s| s.start <= chunk.lines.end && chunk.lines.start <= s.end)
            })
        };
        let mut order: Vec<usize> = (0..ranking.chunks.len()).collect();
        order.sort_by(|&a, &b| {
            ranking.chunks[b].score.total_cmp(&ranking.chunks[a].score).then(a.cmp(&b))
        });
        let (right, mut wrong): (Vec<usize>, Vec<usize>) =
            order.into_iter().partition(|&at| is_gold(at));
        wrong.truncate(MAX_IRRELEVANT_CHUNKS);
        if right.is_empty() {
            return;
        }
        let gold = (0..right.len()).collect();
        let rows = right.into_iter().chain(wrong).map(|at| ranking.chunks[at].row).collect();
        self.cases.push(Case { rows, gold });
    }

    /// Adds all of another's.
    pub(crate) fn extend(&mut self, other: Self) {
        self.cases.extend(other.cases);
    }

    /// How many cases there are.
    pub(crate) fn len(&self) -> usize {
        self.cases.len()
    }

    /// The weights that the cases of one repository teach, beside what is known already.
    pub(crate) fn learn_beside(&self, prior: &Weights) -> Weights {
        learn(&self.cases, prior, PENALTY_OF_FEW)
    }

    /// The weights that the cases of many repositories teach, from nothing. No commit tells what it is
    /// worth that a person points somewhere: that weight stays as it is in `prior`.
    pub(crate) fn learn_anew(&self, prior: &Weights) -> Weights {
        let pointed = Family::User.features();
        let others: Vec<Feature> =
            Feature::ALL.iter().copied().filter(|feature| !pointed.contains(feature)).collect();
        learn(&self.cases, &prior.clone().without(&others), PENALTY_OF_MANY)
    }
}

/// The weights as a file, under `provenance` as comments.
pub(crate) fn write_weights(weights: &Weights, provenance: &[String]) -> String {
    let mut out = String::new();
    for line in provenance {
        let _ = writeln!(out, "# {line}");
    }
    for &feature in Feature::ALL {
        let _ = writeln!(out, "{} = {:.4}", feature.name(), weights.0[feature as usize]);
    }
    out
}
