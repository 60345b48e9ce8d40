//! The recorder that all threads share: what is counted goes into one [`Metrics`], and from there, every
//! few seconds, into the file that outlives the process.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use llm_api::response::Usage;

use crate::cost_estimate::{self, Block};
use crate::counters::{Counters, nanos};
use crate::exchange::{Exchange, Recorder};
use crate::history::History;
use crate::history_file::{HistoryFile, HistoryFileError};
use crate::messages::{self, Messages};
use crate::prices::Prices;
use crate::snapshot::{BlockSums, Compression, Metrics, Retrieval, is_success};
use crate::unrecognized::Unrecognized;

/// Counts what all threads report.
#[derive(Debug)]
pub struct MetricsRecorder {
    metrics: Mutex<Metrics>,
    messages: Mutex<Messages>,
    prices: Prices,
    /// Whether anything is compressed at all.
    optimize: bool,
    /// Locked while counts move from `metrics` into the file, so that a reader finds them in one of the
    /// two, and not in both.
    file: Option<Mutex<HistoryFile>>,
    path: Option<PathBuf>,
}

impl MetricsRecorder {
    /// A recorder that has counted nothing. `optimize`: whether the server compresses, or only measures
    /// what it would save. `file`: where the history is kept; only in memory without it.
    pub fn new(optimize: bool, prices: Prices, file: Option<&PathBuf>) -> Self {
        Self {
            metrics: Mutex::default(),
            messages: Mutex::default(),
            prices,
            optimize,
            file: file.map(|file| Mutex::new(HistoryFile::new(file))),
            path: file.cloned(),
        }
    }

    /// The counts since the process began.
    pub fn read(&self) -> Metrics {
        self.with(|metrics| metrics.clone())
    }

    /// The counts of all times, those of this user's other servers included. An error says why those of
    /// the file are missing from it. Blocks while it reads the file.
    pub fn history(&self) -> (History, Option<HistoryFileError>) {
        let file = self.file();
        let written = file.as_ref().map_or_else(|| Ok(History::default()), |file| file.read());
        let pending = self.with(|metrics| metrics.pending.clone());
        let (mut history, error) = match written {
            Ok(written) => (written, None),
            Err(error) => (History::default(), Some(error)),
        };
        history.add(&pending);
        (history, error)
    }

    fn file(&self) -> Option<MutexGuard<'_, HistoryFile>> {
        Some(self.file.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The file in which the history is kept.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Adds to the file what was counted since the last time. Blocks while it writes.
    ///
    /// # Errors
    /// When the file can't be written; what was counted stays for the next time.
    pub fn flush(&self) -> Result<(), HistoryFileError> {
        let Some(file) = self.file() else { return Ok(()) };
        let pending = self.with(|metrics| std::mem::take(&mut metrics.pending));
        if pending == History::default() {
            return Ok(());
        }
        file.add(&pending).map(drop).inspect_err(|_| {
            self.with(|metrics| metrics.pending.add(&pending));
        })
    }

    /// Counts a response of the server, by the pattern of its route.
    pub fn responded(&self, route: &str, status: u16) {
        self.with(|metrics| {
            *metrics.responses.entry((route.to_owned(), status)).or_default() += 1;
        });
    }

    /// Counts a request that wasn't understood, so that nothing could be saved in it.
    pub fn not_understood(&self, what: Unrecognized) {
        self.with(|metrics| *metrics.not_understood.entry(what).or_default() += 1);
    }

    /// Counts a request for compression alone.
    pub fn compressed(&self, compression: Compression) {
        self.with(|metrics| metrics.count_compression(compression));
    }

    /// Counts an original that was retrieved. Returns how often this one was, among the last thousand
    /// retrievals.
    pub fn retrieved(&self, retrieval: Retrieval) -> usize {
        self.with(|metrics| metrics.count_retrieval(retrieval))
    }

    /// Counts a retrieval of an original that isn't there.
    pub fn not_found(&self) {
        self.with(|metrics| metrics.not_found += 1);
    }

    /// The texts of the blocks of a recent request by its number, where they are kept.
    pub fn messages(&self, id: u64) -> Option<serde_json::Value> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).of(id)
    }

    fn with<T>(&self, work: impl FnOnce(&mut Metrics) -> T) -> T {
        work(&mut self.metrics.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Recorder for MetricsRecorder {
    fn record(&self, mut exchange: Exchange) {
        let texts = messages::take(&mut exchange.blocks);
        let is_applied = self.optimize && !exchange.held_out;
        let counters = self.counters(&exchange, is_applied);
        // What takes long for a long conversation is done before the lock is taken.
        let blocks = BlockSums::of(&exchange, is_applied);
        let id =
            self.with(|metrics| metrics.count_exchange(exchange, counters, &blocks, is_applied));
        if let Some(id) = id.filter(|_| !texts.is_empty()) {
            self.messages.lock().unwrap_or_else(PoisonError::into_inner).keep(id, texts);
        }
    }
}

impl MetricsRecorder {
    /// The counters of one exchange. Only what the provider bills counts as sent, and as saved.
    fn counters(&self, exchange: &Exchange, is_applied: bool) -> Counters {
        let is_done = is_success(exchange.status);
        let mut counters = Counters {
            requests: 1,
            failed: u64::from(!is_done),
            retrievals: exchange.retrievals as u64,
            retrievals_failed: exchange.retrievals_failed as u64,
            replayed: exchange.replayed as u64,
            replay_missing: exchange.replay_missing as u64,
            failures: exchange.failures as u64,
            redacted: exchange.redacted as u64,
            ..Counters::default()
        };
        if is_done {
            for block in &exchange.blocks {
                let (before, after) = (block.before as u64, block.after as u64);
                counters.tokens_before += before;
                counters.tokens_after += if is_applied { after } else { before };
                counters.would_save += if is_applied { 0 } else { before.saturating_sub(after) };
            }
        }
        if !exchange.usage.is_empty() {
            self.add_usage(exchange, is_applied, &mut counters);
        }
        counters
    }

    /// Adds the usage that the provider reported, its cost at list prices, and what it would have been
    /// otherwise.
    fn add_usage(&self, exchange: &Exchange, is_applied: bool, counters: &mut Counters) {
        let rounds = &exchange.usage;
        let first = rounds.first().copied().unwrap_or_default();
        counters.metered = 1;
        counters.cache_hits = u64::from(first.cache_read > 0);
        for usage in rounds {
            counters.input += usage.input;
            counters.cache_read += usage.cache_read;
            counters.cache_write += usage.cache_write;
            counters.output += usage.output;
        }
        let blocks: Vec<Block> = exchange
            .blocks
            .iter()
            .map(|block| Block {
                sent: if is_applied { block.after } else { block.before } as u64,
                saved: block.before.saturating_sub(block.after) as u64,
                is_last: block.is_last,
            })
            .collect();
        let change = cost_estimate::change(&blocks, &first, exchange.tokens_added as u64);
        let without =
            if is_applied { cost_estimate::without_compression(rounds, change) } else { first };
        counters.prompt = without.input + without.cache_read + without.cache_write;
        counters.touchable = counters.prompt.min(exchange.tokens_touchable as u64);
        let Some(price) = exchange.model.as_deref().and_then(|model| self.prices.of(model)) else {
            counters.unpriced = 1;
            return;
        };
        let cost = |usage: &Usage| nanos(price.cost(usage));
        counters.cost = rounds.iter().map(cost).sum();
        (counters.cost_with, counters.cost_without) = if is_applied {
            (counters.cost, cost(&without))
        } else {
            let is_first = first.cache_read == 0;
            (cost(&cost_estimate::with_compression(first, change, is_first)), counters.cost)
        };
    }
}
