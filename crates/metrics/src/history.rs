//! Counters over time: by hour, by day, and in all. Its size is bounded.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::counters::{Add, Blocks, Counters, add_all};

/// Hours with counters of their own: 31 days, the longest month.
const HOURS: usize = 31 * 24;
/// Days with counters of their own: two years. What is older is part of the total only.
const DAYS: usize = 2 * 366;
/// The version of the file's format.
pub(crate) const VERSION: u32 = 1;

/// Counters over time. Those of several processes can be added up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct History {
    /// The version of the format.
    pub(crate) version: u32,
    /// When counting began, in seconds since 1970; 0 before anything was counted.
    pub since: u64,
    /// All requests together.
    pub total: Counters,
    /// Conversations that were compressed, and those that were left alone for comparison.
    pub arms: [Counters; 2],
    /// By model.
    pub by_model: BTreeMap<String, Counters>,
    /// By client.
    pub by_client: BTreeMap<String, Counters>,
    /// By kind of block.
    pub by_kind: BTreeMap<String, Blocks>,
    /// By tool.
    pub by_tool: BTreeMap<String, Blocks>,
    /// By hour since 1970.
    pub hours: BTreeMap<u64, Counters>,
    /// By day since 1970.
    pub days: BTreeMap<u64, Counters>,
}

impl History {
    /// Adds `counters` at a time, in seconds since 1970.
    pub fn count(&mut self, second: u64, counters: &Counters) {
        self.began(second);
        self.total.add(counters);
        let hour = second / 3600;
        self.hours.entry(hour).or_default().add(counters);
        self.days.entry(hour / 24).or_default().add(counters);
        self.bound();
    }

    /// Adds the counters of another.
    pub fn add(&mut self, other: &Self) {
        if other.since > 0 {
            self.began(other.since);
        }
        self.total.add(&other.total);
        for (arm, more) in self.arms.iter_mut().zip(&other.arms) {
            arm.add(more);
        }
        add_all(&mut self.by_model, &other.by_model);
        add_all(&mut self.by_client, &other.by_client);
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
        let (mut first, mut second, mut both) = <(History, History, History)>::default();
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
        both.add(&History::default());
        assert_eq!(first, both);
    }

    #[test]
    fn it_is_bounded_and_the_total_forgets_nothing() {
        let mut past = History::default();
        for hour in 0..24 * 800 {
            past.count(hour * 3600 + 1, &one());
        }
        assert_eq!((past.hours.len(), past.days.len()), (HOURS, DAYS));
        assert_eq!(past.total.requests, 24 * 800);
        assert!(serde_json::to_vec(&past).unwrap().len() < 256 << 10);
    }
}
