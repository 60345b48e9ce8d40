//! The transcripts of pi: `~/.pi/agent/sessions/*/*.jsonl`, a line for each message. Lines name their
//! parents; those of the first versions have no ids, and each follows the one before.

use llm_api::response::Usage;
use serde_json::Value;

use super::super::transcript::{Conversation, Request, number, seconds, text};
use super::Reader;
use super::branches::Branches;
use super::messages::{Call, Turn, text_of};

/// A transcript, read as far as its lines were given.
#[derive(Default)]
pub(super) struct Session {
    branches: Branches,
    lines: usize,
    /// The id of the line before.
    last: Option<String>,
}

/// Whether a line is one of this format.
pub(super) fn is_line(line: &Value) -> bool {
    let is_head = line["type"] == "session" && line.get("cwd").is_some();
    let role = text(&line["message"], "role");
    is_head || (line["type"] == "message" && !role.is_empty() && line.get("uuid").is_none())
}

impl Reader for Session {
    fn line(&mut self, line: Value) -> bool {
        self.lines += 1;
        let id = line["id"].as_str().map_or_else(|| format!("line {}", self.lines), str::to_owned);
        let parent = match line.get("parentId") {
            Some(parent) => parent.as_str().map(str::to_owned),
            None => self.last.clone(),
        };
        let is_taken = match line["type"].as_str() {
            Some("session") => return true,
            Some("message") => self.message(&line, &id, parent.as_deref()),
            Some("custom_message") => {
                let at = self.branches.of_child(parent.as_deref(), false);
                let fits = self.branches.user(at, &text_of(&line["content"]));
                self.branches.note(&id, at);
                fits
            }
            Some("branch_summary") => {
                let at = self.branches.of_child(parent.as_deref(), false);
                let fits = self.branches.user(at, text(&line, "summary"));
                self.branches.note(&id, at);
                fits
            }
            Some("compaction") => self.compacted(&line, &id),
            Some(_) => {
                self.branches.pass_on(Some(&id), parent.as_deref());
                true
            }
            None => false,
        };
        self.last = Some(id);
        is_taken
    }

    fn conversations(self: Box<Self>) -> Vec<Conversation> {
        self.branches.into_conversations()
    }
}

impl Session {
    fn message(&mut self, line: &Value, id: &str, parent: Option<&str>) -> bool {
        let message = &line["message"];
        let role = text(message, "role");
        // A command that the user ran for nobody else, and an answer that never came, aren't sent.
        let is_unsent = message["excludeFromContext"] == true || message["stopReason"] == "error";
        if is_unsent {
            self.branches.pass_on(Some(id), parent);
            return true;
        }
        let at = self.branches.of_child(parent, role == "toolResult");
        let content = &message["content"];
        let fits = match role {
            "assistant" => self.branches.turn(at, &turn(content), request(line)),
            "toolResult" => {
                let is_error = message["isError"] == true;
                self.branches.result(at, text(message, "toolCallId"), &text_of(content), is_error)
            }
            "bashExecution" => {
                let said = format!("$ {}\n{}", text(message, "command"), text(message, "output"));
                self.branches.user(at, &said)
            }
            "branchSummary" | "compactionSummary" => {
                self.branches.user(at, text(message, "summary"))
            }
            "" => return false,
            _ => self.branches.user(at, &text_of(content)),
        };
        self.branches.note(id, at);
        fits
    }

    /// The conversation goes on with a summary, and the lines from one on.
    fn compacted(&mut self, line: &Value, id: &str) -> bool {
        let kept = line["firstKeptEntryId"].as_str().and_then(|id| self.branches.from(id));
        let kept: Vec<String> = kept.unwrap_or_default().to_vec();
        let at = self.branches.begin(Conversation::default());
        let mut fits = self.branches.user(at, text(line, "summary"));
        for item in kept {
            let item = serde_json::from_str(&item).unwrap_or_default();
            fits &= self.branches.push(at, &item, false);
        }
        self.branches.note(id, at);
        fits
    }
}

fn turn(content: &Value) -> Turn {
    let blocks = content.as_array().map(Vec::as_slice).unwrap_or_default();
    let calls = blocks.iter().filter(|block| block["type"] == "toolCall");
    let call = |call: &Value| Call {
        id: text(call, "id").to_owned(),
        name: text(call, "name").to_owned(),
        input: call["arguments"].clone(),
    };
    Turn { text: text_of(content), calls: calls.map(call).collect() }
}

fn request(line: &Value) -> Request {
    let message = &line["message"];
    let used = &message["usage"];
    Request {
        model: message["model"].as_str().map(str::to_owned),
        usage: used.is_object().then(|| Usage {
            input: number(used, "input"),
            cache_read: number(used, "cacheRead"),
            cache_write: number(used, "cacheWrite"),
            output: number(used, "output"),
            ..Usage::default()
        }),
        // Ids are short: those of another session may be the same.
        id: line["id"].as_str().map(|id| format!("{id} {}", text(line, "timestamp")).into()),
        at: seconds(text(line, "timestamp")),
        ..Request::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn session(lines: &[Value]) -> Vec<Conversation> {
        let mut session = Box::<Session>::default();
        for line in lines {
            assert!(session.line(line.clone()), "{line}");
        }
        session.conversations()
    }

    fn messages() -> [Value; 4] {
        [
            json!({"role": "user", "content": "look"}),
            json!({"role": "assistant", "model": "claude-opus-4-5", "usage": {"input": 3, "output": 9, "cacheRead": 5, "cacheWrite": 7},
                   "content": [{"type": "thinking", "thinking": "hm"}, {"type": "toolCall", "id": "c", "name": "bash", "arguments": {"command": "ls"}}]}),
            json!({"role": "toolResult", "toolCallId": "c", "content": [{"type": "text", "text": "a.py"}], "isError": false}),
            json!({"role": "assistant", "content": [{"type": "text", "text": "one file"}]}),
        ]
    }

    #[test]
    fn lines_without_ids_follow_each_other() {
        let mut lines = vec![json!({"type": "session", "id": "s", "cwd": "/home/me/app"})];
        lines.extend(messages().map(|message| json!({"type": "message", "message": message})));
        lines.insert(3, json!({"type": "model_change", "modelId": "m"}));
        assert!(is_line(&lines[0]) && is_line(&lines[1]));
        let found = session(&lines);
        assert_eq!((found.len(), found[0].items.len(), found[0].requests.len()), (1, 4, 2));
        assert!(found[0].items[1].contains("\"ls\"") && !found[0].items[1].contains("hm"));
        let usage =
            Usage { input: 3, cache_read: 5, cache_write: 7, output: 9, ..Usage::default() };
        assert_eq!(found[0].requests[0].usage, Some(usage));
    }

    #[test]
    fn branches_and_compactions() {
        let [user, call, result, end] = messages();
        let line = |id: &str, parent: Value, message: &Value| json!({"type": "message", "id": id, "parentId": parent, "message": message});
        let found = session(&[
            line("1", Value::Null, &user),
            line("2", json!("1"), &call),
            line("3", json!("2"), &result),
            line("4", json!("3"), &end),
            line("5", json!("1"), &end),
            json!({"type": "compaction", "id": "6", "parentId": "4", "summary": "s", "firstKeptEntryId": "3"}),
            line("7", json!("6"), &end),
        ]);
        let shape: Vec<_> =
            found.iter().map(|c| (c.items.len(), c.shared, c.requests.len())).collect();
        assert_eq!(shape, [(4, 0, 2), (2, 1, 1), (4, 0, 1)]);
    }
}
