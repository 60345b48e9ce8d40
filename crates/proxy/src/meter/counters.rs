//! What requests come to: sums only, so that stretches of time, models and arms of a comparison add up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Names of one sort that are told apart; the rest is [`OTHER`].
pub(crate) const NAMES: usize = 100;
/// What stands for names beyond those.
pub(crate) const OTHER: &str = "other";
/// The longest name, in characters.
const LONGEST_NAME: usize = 80;
/// Parts of a dollar in which money is counted: whole numbers add up the same in any order.
const NANO: f64 = 1e9;

/// A struct of counts that knows how to be added to another.
macro_rules! sums {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $field:ident,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub(crate) struct $name {
            $($(#[$doc])* #[serde(skip_serializing_if = "is_zero")] pub(crate) $field: u64,)+
        }

        impl Add for $name {
            fn add(&mut self, other: &Self) {
                $(self.$field = self.$field.saturating_add(other.$field);)+
            }
        }
    };
}

/// What can be added up.
pub(crate) trait Add: Default {
    /// Adds `other`.
    fn add(&mut self, other: &Self);
}

sums! {
    /// What requests come to. Tokens of what may be made smaller are those of `o200k_base`, as in the
    /// headers of responses; a model with another tokenizer has somewhat more, so that savings are
    /// rather too low. The others are the provider's own.
    Counters {
        /// Requests that hold a conversation or a text, however they were answered.
        requests,
        /// Those of them that asked for the compression alone.
        compressions,
        /// Those that the provider didn't answer with success.
        failed,
        /// Conversations, as far as the process remembers them.
        conversations,
        /// Tokens of what may be made smaller, in every request that held it.
        tokens_before,
        /// Tokens of what was sent for it.
        tokens_after,
        /// Tokens that would have been saved in requests that were left alone.
        would_save,
        /// Requests of which the provider said what they used.
        metered,
        /// Those of them for which it read something from its prefix cache.
        cache_hits,
        /// Tokens that were neither read from the prefix cache nor written to it.
        input,
        /// Tokens that were read from it.
        cache_read,
        /// Tokens that were written to it.
        cache_write,
        /// Tokens of answers.
        output,
        /// Metered requests whose price isn't known: they are in the tokens and not in the money.
        unpriced,
        /// What was billed, at list prices, in billionths of a dollar.
        cost,
        /// What it would have been without compression: an estimate.
        cost_without,
        /// What it would have been with compression: an estimate for requests that were left alone.
        cost_with,
        /// Calls for what was left out.
        retrievals,
        /// Those of them that got an error.
        retrievals_in_vain,
        /// Turns into which intercepted calls were put back.
        replayed,
        /// Turns for which that wasn't possible.
        replay_missing,
        /// Texts that stayed because compressing them failed, and records that could not be kept.
        failures,
        /// Texts of which nothing was left out because an original couldn't be kept.
        not_kept,
        /// Credentials that were replaced.
        redacted,
    }
}

sums! {
    /// What blocks of one sort come to.
    Blocks {
        /// Different blocks, as far as the process remembers them.
        blocks,
        /// Their tokens, each block once.
        before,
        /// Tokens of what stands for them, each block once.
        after,
        /// Their tokens, in every request that held them.
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
    /// Tokens that weren't sent.
    pub(crate) fn saved(&self) -> u64 {
        self.tokens_before.saturating_sub(self.tokens_after)
    }

    /// The share of tokens that weren't sent, in percent; 0 for nothing.
    pub(crate) fn percent(&self) -> f64 {
        percent(self.saved(), self.tokens_before)
    }

    /// Tokens of the requests as the provider counted them, however it billed them.
    pub(crate) fn sent(&self) -> u64 {
        self.input + self.cache_read + self.cache_write
    }
}

impl Blocks {
    /// Tokens that weren't sent, over all requests.
    pub(crate) fn saved(&self) -> u64 {
        self.sent_before.saturating_sub(self.sent_after)
    }
}

/// `part` of `whole` in percent; 0 of nothing.
pub(crate) fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

/// Dollars as they are counted.
pub(crate) fn nanos(dollars: f64) -> u64 {
    // What is less than nothing, or no number, is nothing.
    (dollars * NANO).round() as u64
}

/// Dollars from what was counted.
pub(crate) fn dollars(nanos: u64) -> f64 {
    nanos as f64 / NANO
}

/// What `a` is more than `b`, in dollars; less than nothing if it is less.
pub(crate) fn difference(a: u64, b: u64) -> f64 {
    (a as f64 - b as f64) / NANO
}

/// The sum of a name; that of [`OTHER`] where there are many.
pub(crate) fn named<'m, V: Add>(sums: &'m mut BTreeMap<String, V>, name: &str) -> &'m mut V {
    let is_told_apart = sums.contains_key(name) || sums.len() < NAMES;
    sums.entry(if is_told_apart { name } else { OTHER }.to_owned()).or_default()
}

/// Adds sums by name.
pub(crate) fn add_all<V: Add>(sums: &mut BTreeMap<String, V>, others: &BTreeMap<String, V>) {
    for (name, other) in others {
        named(sums, &printable(name)).add(other);
    }
}

/// A name from outside, cut and without anything that could end a line or a label.
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
