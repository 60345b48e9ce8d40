//! The compression of conversations that are over: what each block would have become, with nothing
//! sent, stored or asked.

use std::sync::Arc;

use bytes::Bytes;
use compress::Builtin;
use json_index::scan;
use llm_api::Api;
use llm_api::request::read;
use llm_api::tool_call::hint;

use super::plan::Planner;
use super::records::MemoryRecords;
use super::target::{TargetError, Targets};
use super::{Settings, tool};

/// The function that the proxy applies, with nothing around it.
pub struct Offline {
    planner: Planner,
}

/// One block that may be made smaller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// Where it begins in the body, in bytes.
    pub at: usize,
    /// The tool whose result it is; empty for what a user pasted.
    pub tool: Box<str>,
    /// The command or file that the tool's call names.
    pub hint: Option<String>,
    /// What its largest part was taken for; empty where it wasn't looked at.
    pub kind: &'static str,
    /// Its tokens, of `o200k_base`.
    pub before: usize,
    /// The tokens of what would be sent for it.
    pub after: usize,
}

impl Offline {
    /// A compressor of conversations.
    ///
    /// # Errors
    /// Never, in truth: the providers' own addresses are URLs.
    pub fn new() -> Result<Self, TargetError> {
        // Nothing is sent to these, and no work is done twice.
        let settings =
            Settings { cache_bytes: 0, ..Settings::new(Targets::new(None, None, None)?) };
        let records = Arc::new(MemoryRecords::default());
        Ok(Self { planner: Planner::new(settings, records, None, Box::new(Builtin)) })
    }

    /// What the blocks of a request's body become, in their order; `None` for a body without a
    /// conversation. What a block becomes depends on those before it alone, so this is what it became
    /// in each request that held it.
    pub fn replay(&self, api: &'static dyn Api, body: &Bytes) -> Option<Vec<Replayed>> {
        let index = scan(body).ok()?;
        let request = read(api, &index)?;
        let replayed =
            self.planner.shortened_blocks(&request).into_iter().map(|(at, shortened)| {
                let block = &request.blocks[at];
                let call = block.tool_result.as_ref().and_then(|result| result.call.as_ref());
                Replayed {
                    at: block.value.range().start,
                    tool: match &block.tool_result {
                        Some(_) => call.map_or("unknown", |call| &call.name).into(),
                        None => "".into(),
                    },
                    hint: call.and_then(hint),
                    kind: shortened.kind.map_or("", compress::Kind::name),
                    before: shortened.before,
                    after: shortened.after,
                }
            });
        Some(replayed.collect())
    }

    /// Tokens that the tool takes by which the model asks for what was left out.
    pub fn tool_tokens(api: &'static dyn Api) -> usize {
        tool::tokens(api)
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
        let replay = |messages: &[serde_json::Value]| {
            let body = json!({"tools": [{"name": "Bash"}], "messages": messages}).to_string();
            offline.replay(MESSAGES, &body.into()).unwrap()
        };
        let first = replay(&messages);
        messages.extend(turn("t2"));
        let both = replay(&messages);
        assert_eq!((first.len(), both.len()), (1, 2));
        assert_eq!(first[0], both[0]);
        assert_eq!((&*first[0].tool, first[0].hint.as_deref()), ("Bash", Some("cat a.log")));
        assert!(first[0].after * 2 < first[0].before);
        assert!(Offline::tool_tokens(MESSAGES) > 20);
    }
}
