//! Traversal of a request's blocks in the provider's order. Each is compressed once: the result is a
//! function of the block and of those before it, and is remembered under a hash of them.

use std::cell::RefCell;
use std::sync::Arc;

use compress::Retrieval;
use llm_api::request::{Block, Request, Role};
use llm_api::splice::Edits;

use super::block::{self, BlockContext, CompressedBlock};
use super::identities::{EarlierRequest, Identities};
use super::memo::{Memo, chain, tool_names};
use super::recent::Continuation;
use super::shown::{self, Conversation, ShownSoFar};
use super::tool_injection::ToolInjection;
use super::{BYTES_PER_TOKEN, COMPRESSION_VERSION, RequestRewriter, task};
use crate::cache::Key;

/// A block that may change, and what it becomes.
pub(crate) struct TraversedBlock {
    /// Its place in [`Request::blocks`].
    pub(crate) at: usize,
    /// What it becomes.
    pub(crate) compressed: Arc<CompressedBlock>,
    /// Whether that was worked out for this request, not remembered.
    pub(super) is_new: bool,
}

/// A request with what its blocks become.
pub(super) struct Traversal<'t> {
    pub(super) request: &'t Request<'t>,
    pub(super) injection: ToolInjection,
    /// How many of the client's tools the injected one stands behind.
    pub(super) tool_position: usize,
    /// The blocks that may change, in order.
    pub(super) blocks: Vec<TraversedBlock>,
    /// What identifies its blocks and turns.
    pub(super) identities: Arc<Identities>,
    /// The request that it goes on with, if that is known.
    pub(super) earlier: Option<EarlierRequest<'t>>,
}

impl Traversal<'_> {
    /// What identifies the whole conversation.
    pub(super) fn end(&self) -> Key {
        self.identities.before.last().copied().unwrap_or_default()
    }

    /// The edits that put compressed texts in place.
    pub(super) fn edits(&self) -> Edits {
        let mut edits = Edits::default();
        for traversed in &self.blocks {
            let values = &self.request.blocks[traversed.at].texts;
            for (value, text) in values.iter().zip(&traversed.compressed.texts) {
                if let Some(text) = text {
                    edits.replace_shared(value.range(), text);
                }
            }
        }
        edits
    }
}

impl RequestRewriter {
    /// Compresses each block that may change, or remembers what it became. `continuation`: what the request goes on
    /// with, where that was looked for.
    pub(super) fn traverse<'t>(
        &self,
        request: &'t Request<'t>,
        continuation: Option<&'t Continuation>,
    ) -> Traversal<'t> {
        let earlier = continuation.and_then(Continuation::earlier);
        let mut identities =
            Identities::of(request, earlier, |blocks| self.fingerprints.of(blocks));
        let (injection, tool_position) = match self.injected_before(request, &identities.before) {
            Some(position) if ToolInjection::may_stay(request) => {
                (ToolInjection::Injected, position)
            }
            _ => {
                let injection = match self.settings.lossless {
                    true => ToolInjection::Unavailable("nothing may be left out"),
                    false => ToolInjection::of(request),
                };
                (injection, request.tool_position())
            }
        };
        identities.chain(self.seed(request, injection), earlier.map(|earlier| earlier.identities));
        let so_far = RefCell::default();
        let mut blocks: Vec<TraversedBlock> = Vec::new();
        for (at, block) in request.blocks.iter().enumerate() {
            if block::may_change(block) {
                let key = identities.chained[at];
                let (compressed, is_new) = match self.memo.get(&key) {
                    Some(Memo::Block(compressed)) => (compressed, false),
                    _ => {
                        let memo = Some((&self.memo, &*identities.fingerprints));
                        let conversation = Conversation { request, traversed: &blocks, memo };
                        let context = BlockContext {
                            shown: ShownSoFar::before(&so_far, conversation, at),
                            same: same(request, at, &blocks),
                            ..self.context(request, at, injection, &blocks)
                        };
                        (self.compress_block(request, at, injection, context, key), true)
                    }
                };
                blocks.push(TraversedBlock { at, compressed, is_new });
            }
        }
        let identities = Arc::new(identities);
        if let Some(continuation) = continuation {
            continuation.keep(&identities);
        }
        Traversal { request, injection, tool_position, blocks, identities, earlier }
    }

    /// The position of the tool that was injected into the last request that this one continues; `None`
    /// where none was, or where that isn't known any more. Of two conversations that begin with the
    /// same words, the one with these tools counts, and no tools have changed before the model spoke.
    fn injected_before(&self, request: &Request<'_>, before: &[Key]) -> Option<usize> {
        let tools = tool_names(request);
        let at = |before: &Key, which: &[u8]| match self.memo.get(&chain(before, which)) {
            Some(Memo::Injection(position)) => Some(position),
            _ => None,
        };
        let (end, earlier) = before.split_last()?;
        let of_earlier = |before| at(before, &tools).or_else(|| at(before, b"offered"));
        at(end, &tools).or_else(|| earlier.iter().rev().find_map(of_earlier)).flatten()
    }

    /// Remembers what is injected up to the end of a request that is about to be sent.
    pub(super) fn remember_injection(&self, traversal: &Traversal<'_>) {
        let is_injected = traversal.injection == ToolInjection::Injected;
        let position = is_injected.then_some(traversal.tool_position);
        let tools = tool_names(traversal.request);
        self.memo.put(chain(&traversal.end(), &tools), Memo::Injection(position));
        if position.is_some() {
            self.memo.put(chain(&traversal.end(), b"offered"), Memo::Injection(position));
        }
    }

    /// What the result for a block depends on beside the blocks before it.
    fn seed(&self, request: &Request<'_>, injection: ToolInjection) -> Key {
        let injection = match injection {
            ToolInjection::Injected => 0,
            ToolInjection::ClientTool => 1,
            ToolInjection::Unavailable(_) => 2,
        };
        let flags = [self.settings.redact_secrets, request.may_drop, request.is_partial];
        let settings = [&[request.api.id(), injection][..], &flags.map(u8::from)].concat();
        chain(blake3::hash(COMPRESSION_VERSION.as_bytes()).as_bytes(), &settings)
    }

    /// Compresses the block at `at`, and remembers the result under `key`.
    fn compress_block(
        &self,
        request: &Request<'_>,
        at: usize,
        injection: ToolInjection,
        context: BlockContext<'_>,
        key: Key,
    ) -> Arc<CompressedBlock> {
        let block = &request.blocks[at];
        let mut compressed = block::compress(block, &context);
        // What an earlier block elided is kept already.
        let is_kept = context.same.is_some_and(|same| same.hashes == compressed.hashes);
        let is_for_client = injection == ToolInjection::ClientTool;
        if is_for_client && !is_kept {
            compressed = self.kept(block, &context, compressed);
        }
        if context.shown.is_some() && compressed.grams.is_none() {
            compressed.grams = Some(Arc::new(shown::grams(block, &compressed.texts)));
        }
        let compressed = Arc::new(compressed);
        self.memo.put(key, Memo::Block(compressed.clone()));
        compressed
    }

    /// The context of the block at `at`, before which `blocks` are.
    pub(super) fn context(
        &self,
        request: &Request<'_>,
        at: usize,
        injection: ToolInjection,
        blocks: &[TraversedBlock],
    ) -> BlockContext<'_> {
        let retrieval = match injection {
            ToolInjection::Injected | ToolInjection::ClientTool => Retrieval::Offered,
            ToolInjection::Unavailable(_) => Retrieval::None,
        };
        BlockContext {
            compressor: &*self.compressor,
            limits: &self.settings.limits,
            task: task::task(&request.blocks[..at]),
            tokens_before: tokens_before(request, at, blocks),
            retrieval,
            redact: self.settings.redact_secrets,
            shown: None,
            same: None,
            budget: None,
            reads_parts: false,
        }
    }

    /// What `block` became, `compressed`, once the originals of all that it refers to are kept for a
    /// reader that doesn't ask this request. What can't be kept can't be retrieved, so then nothing is
    /// elided.
    pub(super) fn kept(
        &self,
        block: &Block<'_>,
        context: &BlockContext<'_>,
        compressed: CompressedBlock,
    ) -> CompressedBlock {
        if self.keep(block, context, &compressed) {
            return compressed;
        }
        let lossless = BlockContext { retrieval: Retrieval::None, ..context.clone() };
        let mut without = block::compress(block, &lossless);
        without.failures = compressed.failures + 1;
        without
    }

    /// Keeps what was elided from a block, and what its references stand for.
    fn keep(
        &self,
        block: &Block<'_>,
        context: &BlockContext<'_>,
        compressed: &CompressedBlock,
    ) -> bool {
        if compressed.hashes.is_empty() {
            return true;
        }
        let Some(store) = &self.originals else { return false };
        let originals = block::originals(block, context, compressed);
        let is_there = |hash: &str| originals.iter().any(|(known, _)| known.starts_with(hash));
        compressed.hashes.iter().all(|hash| is_there(hash))
            && store.put_all(originals.iter().map(|(_, original)| original.as_str())).is_ok()
    }
}

/// About how many tokens are sent before the block at `at`.
fn tokens_before(request: &Request<'_>, at: usize, blocks: &[TraversedBlock]) -> usize {
    let mut traversed = blocks.iter().peekable();
    let tokens = request.blocks[..at].iter().enumerate().map(|(at, block)| {
        match traversed.next_if(|traversed| traversed.at == at) {
            Some(traversed) => traversed.compressed.report.after,
            None => block.length() / BYTES_PER_TOKEN,
        }
    });
    tokens.sum()
}

/// What the first result among `blocks` became whose text is that of the one at `at`.
fn same<'b>(
    request: &Request<'_>,
    at: usize,
    blocks: &'b [TraversedBlock],
) -> Option<&'b CompressedBlock> {
    let [value] = &request.blocks[at].texts[..] else { return None };
    let has_text = |block: &Block<'_>| match &block.texts[..] {
        [other] => block.role == Role::Tool && other.raw() == value.raw(),
        _ => false,
    };
    let same = blocks.iter().find(|traversed| has_text(&request.blocks[traversed.at]))?;
    Some(&same.compressed)
}
