//! The model: a linear score over named features, and the chance that it gives each unit.
//!
//! A conditional logit (McFadden, 1973): the chance of a unit is its `exp(score)` over the sum of all
//! units'. The score is a plain sum, so it can be told piece by piece. Weights are data
//! (`data/weights.toml`).

use serde::Deserialize;

/// Defines the features once: the enum, their names in data and reports, and the weights' fields.
macro_rules! features {
    ($($variant:ident $field:ident $doc:literal,)*) => {
        /// What speaks for a unit, or against it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Feature {
            $(#[doc = $doc] $variant,)*
        }

        impl Feature {
            /// Every feature, in the order of their values in a row.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The feature's name in the weights and in reports.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($field),)*
                }
            }
        }

        /// The weights as they stand in a file: one number for every feature, and no others.
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct WeightsFile {
            $($field: f64,)*
        }

        impl From<WeightsFile> for Weights {
            fn from(file: WeightsFile) -> Self {
                Self([$(file.$field,)*])
            }
        }
    };
}

features! {
    Body body "BM25 of all its words.",
    Comments comments "BM25 of the words in its comments, which the body counted already.",
    Literals literals "BM25 of the words in its string literals.",
    Coverage coverage "How much of the task's rarity its words cover.",
    Translation translation "BM25 against the words of the diffs of commits like the task.",
    Name name "Overlap of the names it defines with the task.",
    Enclosing enclosing "Overlap of the names of the definitions around it.",
    Variant variant "Names it defines that abbreviate or extend a word of the task.",
    Neighbours neighbours "BM25 of the units before and after it.",
    FileWords file_words "BM25 of its whole file.",
    FileBest file_best "The best BM25 of any unit of its file.",
    Path path "Overlap of its path with the task.",
    Anchor anchor "The task names it: a line, an exact identifier, a quoted text.",
    FileAnchor file_anchor "The task names its file.",
    HistoryFile history_file "Commits like the task changed its file.",
    HistoryUnit history_unit "Hunks of commits like the task changed it.",
    Churn churn "How often its file changed.",
    Focus focus "The user pointed at it.",
    Test test "It is in a test, which the task doesn't ask for.",
    Docs docs "It is in documentation, which the task doesn't ask for.",
    Example example "It is in an example, which the task doesn't ask for.",
    Config config "It is in configuration or data, which the task doesn't ask for.",
    Generated generated "A program made its file.",
}

/// How many features there are.
pub const FEATURES: usize = Feature::ALL.len();

/// One unit's features, by [`Feature::ALL`].
pub type Row = [f64; FEATURES];

/// The weights, by [`Feature::ALL`].
#[derive(Debug, Clone, PartialEq)]
pub struct Weights(pub [f64; FEATURES]);

impl Weights {
    /// Reads weights from TOML: a number for every feature.
    ///
    /// # Errors
    /// Says which feature is missing, unknown or not a number.
    pub fn parse(toml: &str) -> Result<Self, toml::de::Error> {
        toml::from_str::<WeightsFile>(toml).map(Self::from)
    }

    /// The weights that come with the program.
    ///
    /// # Panics
    /// Never: a test reads the embedded file.
    pub fn built_in() -> Self {
        #[expect(clippy::expect_used, reason = "embedded, and read by a test")]
        Self::parse(include_str!("../data/weights.toml"))
            .expect("the embedded weights are well-formed")
    }

    /// The same without some features: their weight is zero. For ablation.
    #[must_use]
    pub fn without(mut self, off: &[Feature]) -> Self {
        for &feature in off {
            self.0[feature as usize] = 0.0;
        }
        self
    }

    /// The score of a row.
    pub fn score(&self, row: &Row) -> f64 {
        self.0.iter().zip(row).map(|(weight, value)| weight * value).sum()
    }
}

/// The chance of each unit, from the scores: they sum to one.
pub fn softmax(scores: &[f64]) -> Vec<f64> {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = scores.iter().map(|score| (score - largest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_weights_are_read() {
        let weights = Weights::built_in();
        assert!(weights.0[Feature::Body as usize] > 0.0);
        assert!(weights.0[Feature::Test as usize] < 0.0);
    }

    #[test]
    fn a_missing_or_unknown_weight_is_an_error() {
        assert!(Weights::parse("body = 1.0").unwrap_err().to_string().contains("missing field"));
        let extra = format!("{}\nbdy = 1.0", include_str!("../data/weights.toml"));
        assert!(Weights::parse(&extra).unwrap_err().to_string().contains("bdy"));
    }

    #[test]
    fn chances_sum_to_one_and_follow_the_scores() {
        let p = softmax(&[1.0, 3.0, 2.0]);
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(p[1] > p[2] && p[2] > p[0]);
        assert!(softmax(&[]).is_empty());
    }
}
