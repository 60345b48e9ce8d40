//! Conversations over WebSockets, through the built server: who may have one, what its end does to them,
//! and what they cost.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc::channel;

use rustix::process::Signal;
use serde_json::{Value, json};
use testkit::provider::{
    ContentBlock, Message, ModelTurn, SocketClient, SocketProvider, SocketReply, SocketRequest,
    SocketStep, close, create, system_prompt,
};

use crate::client::{Server, log};

const PATH: &str = "/v1/responses";
const KEY: &str = "authorization: Bearer made-up\r\n";

fn body() -> Value {
    json!({"model": "gpt-5", "store": false, "instructions": system_prompt(),
        "tools": [{"type": "function", "name": "shell", "parameters": {"type": "object"}}]})
}

fn words(text: &str) -> Value {
    json!({"role": "user", "content": text})
}

fn result(id: &str, text: &str) -> Value {
    json!({"type": "function_call_output", "call_id": id, "output": text})
}

/// A provider whose model reads one log after another.
fn reading() -> SocketProvider {
    SocketProvider::start(|request: &SocketRequest| {
        let number = request.items.len();
        let arguments = json!({"command": format!("cat {number}.log")});
        let call = ContentBlock::call(&format!("call_{number}"), "shell", &arguments);
        let id = format!("resp_{number}_{}", request.text.len());
        SocketReply::Turn(ModelTurn::new(&id, [ContentBlock::text("I read it."), call]))
    })
}

fn serve(provider: &SocketProvider, arguments: &[&str]) -> Server {
    let url = provider.url();
    Server::start(&[&["--openai-api-url", &url][..], arguments].concat())
}

/// Sends `items`, and gives the id of the response and that of the call in it.
fn go_on(
    client: &mut SocketClient,
    body: &Value,
    items: &[Value],
    previous: Option<&str>,
) -> (String, String) {
    client.say(&create(body, items, previous));
    let response = client.response().pop().unwrap()["response"].clone();
    let call = response["output"].as_array().unwrap().last().unwrap()["call_id"].clone();
    (response["id"].as_str().unwrap().to_owned(), call.as_str().unwrap().to_owned())
}

#[test]
fn messages_are_compressed_and_counted_as_requests() {
    let provider = reading();
    let server = serve(&provider, &[]);
    let mut client = SocketClient::connect(server.address, PATH, KEY).unwrap();
    let (mut previous, mut call) = go_on(&mut client, &body(), &[words("why?")], None);
    let hashes: Vec<String> =
        (0..300).map(|n: u32| format!("{:x}", n.wrapping_mul(0x9e37_79b1))).collect();
    let prose = hashes.chunks(6).map(|line| line.join(" ") + "\n").collect::<String>();
    for text in [&log(300), &prose, &prose] {
        let items = [result(&call, text)];
        (previous, call) = go_on(&mut client, &body(), &items, Some(&previous));
    }
    let sent = provider.requests();
    let lengths: Vec<usize> = sent.iter().map(|sent| sent.text.len()).collect();
    let given = log(300).len();
    assert!(lengths[1] < lengths[0] + given / 4, "{lengths:?} of {given}");
    assert!(sent[3].input()[0]["output"].as_str().unwrap().contains("[same as lines"));
    let stats = server.get("/stats").json();
    assert_eq!(stats["recent_requests"].as_array().unwrap().len(), 4, "{stats}");
    assert!(stats["tokens"]["saved"].as_u64().unwrap() > 10_000);
    assert!(stats["not_understood"].as_object().unwrap().is_empty(), "{stats}");
}

#[test]
fn a_page_of_another_site_gets_no_socket() {
    let provider = reading();
    let server = serve(&provider, &[]);
    for (headers, status) in [
        ("origin: https://example.com\r\n", 403),
        ("origin: null\r\n", 403),
        ("sec-fetch-site: cross-site\r\norigin: http://localhost.example.com\r\n", 403),
    ] {
        let headers = format!("{headers}{KEY}");
        let refused = SocketClient::connect(server.address, PATH, &headers).err().unwrap();
        assert!(refused.starts_with(&format!("HTTP/1.1 {status}")), "{refused}");
    }
    assert!(provider.heads().is_empty());
}

#[test]
fn the_credential_of_another_company_opens_no_socket() {
    let provider = reading();
    let server = Server::start(&[]);
    let foreign = "authorization: Bearer sk-ant-made-up\r\n";
    let refused = SocketClient::connect(server.address, PATH, foreign).err().unwrap();
    assert!(refused.starts_with("HTTP/1.1 404"), "{refused}");
    assert!(provider.heads().is_empty());
}

#[test]
fn sockets_end_with_the_server_after_the_response_under_way() {
    let (go, gate) = channel();
    let gate = Mutex::new(Some(gate));
    let provider = SocketProvider::start(move |_| {
        let turn = ModelTurn::new("r", [ContentBlock::text("one")]);
        let end = json!({"type": "response.completed", "response": {"id": "r", "output": []}});
        SocketReply::Steps(vec![
            SocketStep::Begin(turn, 1),
            SocketStep::Wait(gate.lock().unwrap().take().unwrap()),
            SocketStep::Send(Message::text(end.to_string())),
        ])
    });
    let mut server = serve(&provider, &[]);
    let mut idle = SocketClient::connect(server.address, PATH, KEY).unwrap();
    let mut busy = SocketClient::connect(server.address, PATH, KEY).unwrap();
    busy.say(&create(&body(), &[words("x")], None));
    assert_eq!(busy.event()["type"], "response.created");
    server.signal(Signal::TERM);
    let ends = close(1001, "the server is shutting down");
    assert_eq!(idle.read().unwrap(), ends);
    assert!(idle.read().is_err());
    go.send(()).unwrap();
    assert_eq!(busy.response().last().unwrap()["type"], "response.completed");
    assert_eq!(busy.read().unwrap(), ends);
    assert!(busy.read().is_err());
    assert!(server.wait().0.success());
    let closes = |message: &&Message| matches!(message, Message::Close(_));
    assert_eq!(provider.others().iter().filter(closes).count(), 2);
}

#[test]
fn a_hundred_megabytes_are_the_most_and_pass() {
    let provider = reading();
    let server = serve(&provider, &[]);
    let mut client = SocketClient::connect(server.address, PATH, KEY).unwrap();
    let developer = |length| json!({"role": "developer", "content": "x".repeat(length)});
    client.say(&create(&body(), &[developer(99 << 20)], None));
    assert_eq!(client.response().last().unwrap()["type"], "response.completed");
    assert!(provider.requests().pop().unwrap().text.len() > 99 << 20);
    client.say(&create(&body(), &[developer(101 << 20)], None));
    assert_eq!(client.read().unwrap(), close(1009, "the message is too large"));
}

/// Tokens of the tools that a large agent sends, as text.
fn tools() -> Vec<Value> {
    let tool = |number: usize| {
        json!({"type": "function", "name": format!("tool_{number}"),
            "description": system_prompt()[..2000], "parameters": {"type": "object"}})
    };
    (0..10).map(tool).collect()
}

/// For the table in BENCHMARKS.md.
#[test]
#[cfg(target_os = "linux")]
#[ignore = "takes a minute, and needs 5,000 descriptors"]
fn a_thousand_sockets_and_the_time_of_a_message() {
    use crate::load::usage;

    const SOCKETS: usize = 1000;
    const MESSAGES: usize = 10;
    let provider = Arc::new(reading());
    let server = serve(&provider, &[]);
    let mut body = body();
    body["tools"] = json!(tools());
    // What is only done once.
    let mut first = SocketClient::connect(server.address, PATH, KEY).unwrap();
    let (id, call) = go_on(&mut first, &body, &[words("why?")], None);
    go_on(&mut first, &body, &[result(&call, &log(100))], Some(&id));
    let idle = usage(server.pid());
    let mut clients: Vec<SocketClient> =
        (0..SOCKETS).map(|_| SocketClient::connect(server.address, PATH, KEY).unwrap()).collect();
    let open = usage(server.pid());
    println!(
        "{SOCKETS} sockets: {} MiB over {} MiB",
        open.memory_mib - idle.memory_mib,
        idle.memory_mib
    );
    let mut ends: Vec<(String, String)> = Vec::new();
    let mut before = open;
    for number in 0..=MESSAGES {
        for (at, client) in clients.iter_mut().enumerate() {
            let (items, previous) = match ends.get(at) {
                None => ([words(&format!("job {at}"))], None),
                Some((id, call)) => {
                    let text = log(100).replace("request", &format!("job-{at}-{number}"));
                    ([result(call, &text)], Some(id.as_str()))
                }
            };
            let end = go_on(client, &body, &items, previous);
            match ends.get_mut(at) {
                Some(place) => *place = end,
                None => ends.push(end),
            }
        }
        provider.forget();
        let after = usage(server.pid());
        println!(
            "message {number}: {:.2} ms of CPU, {} MiB over {} MiB",
            (after.ticks - before.ticks) as f64 * 10.0 / SOCKETS as f64,
            after.memory_mib - idle.memory_mib,
            idle.memory_mib,
        );
        before = after;
    }
}
