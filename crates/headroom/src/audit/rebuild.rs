//! The last request of a conversation, rebuilt from its transcript: it holds all earlier ones.
//!
//! Transcripts have neither system prompts nor tools. Text of their size stands for them, because what
//! the proxy does depends on how much a model has read: the size is what the provider counted in the
//! first requests beyond what the transcript has of them.

use std::collections::BTreeSet;

use agent_config::agent::TranscriptFormat;
use bytes::Bytes;
use llm_api::response::Usage;
use serde_json::{Value, json};
use tokens::Encoding;

use super::transcript::Conversation;

/// Requests by which the size of the prompt is measured: the first ones that show it.
const MEASURED_REQUESTS: usize = 3;
/// The most tokens that a system prompt and tools are taken for; a larger difference is a history that
/// the transcript doesn't have.
const MAX_PROMPT_TOKENS: usize = 60_000;
/// Text that stands for a system prompt.
const FILLER: &str =
    "Work in this repository as its authors do, and keep to the conventions that you find there. ";

/// A request's body, and where the items of the conversation begin in it.
pub(super) struct Rebuilt {
    pub(super) body: Bytes,
    places: Vec<usize>,
}

impl Rebuilt {
    pub(super) fn new(format: TranscriptFormat, conversation: &Conversation) -> Self {
        let filler = filler(prompt_tokens(format, conversation));
        let tools = tools(conversation);
        let (head, list) = match format {
            TranscriptFormat::Codex => {
                let tools = json!([{"type": "function", "name": "shell"}]);
                (json!({"instructions": filler, "tools": tools}), "input")
            }
            // Without tools, what an agent runs is named and answered in plain text.
            _ if tools.is_empty() => (json!({"system": filler}), "messages"),
            _ => (json!({"system": filler, "tools": tools}), "messages"),
        };
        let head = head.to_string();
        let mut body = format!("{},\"{list}\":[", head.strip_suffix('}').unwrap_or(&head));
        let mut places = Vec::with_capacity(conversation.items.len());
        for (at, item) in conversation.items.iter().enumerate() {
            if at > 0 {
                body.push(',');
            }
            places.push(body.len());
            body.push_str(item);
        }
        body.push_str("]}");
        Self { body: body.into(), places }
    }

    /// The item that holds the byte at `place`; `None` if it is before all.
    pub(super) fn item(&self, place: usize) -> Option<usize> {
        self.places.partition_point(|start| *start <= place).checked_sub(1)
    }
}

/// The tools that are called in a conversation in the shape of the Messages API.
fn tools(conversation: &Conversation) -> Vec<Value> {
    let is_call = |item: &&String| item.contains("\"tool_use\"");
    let mut names = BTreeSet::new();
    for item in conversation.items.iter().filter(is_call) {
        let message: Value = serde_json::from_str(item).unwrap_or_default();
        let blocks = message["content"].as_array().map(Vec::as_slice).unwrap_or_default();
        let calls = blocks.iter().filter(|block| block["type"] == "tool_use");
        names.extend(calls.filter_map(|call| call["name"].as_str()).map(str::to_owned));
    }
    names.into_iter().map(|name| json!({"name": name})).collect()
}

/// Tokens of the system prompt and the tools.
fn prompt_tokens(format: TranscriptFormat, conversation: &Conversation) -> usize {
    let measured = conversation.requests.iter().filter_map(|request| {
        let sent = usize::try_from(sent(&request.usage?)).ok()?;
        let items = conversation.items.get(..request.items)?;
        let is_sent = |item: &&String| !item.starts_with(r#"{"type":"reasoning""#);
        let said: usize =
            items.iter().filter(is_sent).map(|item| tokens::count(Encoding::default(), item)).sum();
        Some(sent.checked_sub(said).filter(|tokens| *tokens > 0))
    });
    let found = measured.take(MEASURED_REQUESTS).flatten().next();
    found.map_or_else(|| usual_prompt_tokens(format), |tokens| tokens.min(MAX_PROMPT_TOKENS))
}

/// Input tokens of a request, at whichever price.
pub(super) fn sent(usage: &Usage) -> u64 {
    usage.input + usage.cache_read + usage.cache_write
}

/// Tokens of the system prompt and the tools where the transcript doesn't show them. Measured on recorded
/// sessions of Claude Code, Codex, pi and Gemini CLI; by hand for the others.
fn usual_prompt_tokens(format: TranscriptFormat) -> usize {
    match format {
        TranscriptFormat::ClaudeCode => 17_000,
        TranscriptFormat::Cline | TranscriptFormat::OpenCode => 10_000,
        TranscriptFormat::Codex => 9_000,
        TranscriptFormat::Gemini | TranscriptFormat::Qwen => 8_000,
        TranscriptFormat::Pi => 3_000,
    }
}

/// A text of about so many tokens.
fn filler(tokens: usize) -> String {
    let each = tokens::count(Encoding::default(), FILLER).max(1);
    FILLER.repeat(tokens / each)
}

#[cfg(test)]
mod tests {
    use super::super::transcript::Request;
    use super::*;

    #[test]
    fn the_prompt_is_what_was_counted_beyond_the_items() {
        let mut conversation = Conversation::default();
        assert!(conversation.push(&json!({"role": "user", "content": "why?"})));
        let said = tokens::count(Encoding::default(), &conversation.items[0]);
        let mut tokens = |sent: u64| {
            let usage = Some(Usage { cache_write: sent, ..Usage::default() });
            conversation.requests = vec![Request { items: 1, usage, ..Request::default() }];
            prompt_tokens(TranscriptFormat::Codex, &conversation)
        };
        assert_eq!(tokens(5000), 5000 - said);
        assert_eq!((tokens(1_000_000), tokens(3)), (MAX_PROMPT_TOKENS, 9_000));
    }

    #[test]
    fn items_are_found_by_their_place() {
        let mut conversation = Conversation::default();
        let call = json!({"type": "tool_use", "id": "a", "name": "Bash", "input": {}});
        assert!(conversation.push(&json!({"role": "user", "content": "why?"})));
        assert!(conversation.push(&json!({"role": "assistant", "content": [call]})));
        let rebuilt = Rebuilt::new(TranscriptFormat::ClaudeCode, &conversation);
        let body: Value = serde_json::from_slice(&rebuilt.body).unwrap();
        assert_eq!(
            (&body["tools"], &body["messages"][1]["content"][0]["id"]),
            (&json!([{"name": "Bash"}]), &json!("a"))
        );
        let place = |text: &[u8]| {
            rebuilt.body.windows(text.len()).position(|window| window == text).unwrap()
        };
        assert_eq!(
            (rebuilt.item(3), rebuilt.item(place(b"why?")), rebuilt.item(place(b"tool_use"))),
            (None, Some(0), Some(1))
        );
    }
}
