//! `headroom mcp wrap`: between a client and servers that are scripts, over pipes and over HTTP.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::{Value, json};

use crate::client::{Home, Response, connect};

/// The Python that runs the server, by its path: tests pass no environment on.
fn python() -> String {
    let script = "import sys; print(sys.executable)";
    let out = Command::new("python3").args(["-c", script]).output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

/// The command of a server that notes what it gets in `record`.
fn server(record: &Path) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mcp_server.py");
    [python(), script.display().to_string(), record.display().to_string()].to_vec()
}

/// A client on pipes.
struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Client {
    fn of(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdin, stdout }
    }

    /// The relay with these options, before one server or two.
    fn wrap(home: &Home, options: &[&str], servers: usize) -> Self {
        let mut command = home.headroom(&["mcp", "wrap"]);
        command.args(options);
        for number in 0..servers {
            command.arg("--").args(server(&home.path(&format!("record{number}"))));
        }
        let mut client = Self::of(command);
        client.initialize();
        client
    }

    fn initialize(&mut self) -> String {
        let params = r#"{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"0"}}"#;
        let answer = self.ask(&format!(
            r#"{{"jsonrpc":"2.0","id":"init","method":"initialize","params":{params}}}"#
        ));
        self.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        answer
    }

    fn send(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    fn receive(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }

    fn ask(&mut self, line: &str) -> String {
        self.send(line);
        self.receive()
    }

    fn request(&mut self, method: &str, params: Value) -> Value {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer: Value = serde_json::from_str(&self.ask(&message.to_string())).unwrap();
        assert_eq!(answer["id"], 1, "{answer}");
        answer
    }

    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.request("tools/call", json!({"name": tool, "arguments": arguments}))["result"].clone()
    }

    /// The text of a tool's result.
    fn text(&mut self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments);
        result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{result}")).to_owned()
    }

    fn tools(&mut self) -> Vec<Value> {
        let mut tools = Vec::new();
        let mut params = json!({});
        loop {
            let result = self.request("tools/list", params)["result"].clone();
            tools.extend(result["tools"].as_array().unwrap().clone());
            match &result["nextCursor"] {
                Value::Null => return tools,
                cursor => params = json!({"cursor": cursor}),
            }
        }
    }

    fn names(&mut self) -> Vec<String> {
        let tools = self.tools();
        tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits for its end; its status and what it said on standard error.
    fn end(mut self) -> (ExitStatus, String) {
        drop(self.stdin.take());
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap(), said)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Only ever the process that was started here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether the process with this id has ended, or does soon.
fn ends(pid: &str) -> bool {
    let pid = Pid::from_raw(pid.parse().unwrap()).unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while test_kill_process(pid).is_ok() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::yield_now();
    }
    true
}

const TWO_PAGES: [&str; 11] =
    ["log", "echo", "fail", "structured", "secret", "ask", "progress", "slow", "end", "pid", "big"];

#[test]
fn what_is_not_changed_passes_byte_for_byte_in_both_directions() {
    let home = Home::new();
    let lines = [
        r#"{"jsonrpc": "2.0",  "id": 1e0, "method":"prompts/get","params":{"name":"\u0061","n":1.50}}"#,
        r#"{"jsonrpc":"2.0","id":"r","method":"resources/read","params":{"uri":"test:\/1"}}"#,
        r#"{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{ }}"#,
        r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"arguments":{"a": 1.0},"name":"echo"}}"#,
        r#"{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"fail"}}"#,
        r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"structured"}}"#,
        r#"{"jsonrpc":"2.0","id":7,"method":"future/method"}"#,
    ];
    let direct_command = server(&home.path("direct"));
    let mut command = Command::new(&direct_command[0]);
    command.args(&direct_command[1..]);
    let mut direct = Client::of(command);
    let mut relay = home.headroom(&["mcp", "wrap", "--"]);
    relay.args(server(&home.path("wrapped")));
    let mut wrapped = Client::of(relay);
    assert_eq!(direct.initialize(), wrapped.initialize());
    for line in lines {
        assert_eq!(direct.ask(line), wrapped.ask(line), "{line}");
    }
    // A request of the server, its response, and progress.
    let ask = r#"{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"ask"}}"#;
    assert_eq!(direct.ask(ask), wrapped.ask(ask));
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":{"action":"accept", "content":{}}}"#;
    assert_eq!(direct.ask(answer), wrapped.ask(answer));
    let progress = r#"{"id":9,"method":"tools/call","params":{"name":"progress","_meta":{"progressToken":"t"}}}"#;
    assert_eq!(direct.ask(progress), wrapped.ask(progress));
    assert_eq!(direct.receive(), wrapped.receive());
    // The late response to a cancelled call.
    let slow = r#"{"id":10,"method":"tools/call","params":{"name":"slow"}}"#;
    let cancel = r#"{"method":"notifications/cancelled","params":{"requestId":10}}"#;
    for client in [&mut direct, &mut wrapped] {
        client.send(slow);
    }
    assert_eq!(direct.ask(cancel), wrapped.ask(cancel));
    assert!(wrapped.end().0.success());
    direct.end();
    let record = |name: &str| fs::read_to_string(home.path(name)).unwrap();
    assert_eq!(record("direct"), record("wrapped"));
}

#[test]
fn results_get_smaller_and_their_originals_come_back() {
    let home = Home::new();
    let mut client = Client::wrap(&home, &[], 1);
    assert_eq!(client.names(), [&TWO_PAGES[..], &["headroom_retrieve"]].concat());
    let smaller = client.text("log", json!({}));
    let (_, rest) = smaller.split_once("hash=").expect("a marker");
    let hash = &rest[..24];
    let original = client.call("headroom_retrieve", json!({"hash": hash}));
    let original = original["structuredContent"]["original_content"].as_str().unwrap();
    let line = original.lines().last().unwrap();
    assert!(line.contains(" INFO request ") && !smaller.contains(line), "{line}");
    let part = client.call("headroom_retrieve", json!({"hash": hash, "query": line}));
    assert!(part["content"][0]["text"].as_str().unwrap().contains(line), "{part}");
    let refused = client.call("headroom_retrieve", json!({"hash": "ff"}));
    assert_eq!(refused["isError"], true, "{refused}");
    let by_command = home.run(&["retrieve", hash], "");
    assert_eq!(by_command.stdout, original.as_bytes());

    // A result with a credential isn't stored, so that nothing is left out of it.
    let kept = fs::read_dir(home.originals()).unwrap().count();
    let secret = client.text("secret", json!({}));
    assert!(secret.contains("Z7VRSQ5TJN2XMPLQ") && !secret.contains("hash="), "{secret}");
    assert_eq!(fs::read_dir(home.originals()).unwrap().count(), kept);
    assert!(client.end().0.success());
}

#[test]
fn what_may_not_be_done_is_not_done() {
    let home = Home::new();
    let mut client = Client::wrap(&home, &["--exclude-tools", "l*"], 1);
    assert!(client.text("log", json!({})).ends_with("INFO request 599 done in 7 ms\n"));
    assert!(client.end().0.success());
    let mut client = Client::wrap(&home, &["--lossless"], 1);
    assert_eq!(client.names(), TWO_PAGES);
    assert!(!client.text("log", json!({})).contains("hash="));
    assert!(client.end().0.success());
}

#[test]
fn lazily_tools_are_found_and_called() {
    let home = Home::new();
    let mut client = Client::wrap(&home, &["--lazy", "--slim", "--no-retrieve"], 1);
    let tools = client.tools();
    let names: Vec<_> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["search_tools", "call_tool"]);
    let found = client.text("search_tools", json!({"query": "progress"}));
    let found: Value = serde_json::from_str(found.lines().next().unwrap()).unwrap();
    assert_eq!(found["name"], "progress");
    assert_eq!(
        found["inputSchema"],
        json!({"type": "object", "properties": {"path": {"type": "string", "description": "A path"}}})
    );
    assert_eq!(client.text("search_tools", json!({})).lines().count(), TWO_PAGES.len());
    let arguments = json!({"name": "echo", "arguments": {"a": [1, "b"]}});
    assert_eq!(client.text("call_tool", arguments), r#"{"a": [1, "b"]}"#);
    assert!(client.text("call_tool", json!({"name": "log"})).contains("hash="));
    let unknown = client.call("call_tool", json!({"name": "logg"}));
    assert_eq!(unknown["isError"], true);
    assert!(
        unknown["content"][0]["text"].as_str().unwrap().contains("the nearest are log"),
        "{unknown}"
    );
    assert_eq!(client.text("echo", json!({"direct": 1})), r#"{"direct": 1}"#);
    assert!(client.end().0.success());
}

#[test]
fn two_servers_are_one_and_end_with_it() {
    let home = Home::new();
    let mut client = Client::wrap(&home, &["--name", "one"], 2);
    let names = client.names();
    assert_eq!(names.len(), 2 * TWO_PAGES.len() + 1);
    assert!(names.contains(&"one__log".to_owned()), "{names:?}");
    assert!(names.contains(&"server__log".to_owned()), "{names:?}");
    let pids = [client.text("one__pid", json!({})), client.text("server__pid", json!({}))];
    assert_ne!(pids[0], pids[1]);
    // Both servers ask with the same id.
    let ask = |tool: &str, id: u8| {
        format!(r#"{{"id":{id},"method":"tools/call","params":{{"name":"{tool}"}}}}"#)
    };
    let asked: Vec<Value> = [("one__ask", 5), ("server__ask", 6)]
        .map(|(tool, id)| serde_json::from_str(&client.ask(&ask(tool, id))).unwrap())
        .to_vec();
    assert_ne!(asked[0]["id"], asked[1]["id"]);
    for (at, id) in [(1, 6), (0, 5)] {
        let answer = json!({"jsonrpc": "2.0", "id": asked[at]["id"], "result": {"by": id}});
        let done: Value = serde_json::from_str(&client.ask(&answer.to_string())).unwrap();
        assert_eq!(done["id"], id);
        let text = format!("answer: {{\"by\": {id}}}");
        assert_eq!(done["result"]["content"][0]["text"], text.as_str());
    }
    // One ends; the other goes on.
    let ended = client.request("tools/call", json!({"name": "one__end"}));
    let message = ended["error"]["message"].as_str().unwrap();
    assert!(message.contains("the server `one` has ended (exit status: 3)"), "{message}");
    assert_eq!(client.text("server__echo", json!({})), "{}");
    let (status, said) = client.end();
    assert!(status.success() && said.contains("the server `one` has ended"), "{said}");
    assert!(pids.iter().all(|pid| ends(pid)));
}

#[test]
fn a_server_that_ends_or_does_not_start_is_said() {
    let home = Home::new();
    let mut client = Client::wrap(&home, &[], 1);
    let ended = client.request("tools/call", json!({"name": "end"}));
    assert_eq!(ended["error"]["code"], -32000);
    // It ends while the client is still there.
    client.child.wait().unwrap();
    let (status, said) = client.end();
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("error: the server has ended (exit status: 3)"), "{said}");

    let out = home.run(&["mcp", "wrap", "--", "/nowhere/server"], "");
    assert_eq!(out.status.code(), Some(1));
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(
        said.contains("error: the server `/nowhere/server` can't be started: No such file"),
        "{said}"
    );
    let out = home.run(&["mcp", "wrap", "--", "a", "--"], "");
    assert_eq!(out.status.code(), Some(2));
}

#[test]
fn the_servers_end_when_the_relay_is_terminated() {
    let home = Home::new();
    let mut client = Client::wrap(&home, &[], 1);
    let pid = client.text("pid", json!({}));
    kill_process(Pid::from_child(&client.child), Signal::TERM).unwrap();
    assert!(client.child.wait().unwrap().success());
    assert!(ends(&pid));
}

/// What was asked before the client closes its side is answered.
#[test]
fn a_client_that_closes_its_side_gets_what_it_has_asked_for() {
    let home = Home::new();
    for options in [&[][..], &["--lazy"]] {
        let mut command = home.headroom(&["mcp", "wrap"]);
        command.args(options).arg("--").args(server(&home.path("record")));
        let input = [
            r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#,
            r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"big","arguments":{"bytes":100000}}}"#,
        ];
        let out = home.finish(command, input.join("\n") + "\n");
        assert!(out.status.success(), "{out:?}");
        let lines: Vec<Value> =
            out.stdout.lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
        let mut ids: Vec<_> = lines.iter().map(|line| line["id"].as_u64().unwrap()).collect();
        ids.sort_unstable();
        assert_eq!(ids, [0, 1, 2]);
    }
}

/// The relay over HTTP.
struct Http {
    child: Child,
    address: SocketAddr,
    home: Home,
}

impl Http {
    fn start(options: &[&str]) -> Self {
        let home = Home::new();
        let mut command = home.headroom(&["mcp", "wrap", "--transport", "http", "--port", "0"]);
        command.args(options).arg("--").args(server(&home.path("record0")));
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("Headroom's MCP relay listens on http://");
        let address =
            address.and_then(|rest| rest.strip_suffix("/mcp")).unwrap_or_else(|| panic!("{line}"));
        Self { child, address: address.parse().unwrap(), home }
    }

    fn open(&self, method: &str, session: &str, headers: &str, body: &str) -> TcpStream {
        let mut stream = connect(self.address);
        let session = match session {
            "" => String::new(),
            id => format!("mcp-session-id: {id}\r\n"),
        };
        let request = format!(
            "{method} /mcp HTTP/1.1\r\nhost: {}\r\nconnection: close\r\naccept: application/json, text/event-stream\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n{session}{headers}\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    fn send(&self, method: &str, session: &str, body: &str) -> Response {
        Response::read(self.open(method, session, "", body))
    }

    /// The id of a new session.
    fn initialize(&self) -> String {
        let body = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}"#;
        let answer = self.send("POST", "", body);
        assert_eq!(answer.json()["result"]["serverInfo"]["name"], "test");
        let session = answer.header("mcp-session-id").unwrap().to_owned();
        let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        assert_eq!(self.send("POST", &session, initialized).status, 202);
        session
    }

    fn text(&self, session: &str, tool: &str) -> String {
        let body = format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":1,\n\"method\":\"tools/call\",\"params\":{{\"name\":\"{tool}\"}}}}"
        );
        let answer = messages(&self.send("POST", session, &body)).pop().unwrap();
        answer["result"]["content"][0]["text"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned()
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        // Only ever the process that was started here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The messages of a response: JSON, or events.
fn messages(answer: &Response) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{answer:?}");
    if answer.header("content-type") == Some("application/json") {
        return vec![answer.json()];
    }
    let data = answer.text().lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The next event of a stream.
fn event(stream: &mut BufReader<TcpStream>) -> Value {
    loop {
        let mut line = String::new();
        assert_ne!(stream.read_line(&mut line).unwrap(), 0, "the stream has ended");
        if let Some(data) = line.strip_prefix("data: ") {
            return serde_json::from_str(data).unwrap();
        }
    }
}

#[test]
fn over_http_each_client_has_servers_of_its_own() {
    let relay = Http::start(&[]);
    let sessions = [relay.initialize(), relay.initialize()];
    let pids = [relay.text(&sessions[0], "pid"), relay.text(&sessions[1], "pid")];
    assert_ne!(pids[0], pids[1]);
    assert!(relay.text(&sessions[0], "log").contains("hash="));
    std::thread::scope(|scope| {
        for session in &sessions {
            scope.spawn(|| (0..5).for_each(|_| assert_eq!(relay.text(session, "echo"), "{}")));
        }
    });
    assert_eq!(relay.send("DELETE", &sessions[0], "").status, 204);
    assert!(ends(&pids[0]));
    assert_eq!(relay.send("POST", &sessions[0], "{}").status, 404);
    assert_eq!(relay.send("DELETE", &sessions[0], "").status, 404);
    assert_eq!(relay.text(&sessions[1], "pid"), pids[1]);
    kill_process(Pid::from_child(&relay.child), Signal::TERM).unwrap();
    assert!(ends(&pids[1]));
}

#[test]
fn over_http_servers_ask_their_clients() {
    let relay = Http::start(&[]);
    let session = relay.initialize();
    // On the stream of the call, where there is no other.
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask"}}"#;
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":{"a":1}}"#;
    let mut call = BufReader::new(relay.open("POST", &session, "", body));
    assert_eq!(event(&mut call)["method"], "elicitation/create");
    assert_eq!(relay.send("POST", &session, answer).status, 202);
    assert_eq!(event(&mut call)["result"]["content"][0]["text"], r#"answer: {"a": 1}"#);
    // On the stream that the client opened for it.
    let mut listener = BufReader::new(relay.open("GET", &session, "", ""));
    let mut head = String::new();
    listener.read_line(&mut head).unwrap();
    assert!(head.contains("200"), "{head}");
    let call = relay.open("POST", &session, "", body);
    assert_eq!(event(&mut listener)["method"], "elicitation/create");
    assert_eq!(relay.send("POST", &session, answer).status, 202);
    assert_eq!(messages(&Response::read(call)).len(), 1);
    // Progress is on the stream of its call.
    let body = r#"{"id":2,"method":"tools/call","params":{"name":"progress","_meta":{"progressToken":7}}}"#;
    let said = messages(&relay.send("POST", &session, body));
    assert_eq!(said[0]["params"]["progressToken"], 7);
    assert_eq!(said[1]["result"]["content"][0]["text"], "done");
}

#[test]
fn over_http_what_can_not_be_is_refused() {
    let relay = Http::start(&[]);
    assert_eq!(relay.send("POST", "", "{").status, 400);
    assert_eq!(relay.send("POST", "", r#"{"id":1,"method":"ping"}"#).status, 400);
    assert_eq!(relay.send("POST", "other", r#"{"id":1,"method":"ping"}"#).status, 404);
    assert_eq!(relay.send("GET", "", "").status, 400);
    assert_eq!(relay.send("PUT", "", "").status, 405);
    let foreign = relay.open("POST", "", "origin: http://evil.example\r\n", "{}");
    assert_eq!(Response::read(foreign).status, 403);
    // A session whose server has ended is over.
    let session = relay.initialize();
    let body = r#"{"id":1,"method":"tools/call","params":{"name":"end"}}"#;
    let said = messages(&relay.send("POST", &session, body));
    assert_eq!(said[0]["error"]["code"], -32000, "{said:?}");
    let deadline = Instant::now() + Duration::from_secs(30);
    while relay.send("POST", &session, r#"{"id":2,"method":"ping"}"#).status != 404 {
        assert!(Instant::now() < deadline);
    }
    let records: PathBuf = relay.home.path("record0");
    assert!(fs::read_to_string(records).unwrap().contains("initialize"));
}
