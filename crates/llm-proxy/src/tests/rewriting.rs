use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::rewrite::RequestRewriter;

pub(super) fn rewriter() -> RequestRewriter {
    let targets = Targets::new(None, None, None).unwrap();
    RequestRewriter::new(Settings::new(targets), ReplayStore::in_memory(), None, Box::new(Cutter))
}

pub(super) fn rewritten(rewriter: &RequestRewriter, api: &'static dyn Api, body: &Value) -> Value {
    let rewritten = rewriter.rewrite(api, &Bytes::from(body.to_string()));
    serde_json::from_slice(&rewritten.body.whole()).unwrap()
}

/// A body without where the cache is cut.
fn plain(body: &Value) -> Value {
    match body {
        Value::Object(map) => {
            let kept = map.iter().filter(|(key, _)| *key != "cache_control");
            kept.map(|(key, value)| (key.clone(), plain(value))).collect()
        }
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}

/// The first `turns` items of a conversation, with the cache cut at its last block.
fn first(api: &'static dyn Api, body: &Value, turns: usize) -> Value {
    let mut body = body.clone();
    body[list(api)].as_array_mut().unwrap().truncate(turns);
    if api == MESSAGES
        && let Some(block) =
            body["messages"][turns - 1]["content"].get_mut(0).filter(|block| block.is_object())
    {
        block["cache_control"] = json!({"type": "ephemeral"});
    }
    body
}

#[test]
fn what_was_sent_is_a_prefix_of_what_is_sent_later_whatever_is_remembered() {
    for api in APIS {
        let body = conversation(api, &["a", "b", "c", "b", "d"]);
        let count = body[list(api)].as_array().unwrap().len();
        let warm = rewriter();
        let mut before: Option<Value> = None;
        for turns in 2..=count {
            let given = first(api, &body, turns);
            let now = rewritten(&warm, api, &given);
            assert_eq!(now, rewritten(&rewriter(), api, &given));
            let now = plain(&now);
            if let Some(before) = before {
                assert_eq!(before["tools"], now["tools"], "{api:?}");
                let (old, new) =
                    (before[list(api)].as_array().unwrap(), now[list(api)].as_array().unwrap());
                assert_eq!(old[..], new[..old.len()]);
            }
            before = Some(now);
        }
    }
}

#[test]
fn a_result_that_says_what_an_earlier_one_did_refers_to_all_of_it() {
    let targets = Targets::new(None, None, None).unwrap();
    let replay_store = ReplayStore::in_memory();
    let rewriter = RequestRewriter::new(
        Settings::new(targets),
        replay_store,
        None,
        Box::new(compress::Builtin),
    );
    let line = |n: usize| match n % 20 {
        7 => format!("ERROR part {n} failed after {} tries: out of {}\n", n * 3, n * 7),
        _ => format!("INFO handled request number {} in {n}0 ms\n", n + 100),
    };
    let log: String = (0..300).map(line).collect();
    let text = |body: &Value, message: usize| {
        body["messages"][message]["content"][0]["content"][0]["text"].as_str().unwrap().to_owned()
    };
    let mut body = conversation(MESSAGES, &["a"]);
    body["messages"][2]["content"][0]["content"][0]["text"] = json!(log);
    // What is said in between names other lines.
    body["messages"].as_array_mut().unwrap().push(json!({"role": "assistant", "content": [
        {"type": "text", "text": "now for request 222, and 333"},
        {"type": "tool_use", "id": "b", "name": "Bash", "input": {"command": "run"}}]}));
    add_result(MESSAGES, &mut body, "b", &log);
    let sent = rewritten(&rewriter, MESSAGES, &body);
    let (first, second) = (text(&sent, 2), text(&sent, 4));
    let referred: Vec<&str> = second.lines().filter(|line| !first.contains(line)).collect();
    assert!(
        matches!(referred[..], [one] if one.starts_with("[same as lines ") && one.ends_with(" of `run`, 1 result ago]")),
        "{second}"
    );
    let hashes = |text: &str| text.matches("hash=").count();
    assert!(hashes(&first) > 0 && hashes(&first) == hashes(&second));
}

#[test]
fn marks_for_the_cache_stay_on_their_blocks() {
    let mut body = conversation(MESSAGES, &["a"]);
    let mark = json!({"type": "ephemeral", "ttl": "1h"});
    body["messages"][2]["content"][0]["cache_control"] = mark.clone();
    body["messages"][2]["content"][0]["content"][0]["cache_control"] = mark.clone();
    body["tools"][0]["cache_control"] = mark.clone();
    let sent = rewritten(&rewriter(), MESSAGES, &body);
    let block = &sent["messages"][2]["content"][0];
    assert_eq!((&block["cache_control"], &block["content"][0]["cache_control"]), (&mark, &mark));
    assert!(block["content"][0]["text"].as_str().unwrap().contains("left out"));
    assert_eq!(sent["tools"][0]["cache_control"], mark);
    assert_eq!(sent["tools"][1].get("cache_control"), None);
}

/// What of a body may differ: the texts of tool results, and the tool that is appended.
pub(super) fn masked(api: &'static dyn Api, body: &Value) -> Value {
    let mut body = body.clone();
    let is_ours = |tool: &Value| tool.to_string().contains("\"headroom_retrieve\"");
    if let Some(tools) = body.get_mut("tools").and_then(Value::as_array_mut) {
        for group in tools.iter_mut() {
            for name in ["functionDeclarations", "function_declarations"] {
                if let Some(tools) = group.get_mut(name).and_then(Value::as_array_mut) {
                    tools.retain(|tool| !is_ours(tool));
                }
            }
        }
        tools.retain(|tool| !is_ours(tool));
    }
    let hide = |content: &mut Value| match content {
        Value::String(text) => *text = String::new(),
        Value::Array(parts) => {
            for part in parts {
                if let Some(text) = part.get_mut("text") {
                    *text = json!("");
                }
            }
        }
        _ => {}
    };
    for item in body.get_mut(list(api)).and_then(Value::as_array_mut).into_iter().flatten() {
        match api.name() {
            "messages" => {
                for block in
                    item.get_mut("content").and_then(Value::as_array_mut).into_iter().flatten()
                {
                    if block["type"] == "tool_result" {
                        block.get_mut("content").into_iter().for_each(hide);
                    }
                }
            }
            "chat" if item["role"] == "tool" || item["role"] == "function" => {
                item.get_mut("content").into_iter().for_each(hide);
            }
            "chat" => {}
            "gemini" => {
                for part in
                    item.get_mut("parts").and_then(Value::as_array_mut).into_iter().flatten()
                {
                    let response =
                        part.get_mut("functionResponse").and_then(|r| r.get_mut("response"));
                    let members = response.and_then(Value::as_object_mut).into_iter().flatten();
                    for (_, member) in members {
                        let inner = member.as_object_mut().into_iter().flatten();
                        inner.for_each(|(_, member)| hide(member));
                        hide(member);
                    }
                }
            }
            _ => item.get_mut("output").into_iter().for_each(hide),
        }
    }
    body
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_mutated_body_goes_on_to_the_byte_or_differs_in_results_alone(
        api in 0..APIS.len(),
        edits in prop::collection::vec((any::<Index>(), any::<Index>(), 0u8..4), 1..6),
    ) {
        let api = APIS[api];
        let mut body = conversation(api, &["a", "b"]).to_string().into_bytes();
        const BITS: [&str; 12] = ["\"", "{", "}", "[", "]", ",", ":", "null", "1.0", "\\u0041", "\"content\"", "\u{e9}"];
        for (at, bit, how) in &edits {
            let at = at.index(body.len());
            let bit = bit.get(&BITS).as_bytes();
            match how {
                0 => drop(body.remove(at)),
                1 => drop(body.splice(at..at, bit.iter().copied())),
                2 => body[at] = bit[0],
                _ => {
                    let end = (at + 30).min(body.len());
                    let copy = body[at..end].to_vec();
                    drop(body.splice(at..at, copy));
                }
            }
        }
        let rewritten = rewriter().rewrite(api, &Bytes::from(body.clone()));
        if !rewritten.body.is_same(&body) {
            let before: Value = serde_json::from_slice(&body).unwrap();
            let after: Value = serde_json::from_slice(&rewritten.body.whole()).unwrap();
            prop_assert_eq!(masked(api, &before), masked(api, &after));
        }
    }
}

/// A Lua file, which nothing but its name says is code.
fn lua() -> String {
    (0..400)
        .map(|n| {
            format!("config.set(\"option_{n}\", {{ value = {}, label = \"item {n}\" }})\n", n * 7)
        })
        .collect()
}

#[test]
fn code_that_was_asked_for_stays_whole_for_every_agent_in_every_api() {
    let targets = Targets::new(None, None, None).unwrap();
    let replay_store = ReplayStore::in_memory();
    let rewriter = RequestRewriter::new(
        Settings::new(targets),
        replay_store,
        None,
        Box::new(compress::Builtin),
    );
    let file = "/w/conf/init.lua";
    for input in [
        json!({"file_path": file}),
        json!({"filePath": file}),
        json!({"absolute_path": file}),
        json!({"target_file": file}),
        json!({"uri": format!("file://{file}")}),
        json!({"command": ["bash", "-lc", "cat conf/init.lua"]}),
        json!({"cmd": "cat conf/init.lua"}),
    ] {
        for api in APIS {
            let mut body = conversation(api, &["a"]);
            let items = body[list(api)].as_array_mut().unwrap();
            items.truncate(items.len() - 2);
            items.push(match api.name() {
                "messages" => json!({"role": "assistant", "content": [
                    {"type": "tool_use", "id": "a", "name": "read", "input": input}]}),
                "chat" => {
                    json!({"role": "assistant", "tool_calls": [{"id": "a", "type": "function",
                    "function": {"name": "read", "arguments": input.to_string()}}]})
                }
                "gemini" => json!({"role": "model", "parts": [
                    {"functionCall": {"id": "a", "name": "read", "args": input}}]}),
                _ => json!({"type": "function_call", "call_id": "a", "name": "read",
                    "arguments": input.to_string()}),
            });
            add_result(api, &mut body, "a", &lua());
            let sent = rewritten(&rewriter, api, &body);
            let result = sent[list(api)].as_array().unwrap().last().unwrap().to_string();
            assert!(!result.contains("left out"), "{api:?} {input} {result:.300}");
        }
    }
}

#[test]
fn envelopes_are_opened_however_short_they_are() {
    let targets = Targets::new(None, None, None).unwrap();
    let replay_store = ReplayStore::in_memory();
    let rewriter = RequestRewriter::new(
        Settings::new(targets),
        replay_store,
        None,
        Box::new(compress::Builtin),
    );
    let output = json!({"output": "src\ntests\n"}).to_string();
    let envelope = output.replace('}', ",\"metadata\":{\"exit_code\":0,\"duration_seconds\":0.3}}");
    let body = json!({"model": "m", "max_tokens": 9, "messages": [
        {"role": "user", "content": "look"},
        {"role": "assistant", "content":
            [{"type": "tool_use", "id": "a", "name": "shell", "input": {"command": "ls"}}]},
        {"role": "user", "content":
            [{"type": "tool_result", "tool_use_id": "a", "content": envelope}]},
    ]});
    let sent = rewritten(&rewriter, MESSAGES, &body);
    let content = &sent["messages"][2]["content"][0]["content"];
    assert_eq!(content, "[exit 0, 0.3 s]\nsrc\ntests\n");
}
