//! List prices of models: `prices.toml`, after the user's own rows.

use llm_api::response::Usage;
use serde::Deserialize;

/// The number of tokens that a price is for.
const PRICED_TOKENS: f64 = 1e6;

/// The prices of models.
#[derive(Debug, Clone)]
pub struct Prices {
    rows: Vec<Price>,
    families: Vec<Price>,
}

/// The prices of one model, in US dollars for a million tokens of each sort.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    model: String,
    input: f64,
    #[serde(default)]
    cache_write: f64,
    cache_write_1h: Option<f64>,
    cache_read: f64,
    output: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    price: Vec<Price>,
    #[serde(default)]
    family: Vec<Price>,
}

/// Why a table of prices can't be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PricesError {
    /// It isn't TOML of the expected shape.
    #[error("not a table of prices: {0}")]
    Shape(#[from] toml::de::Error),
    /// A price is negative, infinite or no number.
    #[error("the price of {model} is not a number of dollars")]
    Number {
        /// The model.
        model: String,
    },
}

impl Prices {
    /// The prices of `prices.toml`, which is part of the program.
    ///
    /// # Panics
    /// Never: a test reads the table.
    pub fn known() -> Self {
        let table: Table = toml::from_str(include_str!("../prices.toml"))
            .expect("prices.toml is part of the program and read by its tests");
        Self { rows: table.price, families: table.family }
    }

    /// These prices after those of `own`, the text of a file like `prices.toml`; the first row that
    /// matches a model counts.
    ///
    /// # Errors
    /// When `own` isn't such a table.
    pub fn with(mut self, own: &str) -> Result<Self, PricesError> {
        let table: Table = toml::from_str(own)?;
        let is_price = |price: &f64| price.is_finite() && *price >= 0.0;
        for row in table.price.iter().chain(&table.family) {
            let write_1h = row.cache_write_1h.unwrap_or_default();
            let numbers = [row.input, row.cache_write, write_1h, row.cache_read, row.output];
            if !numbers.iter().all(is_price) {
                return Err(PricesError::Number { model: row.model.clone() });
            }
        }
        self.rows.splice(0..0, table.price);
        self.families.splice(0..0, table.family);
        Ok(self)
    }

    /// The price of a model, if it is known. The prefixes of cloud providers are ignored
    /// (`us.anthropic.claude-…`, `openai/gpt-…`).
    pub fn of(&self, model: &str) -> Option<&Price> {
        let plain = plain(model);
        let begins = |name: &str, row: &Price| {
            name.strip_prefix(&*row.model)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        self.rows.iter().find(|row| begins(model, row) || begins(plain, row))
    }

    /// The price of the family of a model whose own price isn't known: that of its latest member in the
    /// table. An estimate, to be shown as one.
    pub fn of_family(&self, model: &str) -> Option<&Price> {
        let plain = plain(model);
        self.families.iter().find(|row| {
            let (start, end) = row.model.split_once('*').unwrap_or((&row.model, ""));
            plain.strip_prefix(start).is_some_and(|rest| {
                let rest = rest.split_at_checked(rest.find(end).unwrap_or(0)).map(|(_, rest)| rest);
                let rest = rest.and_then(|rest| rest.strip_prefix(end));
                rest.is_some_and(|rest| end.is_empty() || rest.is_empty() || rest.starts_with('-'))
            })
        })
    }
}

/// A model's name without the prefixes of cloud providers.
fn plain(model: &str) -> &str {
    let plain = model.rsplit('/').next().unwrap_or(model);
    plain.split_once("anthropic.").map_or(plain, |(_, name)| name)
}

impl Price {
    /// The cost of a usage, in US dollars.
    pub fn cost(&self, usage: &Usage) -> f64 {
        let is_free = self.cache_write <= 0.0;
        let write = if is_free { self.input } else { self.cache_write };
        // Anthropic's price: twice that of plain input.
        let write_1h = if is_free { write } else { write.max(2.0 * self.input) };
        let write_1h = self.cache_write_1h.unwrap_or(write_1h);
        let for_1h = usage.cache_write_1h.min(usage.cache_write);
        (usage.input as f64 * self.input
            + (usage.cache_write - for_1h) as f64 * write
            + for_1h as f64 * write_1h
            + usage.cache_read as f64 * self.cache_read
            + usage.output as f64 * self.output)
            / PRICED_TOKENS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_that_is_a_prefix_counts() {
        let prices = Prices::known();
        let input = |model: &str| prices.of(model).map(|price| price.input);
        assert_eq!(input("claude-opus-4-5-20251101"), Some(5.0));
        assert_eq!(input("claude-opus-4-1-20250805"), Some(15.0));
        assert_eq!(input("claude-opus-4-20250514"), Some(15.0));
        assert_eq!(input("us.anthropic.claude-sonnet-4-5-20250929-v1:0"), Some(3.0));
        assert_eq!(input("openai/gpt-5-mini-2025-08-07"), Some(0.25));
        assert_eq!(input("gpt-5"), Some(1.25));
        assert_eq!(input("gpt-5-codex"), Some(1.25));
        assert_eq!(input("gpt-5.99"), None);
        assert_eq!(input("no-such-model"), None);
    }

    #[test]
    fn a_new_model_has_the_price_of_its_family() {
        let prices = Prices::known();
        let input = |model: &str| prices.of_family(model).map(|price| price.input);
        assert_eq!(input("claude-opus-9-20300101"), Some(5.0));
        assert_eq!(input("us.anthropic.claude-haiku-9"), Some(1.0));
        assert_eq!(input("gpt-9.9-mini-2030-01-01"), Some(0.25));
        assert_eq!(input("openai/gpt-9.9-minimal"), Some(1.75));
        assert_eq!(input("gpt-9.9"), Some(1.75));
        assert_eq!(input("gemini-9-flash-lite"), Some(0.1));
        assert_eq!(input("gemini-9-flash-preview"), Some(0.3));
        assert_eq!(input("no-such-model"), None);
    }

    #[test]
    fn an_hour_in_the_cache_costs_more() {
        let prices = Prices::known();
        let usage = Usage { cache_write: 3_000_000, cache_write_1h: 1_000_000, ..Usage::default() };
        let cost = |model: &str| prices.of(model).unwrap().cost(&usage);
        assert!((cost("claude-sonnet-4-5") - (2.0 * 3.75 + 6.0)).abs() < 1e-9);
        // Where writing is free, it is plain input for however long.
        assert!((cost("gpt-5") - 3.0 * 1.25).abs() < 1e-9);
    }

    #[test]
    fn the_users_own_rows_come_first() {
        let own = "[[price]]\nmodel = \"gpt-5\"\ninput = 1\ncache_read = 0.5\noutput = 2\n";
        let prices = Prices::known().with(own).unwrap();
        let usage = Usage {
            input: 1_000_000,
            cache_read: 2_000_000,
            cache_write: 10,
            output: 500_000,
            ..Usage::default()
        };
        let cost = prices.of("gpt-5-mini").unwrap().cost(&usage);
        assert!((cost - 3.00001).abs() < 1e-9, "{cost}");
        for bad in
            ["x", "[[price]]\nmodel = \"m\"", &own.replace("0.5", "-1"), &own.replace("0.5", "nan")]
        {
            assert!(Prices::known().with(bad).is_err(), "{bad}");
        }
    }
}
