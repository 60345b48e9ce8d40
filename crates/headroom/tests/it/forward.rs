//! What agents send to their providers, through the built server to a stub of one.

use std::process::Command;

use serde_json::{Value, json};
use testkit::provider::{Answer, Provider, Say};

use crate::client::{Home, Server, log};

const ANTHROPIC: &str = "x-api-key: k\r\nanthropic-version: 2023-06-01\r\n";

fn provider() -> Provider {
    Provider::start(|_| testkit::provider::Reply::Answer(Answer::new("msg_1", [Say::text("Done")])))
}

/// A conversation with one long tool result.
fn conversation() -> Value {
    json!({"model": "claude-sonnet-4-5", "max_tokens": 1000,
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
    assert!(said.contains("api.example is no http or https URL"), "{said}");
    assert!(output.stdout.is_empty());
}
