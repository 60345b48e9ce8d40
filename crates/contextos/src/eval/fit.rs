//! Fitting: learns weights from replayed commits.

use std::fmt::Write as _;

use select::{Case, Corpus, Family, Feature, Ranking, Weights, learn};

use super::measure::Gold;

/// The chunks of a case that are kept, those with the highest scores first: the others have a probability near
/// zero. Relevant ones beyond are dropped too: kept without their equals, they would make what they have in common
/// look like evidence. By hand.
const MAX_CHUNKS: usize = 1_200;
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
    /// Adds a replayed case, if one of its chunks contains a changed line.
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
        order.truncate(MAX_CHUNKS);
        let (relevant, irrelevant): (Vec<usize>, Vec<usize>) =
            order.into_iter().partition(|&at| is_gold(at));
        if relevant.is_empty() {
            return;
        }
        let gold = (0..relevant.len()).collect();
        let rows =
            relevant.into_iter().chain(irrelevant).map(|at| ranking.chunks[at].row).collect();
        self.cases.push(Case { rows, gold });
    }

    /// Adds the cases of `other`.
    pub(crate) fn extend(&mut self, other: Self) {
        self.cases.extend(other.cases);
    }

    /// The number of cases.
    pub(crate) fn len(&self) -> usize {
        self.cases.len()
    }

    /// The weights learned from the cases of one repository, starting from `prior`.
    pub(crate) fn learn_beside(&self, prior: &Weights) -> Weights {
        learn(&self.cases, prior, PENALTY_OF_FEW)
    }

    /// The weights learned from the cases of many repositories, starting from zero. No commit has a
    /// `--focus` of the user, so the weights of these features stay as they are in `prior`.
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
