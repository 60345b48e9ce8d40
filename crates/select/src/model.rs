//! The model: a linear score over named features, and the chance that it gives each unit.
//!
//! A conditional logit (McFadden, 1973): the chance of a unit is its `exp(score)` over the sum of all
//! units'. The score is a plain sum, so it can be told piece by piece. Weights are data
//! (`data/weights.toml`).

use serde::Deserialize;

/// What kind of thing speaks: each family is a file in `evidence`, and can be switched off whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Words of the task in texts, names and paths.
    Words,
    /// Places that the task names outright.
    Anchors,
    /// What commits like the task changed.
    History,
    /// Words of what commits like the task changed.
    Translation,
    /// What stands near in the code.
    Structure,
    /// What part a file plays.
    Kind,
    /// How long it is, and what kind of definition.
    Shape,
    /// What the user points at.
    User,
}

impl Family {
    /// Every family.
    pub const ALL: &'static [Self] = &[
        Self::Words,
        Self::Anchors,
        Self::History,
        Self::Translation,
        Self::Structure,
        Self::Kind,
        Self::Shape,
        Self::User,
    ];

    /// The family's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Anchors => "anchors",
            Self::History => "history",
            Self::Translation => "translation",
            Self::Structure => "structure",
            Self::Kind => "kind",
            Self::Shape => "shape",
            Self::User => "user",
        }
    }

    /// The features that belong to it.
    pub fn features(self) -> Vec<Feature> {
        Feature::ALL.iter().copied().filter(|feature| feature.family() == self).collect()
    }
}

/// Defines the features once: the enum, their names in data and reports, and the weights' fields.
macro_rules! features {
    ($($variant:ident $field:ident $family:ident $doc:literal,)*) => {
        /// Evidence for a unit, or against it.
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

            /// The family of evidence that it belongs to.
            pub fn family(self) -> Family {
                match self {
                    $(Self::$variant => Family::$family,)*
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
    Body body Words "BM25 of all its words.",
    Comments comments Words "BM25 of the words in its comments, which the body counted already.",
    Coverage coverage Words "How much of the task's rarity its words cover.",
    Translation translation Translation "BM25 against the words of the diffs of commits like the task.",
    Name name Words "Overlap of the names it defines with the task.",
    Enclosing enclosing Words "Overlap of the names of the definitions around it.",
    Neighbours neighbours Words "BM25 of the units before and after it.",
    FileWords file_words Words "Where its whole file stands by BM25: one over the place.",
    FileBest file_best Words "Where its file stands by the BM25 of its best unit: one over the place.",
    Path path Words "Overlap of its path with the task.",
    Anchor anchor Anchors "The task names it: a line, an exact identifier, a quoted text.",
    FileAnchor file_anchor Anchors "The task names its file.",
    HistoryFile history_file History "Commits like the task changed its file.",
    HistoryUnit history_unit History "Hunks of commits like the task changed it.",
    Recency recency History "How lately and how often its file changed.",
    Imports imports Structure "Files that import its file, or that it imports, match: PageRank.",
    Tested tested Structure "Tests that import its file, or are named after it, match.",
    Focus focus User "The user pointed at it.",
    Test test Kind "It is in a test, which the task doesn't ask for.",
    Docs docs Kind "It is in documentation, which the task doesn't ask for.",
    Example example Kind "It is in an example, which the task doesn't ask for.",
    Config config Kind "It is in configuration or data, which the task doesn't ask for.",
    Generated generated Kind "A program made its file.",
    FileLength file_length Shape "The logarithm of its file's lines, a tenth of it.",
    Length length Shape "The logarithm of its lines, a fifth of it.",
    TypeHead type_head Shape "It belongs to the head of a type, not to a function.",
    Function function Shape "It is a function or a part of one.",
    Section section Shape "It is a section of a document or of configuration.",
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
