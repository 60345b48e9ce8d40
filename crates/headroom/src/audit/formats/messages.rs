//! Messages of the Messages API, made of what formats of other shapes hold.

use serde_json::{Value, json};

use super::super::transcript::Request;
use super::branches::Branches;

/// What the model said in one turn.
#[derive(Default)]
pub(super) struct Turn {
    pub(super) text: String,
    pub(super) calls: Vec<Call>,
}

/// A call of a tool.
pub(super) struct Call {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) input: Value,
}

impl Branches {
    /// Adds what the user said.
    pub(super) fn user(&mut self, at: usize, text: &str) -> bool {
        self.push(at, &message("user", json!([{"type": "text", "text": text}])), false)
    }

    /// Adds the answer of the model to `request`, whose number of items is filled in.
    pub(super) fn turn(&mut self, at: usize, turn: &Turn, request: Request) -> bool {
        let conversation = &mut self.conversations[at];
        let items = conversation.items.len();
        conversation.requests.push(Request { items, ..request });
        self.said(at, turn)
    }

    /// Adds what the model said before.
    pub(super) fn said(&mut self, at: usize, turn: &Turn) -> bool {
        let mut content = Vec::new();
        if !turn.text.trim().is_empty() {
            content.push(json!({"type": "text", "text": turn.text}));
        }
        content.extend(turn.calls.iter().map(|call| {
            // The API takes objects alone.
            let input = if call.input.is_object() { call.input.clone() } else { json!({}) };
            json!({"type": "tool_use", "id": call.id, "name": call.name, "input": input})
        }));
        self.push(at, &message("assistant", content.into()), false)
    }

    /// Adds the result of the call of that id.
    pub(super) fn result(&mut self, at: usize, id: &str, text: &str, is_error: bool) -> bool {
        let result = json!({"type": "tool_result", "tool_use_id": id, "content": text, "is_error": is_error});
        self.push(at, &message("user", json!([result])), true)
    }
}

fn message(role: &str, content: Value) -> Value {
    json!({"role": role, "content": content})
}

/// The text of a string, or of a list of parts with texts, each on lines of its own.
pub(super) fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<&str> = parts
                .iter()
                .filter_map(|part| part.as_str().or_else(|| part["text"].as_str()))
                .collect();
            texts.join("\n")
        }
        _ => String::new(),
    }
}
