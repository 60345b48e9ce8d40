//! What is told of each request to whoever keeps figures. Never a word of what it says.

use std::sync::Arc;
use std::time::{Duration, Instant};

use llm_api::answer::Usage;
use tokio::sync::OwnedSemaphorePermit;

use super::plan::Report;
use super::route::Route;

/// How an exchange with a provider ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ending {
    /// The whole answer was delivered.
    Done,
    /// The client went away before.
    #[default]
    ClientGone,
    /// The provider broke off, or couldn't be reached.
    ProviderBroke,
}

/// One block that may be made smaller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockFigures {
    /// The tool whose result it is; `unknown` for a call that isn't in the request, empty for what a
    /// user pasted.
    pub tool: Box<str>,
    /// What its largest part was taken for; empty where it wasn't looked at.
    pub kind: &'static str,
    /// Its tokens.
    pub before: usize,
    /// The tokens of what was sent for it.
    pub after: usize,
    /// Why it was sent as it was, if that wasn't for want of a shorter form.
    pub reason: Option<&'static str>,
    /// Whether it was worked out for this request, not known from one before.
    pub is_new: bool,
    /// Whether it is of the conversation's last step: after the model's last turn.
    pub is_last: bool,
    /// What it says, where that is asked for and it is new.
    pub texts: Option<Box<BlockTexts>>,
}

/// What a block says, and what was sent for it: cut, and without credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockTexts {
    /// As it came.
    pub before: String,
    /// As it was sent, or would have been.
    pub after: String,
}

/// One request and its answer.
#[derive(Debug, Clone, Default)]
pub struct Exchange {
    /// The provider's name.
    pub provider: &'static str,
    /// The path, for those whose conversations are understood; empty for others.
    pub route: &'static str,
    /// The model that was asked, as far as it is known.
    pub model: Option<String>,
    /// A hash of the conversation's first block.
    pub conversation: Option<[u8; 8]>,
    /// Whether the conversation was left alone for comparison.
    pub held_out: bool,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// Whether the provider bills it: a count of tokens is free.
    pub is_billed: bool,
    /// The provider's status; none when it gave no answer.
    pub status: Option<u16>,
    /// How it ended.
    pub ending: Ending,
    /// Tokens of the blocks that may be made smaller.
    pub tokens_before: usize,
    /// Tokens of what stands for them, or would stand if it weren't left alone.
    pub tokens_after: usize,
    /// Tokens that are added for the model to ask for what was left out; an estimate.
    pub tokens_added: usize,
    /// Each of those blocks.
    pub blocks: Vec<BlockFigures>,
    /// What was done, each once.
    pub transforms: Vec<Box<str>>,
    /// Why nothing was changed, or nothing could be left out.
    pub reason: Option<&'static str>,
    /// What each round used, as the provider says.
    pub usage: Vec<Usage>,
    /// Calls for what was left out, and those of them that got an error.
    pub retrievals: usize,
    /// See `retrievals`.
    pub retrievals_in_vain: usize,
    /// Turns into which intercepted calls were put back.
    pub replayed: usize,
    /// Turns for which that wasn't possible.
    pub replay_missing: usize,
    /// Blocks that stayed because something failed, and records that could not be kept.
    pub failures: usize,
    /// Credentials that were replaced.
    pub redacted: usize,
    /// From the request's head to its being sent.
    pub added: Duration,
    /// From its being sent to the head of the answer.
    pub first_byte: Duration,
    /// All of it.
    pub total: Duration,
}

/// Whoever keeps figures.
pub trait Recorder: Send + Sync {
    /// One exchange is over, however it ended. Called where nothing may block.
    fn record(&self, exchange: Exchange);
}

/// Tells a recorder of an exchange when it is dropped.
pub(super) struct Recording {
    pub(super) exchange: Exchange,
    started: Instant,
    recorder: Arc<dyn Recorder>,
    /// The exchange's place among those under way.
    _place: OwnedSemaphorePermit,
}

impl Recording {
    pub(super) fn new(
        recorder: Arc<dyn Recorder>,
        route: Route,
        place: OwnedSemaphorePermit,
    ) -> Self {
        let exchange = Exchange {
            provider: route.provider.name(),
            route: route.name,
            is_billed: route.is_answered,
            ..Exchange::default()
        };
        Recording { exchange, started: Instant::now(), recorder, _place: place }
    }

    pub(super) fn planned(&mut self, report: &Report) {
        let exchange = &mut self.exchange;
        exchange.model = report.model.clone();
        exchange.conversation = report.conversation;
        exchange.held_out = report.held_out;
        exchange.stream = report.stream;
        exchange.tokens_before = report.before;
        exchange.tokens_after = report.after;
        exchange.tokens_added = report.added;
        exchange.blocks = report.blocks.iter().map(BlockFigures::from).collect();
        exchange.transforms = report.transforms.clone();
        exchange.reason = report.reason;
        exchange.replayed = report.replayed;
        exchange.replay_missing = report.replay_missing;
        exchange.failures = report.failures;
        exchange.redacted = report.redacted;
    }

    pub(super) fn sent(&mut self) {
        self.exchange.added = self.started.elapsed();
    }

    pub(super) fn answered(&mut self, status: u16) {
        self.exchange.status = Some(status);
        self.exchange.first_byte = self.started.elapsed().saturating_sub(self.exchange.added);
    }

    pub(super) fn ended(&mut self, ending: Ending) {
        self.exchange.ending = ending;
    }
}

impl From<&super::plan::Line> for BlockFigures {
    fn from(line: &super::plan::Line) -> Self {
        BlockFigures {
            tool: line.tool.clone(),
            kind: line.kind.map_or("", compress::Kind::name),
            before: line.before,
            after: line.after,
            reason: line.reason,
            is_new: line.is_new,
            is_last: line.is_last,
            texts: line.texts.clone(),
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.exchange.total = self.started.elapsed();
        self.recorder.record(std::mem::take(&mut self.exchange));
    }
}
