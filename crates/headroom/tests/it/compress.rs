//! `POST /v1/compress`, both forms.

use serde_json::{Value, json};

use crate::client::{Server, log, records};

/// Something is left out of a text, and every hash gives back what it stands for.
#[test]
fn a_text_gets_smaller_and_what_is_left_out_can_be_asked_for() {
    let server = Server::start(&[]);
    let text = log(500);
    let answer = server.ask("/v1/compress", &json!({ "text": text, "budget": 8000 }));
    assert_eq!(answer.status, 200);
    let answer = answer.json();
    let number = |name: &str| answer[name].as_u64().unwrap();
    assert!(number("tokens_after") * 2 < number("tokens_before"), "{answer}");
    assert_eq!(number("tokens_saved"), number("tokens_before") - number("tokens_after"));
    let ratio = number("tokens_after") as f64 / number("tokens_before") as f64;
    assert_eq!(answer["compression_ratio"], ratio);
    assert!(!answer["transforms_applied"].as_array().unwrap().is_empty());

    let hashes = answer["ccr_hashes"].as_array().unwrap();
    assert!(!hashes.is_empty());
    for hash in hashes {
        let hash = hash.as_str().unwrap();
        assert!(answer["text"].as_str().unwrap().contains(&format!("hash={hash}]")), "{answer}");
        let original = server.get(&format!("/v1/retrieve/{hash}")).json();
        let original = original["original_content"].as_str().unwrap();
        assert!(text.contains(original));
    }
    let again = server.ask("/v1/compress", &json!({ "text": text, "budget": 8000 })).json();
    assert_eq!(again, answer);
}

#[test]
fn nothing_is_left_out_where_the_reader_cannot_ask() {
    let server = Server::start(&[]);
    let answer =
        server.ask("/v1/compress", &json!({ "text": log(500), "retrieval": "none" })).json();
    assert_eq!(answer["ccr_hashes"], json!([]));
    assert!(!answer["text"].as_str().unwrap().contains("left out"));
}

#[test]
fn a_source_names_lines_instead_of_hashes() {
    let server = Server::start(&[]);
    let source = json!({ "path": "logs/server.log", "line": 100 });
    let answer = server.ask("/v1/compress", &json!({ "text": log(500), "source": source })).json();
    assert_eq!(answer["ccr_hashes"], json!([]));
    assert!(answer["text"].as_str().unwrap().contains("left out: logs/server.log:"), "{answer}");
}

#[test]
fn an_empty_text_stays_empty() {
    let answer = Server::start(&[]).ask("/v1/compress", &json!({ "text": "" })).json();
    assert_eq!((&answer["text"], &answer["tokens_before"]), (&json!(""), &json!(0)));
    assert_eq!(answer["compression_ratio"], 1.0);
}

#[test]
fn bypass_gives_back_what_came() {
    let server = Server::start(&[]);
    let bypass = "x-headroom-bypass: true\r\n";
    let text = log(100);
    let answer =
        server.post_with("/v1/compress", bypass, json!({ "text": text }).to_string()).json();
    assert_eq!(answer["text"], *text);
    assert_eq!(answer["tokens_before"], answer["tokens_after"]);
    let messages = json!([{ "role": "tool", "tool_call_id": "a", "content": text }]);
    let body = json!({ "messages": messages, "model": "gpt-4o" }).to_string();
    let answer = server.post_with("/v1/compress", bypass, body).json();
    assert_eq!(answer["messages"], messages);
    assert_eq!(answer["compression_ratio"], 1.0);
}

#[test]
fn a_server_that_makes_nothing_smaller_says_so() {
    let server = Server::start(&["--no-optimize"]);
    let refused = server.ask("/v1/compress", &json!({ "text": log(100) })).error();
    assert_eq!((refused.0, &*refused.1), (503, "configuration_error"));
    let messages = json!([{ "role": "tool", "tool_call_id": "a", "content": records(100) }]);
    let answer = server.ask("/v1/compress", &json!({ "messages": messages, "model": "gpt-4o" }));
    assert_eq!(answer.json()["messages"], messages);
    assert_eq!(answer.json()["tokens_saved"], 0);
    assert!(answer.json()["tokens_before"].as_u64().unwrap() > 0);
}

#[test]
fn what_is_wrong_with_a_request_is_named() {
    let server = Server::start(&[]);
    let refused = |body: &str| server.post("/v1/compress", body).error();
    for (body, message) in [
        ("{}", "missing required field: text, messages or input"),
        (r#"{"text": "a", "text": "b"}"#, "the field text is there more than once"),
        ("[]", "the request body isn't a JSON object"),
        (r#"{"text": 7}"#, "invalid text: expected a string"),
        (r#"{"text": null}"#, "missing required field: text"),
        (r#"{"text": "a", "messages": []}"#, "only one of text, messages and input may be present"),
        (r#"{"text": "a", "budget": 0}"#, "invalid budget: expected a positive integer"),
        (r#"{"text": "a", "budget": -5}"#, "invalid budget: expected a positive integer"),
        (r#"{"text": "a", "budget": "8000"}"#, "invalid budget: expected a positive integer"),
        (r#"{"text": "a", "budget": 1e3}"#, "invalid budget: expected a positive integer"),
        (r#"{"text": "a", "task": []}"#, "invalid task: expected a string"),
        (r#"{"text": "a", "retrieval": "maybe"}"#, "invalid retrieval: expected offered or none"),
        (r#"{"text": "a", "source": "x"}"#, "invalid source: expected an object"),
        (r#"{"text": "a", "source": {}}"#, "missing required field: source.path"),
        (
            r#"{"text": "a", "source": {"path": "a\nb"}}"#,
            "invalid source.path: expected a path without control characters",
        ),
        (
            r#"{"text": "a\ud800"}"#,
            "invalid text: expected Unicode text: it has half of a surrogate pair",
        ),
        (r#"{"messages": [], "config": {}}"#, "missing required field: model"),
        (r#"{"messages": "hello", "model": "m"}"#, "invalid messages: expected a list of messages"),
        (r#"{"messages": [{}, 3], "model": "m"}"#, "invalid messages[1]: expected an object"),
        (r#"{"input": 3, "model": "m"}"#, "invalid input: expected a string or a list of items"),
        (
            r#"{"messages": [], "model": "m", "config": {"mode": "bogus"}}"#,
            "invalid config.mode: expected ccr, or lossy_inline, or lossless_then_lossy",
        ),
        (
            r#"{"messages": [], "model": "m", "config": {"frozen_message_count": -1}}"#,
            "invalid config.frozen_message_count: expected a non-negative integer",
        ),
    ] {
        let expected = (400, "validation_error".to_owned(), message.to_owned());
        assert_eq!(refused(body), expected, "{body}");
    }
    let (status, kind, message) = refused("{\"text\": \"a\"");
    assert_eq!((status, &*kind), (400, "validation_error"));
    assert!(message.starts_with("invalid JSON in the request body: "), "{message}");
    let latin = server.post("/v1/compress", b"{\"text\": \"caf\xe9\"}").error();
    assert_eq!(latin.0, 400);
}

fn result_of<'a>(answer: &'a Value, pointer: &str) -> &'a str {
    answer.pointer(pointer).and_then(Value::as_str).unwrap()
}

#[test]
fn openai_messages_come_back_in_their_shape() {
    let server = Server::start(&[]);
    let messages = json!([
        { "role": "system", "content": "You are a coding agent." },
        { "role": "user", "content": "list the records" },
        { "role": "assistant", "content": null, "tool_calls": [
            { "id": "c1", "type": "function",
              "function": { "name": "run", "arguments": "{\"cmd\": \"curl api\"}" } }] },
        { "role": "tool", "tool_call_id": "c1", "content": records(200) },
        { "role": "tool", "tool_call_id": "c2", "content": [{ "type": "text", "text": records(200) }] },
    ]);
    let answer =
        server.ask("/v1/compress", &json!({ "messages": messages, "model": "gpt-4o" })).json();
    let out = answer["messages"].as_array().unwrap();
    assert_eq!(out.len(), 5);
    assert_eq!(out[..3], messages.as_array().unwrap()[..3]);
    for pointer in ["/messages/3/content", "/messages/4/content/0/text"] {
        assert!(result_of(&answer, pointer).len() * 2 < records(200).len(), "{pointer}");
    }
    assert_eq!(answer["messages"][3]["tool_call_id"], "c1");
    assert!(answer["tokens_saved"].as_u64().unwrap() > 0);
    assert_eq!(answer["ccr_hashes"], json!([]));
    let summary = answer["transforms_summary"].as_object().unwrap();
    let applied = answer["transforms_applied"].as_array().unwrap();
    assert!(!summary.is_empty() && summary.len() == applied.len());
    assert!(summary.values().all(|count| count == 2), "{summary:?}");
}

#[test]
fn anthropic_messages_come_back_in_their_shape() {
    let server = Server::start(&[]);
    let messages = json!([
        { "role": "user", "content": "list the records" },
        { "role": "assistant", "content": [
            { "type": "thinking", "thinking": "hm", "signature": "c2ln" },
            { "type": "tool_use", "id": "t1", "name": "Bash", "input": { "command": "curl api" } }] },
        { "role": "user", "content": [
            { "type": "tool_result", "tool_use_id": "t1",
              "content": [{ "type": "text", "text": records(200),
                            "cache_control": { "type": "ephemeral" } }] },
            { "type": "tool_result", "tool_use_id": "t2", "is_error": true, "content": records(20) },
            { "type": "text", "text": "now sum them up" }] },
    ]);
    let body = json!({ "messages": messages, "model": "claude-sonnet-4-5" });
    let answer = server.ask("/v1/compress", &body).json();
    assert_eq!(answer["messages"].as_array().unwrap().len(), 3);
    assert_eq!(answer["messages"][1], messages[1]);
    assert_eq!(answer["messages"][2]["content"][1], messages[2]["content"][1], "an error stays");
    assert_eq!(answer["messages"][2]["content"][2], messages[2]["content"][2]);
    let result = &answer["messages"][2]["content"][0]["content"][0];
    assert_eq!(result["cache_control"], json!({ "type": "ephemeral" }));
    assert!(result["text"].as_str().unwrap().len() * 2 < records(200).len());
}

#[test]
fn responses_items_come_back_in_their_shape() {
    let server = Server::start(&[]);
    let input = json!([
        { "role": "user", "content": [{ "type": "input_text", "text": "list" }] },
        { "type": "function_call", "call_id": "f1", "name": "run", "arguments": "{}" },
        { "type": "function_call_output", "call_id": "f1", "output": records(200) },
        { "type": "reasoning", "id": "r1", "encrypted_content": "zzz", "summary": [] },
    ]);
    let answer = server.ask("/v1/compress", &json!({ "input": input, "model": "gpt-5" })).json();
    assert_eq!(answer["messages"], answer["input"]);
    let out = answer["messages"].as_array().unwrap();
    assert_eq!((out.len(), &out[3]), (4, &input[3]));
    assert!(out[2]["output"].as_str().unwrap().len() * 2 < records(200).len());

    let answer = server.ask("/v1/compress", &json!({ "input": "hello", "model": "gpt-5" })).json();
    assert_eq!(answer["input"], "hello");
    assert_eq!(answer["messages"], json!([{ "role": "user", "content": "hello" }]));
}

#[test]
fn no_messages_are_no_messages() {
    let body = json!({ "messages": [], "model": "gpt-4o" });
    let answer = Server::start(&[]).ask("/v1/compress", &body).json();
    assert_eq!(answer["messages"], json!([]));
    assert_eq!(answer["compression_ratio"], 1.0);
}

/// Only the strings that got smaller differ: numbers, escapes and white space stay as they came.
#[test]
fn what_is_not_compressed_stays_byte_for_byte() {
    let server = Server::start(&[]);
    let odd =
        r#"{"role":"user",  "content":"caf\u00e9 \/ \ud83d\ude00","x":1e400,"y":0.10,"x":-0.0}"#;
    let lone = r#"{"role": "tool", "tool_call_id": "a", "content": "half \ud800 of a pair"}"#;
    let tool = json!({ "role": "tool", "tool_call_id": "b", "content": records(200) });
    let body = format!(r#"{{"model": "gpt-4o", "messages": [{odd}, {lone} ,{tool}]}}"#);
    let answer = server.post("/v1/compress", body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains(&format!("[{odd}, {lone} ,{{")), "{}", answer.text());
}

#[test]
fn only_the_mode_ccr_leaves_something_out() {
    let server = Server::start(&[]);
    let ask = |config: Value| {
        let messages = json!([{ "role": "tool", "tool_call_id": "a", "content": log(500) }]);
        let body = json!({ "messages": messages, "model": "gpt-4o", "config": config });
        server.ask("/v1/compress", &body).json()
    };
    for config in [json!(null), json!({}), json!({ "mode": "lossy_inline" })] {
        let answer = ask(config);
        assert_eq!(answer["ccr_hashes"], json!([]));
        assert!(!answer.to_string().contains("left out"));
    }
    let answer = ask(json!({ "mode": "ccr" }));
    let hashes = answer["ccr_hashes"].as_array().unwrap();
    assert!(!hashes.is_empty());
    for hash in hashes {
        let found = server.get(&format!("/v1/retrieve/{}", hash.as_str().unwrap()));
        assert_eq!(found.status, 200);
    }
}

#[test]
fn messages_can_be_protected() {
    let server = Server::start(&[]);
    let message = || json!({ "role": "tool", "tool_call_id": "a", "content": records(100) });
    let messages = json!([message(), message(), message(), message()]);
    let config = json!({ "frozen_message_count": 1, "protect_recent": 2 });
    let body = json!({ "messages": messages, "model": "gpt-4o", "config": config });
    let answer = server.ask("/v1/compress", &body).json();
    let changed: Vec<usize> = (0..4).filter(|i| answer["messages"][i] != messages[i]).collect();
    assert_eq!(changed, [1]);
}

#[test]
fn what_a_user_says_stays_and_what_a_user_pastes_loses_nothing() {
    let server = Server::start(&[]);
    let ask = |content: String, config: Value| {
        let messages = json!([{ "role": "user", "content": content }]);
        let body = json!({ "messages": messages, "model": "gpt-4o", "config": config });
        let answer = server.ask("/v1/compress", &body).json();
        answer["messages"][0]["content"].as_str().unwrap().to_owned()
    };
    let (small, large) = (records(5), records(200));
    assert_eq!(ask(small.clone(), json!({ "mode": "ccr" })), small);
    assert!(ask(large.clone(), json!({})).len() * 2 < large.len());
    assert_eq!(ask(large.clone(), json!({ "compress_user_messages": false })), large);
    let pasted = format!("look at this:\n{}", log(500));
    assert!(!ask(pasted.clone(), json!({ "mode": "ccr" })).contains("left out"));
    let told = json!({ "mode": "ccr", "compress_user_messages": true });
    assert!(ask(pasted, told).contains("left out"));
}

#[test]
fn what_was_asked_for_is_not_compressed_again() {
    let server = Server::start(&[]);
    for name in ["headroom_retrieve", "mcp__headroom__headroom_retrieve"] {
        let messages = json!([
            { "role": "assistant", "content": [
                { "type": "tool_use", "id": "t1", "name": name, "input": { "hash": "x" } }] },
            { "role": "user", "content": [
                { "type": "tool_result", "tool_use_id": "t1", "content": records(200) }] },
        ]);
        let body = json!({ "messages": messages, "model": "claude-sonnet-4-5",
                           "config": { "mode": "ccr" } });
        assert_eq!(server.ask("/v1/compress", &body).json()["messages"], messages);
    }
}

#[test]
fn a_simulation_keeps_nothing() {
    let server = Server::start(&[]);
    let messages = json!([{ "role": "tool", "tool_call_id": "a", "content": log(500) }]);
    let config =
        json!({ "default_mode": "simulate", "generate_diff_artifact": true, "mode": "ccr" });
    let body = json!({ "messages": messages, "model": "gpt-4o", "config": config });
    let answer = server.ask("/v1/compress", &body).json();
    assert_eq!(answer["messages_optimized"], answer["messages"]);
    assert_eq!(answer["transforms"], answer["transforms_applied"]);
    assert!(answer["estimated_savings"].as_str().unwrap().ends_with('%'));
    let hash = answer["ccr_hashes"][0].as_str().unwrap();
    assert_eq!(server.get(&format!("/v1/retrieve/{hash}")).status, 404);
}

#[test]
fn more_is_left_out_to_keep_to_a_budget() {
    let server = Server::start(&[]);
    let ask = |budget: Value| {
        let content: String = (0..400)
            .map(|i| format!("{i:x}{} step {} took {}\n", i * 7919 % 9973, i % 17, i * i))
            .collect();
        let messages = json!([
            { "role": "tool", "tool_call_id": "a", "content": content },
            { "role": "tool", "tool_call_id": "b", "content": log(300) },
        ]);
        let body = json!({ "messages": messages, "model": "gpt-4o", "token_budget": budget,
                           "config": { "mode": "ccr" } });
        server.ask("/v1/compress", &body).json()["tokens_after"].as_u64().unwrap()
    };
    assert!(ask(json!(300)) <= ask(json!(null)));
}

/// The argument that names a file has another name with every agent.
#[test]
fn code_that_was_asked_for_stays_whole_for_every_agent() {
    let server = Server::start(&[]);
    let file: String = (0..200)
        .map(|n| {
            format!("config.set(\"option_{n}\", {{ value = {}, label = \"item {n}\" }})\n", n * 7)
        })
        .collect();
    let code: String = (0..60)
        .map(|n| format!("def step_{n}(value):\n    total = value + {n}\n    return total\n\n"))
        .collect();
    for (argument, path, text) in ["file_path", "filePath", "absolute_path", "target_file", "uri"]
        .into_iter()
        .flat_map(|argument| [(argument, "/w/init.lua", &file), (argument, "/w/steps.py", &code)])
    {
        let messages = json!([
            { "role": "user", "content": "look at the options" },
            { "role": "assistant", "content": [
                { "type": "tool_use", "id": "a", "name": "read", "input": { argument: path } }] },
            { "role": "user", "content": [
                { "type": "tool_result", "tool_use_id": "a", "content": text }] },
        ]);
        let body = json!({ "messages": messages, "model": "claude-sonnet-4", "config": { "mode": "ccr" } });
        let answer = server.ask("/v1/compress", &body).json();
        assert_eq!(answer["messages"], messages, "{argument} {path}");
    }
}

/// The log in an envelope is compressed as a log, its error stays, and its hash gives it back.
#[test]
fn a_text_in_a_json_string_is_compressed_as_what_it_is() {
    let server = Server::start(&[]);
    let inner = format!("{}ERROR worker-3 job 60 failed: disk full on /var\n", log(200));
    let text = json!({ "output": inner, "metadata": { "exit_code": 1 } }).to_string();
    let answer = server.ask("/v1/compress", &json!({ "text": text })).json();
    let shorter: Value = serde_json::from_str(answer["text"].as_str().unwrap()).unwrap();
    let output = shorter["output"].as_str().unwrap();
    assert!(output.contains("disk full on /var") && output.len() * 2 < inner.len());
    assert_eq!(shorter["metadata"]["exit_code"], 1);
    let hashes = answer["ccr_hashes"].as_array().unwrap();
    let original = |hash: &Value| {
        let answer = server.get(&format!("/v1/retrieve/{}", hash.as_str().unwrap())).json();
        answer["original_content"].as_str().unwrap().to_owned()
    };
    assert!(!hashes.is_empty() && hashes.iter().all(|hash| inner.contains(&original(hash))));
}
