use std::sync::Mutex;
use std::sync::mpsc::channel;

use testkit::provider::{ContentBlock, ModelTurn, Step};

use super::*;

/// What the stub sends for this answer, in pieces of one byte.
fn bytes(answer: &ModelTurn, request: &Received) -> Vec<u8> {
    let Reply::Steps { steps, .. } = answer.reply(request) else { panic!("not a stream") };
    steps
        .into_iter()
        .flat_map(|step| match step {
            Step::Send(bytes) => bytes,
            _ => Vec::new(),
        })
        .collect()
}

fn streamed(api: &'static dyn Api, names: &[&str]) -> Value {
    let mut body = conversation(api, names);
    body["stream"] = json!(true);
    body
}

fn answer() -> ModelTurn {
    let call = ContentBlock::call("toolu_1", "Bash", &json!({"command": "ls 漢字"}));
    ModelTurn::new(
        "msg_1",
        [ContentBlock::Thinking("hm 🦀".into()), ContentBlock::text("naïve 漢字 🦀"), call],
    )
}

#[test]
fn a_stream_cut_into_single_bytes_is_the_providers() {
    let bench = Bench::new(|request| {
        let pieces = bytes(&answer(), request).into_iter().map(|byte| Step::Send(vec![byte]));
        Reply::events(pieces.collect())
    });
    // With the tool appended, and without.
    for names in [&["a"][..], &[]] {
        for api in APIS {
            let mut body = streamed(api, names);
            if names.is_empty() {
                body.as_object_mut().unwrap().remove("tools");
            }
            let got = bench.post(path(api), &body);
            let received = bench.provider.received().pop().unwrap();
            assert_eq!(got.body, bytes(&answer(), &received), "{api:?}");
            assert_eq!(got.headers["content-type"], "text/event-stream");
            let identity = received.header("accept-encoding") == Some("identity");
            assert_eq!(identity, !names.is_empty());
        }
    }
    assert!(
        bench
            .heard
            .all()
            .iter()
            .all(|heard| heard.ending == Ending::Done && heard.status == Some(200))
    );
    assert_eq!(bench.heard.all()[0].usage[0].output, 5);
}

#[test]
fn what_has_come_is_delivered_before_the_rest_comes() {
    let (go, gate) = channel();
    let gate = Mutex::new(Some(gate));
    let bench = Bench::new(move |request| {
        let all = bytes(&answer(), request);
        let end = all.windows(2).position(|two| two == b"\n\n").unwrap() + 2;
        let wait = Step::Wait(gate.lock().unwrap().take().unwrap());
        Reply::events(vec![Step::Send(all[..end].to_vec()), wait, Step::Send(all[end..].to_vec())])
    });
    let body = streamed(MESSAGES, &["a"]).to_string();
    let mut got = bench.open(Method::POST, "/v1/messages", &KEY, body.as_bytes()).into_body();
    let first = bench.runtime.block_on(got.frame()).unwrap().unwrap().into_data().unwrap();
    assert!(first.starts_with(b"event: message_start") && first.ends_with(b"\n\n"));
    go.send(()).unwrap();
    let rest = bench.runtime.block_on(got.collect()).unwrap().to_bytes();
    assert!(rest.ends_with(b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
}

#[test]
fn a_client_that_goes_away_cancels_the_provider() {
    for tools in [true, false] {
        let (told, closed) = channel();
        let told = Mutex::new(Some(told));
        let bench = Bench::new(move |request| {
            let all = bytes(&answer(), request);
            let end = all.windows(2).position(|two| two == b"\n\n").unwrap() + 2;
            let until = Step::UntilClosed(told.lock().unwrap().take().unwrap());
            Reply::events(vec![Step::Send(all[..end].to_vec()), until])
        });
        let mut body = streamed(MESSAGES, &["a"]);
        if !tools {
            body.as_object_mut().unwrap().remove("tools");
        }
        let mut got =
            bench.open(Method::POST, "/v1/messages", &KEY, body.to_string().as_bytes()).into_body();
        bench.runtime.block_on(got.frame()).unwrap().unwrap();
        drop(got);
        closed.recv().unwrap();
        while bench.heard.all().is_empty() {
            std::thread::yield_now();
        }
        assert_eq!(bench.heard.all()[0].ending, Ending::ClientGone);
    }
}

/// Codex does so: it closes at the event that ends the response, not at the end of the stream.
#[test]
fn a_client_that_closes_at_the_last_event_is_billed_and_not_gone() {
    let last = |api: &'static dyn Api| match api.name() {
        "messages" => "event: message_stop",
        "chat" => "data: [DONE]",
        "gemini" => "\"finishReason\"",
        _ => "event: response.completed",
    };
    for api in APIS {
        for tools in [true, false] {
            let (told, closed) = channel();
            let told = Mutex::new(Some(told));
            let bench = Bench::new(move |request| {
                let until = Step::UntilClosed(told.lock().unwrap().take().unwrap());
                Reply::events(vec![Step::Send(bytes(&answer(), request)), until])
            });
            let mut body = streamed(api, &["a"]);
            body["stream_options"] = json!({"include_usage": true});
            if !tools {
                body.as_object_mut().unwrap().remove("tools");
            }
            let got = bench.open(Method::POST, path(api), &KEY, body.to_string().as_bytes());
            read_until(&bench, got, last(api));
            closed.recv().unwrap();
            let heard = heard(&bench);
            assert_eq!(heard.ending, Ending::Done, "{api:?} {tools}");
            assert_eq!((heard.usage.len(), heard.usage[0].output), (1, 5), "{api:?} {tools}");
        }
    }
}

/// What a provider has said of a round that is cut off is billed as well.
#[test]
fn what_was_used_before_a_client_went_away_is_billed() {
    for tools in [true, false] {
        let (told, closed) = channel();
        let told = Mutex::new(Some(told));
        let bench = Bench::new(move |request| {
            let all = bytes(&answer(), request);
            let half = all[..all.len() / 2].to_vec();
            let until = Step::UntilClosed(told.lock().unwrap().take().unwrap());
            Reply::events(vec![Step::Send(half), until])
        });
        let mut body = streamed(MESSAGES, &["a"]);
        if !tools {
            body.as_object_mut().unwrap().remove("tools");
        }
        let got = bench.open(Method::POST, "/v1/messages", &KEY, body.to_string().as_bytes());
        read_until(&bench, got, "event: ping");
        closed.recv().unwrap();
        let heard = heard(&bench);
        assert_eq!(heard.ending, Ending::ClientGone);
        assert_eq!(heard.usage.len(), 1, "{tools}");
        assert!(heard.usage[0].input > 0, "{tools}");
    }
}

/// Reads an answer until the end of the event in which a line begins so, and closes the connection.
fn read_until(bench: &Bench, got: Response<Incoming>, line: &str) {
    let mut body = got.into_body();
    let mut all = Vec::new();
    let has_come = |all: &[u8]| {
        String::from_utf8_lossy(all).split_once(line).is_some_and(|(_, rest)| rest.contains("\n\n"))
    };
    while !has_come(&all) {
        let frame = bench.runtime.block_on(body.frame()).unwrap().unwrap();
        all.extend_from_slice(frame.data_ref().unwrap());
    }
}

/// The one exchange of which the recorder is told.
fn heard(bench: &Bench) -> Exchange {
    loop {
        match bench.heard.all().pop() {
            Some(heard) => return heard,
            None => std::thread::yield_now(),
        }
    }
}

#[test]
fn a_provider_that_breaks_off_ends_the_clients_stream_the_same_way() {
    for tools in [true, false] {
        let bench = Bench::new(move |request| {
            let all = bytes(&answer(), request);
            Reply::events(vec![Step::Send(all[..all.len() / 2].to_vec()), Step::Break])
        });
        let mut body = streamed(MESSAGES, &["a"]);
        if !tools {
            body.as_object_mut().unwrap().remove("tools");
        }
        let mut got =
            bench.open(Method::POST, "/v1/messages", &KEY, body.to_string().as_bytes()).into_body();
        let mut all = Vec::new();
        let broke = loop {
            match bench.runtime.block_on(got.frame()) {
                Some(Ok(frame)) => all.extend_from_slice(frame.data_ref().unwrap()),
                Some(Err(_)) => break true,
                None => break false,
            }
        };
        assert!(broke);
        let whole = bytes(&answer(), &bench.provider.received()[0]);
        assert_eq!(all, whole[..whole.len() / 2]);
        assert_eq!(bench.heard.all()[0].ending, Ending::ProviderBroke);
    }
}

#[test]
fn an_error_in_the_middle_of_a_stream_passes() {
    let error = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    let bench = Bench::new(move |request| {
        let all = bytes(&answer(), request);
        let end = all.windows(2).position(|two| two == b"\n\n").unwrap() + 2;
        Reply::events(vec![Step::Send(all[..end].to_vec()), Step::Send(error.into())])
    });
    let got = bench.post("/v1/messages", &streamed(MESSAGES, &["a"]));
    assert!(got.body.ends_with(error.as_bytes()));
}

/// Gemini's streams are arrays for whoever doesn't ask for events.
#[test]
fn an_array_of_responses_is_a_stream_too() {
    let path = "/v1beta/models/g:streamGenerateContent";
    let body = conversation(GEMINI, &["a"]);
    let (go, gate) = channel();
    let gate = Mutex::new(Some(gate));
    let bench = Bench::new(move |request| {
        let all = bytes(&answer(), request);
        let end = all.windows(3).position(|three| three == b"}\n,").unwrap() + 1;
        let wait = Step::Wait(gate.lock().unwrap().take().unwrap());
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let steps = vec![Step::Send(all[..end].to_vec()), wait, Step::Send(all[end..].to_vec())];
        Reply::Steps { headers, steps }
    });
    let mut got = bench.open(Method::POST, path, &KEY, body.to_string().as_bytes()).into_body();
    let mut all =
        bench.runtime.block_on(got.frame()).unwrap().unwrap().into_data().unwrap().to_vec();
    assert!(all.starts_with(b"[{") && all.ends_with(b"}"));
    go.send(()).unwrap();
    all.extend(bench.runtime.block_on(got.collect()).unwrap().to_bytes());
    assert_eq!(all, bytes(&answer(), &bench.provider.received()[0]));
    assert_eq!(heard(&bench).usage[0].output, 5);

    let bench = super::retrieval::bench(vec![
        ModelTurn::new("id_1", [super::retrieval::ask("r1", "a")]),
        ModelTurn::new("id_2", [ContentBlock::text("found")]),
    ]);
    let got = bench.post(path, &body);
    let responses: Vec<Value> = serde_json::from_slice(&got.body).unwrap();
    assert!(responses.iter().all(|response| response["responseId"] == "id_1"));
    assert!(json!(responses).to_string().contains("nd\""), "{responses:?}");
    assert!(!json!(responses).to_string().contains("headroom_retrieve"));
    assert_eq!(bench.provider.received().len(), 2);
}

#[test]
fn ten_megabytes_go_both_ways() {
    let text = "x".repeat(10 << 20);
    let sent_back = text.clone();
    let bench =
        Bench::new(move |_| Reply::Turn(ModelTurn::new("msg_1", [ContentBlock::text(&sent_back)])));
    let mut body = streamed(MESSAGES, &["a"]);
    body["messages"][0]["content"] = json!(text);
    for stream in [true, false] {
        body["stream"] = json!(stream);
        let got = bench.post("/v1/messages", &body);
        assert!(got.body.len() > 10 << 20);
        assert_eq!(bench.sent()["messages"][0], body["messages"][0]);
    }
}
