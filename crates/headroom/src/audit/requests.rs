//! What the requests of a conversation cost, and what they would have cost with smaller tool results.
//!
//! Without: what the provider reported that each request used; where the transcript doesn't say, what the
//! caching rules make of its items: those of the request before are read from the cache, the others are
//! new. With: the same, less what compression takes from each block. A block that was in the request
//! before is taken from what was read from the cache, as long as there is any; a new one from what was
//! written to it. So a cache that was lost then is lost in both. Something that was used later and would
//! have been elided is taken to have been retrieved, once for each block.
//!
//! Blocks are counted in tokens of `o200k_base`. How many of the provider's those are is measured: by how
//! much requests grew, as the provider counted, for what the transcript says was new in them.

use std::ops::Range;

use agent_config::agent::TranscriptFormat;
use llm_api::response::Usage;
use llm_proxy::{OfflineReplay, OfflineStep};
use metrics::Price;
use metrics::cost_estimate::{Change, with_compression};
use tokens::Encoding;

use super::costs::{CostTotals, LostPrefixes};
use super::later_use::LaterUse;
use super::prices::ModelPrices;
use super::rebuild::{Rebuilt, sent};
use super::transcript::{Conversation, Request};

/// Growth of fewer tokens, by our count, is too little to measure by.
const MIN_MEASURED: usize = 2000;
/// Nobody's tokens are so many times as many as ours, or so many times fewer: then what was sent isn't
/// what the transcript holds.
const MAX_RATIO: f64 = 2.0;
/// Tokens of a retrieval beside what is retrieved: the call and the frame of its result. By hand, as
/// measured on calls of the tool.
const CALL_TOKENS: u64 = 60;
/// Tokens that the model writes for a retrieval. By hand, as measured on calls of the tool.
const CALL_OUTPUT_TOKENS: u64 = 80;
/// How long a prefix stays in the cache, in seconds, unless it is written for an hour.
const CACHE_SECONDS: u64 = 5 * 60;
const CACHE_SECONDS_1H: u64 = 60 * 60;
/// A prefix counts as lost if less than this share of it is read: providers round down to their blocks.
const LOST_BELOW: f64 = 0.9;

/// A conversation, replayed.
pub(super) struct ReplayedConversation<'c> {
    pub(super) format: TranscriptFormat,
    pub(super) conversation: &'c Conversation,
    pub(super) replay: &'c OfflineReplay,
    /// The item that each block is in.
    pub(super) items: Vec<usize>,
    /// The items that tool results are in, and their tokens.
    results: Vec<(usize, usize)>,
    /// The request in which a block was used later that would have been elided from, and its tokens.
    retrieved: Vec<(usize, usize)>,
    /// How many of the provider's tokens one of ours is, where that is known.
    ratio: Option<f64>,
}

impl<'c> ReplayedConversation<'c> {
    pub(super) fn new(
        format: TranscriptFormat,
        conversation: &'c Conversation,
        replay: &'c OfflineReplay,
        rebuilt: &Rebuilt,
        uses: &[LaterUse],
    ) -> Self {
        let item = |place: usize| rebuilt.item(place).unwrap_or(0);
        let is_result = |block: Option<usize>| {
            block.is_none_or(|block| !replay.blocks[block].report.tool.is_empty())
        };
        let results = replay.steps.iter().filter_map(|step| match step {
            OfflineStep::Result { at, block, tokens, .. } if is_result(*block) => {
                Some((item(*at), *tokens))
            }
            _ => None,
        });
        // What the model said is the answer to the last request that holds less.
        let request = |said: usize| {
            conversation.requests.partition_point(|request| request.items <= said).checked_sub(1)
        };
        let retrieved = uses.iter().filter_map(|used| {
            Some((request(item(used.said_at))?, replay.blocks[used.block].report.before))
        });
        Self {
            format,
            conversation,
            replay,
            items: replay.blocks.iter().map(|block| item(block.at)).collect(),
            results: results.collect(),
            retrieved: retrieved.collect(),
            ratio: ratio(conversation),
        }
    }

    /// The costs of the requests that are `counted`.
    pub(super) fn costs(&self, counted: &[bool], prices: &mut ModelPrices<'_>) -> CostTotals {
        let mut totals = CostTotals { conversations: 1, ..CostTotals::default() };
        let requests = &self.conversation.requests;
        let left = |from: usize| counted[from..].iter().filter(|counted| **counted).count();
        for (at, request) in requests.iter().enumerate().filter(|(at, _)| counted[*at]) {
            let before = at.checked_sub(1).map(|before| &requests[before]);
            let known = before.map_or(self.conversation.shared, |request| request.items);
            let price = prices.of(request.model.as_deref().unwrap_or_default());
            let dollars = |usage: &Usage| price.map_or(0.0, |price| price.cost(usage));
            let without = request.usage.unwrap_or_else(|| self.modelled(request, known));
            let of = |count: usize| self.provider_tokens(request, count);
            let change = |tokens: &dyn Fn(Range<usize>) -> usize, added: usize| Change {
                old: of(tokens(0..known)),
                new: of(tokens(known..request.items)),
                added: of(added),
            };
            let removed = change(&|range| self.removed(range), self.replay.tokens_added);
            let with = with_compression(without, removed, known == 0);
            let others =
                with_compression(without, change(&|range| self.results(range), 0), known == 0);
            totals.requests += 1;
            totals.without.add(without, dollars(&without));
            totals.with.add(with, dollars(&with));
            let results = difference(&without, &others);
            totals.results.add(results, dollars(&results));
            for (_, tokens) in self.retrieved.iter().filter(|(request, _)| *request == at) {
                let retrieval = retrieval(&with, of(*tokens), left(at + 1) as u64);
                totals.retrievals += 1;
                totals.retrieval.add(retrieval, dollars(&retrieval));
                totals.with.add(retrieval, dollars(&retrieval));
            }
            let (touchable_before, touchable_after) = self.touchable(request);
            totals.touchable_before += touchable_before as u64;
            totals.touchable_after += touchable_after as u64;
            if let Some(before) = before {
                add_lost(&mut totals.lost, before, request, price);
            }
        }
        totals.dearer = usize::from(totals.with.dollars > totals.without.dollars);
        let is_counted = |item: usize| {
            let first = requests.iter().position(|request| request.items > item);
            item >= self.conversation.shared && first.is_some_and(|first| counted[first])
        };
        let lossy = self.replay.blocks.iter().zip(&self.items).filter(|(block, _)| block.is_lossy);
        totals.lossy_blocks = lossy.filter(|(_, item)| is_counted(**item)).count();
        totals
    }

    /// Tokens that compression takes from the blocks in these items.
    fn removed(&self, items: Range<usize>) -> usize {
        let blocks = self.replay.blocks.iter().zip(&self.items);
        let held = blocks.filter(|(_, item)| items.contains(item));
        held.map(|(block, _)| block.report.before.saturating_sub(block.report.after)).sum()
    }

    /// Tokens of the tool results in these items.
    fn results(&self, items: Range<usize>) -> usize {
        let held = self.results.iter().filter(|(item, _)| items.contains(item));
        held.map(|(_, tokens)| tokens).sum()
    }

    /// Tokens of the blocks in a request that may be compressed, and of what stands for them.
    fn touchable(&self, request: &Request) -> (usize, usize) {
        let blocks = self.replay.blocks.iter().zip(&self.items);
        let held = blocks.filter(|(_, item)| **item < request.items);
        held.fold((0, 0), |(before, after), (block, _)| {
            (before + block.report.before, after + block.report.after)
        })
    }

    /// So many of our tokens in the provider's, as far as is known. Against what the provider counted,
    /// nothing is taken for more than it is known to be.
    fn provider_tokens(&self, request: &Request, count: usize) -> u64 {
        match (self.ratio, request.usage) {
            (Some(ratio), _) => (count as f64 * ratio).round() as u64,
            (None, Some(_)) => count as u64,
            (None, None) => {
                let model = tokens::model(request.model.as_deref().unwrap_or_default());
                model.map_or(count, |model| model.estimate(count)) as u64
            }
        }
    }

    /// What a request used by the caching rules alone, of which the first `known` items were in the one
    /// before.
    fn modelled(&self, request: &Request, known: usize) -> Usage {
        let count = |items: &[String]| {
            let tokens = items.iter().map(|item| tokens::count(Encoding::default(), item)).sum();
            self.provider_tokens(request, tokens)
        };
        let items = self.conversation.items.get(..request.items).unwrap_or_default();
        let (old, new) = items.split_at(known.min(items.len()));
        let mut usage = Usage { cache_read: count(old), ..Usage::default() };
        match self.format {
            // Anthropic bills what is written to the cache; others take it for plain input.
            TranscriptFormat::ClaudeCode | TranscriptFormat::Cline => {
                usage.cache_write = count(new)
            }
            _ => usage.input = count(new),
        }
        usage
    }
}

/// The usage of which `rest` is what is left.
fn difference(whole: &Usage, rest: &Usage) -> Usage {
    Usage {
        input: whole.input.saturating_sub(rest.input),
        cache_read: whole.cache_read.saturating_sub(rest.cache_read),
        cache_write: whole.cache_write.saturating_sub(rest.cache_write),
        cache_write_1h: whole.cache_write_1h.saturating_sub(rest.cache_write_1h),
        output: 0,
    }
}

/// The usage of a retrieval of `tokens` in a turn whose request used `with`: one more round, and what was
/// retrieved in the `later` requests.
fn retrieval(with: &Usage, tokens: u64, later: u64) -> Usage {
    let new = tokens + CALL_TOKENS;
    let old = sent(with) + new * later;
    let mut usage = Usage { output: CALL_OUTPUT_TOKENS, ..Usage::default() };
    let has_cache = with.cache_read + with.cache_write > 0;
    *(if has_cache { &mut usage.cache_read } else { &mut usage.input }) += old;
    *(if with.cache_write > 0 { &mut usage.cache_write } else { &mut usage.input }) += new;
    usage
}

/// Adds what `request` didn't read from the cache although the one before it had it there.
fn add_lost(lost: &mut LostPrefixes, before: &Request, request: &Request, price: Option<&Price>) {
    let (Some(old), Some(new)) = (before.usage, request.usage) else { return };
    let cached = (old.cache_read + old.cache_write).min(sent(&new));
    if new.cache_read as f64 >= cached as f64 * LOST_BELOW {
        return;
    }
    let tokens = cached - new.cache_read;
    let seconds = if old.cache_write_1h > 0 { CACHE_SECONDS_1H } else { CACHE_SECONDS };
    let pause = request.at.zip(before.at).map(|(at, before)| at.saturating_sub(before));
    lost.requests += 1;
    lost.after_pause += usize::from(pause.is_some_and(|pause| pause > seconds));
    lost.tokens += tokens;
    if let Some(price) = price {
        let read = Usage { cache_read: tokens, ..Usage::default() };
        let again = match (new.cache_write > 0, new.cache_write_1h > 0) {
            (true, false) => Usage { cache_write: tokens, ..Usage::default() },
            (true, true) => {
                Usage { cache_write: tokens, cache_write_1h: tokens, ..Usage::default() }
            }
            _ => Usage { input: tokens, ..Usage::default() },
        };
        lost.dollars += price.cost(&again) - price.cost(&read);
    }
}

/// How many of the provider's tokens one of ours is, as far as a conversation shows.
fn ratio(conversation: &Conversation) -> Option<f64> {
    let mut before = vec![0];
    before.extend(conversation.items.iter().scan(0, |sum, item| {
        *sum += said(item);
        Some(*sum)
    }));
    let (mut ours, mut theirs) = (0, 0);
    for two in conversation.requests.windows(2) {
        let (Some(one), Some(next)) = (two[0].usage, two[1].usage) else { continue };
        // A conversation that became shorter was summed up in between.
        let Some(grown) = sent(&next).checked_sub(sent(&one)) else { continue };
        let new = before.get(two[1].items).zip(before.get(two[0].items));
        let new = new.and_then(|(all, old)| all.checked_sub(*old)).filter(|new| *new > 0);
        if let (Some(new), true) = (new, two[0].model == two[1].model) {
            ours += new;
            theirs += grown;
        }
    }
    let ratio = theirs as f64 / ours as f64;
    let is_known = ours >= MIN_MEASURED && (1.0 / MAX_RATIO..=MAX_RATIO).contains(&ratio);
    is_known.then_some(ratio)
}

/// Tokens of all texts in an item.
fn said(item: &str) -> usize {
    fn of(value: &serde_json::Value) -> usize {
        match value {
            serde_json::Value::String(text) => tokens::count(Encoding::default(), text),
            serde_json::Value::Array(items) => items.iter().map(of).sum(),
            serde_json::Value::Object(members) => members.values().map(of).sum(),
            _ => 1,
        }
    }
    serde_json::from_str(item).as_ref().map_or(0, of)
}

#[cfg(test)]
mod tests;
