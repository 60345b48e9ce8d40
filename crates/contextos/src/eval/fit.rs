//! Fitting: what replayed commits teach about the weights.

use std::fmt::Write as _;

use select::{Case, Corpus, Family, Feature, Ranking, Weights, learn};

use super::measure::Gold;

/// Wrong units of a case that are kept, likeliest first: the rest teach nothing.
const WRONG_UNITS: usize = 1_200;
/// The penalty on weights that are learned from one repository: few cases move them a little.
const PENALTY_OF_FEW: f64 = 0.01;
/// The penalty on weights that are learned from many; compared at 0.0003, 0.001, 0.003 and 0.01 by
/// leaving half of the repositories out.
const PENALTY_OF_MANY: f64 = 0.0003;

/// Cases to learn from.
#[derive(Debug, Default)]
pub(crate) struct Training {
    cases: Vec<Case>,
}

impl Training {
    /// Adds a replayed case, if one of its units is a right one.
    pub(crate) fn add(&mut self, corpus: &Corpus, ranking: &Ranking, gold: &Gold) {
        let is_gold = |at: usize| {
            let unit = &ranking.units[at];
            gold.get(&corpus.files[unit.file].path).is_some_and(|spans| {
                spans.iter().any(|s| s.start <= unit.lines.end && unit.lines.start <= s.end)
            })
        };
        let mut order: Vec<usize> = (0..ranking.units.len()).collect();
        order.sort_by(|&a, &b| {
            ranking.units[b].score.total_cmp(&ranking.units[a].score).then(a.cmp(&b))
        });
        let (right, mut wrong): (Vec<usize>, Vec<usize>) =
            order.into_iter().partition(|&at| is_gold(at));
        wrong.truncate(WRONG_UNITS);
        if right.is_empty() {
            return;
        }
        let gold = (0..right.len()).collect();
        let rows = right.into_iter().chain(wrong).map(|at| ranking.units[at].row).collect();
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
