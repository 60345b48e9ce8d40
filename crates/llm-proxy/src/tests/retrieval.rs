use std::sync::Mutex;

use testkit::provider::{ContentBlock, ModelTurn};

use blob_store::{Files, Namespace};

use super::*;

/// A provider that says one thing after another.
pub(super) fn scripted(answers: Vec<ModelTurn>) -> Arc<Provider> {
    let answers = Mutex::new(answers.into_iter());
    Arc::new(Provider::start(move |_| {
        Reply::Turn(answers.lock().unwrap().next().expect("an answer more"))
    }))
}

pub(super) fn bench(answers: Vec<ModelTurn>) -> Bench {
    Bench::with(scripted(answers), ReplayStore::in_memory(), None, |_| {})
}

pub(super) fn ask(id: &str, name: &str) -> ContentBlock {
    ContentBlock::call(id, "headroom_retrieve", &json!({"hash": hash(&middle(name))}))
}

pub(super) fn bash(id: &str) -> ContentBlock {
    ContentBlock::call(id, "Bash", &json!({"command": "run"}))
}

/// The turn of the model that a client reads, in the shape of its next request; panics where a stream
/// has gaps.
pub(super) fn read(api: &'static dyn Api, got: &Got) -> Vec<Value> {
    if got.headers["content-type"] != "text/event-stream" {
        return whole(api, &got.json());
    }
    let text = std::str::from_utf8(&got.body).unwrap();
    let data = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .filter(|line| *line != "[DONE]");
    let events: Vec<Value> = data.map(|line| serde_json::from_str(line).unwrap()).collect();
    match api.name() {
        "messages" => {
            let mut blocks: Vec<Value> = Vec::new();
            for event in &events {
                match event["type"].as_str().unwrap() {
                    "content_block_start" => {
                        assert_eq!(event["index"], blocks.len());
                        blocks.push(event["content_block"].clone());
                        blocks.last_mut().unwrap()["json"] = json!("");
                    }
                    "content_block_delta" => {
                        let block = &mut blocks[event["index"].as_u64().unwrap() as usize];
                        for (name, from) in [
                            ("text", "text"),
                            ("thinking", "thinking"),
                            ("signature", "signature"),
                            ("json", "partial_json"),
                        ] {
                            if let Some(part) = event["delta"][from].as_str() {
                                block[name] =
                                    json!(block[name].as_str().unwrap().to_owned() + part);
                            }
                        }
                    }
                    _ => {}
                }
            }
            for block in &mut blocks {
                let input = block.as_object_mut().unwrap().remove("json").unwrap();
                if block["type"] == "tool_use" {
                    block["input"] = serde_json::from_str(input.as_str().unwrap()).unwrap();
                }
            }
            vec![json!({"role": "assistant", "content": blocks})]
        }
        "chat" => {
            let (mut content, mut calls) = (String::new(), Vec::<Value>::new());
            for event in &events {
                let delta = &event["choices"][0]["delta"];
                content += delta["content"].as_str().unwrap_or_default();
                for call in delta["tool_calls"].as_array().into_iter().flatten() {
                    let at = call["index"].as_u64().unwrap() as usize;
                    if at == calls.len() {
                        let mut call = call.clone();
                        call.as_object_mut().unwrap().remove("index");
                        calls.push(call);
                    } else {
                        let part = call["function"]["arguments"].as_str().unwrap();
                        let so_far =
                            calls[at]["function"]["arguments"].as_str().unwrap().to_owned();
                        calls[at]["function"]["arguments"] = json!(so_far + part);
                    }
                }
            }
            vec![chat_message(&json!(content), &calls)]
        }
        "gemini" => vec![model_content(&events)],
        _ => {
            for (number, event) in events.iter().enumerate() {
                assert_eq!(event["sequence_number"], number);
            }
            let items: Vec<Value> = events
                .iter()
                .filter(|event| event["type"] == "response.output_item.done")
                .enumerate()
                .map(|(at, event)| {
                    assert_eq!(event["output_index"], at);
                    event["item"].clone()
                })
                .collect();
            assert_eq!(events.last().unwrap()["response"]["output"], json!(items));
            items
        }
    }
}

/// The content that Gemini's clients send back: without thoughts, and with texts joined.
fn model_content(responses: &[Value]) -> Value {
    let parts = responses.iter().flat_map(|response| {
        response["candidates"][0]["content"]["parts"].as_array().unwrap().iter()
    });
    let mut out: Vec<Value> = Vec::new();
    for part in parts.filter(|part| part["thought"] != true && part["text"] != "") {
        match (out.last_mut().and_then(|last| last.get_mut("text")), part["text"].as_str()) {
            (Some(before), Some(text)) => {
                *before = json!(before.as_str().unwrap().to_owned() + text)
            }
            _ => out.push(part.clone()),
        }
    }
    json!({"role": "model", "parts": out})
}

fn chat_message(content: &Value, calls: &[Value]) -> Value {
    let mut message = json!({"role": "assistant", "content": content});
    if !calls.is_empty() {
        message["tool_calls"] = json!(calls);
    }
    message
}

fn whole(api: &'static dyn Api, body: &Value) -> Vec<Value> {
    match api.name() {
        "messages" => vec![json!({"role": "assistant", "content": body["content"]})],
        "chat" => {
            let message = &body["choices"][0]["message"];
            let calls = message["tool_calls"].as_array().cloned().unwrap_or_default();
            vec![chat_message(&message["content"], &calls)]
        }
        "gemini" => vec![model_content(std::slice::from_ref(body))],
        _ => body["output"].as_array().unwrap().clone(),
    }
}

/// The blocks of a body in the provider's order.
pub(super) fn blocks(api: &'static dyn Api, body: &Value) -> Vec<Value> {
    let mut out = tools(body);
    for item in body[list(api)].as_array().unwrap() {
        let parts = match api.name() {
            "messages" => item["content"].as_array(),
            "gemini" => item["parts"].as_array(),
            _ => None,
        };
        match parts {
            Some(content) => out.extend(content.iter().map(|block| json!([item["role"], block]))),
            None => out.push(item.clone()),
        }
    }
    out
}

pub(super) fn assert_prefix(api: &'static dyn Api, before: &Value, after: &Value) {
    let (before, after) = (blocks(api, before), blocks(api, after));
    assert!(after.len() >= before.len());
    for (at, (one, other)) in before.iter().zip(&after).enumerate() {
        assert_eq!(one, other, "block {at}");
    }
}

pub(super) fn go_on(api: &'static dyn Api, body: &mut Value, turn: &[Value], id: &str) {
    body[list(api)].as_array_mut().unwrap().extend_from_slice(turn);
    add_result(api, body, id, &long(id));
}

pub(super) fn streams() -> Vec<(&'static dyn Api, bool)> {
    let both = APIS.map(|api| [(api, false), (api, true)]);
    both.concat()
}

#[test]
fn a_call_alone_is_answered_and_seen_by_nobody_and_replayed() {
    for (api, stream) in streams() {
        let answers = || {
            vec![
                ModelTurn::new(
                    "id_1",
                    [
                        ContentBlock::Thinking("hm".into()),
                        ContentBlock::text("let me look "),
                        ask("r1", "a"),
                    ],
                ),
                ModelTurn::new("id_2", [ask("r2", "b"), ask("r3", "a")]),
                ModelTurn::new(
                    "id_3",
                    [ContentBlock::Thinking("ah".into()), ContentBlock::text("found"), bash("c")],
                ),
                ModelTurn::new("id_4", [ContentBlock::text("done")]),
            ]
        };
        let bench = bench(answers());
        let mut body = conversation(api, &["a", "b"]);
        body["stream"] = json!(stream);
        let got = bench.post(path(api), &body);
        assert_eq!(got.status, 200);
        let turn = read(api, &got);
        let text = json!(turn).to_string();
        assert!(!text.contains("headroom_retrieve") && text.contains("found"), "{text}");
        assert!(!String::from_utf8_lossy(&got.body).contains("id_2"));
        let received: Vec<Value> = bench.provider.received().iter().map(Received::json).collect();
        assert_eq!(received.len(), 3);
        assert_prefix(api, &received[0], &received[1]);
        assert_prefix(api, &received[1], &received[2]);
        let asked = blocks(api, &received[2])[blocks(api, &received[0]).len()..].to_vec();
        let asked = json!(asked).to_string();
        let quoted = |name: &str| serde_json::to_string(&middle(name)).unwrap();
        assert!(asked.contains(&quoted("a")) && asked.contains(&quoted("b")));
        let limit = [
            "/max_tokens",
            "/max_completion_tokens",
            "/max_output_tokens",
            "/generationConfig/maxOutputTokens",
        ];
        let limit_of = |body: &Value| limit.iter().find_map(|path| body.pointer(path)?.as_u64());
        let limits: Vec<_> = received.iter().map(limit_of).collect();
        let lowered =
            if api == CHAT && stream { limits[2] < limits[1] } else { limits[2] == Some(990) };
        assert!(limits[0] == Some(1000) && lowered, "{limits:?}");

        go_on(api, &mut body, &turn, "c");
        bench.post(path(api), &body);
        assert_prefix(api, &received[2], &bench.sent());
        let heard = bench.heard.all();
        assert_eq!(
            (heard[0].retrievals, heard[0].retrievals_failed, heard[0].usage.len()),
            (3, 0, 3)
        );
        assert_eq!((heard[1].replayed, heard[1].replay_missing), (1, 0));
    }
}

#[test]
fn a_call_beside_the_clients_own_is_answered_with_them() {
    for (api, stream) in streams() {
        let bench = bench(vec![
            ModelTurn::new(
                "id_1",
                [ContentBlock::text("both"), bash("c"), ask("r1", "a"), bash("d")],
            ),
            ModelTurn::new("id_2", [ContentBlock::text("done")]),
        ]);
        let mut body = conversation(api, &["a"]);
        body["stream"] = json!(stream);
        let got = bench.post(path(api), &body);
        let turn = read(api, &got);
        assert!(!json!(turn).to_string().contains("headroom_retrieve"));
        assert_eq!(bench.provider.received().len(), 1);

        go_on(api, &mut body, &turn, "c");
        add_result(api, &mut body, "d", &long("d"));
        bench.post(path(api), &body);
        let received = bench.provider.received();
        assert_prefix(api, &received[0].json(), &received[1].json());
        let after = received[1].json();
        let text = after.to_string();
        assert!(text.contains(&serde_json::to_string(&middle("a")).unwrap()));
        if api == MESSAGES {
            let messages = after["messages"].as_array().unwrap();
            let ids = |at: usize, name: &str| -> Vec<String> {
                let content = messages[at]["content"].as_array().unwrap();
                content.iter().filter_map(|block| block[name].as_str().map(str::to_owned)).collect()
            };
            assert_eq!(ids(3, "id"), ["c", "r1", "d"]);
            assert_eq!(ids(4, "tool_use_id"), ["r1", "c"]);
        }
        assert_eq!(bench.heard.all()[1].replayed, 1);
    }
}

#[test]
fn another_replica_and_a_restart_send_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let provider = scripted(vec![
        ModelTurn::new("id_1", [ask("r1", "a")]),
        ModelTurn::new("id_2", [ContentBlock::text("found"), bash("c")]),
        ModelTurn::new("id_3", [ContentBlock::text("x")]),
        ModelTurn::new("id_4", [ContentBlock::text("x")]),
        ModelTurn::new("id_5", [ContentBlock::text("x")]),
    ]);
    let start = |folder: &std::path::Path| {
        let files = Files::open(folder, Namespace::replay()).unwrap();
        Bench::with(provider.clone(), ReplayStore::new(Arc::new(files)), None, |_| {})
    };
    let first = start(folder.path());
    let mut body = conversation(MESSAGES, &["a"]);
    let turn = read(MESSAGES, &first.post("/v1/messages", &body));
    go_on(MESSAGES, &mut body, &turn, "c");
    first.post("/v1/messages", &body);
    start(folder.path()).post("/v1/messages", &body);
    let received = provider.received();
    assert_eq!(received[2].body, received[3].body);
    assert_prefix(MESSAGES, &received[1].json(), &received[3].json());

    // Where the record is gone, the turn goes as the client sent it.
    let empty = tempfile::tempdir().unwrap();
    start(empty.path()).post("/v1/messages", &body);
    let sent = provider.received().pop().unwrap().json();
    assert_eq!(sent["messages"][3], body["messages"][3]);
    assert_eq!(sent["messages"].as_array().unwrap().len(), 5);
}

#[test]
fn a_turn_that_the_client_changed_is_counted_as_missing() {
    let bench = bench(vec![
        ModelTurn::new("id_1", [ask("r1", "a")]),
        ModelTurn::new("id_2", [ContentBlock::text("found"), bash("c")]),
        ModelTurn::new("id_3", [ContentBlock::text("x")]),
        ModelTurn::new("id_4", [ContentBlock::text("x")]),
    ]);
    let mut body = conversation(MESSAGES, &["a"]);
    let turn = read(MESSAGES, &bench.post("/v1/messages", &body));
    go_on(MESSAGES, &mut body, &turn, "c");
    let mut cut = body.clone();
    cut["messages"][3]["content"].as_array_mut().unwrap().remove(0);
    bench.post("/v1/messages", &cut);
    assert_eq!(bench.sent()["messages"][3], cut["messages"][3]);
    let mut other = body.clone();
    other["messages"][0]["content"] = json!("something else was said");
    bench.post("/v1/messages", &other);
    assert_eq!(bench.sent()["messages"][3], other["messages"][3]);
    let missing: Vec<_> = bench.heard.all().iter().map(|heard| heard.replay_missing).collect();
    assert_eq!(missing, [0, 1, 1]);
}

#[test]
fn a_turn_without_calls_is_found_by_its_text() {
    for (api, stream) in streams() {
        let bench = bench(vec![
            ModelTurn::new("id_1", [ContentBlock::text("one "), ask("r1", "a")]),
            ModelTurn::new("id_2", [ContentBlock::text("two")]),
            ModelTurn::new("id_3", [ContentBlock::text("x")]),
        ]);
        let mut body = conversation(api, &["a"]);
        body["stream"] = json!(stream);
        let turn = read(api, &bench.post(path(api), &body));
        let items = body[list(api)].as_array_mut().unwrap();
        items.extend_from_slice(&turn);
        add_words(api, &mut body, "thanks");
        bench.post(path(api), &body);
        let received = bench.provider.received();
        assert_prefix(api, &received[1].json(), &received[2].json());
    }
}

#[test]
fn what_is_not_there_is_said_to_be_gone() {
    for (input, says) in [
        (
            json!({"hash": "0123456789abcdef01234567"}),
            "not in this conversation any more; run the command again",
        ),
        (json!({"hash": "short"}), "no hash in this call"),
        (json!({}), "no hash in this call"),
    ] {
        let bench = bench(vec![
            ModelTurn::new("id_1", [ContentBlock::call("r1", "headroom_retrieve", &input)]),
            ModelTurn::new("id_2", [ContentBlock::text("so be it")]),
        ]);
        let got = bench.post("/v1/messages", &conversation(MESSAGES, &["a"]));
        assert_eq!(got.json()["content"][0]["text"], "so be it");
        let sent = bench.sent();
        let result = &sent["messages"].as_array().unwrap().last().unwrap()["content"][0];
        assert_eq!(result["is_error"], true);
        assert!(result["content"].as_str().unwrap().starts_with(says));
        assert_eq!(bench.heard.all()[0].retrievals_failed, 1);
    }
}

#[test]
fn a_prefix_of_twelve_digits_is_enough() {
    let short = json!({"hash": hash(&middle("a"))[..12]});
    let bench = bench(vec![
        ModelTurn::new("id_1", [ContentBlock::call("r1", "headroom_retrieve", &short)]),
        ModelTurn::new("id_2", [ContentBlock::text("ok")]),
    ]);
    bench.post("/v1/messages", &conversation(MESSAGES, &["a"]));
    assert!(bench.sent().to_string().contains(&serde_json::to_string(&middle("a")).unwrap()));
}

#[test]
fn the_ninth_round_gets_an_error_and_then_the_turn_is_closed() {
    for stream in [false, true] {
        let bench = bench(
            (0..10)
                .map(|n| {
                    ModelTurn::new(
                        &format!("id_{n}"),
                        [ContentBlock::text("again "), ask(&format!("r{n}"), "a")],
                    )
                })
                .collect(),
        );
        let mut body = conversation(MESSAGES, &["a"]);
        body["stream"] = json!(stream);
        let got = bench.post("/v1/messages", &body);
        let received = bench.provider.received();
        assert_eq!(received.len(), 10);
        let last = received[9].json();
        let results: Vec<_> = last["messages"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|m| {
                m["content"][0]["tool_use_id"].as_str().is_some_and(|id| id.starts_with('r'))
            })
            .cloned()
            .collect();
        assert_eq!(results.len(), 9);
        assert!(results[..8].iter().all(|result| result["content"][0]["is_error"].is_null()));
        assert!(results[8]["content"][0]["content"].as_str().unwrap().contains("too many"));
        let turn = read(MESSAGES, &got);
        assert_eq!(turn[0]["content"].as_array().unwrap().len(), 10);
        assert!(String::from_utf8_lossy(&got.body).contains(r#""stop_reason":"end_turn""#));

        // The turn is replayed with the nine calls that were answered.
        body["messages"]
            .as_array_mut()
            .unwrap()
            .extend([turn[0].clone(), json!({"role": "user", "content": "so?"})]);
        let again = Bench::with(
            scripted(vec![ModelTurn::new("x", [ContentBlock::text("x")])]),
            ReplayStore::in_memory(),
            None,
            |_| {},
        );
        again.post("/v1/messages", &body);
        assert_eq!(again.sent()["messages"][3], body["messages"][3]);
    }
}

#[test]
fn a_limit_is_lowered_where_the_provider_takes_that_and_else_stays() {
    let budget = |tokens: u64| json!({"type": "enabled", "budget_tokens": tokens});
    for (limit, thinking, then) in [
        (3000, budget(1900), Some(2995)),
        (2924, budget(1900), Some(2924)),
        (32_000, budget(31_999), Some(32_000)),
        // With thinking between calls a budget may be above the limit.
        (4000, budget(16_000), Some(4000)),
        (3000, json!({"type": "adaptive"}), Some(2995)),
        (5, Value::Null, None),
        (6, Value::Null, Some(1)),
    ] {
        let rounds = 1 + usize::from(then.is_some());
        for stream in [false, true] {
            let bench = bench(vec![
                ModelTurn::new("id_1", [ContentBlock::text("a"), ask("r1", "a")]),
                ModelTurn::new("id_2", [ContentBlock::text("b")]),
            ]);
            let mut body = conversation(MESSAGES, &["a"]);
            body["max_tokens"] = json!(limit);
            body["thinking"] = thinking.clone();
            body["stream"] = json!(stream);
            let got = bench.post("/v1/messages", &body);
            assert_eq!(bench.provider.received().len(), rounds);
            let text = String::from_utf8_lossy(&got.body).into_owned();
            if rounds == 1 {
                assert!(text.contains(r#""stop_reason":"max_tokens""#), "{text}");
            } else {
                assert_eq!(bench.sent()["max_tokens"], json!(then));
                assert!(text.contains(r#""stop_reason":"end_turn""#), "{text}");
            }
            assert!(!text.contains("headroom_retrieve"));
        }
    }
}

#[test]
fn calls_that_cannot_be_answered_are_removed_and_forgotten() {
    let cut = ContentBlock::Call {
        id: "r1".into(),
        name: "headroom_retrieve".into(),
        input: "{\"ha".into(),
    };
    for (say, stop) in
        [(cut, "max_tokens"), (ask("r1", "a"), "pause_turn"), (ask("r1", "a"), "refusal")]
    {
        let bench = bench(vec![
            ModelTurn::new("id_1", [ContentBlock::text("a"), say]).stopped(stop),
            ModelTurn::new("id_2", [ContentBlock::text("x")]),
        ]);
        let mut body = conversation(MESSAGES, &["a"]);
        body["stream"] = json!(true);
        let got = bench.post("/v1/messages", &body);
        assert!(String::from_utf8_lossy(&got.body).contains(stop));
        let turn = read(MESSAGES, &got);
        assert_eq!(turn[0]["content"], json!([{"type": "text", "text": "a"}]));
        assert_eq!(bench.provider.received().len(), 1);
        body["messages"]
            .as_array_mut()
            .unwrap()
            .extend([turn[0].clone(), json!({"role": "user", "content": "go on"})]);
        bench.post("/v1/messages", &body);
        assert_eq!(bench.sent()["messages"][3], turn[0]);
    }
}

#[test]
fn a_limit_of_responses_is_not_lowered_below_what_the_provider_takes() {
    for (limit, then) in [(30, Some(25)), (20, Some(20)), (5, None)] {
        for stream in [false, true] {
            let bench = bench(vec![
                ModelTurn::new("id_1", [ContentBlock::text("a"), ask("r1", "a")]),
                ModelTurn::new("id_2", [ContentBlock::text("b")]),
            ]);
            let mut body = conversation(RESPONSES, &["a"]);
            body["max_output_tokens"] = json!(limit);
            body["stream"] = json!(stream);
            let got = bench.post("/v1/responses", &body);
            assert_eq!(bench.provider.received().len(), 1 + usize::from(then.is_some()));
            let text = String::from_utf8_lossy(&got.body).into_owned();
            match then {
                Some(then) => assert_eq!(bench.sent()["max_output_tokens"], then),
                None => {
                    assert!(text.contains(r#""status":"incomplete""#), "{text}");
                    assert!(
                        text.contains(r#""incomplete_details":{"reason":"max_output_tokens"}"#)
                    );
                    assert_eq!(stream, text.contains("event: response.incomplete\ndata: "));
                    assert!(!text.contains("response.completed"));
                }
            }
        }
    }
}

#[test]
fn a_stream_of_known_length_goes_on_too() {
    let answers = [
        ModelTurn::new("id_1", [ask("r1", "a")]),
        ModelTurn::new("id_2", [ContentBlock::text("found"), bash("c")]),
    ];
    let answers = Mutex::new(answers.into_iter());
    let bench = Bench::new(move |request| {
        let answer = answers.lock().unwrap().next().unwrap();
        let Reply::Steps { headers, steps } = answer.reply(request) else { panic!("not a stream") };
        let [testkit::provider::Step::Send(body)] = &steps[..] else { panic!("not in one step") };
        Reply::Whole { status: 200, headers, body: body.clone() }
    });
    let mut body = conversation(MESSAGES, &["a"]);
    body["stream"] = json!(true);
    let turn = read(MESSAGES, &bench.post("/v1/messages", &body));
    assert_eq!(turn[0]["content"][1]["id"], "c");
}

#[test]
fn a_clients_own_retrieval_tool_is_the_clients() {
    let originals = Arc::new(Originals::in_memory(blob_store::Bounds::default()));
    let provider = scripted(vec![ModelTurn::new("id_1", [ask("r1", "a")])]);
    let bench = Bench::with(provider, ReplayStore::in_memory(), Some(originals), |_| {});
    let mut body = conversation(MESSAGES, &["a"]);
    body["tools"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "headroom_retrieve", "input_schema": {}}));
    let got = bench.post("/v1/messages", &body);
    assert_eq!(got.json()["content"][0]["name"], "headroom_retrieve");
}

/// How many blocks of a body cut the provider's cache, and whether its last one does.
fn marks(body: &Value) -> (usize, bool) {
    let messages = body["messages"].as_array().unwrap();
    let blocks =
        || messages.iter().flat_map(|message| message["content"].as_array().into_iter().flatten());
    let count = blocks().filter(|block| block.get("cache_control").is_some()).count();
    (count, blocks().last().is_some_and(|block| block.get("cache_control").is_some()))
}

#[test]
fn what_is_appended_is_kept_by_the_provider_where_the_client_has_its_end_kept() {
    let answers = || {
        vec![
            ModelTurn::new("id_1", [ask("r1", "a")]),
            ModelTurn::new("id_2", [ask("r2", "b")]),
            ModelTurn::new("id_3", [ContentBlock::text("found"), bash("c")]),
            ModelTurn::new("id_4", [ContentBlock::text("done")]),
        ]
    };
    let mark = json!({"type": "ephemeral", "ttl": "1h"});
    for is_marked in [true, false] {
        let bench = bench(answers());
        let mut body = conversation(MESSAGES, &["a", "b"]);
        let last = body["messages"].as_array().unwrap().len() - 1;
        if is_marked {
            body["messages"][last]["content"][0]["cache_control"] = mark.clone();
        }
        let got = bench.post("/v1/messages", &body);
        let turn = read(MESSAGES, &got);
        let received: Vec<Value> = bench.provider.received().iter().map(Received::json).collect();
        let marks_of: Vec<_> = received.iter().map(marks).collect();
        let expected = if is_marked { [(1, true), (2, true), (2, true)] } else { [(0, false); 3] };
        assert_eq!(marks_of, expected);
        if is_marked {
            // The client's own stays where it was.
            let own = &received[2]["messages"][last]["content"][0]["cache_control"];
            assert_eq!(own, &mark);
        }
        // What is put back later carries none.
        go_on(MESSAGES, &mut body, &turn, "c");
        bench.post("/v1/messages", &body);
        assert_eq!(marks(&bench.sent()).0, usize::from(is_marked));
    }
}
