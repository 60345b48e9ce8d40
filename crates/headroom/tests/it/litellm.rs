//! LiteLLM's built-in guardrail `headroom`: what it sends, and what it demands of the answers.
//!
//! The requests have the bytes that LiteLLM 1.110 sends through httpx. From a conversation it holds back
//! the system's, the assistant's and the user's last messages, and puts the answer's into the places of
//! those that it sent; so there must be as many, in the same order.

use serde_json::{Value, json};

use crate::client::{Response, Server, log, records};

/// What the guardrail sends, with its own headers, as httpx writes them.
fn send(server: &Server, body: &str) -> Response {
    let address = server.address;
    server.send(format!(
        "POST /v1/compress HTTP/1.1\r\nHost: {address}\r\nAccept: */*\r\nAccept-Encoding: gzip, \
         deflate, br, zstd\r\nConnection: close\r\nUser-Agent: litellm/1.110.2\r\nAuthorization: \
         Bearer sk-headroom\r\nContent-Length: {}\r\nContent-Type: application/json\r\n\r\n{body}",
        body.len()
    ))
}

fn get(server: &Server, path: &str) -> Response {
    let address = server.address;
    server.send(format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: */*\r\nConnection: close\r\nUser-Agent: \
         litellm/1.110.2\r\nAuthorization: Bearer sk-headroom\r\n\r\n"
    ))
}

/// A conversation without the messages that the guardrail holds back.
fn conversation() -> Value {
    json!([
        {"role": "user", "content": "Why did the last job fail?"},
        {"role": "tool", "tool_call_id": "call_1", "content": log(400)},
        {"role": "tool", "tool_call_id": "call_2", "content": records(200)},
        // Parts that aren't all text are sent as they are.
        {"role": "user", "content": [
            {"type": "text", "text": "And this?"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
        ]},
    ])
}

/// What the guardrail checks before it uses an answer.
fn accepted(answer: &Response, sent: &Value) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    let (returned, sent) = (answer["messages"].as_array().unwrap(), sent.as_array().unwrap());
    assert_eq!(returned.len(), sent.len());
    for (returned, sent) in returned.iter().zip(sent) {
        assert_eq!(returned["role"], sent["role"]);
        assert_eq!(returned["tool_call_id"], sent["tool_call_id"]);
        assert_eq!(returned["content"].is_string(), sent["content"].is_string());
    }
    let tokens = |name: &str| answer[name].as_u64().unwrap();
    assert_eq!(tokens("tokens_before") - tokens("tokens_after"), tokens("tokens_saved"));
    answer
}

fn hashes(answer: &Value) -> Vec<&str> {
    let hashes: Vec<_> = answer["ccr_hashes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hash| hash.as_str().unwrap())
        .collect();
    for hash in &hashes {
        let digits = hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        assert!(digits && (12..=24).contains(&hash.len()), "{hash}");
    }
    hashes
}

/// With `ccr_retrieval` off nobody can ask for what is left out, so nothing is.
#[test]
fn without_retrieval_nothing_is_left_out() {
    let server = Server::start(&[]);
    let sent = conversation();
    let body = json!({"messages": sent, "model": "gpt-4o"}).to_string();
    let answer = accepted(&send(&server, &body), &sent);
    assert!(answer["tokens_after"].as_u64() < answer["tokens_before"].as_u64(), "{answer}");
    assert!(hashes(&answer).is_empty());
    assert_eq!(answer["messages"][0], sent[0]);
    assert_eq!(answer["messages"][3], sent[3]);
}

/// With `ccr_retrieval`, its default, it asks for markers, gives the model a tool, and fetches what that asks for.
#[test]
fn what_was_left_out_is_found_by_its_hash() {
    let server = Server::start(&[]);
    let sent = conversation();
    let body = json!({"messages": sent, "model": "gpt-4o", "config": {"mode": "ccr"}}).to_string();
    let answer = accepted(&send(&server, &body), &sent);
    let hashes = hashes(&answer);
    assert!(!hashes.is_empty(), "{answer}");
    let shown = answer["messages"].to_string();
    for hash in hashes {
        assert!(shown.contains(&format!("hash={hash}")), "the model can read {hash}");
        let whole = get(&server, &format!("/v1/retrieve/{hash}"));
        assert_eq!(whole.status, 200);
        let original = whole.json()["original_content"].as_str().unwrap().to_owned();
        let asked = get(&server, &format!("/v1/retrieve/{hash}?query=request+317+done"));
        // It takes `original_content`, else it shows the model the answer as it is.
        assert_eq!(asked.status, 200, "{}", asked.text());
        let asked = asked.json();
        let is_whole = asked["original_content"].as_str() == Some(&original);
        assert!(is_whole || asked["results"].is_array(), "{asked}");
    }
    let unknown = get(&server, "/v1/retrieve/0123456789abcdef01234567?query=x");
    assert_eq!(unknown.status, 404);
}

/// Requests without a model: the guardrail leaves the field out when it knows none.
#[test]
fn what_it_cannot_use_is_an_error_with_a_status() {
    let server = Server::start(&[]);
    let body = json!({"messages": conversation()}).to_string();
    let answer = send(&server, &body);
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(answer.error().2.contains("model"));
    assert!(answer.json()["messages"].is_null());
}
