//! `headroom mcp`: the server on standard input and output, and the config files of agents.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, ExitStatus, Stdio};

use serde_json::{Value, json};
use testkit::provider::{ContentBlock, ModelTurn, Provider, Reply};

use crate::client::{Home, Server, log, records};

/// A client of the MCP server.
struct Agent {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    calls: u64,
}

impl Agent {
    /// A server in `home`, started and greeted; `proxy` is the Headroom server that it is told of.
    fn start(home: &Home, proxy: &str) -> Self {
        let mut command = home.headroom(&["mcp", "serve", "--proxy-url", proxy]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut agent = Self { child, stdin, stdout, calls: 0 };
        let begin = json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "0"},
        });
        let info = agent.request("initialize", begin);
        assert_eq!(info["result"]["serverInfo"]["name"], "headroom");
        assert_eq!(info["result"]["serverInfo"]["version"], env!("CARGO_PKG_VERSION"));
        agent.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        agent
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.stdin, "{message}").unwrap();
    }

    fn receive(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line:?}"))
    }

    fn request(&mut self, method: &str, params: Value) -> Value {
        self.calls += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": self.calls, "method": method, "params": params}));
        let answer = self.receive();
        assert_eq!(answer["id"], self.calls);
        answer
    }

    /// The result of a tool.
    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.request("tools/call", json!({"name": tool, "arguments": arguments}));
        answer["result"].clone()
    }

    /// What a tool returned.
    fn tool(&mut self, tool: &str, arguments: Value) -> Value {
        let result = self.call(tool, arguments);
        assert_ne!(result["isError"], true, "{result}");
        result["structuredContent"].clone()
    }

    /// Why a tool refused.
    fn refusal(&mut self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments);
        assert_eq!(result["isError"], true, "{result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    fn close(self) -> ExitStatus {
        let Self { mut child, stdin, stdout, .. } = self;
        drop(stdin);
        drop(stdout);
        child.wait().unwrap()
    }
}

const NOBODY: &str = "http://127.0.0.1:9";

fn hash_in(text: &str) -> String {
    text.split_once("hash=").map(|(_, rest)| rest[..24].to_owned()).expect("a marker")
}

/// Whatever a client sends is answered: compressed, or refused with the limit.
#[test]
fn texts_of_every_size_are_answered() {
    let home = Home::new();
    let mut agent = Agent::start(&home, NOBODY);
    let lines = |bytes: usize| log(100).repeat(bytes / log(100).len() + 1);
    for mebibytes in [1, 17, 40] {
        let text = lines(mebibytes << 20);
        let answer = agent.tool("headroom_compress", json!({"content": text}));
        assert!(answer["compressed"].as_str().unwrap().len() * 2 < text.len(), "{mebibytes}");
    }
    for mebibytes in [100, 120] {
        let text = lines(mebibytes << 20);
        let refusal = agent.refusal("headroom_compress", json!({"content": text}));
        assert!(refusal.contains("the limit of 100 MiB"), "{refusal}");
    }
    assert!(agent.close().success());
}

#[test]
fn each_way_gives_back_what_another_left_out() {
    let server = Server::start(&[]);
    let mut agent = Agent::start(&server.home, &server.url());

    let by_agent = agent.tool("headroom_compress", json!({"content": log(500)}));
    let whole = by_agent["hash"].as_str().unwrap();
    let gap = hash_in(by_agent["compressed"].as_str().unwrap());
    let by_server: Value = server.get(&format!("/v1/retrieve/{whole}")).json();
    assert_eq!(by_server["original_content"], log(500));
    let by_command = server.home.run(&["retrieve", &gap], "");
    assert!(log(500).contains(std::str::from_utf8(&by_command.stdout).unwrap()));

    let body = json!({"text": log(700)}).to_string();
    let compressed: Value = server.post("/v1/compress", body).json();
    let hash = hash_in(compressed["text"].as_str().unwrap());
    let back = agent.tool("headroom_retrieve", json!({"hash": hash}));
    assert!(log(700).contains(back["original_content"].as_str().unwrap()));
    assert_eq!(back["source"], "local");

    let piped = server.home.run(&["compress"], log(900));
    let hash = hash_in(std::str::from_utf8(&piped.stdout).unwrap());
    let part = agent.tool("headroom_retrieve", json!({"hash": hash, "query": "request 123 "}));
    assert_eq!(part["results"].as_array().unwrap().len(), part["count"].as_u64().unwrap() as usize);
    assert!(part["results"][0]["text"].as_str().unwrap().contains("request 123 "));

    let stats = agent.tool("headroom_stats", json!({}));
    assert_eq!(stats["proxy"], json!({"url": server.url(), "answers": true}));
    assert_eq!((&stats["compressions"], &stats["retrievals"]), (&json!(1), &json!(2)));
    assert!(agent.close().success());
}

#[test]
fn beside_the_proxy_nothing_is_compressed_twice_and_either_gives_back_what_the_other_left_out() {
    let provider =
        Provider::start(|_| Reply::Turn(ModelTurn::new("msg_1", [ContentBlock::text("Done")])));
    let server = Server::start(&["--anthropic-api-url", &provider.url()]);
    let mut agent = Agent::start(&server.home, &server.url());
    let by_agent = agent.tool("headroom_compress", json!({"content": log(500)}));
    let compressed = by_agent["compressed"].as_str().unwrap();

    let call = |id: &str, name: &str| {
        json!({"role": "assistant", "content": [
            {"type": "tool_use", "id": id, "name": name, "input": {"command": "cat a.log"}}]})
    };
    let result = |id: &str, text: &str| {
        json!({"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": id, "content": text}]})
    };
    let tools = ["Bash", "mcp__headroom__headroom_compress", "mcp__headroom__headroom_retrieve"]
        .map(|name| json!({"name": name, "input_schema": {"type": "object"}}));
    let given = json!({"model": "m", "max_tokens": 9, "tools": tools, "messages": [
        {"role": "user", "content": "why?"},
        call("t1", "mcp__headroom__headroom_compress"), result("t1", compressed),
        call("t2", "Bash"), result("t2", &log(700)),
        call("t3", "mcp__headroom__headroom_retrieve"), result("t3", &log(300))]});
    let key = "x-api-key: k\r\nanthropic-version: 2023-06-01\r\n";
    assert_eq!(server.post_with("/v1/messages", key, given.to_string()).status, 200);
    let sent = provider.received().pop().unwrap().json();
    let text = |at: usize| sent["messages"][at]["content"][0]["content"].as_str().unwrap();
    assert_eq!(text(2), compressed, "compressed once");
    assert_eq!(text(6), log(300), "what was asked for stays whole");
    assert_eq!(sent["tools"], given["tools"], "the client keeps its own tool");

    // What the proxy left out, by the agent's tool; what the agent's tool left out, by the server.
    let back = agent.tool("headroom_retrieve", json!({"hash": hash_in(text(4))}));
    assert!(log(700).contains(back["original_content"].as_str().unwrap()));
    let back = server.get(&format!("/v1/retrieve/{}", hash_in(compressed))).json();
    assert!(log(500).contains(back["original_content"].as_str().unwrap()));
    assert!(agent.close().success());
}

#[test]
fn an_original_of_another_machine_is_asked_for_there() {
    let server = Server::start(&["--store", "memory"]);
    let body = json!({"text": log(500)}).to_string();
    let compressed: Value = server.post("/v1/compress", body).json();
    let hash = hash_in(compressed["text"].as_str().unwrap());
    let home = Home::new();
    let mut agent = Agent::start(&home, &server.url());
    let back = agent.tool("headroom_retrieve", json!({"hash": hash}));
    assert_eq!(back["source"], "proxy");
    assert!(log(500).contains(back["original_content"].as_str().unwrap()));
}

#[test]
fn mistakes_are_explained_and_end_nothing() {
    let home = Home::new();
    let mut agent = Agent::start(&home, NOBODY);
    let unknown = json!({"hash": "0123456789abcdef01234567"});
    assert!(agent.refusal("headroom_retrieve", unknown).contains("came from again"));
    let odd = agent.refusal("headroom_retrieve", json!({"hash": "../../../etc/passwd"}));
    assert!(odd.contains("is not a hash"), "{odd}");
    assert!(agent.refusal("headroom_retrieve", json!({})).contains("missing field `hash`"));
    assert!(agent.refusal("headroom_compress", json!({"content": ""})).contains("is empty"));
    let tool = json!({"name": "headroom_nothing", "arguments": {}});
    assert!(agent.request("tools/call", tool)["error"]["message"].is_string());
    assert!(agent.request("no/such/method", json!({}))["error"]["code"].is_number());
    agent.send(&json!("not a request"));
    let answer = agent.receive();
    assert!(answer["id"].is_null() && answer["error"]["code"].is_number(), "{answer}");
    let small = agent.tool("headroom_compress", json!({"content": "a few words"}));
    assert_eq!(small["compressed"], "a few words");
}

#[test]
fn calls_run_side_by_side_and_a_cancelled_one_is_not_answered() {
    let home = Home::new();
    let mut agent = Agent::start(&home, NOBODY);
    for id in 100..110 {
        let arguments = json!({"content": records(50 + id)});
        let params = json!({"name": "headroom_compress", "arguments": arguments});
        agent.send(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}));
    }
    let mut answered: Vec<u64> = (0..10).map(|_| agent.receive()["id"].as_u64().unwrap()).collect();
    answered.sort_unstable();
    assert_eq!(answered, (100..110).collect::<Vec<_>>());

    let large = json!({"content": log(20_000)});
    assert!(large.to_string().len() > 1_000_000);
    let params = json!({"name": "headroom_compress", "arguments": large});
    agent.send(&json!({"jsonrpc": "2.0", "id": 200, "method": "tools/call", "params": params}));
    let cancelled = json!({"requestId": 200, "reason": "no longer needed"});
    let method = "notifications/cancelled";
    agent.send(&json!({"jsonrpc": "2.0", "method": method, "params": cancelled}));
    // The next answer is that of the next call.
    agent.tool("headroom_stats", json!({}));
}

#[test]
fn a_client_that_dies_in_a_call_ends_the_server() {
    let home = Home::new();
    let mut agent = Agent::start(&home, NOBODY);
    let params = json!({"name": "headroom_compress", "arguments": {"content": log(20_000)}});
    agent.send(&json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}));
    agent.close();
}

#[test]
fn an_agent_is_told_of_another_server_and_forgets_again() {
    let home = Home::new();
    let file = home.path(".claude.json");
    fs::write(&file, "{\"numStartups\": 3} // mine\n").unwrap();
    let install = ["mcp", "install", "--agent", "claude", "--proxy-url", "http://10.0.0.5:8787/"];
    let out = home.run(&install, "");
    assert!(out.status.success(), "{out:?}");
    let text = fs::read_to_string(&file).unwrap();
    let config: Value = serde_json::from_str(text.trim_end_matches(" // mine\n")).unwrap();
    let program = env!("CARGO_BIN_EXE_headroom");
    assert_eq!(
        config["mcpServers"]["headroom"],
        json!({
            "command": program,
            "args": ["mcp", "serve"],
            "env": {"HEADROOM_PROXY_URL": "http://10.0.0.5:8787"},
        })
    );
    let other = home.run(&["mcp", "install", "--agent", "claude"], "");
    assert_eq!(other.status.code(), Some(1), "an entry with other settings stays");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    assert!(home.run(&["mcp", "uninstall", "--agent", "claude"], "").status.success());
    assert_eq!(fs::read_to_string(&file).unwrap(), "{\"numStartups\": 3} // mine\n");
}

#[test]
fn status_says_who_knows_and_who_answers() {
    let server = Server::start(&[]);
    fs::create_dir(server.home.path(".cursor")).unwrap();
    assert!(server.home.run(&["mcp", "install"], "").status.success());
    let out = server.home.run(&["mcp", "status", "--proxy-url", &server.url()], "");
    let shown = String::from_utf8(out.stdout).unwrap();
    assert!(shown.contains("Cursor: configured with other settings"), "{shown}");
    assert!(shown.contains("Zed: not found on this machine\n"), "{shown}");
    assert!(shown.ends_with(&format!("Headroom server at {}: running\n", server.url())), "{shown}");
}

#[test]
fn a_part_of_an_original_is_enough() {
    let home = Home::new();
    let mut agent = Agent::start(&home, NOBODY);
    let rows = agent.tool("headroom_compress", json!({"content": records(200)}));
    let hash = rows["hash"].as_str().unwrap();
    let value = json!({"hash": hash, "pointer": "/117/amount"});
    let value = agent.tool("headroom_retrieve", value);
    assert_eq!(value["results"], json!([{"text": "117.50"}]));
    let text = agent.tool("headroom_compress", json!({"content": log(200)}));
    let lines = json!({"hash": text["hash"], "lines": "3-4"});
    let lines = agent.tool("headroom_retrieve", lines);
    let expected: Vec<_> =
        log(200).lines().skip(2).take(2).map(|line| format!("{line}\n")).collect();
    assert_eq!(lines["results"], json!([{"place": {"lines": [3, 4]}, "text": expected.concat()}]));
    assert_eq!(lines["original_lines"], 200);
    let beyond = agent.refusal("headroom_retrieve", json!({"hash": text["hash"], "lines": "201"}));
    assert!(beyond.contains("the text has 200"), "{beyond}");
    let nowhere = agent.refusal("headroom_retrieve", json!({"hash": hash, "pointer": "/117/x"}));
    assert!(nowhere.contains("the object has amount, identifier, state"), "{nowhere}");
}
