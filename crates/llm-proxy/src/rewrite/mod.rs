//! Rewriting of a request before it is forwarded: its blocks are compressed in the provider's order,
//! intercepted calls are put back, and the retrieval tool is injected. All of it computes or reads
//! small files, and waits for nothing else.

mod block;
mod continue_turn;
mod fingerprints;
mod identities;
mod memo;
mod message;
mod recent;
mod references;
mod replay;
mod report;
mod retrieval_results;
mod sent_body;
mod shown;
mod single;
mod task;
mod tool_injection;
mod traverse;

use std::sync::Arc;

use blob_store::{Originals, ReplayStore};
use bytes::Bytes;
use compress::{Builtin, Provider};
use llm_api::Api;
use llm_api::request::{Request, read};
use llm_api::retrieval::TOOL;
use llm_api::splice::Edits;

use crate::Settings;
use crate::cache::Cache;
use crate::limits::Limits;
use crate::route::target::{TargetError, Targets};
pub(crate) use block::CompressedBlock;
pub(crate) use continue_turn::{MAX_ROUNDS, OpenTurn};
use fingerprints::Fingerprints;
use memo::Memo;
pub(crate) use message::{Past, RewrittenMessage};
use recent::RecentBodies;
pub(crate) use report::RequestReport;
pub(crate) use retrieval_results::tool_tokens;
pub(crate) use sent_body::SentBody;
use tool_injection::ToolInjection;
use traverse::Traversal;
pub(crate) use traverse::TraversedBlock;

/// The version of what requests become. Replicas that serve one conversation need the same.
pub const COMPRESSION_VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "/8");

/// Bytes of a token, where an estimate will do.
const BYTES_PER_TOKEN: usize = 4;

/// Rewrites requests, and remembers what it made of their blocks.
pub(crate) struct RequestRewriter {
    memo: Cache<Memo>,
    fingerprints: Fingerprints,
    recent: RecentBodies,
    replay_store: ReplayStore,
    originals: Option<Arc<Originals>>,
    compressor: Box<dyn Provider + Send + Sync>,
    settings: Settings,
}

/// A request that was rewritten.
pub(crate) struct RewrittenRequest {
    /// The body to be sent.
    pub(crate) body: SentBody,
    /// What was done.
    pub(crate) report: RequestReport,
    /// The state for answering the model's calls, where the retrieval tool was injected.
    pub(crate) turn: Option<OpenTurn>,
}

impl RewrittenRequest {
    /// A body that goes on as it is.
    pub(crate) fn unchanged(body: Bytes, reason: &'static str) -> Self {
        let report = RequestReport { reason: Some(reason), ..RequestReport::default() };
        RewrittenRequest { body: body.into(), report, turn: None }
    }
}

impl RequestRewriter {
    pub(crate) fn new(
        settings: Settings,
        replay_store: ReplayStore,
        originals: Option<Arc<Originals>>,
        compressor: Box<dyn Provider + Send + Sync>,
    ) -> Self {
        let memo = Cache::new(settings.cache_bytes);
        let fingerprints = Fingerprints::new();
        let recent = RecentBodies::new();
        RequestRewriter {
            memo,
            fingerprints,
            recent,
            replay_store,
            originals,
            compressor,
            settings,
        }
    }

    /// A rewriter of which nothing is sent: it keeps originals in `originals`, works within `limits`,
    /// and remembers nothing, as no block is rewritten twice.
    ///
    /// # Errors
    /// If the providers' own addresses aren't URLs.
    pub(crate) fn without_provider(
        originals: Option<Arc<Originals>>,
        limits: Limits,
    ) -> Result<Self, TargetError> {
        let targets = Targets::new(None, None, None)?;
        let settings = Settings { cache_bytes: 0, limits, ..Settings::new(targets) };
        Ok(Self::new(settings, ReplayStore::in_memory(), originals, Box::new(Builtin)))
    }

    /// Rewrites a request of `api`. A body without a conversation that can be read goes on as it is.
    pub(crate) fn rewrite(&self, api: &'static dyn Api, body: &Bytes) -> RewrittenRequest {
        let unchanged = |report| RewrittenRequest { body: body.clone().into(), report, turn: None };
        let Ok((index, continuation)) = self.recent.scan(body) else {
            return RewrittenRequest::unchanged(body.clone(), "not readable as JSON");
        };
        let Some(request) = read(api, &index) else {
            return RewrittenRequest::unchanged(body.clone(), "no conversation");
        };
        let traversal = self.traverse(&request, Some(&continuation));
        let mut report = RequestReport::of(&traversal, self.settings.log_messages);
        report.held_out = report.conversation.is_some_and(|id| self.is_held_out(id));
        if !self.settings.optimize || report.held_out {
            return unchanged(report);
        }
        let mut edits = traversal.edits();
        let is_injected = traversal.injection == ToolInjection::Injected;
        if is_injected {
            self.inject(&traversal, &mut edits, &mut report);
        }
        self.remember_injection(&traversal);
        if edits.is_empty() {
            return unchanged(report);
        }
        // Edits of distinct values of one text never overlap.
        let Ok(sent) = SentBody::spliced(body, &edits) else { return unchanged(report) };
        let turn =
            is_injected.then(|| OpenTurn::new(&request, body.clone(), edits, traversal.end()));
        RewrittenRequest { body: sent, report, turn }
    }

    /// What the blocks of a request become that may change, in their order, and whether the retrieval
    /// tool is injected.
    pub(crate) fn compressed_blocks(&self, request: &Request<'_>) -> (Vec<TraversedBlock>, bool) {
        let traversal = self.traverse(request, None);
        let is_injected = traversal.injection == ToolInjection::Injected;
        (traversal.blocks, is_injected)
    }

    /// Injects the tool, and puts intercepted calls back.
    fn inject(&self, traversal: &Traversal<'_>, edits: &mut Edits, report: &mut RequestReport) {
        let request = traversal.request;
        let definition = request.api.tool_definition(&TOOL);
        request.insert_tool(traversal.tool_position, &definition, edits);
        let before = edits.added();
        self.restore(traversal, edits, report);
        report.tokens_added += (edits.added() - before) / BYTES_PER_TOKEN;
    }

    fn is_held_out(&self, conversation: [u8; 8]) -> bool {
        let place = u64::from_le_bytes(conversation) as f64 / u64::MAX as f64;
        place < self.settings.holdout
    }
}
