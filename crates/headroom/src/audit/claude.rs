//! The transcripts of Claude Code: `~/.claude/projects/*/*.jsonl`, a line for each message or, of the
//! model's, for each block of one.
//!
//! Each line names its parent. A chain of lines is a conversation; where the user went back and said
//! something else, a second one begins that shares its beginning with the first. Results of calls that
//! the model made at one time name the line of their own call as their parent: they belong to the end
//! of the conversation all the same. Subagents have conversations of their own, in the same file or in
//! one beside it.

use std::collections::HashMap;

use llm_api::response::Usage;
use serde_json::{Value, json};

use super::transcript::{Conversation, Reader, Request, number};

/// A transcript, read as far as its lines were given.
#[derive(Default)]
pub(super) struct Session {
    conversations: Vec<Conversation>,
    /// Where the line of that id is: the conversation, and how many items it has after it.
    places: HashMap<String, (usize, usize)>,
    /// The request of a message of the model: its lines come one by one.
    requests: HashMap<String, (usize, usize)>,
}

/// Whether a line is one of this format.
pub(super) fn is_line(line: &Value) -> bool {
    line.get("sessionId").is_some() || line.get("uuid").is_some() || line["type"] == "summary"
}

impl Reader for Session {
    fn line(&mut self, line: Value) -> bool {
        match line["type"].as_str() {
            Some("user") => self.message(&line, false),
            Some("assistant") => self.message(&line, true),
            Some(_) => {
                self.pass_on(&line);
                true
            }
            None => false,
        }
    }

    fn conversations(self: Box<Self>) -> Vec<Conversation> {
        self.conversations.into_iter().filter(|c| !c.requests.is_empty()).collect()
    }
}

impl Session {
    /// A line that isn't said to the model stands between a line and its parent.
    fn pass_on(&mut self, line: &Value) {
        let place = line["parentUuid"].as_str().and_then(|parent| self.places.get(parent)).copied();
        if let (Some(place), Some(id)) = (place, line["uuid"].as_str()) {
            self.places.insert(id.to_owned(), place);
        }
    }

    fn message(&mut self, line: &Value, is_model: bool) -> bool {
        let message = &line["message"];
        let content = &message["content"];
        if !(content.is_string() || content.is_array()) {
            return false;
        }
        let at = self.conversation(line, content);
        if is_model {
            self.answered(at, message);
        }
        let role = if is_model { "assistant" } else { "user" };
        let conversation = &mut self.conversations[at];
        if !conversation.push(&json!({"role": role, "content": content})) {
            return false;
        }
        if let Some(id) = line["uuid"].as_str() {
            self.places.insert(id.to_owned(), (at, conversation.items.len()));
        }
        true
    }

    /// The conversation that a line goes on with.
    fn conversation(&mut self, line: &Value, content: &Value) -> usize {
        let parent = line["parentUuid"].as_str().and_then(|parent| self.places.get(parent));
        let Some(&(at, items)) = parent else {
            self.conversations.push(Conversation::default());
            return self.conversations.len() - 1;
        };
        let is_result = |block: &Value| block["type"] == "tool_result";
        let is_results = content.as_array().is_some_and(|blocks| blocks.iter().any(is_result));
        if items == self.conversations[at].items.len() || is_results {
            return at;
        }
        let fork = self.conversations[at].fork(items);
        self.conversations.push(fork);
        self.conversations.len() - 1
    }

    /// The model said something: the first line of a message is the answer to a request.
    fn answered(&mut self, at: usize, message: &Value) {
        let usage = usage(&message["usage"]);
        let model = message["model"].as_str().filter(|model| *model != "<synthetic>");
        let Some(model) = model else { return };
        let known = message["id"].as_str().and_then(|id| self.requests.get(id)).copied();
        if let Some((at, request)) = known {
            // The last line has the whole count of the answer.
            if usage.is_some() {
                self.conversations[at].requests[request].usage = usage;
            }
            return;
        }
        let conversation = &mut self.conversations[at];
        let items = conversation.items.len();
        conversation.requests.push(Request { items, model: Some(model.to_owned()), usage });
        if let Some(id) = message["id"].as_str() {
            self.requests.insert(id.to_owned(), (at, conversation.requests.len() - 1));
        }
    }
}

fn usage(usage: &Value) -> Option<Usage> {
    usage.is_object().then(|| Usage {
        input: number(usage, "input_tokens"),
        cache_read: number(usage, "cache_read_input_tokens"),
        cache_write: number(usage, "cache_creation_input_tokens"),
        output: number(usage, "output_tokens"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(lines: &[Value]) -> Vec<Conversation> {
        let mut session = Box::<Session>::default();
        for line in lines {
            assert!(session.line(line.clone()), "{line}");
        }
        session.conversations()
    }

    fn user(id: &str, parent: Value, content: Value) -> Value {
        json!({"type": "user", "uuid": id, "parentUuid": parent, "message": {"role": "user", "content": content}})
    }

    fn model(id: &str, parent: &str, message: &str, content: Value) -> Value {
        json!({"type": "assistant", "uuid": id, "parentUuid": parent, "message": {
            "id": message, "model": "claude-opus-4-5", "role": "assistant", "content": [content],
            "usage": {"input_tokens": 3, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 7, "output_tokens": 9}}})
    }

    fn result(call: &str) -> Value {
        json!([{"type": "tool_result", "tool_use_id": call, "content": "x"}])
    }

    #[test]
    fn blocks_of_one_message_are_one_request_and_results_stay_together() {
        let call = |id: &str| json!({"type": "tool_use", "id": id, "name": "Bash", "input": {}});
        let found = session(&[
            json!({"type": "summary", "summary": "s"}),
            user("u1", Value::Null, json!("do it")),
            model("a1", "u1", "m1", call("t1")),
            model("a2", "a1", "m1", call("t2")),
            user("r1", json!("a1"), result("t1")),
            json!({"type": "system", "uuid": "s1", "parentUuid": "r1"}),
            user("r2", json!("a2"), result("t2")),
            model("a3", "r2", "m2", json!({"type": "text", "text": "done"})),
        ]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].items.len(), 6);
        let ends: Vec<usize> = found[0].requests.iter().map(|request| request.items).collect();
        assert_eq!(ends, [1, 5]);
        let usage = Usage { input: 3, cache_read: 5, cache_write: 7, output: 9 };
        assert_eq!(found[0].requests[0].usage, Some(usage));
    }

    #[test]
    fn going_back_begins_another_end() {
        let say = |text: &str| json!({"type": "text", "text": text});
        let found = session(&[
            user("u1", Value::Null, json!("one")),
            model("a1", "u1", "m1", say("a")),
            user("u2", json!("a1"), json!("two")),
            model("a2", "u2", "m2", say("b")),
            user("u3", json!("a1"), json!("rather three")),
            model("a3", "u3", "m3", say("c")),
            user("side", Value::Null, json!("a subagent")),
            model("a4", "side", "m4", say("d")),
        ]);
        let shape: Vec<_> =
            found.iter().map(|c| (c.items.len(), c.shared, c.requests.len())).collect();
        assert_eq!(shape, [(4, 0, 2), (4, 2, 1), (2, 0, 1)]);
    }

    #[test]
    fn what_has_another_shape_is_odd() {
        let mut session = Session::default();
        for line in [
            json!({"type": "user"}),
            json!({"uuid": "x"}),
            json!({"type": "assistant", "message": {"content": 3}}),
        ] {
            assert!(!session.line(line));
        }
        assert!(session.line(json!({"type": "progress", "data": {}})));
    }
}
