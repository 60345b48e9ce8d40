//! Counters of requests and of blocks. All are sums, so that those of hours, models and arms of a
//! comparison can be added up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Names of one sort (models, tools) that have counters of their own; the rest counts under [`OTHER`].
/// By hand: more than a team uses, and small enough for every page and scrape.
pub(crate) const NAMES: usize = 100;
/// The name that stands for all beyond the first [`NAMES`].
pub(crate) const OTHER: &str = "other";
/// Characters after which a name is cut. By hand: longer than any model's identifier.
const LONGEST_NAME: usize = 80;
/// Units per dollar in which money is counted. Whole numbers, unlike fractions, add up to the same sum in
/// any order.
const NANOS_PER_DOLLAR: f64 = 1e9;

/// Defines a struct of counters that can be added to another.
macro_rules! sums {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $field:ident,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $name {
            $($(#[$doc])* #[serde(skip_serializing_if = "is_zero")] pub $field: u64,)+
        }

        impl Add for $name {
            fn add(&mut self, other: &Self) {
                $(self.$field = self.$field.saturating_add(other.$field);)+
            }
        }
    };
}

/// Counters that can be added up.
pub trait Add: Default {
    /// Adds `other` to these.
    fn add(&mut self, other: &Self);
}

sums! {
    /// Counters of requests. Tokens before and after compression are counted with `o200k_base`, as in
    /// the headers of responses; a model with another tokenizer has somewhat more, so that savings are
    /// underestimated. All other tokens are those that the provider reports.
    Counters {
        /// Requests with a conversation or a text, however they ended.
        requests,
        /// Those of them that asked for compression alone.
        compressions,
        /// Those of them that the provider didn't answer with success.
        failed,
        /// Conversations, as far as the process remembers them.
        conversations,
        /// Tokens of the blocks that may be compressed, counted in every request that held them.
        tokens_before,
        /// Tokens of what was sent for these blocks.
        tokens_after,
        /// Tokens that would have been saved in requests that were left alone.
        would_save,
        /// Requests whose usage the provider reported.
        metered,
        /// Those of them that read something from the prefix cache.
        cache_hits,
        /// Input tokens that were neither read from the prefix cache nor written to it.
        input,
        /// Input tokens that were read from it.
        cache_read,
        /// Input tokens that were written to it.
        cache_write,
        /// Output tokens.
        output,
        /// Input tokens of metered requests as they would have been without compression: an estimate.
        prompt,
        /// Those of them in tool results that may be compressed: an estimate.
        touchable,
        /// Metered requests of models whose price isn't known: part of the tokens, not of the cost.
        unpriced,
        /// The cost at list prices, in billionths of a dollar.
        cost,
        /// What the cost would have been without compression, in billionths of a dollar: an estimate.
        cost_without,
        /// What it would have been with compression, in billionths of a dollar: an estimate where
        /// requests were left alone, equal to `cost` elsewhere.
        cost_with,
        /// Intercepted tool calls.
        retrievals,
        /// Those of them that were answered with an error.
        #[serde(rename = "retrievals_in_vain")]
        retrievals_failed,
        /// Turns into which intercepted tool calls were replayed.
        replayed,
        /// Turns whose intercepted tool calls couldn't be replayed.
        replay_missing,
        /// Texts that stayed as they were because compressing them failed, and replay entries that
        /// couldn't be kept.
        failures,
        /// Texts that were compressed losslessly only, because their originals couldn't be kept.
        not_kept,
        /// Credentials that were redacted.
        redacted,
    }
}

sums! {
    /// Counters of blocks of one kind or tool.
    Blocks {
        /// Distinct blocks, as far as the cache remembers them.
        blocks,
        /// Their tokens, each block counted once.
        before,
        /// Their tokens after compression, each block counted once.
        after,
        /// Their tokens, counted in every request that held them.
        sent_before,
        /// Tokens of what was sent for them.
        sent_after,
        /// Tokens that would have been saved in requests that were left alone.
        would_save,
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Counters {
    /// Tokens saved.
    pub fn saved(&self) -> u64 {
        self.tokens_before.saturating_sub(self.tokens_after)
    }

    /// The share of tokens saved, in percent; 0 if there were none.
    pub fn percent(&self) -> f64 {
        percent(self.saved(), self.tokens_before)
    }

    /// All input tokens that the provider reports, cached or not.
    pub fn sent(&self) -> u64 {
        self.input + self.cache_read + self.cache_write
    }
}

impl Blocks {
    /// Tokens saved, over all requests.
    pub fn saved(&self) -> u64 {
        self.sent_before.saturating_sub(self.sent_after)
    }
}

/// `part` of `whole` in percent; 0 if `whole` is 0.
pub fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

/// Billionths of a dollar. What is negative or no number is 0.
pub(crate) fn nanos(dollars: f64) -> u64 {
    // A cast of a float saturates.
    (dollars * NANOS_PER_DOLLAR).round() as u64
}

/// Dollars from billionths of a dollar.
pub fn dollars(nanos: u64) -> f64 {
    nanos as f64 / NANOS_PER_DOLLAR
}

/// `a - b` in dollars, from billionths of a dollar.
pub fn difference(a: u64, b: u64) -> f64 {
    (a as f64 - b as f64) / NANOS_PER_DOLLAR
}

/// The counters of a name; those of [`OTHER`] once there are [`NAMES`] others.
pub(crate) fn named<'m, V: Add>(sums: &'m mut BTreeMap<String, V>, name: &str) -> &'m mut V {
    let is_told_apart = sums.contains_key(name) || sums.len() < NAMES;
    sums.entry(if is_told_apart { name } else { OTHER }.to_owned()).or_default()
}

/// Adds counters name by name.
pub(crate) fn add_all<V: Add>(sums: &mut BTreeMap<String, V>, others: &BTreeMap<String, V>) {
    for (name, other) in others {
        named(sums, &printable(name)).add(other);
    }
}

/// A name from outside, cut, with every character replaced that could end a line or a label.
pub(crate) fn printable(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/@+()".contains(c);
    name.chars().take(LONGEST_NAME).map(|c| if plain(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_are_bounded() {
        let mut sums: BTreeMap<String, Counters> = BTreeMap::new();
        for i in 0..5000 {
            let name = printable(&format!("model {i}\n\"{}", "x".repeat(i)));
            named(&mut sums, &name).add(&Counters { requests: 1, ..Counters::default() });
        }
        assert_eq!(sums.len(), NAMES + 1);
        assert_eq!(sums.values().map(|sum| sum.requests).sum::<u64>(), 5000);
        assert_eq!(sums.keys().map(String::len).max(), Some(LONGEST_NAME));
        assert!(sums.keys().all(|name| !name.contains(['\n', '"', ' '])));
    }

    #[test]
    fn money_is_counted_in_whole_numbers() {
        assert_eq!(nanos(0.001_234_567_8), 1_234_568);
        assert_eq!((nanos(-1.0), nanos(f64::NAN)), (0, 0));
        assert!((dollars(nanos(12.5)) - 12.5).abs() < 1e-12);
        assert!((difference(nanos(1.0), nanos(3.0)) + 2.0).abs() < 1e-12);
    }
}
