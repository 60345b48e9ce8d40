use std::io::Write;

use blob_store::Bounds;
use flate2::Compression;
use flate2::write::GzEncoder;
use testkit::provider::{ContentBlock, ModelTurn};

use super::*;

fn hello(_: &Received) -> Reply {
    Reply::Turn(ModelTurn::new("msg_1", [ContentBlock::text("hello")]))
}

/// The texts of the tool results in a body.
fn results(api: &'static dyn Api, body: &Value) -> Vec<String> {
    let items = body[list(api)].as_array().unwrap().iter();
    let text = |item: &Value| match api.name() {
        "messages" => item["content"][0]["content"][0]["text"].as_str().map(str::to_owned),
        "chat" => (item["role"] == "tool").then(|| item["content"].as_str().unwrap().to_owned()),
        "gemini" => result_of_gemini(item).as_str().map(str::to_owned),
        _ => item["output"].as_str().map(str::to_owned),
    };
    items.filter_map(text).collect()
}

fn result_of_gemini(content: &Value) -> &Value {
    &content["parts"][0]["functionResponse"]["response"]["output"]
}

#[test]
fn results_are_shortened_and_the_tool_is_appended_last() {
    let bench = Bench::new(hello);
    for api in APIS {
        let given = conversation(api, &["a", "b"]);
        let got = bench.post(path(api), &given);
        assert_eq!(got.status, 200);
        let mut sent = bench.sent();
        let texts = results(api, &sent);
        assert_eq!(texts.len(), 2);
        for (text, name) in texts.iter().zip(["a", "b"]) {
            let marker =
                format!("[34 lines left out. Retrieve more: hash={}]", hash(&middle(name)));
            assert!(text.contains(&marker), "{text}");
        }
        let last = tools_mut(&mut sent).pop().unwrap();
        assert!(last.to_string().contains("headroom_retrieve"));
        // All else is what it was.
        for text in results(api, &given) {
            let place = sent[list(api)]
                .as_array()
                .unwrap()
                .iter()
                .position(|item| item.to_string().contains("left out"))
                .unwrap();
            let item = &mut sent[list(api)][place];
            match api.name() {
                "messages" => item["content"][0]["content"][0]["text"] = json!(text),
                "chat" => item["content"] = json!(text),
                "gemini" => {
                    item["parts"][0]["functionResponse"]["response"]["output"] = json!(text);
                }
                _ => item["output"] = json!(text),
            }
        }
        assert_eq!(sent, given);
        let header = |name: &str| got.headers[name].to_str().unwrap().parse::<usize>().unwrap();
        assert_eq!(header("x-headroom-tokens-before"), 2 * long("a").len());
        assert_eq!(
            header("x-headroom-tokens-saved"),
            header("x-headroom-tokens-before") - header("x-headroom-tokens-after")
        );
        assert_eq!(got.headers["x-headroom-transforms"], "cut");
    }
    let heard = bench.heard.all();
    assert_eq!(heard.len(), APIS.len());
    assert_eq!(heard[3].model.as_deref(), Some("gemini-2.5-pro"));
    assert_eq!(
        (heard[0].blocks.len(), &*heard[0].blocks[0].tool, heard[0].blocks[0].kind),
        (2, "Bash", "log")
    );
    assert_eq!((heard[0].ending, heard[0].usage.len()), (Ending::Done, 1));
}

#[test]
fn without_a_way_to_ask_only_reversible_forms_apply_and_nothing_is_appended() {
    let bench = Bench::new(hello);
    for api in APIS {
        let mut given = conversation(api, &["a"]);
        forbid_tools(api, &mut given);
        bench.post(path(api), &given);
        let sent = bench.sent();
        assert_eq!(results(api, &sent), [long("a").to_uppercase()]);
        assert_eq!(sent["tools"], given["tools"]);
    }
    assert_eq!(bench.heard.all()[0].reason, Some("tools are forbidden"));
}

fn claims_nothing(got: &Got) {
    let claimed: Vec<_> =
        got.headers.keys().filter(|name| name.as_str().starts_with("x-headroom-")).collect();
    assert!(claimed.is_empty(), "{claimed:?}");
}

#[test]
fn a_bypass_a_signature_and_a_switched_off_server_change_nothing() {
    let bench = Bench::new(hello);
    let body = conversation(MESSAGES, &["a"]).to_string();
    for header in [
        ("x-headroom-bypass", "true"),
        ("x-headroom-mode", "passthrough"),
        ("authorization", "AWS4-HMAC-SHA256 Credential=x"),
        ("x-amz-content-sha256", "abc"),
    ] {
        let headers = [KEY[0], KEY[1], header];
        let got = bench.send(Method::POST, "/v1/messages", &headers, body.as_bytes());
        assert_eq!(bench.provider.received().pop().unwrap().body, body.as_bytes(), "{}", header.0);
        claims_nothing(&got);
    }
    let provider = Arc::new(Provider::start(hello));
    let off = Bench::with(provider.clone(), ReplayStore::in_memory(), None, |s| s.optimize = false);
    let held = Bench::with(provider.clone(), ReplayStore::in_memory(), None, |s| s.holdout = 1.0);
    for bench in [off, held] {
        claims_nothing(&bench.send(Method::POST, "/v1/messages", &KEY, body.as_bytes()));
        assert_eq!(provider.received().pop().unwrap().body, body.as_bytes());
        // What would be saved is counted all the same.
        let heard = bench.heard.all().pop().unwrap();
        assert!(heard.tokens_after < heard.tokens_before);
    }
}

#[test]
fn encoded_bodies_are_edited_or_left_as_they_came() {
    let bench = Bench::new(hello);
    let gzip = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let headers = [KEY[0], KEY[1], ("content-encoding", "gzip")];
    let plain = gzip(r#"{"messages":[]}"#);
    bench.send(Method::POST, "/v1/messages", &headers, &plain);
    let received = bench.provider.received().pop().unwrap();
    assert_eq!(
        (
            received.body,
            received.headers.iter().any(|(n, v)| n == "content-encoding" && v == "gzip")
        ),
        (plain, true)
    );

    let long = conversation(MESSAGES, &["a"]).to_string();
    bench.send(Method::POST, "/v1/messages", &headers, &gzip(&long));
    let received = bench.provider.received().pop().unwrap();
    assert_eq!(received.header("content-encoding"), None);
    assert_eq!(received.header("content-length"), Some(received.body.len().to_string().as_str()));
    assert!(received.json().to_string().contains("left out"));

    // Who sends zstd does so for the upload, and its provider takes it.
    let zstd = [KEY[0], KEY[1], ("content-encoding", "zstd")];
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let given = ruzstd::encoding::compress_to_vec(long.as_bytes(), level);
    bench.send(Method::POST, "/chatgpt/codex/responses", &zstd, &given);
    bench.send(Method::POST, "/v1/messages", &zstd, &given);
    let mut received = bench.provider.received();
    let (changed, unread) = (received.pop().unwrap(), received.pop().unwrap());
    assert_eq!((unread.body, &*unread.path), (given, "/backend-api/codex/responses"));
    assert_eq!(changed.header("content-encoding"), Some("zstd"));
    let mut sent = String::new();
    let mut decoder = ruzstd::decoding::StreamingDecoder::new(&changed.body[..]).unwrap();
    std::io::Read::read_to_string(&mut decoder, &mut sent).unwrap();
    assert!(sent.contains("left out"));

    let broken = b"\x1f\x8bnot gzip".to_vec();
    bench.send(Method::POST, "/v1/messages", &headers, &broken);
    assert_eq!(bench.provider.received().pop().unwrap().body, broken);
}

#[test]
fn tokens_are_counted_on_what_would_be_sent() {
    let bench = Bench::new(hello);
    let given = conversation(MESSAGES, &["a"]);
    let got = bench.post("/v1/messages/count_tokens", &given);
    assert!(got.json()["input_tokens"].is_u64());
    let counted = bench.sent();
    bench.post("/v1/messages", &given);
    assert_eq!(counted, bench.sent());
}

#[test]
fn a_block_whose_compression_fails_is_sent_as_it_came() {
    let bench = Bench::new(hello);
    let mut given = conversation(MESSAGES, &["a"]);
    add_call(MESSAGES, &mut given, "b");
    let bad = "panic at this\n".repeat(40);
    add_result(MESSAGES, &mut given, "b", &bad);
    let got = bench.post("/v1/messages", &given);
    let texts = results(MESSAGES, &bench.sent());
    assert!(texts[0].contains("left out"));
    assert_eq!(texts[1], bad);
    assert_eq!(got.headers["x-headroom-compression-failed"], "true");
    assert_eq!(bench.heard.all()[0].failures, 1);
}

#[test]
fn short_errors_lose_nothing_and_what_was_retrieved_stays() {
    let bench = Bench::new(hello);
    let mut given = conversation(MESSAGES, &["a"]);
    given["messages"][2]["content"][0]["is_error"] = json!(true);
    bench.post("/v1/messages", &given);
    // What the cutter does where nothing may be left out.
    assert_eq!(results(MESSAGES, &bench.sent()), [long("a").to_uppercase()]);
    let mut given = conversation(MESSAGES, &["a"]);
    given["messages"][1]["content"][1]["name"] = json!("mcp__headroom__headroom_retrieve");
    bench.post("/v1/messages", &given);
    assert_eq!(results(MESSAGES, &bench.sent()), [long("a")]);
}

#[test]
fn a_long_error_is_a_result_like_others() {
    let bench = Bench::new(hello);
    let mut given = conversation(MESSAGES, &["a"]);
    let trace: String =
        (0..400).map(|n| format!("  at frame {n} of the trace, in some file or other\n")).collect();
    given["messages"][2]["content"][0]["is_error"] = json!(true);
    given["messages"][2]["content"][0]["content"][0]["text"] = json!(trace);
    bench.post("/v1/messages", &given);
    assert!(results(MESSAGES, &bench.sent())[0].contains("[394 lines left out"));
}

#[test]
fn what_a_user_says_stays_and_what_a_user_pastes_loses_nothing() {
    let targets = Targets::new(None, None, None).unwrap();
    let replay_store = ReplayStore::in_memory();
    let rewriter = RequestRewriter::new(
        Settings::new(targets),
        replay_store,
        None,
        Box::new(compress::Builtin),
    );
    let sent = |said: &str| {
        let mut given = conversation(MESSAGES, &["a"]);
        given["messages"][0]["content"] = json!([{"type": "text", "text": said}]);
        let rewritten = rewriter.rewrite(MESSAGES, &given.to_string().into());
        let sent: Value = serde_json::from_slice(&rewritten.body.whole()).unwrap();
        sent["messages"][0]["content"][0]["text"].as_str().unwrap().to_owned()
    };
    let words = "Please look at each of these, and tell me what you think of them.\n".repeat(90);
    assert_eq!(sent(&words), words);
    let row = |n: usize| json!({"id": n, "state": "open", "owner": {"team": "core", "tier": 2}});
    let rows: Vec<Value> = (0..120).map(row).collect();
    let pasted = serde_json::to_string_pretty(&rows).unwrap();
    let shorter = sent(&pasted);
    assert!(shorter.len() * 2 < pasted.len() && !shorter.contains("left out"), "{shorter}");
    assert_eq!(compress::expand(&shorter).unwrap(), pasted);
    // A few lines of data are a part of what is said.
    let few = serde_json::to_string_pretty(&rows[..6]).unwrap();
    assert_eq!(sent(&few), few);
}

#[test]
fn originals_are_kept_for_a_clients_own_tool_and_for_nobody_else() {
    let originals = Arc::new(Originals::in_memory(Bounds::default()));
    let provider = Arc::new(Provider::start(hello));
    let replay_store = ReplayStore::in_memory();
    let bench = Bench::with(provider, replay_store, Some(originals.clone()), |_| {});
    bench.post("/v1/messages", &conversation(MESSAGES, &["a"]));
    assert_eq!(originals.get(&hash(&middle("a"))).unwrap(), None);

    let mut given = conversation(MESSAGES, &["a"]);
    let own = json!({"name": "mcp__headroom__headroom_retrieve", "input_schema": {}});
    given["tools"].as_array_mut().unwrap().push(own);
    bench.post("/v1/messages", &given);
    let sent = bench.sent();
    assert_eq!(sent["tools"], given["tools"]);
    assert!(results(MESSAGES, &sent)[0].contains("left out"));
    assert_eq!(originals.get(&hash(&middle("a"))).unwrap().unwrap().text, middle("a"));
}

#[test]
fn without_a_store_nothing_is_left_out_for_a_clients_own_tool() {
    let bench = Bench::new(hello);
    let mut given = conversation(MESSAGES, &["a"]);
    given["tools"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "headroom_retrieve", "input_schema": {}}));
    bench.post("/v1/messages", &given);
    assert_eq!(results(MESSAGES, &bench.sent()), [long("a").to_uppercase()]);
}

#[test]
fn a_lossless_server_leaves_nothing_out_and_appends_nothing() {
    let provider = Arc::new(Provider::start(hello));
    let bench = Bench::with(provider, ReplayStore::in_memory(), None, |s| s.lossless = true);
    for api in APIS {
        let given = conversation(api, &["a"]);
        bench.post(path(api), &given);
        let sent = bench.sent();
        assert_eq!(results(api, &sent), [long("a").to_uppercase()]);
        assert_eq!(sent["tools"], given["tools"]);
    }
}

#[test]
fn what_the_user_excludes_stays_as_it_is() {
    type Set = fn(&mut CallPatterns);
    let sets: [Set; 3] = [
        |exclude| exclude.tools = vec!["B*".to_owned()],
        |exclude| exclude.commands = vec!["run".to_owned()],
        |exclude| exclude.tools = vec!["Read".to_owned()],
    ];
    for (set, stays) in sets.into_iter().zip([true, true, false]) {
        let provider = Arc::new(Provider::start(hello));
        let replay_store = ReplayStore::in_memory();
        let bench = Bench::with(provider, replay_store, None, |s| set(&mut s.limits.exclude));
        for api in APIS {
            bench.post(path(api), &conversation(api, &["a"]));
            let sent = results(api, &bench.sent());
            assert_eq!(sent == [long("a")], stays, "{api:?}");
        }
    }
}
