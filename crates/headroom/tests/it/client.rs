//! What all themes need: the program started in a home of its own, and a client that sends exactly
//! the bytes that a test wants to send.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// When a test that waits for an answer gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A home directory for one test.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The folder of originals.
    pub(crate) fn originals(&self) -> PathBuf {
        self.0.path().join(".headroom/originals")
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The program, in this home and with nothing of the caller's environment that it would read.
    pub(crate) fn headroom(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_headroom"));
        command.args(args).env_clear().env("HOME", self.0.path());
        command
    }

    /// Runs the program with `input` on standard input.
    pub(crate) fn run(&self, args: &[&str], input: impl AsRef<[u8]>) -> Output {
        self.finish(self.headroom(args), input)
    }

    /// Runs `command` with `input` on standard input.
    pub(crate) fn finish(&self, mut command: Command, input: impl AsRef<[u8]>) -> Output {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.as_ref().to_vec();
        let writer = std::thread::spawn(move || {
            // A program that doesn't read its input closes it.
            let _ = stdin.write_all(&input);
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        output
    }
}

/// A server that runs as long as this lives.
pub(crate) struct Server {
    child: Child,
    pub(crate) stdout: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
    pub(crate) home: Home,
}

impl Server {
    /// A server in a new home, on a port of its own.
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::start_in(Home::new(), args)
    }

    /// A server in `home`.
    pub(crate) fn start_in(home: Home, args: &[&str]) -> Self {
        Self::start_with(home, args, &[])
    }

    /// A server in `home`, with these variables in its environment. Returns when it has said where it
    /// listens.
    pub(crate) fn start_with(home: Home, args: &[&str], environment: &[(&str, String)]) -> Self {
        let mut command = home.headroom(&["serve", "--port", "0"]);
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let url = line.strip_prefix("Headroom listens on http://").unwrap_or_else(|| {
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("{line:?} on stdout, on stderr: {said}")
        });
        let address = url.trim_end().parse().unwrap();
        Self { child, stdout, address, home }
    }

    /// Another one in the same home, after this one has ended.
    pub(crate) fn restart(mut self, args: &[&str]) -> Self {
        let home = std::mem::replace(&mut self.home, Home::new());
        Self::start_in(home, args)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Closes our ends of its standard output and error, as a terminal does that is closed.
    pub(crate) fn close_output(&mut self) {
        drop(self.child.stderr.take());
        let mut nothing = Command::new("true").stdout(Stdio::piped()).spawn().unwrap();
        self.stdout = BufReader::new(nothing.stdout.take().unwrap());
        nothing.wait().unwrap();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end; what it said on standard error.
    pub(crate) fn wait(&mut self) -> (ExitStatus, String) {
        let mut said = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_string(&mut said).unwrap();
        }
        (self.child.wait().unwrap(), said)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        connect(self.address)
    }

    pub(crate) fn get(&self, path: &str) -> Response {
        self.send(format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            self.address
        ))
    }

    pub(crate) fn post(&self, path: &str, body: impl AsRef<[u8]>) -> Response {
        self.post_with(path, "", body)
    }

    /// `headers` are lines that end in `\r\n`.
    pub(crate) fn post_with(&self, path: &str, headers: &str, body: impl AsRef<[u8]>) -> Response {
        let body = body.as_ref();
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n{headers}\r\n",
            self.address,
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.send(&request)
    }

    /// `POST` of a JSON value.
    pub(crate) fn ask(&self, path: &str, body: &Value) -> Response {
        self.post(path, body.to_string())
    }

    /// Sends exactly these bytes and reads the answer to its end.
    pub(crate) fn send(&self, request: impl AsRef<[u8]>) -> Response {
        let mut stream = self.connect();
        // The server may answer and close before it has read all.
        let _ = stream.write_all(request.as_ref());
        Response::read(stream)
    }

    /// Its resident memory in bytes.
    #[cfg(target_os = "linux")]
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Only ever the process that was started here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// An answer that was read to its end.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn read(mut stream: TcpStream) -> Self {
        let mut bytes = Vec::new();
        // A reset after the answer loses nothing of it.
        let _ = stream.read_to_end(&mut bytes);
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or_else(|| {
            panic!("not an answer: {:?}", String::from_utf8_lossy(&bytes));
        });
        let headers = String::from_utf8(bytes[..end].to_vec()).unwrap().to_ascii_lowercase();
        let status = headers.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, headers, body: bytes.split_off(end + 4) }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            (key == name).then_some(value)
        })
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {} {:?}", self.status, self.text()))
    }

    /// Its status, and the type and message of its error.
    pub(crate) fn error(&self) -> (u16, String, String) {
        let error = &self.json()["error"];
        let text = |name: &str| error[name].as_str().unwrap().to_owned();
        (self.status, text("type"), text("message"))
    }
}

/// A log in which nearly every line is like the others.
pub(crate) fn log(lines: usize) -> String {
    (0..lines)
        .map(|i| {
            format!("2024-05-01T10:00:{:02}Z INFO request {i} done in {} ms\n", i % 60, i * 7 % 13)
        })
        .collect()
}

/// An array of objects, of which the keys are most.
pub(crate) fn records(count: usize) -> String {
    let record = |i| format!(r#"{{"identifier": {i}, "state": "open", "amount": {i}.50}}"#);
    format!("[{}]", (0..count).map(record).collect::<Vec<_>>().join(", "))
}
