//! What was done to a request, in numbers and names.

use llm_api::request::Role;
use metrics::BlockReport;

use super::tool_injection::ToolInjection;
use super::traverse::{Traversal, TraversedBlock};
use super::{block, tool_tokens};

/// What was done to a request; all of it becomes a part of the [`metrics::Exchange`].
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestReport {
    pub(crate) model: Option<String>,
    pub(crate) stream: bool,
    /// The conversation: a hash of its first block.
    pub(crate) conversation: Option<[u8; 8]>,
    /// Tokens of the blocks that may change.
    pub(crate) tokens_before: usize,
    /// The tokens of what stands for them.
    pub(crate) tokens_after: usize,
    /// Tokens of the tool results among them, before compression, in the model's own tokens: an estimate.
    pub(crate) tokens_touchable: usize,
    /// Tokens that are added beside them, or would be: an estimate.
    pub(crate) tokens_added: usize,
    pub(crate) blocks: Vec<BlockReport>,
    /// The names of what was done, each once.
    pub(crate) transforms: Vec<Box<str>>,
    /// Texts that stay because compressing them failed.
    pub(crate) failures: usize,
    /// Credentials that were replaced.
    pub(crate) redacted: usize,
    /// Turns into which intercepted calls were put back.
    pub(crate) replayed: usize,
    /// Turns for which that wasn't possible.
    pub(crate) replay_missing: usize,
    /// Why nothing was changed, or nothing could be elided.
    pub(crate) reason: Option<&'static str>,
    /// Whether the conversation is one of those left alone for comparison.
    pub(crate) held_out: bool,
}

impl RequestReport {
    /// The report of a request's blocks. `with_texts`: whether it holds what new ones say.
    pub(super) fn of(traversal: &Traversal<'_>, with_texts: bool) -> Self {
        let request = traversal.request;
        let last_said = request.turns.iter().rfind(|turn| turn.role == Role::Assistant);
        let last_said = last_said.map_or(0, |turn| turn.blocks.end);
        let first = request.turns.iter().find(|turn| turn.role != Role::Definition);
        let first = first.and_then(|turn| traversal.identities.fingerprints.get(turn.blocks.start));
        let mut report = RequestReport {
            model: request.model.as_deref().map(str::to_owned),
            stream: request.stream,
            conversation: first.map(|fingerprint| {
                let mut id = [0; 8];
                id.copy_from_slice(&fingerprint[..8]);
                id
            }),
            ..RequestReport::default()
        };
        match traversal.injection {
            ToolInjection::Injected => report.tokens_added = tool_tokens(request.api),
            ToolInjection::Unavailable(reason) => report.reason = Some(reason),
            ToolInjection::ClientTool => {}
        }
        for traversed in &traversal.blocks {
            let mut block = report.add(traversed);
            block.is_last = traversed.at >= last_said;
            if with_texts && traversed.is_new {
                let texts = block::texts(&request.blocks[traversed.at], &traversed.compressed);
                block.texts = Some(Box::new(texts));
            }
            report.blocks.push(block);
        }
        let results = report.blocks.iter().filter(|block| !block.tool.is_empty());
        let tokens = results.map(|block| block.before).sum();
        let model = report.model.as_deref().and_then(tokens::model);
        report.tokens_touchable = model.map_or(tokens, |model| model.estimate(tokens));
        report
    }

    /// Adds a block to the sums, and gives its own report.
    fn add(&mut self, traversed: &TraversedBlock) -> BlockReport {
        let compressed = &traversed.compressed;
        self.tokens_before += compressed.report.before;
        self.tokens_after += compressed.report.after;
        self.failures += compressed.failures;
        self.redacted += compressed.redacted;
        for transform in &compressed.transforms {
            if !self.transforms.contains(transform) {
                self.transforms.push(transform.clone());
            }
        }
        BlockReport { is_new: traversed.is_new, ..compressed.report.clone() }
    }
}
