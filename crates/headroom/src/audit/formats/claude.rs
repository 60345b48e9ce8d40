//! The transcripts of Claude Code: `~/.claude/projects/*/*.jsonl`, a line for each message or, of the
//! model's, for each block of one.
//!
//! Subagents have conversations of their own, in the same file or in one beside it. A session that is
//! resumed can have the lines of the one before, with the same ids of messages. Of a compaction the
//! summary is the beginning of a new conversation.

use std::collections::HashMap;

use llm_api::response::Usage;
use serde_json::{Value, json};

use super::super::transcript::{Conversation, Request, number, seconds, text};
use super::Reader;
use super::branches::Branches;

/// A transcript, read as far as its lines were given.
#[derive(Default)]
pub(super) struct Session {
    branches: Branches,
    /// The request of a message of the model, whose lines come one by one.
    requests: HashMap<String, (usize, usize)>,
}

/// Whether a line is one of this format.
pub(super) fn is_line(line: &Value) -> bool {
    line.get("sessionId").is_some() || line.get("uuid").is_some() || line["type"] == "summary"
}

impl Reader for Session {
    fn line(&mut self, line: Value) -> bool {
        let id = line["uuid"].as_str();
        if id.is_some_and(|id| self.branches.contains(id)) {
            return true;
        }
        match line["type"].as_str() {
            Some("user") if is_for_people(&line) => {}
            Some("user") => return self.user(&line, line["message"]["content"].clone()),
            Some("assistant") if line["message"]["model"] == "<synthetic>" => {}
            Some("assistant") => return self.answer(&line),
            Some("attachment") if line["attachment"]["type"] == "queued_command" => {
                return self.user(&line, line["attachment"]["prompt"].clone());
            }
            Some(_) => {}
            None => return false,
        }
        self.branches.pass_on(id, line["parentUuid"].as_str());
        true
    }

    fn conversations(self: Box<Self>) -> Vec<Conversation> {
        self.branches.into_conversations()
    }
}

/// Whether a message is shown to people and not sent to the model; summaries are marked so, and sent.
fn is_for_people(line: &Value) -> bool {
    line["isVisibleInTranscriptOnly"] == true && line["isCompactSummary"] != true
}

impl Session {
    fn user(&mut self, line: &Value, content: Value) -> bool {
        if !(content.is_string() || content.is_array()) {
            return false;
        }
        let is_block_of_result = |block: &Value| block["type"] == "tool_result";
        let is_result =
            content.as_array().is_some_and(|blocks| blocks.iter().any(is_block_of_result));
        let at = self.branches.of_child(line["parentUuid"].as_str(), is_result);
        self.add(line, at, &json!({"role": "user", "content": content}), is_result)
    }

    fn add(&mut self, line: &Value, at: usize, item: &Value, is_result: bool) -> bool {
        let fits = self.branches.push(at, item, is_result);
        if let Some(id) = line["uuid"].as_str().filter(|_| fits) {
            self.branches.note(id, at);
        }
        fits
    }

    /// What the model said: the first line of a message is the answer to a request, further ones have
    /// more blocks of the same message, also where results of its calls came in between.
    fn answer(&mut self, line: &Value) -> bool {
        let message = &line["message"];
        let content = &message["content"];
        if !(content.is_string() || content.is_array()) {
            return false;
        }
        let usage = usage(&message["usage"]);
        let known = message["id"].as_str().and_then(|id| self.requests.get(id)).copied();
        if let Some((at, request)) = known {
            let conversation = &mut self.branches.conversations[at];
            let request = &mut conversation.requests[request];
            // The last line has the whole count of the answer.
            request.usage = usage.or(request.usage);
            let place = request.items;
            let blocks = content.as_array().map(Vec::as_slice).unwrap_or_default();
            let fits = conversation.extend(place, blocks);
            if let Some(id) = line["uuid"].as_str() {
                self.branches.note(id, at);
            }
            return fits;
        }
        let at = self.branches.of_child(line["parentUuid"].as_str(), false);
        if let Some(model) = message["model"].as_str() {
            let conversation = &mut self.branches.conversations[at];
            conversation.requests.push(Request {
                items: conversation.items.len(),
                model: Some(model.to_owned()),
                usage,
                id: message["id"].as_str().or_else(|| line["uuid"].as_str()).map(Box::from),
                at: seconds(text(line, "timestamp")),
            });
            if let Some(id) = message["id"].as_str() {
                self.requests.insert(id.to_owned(), (at, conversation.requests.len() - 1));
            }
        }
        self.add(line, at, &json!({"role": "assistant", "content": content}), false)
    }
}

/// The usage as the Messages API reports it.
pub(super) fn usage(usage: &Value) -> Option<Usage> {
    usage.is_object().then(|| Usage {
        input: number(usage, "input_tokens"),
        cache_read: number(usage, "cache_read_input_tokens"),
        cache_write: number(usage, "cache_creation_input_tokens"),
        cache_write_1h: number(&usage["cache_creation"], "ephemeral_1h_input_tokens"),
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
            "usage": {"input_tokens": 3, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 7, "output_tokens": 9,
                      "cache_creation": {"ephemeral_1h_input_tokens": 2, "ephemeral_5m_input_tokens": 5}}}})
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
            // A line of the same message, after a result of its first call.
            model("a2b", "r1", "m1", call("t3")),
            user("r2", json!("a2"), result("t2")),
            user("r3", json!("a2b"), result("t3")),
            model("a3", "r2", "m2", json!({"type": "text", "text": "done"})),
        ]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].items.len(), 6);
        let calls: Value = serde_json::from_str(&found[0].items[1]).unwrap();
        assert_eq!(calls["content"], json!([call("t1"), call("t2"), call("t3")]));
        let ends: Vec<usize> = found[0].requests.iter().map(|request| request.items).collect();
        assert_eq!(ends, [1, 5]);
        let usage = Usage { input: 3, cache_read: 5, cache_write: 7, output: 9, cache_write_1h: 2 };
        assert_eq!(found[0].requests[0].usage, Some(usage));
        assert_eq!(found[0].requests[1].id.as_deref(), Some("m2"));
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
    fn a_summary_begins_a_conversation_and_notes_for_people_are_not_sent() {
        let say = |text: &str| json!({"type": "text", "text": text});
        let mark = |mut line: Value, name: &str| {
            line[name] = true.into();
            line
        };
        let summary = mark(user("u2", json!("b"), json!("what was said")), "isCompactSummary");
        let mut failed = model("x", "a2", "mx", say("API Error"));
        failed["message"]["model"] = "<synthetic>".into();
        let found = session(&[
            json!({"type": "file-history-snapshot", "messageId": "u1", "snapshot": {}}),
            user("u1", Value::Null, json!("one")),
            model("a1", "u1", "m1", say("a")),
            json!({"type": "system", "subtype": "compact_boundary", "uuid": "b", "parentUuid": null}),
            mark(summary, "isVisibleInTranscriptOnly"),
            mark(user("u3", json!("u2"), json!("a note")), "isVisibleInTranscriptOnly"),
            model("a2", "u3", "m2", say("b")),
            failed,
            json!({"type": "attachment", "uuid": "q", "parentUuid": "x", "attachment": {"type": "queued_command", "prompt": "and that"}}),
            model("a3", "q", "m3", say("c")),
            // Resumed, the lines come once more.
            model("a3", "q", "m3", say("c")),
        ]);
        let shape: Vec<_> = found.iter().map(|c| (c.items.len(), c.requests.len())).collect();
        assert_eq!(shape, [(2, 1), (4, 2)]);
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
