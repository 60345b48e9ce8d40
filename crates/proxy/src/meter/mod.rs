//! The figures: what was asked, how long it took, what was saved. Never what was in it, unless that is
//! asked for (`messages`).
//!
//! What is shown one by one is in memory, since the process began. Sums are kept beyond its end
//! (`past`, `ledger`). Names that come from outside (models, tools) are bounded in number and length,
//! so that no client can make this grow.

mod counters;
mod histogram;
mod ledger;
mod messages;
mod past;
mod recent;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use llm_api::answer::Usage;

use crate::bill::{self, Block};
use crate::llm::{BlockFigures, Ending, Exchange, NotUnderstood, Recorder};
use crate::prices::Prices;

pub(crate) use counters::{Add, Blocks, Counters, difference, dollars, percent};
use counters::{named, nanos};
pub(crate) use histogram::{Histogram, ms};
pub(crate) use ledger::{Ledger, LedgerError};
pub(crate) use messages::Messages;
pub(crate) use past::Past;
pub(crate) use recent::{Kind, Recent, Unchanged, Why};

/// Requests that are remembered one by one.
const RECENT: usize = 100;
/// Retrievals that are remembered one by one.
const RETRIEVALS: usize = 1000;
/// Blocks that were left as they were and are remembered: the largest ones.
const UNCHANGED: usize = 20;
/// Conversations that are told apart; then all are forgotten, and counted again.
const CONVERSATIONS: usize = 50_000;

/// Conversations that were made smaller: the first arm of a comparison.
pub(crate) const COMPRESSED: usize = 0;
/// Conversations that were left alone: the second arm.
pub(crate) const LEFT_ALONE: usize = 1;

/// Counts, from all threads.
pub(crate) struct Meter {
    figures: Mutex<Figures>,
    messages: Mutex<Messages>,
    prices: Prices,
    /// Whether anything is made smaller at all.
    optimize: bool,
    /// Held while figures go from here into the file, so that nobody finds them in neither.
    ledger: Option<Mutex<Ledger>>,
    file: Option<PathBuf>,
}

/// The counts at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    /// Requests answered, by route and status.
    pub(crate) requests: BTreeMap<(String, u16), u64>,
    /// Requests that weren't understood, by the reason.
    pub(crate) not_understood: BTreeMap<NotUnderstood, u64>,
    /// Requests to providers, by provider and status; without one if there was no answer.
    pub(crate) by_provider: BTreeMap<(&'static str, Option<u16>), u64>,
    /// Requests to providers that a client didn't wait for.
    pub(crate) client_gone: u64,
    /// Requests that a provider broke off or didn't answer.
    pub(crate) provider_broke: u64,
    /// Requests for which a stream was asked.
    pub(crate) streamed: u64,
    /// From a request's head to the end of its answer.
    pub(crate) latency: Histogram,
    /// Time that compressing adds to a request.
    pub(crate) added: Histogram,
    /// From a request's being sent to a provider to the head of its answer.
    pub(crate) first_byte: Histogram,
    /// Everything.
    pub(crate) total: Counters,
    /// Conversations that were made smaller, and those that were left alone for comparison.
    pub(crate) arms: [Counters; 2],
    pub(crate) by_model: BTreeMap<String, Counters>,
    /// Requests in which a form was used, by form.
    pub(crate) by_transform: BTreeMap<String, u64>,
    pub(crate) by_kind: BTreeMap<String, Blocks>,
    pub(crate) by_tool: BTreeMap<String, Blocks>,
    /// Requests of which nothing was changed, or nothing could be left out, by the reason.
    pub(crate) reasons: BTreeMap<&'static str, u64>,
    /// The largest first.
    pub(crate) unchanged: Vec<Unchanged>,
    /// The newest last.
    pub(crate) recent: VecDeque<Recent>,
    pub(crate) retrieved: u64,
    pub(crate) not_found: u64,
    /// The newest last.
    pub(crate) retrievals: VecDeque<Retrieval>,
    /// What isn't in the ledger yet; everything without a ledger.
    pending: Past,
    conversations: HashSet<[u8; 8]>,
    last_id: u64,
}

/// What one request for compression alone saved.
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

impl Meter {
    /// Counts from nothing. `file`: where past figures are kept.
    pub(crate) fn new(optimize: bool, prices: Prices, file: Option<&PathBuf>) -> Self {
        Self {
            figures: Mutex::default(),
            messages: Mutex::default(),
            prices,
            optimize,
            ledger: file.map(|file| Mutex::new(Ledger::new(file))),
            file: file.cloned(),
        }
    }

    /// The counts as they are now.
    pub(crate) fn read(&self) -> Figures {
        self.with(|figures| figures.clone())
    }

    /// The figures of all times, those of other servers of this user included, and why the kept ones
    /// are missing if they are. Reads a file.
    pub(crate) fn past(&self) -> (Past, Option<LedgerError>) {
        let ledger = self.ledger();
        let kept = ledger.as_ref().map_or_else(|| Ok(Past::default()), |ledger| ledger.read());
        let pending = self.with(|figures| figures.pending.clone());
        let (mut past, error) = match kept {
            Ok(kept) => (kept, None),
            Err(error) => (Past::default(), Some(error)),
        };
        past.add(&pending);
        (past, error)
    }

    fn ledger(&self) -> Option<MutexGuard<'_, Ledger>> {
        Some(self.ledger.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Where past figures are kept.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Writes down what was counted since this was last done. What can't be written now stays for the
    /// next time. Blocks for a moment.
    pub(crate) fn write_down(&self) -> Result<(), LedgerError> {
        let Some(ledger) = self.ledger() else { return Ok(()) };
        let pending = self.with(|figures| std::mem::take(&mut figures.pending));
        if pending == Past::default() {
            return Ok(());
        }
        ledger.add(&pending).map(drop).inspect_err(|_| {
            self.with(|figures| figures.pending.add(&pending));
        })
    }

    /// A request was answered.
    pub(crate) fn answered(&self, route: &str, status: u16) {
        self.with(|figures| {
            *figures.requests.entry((route.to_owned(), status)).or_default() += 1;
        });
    }

    /// A request wasn't understood, so that nothing could be saved by it.
    pub(crate) fn not_understood(&self, what: NotUnderstood) {
        self.with(|figures| *figures.not_understood.entry(what).or_default() += 1);
    }

    /// A text was compressed for whoever asked.
    pub(crate) fn compressed(&self, compression: Compression) {
        let counters = Counters {
            requests: 1,
            compressions: 1,
            tokens_before: compression.tokens_before as u64,
            tokens_after: compression.tokens_after as u64,
            failures: compression.failures as u64,
            not_kept: compression.not_kept as u64,
            ..Counters::default()
        };
        self.with(|figures| {
            figures.latency.add(compression.took);
            figures.added.add(compression.took);
            figures.used(compression.transforms.iter().map(String::as_str));
            let recent = Recent::of_compression(compression, &counters);
            figures.count(&counters, recent);
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

    /// What the blocks of a request say, where that is kept.
    pub(crate) fn messages(&self, id: u64) -> Option<serde_json::Value> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).of(id)
    }

    fn with<T>(&self, work: impl FnOnce(&mut Figures) -> T) -> T {
        work(&mut self.figures.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Recorder for Meter {
    fn record(&self, mut exchange: Exchange) {
        let texts = messages::take(&mut exchange.blocks);
        let is_applied = self.optimize && !exchange.held_out;
        let counters = self.counters(&exchange, is_applied);
        // What takes long for a long conversation is done before anybody has to wait.
        let blocks = BlockSums::of(&exchange, is_applied);
        let id = self.with(|figures| figures.exchanged(exchange, counters, &blocks, is_applied));
        if let Some(id) = id.filter(|_| !texts.is_empty()) {
            self.messages.lock().unwrap_or_else(PoisonError::into_inner).keep(id, texts);
        }
    }
}

impl Meter {
    /// What an exchange comes to. Only what the provider bills counts as sent, and as saved.
    fn counters(&self, exchange: &Exchange, is_applied: bool) -> Counters {
        let is_done = is_success(exchange.status);
        let mut counters = Counters {
            requests: 1,
            failed: u64::from(!is_done),
            retrievals: exchange.retrievals as u64,
            retrievals_in_vain: exchange.retrievals_in_vain as u64,
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
            self.bill(exchange, is_applied, &mut counters);
        }
        counters
    }

    /// What the provider says of it, at list prices, and what it would have been otherwise.
    fn bill(&self, exchange: &Exchange, is_applied: bool, counters: &mut Counters) {
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
        let Some(price) = exchange.model.as_deref().and_then(|model| self.prices.of(model)) else {
            counters.unpriced = 1;
            return;
        };
        let blocks: Vec<Block> = exchange
            .blocks
            .iter()
            .map(|block| Block {
                sent: if is_applied { block.after } else { block.before } as u64,
                saved: block.before.saturating_sub(block.after) as u64,
                is_last: block.is_last,
            })
            .collect();
        let change = bill::change(&blocks, &first, exchange.tokens_added as u64);
        let cost = |usage: &Usage| nanos(price.cost(usage));
        counters.cost = rounds.iter().map(cost).sum();
        (counters.cost_with, counters.cost_without) = if is_applied {
            (counters.cost, cost(&bill::heavier(rounds, change)))
        } else {
            (cost(&bill::lighter(first, change, first.cache_read == 0)), counters.cost)
        };
    }
}

/// The blocks of one request by their sorts.
#[derive(Default)]
struct BlockSums {
    by_kind: BTreeMap<&'static str, Blocks>,
    by_tool: BTreeMap<String, Blocks>,
}

impl BlockSums {
    fn of(exchange: &Exchange, is_applied: bool) -> Self {
        let mut sums = Self::default();
        let is_sent = u64::from(exchange.is_billed && is_success(exchange.status));
        for block in &exchange.blocks {
            let (before, would) = (block.before as u64, block.after as u64);
            let after = if is_applied { would } else { before };
            let is_new = u64::from(block.is_new);
            let sum = Blocks {
                blocks: is_new,
                before: is_new * before,
                after: is_new * after,
                sent_before: is_sent * before,
                sent_after: is_sent * after,
                would_save: is_sent * after.saturating_sub(would),
            };
            sums.by_kind.entry(recent::kind(block)).or_default().add(&sum);
            sums.by_tool.entry(recent::tool(block)).or_default().add(&sum);
        }
        sums
    }
}

impl Figures {
    /// Counts in an exchange with a provider; the number of its place among the recent ones, if it
    /// has one.
    fn exchanged(
        &mut self,
        exchange: Exchange,
        mut counters: Counters,
        blocks: &BlockSums,
        is_applied: bool,
    ) -> Option<u64> {
        *self.by_provider.entry((exchange.provider, exchange.status)).or_default() += 1;
        self.client_gone += u64::from(exchange.ending == Ending::ClientGone);
        self.provider_broke += u64::from(exchange.ending == Ending::ProviderBroke);
        self.count_blocks(&exchange, blocks);
        // What holds no conversation, and what is counted only, is no step of an agent.
        if exchange.route.is_empty() || !exchange.is_billed {
            return None;
        }
        self.streamed += u64::from(exchange.stream);
        self.latency.add(exchange.total);
        self.added.add(exchange.added);
        if exchange.status.is_some() {
            self.first_byte.add(exchange.first_byte);
        }
        if let Some(reason) = exchange.reason {
            *self.reasons.entry(reason).or_default() += 1;
        }
        self.used(exchange.transforms.iter().map(|name| &**name));
        if let Some(conversation) = exchange.conversation {
            counters.conversations = u64::from(self.is_new(conversation));
            let arm = if is_applied { COMPRESSED } else { LEFT_ALONE };
            self.arms[arm].add(&counters);
            self.pending.arms[arm].add(&counters);
        }
        let recent = Recent::of_exchange(exchange, &counters, is_applied);
        Some(self.count(&counters, recent))
    }

    fn count(&mut self, counters: &Counters, mut recent: Recent) -> u64 {
        self.total.add(counters);
        if let Some(model) = &recent.model {
            named(&mut self.by_model, model).add(counters);
            named(&mut self.pending.by_model, model).add(counters);
        }
        let second = recent.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.pending.count(second, counters);
        self.last_id += 1;
        recent.id = self.last_id;
        push(&mut self.recent, recent, RECENT);
        self.last_id
    }

    fn used<'n>(&mut self, transforms: impl Iterator<Item = &'n str>) {
        for transform in transforms {
            *self.by_transform.entry(transform.to_owned()).or_default() += 1;
        }
    }

    fn count_blocks(&mut self, exchange: &Exchange, blocks: &BlockSums) {
        for (kind, sum) in &blocks.by_kind {
            named(&mut self.by_kind, kind).add(sum);
            named(&mut self.pending.by_kind, kind).add(sum);
        }
        for (tool, sum) in &blocks.by_tool {
            named(&mut self.by_tool, tool).add(sum);
            named(&mut self.pending.by_tool, tool).add(sum);
        }
        for block in &exchange.blocks {
            if block.is_new && block.before > 0 && block.after >= block.before {
                self.keep_unchanged(block, exchange.reason);
            }
        }
    }

    /// Remembers the largest blocks that stay as they are.
    fn keep_unchanged(&mut self, block: &BlockFigures, of_request: Option<&'static str>) {
        let place = self.unchanged.partition_point(|other| other.tokens >= block.before);
        let new = Unchanged::new(block, of_request);
        if let Some(known) = self.unchanged[..place].iter_mut().find(|known| known.is_like(&new)) {
            (known.times, known.at) = (known.times + 1, new.at);
        } else if place < UNCHANGED {
            self.unchanged.insert(place, new);
            self.unchanged.truncate(UNCHANGED);
        }
    }

    fn is_new(&mut self, conversation: [u8; 8]) -> bool {
        if self.conversations.len() >= CONVERSATIONS {
            self.conversations.clear();
        }
        self.conversations.insert(conversation)
    }

    /// Requests answered with a status that `matches`.
    pub(crate) fn answered(&self, matches: impl Fn(u16) -> bool) -> u64 {
        self.requests.iter().filter(|((_, status), _)| matches(*status)).map(|(_, n)| n).sum()
    }
}

/// Whether the provider did what it was asked for; a change of protocol is that too.
fn is_success(status: Option<u16>) -> bool {
    status.is_some_and(|status| status == 101 || (200..300).contains(&status))
}

fn push<T>(queue: &mut VecDeque<T>, item: T, most: usize) {
    if queue.len() == most {
        queue.pop_front();
    }
    queue.push_back(item);
}

#[cfg(test)]
mod tests;
