//! `headroom audit` and `headroom serve` make the same of one session: every request of a made-up session
//! goes through a server to a stub of the provider, the transcript of it through the audit, and both
//! count the same tokens.

use std::fs;

use serde_json::{Value, json};
use testkit::provider::{ContentBlock, ModelTurn, Provider, Reply, system_prompt};
use tokens::Encoding;

use crate::client::{Home, Server, log, records};

/// What a session holds beside its messages, in tokens: the transcript shows it by its usage alone.
fn prompt() -> String {
    system_prompt().repeat(8)
}

/// What the tools return, in this order: long and short texts, one that comes twice, JSON in which a text
/// is, a file, and an error.
fn results() -> Vec<(&'static str, Value, String)> {
    let bash = |command: &str| json!({"command": command});
    let file: String = (1..200)
        .map(|n| format!("{n:>5}\tpub fn step_{n}(input: &str) -> usize {{ input.len() + {n} }}\n"))
        .collect();
    let page = json!({"output": log(300), "metadata": {"exit_code": 0, "duration_seconds": 0.2}});
    vec![
        ("Bash", bash("cat server.log"), log(900)),
        ("Bash", bash("pwd"), "/home/me/app".to_owned()),
        ("Bash", bash("curl -s localhost/items"), records(400)),
        ("Read", json!({"file_path": "/home/me/app/src/steps.rs"}), file.clone()),
        ("Bash", bash("tail -n 600 server.log"), log(600)),
        ("Bash", bash("kubectl logs app"), page.to_string()),
        ("Read", json!({"file_path": "/home/me/app/src/steps.rs"}), file),
    ]
}

fn counted(text: &str) -> u64 {
    tokens::count(Encoding::default(), text) as u64
}

/// The sums of tokens that a server reports for these requests: of all blocks that may be compressed, before
/// and after.
fn proxied(path: &str, headers: &str, requests: &[Value]) -> (u64, u64) {
    let answer = |_: &_| Reply::Turn(ModelTurn::new("id_1", [ContentBlock::text("Done")]));
    let provider = Provider::start(answer);
    let variable = if path.contains("messages") { "ANTHROPIC" } else { "OPENAI" };
    let target = [(format!("{variable}_TARGET_API_URL"), provider.url())];
    let target: Vec<(&str, String)> =
        target.iter().map(|(name, url)| (&**name, url.clone())).collect();
    let server = Server::start_with(Home::new(), &[], &target);
    for request in requests {
        assert_eq!(server.post_with(path, headers, request.to_string()).status, 200);
    }
    let stats = server.get("/stats").json();
    assert_eq!(stats["summary"]["api_requests"], requests.len());
    let tokens = |name: &str| stats["tokens"][name].as_u64().unwrap();
    (tokens("total_before_compression"), tokens("input"))
}

/// The same sums, and the number of requests, of an audit of a transcript with these lines.
fn audited(lines: &[Value]) -> (u64, u64, u64) {
    let home = Home::new();
    let path = home.path("session.jsonl");
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(&path, text).unwrap();
    let out = home.run(&["audit", "--json", path.to_str().unwrap()], "");
    let found: Value = serde_json::from_slice(&out.stdout).unwrap();
    let tokens = |name: &str| found["touchable"][name].as_u64().unwrap();
    (tokens("tokens_before"), tokens("tokens_after"), found["requests"].as_u64().unwrap())
}

#[test]
fn of_a_session_of_claude_code() {
    let tools = json!([{"name": "Bash", "input_schema": {}}, {"name": "Read", "input_schema": {}}]);
    let system = json!([{"type": "text", "text": prompt()}]);
    let task = json!({"role": "user", "content": "why is request 7 slow? see steps.rs"});
    let (mut messages, mut requests, mut lines) = (vec![task.clone()], Vec::new(), Vec::new());
    let mut line = |kind: &str, message: &Value| {
        let n = lines.len();
        let parent = if n == 0 { Value::Null } else { format!("l{}", n - 1).into() };
        lines.push(json!({"type": kind, "uuid": format!("l{n}"), "parentUuid": parent, "sessionId": "s", "message": message}));
    };
    line("user", &task);
    let ends = [json!({"type": "text", "text": "the disk is slow"})];
    let calls = results().into_iter().enumerate().map(|(n, (name, input, _))| {
        json!({"type": "tool_use", "id": format!("toolu_{n}"), "name": name, "input": input})
    });
    for (n, said) in calls.chain(ends).enumerate() {
        let body = json!({"model": "claude-sonnet-4-5", "max_tokens": 1000, "system": system, "tools": tools, "messages": messages});
        let sent = counted(&prompt())
            + messages.iter().map(|message| counted(&message.to_string())).sum::<u64>();
        requests.push(body);
        let usage = json!({"input_tokens": sent, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0, "output_tokens": 9});
        let answer = json!({"role": "assistant", "content": [said]});
        let mut kept = answer.clone();
        (kept["id"], kept["model"], kept["usage"]) =
            (format!("msg_{n}").into(), "claude-sonnet-4-5".into(), usage);
        line("assistant", &kept);
        messages.push(answer);
        let Some((_, _, result)) = results().into_iter().nth(n) else { break };
        let block = json!({"type": "tool_result", "tool_use_id": format!("toolu_{n}"), "content": result, "is_error": false});
        let result = json!({"role": "user", "content": [block]});
        line("user", &result);
        messages.push(result);
    }
    let headers = "x-api-key: k\r\nanthropic-version: 2023-06-01\r\n";
    let (before, after) = proxied("/v1/messages", headers, &requests);
    assert!(after * 2 < before, "{before} {after}");
    assert_eq!(audited(&lines), (before, after, requests.len() as u64));
}

#[test]
fn of_a_session_of_codex() {
    let tools = json!([{"type": "function", "name": "shell", "parameters": {}}]);
    let message = |role: &str, kind: &str, text: &str| json!({"type": "message", "role": role, "content": [{"type": kind, "text": text}]});
    let (mut items, mut requests) =
        (vec![message("user", "input_text", "why is request 7 slow?")], Vec::new());
    let mut lines = vec![
        json!({"type": "session_meta", "payload": {"id": "s"}}),
        json!({"type": "turn_context", "payload": {"model": "gpt-5-codex"}}),
        json!({"type": "response_item", "payload": items[0]}),
    ];
    let mut total = 0;
    for n in 0..=results().len() {
        let sent =
            counted(&prompt()) + items.iter().map(|item| counted(&item.to_string())).sum::<u64>();
        requests.push(json!({"model": "gpt-5-codex", "instructions": prompt(), "tools": tools, "input": items, "store": false}));
        let made: Vec<Value> = match results().into_iter().nth(n) {
            Some((_, input, result)) => {
                let command =
                    input["command"].as_str().or_else(|| input["file_path"].as_str()).unwrap();
                let arguments = json!({"command": ["bash", "-lc", command]}).to_string();
                let id = format!("call_{n}");
                vec![
                    json!({"type": "function_call", "name": "shell", "call_id": id, "arguments": arguments}),
                    json!({"type": "function_call_output", "call_id": id, "output": result}),
                ]
            }
            None => vec![message("assistant", "output_text", "the disk is slow")],
        };
        total += sent + 9;
        let usage = json!({"total_token_usage": {"total_tokens": total},
            "last_token_usage": {"input_tokens": sent, "cached_input_tokens": 0, "output_tokens": 9}});
        lines.push(json!({"type": "response_item", "payload": made[0]}));
        lines.push(json!({"type": "event_msg", "payload": {"type": "token_count", "info": usage}}));
        lines
            .extend(made[1..].iter().map(|item| json!({"type": "response_item", "payload": item})));
        items.extend(made);
    }
    let (before, after) = proxied("/v1/responses", "authorization: Bearer k\r\n", &requests);
    assert!(after * 2 < before, "{before} {after}");
    assert_eq!(audited(&lines), (before, after, requests.len() as u64));
}
