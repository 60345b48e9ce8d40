//! Costs that can be added up: of a conversation, of an agent's conversations, of all.

use llm_api::response::Usage;

use super::rebuild::sent;

/// The usage of requests, and what it costs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Cost {
    pub(crate) usage: Usage,
    /// In US dollars.
    pub(crate) dollars: f64,
}

impl Cost {
    pub(super) fn add(&mut self, usage: Usage, dollars: f64) {
        self.usage.input += usage.input;
        self.usage.cache_read += usage.cache_read;
        self.usage.cache_write += usage.cache_write;
        self.usage.cache_write_1h += usage.cache_write_1h;
        self.usage.output += usage.output;
        self.dollars += dollars;
    }

    /// Input tokens of the requests, at whichever price.
    pub(crate) fn sent(&self) -> u64 {
        sent(&self.usage)
    }
}

/// What requests cost, would have cost, and why.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct CostTotals {
    pub(crate) conversations: usize,
    /// Conversations that would have cost more.
    pub(crate) dearer: usize,
    pub(crate) requests: usize,
    /// Without compression.
    pub(crate) without: Cost,
    /// With compression, retrievals included.
    pub(crate) with: Cost,
    /// What tool results were of the cost without compression: the most that can be saved.
    pub(crate) results: Cost,
    /// Retrievals that are to be expected: of blocks of which something was used later that would have
    /// been elided.
    pub(crate) retrievals: usize,
    pub(crate) retrieval: Cost,
    /// Blocks from which something would have been elided.
    pub(crate) lossy_blocks: usize,
    /// Tokens of `o200k_base` of the blocks that may be compressed, in all requests that held them.
    pub(crate) touchable_before: u64,
    /// The tokens of what would have been sent for them.
    pub(crate) touchable_after: u64,
    /// Prefixes that were in the provider's cache and weren't read from it.
    pub(crate) lost: LostPrefixes,
}

/// Requests whose prefix was in the provider's cache before, and was lost.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct LostPrefixes {
    pub(crate) requests: usize,
    /// Those of them that came after a pause that the cache doesn't outlive.
    pub(crate) after_pause: usize,
    pub(crate) tokens: u64,
    /// What they cost beyond what reading them from the cache would have cost, in US dollars.
    pub(crate) dollars: f64,
}

impl CostTotals {
    pub(super) fn merge(&mut self, other: &Self) {
        self.conversations += other.conversations;
        self.dearer += other.dearer;
        self.requests += other.requests;
        for (cost, more) in [
            (&mut self.without, &other.without),
            (&mut self.with, &other.with),
            (&mut self.results, &other.results),
            (&mut self.retrieval, &other.retrieval),
        ] {
            cost.add(more.usage, more.dollars);
        }
        self.retrievals += other.retrievals;
        self.lossy_blocks += other.lossy_blocks;
        self.touchable_before += other.touchable_before;
        self.touchable_after += other.touchable_after;
        self.lost.requests += other.lost.requests;
        self.lost.after_pause += other.lost.after_pause;
        self.lost.tokens += other.lost.tokens;
        self.lost.dollars += other.lost.dollars;
    }
}
