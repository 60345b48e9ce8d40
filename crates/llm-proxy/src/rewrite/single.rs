//! The last block of a conversation alone, for whoever replaces a tool's result where it arises: the
//! blocks before it are what the model has seen, and stay.

use std::cell::RefCell;

use compress::Retrieval;
use llm_api::request::Request;

use super::RequestRewriter;
use super::block::{self, BlockContext, CompressedBlock, sent_text};
use super::references::ReferredEnds;
use super::shown::{Conversation, ShownSoFar};
use super::tool_injection::ToolInjection;

impl RequestRewriter {
    /// What the last block of `request` becomes, with at most `budget` tokens for each of its texts
    /// where that is given, and one reference where the model `reads_parts` of originals; `None` for a block that may not change. What is elided is kept.
    pub(crate) fn compress_last(
        &self,
        request: &Request<'_>,
        budget: Option<usize>,
        reads_parts: bool,
    ) -> Option<CompressedBlock> {
        let at = request.blocks.len().checked_sub(1)?;
        let block = request.blocks.get(at).filter(|block| block::may_change(block))?;
        let so_far = RefCell::default();
        let conversation = Conversation { request, traversed: &[], memo: None };
        let context = BlockContext {
            shown: ShownSoFar::before(&so_far, conversation, at),
            budget,
            reads_parts,
            ..self.context(request, at, ToolInjection::ClientTool, &[])
        };
        Some(self.kept(block, &context, block::compress(block, &context)))
    }

    /// The text of the last block of `request` with references to its first and last lines alone;
    /// `None` where these weren't shown before. Long ones can be retrieved.
    pub(crate) fn refer_at_ends(&self, request: &Request<'_>) -> Option<ReferredEnds> {
        let at = request.blocks.len().checked_sub(1)?;
        let block = request.blocks.get(at).filter(|block| block::may_change(block))?;
        let call = block.tool_result.as_ref()?.call.as_ref();
        if call.is_some_and(|call| self.settings.limits.exclude.has(call)) {
            return None;
        }
        let [value] = &block.texts[..] else { return None };
        let text = value.text()?;
        let so_far = RefCell::default();
        let conversation = Conversation { request, traversed: &[], memo: None };
        let shown = ShownSoFar::before(&so_far, conversation, at)?;
        let (found, originals) = ReferredEnds::of(&text, shown, Retrieval::Offered)?;
        if let Some(store) = &self.originals
            && store.put_all(originals).is_ok()
        {
            return Some(found);
        }
        ReferredEnds::of(&text, shown, Retrieval::None).map(|(found, _)| found)
    }
}

impl CompressedBlock {
    /// For each of its texts what stands for it; `None` where it stays.
    pub(crate) fn sent_texts(&self) -> Vec<Option<String>> {
        self.texts.iter().map(|sent| sent.as_deref().and_then(sent_text)).collect()
    }

    /// Whether something in it can be retrieved.
    pub(crate) fn has_references(&self) -> bool {
        !self.hashes.is_empty()
    }
}
