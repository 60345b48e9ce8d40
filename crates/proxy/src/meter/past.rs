//! The figures of all times: by hour, by day, and everything together. Bounded, whatever comes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::counters::{Add, Blocks, Counters, add_all};

/// Hours that are kept one by one: 31 days.
const HOURS: usize = 31 * 24;
/// Days that are kept one by one: two years. What is older is in the total.
const DAYS: usize = 2 * 366;
/// The version of the form in which this is kept.
pub(crate) const VERSION: u32 = 1;

/// Figures over time. Two of them can be added up, so that several processes keep one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Past {
    /// The version of this form.
    pub(crate) version: u32,
    /// When counting began, in seconds since 1970; 0 before anything was counted.
    pub(crate) since: u64,
    /// Everything.
    pub(crate) total: Counters,
    /// Conversations that were made smaller, and those that were left alone for comparison.
    pub(crate) arms: [Counters; 2],
    /// By model.
    pub(crate) by_model: BTreeMap<String, Counters>,
    /// By kind of block.
    pub(crate) by_kind: BTreeMap<String, Blocks>,
    /// By tool.
    pub(crate) by_tool: BTreeMap<String, Blocks>,
    /// By hour since 1970.
    pub(crate) hours: BTreeMap<u64, Counters>,
    /// By day since 1970.
    pub(crate) days: BTreeMap<u64, Counters>,
}

impl Past {
    /// Counts `counters` in at a second since 1970.
    pub(crate) fn count(&mut self, second: u64, counters: &Counters) {
        self.began(second);
        self.total.add(counters);
        let hour = second / 3600;
        self.hours.entry(hour).or_default().add(counters);
        self.days.entry(hour / 24).or_default().add(counters);
        self.bound();
    }

    /// Adds what another holds.
    pub(crate) fn add(&mut self, other: &Self) {
        if other.since > 0 {
            self.began(other.since);
        }
        self.total.add(&other.total);
        for (arm, more) in self.arms.iter_mut().zip(&other.arms) {
            arm.add(more);
        }
        add_all(&mut self.by_model, &other.by_model);
        add_all(&mut self.by_kind, &other.by_kind);
        add_all(&mut self.by_tool, &other.by_tool);
        for (hour, counters) in &other.hours {
            self.hours.entry(*hour).or_default().add(counters);
        }
        for (day, counters) in &other.days {
            self.days.entry(*day).or_default().add(counters);
        }
        self.bound();
    }

    fn began(&mut self, second: u64) {
        self.version = VERSION;
        self.since = if self.since == 0 { second } else { self.since.min(second) };
    }

    fn bound(&mut self) {
        while self.hours.len() > HOURS {
            self.hours.pop_first();
        }
        while self.days.len() > DAYS {
            self.days.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> Counters {
        Counters { requests: 1, tokens_before: 100, tokens_after: 40, ..Counters::default() }
    }

    #[test]
    fn what_two_processes_count_adds_up() {
        let (mut first, mut second, mut both) = <(Past, Past, Past)>::default();
        for at in [10, 5000, 90_000] {
            first.count(at, &one());
            both.count(at, &one());
        }
        second.count(20, &one());
        both.count(20, &one());
        first.add(&second);
        assert_eq!(first, both);
        assert_eq!((both.since, both.total.saved()), (10, 240));
        assert_eq!(both.hours.values().map(|counters| counters.requests).sum::<u64>(), 4);
        assert_eq!(both.days.keys().copied().collect::<Vec<_>>(), [0, 1]);
        both.add(&Past::default());
        assert_eq!(first, both);
    }

    #[test]
    fn it_is_bounded_and_the_total_forgets_nothing() {
        let mut past = Past::default();
        for hour in 0..24 * 800 {
            past.count(hour * 3600 + 1, &one());
        }
        assert_eq!((past.hours.len(), past.days.len()), (HOURS, DAYS));
        assert_eq!(past.total.requests, 24 * 800);
        assert!(serde_json::to_vec(&past).unwrap().len() < 256 << 10);
    }
}
