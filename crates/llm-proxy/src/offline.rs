//! The rewriting of conversations that are over, for `headroom audit`: what the proxy would have made of
//! each block, with nothing sent, stored or asked.

use std::borrow::Cow;

use bytes::Bytes;
use compress::marker;
use json_index::scan;
use llm_api::Api;
use llm_api::request::{Block, Call, Request, Role, read};
use llm_api::retrieval::is_retrieval;
use llm_api::tool_call::hint;
use metrics::BlockReport;
use tokens::Encoding;

use crate::limits::Limits;
use crate::rewrite::{CompressedBlock, RequestRewriter, tool_tokens};
use crate::route::target::TargetError;

/// Rewrites conversations as the proxy does.
pub struct Offline {
    rewriter: RequestRewriter,
}

/// What the proxy would have made of a conversation.
#[derive(Debug, Default)]
pub struct OfflineReplay {
    /// The blocks that may be compressed, in their order.
    pub blocks: Vec<OfflineBlock>,
    /// What was said and shown, in its order.
    pub steps: Vec<OfflineStep>,
    /// Tokens that the injected tool adds to each request; 0 where none is injected.
    pub tokens_added: usize,
    /// Whether results in it went through Headroom before, or it has Headroom's tool.
    pub is_compressed_already: bool,
}

/// One block that may be compressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflineBlock {
    /// Where it begins in the body, in bytes.
    pub at: usize,
    /// The command or file that the tool's call names.
    pub hint: Option<String>,
    /// Whether something was elided from it.
    pub is_lossy: bool,
    /// What it was and what would be sent for it, in tokens of `o200k_base`.
    pub report: BlockReport,
}

/// A step of a conversation.
#[derive(Debug)]
pub enum OfflineStep {
    /// What the model said: its words, or the arguments of a call.
    Said {
        /// Where its block begins in the body, in bytes.
        at: usize,
        /// The text, or JSON.
        text: String,
    },
    /// What the model was shown, by whoever but a tool.
    Shown {
        /// The text.
        text: String,
    },
    /// The result of a tool, or another block that may be compressed.
    Result {
        /// Where it begins in the body, in bytes.
        at: usize,
        /// Its place in [`OfflineReplay::blocks`]; `None` if it is too short to be compressed.
        block: Option<usize>,
        /// Its tokens.
        tokens: usize,
        /// Its text.
        before: String,
        /// The text that would be sent for it, if that is another one.
        after: Option<String>,
    },
}

impl Offline {
    /// A rewriter of conversations.
    ///
    /// # Errors
    /// If the providers' own addresses aren't URLs.
    pub fn new() -> Result<Self, TargetError> {
        Ok(Self { rewriter: RequestRewriter::without_provider(None, Limits::default())? })
    }

    /// What the blocks of a request's body become, in their order; `None` for a body without a
    /// conversation. What a block becomes depends on those before it alone, so this is what it became
    /// in each request that held it.
    pub fn replay(&self, api: &'static dyn Api, body: &Bytes) -> Option<OfflineReplay> {
        let index = scan(body).ok()?;
        let request = read(api, &index)?;
        let (traversed, is_injected) = self.rewriter.compressed_blocks(&request);
        let mut replay = OfflineReplay {
            tokens_added: if is_injected { tool_tokens(api) } else { 0 },
            is_compressed_already: is_compressed_already(&request),
            ..OfflineReplay::default()
        };
        let mut traversed = traversed.into_iter().peekable();
        for (at, block) in request.blocks.iter().enumerate() {
            let compressed = traversed.next_if(|traversed| traversed.at == at);
            replay.add(block, compressed.as_ref().map(|traversed| &*traversed.compressed));
        }
        Some(replay)
    }
}

impl OfflineReplay {
    fn add(&mut self, block: &Block<'_>, compressed: Option<&CompressedBlock>) {
        let at = block.value.range().start;
        if let Some(compressed) = compressed {
            let call = block.tool_result.as_ref().and_then(|result| result.call.as_ref());
            self.blocks.push(OfflineBlock {
                at,
                hint: call.and_then(hint),
                is_lossy: compressed.is_lossy(),
                report: compressed.report.clone(),
            });
            let (before, after) = compressed.texts_of(block);
            let after = Some(after).filter(|after| *after != before);
            let (block, tokens) = (Some(self.blocks.len() - 1), compressed.report.before);
            self.steps.push(OfflineStep::Result { at, block, tokens, before, after });
            return;
        }
        let texts = block.texts.iter().filter_map(|text| text.text());
        let text = texts.collect::<Vec<Cow<'_, str>>>().join("\n");
        self.steps.push(match block.role {
            Role::Assistant => {
                let arguments = block.calls.iter().map(Call::arguments);
                let said = arguments.chain([Cow::from(text)]).collect::<Vec<_>>().join("\n");
                OfflineStep::Said { at, text: said.trim_end().to_owned() }
            }
            Role::Tool => {
                let tokens = tokens::count(Encoding::default(), &text);
                OfflineStep::Result { at, block: None, tokens, before: text, after: None }
            }
            _ => OfflineStep::Shown { text },
        });
    }
}

/// Whether a conversation went through Headroom: by its markers in results, or a call of its tool.
fn is_compressed_already(request: &Request<'_>) -> bool {
    let has_marker = |block: &Block<'_>| {
        let mut texts = block.texts.iter().filter_map(|text| text.text());
        block.role == Role::Tool && texts.any(|text| marker::contains(&text))
    };
    let has_call = |block: &Block<'_>| block.calls.iter().any(|call| is_retrieval(&call.name));
    request.blocks.iter().any(|block| has_call(block) || has_marker(block))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use llm_api::MESSAGES;
    use testkit::provider::system_prompt;

    use super::*;

    fn replay(messages: &[Value]) -> OfflineReplay {
        let body =
            json!({"system": system_prompt(), "tools": [{"name": "Bash"}], "messages": messages});
        Offline::new().unwrap().replay(MESSAGES, &body.to_string().into()).unwrap()
    }

    fn turn(id: &str, result: &str) -> [Value; 2] {
        [
            json!({"role": "assistant", "content": [{"type": "tool_use", "id": id, "name": "Bash", "input": {"command": "cat a.log"}}]}),
            json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": result}]}),
        ]
    }

    fn log() -> String {
        (0..500).map(|i| format!("2026-01-01T00:00:00Z INFO request {i} done\n")).collect()
    }

    #[test]
    fn a_block_is_what_it_was_in_every_request() {
        let mut messages = vec![json!({"role": "user", "content": "why?"})];
        messages.extend(turn("t1", &log()));
        let first = replay(&messages);
        messages.extend(turn("t2", &log()));
        let both = replay(&messages);
        assert_eq!((first.blocks.len(), both.blocks.len()), (1, 2));
        assert_eq!(first.blocks[0], both.blocks[0]);
        let block = &first.blocks[0];
        assert_eq!((&*block.report.tool, block.hint.as_deref()), ("Bash", Some("cat a.log")));
        assert!(block.report.after * 2 < block.report.before && block.is_lossy);
        assert!(first.tokens_added > 20 && !first.is_compressed_already);
    }

    #[test]
    fn steps_are_what_was_said_and_shown() {
        let mut messages = vec![json!({"role": "user", "content": "why?"})];
        messages.extend(turn("t1", "short"));
        messages.extend(turn("t2", &log()));
        let replay = replay(&messages);
        let steps: Vec<String> = replay
            .steps
            .iter()
            .map(|step| match step {
                OfflineStep::Said { text, .. } => format!("said {text}"),
                OfflineStep::Shown { text } => format!("shown {}", text.len()),
                OfflineStep::Result { block, after, .. } => {
                    format!("result {block:?} {}", after.is_some())
                }
            })
            .collect();
        let call = "said {\"command\":\"cat a.log\"}";
        assert_eq!(
            steps[steps.len() - 5..],
            ["shown 4", call, "result None false", call, "result Some(0) true"]
        );
    }

    #[test]
    fn what_went_through_headroom_before_is_known_by_its_markers_and_its_tool() {
        let mut messages = vec![json!({"role": "user", "content": "why?"})];
        messages.extend(turn(
            "t1",
            "a\n[3 lines left out. Retrieve more: hash=af1349b9f5f9a1a6a0404dea]\n",
        ));
        assert!(replay(&messages).is_compressed_already);
        let call = json!({"type": "tool_use", "id": "r", "name": "mcp__headroom__headroom_retrieve", "input": {}});
        let messages = [
            json!({"role": "user", "content": "why?"}),
            json!({"role": "assistant", "content": [call]}),
        ];
        assert!(replay(&messages).is_compressed_already);
    }
}
