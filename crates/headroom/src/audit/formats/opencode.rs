//! The transcripts of OpenCode: a session in `storage/session/*/ses_*.json`, its messages in
//! `storage/message/SESSION/`, the parts of each in `storage/part/MESSAGE/`; or all of it in one file, as
//! `opencode export` writes it. Versions that keep sessions in a database can be read by that way alone.

use std::io;
use std::path::{Path, PathBuf};

use llm_api::response::Usage;
use serde_json::Value;

use super::super::transcript::{Conversation, Request, number, text};
use super::branches::Branches;
use super::json_file;
use super::messages::{Call, Turn};

/// Files of a folder that are read at most: more than a session has messages, or a message parts.
const MAX_FILES: usize = 20_000;

/// The conversations of an exported session, or of the session whose file is at `path`; `None` if it is
/// neither.
///
/// # Errors
/// When files of the session can't be read.
pub(super) fn document(path: &Path, document: &Value) -> io::Result<Option<Vec<Conversation>>> {
    let mut branches = Branches::default();
    let mut at = branches.begin(Conversation::default());
    if let Some(messages) = document["messages"].as_array().filter(|_| document["info"].is_object())
    {
        for message in messages {
            let parts = message["parts"].as_array().map(Vec::as_slice).unwrap_or_default();
            at = add(&mut branches, at, &message["info"], parts);
        }
    } else {
        let Some(session) = document["id"].as_str().filter(|id| is_id(id, "ses_")) else {
            return Ok(None);
        };
        // storage/session/PROJECT/SESSION.json
        let Some(storage) = path.ancestors().nth(3) else { return Ok(None) };
        for file in files(&storage.join("message").join(session))? {
            let Some(message) = json_file(&file)? else { continue };
            let Some(id) = message["id"].as_str().filter(|id| is_id(id, "msg_")) else { continue };
            let mut parts = Vec::new();
            for file in files(&storage.join("part").join(id))? {
                parts.extend(json_file(&file)?);
            }
            at = add(&mut branches, at, &message, &parts);
        }
    }
    Ok(Some(branches.into_conversations()))
}

/// Whether a text is an id of this kind, and a name of a file and nothing else.
fn is_id(id: &str, start: &str) -> bool {
    id.starts_with(start)
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// The files of a folder in the order of their names, which is that of their times; none if it isn't there.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files =
        entries.take(MAX_FILES).map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    Ok(files)
}

/// Adds a message to the conversation at `at`; the conversation that the next one is of.
fn add(branches: &mut Branches, at: usize, message: &Value, parts: &[Value]) -> usize {
    if message["role"] != "assistant" {
        branches.user(at, &words(parts));
        return at;
    }
    // A step is a request of its own, with the calls that the model made and their results.
    let steps: Vec<&[Value]> = parts
        .split(|part| part["type"] == "step-start")
        .filter(|step| {
            step.iter().any(|part| matches!(text(part, "type"), "text" | "tool" | "step-finish"))
        })
        .collect();
    for step in &steps {
        let finish = step.iter().find(|part| part["type"] == "step-finish");
        let used = finish
            .map(|finish| &finish["tokens"])
            .or((steps.len() == 1).then(|| &message["tokens"]));
        let request = request(message, used, branches.conversations[at].requests.len());
        branches.turn(at, &turn(step), request);
        for (part, state) in tools(step) {
            let is_error = state["status"] == "error";
            let said = if is_error { text(state, "error") } else { text(state, "output") };
            branches.result(at, text(part, "callID"), said, is_error);
        }
    }
    if message["summary"] != true {
        return at;
    }
    // The conversation goes on with a summary of itself.
    let next = branches.begin(Conversation::default());
    branches.user(next, &words(parts));
    next
}

fn tools(parts: &[Value]) -> impl Iterator<Item = (&Value, &Value)> {
    parts.iter().filter(|part| part["type"] == "tool").map(|part| (part, &part["state"]))
}

fn words(parts: &[Value]) -> String {
    let is_said = |part: &&Value| part["type"] == "text" && part["ignored"] != true;
    let texts: Vec<&str> = parts.iter().filter(is_said).map(|part| text(part, "text")).collect();
    texts.join("\n")
}

fn turn(step: &[Value]) -> Turn {
    let call = |(part, state): (&Value, &Value)| Call {
        id: text(part, "callID").to_owned(),
        name: text(part, "tool").to_owned(),
        input: state["input"].clone(),
    };
    Turn { text: words(step), calls: tools(step).map(call).collect() }
}

fn request(message: &Value, used: Option<&Value>, number_of_request: usize) -> Request {
    let used = used.filter(|used| used.is_object());
    Request {
        model: message["modelID"].as_str().map(str::to_owned),
        usage: used.map(|used| Usage {
            input: number(used, "input"),
            cache_read: number(&used["cache"], "read"),
            cache_write: number(&used["cache"], "write"),
            output: number(used, "output") + number(used, "reasoning"),
            ..Usage::default()
        }),
        id: message["id"].as_str().map(|id| format!("{id} {number_of_request}").into()),
        at: message["time"]["created"].as_u64().map(|milliseconds| milliseconds / 1000),
        ..Request::default()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::*;

    fn messages() -> [(Value, Vec<Value>); 2] {
        let used = |read: u64| json!({"input": 3, "output": 9, "reasoning": 1, "cache": {"read": read, "write": 7}});
        let state =
            json!({"status": "completed", "input": {"filePath": "a.py"}, "output": "x = 1"});
        [
            (json!({"id": "msg_1", "role": "user"}), vec![json!({"type": "text", "text": "look"})]),
            (
                json!({"id": "msg_2", "role": "assistant", "modelID": "claude-sonnet-4-5", "time": {"created": 1_700_000_000_123_u64}, "tokens": used(9)}),
                vec![
                    json!({"type": "step-start"}),
                    json!({"type": "tool", "callID": "c", "tool": "read", "state": state}),
                    json!({"type": "step-finish", "tokens": used(5)}),
                    json!({"type": "step-start"}),
                    json!({"type": "text", "text": "it is 1"}),
                    json!({"type": "step-finish", "tokens": used(9)}),
                ],
            ),
        ]
    }

    fn check(found: &[Conversation]) {
        assert_eq!((found.len(), found[0].items.len(), found[0].requests.len()), (1, 4, 2));
        assert!(found[0].items[2].contains("x = 1"));
        let usage =
            Usage { input: 3, cache_read: 5, cache_write: 7, output: 10, ..Usage::default() };
        assert_eq!(found[0].requests[0].usage, Some(usage));
        assert_eq!(found[0].requests[0].at, Some(1_700_000_000));
    }

    #[test]
    fn a_session_in_files_and_an_exported_one() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, value: &Value| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, value.to_string()).unwrap();
            path
        };
        let session = json!({"id": "ses_1", "projectID": "p"});
        let file = write("session/p/ses_1.json", &session);
        for (message, parts) in messages() {
            let id = text(&message, "id");
            write(&format!("message/ses_1/{id}.json"), &message);
            for (at, part) in parts.iter().enumerate() {
                write(&format!("part/{id}/prt_{at}.json"), part);
            }
        }
        check(&document(&file, &session).unwrap().unwrap());
        let messages = messages().map(|(info, parts)| json!({"info": info, "parts": parts}));
        let exported = json!({"info": session, "messages": messages});
        check(&document(Path::new("x.json"), &exported).unwrap().unwrap());
        // An id is no path.
        let odd = json!({"id": "ses_/../../x"});
        assert!(document(&file, &odd).unwrap().is_none());
    }
}
