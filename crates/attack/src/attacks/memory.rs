//! The memory of servers over thousands of requests, and over thousands of sessions that nobody ends.

use std::fmt::Write as _;
use std::io::Write as _;

use testkit::provider::{ContentBlock, ModelTurn, Provider, Reply};

use super::server::Server;
use crate::Broken;
use crate::ground::{Ground, resident_memory};
use crate::random::Random;

/// Of so many tries, one begins a session; the others are requests.
const SESSIONS: usize = 11;
/// What a server may hold more at the end than after the first quarter, in bytes: an allocator doesn't give back all
/// that is freed. For 15,000 requests it is a kilobyte each, far less than each of them has.
const MOST_GROWTH: u64 = 16 << 20;
/// The lines of a tool's result.
const LINES: usize = 120;
/// The least tries of which a quarter fills what servers remember of requests, 8 MiB, and the number of sessions that
/// they keep.
const ENOUGH: usize = 8_000;

/// Attacks one server with requests, and two with sessions, of which none is ended and none is used again.
pub(super) fn attack(ground: &Ground, random: &mut Random, times: usize) -> Result<usize, Broken> {
    let sessions = times / SESSIONS;
    requests(ground, random, times - sessions)?;
    let headroom = ["mcp", "serve", "--transport", "http", "--port", "0"];
    for (program, args) in [("headroom", &headroom[..]), ("contextos", &["serve", "--port", "0"])] {
        begin_sessions(ground, program, args, sessions)?;
    }
    Ok(times)
}

fn requests(ground: &Ground, random: &mut Random, times: usize) -> Result<(), Broken> {
    let turn = || ModelTurn::new("m", [ContentBlock::text("done")]);
    let provider = Provider::forgetful(move |_| Reply::Turn(turn()));
    let url = provider.url();
    let args = ["--anthropic-api-url", &url, "--openai-api-url", &url, "--store-max", "2MiB"];
    let server = Server::start(ground, &args)?;
    let mut is_answered = true;
    in_quarters("requests", &server, times, |number| {
        let response = server.send(&request(&server, random, number));
        is_answered &= response.starts_with(b"HTTP/1.1 200");
    })?;
    match is_answered {
        true => Ok(()),
        false => Err(Broken("a request in between wasn't answered".to_owned())),
    }
}

/// A request with a text that no other has: to compress, or for a provider.
fn request(server: &Server, random: &mut Random, number: usize) -> Vec<u8> {
    let mut text = String::new();
    for line in 0..LINES {
        // Writing to a string doesn't fail.
        let _ = write!(text, "2026-01-01 00:00:00 INFO worker {line} did {:x}\\n", random.number());
    }
    let (path, body) = match number % 3 {
        0 => ("/v1/compress", format!("{{\"text\":\"{text}\"}}")),
        1 => (
            "/v1/messages",
            format!(
                "{{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{{\"role\":\"user\",\"content\":\"look {number}\"}},\
             {{\"role\":\"assistant\",\"content\":[{{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"Bash\",\"input\":{{}}}}]}},\
             {{\"role\":\"user\",\"content\":[{{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":\"{text}\"}}]}}]}}"
            ),
        ),
        _ => (
            "/v1/chat/completions",
            format!(
                "{{\"model\":\"m\",\"stream\":true,\"messages\":[{{\"role\":\"user\",\"content\":\"{text}\"}}]}}"
            ),
        ),
    };
    post(server, path, "x-api-key: k\r\nauthorization: Bearer k\r\n", &body)
}

fn begin_sessions(
    ground: &Ground,
    program: &str,
    args: &[&str],
    times: usize,
) -> Result<(), Broken> {
    let server = Server::start_program(ground, program, args)?;
    let mut is_answered = true;
    in_quarters(&format!("{program}'s sessions"), &server, times, |_| {
        is_answered &= begin_session(&server);
    })?;
    match is_answered {
        true => Ok(()),
        false => Err(Broken(format!("{program} refused a session"))),
    }
}

/// Begins a session, asks it for the list of tools, and leaves it alone; says whether that was answered.
fn begin_session(server: &Server) -> bool {
    let accept = "accept: application/json, text/event-stream\r\n";
    let hello = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"a","version":"1"}}}"#;
    let response = server.send(&post(server, "/mcp", accept, hello));
    let response = String::from_utf8_lossy(&response);
    let session = response.lines().find_map(|line| line.strip_prefix("mcp-session-id: "));
    let Some(session) = session else { return false };
    let headers =
        format!("{accept}mcp-session-id: {session}\r\nmcp-protocol-version: 2025-06-18\r\n");
    let begun = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    server.send(&post(server, "/mcp", &headers, begun));
    let list = r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#;
    let response = server.send(&post(server, "/mcp", &headers, list));
    String::from_utf8_lossy(&response).contains("inputSchema")
}

fn post(server: &Server, path: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: {}\r\n{headers}connection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        server.address,
        body.len()
    )
    .into_bytes()
}

/// Tries as often as is said, and compares the server's memory after the first quarter with that at the end.
///
/// # Errors
/// If it has grown.
fn in_quarters(
    what: &str,
    server: &Server,
    times: usize,
    mut attempt: impl FnMut(usize),
) -> Result<(), Broken> {
    let mut memory = Vec::new();
    for number in 0..times {
        attempt(number);
        if (number + 1) % (times / 4).max(1) == 0 {
            memory.extend(resident_memory(server.id()));
        }
    }
    let (Some(first), Some(last)) = (memory.first(), memory.last()) else { return Ok(()) };
    let shown: Vec<u64> = memory.iter().map(|bytes| bytes >> 20).collect();
    // Whoever attacks wants to see it, and a test shows it where it fails.
    let _ = writeln!(std::io::stderr(), "MiB in the course of {times} {what}: {shown:?}");
    let is_enough = times >= ENOUGH / SESSIONS;
    match is_enough && *last > first + MOST_GROWTH {
        true => Err(Broken(format!("memory grew with {what}: {shown:?} MiB"))),
        false => Ok(()),
    }
}
