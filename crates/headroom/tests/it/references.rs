//! Results that repeat what the model has seen or written, and agents without tools, through the
//! built server to a stub of the provider.

use serde_json::{Value, json};
use testkit::provider::{ContentBlock, ModelTurn, Provider, Reply, system_prompt};

use crate::client::{Server, log};

const KEY: &str = "x-api-key: k\r\nanthropic-version: 2023-06-01\r\n";

/// A file of distinct lines, with one of them changed, and with the number of each line before it as
/// agents' tools show it.
fn file(changed: usize, separator: &str) -> String {
    let line = |n: usize| {
        let text = match n == changed {
            true => "    let total = rows.iter().map(|row| row.price).sum::<u64>();".to_owned(),
            false => {
                format!("    rows.push(Row::new(\"item {n}\", {}, {}));", n * 7919 % 997, n * 31)
            }
        };
        match separator {
            "" => text + "\n",
            _ => format!("{n:6}{separator}{text}\n"),
        }
    };
    (1..=120).map(line).collect()
}

fn call(id: &str, name: &str, input: Value) -> Value {
    json!({"role": "assistant", "content": [{"type": "tool_use", "id": id, "name": name, "input": input}]})
}

fn result(id: &str, text: &str) -> Value {
    json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": text}]})
}

/// Sends a conversation of these messages, and returns the messages that the provider got.
fn sent(server: &Server, provider: &Provider, messages: &[Value], tools: bool) -> Vec<Value> {
    let mut body = json!({"model": "claude-sonnet-4-5", "max_tokens": 1000,
        "system": system_prompt(), "messages": messages});
    if tools {
        // With a tool of the client's own, what can be retrieved is stored when it is sent.
        let names = ["Bash", "mcp__headroom__headroom_retrieve"];
        body["tools"] =
            names.map(|name| json!({"name": name, "input_schema": {"type": "object"}})).into();
    }
    assert_eq!(server.post_with("/v1/messages", KEY, body.to_string()).status, 200);
    let sent = provider.received().pop().unwrap().json();
    assert_eq!(sent["tools"].is_array(), tools, "an agent without tools gets none");
    sent["messages"].as_array().unwrap().clone()
}

fn text_of(message: &Value) -> &str {
    message["content"][0]["content"].as_str().unwrap_or_default()
}

fn start() -> (Provider, Server) {
    let provider =
        Provider::start(|_| Reply::Turn(ModelTurn::new("msg_1", [ContentBlock::text("Done")])));
    let server = Server::start(&["--anthropic-api-url", &provider.url()]);
    (provider, server)
}

#[test]
fn a_file_read_again_refers_to_what_was_shown_and_the_rest_is_new() {
    let (provider, server) = start();
    let mut messages = vec![
        json!({"role": "user", "content": "make the total right"}),
        call("t1", "Read", json!({"file_path": "/w/src/rows.rs"})),
        result("t1", &file(0, "\t")),
    ];
    let first = sent(&server, &provider, &messages, true);
    messages.push(call("t2", "Bash", json!({"command": "nl -ba src/rows.rs"})));
    messages.push(result("t2", &file(60, "\t")));
    let second = sent(&server, &provider, &messages, true);
    assert_eq!(second[..3], first[..], "what was sent stays as it was sent");
    let text = text_of(&second[4]);
    assert!(text.contains("same as lines 1-59 of src/rows.rs, 1 result ago"), "{text}");
    assert!(text.contains("same as lines 61-120 there"), "{text}");
    assert!(text.contains("let total = rows.iter()"), "{text}");
    assert!(text.len() * 4 < file(60, "\t").len(), "{text}");
    let hash = text.split("hash=").nth(1).and_then(|rest| rest.get(..12)).expect("a hash");
    let found = server.get(&format!("/v1/retrieve/{hash}"));
    assert_eq!(found.status, 200, "{}", found.text());
    let original = found.json()["original_content"].as_str().unwrap().to_owned();
    assert!(original.starts_with("     1\t") && file(60, "\t").contains(&original), "{original}");
}

#[test]
fn what_the_model_wrote_is_not_shown_to_it_again() {
    let (provider, server) = start();
    let written = file(60, "");
    let messages = [
        json!({"role": "user", "content": "write it"}),
        call("t1", "Write", json!({"file_path": "/w/src/rows.rs", "content": written})),
        result("t1", "File created successfully at: /w/src/rows.rs"),
        call("t2", "Bash", json!({"command": "cat src/rows.rs"})),
        result("t2", &written),
    ];
    let sent = sent(&server, &provider, &messages, true);
    let text = text_of(&sent[4]);
    assert!(text.contains("same as 120 lines you wrote to src/rows.rs, 1 call ago"), "{text}");
    assert_eq!(sent[1], messages[1], "what the model wrote stays");
}

#[test]
fn outputs_in_frames_of_agents_without_tools_are_compressed() {
    let (provider, server) = start();
    for (before, after) in [
        ("<returncode>0</returncode>\n<output>\n", "\n</output>"),
        ("Observation: ", ""),
        ("OBSERVATION:\n", "\n(Open file: n/a)\n(Current directory: /w)\nbash-$ "),
        ("EXECUTION RESULT of [execute_bash]:\n", ""),
        ("<tool_response>\n", "\n</tool_response>"),
    ] {
        let listing = file(0, ": ");
        let framed = |text: &str| format!("{before}{text}{after}");
        let messages = [
            json!({"role": "user", "content": "fix it"}),
            json!({"role": "assistant", "content": "```\ncat -n src/rows.rs\n```"}),
            json!({"role": "user", "content": framed(&listing)}),
            json!({"role": "assistant", "content": "Again.\n```\ncat -n src/rows.rs\n```"}),
            json!({"role": "user", "content": framed(&listing)}),
            json!({"role": "assistant", "content": "```\ncat app.log\n```"}),
            json!({"role": "user", "content": framed(&log(300))}),
        ];
        let sent = sent(&server, &provider, &messages, false);
        let again = sent[4]["content"].as_str().unwrap();
        assert!(again.contains("same as lines "), "{again}");
        assert!(again.starts_with(before.trim_end()) && again.ends_with(after), "{again}");
        assert!(again.len() * 4 < framed(&listing).len(), "{again}");
        let log_sent = sent[6]["content"].as_str().unwrap();
        assert!(!log_sent.contains(" left out"), "nothing that it couldn't retrieve is missing");
        for at in [0, 1, 3, 5] {
            assert_eq!(sent[at], messages[at]);
        }
    }
}
