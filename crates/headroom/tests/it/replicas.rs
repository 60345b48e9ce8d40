//! Two servers that share a Redis, behind a round-robin, one of them killed in the middle: the
//! provider gets the same bytes as from one server alone.

use serde_json::{Value, json};
use testkit::RedisServer;
use testkit::provider::{ContentBlock, ModelTurn, Provider, Received, Reply, system_prompt};

use crate::client::{Home, Server, log};

const KEY: &str = "x-api-key: k\r\nanthropic-version: 2023-06-01\r\n";

/// Calls that the scripted agent makes.
const CALLS: usize = 10;

/// Times that all is tried: a busy machine may miss the store's limit of 50 ms, which costs the
/// prefix, never an answer.
const TRIES: usize = 10;

/// A model that calls a tool turn after turn, and asks for what was left out of each second result:
/// now alone, now beside its call.
fn model(request: &Received) -> Reply {
    let body = request.json();
    let blocks = body["messages"].as_array().into_iter().flatten();
    let blocks = blocks.flat_map(|message| message["content"].as_array().into_iter().flatten());
    let results: Vec<&Value> = blocks.filter(|block| block["type"] == "tool_result").collect();
    let own = |result: &&&Value| !result["tool_use_id"].to_string().contains("hidden");
    let done = results.iter().filter(own).count();
    let newest = results.iter().rfind(own).map(|result| result["content"].to_string());
    let call =
        ContentBlock::call(&format!("call_{done}"), "Bash", &json!({"command": "cat app.log"}));
    if done > CALLS {
        return Reply::Turn(ModelTurn::new(&format!("msg_{done}"), [ContentBlock::text("Done.")]));
    }
    let mut says = Vec::new();
    let hidden = format!("hidden_{done}");
    let hash = newest.as_deref().and_then(|text| text.split("hash=").nth(1)?.get(..24));
    if let Some(hash) = hash.filter(|_| done % 2 == 1 && !body.to_string().contains(&hidden)) {
        says.push(ContentBlock::call(&hidden, "headroom_retrieve", &json!({ "hash": hash })));
        if done % 4 == 1 {
            return Reply::Turn(ModelTurn::new("msg_hidden", says));
        }
    }
    says.push(call);
    Reply::Turn(ModelTurn::new(&format!("msg_{done}"), says))
}

/// Runs the agent's session; `server` says who gets the request of that number.
fn session(mut server: impl FnMut(usize) -> std::net::SocketAddr) {
    let mut messages = vec![json!({"role": "user", "content": "what went wrong?"})];
    for turn in 0.. {
        let body = json!({"model": "claude-sonnet-4-5", "max_tokens": 1000, "system": system_prompt(), "messages": messages,
            "tools": [{"name": "Bash", "input_schema": {"type": "object"}}]})
        .to_string();
        let address = server(turn);
        let mut stream = crate::client::connect(address);
        let head = format!(
            "POST /v1/messages HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n{KEY}\r\n",
            body.len()
        );
        std::io::Write::write_all(&mut stream, (head + &body).as_bytes()).unwrap();
        let answer = crate::client::Response::read(stream);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let content = answer.json()["content"].clone();
        let calls = content.as_array().unwrap().iter().filter(|block| block["type"] == "tool_use");
        let result = |call: &Value| {
            assert_eq!(call["name"], "Bash", "the agent sees its own calls alone");
            let text = log(300 + 10 * turn);
            json!({"type": "tool_result", "tool_use_id": call["id"], "content": text})
        };
        let results: Vec<Value> = calls.map(result).collect();
        messages.push(json!({"role": "assistant", "content": content}));
        if results.is_empty() {
            assert!(turn > CALLS);
            return;
        }
        messages.push(json!({"role": "user", "content": results}));
    }
}

/// The bodies that the provider got in one session.
fn bodies(provider: &Provider, before: usize) -> Vec<Vec<u8>> {
    provider.received().split_off(before).into_iter().map(|request| request.body).collect()
}

#[test]
fn two_replicas_send_what_one_server_sends_though_one_is_killed() {
    let provider = Provider::start(model);
    let url = provider.url();
    let alone = Server::start(&["--anthropic-api-url", &url]);
    session(|_| alone.address);
    let expected = bodies(&provider, 0);
    assert!(expected.len() > CALLS + 3, "the model asked for what was left out");

    let matched = (0..TRIES).any(|_| {
        let redis = RedisServer::start(&[]);
        let store = redis.url();
        let args = ["--store", &*store, "--anthropic-api-url", &*url];
        let mut replicas = [Server::start(&args), Server::start(&args)];
        let before = provider.received().len();
        session(|turn| {
            if turn == CALLS / 2 {
                replicas[1].signal(rustix::process::Signal::KILL);
                replicas[1].wait();
            }
            let is_gone = turn >= CALLS / 2;
            replicas[if is_gone { 0 } else { turn % 2 }].address
        });
        assert!(!replicas[0].home.originals().exists(), "nothing is left on disk");
        bodies(&provider, before) == expected
    });
    assert!(matched, "never the same bytes");
}

#[test]
fn without_a_shared_store_only_the_hidden_calls_are_missing() {
    let provider = Provider::start(model);
    let url = provider.url();
    let replicas = [(), ()].map(|()| Server::start(&["--anthropic-api-url", &url]));
    session(|turn| replicas[turn % 2].address);
    // The last turn but one is of the replica that never saw an intercepted call.
    let bodies = bodies(&provider, 0);
    let body = String::from_utf8(bodies[bodies.len() - 2].clone()).unwrap();
    for call in 0..CALLS {
        let result = format!("\"tool_use_id\":\"call_{call}\"");
        assert!(body.contains(&result), "all that the agent has is there");
    }
    assert!(!body.contains("hidden_"), "what the other replica knows is missing");
}

#[test]
fn what_one_replica_leaves_out_for_a_clients_own_tool_the_other_gives_back() {
    let provider =
        Provider::start(|_| Reply::Turn(ModelTurn::new("msg_1", [ContentBlock::text("Done")])));
    let redis = RedisServer::start(&[]);
    let (store, url) = (redis.url(), provider.url());
    let args = ["--store", &*store, "--anthropic-api-url", &*url];
    let [one, other] = [(), ()].map(|()| Server::start_in(Home::new(), &args));
    let body = |lines| {
        json!({"model": "m", "max_tokens": 9,
            "tools": [{"name": "mcp__headroom__headroom_retrieve", "input_schema": {"type": "object"}}],
            "messages": [{"role": "user", "content": "why?"},
                {"role": "assistant", "content": [
                    {"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": "cat a.log"}}]},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "t", "content": log(lines)}]}]})
    };
    // A busy machine may miss the store's limit; then nothing is left out.
    let found = (0..TRIES).find_map(|at| {
        let answer = one.post_with("/v1/messages", KEY, body(400 + at).to_string());
        assert_eq!(answer.status, 200);
        let sent = provider.received().pop().unwrap().json();
        assert_eq!(sent["tools"].as_array().unwrap().len(), 1, "the client keeps its own");
        let text = sent["messages"][2]["content"][0]["content"].to_string();
        let hash = text.split("hash=").nth(1)?.get(..24)?.to_owned();
        let answer = other.get(&format!("/v1/retrieve/{hash}"));
        (answer.status == 200).then(|| (400 + at, answer.json()))
    });
    let (lines, found) = found.expect("something was left out");
    assert!(log(lines).contains(found["original_content"].as_str().unwrap()));
}
