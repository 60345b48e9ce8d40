//! The figures: what was asked, how long it took, what was saved. Never what was in it.
//!
//! All of it is in memory, since the process began. Names that come from outside (models) are
//! bounded in number and length, so that no client can make this grow.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::llm::{Exchange, Recorder};

/// Compressions that are remembered one by one.
const RECENT: usize = 100;
/// Retrievals that are remembered one by one.
const RETRIEVALS: usize = 1000;
/// Hours that are remembered: 31 days.
const HOURS: usize = 31 * 24;
/// Names of models that are told apart; the rest is `other`.
const MODELS: usize = 100;
/// The longest name of a model, in characters.
const LONGEST_MODEL: usize = 80;

/// Counts, from all threads.
#[derive(Default)]
pub(crate) struct Meter {
    figures: Mutex<Figures>,
}

/// The counts at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    /// Requests answered, by route and status.
    pub(crate) requests: BTreeMap<(String, u16), u64>,
    /// Time from a request's head to its answer's.
    pub(crate) latency: Spread,
    /// Time spent on compressing, per request.
    pub(crate) overhead: Spread,
    /// Requests that compressed something or tried to.
    pub(crate) compressions: u64,
    pub(crate) tokens_before: u64,
    pub(crate) tokens_after: u64,
    /// Texts of which a part stayed as it was because compressing it failed.
    pub(crate) failures: u64,
    /// Texts of which nothing was left out because an original wasn't kept.
    pub(crate) not_kept: u64,
    pub(crate) by_model: BTreeMap<String, u64>,
    pub(crate) by_transform: BTreeMap<String, u64>,
    /// The newest last.
    pub(crate) recent: VecDeque<Compression>,
    pub(crate) retrieved: u64,
    pub(crate) not_found: u64,
    /// The newest last.
    pub(crate) retrievals: VecDeque<Retrieval>,
    /// Savings by hour since 1970.
    pub(crate) hours: BTreeMap<u64, Savings>,
}

/// What one request saved.
#[derive(Debug, Clone)]
pub(crate) struct Compression {
    pub(crate) at: SystemTime,
    pub(crate) model: Option<String>,
    /// `text` or `messages`.
    pub(crate) form: &'static str,
    pub(crate) tokens_before: usize,
    pub(crate) tokens_after: usize,
    pub(crate) transforms: Vec<String>,
    pub(crate) failures: usize,
    pub(crate) not_kept: usize,
    pub(crate) took: Duration,
}

/// An original that was given back.
#[derive(Debug, Clone)]
pub(crate) struct Retrieval {
    pub(crate) hash: originals::Hash,
    /// Whether a query was asked with it. The query itself is the client's.
    pub(crate) queried: bool,
    /// Parts given back.
    pub(crate) given: usize,
    /// Parts of the whole original.
    pub(crate) of: usize,
}

/// Durations, put together.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Spread {
    pub(crate) count: u64,
    pub(crate) sum: Duration,
    pub(crate) min: Duration,
    pub(crate) max: Duration,
}

/// What was saved in a stretch of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Savings {
    pub(crate) requests: u64,
    pub(crate) tokens_before: u64,
    pub(crate) tokens_after: u64,
}

impl Meter {
    /// The counts as they are now.
    pub(crate) fn read(&self) -> Figures {
        self.with(|figures| figures.clone())
    }

    /// A request was answered.
    pub(crate) fn answered(&self, route: &str, status: u16, took: Duration) {
        self.with(|figures| {
            *figures.requests.entry((route.to_owned(), status)).or_default() += 1;
            figures.latency.add(took);
        });
    }

    /// A request's texts were compressed.
    pub(crate) fn compressed(&self, mut compression: Compression) {
        let model = compression.model.as_deref().map(printable);
        compression.model.clone_from(&model);
        let hour = compression.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / 3600;
        self.with(|figures| {
            let (before, after) =
                (compression.tokens_before as u64, compression.tokens_after as u64);
            figures.compressions += 1;
            figures.tokens_before += before;
            figures.tokens_after += after;
            figures.failures += compression.failures as u64;
            figures.not_kept += compression.not_kept as u64;
            figures.overhead.add(compression.took);
            if let Some(model) = model {
                let known =
                    figures.by_model.contains_key(&model) || figures.by_model.len() < MODELS;
                let name = if known { model } else { "other".to_owned() };
                *figures.by_model.entry(name).or_default() += 1;
            }
            for transform in &compression.transforms {
                *figures.by_transform.entry(transform.clone()).or_default() += 1;
            }
            figures.hours.entry(hour).or_default().add(before, after);
            while figures.hours.len() > HOURS {
                figures.hours.pop_first();
            }
            push(&mut figures.recent, compression, RECENT);
        });
    }

    /// An original was given back; how often that was so for this one, among the last thousand.
    pub(crate) fn retrieved(&self, retrieval: Retrieval) -> usize {
        self.with(|figures| {
            figures.retrieved += 1;
            let hash = retrieval.hash;
            push(&mut figures.retrievals, retrieval, RETRIEVALS);
            figures.retrievals.iter().filter(|other| other.hash == hash).count()
        })
    }

    /// An original was asked for that isn't there.
    pub(crate) fn missed(&self) {
        self.with(|figures| figures.not_found += 1);
    }

    fn with<T>(&self, work: impl FnOnce(&mut Figures) -> T) -> T {
        work(&mut self.figures.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Recorder for Meter {
    fn record(&self, exchange: Exchange) {
        if exchange.route.is_empty() {
            return;
        }
        self.compressed(Compression {
            at: SystemTime::now(),
            model: exchange.model,
            form: exchange.route,
            tokens_before: exchange.tokens_before,
            tokens_after: exchange.tokens_after,
            transforms: exchange.transforms.iter().map(|name| name.to_string()).collect(),
            failures: exchange.failures,
            not_kept: 0,
            took: exchange.added,
        });
    }
}

impl Spread {
    fn add(&mut self, took: Duration) {
        self.min = if self.count == 0 { took } else { self.min.min(took) };
        self.max = self.max.max(took);
        self.sum += took;
        self.count += 1;
    }

    /// The mean in milliseconds; 0 for nothing.
    pub(crate) fn mean_ms(&self) -> f64 {
        if self.count == 0 { 0.0 } else { ms(self.sum) / self.count as f64 }
    }
}

impl Savings {
    pub(crate) fn add(&mut self, before: u64, after: u64) {
        self.requests += 1;
        self.tokens_before += before;
        self.tokens_after += after;
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.requests += other.requests;
        self.tokens_before += other.tokens_before;
        self.tokens_after += other.tokens_after;
    }

    /// Tokens that weren't sent.
    pub(crate) fn saved(self) -> u64 {
        self.tokens_before.saturating_sub(self.tokens_after)
    }

    /// The share of tokens that weren't sent, in percent; 0 for nothing.
    pub(crate) fn percent(self) -> f64 {
        match self.tokens_before {
            0 => 0.0,
            before => self.saved() as f64 * 100.0 / before as f64,
        }
    }
}

impl Figures {
    /// Everything since the process began.
    pub(crate) fn total(&self) -> Savings {
        Savings {
            requests: self.compressions,
            tokens_before: self.tokens_before,
            tokens_after: self.tokens_after,
        }
    }

    /// Requests answered with a status that `matches`.
    pub(crate) fn answered(&self, matches: impl Fn(u16) -> bool) -> u64 {
        self.requests.iter().filter(|((_, status), _)| matches(*status)).map(|(_, n)| n).sum()
    }
}

/// A duration in milliseconds.
pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn push<T>(queue: &mut VecDeque<T>, item: T, most: usize) {
    if queue.len() == most {
        queue.pop_front();
    }
    queue.push_back(item);
}

/// A name from outside, cut and without anything that could end a line or a label.
fn printable(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/@+".contains(c);
    name.chars().take(LONGEST_MODEL).map(|c| if plain(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compression(model: String) -> Compression {
        Compression {
            at: UNIX_EPOCH,
            model: Some(model),
            form: "text",
            tokens_before: 100,
            tokens_after: 40,
            transforms: vec!["json/1".to_owned()],
            failures: 0,
            not_kept: 0,
            took: Duration::from_millis(2),
        }
    }

    #[test]
    fn what_was_saved() {
        let meter = Meter::default();
        meter.compressed(compression("gpt-4o".to_owned()));
        meter.compressed(compression("gpt-4o".to_owned()));
        let figures = meter.read();
        assert_eq!(figures.total(), figures.hours[&0]);
        assert_eq!((figures.total().saved(), figures.total().percent()), (120, 60.0));
        assert_eq!(figures.by_model["gpt-4o"], 2);
        assert_eq!(figures.overhead.mean_ms(), 2.0);
    }

    #[test]
    fn names_from_outside_are_bounded() {
        let meter = Meter::default();
        for i in 0..5000 {
            meter.compressed(compression(format!("model {i}\n\"{}", "x".repeat(i))));
        }
        let figures = meter.read();
        assert_eq!(figures.by_model.len(), MODELS + 1);
        assert_eq!(figures.recent.len(), RECENT);
        let longest = figures.by_model.keys().map(String::len).max();
        assert_eq!(longest, Some(LONGEST_MODEL));
        assert!(figures.by_model.keys().all(|name| !name.contains(['\n', '"', ' '])));
    }

    #[test]
    fn how_often_an_original_was_asked_for() {
        let meter = Meter::default();
        let ask = |text: &str| {
            let hash = originals::Hash::of(text);
            meter.retrieved(Retrieval { hash, queried: false, given: 1, of: 1 })
        };
        assert_eq!([ask("a"), ask("b"), ask("a"), ask("a")], [1, 1, 2, 3]);
    }
}
