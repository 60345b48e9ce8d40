//! What is listed one by one: the last requests, and the largest blocks that were left as they were.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use crate::counters::{Counters, printable};
use crate::exchange::{BlockReport, Ending, Exchange};
use crate::snapshot::Compression;

/// One of the last requests.
#[derive(Debug, Clone)]
pub struct Recent {
    /// Its number since the process began.
    pub id: u64,
    /// When it ended.
    pub at: SystemTime,
    /// The provider; none for a request for compression alone.
    pub provider: Option<&'static str>,
    /// The model, as far as the request names it.
    pub model: Option<String>,
    /// The route; `text` or `messages` for compression alone.
    pub form: &'static str,
    /// Whether it asked for a stream.
    pub stream: bool,
    /// The status of the response; none if there was no response.
    pub status: Option<u16>,
    /// How it ended.
    pub ending: Ending,
    /// Whether it was left alone for comparison.
    pub held_out: bool,
    /// Whether the compressed blocks were sent.
    pub is_applied: bool,
    /// Why nothing was changed, or nothing could be elided.
    pub reason: Option<&'static str>,
    /// Its counters.
    pub counters: Counters,
    /// Its blocks by kind, before and after compression.
    pub kinds: BTreeMap<&'static str, KindTokens>,
    /// The names of what was done.
    pub transforms: Vec<Box<str>>,
    /// Requests to the provider.
    pub rounds: usize,
    /// The time that compressing added.
    pub overhead: Duration,
    /// From sending it on to the head of the response.
    pub first_byte: Option<Duration>,
    /// From its head to the end of the response.
    pub total: Duration,
}

/// The blocks of one kind in a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct KindTokens {
    /// How many they are.
    pub blocks: u64,
    /// Their tokens before compression.
    pub before: u64,
    /// Their tokens after compression.
    pub after: u64,
}

/// A block that was left as it was, or several that differ in nothing that is listed.
#[derive(Debug, Clone)]
pub struct Unchanged {
    /// When the last of them was sent.
    pub at: SystemTime,
    /// The tool whose result it is.
    pub tool: String,
    /// Its kind.
    pub kind: &'static str,
    /// Its tokens.
    pub tokens: usize,
    /// Why it was left as it was.
    pub why: Why,
    /// How many blocks there were like it.
    pub times: usize,
}

/// Why a block was left as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// No codec makes it shorter.
    NoShorterForm,
    /// Nothing could be elided in this request, for this reason.
    NothingLeftOut(&'static str),
    /// Blocks like this are never changed, for this reason.
    Never(&'static str),
}

impl Recent {
    /// Of an exchange with a provider.
    pub(crate) fn of_exchange(exchange: Exchange, counters: &Counters, is_applied: bool) -> Self {
        let mut kinds: BTreeMap<&'static str, KindTokens> = BTreeMap::new();
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
            overhead: exchange.added,
            first_byte: exchange.status.map(|_| exchange.first_byte),
            total: exchange.total,
        }
    }

    /// Of a request for compression alone.
    pub(crate) fn of_compression(compression: Compression, counters: &Counters) -> Self {
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
            overhead: compression.took,
            first_byte: None,
            total: compression.took,
        }
    }
}

impl Unchanged {
    pub(crate) fn new(block: &BlockReport, of_request: Option<&'static str>) -> Self {
        let why = match (block.reason, of_request) {
            (Some(reason), _) => Why::Never(reason),
            (None, Some(reason)) => Why::NothingLeftOut(reason),
            (None, None) => Why::NoShorterForm,
        };
        Self {
            at: SystemTime::now(),
            tool: tool(&block.tool),
            kind: kind(block),
            tokens: block.before,
            why,
            times: 1,
        }
    }

    /// Whether the two differ in nothing that is listed.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        (&self.tool, self.kind, self.tokens, self.why)
            == (&other.tool, other.kind, other.tokens, other.why)
    }
}

/// The name of a block's kind; `kept` where it wasn't detected.
pub(crate) fn kind(block: &BlockReport) -> &'static str {
    if block.kind.is_empty() { "kept" } else { block.kind }
}

/// The name of the tool whose result a block is, which is called `name`; `(pasted)` for what a user pasted.
pub(crate) fn tool(name: &str) -> String {
    if name.is_empty() { "(pasted)".to_owned() } else { printable(name) }
}
