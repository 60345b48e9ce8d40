//! An MCP client, as plain as can be: lines of JSON over pipes, or HTTP over a socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::Sandbox;

/// A session with `contextos serve --stdio`.
pub(crate) struct Session {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    id: u64,
    /// What came that nobody waited for.
    pub(crate) notifications: Vec<Value>,
}

/// The program, ready to be spawned with pipes.
pub(crate) fn command(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    let plain = sandbox.contextos(arguments);
    let mut command = Command::new(plain.get_program());
    command.args(arguments).current_dir(sandbox.repo.path()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

impl Session {
    /// A session in the sandbox's checkout that has been initialized.
    pub(crate) fn new(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        let mut all = vec!["serve", "--stdio"];
        all.extend(arguments);
        let mut child = command(sandbox, &all).spawn().expect("the program starts");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut session = Self { child, input, output, id: 0, notifications: Vec::new() };
        session.request("initialize", initialize());
        session.notify("notifications/initialized", json!({}));
        session
    }

    pub(crate) fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends a request and doesn't wait; gives back its id.
    pub(crate) fn begin(&mut self, method: &str, params: Value) -> u64 {
        self.id += 1;
        let id = self.id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    /// Waits for the answer to a request.
    pub(crate) fn answer(&mut self, id: u64) -> Value {
        loop {
            let message = self.read();
            if message["id"] == id {
                return message;
            }
            self.notifications.push(message);
        }
    }

    /// The next message, whatever it is.
    pub(crate) fn read(&mut self) -> Value {
        let mut line = String::new();
        let length = self.output.read_line(&mut line).expect("the server writes lines");
        assert!(length > 0, "the server has gone");
        serde_json::from_str(&line).expect("a line is a message")
    }

    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params);
        self.answer(id)
    }

    /// The result of a tool call.
    pub(crate) fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.request("tools/call", json!({"name": tool, "arguments": arguments}));
        answer["result"].clone()
    }

    /// The text of a tool call that succeeds.
    pub(crate) fn text(&mut self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments);
        assert_eq!(result["isError"], false, "{result}");
        text(&result)
    }

    /// The message of a tool call that fails.
    pub(crate) fn refusal(&mut self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments);
        assert_eq!(result["isError"], true, "{result}");
        text(&result)
    }

    /// Goes away; gives back the exit code.
    pub(crate) fn end(mut self) -> Option<i32> {
        drop(self.input.take());
        self.child.wait().expect("it ends").code()
    }

    fn send(&mut self, message: &Value) {
        let input = self.input.as_mut().expect("the session is open");
        writeln!(input, "{message}").expect("the server reads");
    }
}

/// The parameters of the first request.
pub(crate) fn initialize() -> Value {
    json!({
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    })
}

/// The text in a tool's result.
pub(crate) fn text(result: &Value) -> String {
    result["content"][0]["text"].as_str().unwrap_or_default().to_owned()
}

/// `contextos serve` over HTTP, ended when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn new(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        let mut all = vec!["serve", "--port", "0"];
        all.extend(arguments);
        let mut child = command(sandbox, &all).spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("contextos listens on http://").expect(&line);
        let address = address.strip_suffix("/mcp").expect("the path").to_owned();
        Self { child, address }
    }

    /// Sends one request with these header lines; gives back status and body.
    pub(crate) fn post(&self, path: &str, headers: &[&str], body: &Value) -> (u16, String, String) {
        let body = body.to_string();
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let mut head = format!("POST {path} HTTP/1.1\r\nconnection: close\r\n");
        if !headers.iter().any(|header| header.starts_with("host:")) {
            head.push_str(&format!("host: {}\r\n", self.address));
        }
        head.push_str("content-type: application/json\r\n");
        head.push_str("accept: application/json, text/event-stream\r\n");
        for header in headers {
            head.push_str(&format!("{header}\r\n"));
        }
        write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        (status, head.to_lowercase(), body.to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
