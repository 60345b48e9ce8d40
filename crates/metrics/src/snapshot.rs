//! The counts since the process began, and how an exchange, a compression or a retrieval is added to
//! them.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::counters::{Add as _, Blocks, Counters, named, printable};
use crate::exchange::{BlockReport, Ending, Exchange};
use crate::histogram::Histogram;
use crate::history::History;
use crate::recent::{self, Recent, Unchanged};
use crate::unrecognized::Unrecognized;

/// Requests that are listed one by one: what the dashboard shows. By hand, not measured.
pub(crate) const RECENT: usize = 100;
/// Retrievals that are listed one by one, so that an original's retrievals can be counted. By hand, not
/// measured.
const RETRIEVALS: usize = 1000;
/// Unchanged blocks that are listed: the largest, in tokens. By hand, for one screen of the dashboard.
pub(crate) const UNCHANGED: usize = 20;
/// The number of distinct conversations that are remembered, at 8 bytes each. Beyond it, all are forgotten
/// and counted as new ones. By hand: more than one server sees between two restarts.
const CONVERSATIONS: usize = 50_000;

/// The arm of the comparison whose conversations were compressed: an index of [`Metrics::arms`].
pub const COMPRESSED: usize = 0;
/// The arm whose conversations were left alone: an index of [`Metrics::arms`].
pub const LEFT_ALONE: usize = 1;

/// The counts at one moment.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    /// Responses of this server, by the pattern of the route and the status.
    pub responses: BTreeMap<(String, u16), u64>,
    /// Requests that weren't understood, by the reason.
    pub not_understood: BTreeMap<Unrecognized, u64>,
    /// Requests to providers, by provider and status; without a status if there was no response.
    pub by_provider: BTreeMap<(&'static str, Option<u16>), u64>,
    /// Requests to providers whose client disconnected before the end of the response.
    pub client_gone: u64,
    /// Requests whose provider couldn't be reached or broke off its response.
    pub provider_broke: u64,
    /// Requests that asked for a stream.
    pub streamed: u64,
    /// From a request's head to the end of its response.
    pub latency: Histogram,
    /// The time that compressing adds to a request.
    pub overhead: Histogram,
    /// From sending a request to a provider to the head of its response.
    pub first_byte: Histogram,
    /// All requests together.
    pub total: Counters,
    /// Conversations that were compressed, and those that were left alone for comparison.
    pub arms: [Counters; 2],
    /// Counters by model.
    pub by_model: BTreeMap<String, Counters>,
    /// Counters by client, as clients name themselves.
    pub by_client: BTreeMap<String, Counters>,
    /// Requests in which a codec or another transform was used, by its name.
    pub by_transform: BTreeMap<String, u64>,
    /// Blocks by kind.
    pub by_kind: BTreeMap<String, Blocks>,
    /// Blocks by tool.
    pub by_tool: BTreeMap<String, Blocks>,
    /// Requests in which nothing was changed, or nothing could be elided, by the reason.
    pub reasons: BTreeMap<&'static str, u64>,
    /// Blocks that were left as they were, the largest first.
    pub unchanged: Vec<Unchanged>,
    /// The last requests, the newest last.
    pub recent: VecDeque<Recent>,
    /// Originals that clients retrieved.
    pub retrieved: u64,
    /// Retrievals of originals that aren't there.
    pub not_found: u64,
    /// The last retrievals, the newest last.
    pub retrievals: VecDeque<Retrieval>,
    /// What isn't in the history's file yet; everything where there is no file.
    pub(crate) pending: History,
    conversations: HashSet<[u8; 8]>,
    last_id: u64,
}

/// A request for compression alone, and what it saved.
#[derive(Debug, Clone)]
pub struct Compression {
    /// When it was answered.
    pub at: SystemTime,
    /// The model that the text is for, as far as the client said.
    pub model: Option<String>,
    /// `text` or `messages`.
    pub form: &'static str,
    /// Tokens of what came in.
    pub tokens_before: usize,
    /// Tokens of what was answered.
    pub tokens_after: usize,
    /// The names of what was done.
    pub transforms: Vec<String>,
    /// Texts that stayed as they were because compressing them failed.
    pub failures: usize,
    /// Texts that were compressed losslessly only, because their originals couldn't be kept.
    pub not_kept: usize,
    /// The time that compressing took.
    pub took: Duration,
}

/// An original that a client retrieved.
#[derive(Debug, Clone)]
pub struct Retrieval {
    /// Its hash, in hex.
    pub hash: String,
    /// Whether only what matches a query was asked for. The query itself is the client's, and isn't kept.
    pub queried: bool,
    /// Parts given back.
    pub given: usize,
    /// Parts that matched.
    pub of: usize,
}

/// The blocks of one exchange, summed by kind and by tool.
#[derive(Default)]
pub(crate) struct BlockSums {
    by_kind: BTreeMap<&'static str, Blocks>,
    by_tool: BTreeMap<String, Blocks>,
}

impl BlockSums {
    pub(crate) fn of(exchange: &Exchange, is_applied: bool) -> Self {
        let mut sums = Self::default();
        let mut by_tool: BTreeMap<&str, Blocks> = BTreeMap::new();
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
            by_tool.entry(&block.tool).or_default().add(&sum);
        }
        for (tool, sum) in by_tool {
            sums.by_tool.entry(recent::tool(tool)).or_default().add(&sum);
        }
        sums
    }
}

impl Metrics {
    /// Adds a request for compression alone.
    pub(crate) fn count_compression(&mut self, compression: Compression) {
        let counters = Counters {
            requests: 1,
            compressions: 1,
            tokens_before: compression.tokens_before as u64,
            tokens_after: compression.tokens_after as u64,
            failures: compression.failures as u64,
            not_kept: compression.not_kept as u64,
            ..Counters::default()
        };
        self.latency.add(compression.took);
        self.overhead.add(compression.took);
        self.count_transforms(compression.transforms.iter().map(String::as_str));
        let recent = Recent::of_compression(compression, &counters);
        self.count(&counters, recent);
    }

    /// Adds a retrieval. Returns how often the same original was retrieved, among those listed.
    pub(crate) fn count_retrieval(&mut self, retrieval: Retrieval) -> usize {
        self.retrieved += 1;
        let hash = retrieval.hash.clone();
        push(&mut self.retrievals, retrieval, RETRIEVALS);
        self.retrievals.iter().filter(|other| other.hash == hash).count()
    }

    /// Adds an exchange with a provider. Returns its number among the recent requests, if it is listed
    /// there.
    pub(crate) fn count_exchange(
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
        // Requests without a conversation, and those that only count tokens, are no step of an agent.
        if exchange.route.is_empty() || !exchange.is_billed {
            return None;
        }
        self.streamed += u64::from(exchange.stream);
        self.latency.add(exchange.total);
        self.overhead.add(exchange.added);
        if exchange.status.is_some() {
            self.first_byte.add(exchange.first_byte);
        }
        if let Some(reason) = exchange.reason {
            *self.reasons.entry(reason).or_default() += 1;
        }
        self.count_transforms(exchange.transforms.iter().map(|name| &**name));
        if let Some(conversation) = exchange.conversation {
            counters.conversations = u64::from(self.is_new(conversation));
            let arm = if is_applied { COMPRESSED } else { LEFT_ALONE };
            self.arms[arm].add(&counters);
            self.pending.arms[arm].add(&counters);
        }
        if let Some(client) = exchange.client.as_deref().map(printable) {
            named(&mut self.by_client, &client).add(&counters);
            named(&mut self.pending.by_client, &client).add(&counters);
        }
        let recent = Recent::of_exchange(exchange, &counters, is_applied);
        Some(self.count(&counters, recent))
    }

    /// Adds the counters of one request and lists it; its number.
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

    fn count_transforms<'n>(&mut self, transforms: impl Iterator<Item = &'n str>) {
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
                self.list_unchanged(block, exchange.reason);
            }
        }
    }

    /// Lists a block that stays as it is, if it is among the largest.
    fn list_unchanged(&mut self, block: &BlockReport, of_request: Option<&'static str>) {
        let place = self.unchanged.partition_point(|other| other.tokens >= block.before);
        let new = Unchanged::new(block, of_request);
        if let Some(listed) = self.unchanged[..place].iter_mut().find(|other| other.is_like(&new)) {
            (listed.times, listed.at) = (listed.times + 1, new.at);
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

    /// The number of responses whose status `matches`.
    pub fn responses_with(&self, matches: impl Fn(u16) -> bool) -> u64 {
        self.responses.iter().filter(|((_, status), _)| matches(*status)).map(|(_, n)| n).sum()
    }
}

/// Whether the provider did what it was asked for; an upgrade of the protocol (101) counts.
pub(crate) fn is_success(status: Option<u16>) -> bool {
    status.is_some_and(|status| status == 101 || (200..300).contains(&status))
}

fn push<T>(queue: &mut VecDeque<T>, item: T, most: usize) {
    if queue.len() == most {
        queue.pop_front();
    }
    queue.push_back(item);
}
