//! One request to a provider and its response, in numbers and names: never a word of what was said,
//! but where the user asks for that ([`BlockReport::texts`]).

use std::sync::Arc;
use std::time::Duration;

use llm_api::response::Usage;

/// How an exchange with a provider ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ending {
    /// The whole response was delivered.
    Done,
    /// The client disconnected before.
    #[default]
    ClientGone,
    /// The provider broke off its response, or couldn't be reached.
    ProviderBroke,
}

/// One block that may be compressed: what it was, and what it became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockReport {
    /// The tool whose result it is; `unknown` for a call that isn't in the request, empty for what a
    /// user pasted.
    pub tool: Arc<str>,
    /// The kind of its largest part; empty where it wasn't detected.
    pub kind: &'static str,
    /// Its tokens.
    pub before: usize,
    /// The tokens of what was sent for it.
    pub after: usize,
    /// Why it was sent as it was, if that isn't because nothing shorter was found.
    pub reason: Option<&'static str>,
    /// Whether it was compressed for this request, not taken from the cache.
    pub is_new: bool,
    /// Whether it comes after the model's last turn.
    pub is_last: bool,
    /// Its texts, where `--log-messages` asks for them and it is new.
    pub texts: Option<Box<BlockTexts>>,
}

/// The texts of a block before and after: truncated, and without credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockTexts {
    /// As it came.
    pub before: String,
    /// As it was sent, or would have been.
    pub after: String,
}

/// One request to a provider and its response.
#[derive(Debug, Clone, Default)]
pub struct Exchange {
    /// The provider's name.
    pub provider: &'static str,
    /// The route, for requests whose conversations are understood; empty for others.
    pub route: &'static str,
    /// The client, as far as it names itself: the first product of its `User-Agent`.
    pub client: Option<Box<str>>,
    /// The model, as far as the request names it.
    pub model: Option<String>,
    /// A hash that tells conversations apart: that of the first block.
    pub conversation: Option<[u8; 8]>,
    /// Whether the conversation was left alone for comparison.
    pub held_out: bool,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// Whether the provider bills it: counting tokens is free.
    pub is_billed: bool,
    /// The provider's status; none if there was no response.
    pub status: Option<u16>,
    /// How it ended.
    pub ending: Ending,
    /// Tokens of the blocks that may be compressed.
    pub tokens_before: usize,
    /// Their tokens after compression, whether that was sent or the conversation was left alone.
    pub tokens_after: usize,
    /// Tokens of the tool results among them, before compression, in the model's own tokens: an estimate.
    pub tokens_touchable: usize,
    /// Tokens that the injected tool and replayed calls add; an estimate.
    pub tokens_added: usize,
    /// Each of those blocks.
    pub blocks: Vec<BlockReport>,
    /// The names of what was done, each once.
    pub transforms: Vec<Box<str>>,
    /// Why nothing was changed, or nothing could be elided.
    pub reason: Option<&'static str>,
    /// The usage of each round, as the provider reports it.
    pub usage: Vec<Usage>,
    /// Intercepted tool calls.
    pub retrievals: usize,
    /// Those of them that were answered with an error.
    pub retrievals_failed: usize,
    /// Turns into which intercepted tool calls were replayed.
    pub replayed: usize,
    /// Turns whose intercepted tool calls couldn't be replayed.
    pub replay_missing: usize,
    /// Blocks that stayed because something failed, and replay entries that couldn't be kept.
    pub failures: usize,
    /// Credentials that were replaced.
    pub redacted: usize,
    /// From the request's head to sending it on.
    pub added: Duration,
    /// From sending it on to the head of the response.
    pub first_byte: Duration,
    /// From the request's head to the end of the response.
    pub total: Duration,
}

/// A receiver of finished exchanges.
pub trait Recorder: Send + Sync {
    /// Takes an exchange, however it ended. Called on a thread of the runtime: it must not block.
    fn record(&self, exchange: Exchange);
}
