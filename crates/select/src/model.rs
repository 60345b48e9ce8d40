//! The model: a linear score over named features, and the probability of each chunk.
//!
//! A conditional logit (McFadden, 1973): the probability of a chunk is its `exp(score)` over the sum of all
//! chunks'. The score is a sum, so it can be explained feature by feature. Weights are data
//! (`data/weights.toml`).

use serde::Deserialize;

/// A family of evidence: a file in `evidence`, whose features can be switched off together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Words of the task in texts, names and paths.
    Words,
    /// Explicit mentions: files, lines, identifiers, quoted texts that the task names.
    Mentions,
    /// What commits that resemble the task changed.
    History,
    /// Query expansion: words of the patches of commits that resemble the task, and words of code that go with the task's.
    Expansion,
    /// Imports and tests.
    Structure,
    /// The role of the file: source, test, documentation, ….
    Kind,
    /// Length, and the kind of definition.
    Shape,
    /// What the user named with `--focus`.
    User,
}

impl Family {
    /// Every family.
    pub const ALL: &'static [Self] = &[
        Self::Words,
        Self::Mentions,
        Self::History,
        Self::Expansion,
        Self::Structure,
        Self::Kind,
        Self::Shape,
        Self::User,
    ];

    /// The family's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Mentions => "mentions",
            Self::History => "history",
            Self::Expansion => "query expansion",
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
    ($($variant:ident $field:ident $family:ident $doc:literal $(#[$attribute:meta])?,)*) => {
        /// A feature: one number about a chunk.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Feature {
            $(#[doc = $doc] $variant,)*
        }

        impl Feature {
            /// Every feature, in the order of their values in a row.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The feature's key in files of weights and in JSON.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($field),)*
                }
            }

            /// What the feature measures, in a sentence.
            pub fn description(self) -> &'static str {
                match self {
                    $(Self::$variant => $doc,)*
                }
            }

            /// The family of evidence that it belongs to.
            pub fn family(self) -> Family {
                match self {
                    $(Self::$variant => Family::$family,)*
                }
            }
        }

        /// The weights as in a file: one number for every feature, and no others. Those of features that were added later
        /// may be missing in files that users have fitted.
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct WeightsFile {
            $($(#[$attribute])? $field: f64,)*
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
    Comments comments Words "BM25 of the words in its comments, which `body` includes.",
    Coverage coverage Words "The task's words that it has, weighted by their rarity.",
    Expansion translation Expansion "BM25 against the words of the patches of commits that resemble the task.",
    Associated associated Expansion "BM25 against the words of code that go with the task's words in other programs." #[serde(default)],
    Name name Words "Overlap of the names it defines with the task.",
    Enclosing enclosing Words "Overlap of the names of the definitions around it.",
    Neighbours neighbours Words "BM25 of the chunks before and after it.",
    FileWords file_words Words "The reciprocal rank of its whole file by BM25.",
    FileBest file_best Words "The reciprocal rank of its file by the BM25 of the file's best chunk.",
    Path path Words "Overlap of its path with the task.",
    Mention anchor Mentions "The task mentions it: a line, an exact identifier, a quoted text.",
    FileMention file_anchor Mentions "The task mentions its file.",
    HistoryFile history_file History "Commits that resemble the task changed its file.",
    HistoryChunk history_unit History "Hunks of commits that resemble the task changed it.",
    Recency recency History "How recently and how often its file changed.",
    Imports imports Structure "Files that import its file, or that it imports, match (PageRank).",
    Tested tested Structure "Tests that import its file, or are named after it, match.",
    Focus focus User "`--focus` names its file or a folder of it.",
    Test test Kind "It is in a test, and the task doesn't ask for tests.",
    Docs docs Kind "It is in documentation, and the task doesn't ask for it.",
    Example example Kind "It is in an example, and the task doesn't ask for one.",
    Config config Kind "It is in configuration or data, and the task doesn't ask for it.",
    Generated generated Kind "Its file is generated.",
    FileLength file_length Shape "A tenth of the logarithm of the number of lines of its file.",
    Length length Shape "A fifth of the logarithm of the number of its lines.",
    TypeHead type_head Shape "It belongs to the head of a type, not to a function.",
    Function function Shape "It is a function or a part of one.",
    Section section Shape "It is a section of a document or of configuration.",
}

impl Feature {
    /// The feature's name for people. Where it differs from [`Feature::name`], that is the older one:
    /// it is a key in files of weights that users have fitted.
    pub fn label(self) -> &'static str {
        match self {
            Self::Expansion => "query_expansion",
            Self::Mention => "mention",
            Self::FileMention => "file_mention",
            Self::HistoryChunk => "history_chunk",
            feature => feature.name(),
        }
    }
}

/// How many features there are.
pub const FEATURES: usize = Feature::ALL.len();

/// One chunk's features, by [`Feature::ALL`].
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

    /// The built-in weights. The embedded file has nothing but comments, names and numbers, which are read without a
    /// parser of TOML: every run begins with this.
    pub fn built_in() -> Self {
        let mut weights = Self([0.0; FEATURES]);
        let lines = include_str!("../data/weights.toml").lines();
        for (name, number) in lines.filter_map(|line| line.split_once(" = ")) {
            let feature = Feature::ALL.iter().find(|feature| feature.name() == name);
            if let (Some(&feature), Ok(number)) = (feature, number.parse()) {
                weights.0[feature as usize] = number;
            }
        }
        weights
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

/// The probability of each chunk, from the scores: they sum to one.
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
        assert_eq!(weights, Weights::parse(include_str!("../data/weights.toml")).unwrap());
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
