//! The stub of the LLM providers as a program, for clients in other languages.
//!
//! It says where it listens, and answers each request as the request's `x-scenario` header asks:
//! `plain`, `tool`, `parallel`, `thinking`, `echo` (what the pictures in the request are), `bytes`
//! (characters of several bytes, one byte at a time), `error-400` and other statuses, `breaks-off`,
//! `error-event`, `large` (10 MB), `retrieve` (asks for what was left out, if it can), `hold` (begins,
//! then waits until the client has gone). `GET /gone` says how many have.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use serde_json::{Value, json};
use testkit::provider::{ContentBlock, ModelTurn, Provider, Received, Reply, Step};

/// Tokens that every answer says were used: with and without a proxy the same.
const USED: (u64, u64) = (42, 7);

/// Tokens of a call that the client doesn't see.
const HIDDEN: u64 = 3;

/// Characters of one to four bytes, and what looks like the end of an event.
const CHARACTERS: &str = "naïve 漢字 🦀 👩‍👩‍👧‍👦 a\u{2028}b \u{0} \"quoted\" data: x\n\nevent: y\n\n";

fn main() {
    let gone = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&gone);
    let provider = Provider::start(move |request| {
        if request.path == "/gone" {
            return whole(200, &[], &json!({"gone": counter.load(Ordering::SeqCst)}));
        }
        reply(request, &counter)
    });
    let mut out = std::io::stdout();
    // Nobody is there to be told when standard output is closed.
    let _ = writeln!(out, "{}", provider.url()).and_then(|()| out.flush());
    // The script ends this program; without one it ends with its standard input.
    let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
}

fn reply(request: &Received, gone: &Arc<AtomicUsize>) -> Reply {
    let call = |id: &str, path: &str| ContentBlock::call(id, "read", &json!({"path": path}));
    let scenario = request.header("x-scenario").unwrap_or("plain");
    let says = match scenario {
        "tool" => vec![ContentBlock::text("I look."), call("call_1", "a.txt")],
        "parallel" => vec![call("call_1", "a.txt"), call("call_2", "ü/漢.txt"), call("call_3", "")],
        "thinking" => vec![
            ContentBlock::Thinking("First this, then that.".to_owned()),
            ContentBlock::text("I look."),
            call("call_1", "a.txt"),
        ],
        "echo" => vec![ContentBlock::Text(pictures(&request.json()).join(", "))],
        "bytes" | "breaks-off" | "error-event" | "hold" => vec![ContentBlock::text(CHARACTERS)],
        "large" => vec![ContentBlock::Text("0123456789abcde\n".repeat(10 << 16))],
        "retrieve" => return Reply::Turn(retrieving(request)),
        _ => vec![ContentBlock::text("Hello.")],
    };
    let answer = ModelTurn::new("msg_1", says).used(USED.0, USED.1);
    match scenario {
        "bytes" => stream_or_whole(&answer, request, |bytes| {
            bytes.into_iter().map(|byte| Step::Send(vec![byte])).collect()
        }),
        "breaks-off" => stream_or_whole(&answer, request, |bytes| {
            vec![Step::Send(bytes[..bytes.len() / 2].to_vec()), Step::Break]
        }),
        "error-event" => stream_or_whole(&answer, request, |bytes| {
            vec![Step::Send(first_events(&bytes, 4)), Step::Send(error_event(request))]
        }),
        "hold" => {
            let (closed, told) = channel();
            let gone = Arc::clone(gone);
            thread::spawn(move || told.recv().map(|()| gone.fetch_add(1, Ordering::SeqCst)));
            stream_or_whole(&answer, request, |bytes| {
                vec![Step::Send(first_events(&bytes, 4)), Step::UntilClosed(closed)]
            })
        }
        _ => match scenario.strip_prefix("error-").and_then(|status| status.parse().ok()) {
            Some(status) => error(request, status),
            None => Reply::Turn(answer),
        },
    }
}

/// The call for what was left out, where there is something and a tool for it; then what came. Both
/// together use as many tokens as what came would alone.
fn retrieving(request: &Received) -> ModelTurn {
    let body = request.json().to_string();
    let hash = body.split("Retrieve more: hash=").nth(1).and_then(|rest| rest.get(..24));
    let is_asked = body.contains("call_hidden");
    match hash.filter(|_| body.contains("\"headroom_retrieve\"") && !is_asked) {
        Some(hash) => {
            let call =
                ContentBlock::call("call_hidden", "headroom_retrieve", &json!({"hash": hash}));
            ModelTurn::new("msg_1", [call]).used(USED.0, HIDDEN)
        }
        None => {
            let call = ContentBlock::call("call_9", "read", &json!({"path": "b.txt"}));
            let output = if is_asked { USED.1 - HIDDEN } else { USED.1 };
            ModelTurn::new("msg_1", [ContentBlock::text("I have it."), call]).used(USED.0, output)
        }
    }
}

/// What the pictures and files of a request are: the length and the ends of each.
fn pictures(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, member)| match member {
                Value::String(data)
                    if ["data", "url", "image_url", "file_data"].contains(&&**name) =>
                {
                    let ends =
                        (data.get(..30).unwrap_or(data), data.get(data.len().saturating_sub(12)..));
                    vec![format!("{name}: {} bytes, {ends:?}", data.len())]
                }
                member => pictures(member),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(pictures).collect(),
        _ => Vec::new(),
    }
}

fn stream_or_whole(
    answer: &ModelTurn,
    request: &Received,
    steps: impl FnOnce(Vec<u8>) -> Vec<Step>,
) -> Reply {
    match answer.reply(request) {
        Reply::Steps { headers, steps: given } => {
            let sent = |step| if let Step::Send(bytes) = step { bytes } else { Vec::new() };
            Reply::Steps { headers, steps: steps(given.into_iter().flat_map(sent).collect()) }
        }
        other => other,
    }
}

/// The first `count` events of a stream.
fn first_events(bytes: &[u8], count: usize) -> Vec<u8> {
    let ends = bytes.windows(2).enumerate().filter(|(_, two)| two == b"\n\n");
    let end = ends.map(|(at, _)| at + 2).nth(count - 1);
    bytes[..end.unwrap_or(bytes.len())].to_vec()
}

/// An error in the middle of a stream, as the provider of that path sends it.
fn error_event(request: &Received) -> Vec<u8> {
    let message = "Overloaded";
    if request.path.contains("/messages") {
        let data =
            json!({"type": "error", "error": {"type": "overloaded_error", "message": message}});
        return format!("event: error\ndata: {data}\n\n").into_bytes();
    }
    let error =
        json!({"message": message, "type": "server_error", "param": null, "code": "server_error"});
    if request.path.contains("/responses") {
        let mut event = error;
        event["type"] = json!("error");
        event["sequence_number"] = json!(4);
        return format!("event: error\ndata: {event}\n\n").into_bytes();
    }
    format!("data: {}\n\n", json!({"error": error})).into_bytes()
}

/// An error with the headers that the providers send along.
fn error(request: &Received, status: u16) -> Reply {
    let kind = match status {
        400 => "invalid_request_error",
        401 => "authentication_error",
        429 => "rate_limit_error",
        _ => "overloaded_error",
    };
    let Reply::Whole { body, .. } = Reply::error(&request.path, status, kind, "naïve: no 🦀")
    else {
        unreachable!("an error is whole")
    };
    let headers = [
        ("content-type", "application/json"),
        ("request-id", "req_011CSHoEeqs5C35K2UUqR7Fy"),
        ("x-request-id", "req_a1b2c3"),
        ("retry-after", "13"),
        ("x-should-retry", "false"),
        ("anthropic-ratelimit-requests-remaining", "0"),
        ("anthropic-ratelimit-tokens-reset", "2026-03-01T12:00:00Z"),
        ("x-ratelimit-remaining-tokens", "0"),
        ("x-ratelimit-reset-tokens", "6m0s"),
    ];
    Reply::Whole {
        status,
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        body,
    }
}

fn whole(status: u16, headers: &[(String, String)], body: &Value) -> Reply {
    Reply::Whole { status, headers: headers.to_vec(), body: body.to_string().into_bytes() }
}
