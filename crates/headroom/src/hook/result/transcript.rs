//! What the model has seen before a call: the messages in the agent's own transcript that lead to it.
//!
//! Nothing else has to be remembered, and it is right after the user has gone back, after the agent has
//! summarised the conversation, and in a subagent: only what a line leads back to counts. The agent
//! writes the file a moment late. What isn't in it yet isn't referred to.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::Path;

use json_index::{Value, scan};

/// Bytes at the end of the transcript that are read. By hand: it bounds the time, and what is further
/// back may not be before the model's eyes any more.
const TAIL: u64 = 1 << 20;

/// A line of a transcript.
struct Line<'t> {
    bytes: &'t [u8],
    id: Option<String>,
    parent: Option<String>,
    kind: Kind,
}

/// What a line is.
enum Kind {
    /// A message; where it is in the line.
    Message {
        at: Range<usize>,
        /// The id of the model's message, of which there is a line for each block.
        of: Option<String>,
        is_result: bool,
        /// Whether it is the call in question.
        is_call: bool,
    },
    /// The model's memory begins behind it.
    Boundary,
    Other,
}

/// The messages that lead to the call `id`, as JSON with commas between them; `None` where the
/// transcript says nothing about it.
pub(super) fn messages_before(path: &Path, id: &str) -> Option<String> {
    let tail = tail(path)?;
    let lines: Vec<Line<'_>> =
        tail.split(|byte| *byte == b'\n').filter_map(|line| read(line, id)).collect();
    let places: HashMap<&str, usize> =
        lines.iter().enumerate().filter_map(|(at, l)| Some((l.id.as_deref()?, at))).collect();
    let is_call = |line: &Line<'_>| matches!(line.kind, Kind::Message { is_call: true, .. });
    let call = lines.iter().rposition(is_call);
    let own = call.and_then(|at| lines[at].message_id());
    let mut chain = HashSet::new();
    let mut at = call.or_else(|| lines.iter().rposition(|line| line.id.is_some()));
    while let Some(place) = at.filter(|place| chain.insert(*place)) {
        let line = &lines[place];
        at = match line.kind {
            Kind::Boundary => None,
            _ => line.parent.as_deref().and_then(|parent| places.get(parent)).copied(),
        };
    }
    let said: HashSet<&str> = chain.iter().filter_map(|at| lines[*at].message_id()).collect();
    // Of a message of the model all lines count. Results of its calls name the line of their call as
    // their parent; those of calls that are made at the same time as this one may come later.
    let is_seen = |(at, line): &(usize, &Line<'_>)| match &line.kind {
        Kind::Message { is_call: true, .. } => false,
        Kind::Message { is_result: true, .. } => {
            let parent = line.parent.as_deref().and_then(|parent| places.get(parent));
            let of = parent.and_then(|parent| lines[*parent].message_id());
            of.is_some_and(|of| said.contains(of) && Some(of) != own)
        }
        Kind::Message { of: Some(of), .. } => said.contains(of.as_str()),
        Kind::Message { of: None, .. } => chain.contains(at),
        Kind::Boundary | Kind::Other => false,
    };
    let seen = lines.iter().enumerate().filter(is_seen);
    let messages: Vec<&str> = seen.filter_map(|(_, line)| line.message()).collect();
    Some(messages.join(","))
}

impl<'t> Line<'t> {
    fn message(&self) -> Option<&'t str> {
        match &self.kind {
            Kind::Message { at, .. } => str::from_utf8(self.bytes.get(at.clone())?).ok(),
            _ => None,
        }
    }

    fn message_id(&self) -> Option<&str> {
        match &self.kind {
            Kind::Message { of, .. } => of.as_deref(),
            _ => None,
        }
    }
}

/// The end of a file, without a line that is cut off.
fn tail(path: &Path) -> Option<Vec<u8>> {
    let mut file = File::open(path).ok()?;
    let metadata = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let from = metadata.len().saturating_sub(TAIL);
    file.seek(SeekFrom::Start(from)).ok()?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes).ok()?;
    if from > 0 {
        let end = memchr::memchr(b'\n', &bytes)?;
        bytes.drain(..=end);
    }
    Some(bytes)
}

fn read<'t>(bytes: &'t [u8], call: &str) -> Option<Line<'t>> {
    let index = scan(bytes).ok()?;
    let root = index.root();
    let text = |value: Value<'_>, name: &str| Some(value.get(name)?.text()?.into_owned());
    let kind = text(root, "type")?;
    let line =
        |kind| Line { bytes, id: text(root, "uuid"), parent: text(root, "parentUuid"), kind };
    let is_message = kind == "user" || kind == "assistant";
    Some(match root.get("message").filter(|_| is_message) {
        Some(message) => {
            let parts = || message.get("content").into_iter().flat_map(Value::items);
            let is = |part: Value<'_>, kind: &str| part.get("type").is_some_and(|t| t.is(kind));
            line(Kind::Message {
                at: message.range(),
                of: text(message, "id").filter(|_| kind == "assistant"),
                is_result: parts().any(|part| is(part, "tool_result")),
                is_call: parts().any(|part| {
                    is(part, "tool_use") && part.get("id").is_some_and(|id| id.is(call))
                }),
            })
        }
        None => {
            let ends = text(root, "subtype").is_some_and(|kind| kind.ends_with("compact_boundary"));
            line(if ends { Kind::Boundary } else { Kind::Other })
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn line(kind: &str, id: &str, parent: &str, content: Value) -> Value {
        json!({"type": kind, "uuid": id, "parentUuid": parent, "message": {
            "id": if kind == "assistant" { id.split('.').next() } else { None }, "role": kind, "content": content}})
    }

    fn call(id: &str) -> Value {
        json!([{"type": "tool_use", "id": id, "name": "Bash", "input": {}}])
    }

    fn result(id: &str) -> Value {
        json!([{"type": "tool_result", "tool_use_id": id, "content": format!("result {id}")}])
    }

    /// What was seen before the call `id`: the contents of results, and the words of users.
    fn seen(lines: &[Value], id: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.jsonl");
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(&path, text + "{cut off").unwrap();
        let messages = messages_before(&path, id).unwrap();
        let messages: Vec<Value> = serde_json::from_str(&format!("[{messages}]")).unwrap();
        let said = |message: &Value| match &message["content"] {
            Value::String(text) => Some(text.clone()),
            content => content[0]["content"].as_str().map(str::to_owned),
        };
        messages.iter().filter_map(said).collect()
    }

    #[test]
    fn what_leads_to_the_call_is_seen() {
        let lines = [
            line("user", "u1", "", json!("do it")),
            line("assistant", "m1.1", "u1", call("t1")),
            line("assistant", "m1.2", "m1.1", call("t2")),
            line("user", "r2", "m1.2", result("t2")),
            line("user", "r1", "m1.1", result("t1")),
            json!({"type": "attachment", "uuid": "x", "parentUuid": "r1"}),
            line("assistant", "m2.1", "x", call("t3")),
            line("assistant", "m2.2", "m2.1", call("t4")),
            line("user", "r3", "m2.1", result("t3")),
        ];
        let before = ["do it", "result t2", "result t1"];
        assert_eq!(seen(&lines, "t4"), before, "but nothing that came in beside it");
        assert_eq!(seen(&lines[..6], "t3"), before, "the call isn't written yet");
        let mut back = lines.to_vec();
        back.push(line("user", "u2", "u1", json!("rather that")));
        back.push(line("assistant", "m3.1", "u2", call("t5")));
        assert_eq!(seen(&back, "t5"), ["do it", "rather that"], "the user has gone back");
    }

    #[test]
    fn a_summary_ends_what_is_seen() {
        let lines = [
            line("user", "u1", "", json!("do it")),
            line("assistant", "m1", "u1", call("t1")),
            line("user", "r1", "m1", result("t1")),
            json!({"type": "system", "subtype": "compact_boundary", "uuid": "b", "parentUuid": "r1"}),
            line("user", "u2", "b", json!("this is the summary")),
            line("assistant", "m2", "u2", call("t2")),
        ];
        assert_eq!(seen(&lines, "t2"), ["this is the summary"]);
    }

    #[test]
    fn a_long_transcript_is_read_from_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.jsonl");
        let long = line("user", "u0", "", json!("x".repeat(TAIL as usize)));
        let last = line("user", "u1", "u0", json!("the last words"));
        std::fs::write(&path, format!("{long}\n{last}\n")).unwrap();
        let messages = messages_before(&path, "t1").unwrap();
        assert!(messages.contains("the last words") && messages.len() < 200);
        assert_eq!(messages_before(&folder.path().join("none"), "t1"), None);
        assert_eq!(messages_before(folder.path(), "t1"), None);
    }
}
