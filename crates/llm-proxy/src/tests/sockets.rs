//! Conversations over WebSockets, between a client and a stub of the Responses API.

use testkit::provider::{
    ContentBlock, Message, ModelTurn, SocketClient, SocketProvider, SocketReply, SocketStep, close,
    create,
};

use super::mutations::{Dice, mutated};
use super::retrieval::{ask, bash};
use super::rewriting::masked;
use super::*;

const PATH: &str = "/v1/responses";
const KEY: &str = "authorization: Bearer k\r\n";

/// A provider that says one thing after another, and a server before it.
pub(super) struct SocketBench {
    pub(super) bench: Bench,
    pub(super) provider: Arc<SocketProvider>,
    replay_store: ReplayStore,
}

impl SocketBench {
    pub(super) fn with(provider: SocketProvider, set: impl FnOnce(&mut Settings)) -> Self {
        let replay_store = ReplayStore::in_memory();
        let url = provider.url();
        let nobody = Arc::new(Provider::start(|_| panic!("not over HTTP")));
        let bench = Bench::with(nobody, replay_store.clone(), None, |settings| {
            settings.targets = Targets::new(None, Some(&url), None).unwrap();
            set(settings);
        });
        SocketBench { bench, provider: Arc::new(provider), replay_store }
    }

    pub(super) fn new(replies: Vec<SocketReply>) -> Self {
        Self::with(scripted(replies), |_| {})
    }

    pub(super) fn connect(&self) -> SocketClient {
        SocketClient::connect(self.bench.address, PATH, KEY).unwrap()
    }

    fn talk(&self) -> Talk {
        let mut body = conversation(RESPONSES, &[]);
        body["input"] = json!([]);
        Talk { client: self.connect(), body, items: Vec::new(), previous: None }
    }

    /// What a server that has never seen the conversation sends over HTTP when it gets all of it.
    fn over_http(&self, talk: &Talk, items: &[Value]) -> Value {
        let targets = Targets::new(None, None, None).unwrap();
        let (settings, store) = (Settings::new(targets), self.replay_store.clone());
        let rewriter = RequestRewriter::new(settings, store, None, Box::new(Cutter));
        let mut body = talk.body.clone();
        body["input"] = json!(items);
        let rewritten = rewriter.rewrite(RESPONSES, &Bytes::from(body.to_string()));
        serde_json::from_slice(&rewritten.body.whole()).unwrap()
    }
}

/// A provider that replies with one thing after another.
pub(super) fn scripted(replies: Vec<SocketReply>) -> SocketProvider {
    let replies = Mutex::new(replies.into_iter());
    SocketProvider::start(move |_| replies.lock().unwrap().next().expect("a reply more"))
}

fn turn(id: &str, content: impl Into<Vec<ContentBlock>>) -> SocketReply {
    SocketReply::Turn(ModelTurn::new(id, content))
}

fn send(message: Message) -> SocketReply {
    SocketReply::Steps(vec![SocketStep::Send(message)])
}

/// A conversation as its client has it.
struct Talk {
    client: SocketClient,
    body: Value,
    items: Vec<Value>,
    previous: Option<String>,
}

impl Talk {
    /// Sends what is new, and takes the response in.
    fn go_on(&mut self, new: &[Value]) -> Vec<Value> {
        self.client.say(&create(&self.body, new, self.previous.as_deref()));
        let events = self.client.response();
        let last = events.last().unwrap();
        assert_eq!(last["type"], "response.completed", "{last}");
        for (number, event) in events.iter().enumerate() {
            assert_eq!(event["sequence_number"], number);
        }
        assert_eq!(events[0]["response"]["id"], last["response"]["id"]);
        let items = events.iter().filter(|event| event["type"] == "response.output_item.done");
        let said: Vec<Value> = items.map(|event| event["item"].clone()).collect();
        assert_eq!(last["response"]["output"], json!(said));
        self.items.extend_from_slice(new);
        self.items.extend(said);
        self.previous = last["response"]["id"].as_str().map(str::to_owned);
        events
    }
}

fn words(text: &str) -> Value {
    json!({"role": "user", "content": text})
}

fn result(id: &str, text: &str) -> Value {
    json!({"type": "function_call_output", "call_id": id, "output": text})
}

#[test]
fn messages_become_what_requests_over_http_would() {
    let names = ["a", "b", "c", "d"];
    let replies = names.map(|name| turn(name, [ContentBlock::text("hm"), bash(name)]));
    let bench = SocketBench::new(replies.into_iter().chain([turn("last", [])]).collect());
    let mut talk = bench.talk();
    talk.go_on(&[words("fix it")]);
    for (name, text) in [("a", "a"), ("b", "b"), ("c", "a"), ("d", "d")] {
        let all = [&talk.items[..], &[result(name, &long(text))]].concat();
        talk.go_on(&[result(name, &long(text))]);
        let sent = bench.provider.requests().pop().unwrap();
        assert!(sent.is_known && sent.input().len() == 1);
        let http = bench.over_http(&talk, &all);
        assert_eq!(json!(sent.items), http["input"], "{name}");
        assert_eq!(sent.message["tools"], http["tools"]);
    }
    let sent = bench.provider.requests();
    assert!(sent[1].input()[0]["output"].as_str().unwrap().contains("hash="));
    let heard = bench.bench.heard.all();
    assert_eq!(heard.len(), 5);
    assert!(heard.iter().all(|exchange| exchange.status == Some(200) && exchange.stream));
    assert!(heard.iter().all(|exchange| exchange.ending == Ending::Done));
    assert!(heard.iter().all(|exchange| exchange.conversation == heard[0].conversation));
    assert!(heard.iter().all(|exchange| exchange.usage.len() == 1 && exchange.route == PATH));
    assert!(heard[4].tokens_after < heard[4].tokens_before);
    assert_eq!(heard[4].blocks.len(), 4);
}

#[test]
fn a_retrieval_is_answered_in_the_socket() {
    let bench = SocketBench::new(vec![
        turn("r1", [bash("a")]),
        turn("r2", [ContentBlock::text("let me see"), ask("q1", "a")]),
        turn("r3", [ask("q2", "a")]),
        turn("r4", [ContentBlock::text("so"), bash("b")]),
        turn("r5", [ContentBlock::text("done")]),
    ]);
    let mut talk = bench.talk();
    talk.go_on(&[words("fix it")]);
    let events = talk.go_on(&[result("a", &long("a"))]);
    assert!(!json!(events).to_string().contains("headroom_retrieve"));
    let usage = &events.last().unwrap()["response"]["usage"];
    assert_eq!(usage["output_tokens"], 15);
    assert_eq!(talk.previous.as_deref(), Some("r2"));
    let sent = bench.provider.requests();
    assert_eq!(sent.len(), 4);
    for (sent, (previous, call)) in sent[2..].iter().zip([("r2", "q1"), ("r3", "q2")]) {
        assert_eq!(sent.message["previous_response_id"], previous);
        assert_eq!(sent.input(), [result(call, &middle("a"))]);
        assert_eq!(sent.message["tools"], bench.provider.requests()[1].message["tools"]);
    }
    // The client calls the response by the id that it saw, and so do its other messages.
    talk.client.say(&json!({"type": "response.processed", "response_id": "r2"}));
    let all = [&talk.items[..], &[result("b", &long("b"))]].concat();
    talk.go_on(&[result("b", &long("b"))]);
    let sent = bench.provider.requests().pop().unwrap();
    assert_eq!(sent.message["previous_response_id"], "r4");
    let processed = json!({"type": "response.processed", "response_id": "r4"}).to_string();
    assert_eq!(bench.provider.others(), [Message::text(processed)]);
    // Over HTTP, later, the provider sees the same.
    assert_eq!(json!(sent.items), bench.over_http(&talk, &all)["input"]);
    let heard = bench.bench.heard.all();
    assert_eq!((heard.len(), heard[1].retrievals, heard[1].usage.len()), (3, 2, 3));
}

#[test]
fn a_retrieval_beside_the_clients_own_call_is_answered_with_it() {
    let bench = SocketBench::new(vec![
        turn("r1", [bash("a")]),
        turn("r2", [ask("q1", "a"), bash("b")]),
        turn("r3", [ContentBlock::text("done")]),
        turn("r4", [ContentBlock::text("done")]),
    ]);
    let mut talk = bench.talk();
    talk.go_on(&[words("fix it")]);
    let events = talk.go_on(&[result("a", &long("a"))]);
    assert!(!json!(events).to_string().contains("headroom_retrieve"));
    let all = [&talk.items[..], &[result("b", "short")]].concat();
    talk.go_on(&[result("b", "short")]);
    let sent = bench.provider.requests().pop().unwrap();
    assert_eq!(sent.input(), [result("q1", &middle("a")), result("b", "short")]);
    assert_eq!(json!(sent.items), bench.over_http(&talk, &all)["input"]);
    // Once.
    talk.go_on(&[words("thanks")]);
    assert_eq!(bench.provider.requests().pop().unwrap().input(), [words("thanks")]);
}

#[test]
fn a_turn_with_too_many_retrievals_is_sent_again_as_it_was_closed() {
    let mut replies = vec![turn("r0", [bash("a")])];
    replies.extend((1..=10).map(|n| turn(&format!("r{n}"), [ask(&format!("q{n}"), "a")])));
    replies.push(turn("last", [ContentBlock::text("done")]));
    let bench = SocketBench::new(replies);
    let mut talk = bench.talk();
    talk.go_on(&[words("fix it")]);
    talk.go_on(&[result("a", &long("a"))]);
    let all = [&talk.items[..], &[words("go on")]].concat();
    talk.go_on(&[words("go on")]);
    let sent = bench.provider.requests().pop().unwrap();
    assert_eq!(sent.message["previous_response_id"], Value::Null);
    assert_eq!(json!(sent.input()), bench.over_http(&talk, &all)["input"]);
}

#[test]
fn a_message_that_warms_up_has_the_tools_of_the_next_one() {
    let bench = SocketBench::new(vec![turn("r1", [bash("a")]), turn("r2", [])]);
    let mut talk = bench.talk();
    talk.body["generate"] = json!(false);
    talk.go_on(&[]);
    talk.body.as_object_mut().unwrap().remove("generate");
    talk.go_on(&[words("fix it")]);
    talk.go_on(&[result("a", &long("a"))]);
    let sent = bench.provider.requests();
    for sent in &sent {
        assert_eq!(sent.message["tools"][1]["name"], "headroom_retrieve");
        assert_eq!(sent.message["tools"], bench.provider.requests()[0].message["tools"]);
    }
    assert_eq!(sent[0].message["generate"], false);
    assert!(sent[2].input()[0]["output"].as_str().unwrap().contains("hash="));
}

#[test]
fn what_came_before_unknown_things_is_only_rewritten_reversibly() {
    let bench = SocketBench::new(
        ["a", "b", "c"].map(|name| turn(&format!("r{name}"), [bash(name)])).into_iter().collect(),
    );
    let mut talk = bench.talk();
    talk.go_on(&[words("fix it")]);
    // The same conversation on another connection, as after a restart or on another replica.
    talk.client = bench.connect();
    talk.go_on(&[result("a", &long("a"))]);
    talk.go_on(&[result("b", &long("a"))]);
    let sent = bench.provider.requests();
    for sent in &sent[1..] {
        assert!(sent.is_known);
        assert_eq!(sent.input()[0]["output"], long("a").to_uppercase());
        // What the provider's cache begins with stays as it was.
        assert_eq!(sent.message["tools"], bench.provider.requests()[0].message["tools"]);
    }
    // When the client sends all of it, all of it is known.
    let mut again = bench.talk();
    let all = talk.items.clone();
    again.client.say(&create(&talk.body, &all, None));
    let sent = loop {
        if let Some(sent) = bench.provider.requests().get(3) {
            break sent.clone();
        }
    };
    assert_eq!(json!(sent.input()), bench.over_http(&talk, &all)["input"]);
}

#[test]
fn a_model_that_retrieves_what_is_not_known_gets_an_error() {
    let bench = SocketBench::new(vec![
        turn("r1", [bash("a")]),
        turn("r2", [bash("b")]),
        turn("r3", [ask("q1", "a")]),
        turn("r4", [ContentBlock::text("done")]),
    ]);
    let mut talk = bench.talk();
    talk.go_on(&[words("fix it")]);
    talk.go_on(&[result("a", &long("a"))]);
    talk.client = bench.connect();
    let events = talk.go_on(&[result("b", "short")]);
    assert!(!json!(events).to_string().contains("headroom_retrieve"));
    let sent = bench.provider.requests().pop().unwrap();
    let expected = "not in this conversation any more; run the command again";
    assert_eq!(sent.input(), [result("q1", expected)]);
}

#[test]
fn other_messages_and_closes_pass_unchanged() {
    let bench = SocketBench::new(vec![turn("r1", []), send(close(4321, "enough"))]);
    let mut client = bench.connect();
    assert!(client.head.contains("x-codex-turn-state: state"), "{}", client.head);
    assert!(!client.head.contains("sec-websocket-extensions"), "{}", client.head);
    let given = [
        Message::text(r#"{"type": "response.cancel",  "x": 1e0}"#),
        Message::text(r#"{"type": "response.create", "input": "#),
        Message::text(r#"{"type":"response.create","input":[],"type":"x"}"#),
        Message::binary(vec![0, 255]),
        Message::Ping(vec![1, 2].into()),
        Message::Pong(vec![3].into()),
    ];
    for message in &given {
        client.send(message.clone()).unwrap();
    }
    assert_eq!(client.read().unwrap(), Message::Pong(vec![1, 2].into()));
    let body = conversation(RESPONSES, &[]);
    client.say(&create(&body, &[words("x")], None));
    let events = client.response();
    assert_eq!(events.last().unwrap()["type"], "response.completed");
    assert_eq!(bench.provider.others(), given);
    client.say(&create(&body, &[words("x")], Some("r1")));
    assert_eq!(client.read().unwrap(), close(4321, "enough"));
    let head = bench.provider.heads().pop().unwrap();
    assert_eq!(head.header("authorization"), Some("Bearer k"));
    assert_eq!(head.header("sec-websocket-extensions"), None);
}

#[test]
fn a_close_of_the_client_reaches_the_provider() {
    let bench = SocketBench::new(Vec::new());
    let mut client = bench.connect();
    client.send(close(3001, "bye")).unwrap();
    assert_eq!(client.read().unwrap(), close(3001, "bye"));
    assert!(client.read().is_err());
    until(|| bench.provider.others() == [close(3001, "bye")]);
}

/// Waits for what is about to happen on another thread.
fn until(happened: impl Fn() -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while !happened() {
        assert!(std::time::Instant::now() < deadline, "nothing happened");
        std::thread::yield_now();
    }
}

#[test]
fn a_message_may_be_as_large_as_a_body_and_no_larger() {
    let provider = scripted(vec![turn("r1", []), turn("r2", [])]);
    let bench = SocketBench::with(provider, |settings| settings.max_body = 4 << 20);
    let mut talk = bench.talk();
    let text = long("a").repeat(1500);
    talk.go_on(&[words("x"), result("a", &text)]);
    let sent = bench.provider.requests().pop().unwrap();
    assert!(text.len() > 2 << 20 && sent.text.len() < 100_000, "{}", sent.text.len());
    talk.client.say(&create(&talk.body, &[result("b", &text.repeat(2))], None));
    assert_eq!(talk.client.read().unwrap(), close(1009, "the message is too large"));
    until(|| bench.provider.others() == [close(1001, "the client is gone")]);
}

#[test]
fn a_request_waits_for_the_one_before() {
    let (go, gate) = std::sync::mpsc::channel();
    let first = ModelTurn::new("r1", []);
    let last = ModelTurn::new("r1", []);
    let replies = vec![
        SocketReply::Steps(vec![SocketStep::Begin(first, 1), SocketStep::Wait(gate)]),
        SocketReply::Turn(last),
    ];
    let bench = SocketBench::new(replies);
    let mut client = bench.connect();
    let body = conversation(RESPONSES, &[]);
    client.say(&create(&body, &[words("one")], None));
    assert_eq!(client.event()["type"], "response.created");
    client.say(&create(&body, &[words("two")], None));
    assert_eq!(client.event()["type"], "response.in_progress");
    go.send(()).unwrap();
    // The first one has no end, so that the second one isn't sent.
    client.send(close(1000, "")).unwrap();
    drop(client);
    until(|| bench.bench.heard.all().len() == 1);
    assert_eq!(bench.provider.requests().len(), 1);
    assert_eq!(bench.bench.heard.all()[0].ending, Ending::ClientGone);
}

#[test]
fn an_error_is_the_clients_and_the_conversation_goes_on_from_before() {
    let error = json!({"type": "error", "status": 429, "error": {"type": "usage_limit_reached"}});
    let bench = SocketBench::new(vec![
        turn("r1", [bash("a")]),
        send(Message::text(error.to_string())),
        turn("r2", []),
    ]);
    let mut talk = bench.talk();
    talk.go_on(&[words("fix it")]);
    talk.client.say(&create(&talk.body, &[result("a", &long("a"))], Some("r1")));
    assert_eq!(talk.client.event(), error);
    talk.go_on(&[result("a", &long("a"))]);
    let sent = bench.provider.requests();
    assert_eq!(sent[1].text, sent[2].text);
    let heard = bench.bench.heard.all();
    assert_eq!(heard.iter().map(|e| e.status).collect::<Vec<_>>(), [200, 429, 200].map(Some));
}

#[test]
fn a_provider_that_fails_on_a_retrieval_breaks_the_connection() {
    let error = |status: u16, kind: &str| {
        send(Message::text(
            json!({"type": "error", "status": status, "error": {"type": kind}}).to_string(),
        ))
    };
    let replies = |second| vec![turn("r1", [bash("a")]), turn("r2", [ask("q1", "a")]), second];
    for second in [error(529, "overloaded_error"), SocketReply::Break] {
        let bench = SocketBench::new(replies(second));
        let mut talk = bench.talk();
        talk.go_on(&[words("fix it")]);
        talk.client.say(&create(&talk.body, &[result("a", &long("a"))], Some("r1")));
        assert_eq!(talk.client.event()["type"], "response.created");
        assert_eq!(talk.client.event()["type"], "response.in_progress");
        let end = talk.client.read();
        assert!(end.is_err(), "{end:?}");
        until(|| bench.bench.heard.all().len() == 2);
        assert_eq!(bench.bench.heard.all()[1].ending, Ending::ProviderBroke);
    }
    // What would be refused again is the client's to know.
    let bench = SocketBench::new(replies(error(400, "invalid_request_error")));
    let mut talk = bench.talk();
    talk.go_on(&[words("fix it")]);
    talk.client.say(&create(&talk.body, &[result("a", &long("a"))], Some("r1")));
    assert_eq!(talk.client.response().pop().unwrap()["error"]["type"], "invalid_request_error");
}

#[test]
fn a_failed_retrieval_is_tried_again() {
    let error = json!({"type": "error", "status": 529, "error": {"type": "overloaded_error"}});
    let provider = scripted(vec![
        turn("r1", [bash("a")]),
        turn("r2", [ask("q1", "a")]),
        send(Message::text(error.to_string())),
        turn("r3", [ContentBlock::text("done")]),
    ]);
    let bench = SocketBench::with(provider, |s| s.retry_within = Duration::from_millis(10));
    let mut talk = bench.talk();
    talk.go_on(&[words("fix it")]);
    talk.go_on(&[result("a", &long("a"))]);
    let sent = bench.provider.requests();
    assert_eq!(sent[2].text, sent[3].text);
}

#[test]
fn what_is_left_alone_passes_to_the_byte() {
    let sets: [fn(&mut Settings); 2] = [|s| s.optimize = false, |s| s.holdout = 1.0];
    for set in sets {
        let provider = scripted(vec![turn("r1", [bash("a")]), turn("r2", [ask("q", "a")])]);
        let bench = SocketBench::with(provider, set);
        let mut talk = bench.talk();
        talk.go_on(&[words("fix it")]);
        let events = talk.go_on(&[result("a", &long("a"))]);
        // Nobody but the client can know what that call is.
        assert!(json!(events).to_string().contains("headroom_retrieve"));
        let expected = create(&talk.body, &[result("a", &long("a"))], Some("r1"));
        assert_eq!(bench.provider.requests()[1].text, expected.to_string());
        let heard = bench.bench.heard.all().pop().unwrap();
        assert!(heard.tokens_after < heard.tokens_before && heard.usage.len() == 1);
    }
}

#[test]
fn a_refusal_of_the_provider_is_the_clients() {
    for status in [401, 404, 426, 503] {
        let provider = Provider::start(move |request: &Received| {
            assert_eq!((&*request.method, request.body.len()), ("GET", 0));
            let headers = vec![("x-why".to_owned(), "because".to_owned())];
            Reply::Whole { status, headers, body: b"{}".to_vec() }
        });
        let bench = Bench::with(Arc::new(provider), ReplayStore::in_memory(), None, |_| {});
        let refused = SocketClient::connect(bench.address, PATH, KEY).err().unwrap();
        assert!(refused.starts_with(&format!("HTTP/1.1 {status}")), "{refused}");
        assert!(refused.contains("x-why: because"), "{refused}");
        until(|| bench.heard.all().len() == 1);
        assert_eq!(bench.heard.all()[0].status, Some(status));
    }
}

#[test]
fn ten_thousand_messages() {
    let refused = json!({"type": "error", "status": 400, "error": {"type": "x"}});
    let bench =
        SocketBench::with(SocketProvider::refusing(Message::text(refused.to_string())), |_| {});
    let mut client = bench.connect();
    let body = conversation(RESPONSES, &["a", "b"]);
    let items = body["input"].as_array().unwrap();
    let given = create(&body, items, None).to_string().into_bytes();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut same, mut smaller) = (0, 0);
    for _ in 0..10_000 {
        let message = mutated(given.clone(), &mut dice);
        let message = String::from_utf8_lossy(&message).into_owned();
        client.send(Message::text(message.clone())).unwrap();
        assert_eq!(client.event(), refused);
        let sent = bench.provider.take_others();
        let [Message::Text(sent)] = &sent[..] else { panic!("{sent:?}") };
        if **sent == *message {
            same += 1;
            continue;
        }
        smaller += 1;
        let before: Value = serde_json::from_str(&message).unwrap();
        let after: Value = serde_json::from_str(sent).unwrap();
        assert_eq!(masked(RESPONSES, &before), masked(RESPONSES, &after), "{message}");
    }
    assert!(same > 1000 && smaller > 1000, "{same} as they came, {smaller} smaller");
}
