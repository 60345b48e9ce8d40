//! What agents send to their providers, through the built server to a stub of one.

use std::fs;
use std::io::Write as _;
use std::process::Command;

use serde_json::{Value, json};
use testkit::provider::{ContentBlock, ModelTurn, Provider, Reply, system_prompt};

use crate::client::{Home, Response, Server, log};

const ANTHROPIC: &str = "x-api-key: k\r\nanthropic-version: 2023-06-01\r\n";

fn provider() -> Provider {
    Provider::start(|_| Reply::Turn(ModelTurn::new("msg_1", [ContentBlock::text("Done")])))
}

/// A conversation with one long tool result.
fn conversation() -> Value {
    json!({"model": "claude-sonnet-4-5", "max_tokens": 1000, "system": system_prompt(),
        "tools": [{"name": "Bash", "input_schema": {"type": "object"}}],
        "messages": [
            {"role": "user", "content": "what went wrong?"},
            {"role": "assistant", "content": [
                {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "cat app.log"}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": log(500)}]}]})
}

#[test]
fn results_get_smaller_on_their_way_to_the_provider() {
    let provider = provider();
    for store in ["files", "memory"] {
        let server = Server::start(&["--store", store, "--anthropic-api-url", &provider.url()]);
        let given = conversation();
        let answer = server.post_with("/v1/messages", ANTHROPIC, given.to_string());
        assert_eq!((answer.status, &answer.json()["content"][0]["text"]), (200, &json!("Done")));
        let saved: usize = answer.header("x-headroom-tokens-saved").unwrap().parse().unwrap();
        assert!(saved > 1000, "{saved}");
        let sent = provider.received().last().unwrap().json();
        let result = |body: &Value| body["messages"][2]["content"][0]["content"].to_string();
        assert!(result(&sent).len() < result(&given).len() / 2);
        assert_eq!(sent["tools"][1]["name"], "headroom_retrieve");
    }
}

#[test]
fn the_providers_addresses_come_from_the_environment_too() {
    let provider = provider();
    let address = [("OPENAI_TARGET_API_URL", format!("{}/v1", provider.url()))];
    let server = Server::start_with(Home::new(), &["--no-optimize"], &address);
    let body = json!({"model": "gpt-5", "messages": [{"role": "user", "content": "hello"}]});
    let key = "authorization: Bearer k\r\n";
    let answer = server.post_with("/v1/chat/completions", key, body.to_string());
    assert_eq!(answer.json()["choices"][0]["message"]["content"], "Done");
    assert_eq!(provider.received()[0].body, body.to_string().as_bytes());
}

#[test]
fn an_address_that_is_none_is_refused_before_anything_listens() {
    let output = Command::new(env!("CARGO_BIN_EXE_headroom"))
        .args(["serve", "--port", "0", "--openai-api-url", "api.example"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("api.example is not an http or https URL"), "{said}");
    assert!(output.stdout.is_empty());
}

/// A provider to which every path is one.
fn anything() -> Provider {
    Provider::start(|_| Reply::Whole { status: 200, headers: vec![], body: b"{}".to_vec() })
}

/// What Java's standard HTTP client sends to any http address.
#[test]
fn an_offer_of_http_2_is_ignored_and_the_request_answered() {
    let provider = provider();
    let server = Server::start(&["--anthropic-api-url", &provider.url()]);
    let body = conversation().to_string();
    let offer = "Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";
    let mut stream = server.connect();
    let length = body.len();
    let head = format!(
        "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\n{offer}{ANTHROPIC}content-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    assert_eq!(Response::read(stream).status, 200);
    let sent = provider.received().pop().unwrap();
    assert_eq!(sent.json()["messages"][0], conversation()["messages"][0]);
    assert_eq!((sent.header("upgrade"), sent.header("http2-settings")), (None, None));
}

/// An OpenAI-compatible address that has a version and a query of its own.
#[test]
fn an_address_with_a_version_and_a_query_is_used_as_it_is() {
    let provider = provider();
    let url = format!("{}/api/paas/v4?api-version=1&code=made-up", provider.url());
    let server = Server::start(&["--openai-api-url", &url]);
    let body = json!({"model": "x", "messages": []}).to_string();
    server.post_with("/v1/chat/completions?a=b", "authorization: Bearer k\r\n", body);
    let received = provider.received().pop().unwrap();
    assert_eq!(received.path, "/api/paas/v4/chat/completions?a=b&api-version=1&code=made-up");
}

#[test]
fn no_password_and_no_key_is_shown_or_logged() {
    let provider = anything();
    let home = Home::new();
    let path = home.path("server.log");
    let with_password = provider.url().replace("http://", "http://bob:made-up-pw@");
    let arguments = [
        &["--log-file", path.to_str().unwrap(), "--anthropic-api-url", &with_password][..],
        &["--openai-api-url", &format!("{}/v2?code=made-up-code", provider.url())],
        &["--gemini-api-url", &with_password],
    ];
    let server = Server::start_in(home, &arguments.concat());
    let health = server.get("/health");
    let config = &health.json()["config"];
    let shown = provider.url().replace("http://", "http://***@");
    assert_eq!(
        (&config["anthropic_api_url"], &config["gemini_api_url"]),
        (&json!(shown), &json!(shown))
    );

    // A key in the query is a credential like any other: of Google's, where the path is shared.
    let conversations = provider.received().len();
    let answers = ["/v1beta/models/g:generateContent", "/v1/models", "/v1/unheard-of", "/v2/x"]
        .map(|path| server.post(&format!("{path}?key=made-up-key"), "{}"));
    assert_eq!(provider.received().len(), conversations + 3);
    assert_eq!(answers[3].status, 404);
    let refused = server.post("/v1/unheard-of?k=made-up-key", "{}");
    assert_eq!(refused.status, 404);
    for said in [
        health.text(),
        refused.text(),
        answers[3].text(),
        server.get("/stats").text(),
        server.get("/metrics").text(),
        &fs::read_to_string(&path).unwrap(),
    ] {
        assert!(!said.contains("made-up"), "{said}");
    }
}

#[test]
fn what_is_not_understood_is_said_everywhere() {
    let provider = anything();
    let home = Home::new();
    let path = home.path("server.log");
    let url = provider.url();
    let path = path.to_str().unwrap();
    let arguments = ["--log-file", path, "--openai-api-url", &url, "--gemini-api-url", &url];
    let arguments = [&arguments[..], &["--websockets", "refuse"]].concat();
    let server = Server::start_in(home, &arguments);
    let websocket =
        "connection: Upgrade, close\r\nupgrade: websocket\r\nauthorization: Bearer k\r\n";
    let upgrade = |server: &Server| {
        server.send(format!("GET /v1/responses HTTP/1.1\r\nhost: localhost\r\n{websocket}\r\n"))
    };
    let refused = upgrade(&server);
    assert_eq!((refused.status, refused.header("upgrade")), (426, Some("http/1.1")));
    assert!(provider.received().is_empty());
    let bearer = "authorization: Bearer k\r\n";
    for (path, status) in [
        ("/v1beta/models/g:embedContent", 200),
        ("/v1/responses/compact", 200),
        ("/v1/chat/completions", 200),
        ("/v1/unheard-of", 404),
    ] {
        assert_eq!(server.post_with(path, bearer, "{}").status, status, "{path}");
    }
    let expected = [
        "WebSocket refused (426), so that HTTP is used",
        "other method of Google's API, passed through",
        "other path of a provider, passed through",
        "body without a conversation, passed through",
        "path of no known provider, refused (404)",
    ];
    let stats = server.get("/stats").json();
    let log = fs::read_to_string(path).unwrap();
    let at = [("HEADROOM_BASE_URL", format!("http://{}", server.address))];
    let [doctor, text] = ["doctor", "stats"].map(|command| {
        let mut command = server.home.headroom(&[command]);
        let said = command.envs(at.iter().map(|(name, value)| (name, value))).output().unwrap();
        String::from_utf8(said.stdout).unwrap()
    });
    for what in expected {
        assert_eq!(stats["not_understood"][what], 1, "{what} in {stats}");
        for said in [&log, &doctor, &text] {
            assert!(said.contains(what), "{what} in {said}");
        }
    }

    let server = Server::start(&["--openai-api-url", &url, "--websockets", "pass"]);
    // The stub speaks no WebSocket; what matters is that it is asked.
    assert_eq!(upgrade(&server).status, 200);
    let received = provider.received().pop().unwrap();
    assert_eq!((&*received.method, received.header("upgrade")), ("GET", Some("websocket")));
}
