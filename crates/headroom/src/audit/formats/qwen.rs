//! The transcripts of Qwen Code: `~/.qwen/projects/*/chats/*.jsonl`, a line for each content of the
//! Gemini API: what the user said, what the model said, the result of a call. Lines name their parents.

use llm_api::response::Usage;
use serde_json::Value;

use super::super::transcript::{Conversation, Request, number, seconds, text};
use super::Reader;
use super::branches::Branches;
use super::gemini::result;
use super::messages::{Call, Turn};

/// A transcript, read as far as its lines were given.
#[derive(Default)]
pub(super) struct Session {
    branches: Branches,
}

/// Whether a line is one of this format.
pub(super) fn is_line(line: &Value) -> bool {
    let has_parts = line["message"]["parts"].is_array();
    line.get("uuid").is_some() && (has_parts || line.get("systemPayload").is_some())
}

impl Reader for Session {
    fn line(&mut self, line: Value) -> bool {
        let (id, parent) = (line["uuid"].as_str(), line["parentUuid"].as_str());
        if id.is_some_and(|id| self.branches.contains(id)) {
            return true;
        }
        let kind = line["type"].as_str();
        if !matches!(kind, Some("user" | "assistant" | "tool_result")) {
            self.branches.pass_on(id, parent);
            return kind.is_some();
        }
        let Some(parts) = line["message"]["parts"].as_array() else { return false };
        let is_result = kind == Some("tool_result");
        let at = self.branches.of_child(parent, is_result);
        let fits = match kind {
            Some("assistant") => self.branches.turn(at, &turn(parts), request(&line)),
            Some("user") => self.branches.user(at, &words(parts)),
            _ => parts.iter().all(|part| {
                let answered = &part["functionResponse"];
                self.branches.result(
                    at,
                    text(answered, "id"),
                    &result(part),
                    answered["response"].get("error").is_some(),
                )
            }),
        };
        if let Some(id) = id {
            self.branches.note(id, at);
        }
        fits
    }

    fn conversations(self: Box<Self>) -> Vec<Conversation> {
        self.branches.into_conversations()
    }
}

/// The texts of parts, without the model's thoughts.
fn words(parts: &[Value]) -> String {
    let texts: Vec<&str> = parts
        .iter()
        .filter(|part| part["thought"] != true)
        .filter_map(|part| part["text"].as_str())
        .collect();
    texts.join("\n")
}

fn turn(parts: &[Value]) -> Turn {
    let calls = parts.iter().filter_map(|part| part.get("functionCall"));
    let call = |call: &Value| Call {
        id: text(call, "id").to_owned(),
        name: text(call, "name").to_owned(),
        input: call["args"].clone(),
    };
    Turn { text: words(parts), calls: calls.map(call).collect() }
}

fn request(line: &Value) -> Request {
    let used = &line["usageMetadata"];
    let cached = number(used, "cachedContentTokenCount");
    Request {
        model: line["model"].as_str().map(str::to_owned),
        usage: used.is_object().then(|| Usage {
            input: number(used, "promptTokenCount").saturating_sub(cached),
            cache_read: cached,
            output: number(used, "candidatesTokenCount") + number(used, "thoughtsTokenCount"),
            ..Usage::default()
        }),
        id: line["uuid"].as_str().map(Box::from),
        at: seconds(text(line, "timestamp")),
        ..Request::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_and_its_result() {
        let line = |id: &str, parent: Value, kind: &str, parts: Value| json!({"uuid": id, "parentUuid": parent, "sessionId": "s", "type": kind, "message": {"role": "r", "parts": parts}});
        let mut answer = line(
            "b",
            json!("a"),
            "assistant",
            json!([{"text": "hm", "thought": true},
            {"functionCall": {"id": "c", "name": "run_shell_command", "args": {"command": "ls"}}}]),
        );
        answer["model"] = "qwen3-coder-plus".into();
        answer["usageMetadata"] = json!({"promptTokenCount": 100, "cachedContentTokenCount": 30, "candidatesTokenCount": 8});
        let lines = [
            line("a", Value::Null, "user", json!([{"text": "look"}])),
            answer,
            json!({"uuid": "t", "parentUuid": "b", "type": "system", "subtype": "ui_telemetry", "systemPayload": {}}),
            line(
                "d",
                json!("t"),
                "tool_result",
                json!([{"functionResponse": {"id": "c", "name": "n", "response": {"output": "a.py"}}}]),
            ),
            line("e", json!("d"), "assistant", json!([{"text": "one file"}])),
        ];
        assert!(is_line(&lines[0]) && is_line(&lines[2]));
        let mut session = Box::<Session>::default();
        assert!(lines.into_iter().all(|line| session.line(line)));
        let found = session.conversations();
        assert_eq!((found.len(), found[0].items.len(), found[0].requests.len()), (1, 4, 2));
        assert!(
            found[0].items[1].contains("run_shell_command") && !found[0].items[1].contains("hm")
        );
        assert!(found[0].items[2].contains("a.py"));
        let usage = Usage { input: 70, cache_read: 30, output: 8, ..Usage::default() };
        assert_eq!(found[0].requests[0].usage, Some(usage));
    }
}
