//! `/v1/retrieve` in its forms.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Server, log};

/// A server, and the hash and text of an original that it keeps.
fn with_original() -> (Server, String, String) {
    let server = Server::start(&[]);
    let answer = server.ask("/v1/compress", &json!({ "text": log(500) })).json();
    let hash = answer["ccr_hashes"][0].as_str().unwrap().to_owned();
    let original = server.get(&format!("/v1/retrieve/{hash}")).json();
    let text = original["original_content"].as_str().unwrap().to_owned();
    (server, hash, text)
}

#[test]
fn by_path_by_body_by_prefix_and_in_any_case() {
    let (server, hash, text) = with_original();
    for name in [&hash[..], &hash[..12], &hash[..20], &hash.to_uppercase()] {
        let by_path = server.get(&format!("/v1/retrieve/{name}"));
        let by_body = server.ask("/v1/retrieve", &json!({ "hash": name }));
        for answer in [by_path, by_body] {
            assert_eq!(answer.status, 200);
            let answer = answer.json();
            assert_eq!(
                (&answer["hash"], &answer["original_content"]),
                (&json!(hash), &json!(text))
            );
            assert_eq!(answer["original_item_count"], text.lines().count());
            assert!(answer["original_tokens"].as_u64().unwrap() > 0);
        }
    }
    // Asked for once by `with_original` and eight times here.
    let count = server.get(&format!("/v1/retrieve/{hash}")).json()["retrieval_count"].clone();
    assert_eq!(count, 10);
}

#[test]
fn what_is_not_kept_is_not_found_and_says_what_to_do() {
    let server = Server::start(&[]);
    for (name, said) in [
        ("0123456789abcdef01234567", "run the command"),
        ("0123456789ab", "run the command"),
        ("nonsense", "`nonsense` is not a hash"),
        ("..%2f..%2fetc%2fpasswd", "is not a hash"),
        ("%00", "is not a hash"),
    ] {
        let answer = server.get(&format!("/v1/retrieve/{name}"));
        let (status, kind, message) = answer.error();
        assert_eq!((status, &*kind), (404, "storage_error"), "{name}");
        assert!(message.contains(said), "{message}");
        assert_eq!(answer.json()["detail"], message);
    }
    let (status, _, message) = server.ask("/v1/retrieve", &json!({ "hash": "" })).error();
    assert_eq!(status, 404);
    assert!(message.contains("is not a hash"), "{message}");
    let long = "a".repeat(5000);
    assert_eq!(server.ask("/v1/retrieve", &json!({ "hash": long })).status, 404);
}

#[test]
fn what_is_wrong_with_a_request_is_named() {
    let server = Server::start(&[]);
    for (body, message) in [
        ("{}", "missing required field: hash"),
        (r#"{"hash": 7}"#, "invalid hash: expected a string"),
        (r#"{"hash": null}"#, "missing required field: hash"),
        (r#"{"hash": "a", "query": []}"#, "invalid query: expected a string"),
        ("[1]", "missing required field: hash"),
        (r#"{"hash": "a", "hash": "b"}"#, "the field hash is there more than once"),
    ] {
        let expected = (400, "validation_error".to_owned(), message.to_owned());
        assert_eq!(server.post("/v1/retrieve", body).error(), expected, "{body}");
    }
    for body in ["", "{", "nonsense", "{\"hash\": \"a\"} x"] {
        let (status, kind, _) = server.post("/v1/retrieve", body).error();
        assert_eq!((status, &*kind), (400, "validation_error"), "{body}");
    }
}

#[test]
fn a_query_gives_back_what_answers_it() {
    let (server, hash, text) = with_original();
    // A long text has a retrieval reference for each of its chunks: a line of this one.
    let number = text.lines().nth(23).unwrap().split(' ').nth(3).unwrap();
    let query = format!("request {number} ");
    let asked = json!({ "hash": hash, "query": query });
    let answer = server.ask("/v1/retrieve", &asked).json();
    assert_eq!((&answer["hash"], &answer["query"]), (&json!(hash), &json!(query)));
    assert_eq!(answer["count"], answer["results"].as_array().unwrap().len());
    assert!(answer.get("original_content").is_none());
    let result = &answer["results"][0];
    let lines: Vec<&str> = text.lines().collect();
    let line = |i: usize| usize::try_from(result["lines"][i].as_u64().unwrap()).unwrap();
    assert_eq!(result["text"], lines[line(0) - 1..line(1)].join("\n"));
    assert!(result["text"].as_str().unwrap().contains(&query));

    let nothing = server.ask("/v1/retrieve", &json!({ "hash": hash, "query": "zebra" })).json();
    assert_eq!((&nothing["results"], &nothing["count"]), (&json!([]), &json!(0)));
    let blank = server.ask("/v1/retrieve", &json!({ "hash": hash, "query": " " })).json();
    assert_eq!(blank["original_content"], text);

    // Guardrails send a query and read the whole original.
    let both = server.get(&format!("/v1/retrieve/{hash}?query=request%20{number}")).json();
    assert_eq!(both["original_content"], text);
    assert!(both["count"].as_u64().unwrap() > 0);
}

#[test]
fn a_models_call_is_answered_in_its_providers_shape() {
    let (server, hash, text) = with_original();
    let ask = |body: Value| server.ask("/v1/retrieve/tool_call", &body);
    let anthropic = json!({ "provider": "anthropic", "tool_call": {
        "id": "toolu_1", "name": "headroom_retrieve", "input": { "hash": hash } } });
    let answer = ask(anthropic).json();
    assert_eq!(
        (&answer["success"], &answer["data"]["original_content"]),
        (&json!(true), &json!(text))
    );
    let result = &answer["tool_result"];
    assert_eq!(
        (&result["type"], &result["tool_use_id"]),
        (&json!("tool_result"), &json!("toolu_1"))
    );
    let content: Value = serde_json::from_str(result["content"].as_str().unwrap()).unwrap();
    assert_eq!(content["original_content"], text);

    let arguments = json!({ "hash": "0123456789abcdef01234567" }).to_string();
    let openai = json!({ "provider": "openai", "tool_call": {
        "id": "call_1", "type": "function",
        "function": { "name": "headroom_retrieve", "arguments": arguments } } });
    let answer = ask(openai).json();
    assert_eq!((&answer["success"], &answer["data"]["status"]), (&json!(false), &json!("missing")));
    let result = &answer["tool_result"];
    assert_eq!((&result["role"], &result["tool_call_id"]), (&json!("tool"), &json!("call_1")));

    for body in [
        json!({}),
        json!({ "provider": "anthropic", "tool_call": { "name": "other", "input": {} } }),
        json!({ "provider": "anthropic", "tool_call": { "name": "headroom_retrieve" } }),
        json!({ "provider": "openai", "tool_call": { "name": "headroom_retrieve" } }),
        json!({ "provider": "openai", "tool_call": {
            "function": { "name": "headroom_retrieve", "arguments": "{cut" } } }),
        json!({ "provider": "someone", "tool_call": {} }),
        json!({ "provider": 7, "tool_call": [] }),
    ] {
        let (status, kind, _) = ask(body.clone()).error();
        assert_eq!((status, &*kind), (400, "validation_error"), "{body}");
    }
}

#[test]
fn the_stores_figures() {
    let (server, hash, _) = with_original();
    server.get("/v1/retrieve/0123456789ab");
    let stats = server.get("/v1/retrieve/stats").json();
    let store = &stats["store"];
    assert!(store["entry_count"].as_u64().unwrap() > 0);
    assert!(store["bytes"].as_u64().unwrap() > 0);
    assert_eq!(store["default_ttl_seconds"], 7 * 24 * 60 * 60);
    assert_eq!((&store["total_retrievals"], &store["not_found"]), (&json!(1), &json!(1)));
    assert_eq!(stats["recent_retrievals"][0]["hash"], hash);
}

#[test]
fn a_store_in_memory_leaves_no_file() {
    let server = Server::start(&["--store", "memory"]);
    let answer = server.ask("/v1/compress", &json!({ "text": log(500) })).json();
    let hash = answer["ccr_hashes"][0].as_str().unwrap();
    assert_eq!(server.get(&format!("/v1/retrieve/{hash}")).status, 200);
    assert!(!server.home.originals().exists());
}

#[test]
fn originals_expire() {
    let server = Server::start(&["--ttl", "1"]);
    let answer = server.ask("/v1/compress", &json!({ "text": log(500) })).json();
    let hash = answer["ccr_hashes"][0].as_str().unwrap();
    let start = Instant::now();
    while server.get(&format!("/v1/retrieve/{hash}")).status != 404 {
        assert!(start.elapsed() < Duration::from_secs(60), "it is still there");
        std::thread::yield_now();
    }
}

#[test]
fn lines_values_and_queries_within_them() {
    let server = Server::start(&[]);
    let items: Vec<Value> = (0..300)
        .map(
            |i| json!({ "id": i, "note": format!("line one of {i}\nline two of {i}\nline three") }),
        )
        .collect();
    // What this leaves out is an original of its own; what is asked for here is put beside it.
    let text = serde_json::to_string(&json!({ "items": items, "total": 1.50 })).unwrap();
    let hash = put(&server, &text);
    let get = |more: &str| server.get(&format!("/v1/retrieve/{hash}?{more}"));
    let value = get("pointer=/items/7/note").json();
    assert_eq!(value["results"], json!([{ "text": "line one of 7\nline two of 7\nline three" }]));
    assert_eq!((&value["pointer"], &value["count"]), (&json!("/items/7/note"), &json!(1)));
    assert!(value.get("original_content").is_none(), "only what was asked for");
    assert_eq!(get("pointer=/total").json()["results"][0]["text"], "1.5");
    let within = json!({ "hash": hash, "pointer": "/items/7/note", "lines": "2-" });
    let answer = server.ask("/v1/retrieve", &within).json();
    assert_eq!(
        answer["results"],
        json!([{ "lines": [2, 3], "text": "line two of 7\nline three" }])
    );
    let found = json!({ "hash": hash, "pointer": "/items", "query": "one of 250" });
    let answer = server.ask("/v1/retrieve", &found).json();
    assert_eq!((&answer["count"], &answer["results"][0]["item"]), (&json!(1), &json!(250)));

    let call = json!({ "provider": "anthropic", "tool_call": { "id": "t", "name": "headroom_retrieve",
        "input": { "hash": hash, "pointer": "/items/7/id" } } });
    let answer = server.ask("/v1/retrieve/tool_call", &call).json();
    assert_eq!(
        (&answer["success"], &answer["data"]["results"][0]["text"]),
        (&json!(true), &json!("7"))
    );

    for (more, status, said) in [
        ("lines=9-3", 400, "invalid lines: expected lines as 10-40"),
        ("lines=7", 422, "there is no line 7: the text has 1 line"),
        ("pointer=items", 422, "not a JSON pointer"),
        ("pointer=/items/300", 422, "the array has items 0 to 299"),
        ("pointer=/none", 422, "the object has items, total"),
    ] {
        let (found, kind, message) = get(more).error();
        assert_eq!((found, &*kind), (status, "validation_error"), "{more}");
        assert!(message.contains(said), "{message}");
    }
    let call = json!({ "provider": "openai", "tool_call": { "id": "t", "function": {
        "name": "headroom_retrieve", "arguments": json!({ "hash": hash, "lines": "7-9" }).to_string() } } });
    let answer = server.ask("/v1/retrieve/tool_call", &call).json();
    assert_eq!((&answer["success"], &answer["data"]["status"]), (&json!(false), &json!("missed")));
    assert!(answer["data"]["error"].as_str().unwrap().contains("the text has 1 line"));
}

#[test]
fn the_command_gives_parts_too() {
    let server = Server::start(&[]);
    let hash = put(&server, &log(50));
    let ask = |more: &[&str]| {
        let out = server.home.run(&[&["retrieve", &hash], more].concat(), "");
        (
            out.status.code(),
            String::from_utf8(out.stdout).unwrap(),
            String::from_utf8(out.stderr).unwrap(),
        )
    };
    let lines: Vec<String> = log(50).lines().map(|line| format!("{line}\n")).collect();
    assert_eq!(ask(&["--lines", "10-12"]).1, lines[9..12].concat());
    assert_eq!(ask(&["--lines", "49-"]).1, lines[48..].concat());
    let (_, found, _) = ask(&["--lines", "20-40", "--query", "request 30 "]);
    assert!(found.starts_with("[lines 29-33]\n"), "{found}");
    let (code, _, said) = ask(&["--lines", "51"]);
    assert_eq!((code, &*said), (Some(1), "error: there is no line 51: the text has 50 lines\n"));
    let (code, _, said) = ask(&["--pointer", "/a"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("isn't JSON"), "{said}");
    assert_eq!(ask(&["--lines", "x"]).0, Some(2));
    let hash = put(&server, r#"{"a": [{"b": "two\nlines\n"}]}"#);
    let out = server.home.run(&["retrieve", &hash, "--pointer", "/a/0/b"], "");
    assert_eq!(out.stdout, b"two\nlines\n");
}

/// Puts `text` itself into the store of `server`, as MCP does; its hash.
fn put(server: &Server, text: &str) -> String {
    let hash = blob_store::Hash::of(text).to_string();
    let folder = server.home.originals().join(&hash[..2]);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(&hash[2..]), text).unwrap();
    hash
}
