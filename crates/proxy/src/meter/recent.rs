//! What is remembered one by one: the last requests, and the largest blocks that stayed as they were.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::counters::{Counters, printable};
use super::{Compression, Exchange};
use crate::llm::{BlockFigures, Ending};

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Recent {
    /// Its number since the process began.
    pub(crate) id: u64,
    pub(crate) at: SystemTime,
    /// None for one that asked for the compression alone.
    pub(crate) provider: Option<&'static str>,
    pub(crate) model: Option<String>,
    /// The path, `text` or `messages`.
    pub(crate) form: &'static str,
    pub(crate) stream: bool,
    pub(crate) status: Option<u16>,
    pub(crate) ending: Ending,
    /// Whether it was one of those left alone for comparison.
    pub(crate) held_out: bool,
    /// Whether what is shorter was sent.
    pub(crate) is_applied: bool,
    /// Why nothing was changed, or nothing could be left out.
    pub(crate) reason: Option<&'static str>,
    pub(crate) counters: Counters,
    /// Its blocks by kind: before, and what they became or would have become.
    pub(crate) kinds: BTreeMap<&'static str, Kind>,
    pub(crate) transforms: Vec<Box<str>>,
    /// Times that the provider was asked.
    pub(crate) rounds: usize,
    pub(crate) added: Duration,
    pub(crate) first_byte: Option<Duration>,
    pub(crate) total: Duration,
}

/// The blocks of one kind in a request.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Kind {
    pub(crate) blocks: u64,
    pub(crate) before: u64,
    pub(crate) after: u64,
}

/// A block that was left as it was, or several that look the same from here.
#[derive(Debug, Clone)]
pub(crate) struct Unchanged {
    pub(crate) at: SystemTime,
    pub(crate) tool: String,
    pub(crate) kind: &'static str,
    pub(crate) tokens: usize,
    pub(crate) why: Why,
    /// Blocks like it.
    pub(crate) times: usize,
}

/// Why a block was left as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// There is no shorter form of it.
    NoShorterForm,
    /// Nothing could be left out of this request's blocks.
    NothingLeftOut(&'static str),
    /// Blocks like this are never changed.
    Never(&'static str),
}

impl Recent {
    /// An exchange with a provider.
    pub(super) fn of_exchange(exchange: Exchange, counters: &Counters, is_applied: bool) -> Self {
        let mut kinds: BTreeMap<&'static str, Kind> = BTreeMap::new();
        for block in &exchange.blocks {
            let sum = kinds.entry(kind(block)).or_default();
            sum.blocks += 1;
            sum.before += block.before as u64;
            sum.after += block.after as u64;
        }
        Self {
            id: 0,
            at: SystemTime::now(),
            provider: Some(exchange.provider),
            model: exchange.model.as_deref().map(printable),
            form: exchange.route,
            stream: exchange.stream,
            status: exchange.status,
            ending: exchange.ending,
            held_out: exchange.held_out,
            is_applied,
            reason: exchange.reason,
            counters: *counters,
            kinds,
            transforms: exchange.transforms,
            rounds: exchange.usage.len(),
            added: exchange.added,
            first_byte: exchange.status.map(|_| exchange.first_byte),
            total: exchange.total,
        }
    }

    /// A request that asked for the compression alone.
    pub(super) fn of_compression(compression: Compression, counters: &Counters) -> Self {
        Self {
            id: 0,
            at: compression.at,
            provider: None,
            model: compression.model.as_deref().map(printable),
            form: compression.form,
            stream: false,
            status: Some(200),
            ending: Ending::Done,
            held_out: false,
            is_applied: true,
            reason: None,
            counters: *counters,
            kinds: BTreeMap::new(),
            transforms: compression.transforms.into_iter().map(Into::into).collect(),
            rounds: 0,
            added: compression.took,
            first_byte: None,
            total: compression.took,
        }
    }
}

impl Unchanged {
    pub(super) fn new(block: &BlockFigures, of_request: Option<&'static str>) -> Self {
        let why = match (block.reason, of_request) {
            (Some(reason), _) => Why::Never(reason),
            (None, Some(reason)) => Why::NothingLeftOut(reason),
            (None, None) => Why::NoShorterForm,
        };
        Self {
            at: SystemTime::now(),
            tool: tool(block),
            kind: kind(block),
            tokens: block.before,
            why,
            times: 1,
        }
    }

    /// Whether nobody could tell them apart.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (&self.tool, self.kind, self.tokens, self.why)
            == (&other.tool, other.kind, other.tokens, other.why)
    }
}

/// The name of a block's kind.
pub(super) fn kind(block: &BlockFigures) -> &'static str {
    if block.kind.is_empty() { "kept" } else { block.kind }
}

/// The name of the tool whose result it is.
pub(super) fn tool(block: &BlockFigures) -> String {
    if block.tool.is_empty() { "(pasted)".to_owned() } else { printable(&block.tool) }
}
