//! Thousands of malformed, hostile and huge requests: no crash, no 5xx but "busy", memory flat.
//!
//! `HEADROOM_HOSTILE_REQUESTS` sets how many; the requests are the same in every run.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::client::{Server, log, records};

/// Requests in an ordinary run.
const REQUESTS: usize = 3000;
/// Clients that send them at the same time.
const CLIENTS: usize = 8;

#[test]
fn hostile_requests_do_no_harm() {
    let count = std::env::var("HEADROOM_HOSTILE_REQUESTS").map_or(REQUESTS, |n| n.parse().unwrap());
    let server = Server::start(&["--max-body", "2MiB"]);
    // Once around, so that what is allocated once is.
    barrage(&server, 0..count / 3);
    #[cfg(target_os = "linux")]
    let before = server.memory();
    let answered = barrage(&server, count / 3..count);
    assert!(answered > count / 3, "{answered} answers");
    #[cfg(target_os = "linux")]
    {
        let grown = server.memory().saturating_sub(before);
        assert!(grown < 24 << 20, "{} MiB more after {count} requests", grown >> 20);
    }
    assert_eq!(server.get("/livez").status, 200);
    let answer = server.ask("/v1/compress", &json!({ "text": log(500) })).json();
    assert!(answer["tokens_saved"].as_u64().unwrap() > 0);
}

/// Sends the requests of these numbers, several at a time; how many were answered.
fn barrage(server: &Server, numbers: std::ops::Range<usize>) -> usize {
    let (next, answered) = (AtomicUsize::new(numbers.start), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= numbers.end {
                        break;
                    }
                    let request = request(number);
                    if let Some(answer) = exchange(server, &request) {
                        check(number, &request, &answer);
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    answered.into_inner()
}

/// Sends `request` and then nothing more; what came back, if anything.
fn exchange(server: &Server, request: &[u8]) -> Option<Vec<u8>> {
    let mut stream = server.connect();
    stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    let _ = stream.write_all(request);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    let _ = read_all(&mut stream, &mut answer);
    (!answer.is_empty()).then_some(answer)
}

fn read_all(stream: &mut TcpStream, answer: &mut Vec<u8>) -> std::io::Result<usize> {
    let read = stream.read_to_end(answer);
    if let Err(error) = &read {
        assert_ne!(error.kind(), std::io::ErrorKind::WouldBlock, "no answer in two minutes");
    }
    read
}

fn check(number: usize, request: &[u8], answer: &[u8]) {
    let answer = String::from_utf8_lossy(answer);
    let shown = String::from_utf8_lossy(&request[..request.len().min(300)]);
    let status: u16 = answer.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    assert!(
        (200..500).contains(&status)
            || status == 503 && answer.to_ascii_lowercase().contains("\r\nretry-after: "),
        "request {number}: {shown:?} was answered {:?}",
        &answer[..answer.len().min(300)],
    );
}

/// A small generator, so that a number always makes the same request.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.roll(from.len())]
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let count = self.roll(most + 1);
        (0..count).map(|_| self.roll(256) as u8).collect()
    }
}

fn request(number: usize) -> Vec<u8> {
    let mut dice = Dice(number as u64);
    match dice.roll(10) {
        0 => dice.bytes(2000),
        1 => odd_head(&mut dice),
        2..=4 => {
            let body = odd_body(&mut dice);
            post(&mut dice, &body)
        }
        5..=7 => {
            let body = mutated(&mut dice);
            post(&mut dice, &body)
        }
        8 => retrieval(&mut dice),
        _ if number.is_multiple_of(20) => {
            let body = huge(&mut dice);
            post(&mut dice, &body)
        }
        _ => {
            let body = deep(&mut dice);
            post(&mut dice, &body)
        }
    }
}

fn post(dice: &mut Dice, body: &[u8]) -> Vec<u8> {
    let path =
        dice.pick(&["/v1/compress", "/v1/compress", "/v1/retrieve", "/v1/retrieve/tool_call"]);
    // Now and then a length that isn't the body's.
    let length = match dice.roll(12) {
        0 => body.len() + dice.roll(100),
        1 => body.len() / 2,
        2 => 3 << 30,
        _ => body.len(),
    };
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

fn odd_head(dice: &mut Dice) -> Vec<u8> {
    let long = "a".repeat(dice.roll(100_000));
    let heads = [
        "GET / HTTP/1.1\r\n\r\n".to_owned(),
        "GET  /livez HTTP/9.9\r\nhost: localhost\r\n\r\n".to_owned(),
        "POST /v1/compress HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n".to_owned(),
        "POST /v1/compress HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef".to_owned(),
        "POST /v1/compress HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_owned(),
        "POST /v1/compress HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\na".to_owned(),
        "POST /v1/compress HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n{}".to_owned(),
        "CONNECT localhost:1 HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "OPTIONS * HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned(),
        "GET /livez HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n".to_owned(),
        format!("GET /{long} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"),
        format!("GET /livez HTTP/1.1\r\nhost: {long}\r\nconnection: close\r\n\r\n"),
        format!("{long} /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"),
        format!("GET /livez HTTP/1.1\r\nhost: localhost\r\n{}\r\n", "a: b\r\n".repeat(dice.roll(500))),
        "GET /livez HTTP/1.1\r\nhost: localhost\r\na\0: b\r\n\r\n".to_owned(),
    ];
    heads[dice.roll(heads.len())].clone().into_bytes()
}

fn retrieval(dice: &mut Dice) -> Vec<u8> {
    let hash = dice.pick(&[
        "../../../../etc/passwd",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "0123456789ab",
        "%ff%fe",
        "%00",
        "0123456789abcdef01234567",
        "stats",
        "tool_call",
        "+",
        "%zz",
        "0123456789abcdef01234567?query=%ff",
        "0123456789abcdef01234567?query=a&query=b",
    ]);
    format!("GET /v1/retrieve/{hash} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .into_bytes()
}

/// JSON that is valid or nearly, with what nobody expects in it.
fn odd_body(dice: &mut Dice) -> Vec<u8> {
    let value = dice.pick(&[
        "null",
        "true",
        "-0",
        "1e999999",
        "18446744073709551616",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "[]",
        "{}",
        "[[[[]]]]",
        "\"\u{202e}\u{feff}\"",
        "{\"a\": {\"a\": {}}}",
        "\"\\",
        "0x10",
        "NaN",
        "'a'",
        "[null, 1, \"a\", {\"role\": 7, \"content\": {\"content\": []}}]",
        "[{\"role\": \"tool\", \"content\": [{\"type\": \"text\"}, {\"type\": 9, \"text\": []}]}]",
        "[{\"role\": \"user\", \"content\": [{\"type\": \"tool_result\", \"content\": [[]]}]}]",
        "[{\"type\": \"function_call_output\", \"output\": {\"a\": 1}}]",
    ]);
    let name = dice.pick(&[
        "text",
        "messages",
        "input",
        "model",
        "budget",
        "task",
        "kind",
        "retrieval",
        "source",
        "config",
        "token_budget",
        "hash",
        "query",
        "tool_call",
        "provider",
        "",
    ]);
    let base = dice.pick(&[
        "\"text\": \"abc\"",
        "\"messages\": [], \"model\": \"m\"",
        "\"input\": \"a\", \"model\": \"m\"",
        "\"hash\": \"0123456789ab\"",
        "\"text\": \"a\", \"text\": \"b\"",
        "",
    ]);
    let tail = dice.pick(&["}", "", "}}", "} x", ",}"]);
    format!("{{{base}, \"{name}\": {value}{tail}").into_bytes()
}

/// A good request with some bytes changed, left out or put twice.
fn mutated(dice: &mut Dice) -> Vec<u8> {
    let text = match dice.roll(3) {
        0 => log(40),
        1 => records(40),
        _ => "fn main() {\n    println!(\"hello\");\n}\n".repeat(20),
    };
    let message = json!({ "role": "tool", "tool_call_id": "a", "content": text });
    let block = json!({ "type": "tool_result", "tool_use_id": "a", "content": [{ "type": "text", "text": text }] });
    let bodies = [
        json!({ "text": text, "task": "request", "budget": 1 + dice.roll(500) }),
        json!({ "messages": [message], "model": "gpt-4o", "config": { "mode": "ccr", "target_ratio": 0.1 } }),
        json!({ "messages": [{ "role": "user", "content": [block] }], "model": "claude-sonnet-4-5" }),
        json!({ "input": [{ "type": "function_call_output", "call_id": "a", "output": text }], "model": "m" }),
    ];
    let mut body = bodies[dice.roll(bodies.len())].to_string().into_bytes();
    for _ in 0..dice.roll(6) {
        let at = dice.roll(body.len());
        match dice.roll(4) {
            0 => body[at] = dice.roll(256) as u8,
            1 => drop(body.remove(at)),
            2 => body.insert(at, b"\"\\{}[],:\0\n"[dice.roll(10)]),
            _ => {
                let end = (at + dice.roll(200)).min(body.len());
                let part = body[at..end].to_vec();
                body.splice(at..at, part);
            }
        }
    }
    body
}

fn deep(dice: &mut Dice) -> Vec<u8> {
    let depth = 1 + dice.roll(100_000);
    let (open, close) = [("[", "]"), ("{\"a\":", "}")][dice.roll(2)];
    let mut nested = open.repeat(depth);
    nested.push('1');
    nested.push_str(&close.repeat(depth));
    match dice.roll(4) {
        0 => format!("{{\"text\": {}}}", json!(nested)),
        1 => format!("{{\"text\": \"a\", \"config\": {nested}}}"),
        2 => format!(
            "{{\"messages\": [{{\"role\": \"tool\", \"content\": {nested}}}], \"model\": \"m\"}}"
        ),
        _ => nested,
    }
    .into_bytes()
}

/// A text of up to 2.5 MB: of one letter, of blanks, of noise, of lines that all differ.
fn huge(dice: &mut Dice) -> Vec<u8> {
    let size = dice.roll(2_500_000);
    let text: String = match dice.roll(6) {
        0 => "a".repeat(size),
        1 => " ".repeat(size),
        2 => "\u{301}".repeat(size / 2),
        3 => (0..size / 8).map(|_| char::from(32 + dice.roll(95) as u8)).collect(),
        4 => (0..size / 30)
            .map(|i| format!("{} line {i} {}\n", dice.roll(99), dice.roll(1 << 40)))
            .collect(),
        _ => "{\"a\": [".repeat(size / 7),
    };
    json!({ "text": text, "task": "line 77" }).to_string().into_bytes()
}
