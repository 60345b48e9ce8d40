//! A server on loopback that answers as it is told, byte for byte, and remembers what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Method and path.
    pub(crate) line: String,
    /// Header lines, in lower case.
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("the body is JSON")
    }
}

/// The server; it ends with the test.
pub(crate) struct Stub {
    pub(crate) url: String,
    requests: Receiver<Request>,
}

impl Stub {
    /// Answers each request with what `answer` makes of it; nothing at all keeps the caller waiting.
    pub(crate) fn new(answer: impl Fn(&Request) -> Option<String> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let (sender, requests) = channel();
        thread::spawn(move || {
            let mut waiting = Vec::new();
            for stream in listener.incoming().map_while(Result::ok) {
                let Some(request) = read(&stream) else { continue };
                let answer = answer(&request);
                if sender.send(request).is_err() {
                    return;
                }
                match answer {
                    Some(answer) => {
                        let mut stream = stream;
                        let _ = stream.write_all(answer.as_bytes());
                    }
                    None => waiting.push(stream),
                }
            }
        });
        Self { url, requests }
    }

    /// A Headroom that makes of each text what `smaller` does.
    pub(crate) fn headroom(smaller: impl Fn(&str) -> String + Send + 'static) -> Self {
        Self::new(move |request| {
            let text = request.json()["text"].as_str().map(&smaller);
            Some(match text {
                Some(text) => json(200, &serde_json::json!({ "text": text })),
                None => json(400, &error("Missing required field: text")),
            })
        })
    }

    /// The requests that have been answered by now.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.try_iter().collect()
    }
}

/// An address at which nothing listens.
pub(crate) fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    format!("http://{}", listener.local_addr().expect("bound"))
}

/// An answer in JSON.
pub(crate) fn json(status: u16, body: &serde_json::Value) -> String {
    answer(status, "content-type: application/json\r\n", &body.to_string())
}

/// The shape of Headroom's errors.
pub(crate) fn error(message: &str) -> serde_json::Value {
    serde_json::json!({ "error": { "type": "validation_error", "message": message } })
}

/// An answer with these header lines.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Status\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.trim().to_lowercase();
        if header.is_empty() {
            break;
        }
        headers.push(header);
    }
    let length = headers.iter().find_map(|header| header.strip_prefix("content-length: "));
    let mut body = vec![0; length.and_then(|length| length.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Request { line: line.trim().to_owned(), headers, body: String::from_utf8(body).ok()? })
}
