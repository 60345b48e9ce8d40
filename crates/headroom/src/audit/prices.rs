//! The prices of models, and which models have none of their own.

use std::collections::BTreeMap;

use metrics::{Price, Prices};

use super::blocks::entry;

/// Prices that note what they are asked for.
pub(super) struct ModelPrices<'p> {
    prices: &'p Prices,
    /// Requests of models without a price, by model.
    pub(super) unpriced: BTreeMap<String, usize>,
    /// Requests of models whose family's price stands for theirs, by model.
    pub(super) by_family: BTreeMap<String, usize>,
}

impl<'p> ModelPrices<'p> {
    pub(super) fn new(prices: &'p Prices) -> Self {
        Self { prices, unpriced: BTreeMap::new(), by_family: BTreeMap::new() }
    }

    /// The price for a request of `model`: its own, or that of its family.
    pub(super) fn of(&mut self, model: &str) -> Option<&'p Price> {
        let own = self.prices.of(model);
        if own.is_some() {
            return own;
        }
        let of_family = self.prices.of_family(model);
        let name = if model.is_empty() { "unknown" } else { model };
        let counts = if of_family.is_some() { &mut self.by_family } else { &mut self.unpriced };
        *entry(counts, name) += 1;
        of_family
    }
}
