//! Which encoding counts for which model; the models are data (`data/models.txt`).

use std::sync::LazyLock;

use crate::{Encoding, count};

/// How a model's tokens are counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Model {
    /// The encoding that is counted with.
    pub encoding: Encoding,
    /// Tokens of the model per token of the encoding: 1.0 where the encoding is the model's own,
    /// else an estimate.
    pub factor: f64,
}

impl Model {
    /// Whether counts are an estimate, because the model's own tokenizer isn't here.
    pub fn is_estimate(&self) -> bool {
        self.factor != 1.0
    }

    /// The number of this model's tokens of `text`; an estimate is rounded up.
    pub fn tokens(&self, text: &str) -> usize {
        self.estimate(count(self.encoding, text))
    }

    /// This model's tokens for so many of the encoding, rounded up.
    pub fn estimate(&self, count: usize) -> usize {
        match self.is_estimate() {
            true => (count as f64 * self.factor).ceil() as usize,
            false => count,
        }
    }

    /// The most tokens of the encoding whose estimate is within `budget` tokens of this model.
    pub fn budget_in_encoding(&self, budget: usize) -> usize {
        if !self.is_estimate() {
            return budget;
        }
        // From the first whole number that may be too large; rounding costs a step or two.
        let mut tokens = (budget as f64 / self.factor).ceil() as usize;
        while tokens > 0 && self.estimate(tokens) > budget {
            tokens -= 1;
        }
        tokens
    }
}

/// The model of that name, by exact name or longest known prefix; `None` where it isn't known.
///
/// Upper and lower case are the same. Who offers the model doesn't matter: what stands before a `/`,
/// or before `anthropic.` in a name like `us.anthropic.claude-…`. The name of an encoding is a name
/// too.
pub fn model(name: &str) -> Option<Model> {
    let name = name.rsplit('/').next()?.to_ascii_lowercase();
    let name = name.rsplit("anthropic.").next()?;
    ROWS.iter()
        .filter_map(|row| Some((matches(row.pattern, name)?, row.model?)))
        .max_by_key(|&(closeness, _)| closeness)
        .map(|(_, model)| model)
}

/// How closely a pattern fits a name, an exact name best; `None` where it doesn't.
fn matches(pattern: &str, name: &str) -> Option<usize> {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix).then_some(prefix.len()),
        None => (pattern == name).then_some(usize::MAX),
    }
}

struct Row {
    pattern: &'static str,
    /// `None` where the row can't be read, which a test rules out.
    model: Option<Model>,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| rows().collect());

fn rows() -> impl Iterator<Item = Row> {
    let lines = include_str!("../data/models.txt").lines();
    let rows = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|line| {
        let mut fields = line.split_whitespace();
        let pattern = fields.next().unwrap_or_default();
        let encoding = fields.next().and_then(Encoding::from_name);
        let factor = fields.next().and_then(|factor| factor.parse().ok());
        let model = encoding.zip(factor).map(|(encoding, factor)| Model { encoding, factor });
        Row { pattern, model }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_row_of_the_data_can_be_read_and_is_there_once() {
        let mut patterns = BTreeSet::new();
        for row in rows() {
            let model = row.model.unwrap_or_else(|| panic!("{}: encoding or factor", row.pattern));
            assert!((1.0..2.0).contains(&model.factor), "{}", row.pattern);
            assert!(patterns.insert(row.pattern), "{} twice", row.pattern);
            assert_eq!(row.pattern, row.pattern.to_lowercase());
        }
        assert!(patterns.len() > 20);
    }

    #[test]
    fn names_lead_to_their_encoding() {
        let encoding = |name| model(name).filter(|model| !model.is_estimate()).map(|m| m.encoding);
        for name in [
            "gpt-4o",
            "gpt-4o-mini-2024-07-18",
            "gpt-4.1-nano",
            "gpt-4.5-preview",
            "gpt-5",
            "gpt-5.2-codex",
            "o1",
            "o1-mini",
            "o3",
            "o4-mini",
            "openai/gpt-4o",
            "GPT-4o",
            "chatgpt-4o-latest",
            "o200k_base",
        ] {
            assert_eq!(encoding(name), Some(Encoding::O200kBase), "{name}");
        }
        for name in [
            "gpt-4",
            "gpt-4-1106-preview",
            "gpt-4-turbo",
            "gpt-3.5-turbo",
            "gpt-35-turbo",
            "cl100k_base",
        ] {
            assert_eq!(encoding(name), Some(Encoding::Cl100kBase), "{name}");
        }
    }

    #[test]
    fn others_are_estimates_and_the_unknown_is_unknown() {
        for name in [
            "claude-sonnet-4-5",
            "gemini-2.5-pro",
            "meta-llama/Llama-3.1-8B",
            "qwen3-coder",
            "deepseek-chat",
        ] {
            assert!(model(name).is_some_and(|model| model.is_estimate()), "{name}");
        }
        for name in ["", "gpt", "gpt-2", "o11", "o", "somebody/else", "gpt-4o/"] {
            assert_eq!(model(name), None, "{name}");
        }
        let factor = |name| model(name).map(|model| model.factor);
        assert!(factor("claude-opus-4-6") < factor("claude-opus-4-7"));
        assert_eq!(factor("claude-opus-4.6"), factor("claude-opus-4-6"));
        assert_eq!(
            factor("us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
            factor("claude-sonnet-4-5")
        );
    }

    proptest! {
        #[test]
        fn a_budget_is_used_up_and_never_exceeded(budget in 0usize..100_000_000, factor in 1.0f64..4.0) {
            let model = Model { encoding: Encoding::default(), factor };
            let most = model.budget_in_encoding(budget);
            prop_assert!(model.estimate(most) <= budget);
            prop_assert!(model.estimate(most + 1) > budget);
        }
    }
}
