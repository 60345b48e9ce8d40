//! Hostile providers behind the proxy.

use std::sync::Mutex;

use testkit::provider::{Provider, Reply, Step};

use super::server::Server;
use crate::Broken;
use crate::ground::Ground;
use crate::random::Random;

/// Bodies of responses, which are cut and changed.
const BODIES: &[&str] = &[
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"content\":[],\"usage\":{\"input_tokens\":1}}}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":99999999999,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"headroom_retrieve\",\"input\":{}}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":-1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"hash\\\":\"}}\n\n",
    "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":7,\"function\":{\"arguments\":\"{\"}}]}}]}\n\n",
    "data: [DONE]\n\ndata: [DONE]\n\n",
    "data\r\r\ndata:\n\n:\n\nevent:\nid: \0\nretry: x\n\n",
    "{\"id\":1,\"content\":{},\"usage\":[1e999]}",
    "[[[[[[[[",
    "\u{feff}data: \u{0}\n\n",
];
const HEADERS: &[(&str, &str)] = &[
    ("content-type", "text/event-stream"),
    ("content-type", "application/json"),
    ("content-encoding", "gzip"),
    ("content-encoding", "br"),
    ("content-encoding", "zstd"),
    ("content-encoding", "x-nothing"),
    ("content-length", "7"),
    ("retry-after", "99999999999999"),
    ("location", "http://evil.example/"),
    ("set-cookie", "a=b"),
    ("x-odd", "\u{e4}"),
];
const STATUSES: &[u16] = &[200, 201, 204, 302, 400, 401, 429, 500, 529, 999];

pub(super) fn attack(ground: &Ground, random: &mut Random, times: usize) -> Result<usize, Broken> {
    let script = Mutex::new(Random::new(random.number()));
    let provider = Provider::forgetful(move |_| {
        let mut random = script.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        reply(&mut random)
    });
    let url = provider.url();
    let mut server = Server::start(
        ground,
        &["--anthropic-api-url", &url, "--openai-api-url", &url, "--gemini-api-url", &url],
    )?;
    for _ in 0..times {
        let path = random.one_of(&["/v1/messages", "/v1/chat/completions", "/v1/responses"]);
        let stream = random.below(2) == 0;
        let body = format!(
            "{{\"model\":\"m\",\"stream\":{stream},\"max_tokens\":9,\"input\":\"a\",\"messages\":[{{\"role\":\"user\",\"content\":\"a\"}}]}}"
        );
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nx-api-key: k\r\nauthorization: Bearer k\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            server.address,
            body.len()
        );
        server.send(request.as_bytes());
        server.check()?;
    }
    Ok(times)
}

fn reply(random: &mut Random) -> Reply {
    let headers = (0..random.below(3))
        .map(|_| random.one_of(HEADERS))
        .map(|(name, value)| (name.to_string(), value.to_string()));
    let headers: Vec<_> = headers.collect();
    let body = |random: &mut Random| {
        let body = random.one_of(BODIES).as_bytes().to_vec();
        if random.below(2) == 0 { random.mutated(&body) } else { body }
    };
    match random.below(3) {
        0 => Reply::Whole { status: *random.one_of(STATUSES), headers, body: body(random) },
        kind => {
            // Up to a megabyte of events, perhaps without an end.
            let count = if random.below(8) == 0 { 5000 } else { random.below(12) };
            let mut steps: Vec<Step> = (0..count).map(|_| Step::Send(body(random))).collect();
            if kind == 1 {
                steps.push(Step::Break);
            }
            Reply::Steps { headers, steps }
        }
    }
}
