//! The transcripts of Codex: `~/.codex/sessions/**/rollout-*.jsonl`, a line for each item of the
//! Responses API and for what happened besides.
//!
//! A line is `{timestamp, type, payload}`; files of the first versions have the bare items. A request
//! was made wherever the model begins to say something. What it used comes after it, in an event. A
//! session that goes on from another one has that one's items, with the ids of their calls.

use llm_api::response::Usage;
use serde_json::{Value, json};

use super::super::transcript::{Conversation, Request, number, seconds, text};
use super::Reader;

/// Kinds of items that the model says.
const SAID: [&str; 7] = [
    "reasoning",
    "function_call",
    "local_shell_call",
    "custom_tool_call",
    "tool_search_call",
    "web_search_call",
    "image_generation_call",
];
/// Kinds of items that it is sent.
const GIVEN: [&str; 5] = [
    "function_call_output",
    "local_shell_call_output",
    "custom_tool_call_output",
    "mcp_tool_call_output",
    "tool_search_output",
];

/// Characters at the end of a reasoning item that identify it. By hand: encrypted, they are random.
const ID_LENGTH: usize = 64;

/// A transcript, read as far as its lines were given.
#[derive(Default)]
pub(super) struct Rollout {
    done: Vec<Conversation>,
    now: Conversation,
    model: Option<String>,
    /// Whether the last item was the model's.
    is_speaking: bool,
    /// Tokens of all requests when the last one was counted: events are repeated.
    counted: Option<Value>,
    /// When the line was written, in seconds since 1970.
    at: Option<u64>,
}

/// Whether a line is one of this format.
pub(super) fn is_line(line: &Value) -> bool {
    let kind = line["type"].as_str().unwrap_or_default();
    let wrapped = ["session_meta", "response_item", "turn_context", "event_msg", "compacted"];
    (wrapped.contains(&kind) && line.get("payload").is_some())
        || GIVEN.contains(&kind)
        || (kind == "message" && line.get("content").is_some() && line.get("uuid").is_none())
        || (line.get("id").is_some() && line.get("instructions").is_some())
}

impl Reader for Rollout {
    fn line(&mut self, line: Value) -> bool {
        let payload = &line["payload"];
        self.at = seconds(text(&line, "timestamp")).or(self.at);
        match line["type"].as_str() {
            Some("response_item") => self.item(payload),
            Some("turn_context") => {
                if let Some(model) = payload["model"].as_str() {
                    self.model = Some(model.to_owned());
                }
                true
            }
            Some("event_msg") => {
                if payload["type"] == "token_count" {
                    self.count(&payload["info"]);
                }
                true
            }
            Some("compacted") => self.compacted(payload),
            Some(kind) if SAID.contains(&kind) || GIVEN.contains(&kind) || kind == "message" => {
                self.item(&line)
            }
            Some(_) => true,
            // The head of a file of the first versions, and marks of state between items.
            None => line.get("id").is_some() || line.get("record_type").is_some(),
        }
    }

    fn conversations(mut self: Box<Self>) -> Vec<Conversation> {
        self.done.push(self.now);
        self.done.into_iter().filter(|c| !c.requests.is_empty()).collect()
    }
}

impl Rollout {
    fn item(&mut self, item: &Value) -> bool {
        let Some(kind) = item["type"].as_str() else { return false };
        let is_said = SAID.contains(&kind) || (kind == "message" && item["role"] == "assistant");
        let is_given = GIVEN.contains(&kind) || (kind == "message" && item["role"].is_string());
        if !is_said && !is_given {
            // Items of kinds to come are neither counted nor an error.
            return true;
        }
        if is_said && !self.is_speaking {
            self.begin();
        }
        if let Some(request) = self.now.requests.last_mut().filter(|_| is_said) {
            request.id = request.id.take().or_else(|| id(item));
        }
        self.is_speaking = is_said;
        self.now.push(item)
    }

    /// A request was made with all items so far.
    fn begin(&mut self) {
        self.now.requests.push(Request {
            items: self.now.items.len(),
            model: self.model.clone(),
            at: self.at,
            ..Request::default()
        });
    }

    fn count(&mut self, info: &Value) {
        let last = &info["last_token_usage"];
        if !last.is_object() || self.counted.as_ref() == Some(&info["total_token_usage"]) {
            return;
        }
        self.counted = Some(info["total_token_usage"].clone());
        // Calls were answered meanwhile, so the next thing that the model says is another request.
        self.is_speaking = false;
        // After a compaction the event has an estimate of what is left, and no request.
        if number(last, "input_tokens") == 0 {
            return;
        }
        // Of a request whose answer isn't kept, such as that for a summary, nothing else is there.
        if self.now.requests.last().is_none_or(|request| request.usage.is_some()) {
            self.begin();
        }
        if let Some(request) = self.now.requests.last_mut() {
            request.usage = Some(usage(last));
        }
    }

    /// The conversation goes on with a summary of itself.
    fn compacted(&mut self, payload: &Value) -> bool {
        self.done.push(std::mem::take(&mut self.now));
        self.is_speaking = false;
        match payload["replacement_history"].as_array() {
            Some(items) => items.iter().all(|item| self.now.push(item)),
            None => {
                let Some(text) = payload["message"].as_str() else { return false };
                let content = json!([{"type": "input_text", "text": text}]);
                self.now.push(&json!({"type": "message", "role": "user", "content": content}))
            }
        }
    }
}

/// What identifies what the model said, wherever it is copied to.
fn id(item: &Value) -> Option<Box<str>> {
    let call = item["call_id"].as_str().or_else(|| item["id"].as_str());
    let sealed = item["encrypted_content"].as_str();
    let end = |text: &str| {
        let start = text.len().saturating_sub(ID_LENGTH);
        text.get(start..).map(Box::from)
    };
    call.map(Box::from).or_else(|| end(sealed?))
}

fn usage(usage: &Value) -> Usage {
    let cached = number(usage, "cached_input_tokens");
    Usage {
        input: number(usage, "input_tokens").saturating_sub(cached),
        cache_read: cached,
        output: number(usage, "output_tokens"),
        ..Usage::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rollout(lines: &[Value]) -> Vec<Conversation> {
        let mut rollout = Box::<Rollout>::default();
        for line in lines {
            assert!(rollout.line(line.clone()), "{line}");
        }
        rollout.conversations()
    }

    fn item(payload: Value) -> Value {
        json!({"timestamp": "t", "type": "response_item", "payload": payload})
    }

    fn tokens(input: u64, cached: u64, total: u64) -> Value {
        json!({"type": "event_msg", "payload": {"type": "token_count", "info": {
            "total_token_usage": {"total_tokens": total},
            "last_token_usage": {"input_tokens": input, "cached_input_tokens": cached, "output_tokens": 2}}}})
    }

    #[test]
    fn a_request_is_where_the_model_begins_to_speak() {
        let say = |role: &str| json!({"type": "message", "role": role, "content": []});
        let call = |id: &str| json!({"type": "function_call", "call_id": id, "name": "shell", "arguments": "{}"});
        let output =
            |id: &str| json!({"type": "function_call_output", "call_id": id, "output": "x"});
        let found = rollout(&[
            json!({"type": "session_meta", "payload": {"id": "s"}}),
            json!({"type": "turn_context", "payload": {"model": "gpt-5-codex"}}),
            item(say("user")),
            item(json!({"type": "reasoning", "encrypted_content": "e"})),
            item(call("a")),
            item(call("b")),
            tokens(100, 0, 102),
            tokens(100, 0, 102),
            item(output("a")),
            item(output("b")),
            item(say("assistant")),
            tokens(160, 90, 264),
            json!({"type": "compacted", "payload": {"message": "what was said"}}),
            item(say("user")),
            item(say("assistant")),
            tokens(40, 0, 300),
            // Another request, whose answer isn't in the file.
            tokens(50, 40, 352),
        ]);
        let ends: Vec<Vec<usize>> = found
            .iter()
            .map(|c| c.requests.iter().map(|request| request.items).collect())
            .collect();
        assert_eq!(ends, [vec![1, 6], vec![2, 3]]);
        let usage = Usage { input: 70, cache_read: 90, output: 2, ..Usage::default() };
        assert_eq!(found[0].requests[1].usage, Some(usage));
        assert_eq!(found[0].requests[1].model.as_deref(), Some("gpt-5-codex"));
        assert_eq!(found[0].requests[0].id.as_deref(), Some("e"));
        assert_eq!(found[1].requests[1].usage.map(|usage| usage.cache_read), Some(40));
    }

    #[test]
    fn bare_items_of_the_first_versions() {
        let head = json!({"id": "s", "timestamp": "t", "instructions": null});
        assert!(is_line(&head));
        let found = rollout(&[
            head,
            json!({"record_type": "state"}),
            json!({"type": "message", "role": "user", "content": []}),
            json!({"type": "message", "role": "assistant", "content": []}),
        ]);
        assert_eq!(found[0].requests.len(), 1);
    }
}
