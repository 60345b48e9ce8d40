//! The transcripts of Gemini CLI: `~/.gemini/tmp/*/chats/session-*`, and those of the first versions of
//! Qwen Code, which began as a copy of it.
//!
//! A `.json` file is the whole session. A `.jsonl` file is a log of changes: a line with an `id` adds or
//! replaces that message, `$rewindTo` removes a message and all after it, `$set` with `messages`
//! replaces what the model is sent.

use agent_config::agent::TranscriptFormat;
use llm_api::response::Usage;
use serde_json::Value;

use super::super::transcript::{Conversation, Request, number, seconds, text};
use super::Reader;
use super::branches::Branches;
use super::messages::{Call, Turn, text_of};

/// A log of changes, read as far as its lines were given.
#[derive(Default)]
pub(super) struct Chat {
    branches: Branches,
    messages: Vec<Value>,
}

/// Whether a line is one of this format.
pub(super) fn is_line(line: &Value) -> bool {
    let is_message = |line: &Value| line["type"] == "gemini" && line.get("id").is_some();
    line.get("projectHash").is_some()
        || line.get("$set").is_some()
        || line.get("$rewindTo").is_some()
        || is_message(line)
}

/// The conversations of a whole session; `None` if it is none.
pub(super) fn document(session: &Value) -> Option<(TranscriptFormat, Vec<Conversation>)> {
    let messages = session["messages"].as_array().filter(|_| session.get("sessionId").is_some())?;
    let is_qwen = messages.iter().any(|message| message["type"] == "qwen");
    let mut branches = Branches::default();
    add(&mut branches, messages);
    let format = if is_qwen { TranscriptFormat::Qwen } else { TranscriptFormat::Gemini };
    Some((format, branches.into_conversations()))
}

impl Reader for Chat {
    fn line(&mut self, line: Value) -> bool {
        if let Some(id) = line["$rewindTo"].as_str() {
            add(&mut self.branches, &self.messages);
            let place = self.messages.iter().position(|message| message["id"] == id);
            self.messages.truncate(place.unwrap_or(0));
            return true;
        }
        if let Some(id) = line["id"].as_str() {
            match self.messages.iter_mut().rfind(|message| message["id"] == id) {
                Some(message) => *message = line,
                None => self.messages.push(line),
            }
            return true;
        }
        let members = line.get("$set").unwrap_or(&line);
        if let Some(messages) = members["messages"].as_array().filter(|list| !list.is_empty()) {
            add(&mut self.branches, &self.messages);
            self.messages.clone_from(messages);
        }
        members.is_object()
    }

    fn conversations(mut self: Box<Self>) -> Vec<Conversation> {
        add(&mut self.branches, &self.messages);
        self.branches.into_conversations()
    }
}

/// Adds the conversation of these messages.
fn add(branches: &mut Branches, messages: &[Value]) {
    let at = branches.begin(Conversation::default());
    for message in messages {
        match message["type"].as_str() {
            Some("user") => {
                branches.user(at, &text_of(&message["content"]));
            }
            Some("gemini" | "qwen" | "assistant") => answer(branches, at, message),
            // Notes and errors are for people.
            _ => {}
        }
    }
}

fn answer(branches: &mut Branches, at: usize, message: &Value) {
    let calls = message["toolCalls"].as_array().map(Vec::as_slice).unwrap_or_default();
    let turn = Turn {
        text: text_of(&message["content"]),
        calls: calls
            .iter()
            .map(|call| Call {
                id: text(call, "id").to_owned(),
                name: text(call, "name").to_owned(),
                input: call["args"].clone(),
            })
            .collect(),
    };
    let request = Request {
        model: message["model"].as_str().map(str::to_owned),
        usage: usage(&message["tokens"]),
        id: message["id"].as_str().map(Box::from),
        at: seconds(text(message, "timestamp")),
        ..Request::default()
    };
    branches.turn(at, &turn, request);
    for call in calls {
        branches.result(at, text(call, "id"), &result(&call["result"]), call["status"] == "error");
    }
}

/// The text of a function's response, or of a list of parts that hold such.
pub(super) fn result(result: &Value) -> String {
    match result {
        Value::Array(parts) => {
            let texts: Vec<String> = parts.iter().map(self::result).collect();
            texts.join("\n")
        }
        Value::Object(part) => {
            let response =
                part.get("functionResponse").map_or(result, |called| &called["response"]);
            let said = ["output", "error", "text"].iter().find_map(|name| response[*name].as_str());
            said.map_or_else(|| response.to_string(), str::to_owned)
        }
        Value::String(text) => text.clone(),
        _ => String::new(),
    }
}

fn usage(tokens: &Value) -> Option<Usage> {
    let cached = number(tokens, "cached");
    tokens.is_object().then(|| Usage {
        input: number(tokens, "input").saturating_sub(cached),
        cache_read: cached,
        output: number(tokens, "output") + number(tokens, "thoughts"),
        ..Usage::default()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn messages() -> Vec<Value> {
        let output = json!([{"functionResponse": {"id": "c", "name": "read_file", "response": {"output": "x = 1"}}}]);
        vec![
            json!({"id": "1", "type": "user", "timestamp": "2026-01-01T00:00:00Z", "content": [{"text": "look"}]}),
            json!({"id": "2", "type": "gemini", "timestamp": "2026-01-01T00:00:10Z", "content": "", "model": "gemini-2.5-pro",
                   "tokens": {"input": 100, "cached": 60, "output": 5, "thoughts": 7, "tool": 0, "total": 112},
                   "toolCalls": [{"id": "c", "name": "read_file", "args": {"path": "a.py"}, "status": "success", "result": output}]}),
            json!({"id": "3", "type": "info", "content": "a note"}),
            json!({"id": "4", "type": "gemini", "content": "it is 1", "tokens": null}),
        ]
    }

    #[test]
    fn a_whole_session() {
        let session = json!({"sessionId": "s", "projectHash": "h", "messages": messages()});
        let (format, found) = document(&session).unwrap();
        assert_eq!((format, found.len()), (TranscriptFormat::Gemini, 1));
        let ends: Vec<usize> = found[0].requests.iter().map(|request| request.items).collect();
        assert_eq!((ends, found[0].items.len()), (vec![1, 3], 4));
        assert!(found[0].items[2].contains("x = 1"));
        let usage = Usage { input: 40, cache_read: 60, output: 12, ..Usage::default() };
        assert_eq!(found[0].requests[0].usage, Some(usage));
        assert_eq!(document(&json!({"messages": []})).map(|_| ()), None);
    }

    #[test]
    fn a_log_of_changes() {
        let mut chat = Box::<Chat>::default();
        let mut unfinished = messages()[1].clone();
        unfinished["toolCalls"] = json!([]);
        let lines = [
            json!({"sessionId": "s", "projectHash": "h"}),
            messages()[0].clone(),
            unfinished,
            messages()[1].clone(),
            json!({"$set": {"lastUpdated": "later"}}),
            messages()[3].clone(),
            json!({"$rewindTo": "4"}),
            json!({"id": "5", "type": "gemini", "content": "or 2"}),
        ];
        assert!(is_line(&lines[0]));
        assert!(lines.into_iter().all(|line| chat.line(line)));
        let found = chat.conversations();
        let shape: Vec<_> = found.iter().map(|c| (c.items.len(), c.requests.len())).collect();
        assert_eq!(shape, [(4, 2), (4, 2)]);
        // The first request is in both, under one id.
        assert_eq!(found[0].requests[0].id, found[1].requests[0].id);
    }
}
