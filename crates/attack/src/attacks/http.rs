//! Hostile requests over HTTP.

use std::io::Write as _;
use std::net::TcpStream;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::server::Server;
use crate::Broken;
use crate::ground::Ground;
use crate::random::Random;

/// The half-sent heads of a flood.
const HEADS: usize = 4000;

/// Requests; `$` is the server's address, `%` something long.
const REQUESTS: &[&str] = &[
    "GET /livez HTTP/1.1\r\nhost: evil.example\r\n\r\n",
    "GET /stats HTTP/1.1\r\nhost: $\r\norigin: https://evil.example\r\n\r\n",
    "GET /stats HTTP/1.1\r\nhost: $@evil.example\r\n\r\n",
    "GET /stats HTTP/1.1\r\nhost: $.\r\n\r\n",
    "GET http://evil.example/stats HTTP/1.1\r\nhost: $\r\n\r\n",
    "GET /stats HTTP/1.1\r\nhost: $\r\nhost: evil.example\r\n\r\n",
    "GET /stats HTTP/1.0\r\n\r\n",
    "POST /v1/compress HTTP/1.1\r\nhost: $\r\norigin: null\r\ncontent-type: text/plain\r\ncontent-length: 12\r\n\r\n{\"text\":\"a\"}",
    "POST /v1/compress HTTP/1.1\r\nhost: $\r\ncontent-length: 5\r\ncontent-length: 12\r\n\r\n{\"text\":\"a\"}",
    "POST /v1/compress HTTP/1.1\r\nhost: $\r\ncontent-length: 12\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /stats HTTP/1.1\r\n\r\n",
    "POST /v1/compress HTTP/1.1\r\nhost: $\r\ntransfer-encoding: chunked, identity\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
    "POST /v1/compress HTTP/1.1\r\nhost: $\r\ntransfer-encoding: \x0bchunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
    "POST /v1/compress HTTP/1.1\r\nhost: $\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\nabc",
    "POST /v1/compress HTTP/1.1\r\nhost: $\r\ntransfer-encoding: chunked\r\n\r\n5;%\r\nabcde\r\n0\r\n%: x\r\n\r\n",
    "POST /v1/compress HTTP/1.1\r\nhost: $\r\ncontent-length: 99999999999999999999\r\n\r\nabc",
    "POST /v1/compress HTTP/1.1\r\nhost: $\r\ncontent-length: -1\r\n\r\n",
    "POST /v1/compress HTTP/1.1\r\nhost: $\r\ncontent-length: 100\r\n\r\n{\"text\":",
    "POST /v1/compress HTTP/1.1\r\nhost: $\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\n\x1f\x0b\x08ab",
    "POST /v1/messages HTTP/1.1\r\nhost: $\r\ncontent-encoding: zstd, gzip, br\r\ncontent-length: 5\r\n\r\nabcde",
    "GET /% HTTP/1.1\r\nhost: $\r\n\r\n",
    "GET /v1/retrieve/%2e%2e%2f%2e%2e%2fetc%2fpasswd HTTP/1.1\r\nhost: $\r\n\r\n",
    "GET /v1/retrieve/../../../etc/passwd HTTP/1.1\r\nhost: $\r\n\r\n",
    "GET /livez HTTP/1.1\r\nhost: $\r\nx: %\r\n\r\n",
    "GET /livez HTTP/1.1\r\nhost: $\r\n%: x\r\n\r\n",
    "GET /livez HTTP/9.9\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    "\x16\x03\x01\x02\0\x01\0\x01\x7c\x03\x03",
    "GET\0/livez HTTP/1.1\r\nhost: $\r\n\r\n",
    "GET /livez HTTP/1.1\nhost: $\n\n",
    "GET /livez HTTP/1.1\r\nhost : $\r\n\r\n",
    "GET /livez HTTP/1.1\r\n host: $\r\n\r\n",
    "CONNECT a.example:443 HTTP/1.1\r\nhost: $\r\n\r\n",
    "GET /v1/responses HTTP/1.1\r\nhost: $\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: x\r\nsec-websocket-version: 13\r\n\r\n%",
    "OPTIONS * HTTP/1.1\r\nhost: $\r\n\r\n",
    "GET /livez HTTP/1.1\r\nhost: $\r\n\r\nGET /livez HTTP/1.1\r\nhost: a.example\r\n\r\n",
];

/// What requests contain that have to be refused, because of where they come from or what they ask for.
const FOREIGN: [&str; 3] = ["evil.example", "origin: null", "host: $."];

pub(super) fn attack(ground: &Ground, random: &mut Random, times: usize) -> Result<usize, Broken> {
    let mut server = Server::start(
        ground,
        &["--max-body", "2MiB", "--anthropic-api-url", "http://127.0.0.1:9"],
    )?;
    let long = "x".repeat(300_000);
    for number in 0..times {
        let shape = REQUESTS[number % REQUESTS.len()];
        let request = shape.replace('$', &server.address.to_string());
        let request = if request.contains("%2e") { request } else { request.replace('%', &long) };
        let mut request = request.into_bytes();
        let is_changed = number >= REQUESTS.len();
        if is_changed {
            request = random.mutated(&request);
        }
        let is_foreign = FOREIGN.iter().any(|word| shape.contains(word));
        if is_foreign && !is_changed {
            let request = String::from_utf8_lossy(&request);
            let request = request.replacen("\r\n\r\n", "\r\nconnection: close\r\n\r\n", 1);
            let response = server.send(request.as_bytes());
            if response.is_empty() || response.starts_with(b"HTTP/1.1 2") {
                return Err(Broken(format!("{shape:?} got {}", response.escape_ascii())));
            }
        } else {
            server.send_and_close(&request);
        }
        server.check().map_err(|broken| {
            Broken(format!("after {:?}: {broken}", request.escape_ascii().to_string()))
        })?;
    }
    Ok(times)
}

/// Attacks with thousands of connections that have sent a part of a head, and looks at live requests beside them.
pub(super) fn flood(ground: &Ground, _: &mut Random, times: usize) -> Result<usize, Broken> {
    let heads = raise_open_files(2 * HEADS as u64 + 200) as usize / 2 - 100;
    for _ in 0..times {
        let mut server = Server::start(ground, &[])?;
        let mut waiting = Vec::new();
        for number in 0..heads.min(HEADS) {
            // One that isn't accepted is one that holds nothing.
            if let Ok(mut stream) = TcpStream::connect(server.address)
                && stream.write_all(b"GET /livez HTTP/1.1\r\nhost: a").is_ok()
            {
                waiting.push(stream);
            }
            if number % 500 == 0 {
                server.check()?;
            }
        }
        for _ in 0..20 {
            server.check()?;
        }
    }
    Ok(times)
}

/// Raises the limit of open files of this process, and of the programs that it starts, and returns it.
fn raise_open_files(wanted: u64) -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = wanted.min(maximum.unwrap_or(wanted)).max(current.unwrap_or(wanted));
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }) {
        Ok(()) => wanted,
        Err(_) => current.unwrap_or(1024),
    }
}
