//! The compression of conversations that are over, for `headroom audit`: what each block would have
//! become, with nothing sent, stored or asked.

use blob_store::ReplayStore;
use bytes::Bytes;
use compress::Builtin;
use json_index::scan;
use llm_api::Api;
use llm_api::request::read;
use llm_api::tool_call::hint;
use metrics::BlockReport;

use crate::rewrite::{RequestRewriter, tool_tokens};
use crate::route::target::{TargetError, Targets};
use crate::settings::Settings;

/// Compresses conversations as the proxy does.
pub struct Offline {
    rewriter: RequestRewriter,
}

/// One block that may be compressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflineBlock {
    /// Where it begins in the body, in bytes.
    pub at: usize,
    /// The command or file that the tool's call names.
    pub hint: Option<String>,
    /// What it was and what would be sent for it, in tokens of `o200k_base`.
    pub report: BlockReport,
}

impl Offline {
    /// A compressor of conversations.
    ///
    /// # Errors
    /// Never, in truth: the providers' own addresses are URLs.
    pub fn new() -> Result<Self, TargetError> {
        // Nothing is sent to these, and no work is done twice.
        let settings = Settings {
            cache_bytes: 0,
            has_prompts: false,
            ..Settings::new(Targets::new(None, None, None)?)
        };
        let replay_store = ReplayStore::in_memory();
        Ok(Self { rewriter: RequestRewriter::new(settings, replay_store, None, Box::new(Builtin)) })
    }

    /// What the blocks of a request's body become, in their order; `None` for a body without a
    /// conversation. What a block becomes depends on those before it alone, so this is what it became
    /// in each request that held it.
    pub fn compress(&self, api: &'static dyn Api, body: &Bytes) -> Option<Vec<OfflineBlock>> {
        let index = scan(body).ok()?;
        let request = read(api, &index)?;
        let blocks = self.rewriter.compressed_blocks(&request).into_iter().map(|traversed| {
            let block = &request.blocks[traversed.at];
            let call = block.tool_result.as_ref().and_then(|result| result.call.as_ref());
            OfflineBlock {
                at: block.value.range().start,
                hint: call.and_then(hint),
                report: traversed.compressed.report.clone(),
            }
        });
        Some(blocks.collect())
    }

    /// Tokens of the injected tool's definition.
    pub fn tool_tokens(api: &'static dyn Api) -> usize {
        tool_tokens(api)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use llm_api::MESSAGES;

    use super::*;

    #[test]
    fn a_block_is_what_it_was_in_every_request() {
        let lines: String =
            (0..500).map(|i| format!("2026-01-01T00:00:00Z INFO request {i} done\n")).collect();
        let turn = |id: &str| {
            [
                json!({"role": "assistant", "content": [{"type": "tool_use", "id": id, "name": "Bash", "input": {"command": "cat a.log"}}]}),
                json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": lines}]}),
            ]
        };
        let mut messages = vec![json!({"role": "user", "content": "why?"})];
        messages.extend(turn("t1"));
        let offline = Offline::new().unwrap();
        let compress = |messages: &[serde_json::Value]| {
            let body = json!({"tools": [{"name": "Bash"}], "messages": messages}).to_string();
            offline.compress(MESSAGES, &body.into()).unwrap()
        };
        let first = compress(&messages);
        messages.extend(turn("t2"));
        let both = compress(&messages);
        assert_eq!((first.len(), both.len()), (1, 2));
        assert_eq!(first[0], both[0]);
        assert_eq!((&*first[0].report.tool, first[0].hint.as_deref()), ("Bash", Some("cat a.log")));
        assert!(first[0].report.after * 2 < first[0].report.before);
        assert!(Offline::tool_tokens(MESSAGES) > 20);
    }
}
