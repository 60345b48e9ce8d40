//! The transcripts of Cline: `tasks/*/api_conversation_history.json`, the messages of the Messages API,
//! and beside it `ui_messages.json` with what each request used.

use std::io;
use std::path::Path;

use llm_api::response::Usage;
use serde_json::{Value, json};

use super::super::transcript::{Conversation, Request, number, text};
use super::json_file;

/// The name of the file with the messages, without its ending.
pub(super) const FILE_STEM: &str = "api_conversation_history";

/// The conversation in the file at `path`; `None` if it holds none.
///
/// # Errors
/// When the file beside it can't be read.
pub(super) fn document(path: &Path, document: &Value) -> io::Result<Option<Vec<Conversation>>> {
    let Some(messages) = document.as_array() else { return Ok(None) };
    let is_message =
        |message: &Value| message["role"].is_string() && message.get("content").is_some();
    if messages.is_empty() || !messages.iter().all(is_message) {
        return Ok(None);
    }
    let is_answer = |message: &&Value| message["role"] == "assistant";
    let answers = messages.iter().filter(is_answer).count();
    let mut conversation = Conversation::default();
    let mut made = made(path)?;
    // Requests that failed, or that are under way, are listed too: which ones isn't said.
    if made.len() != answers {
        made.clear();
    }
    let mut made = made.into_iter();
    for message in messages {
        if message["role"] == "assistant" {
            let mut request = made.next().unwrap_or_default();
            let model = message["modelInfo"]["modelId"].as_str().map(str::to_owned);
            request.model = model.or(request.model);
            conversation.requests.push(Request { items: conversation.items.len(), ..request });
        }
        conversation.push(&json!({"role": message["role"], "content": message["content"]}));
    }
    Ok(Some(vec![conversation]))
}

/// The requests with a usage, as the file beside the messages lists them.
fn made(path: &Path) -> io::Result<Vec<Request>> {
    let listed = match json_file(&path.with_file_name("ui_messages.json")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        listed => listed?,
    };
    let listed = listed.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Ok(listed.iter().filter(|said| said["say"] == "api_req_started").filter_map(request).collect())
}

fn request(said: &Value) -> Option<Request> {
    let used: Value = serde_json::from_str(text(said, "text")).ok()?;
    let usage = Usage {
        input: number(&used, "tokensIn"),
        cache_read: number(&used, "cacheReads"),
        cache_write: number(&used, "cacheWrites"),
        output: number(&used, "tokensOut"),
        ..Usage::default()
    };
    (usage != Usage::default()).then(|| Request {
        model: said["modelInfo"]["modelId"].as_str().map(str::to_owned),
        usage: Some(usage),
        at: said["ts"].as_u64().map(|milliseconds| milliseconds / 1000),
        ..Request::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_and_what_requests_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("api_conversation_history.json");
        let messages = json!([
            {"role": "user", "content": [{"type": "text", "text": "look"}], "ts": 1},
            {"role": "assistant", "content": [{"type": "text", "text": "<read_file><path>a</path></read_file>"}], "modelInfo": {"modelId": "claude-sonnet-4-5"}},
            {"role": "user", "content": [{"type": "text", "text": "[read_file for 'a'] Result:"}, {"type": "text", "text": "x = 1"}]},
            {"role": "assistant", "content": "it is 1"},
        ]);
        let used = |input: u64| {
            json!({"tokensIn": input, "tokensOut": 9, "cacheReads": 5, "cacheWrites": 7})
                .to_string()
        };
        let listed = json!([
            {"say": "text", "text": "look"},
            {"say": "api_req_started", "ts": 1_700_000_000_123_u64, "text": used(3)},
            {"say": "api_req_started", "text": "{\"request\":\"failed\"}"},
            {"say": "api_req_started", "text": used(4), "modelInfo": {"modelId": "m"}},
        ]);
        let read = || document(&path, &messages).unwrap().unwrap();
        assert_eq!(read()[0].requests[1].usage, None);
        std::fs::write(path.with_file_name("ui_messages.json"), listed.to_string()).unwrap();
        let found = read();
        assert_eq!((found.len(), found[0].items.len(), found[0].requests.len()), (1, 4, 2));
        let usage =
            Usage { input: 3, cache_read: 5, cache_write: 7, output: 9, ..Usage::default() };
        assert_eq!(found[0].requests[0].usage, Some(usage));
        assert_eq!(found[0].requests[0].model.as_deref(), Some("claude-sonnet-4-5"));
        assert_eq!(found[0].requests[1].model.as_deref(), Some("m"));
        assert!(document(&path, &json!([{"no": "message"}])).unwrap().is_none());
    }
}
