//! A provider that fails in a request that the client doesn't know of.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use testkit::provider::{ContentBlock, ModelTurn, Step};

use super::retrieval::{ask, assert_prefix, bash, read, streams};
use super::*;

/// A provider whose model asks for what was left out, and that then replies as `then` says, once.
fn failing(then: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Bench {
    let count = AtomicUsize::new(0);
    Bench::new(move |request| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::Turn(ModelTurn::new(
            "id_1",
            [ContentBlock::text("let me look "), ask("r1", "a")],
        )),
        1 => then(request),
        _ => Reply::Turn(ModelTurn::new("id_3", [ContentBlock::text("done")])),
    })
}

fn streamed(api: &'static dyn Api) -> Value {
    let mut body = conversation(api, &["a"]);
    body["stream"] = json!(true);
    body
}

/// What a client reads of a stream, and whether it broke off.
fn delivered(bench: &Bench, api: &'static dyn Api, body: &Value) -> (Got, bool) {
    let body = body.to_string();
    let response = bench.open(Method::POST, path(api), &KEY, body.as_bytes());
    let (parts, mut body) = response.into_parts();
    let (mut all, mut broke) = (Vec::new(), false);
    while let Some(frame) = bench.runtime.block_on(body.frame()) {
        match frame {
            Ok(frame) => all.extend_from_slice(frame.data_ref().unwrap()),
            Err(_) => broke = true,
        }
        if broke {
            break;
        }
    }
    (Got { status: parts.status, headers: parts.headers, body: all }, broke)
}

/// The bytes of a stream.
fn bytes(answer: &ModelTurn, request: &Received) -> Vec<u8> {
    let Reply::Steps { steps, .. } = answer.reply(request) else { panic!("not a stream") };
    let sent = steps.into_iter().map(|step| match step {
        Step::Send(bytes) => bytes,
        _ => Vec::new(),
    });
    sent.flatten().collect()
}

/// An error event in the shape of the API at that path.
fn error_event(request: &Received, kind: &str) -> Vec<u8> {
    let error = json!({"type": kind, "code": kind, "message": "some error"});
    let (name, data) = match request.path.as_str() {
        "/v1/messages" => ("event: error\n", json!({"type": "error", "error": error})),
        "/v1/responses" => (
            "event: error\n",
            json!({"type": "error", "code": kind, "message": "some error", "param": null}),
        ),
        _ => ("", json!({"error": error})),
    };
    format!("{name}data: {data}\n\n").into_bytes()
}

/// `stream` up to the event in its middle.
fn half(stream: &[u8]) -> &[u8] {
    let ends: Vec<usize> =
        (2..stream.len()).filter(|at| stream[..*at].ends_with(b"\n\n")).collect();
    &stream[..ends[ends.len() / 2]]
}

#[test]
fn a_stream_breaks_off_so_that_the_client_tries_again() {
    type Then = fn(&Received) -> Reply;
    let failures: [(&str, Then); 7] = [
        ("429", |request| Reply::error(&request.path, 429, "rate_limit_error", "slow down")),
        ("500", |request| Reply::error(&request.path, 500, "api_error", "oops")),
        ("529", |request| Reply::error(&request.path, 529, "overloaded_error", "Overloaded")),
        ("no stream", |_| Reply::Whole { status: 200, headers: vec![], body: b"{}".to_vec() }),
        ("cut", |request| {
            let all = bytes(
                &ModelTurn::new("id_2", [ContentBlock::text("naïve 漢字 and more")]),
                request,
            );
            Reply::events(vec![Step::Send(half(&all).to_vec()), Step::Break])
        }),
        ("an end too early", |request| {
            let all = bytes(
                &ModelTurn::new("id_2", [ContentBlock::text("naïve 漢字 and more")]),
                request,
            );
            Reply::events(vec![Step::Send(half(&all).to_vec())])
        }),
        ("an error in the stream", |request| {
            let all = bytes(
                &ModelTurn::new("id_2", [ContentBlock::text("naïve 漢字 and more")]),
                request,
            );
            let event = error_event(request, "overloaded_error");
            Reply::events(vec![Step::Send([half(&all), &event].concat())])
        }),
    ];
    for (name, then) in failures {
        for api in APIS {
            let bench = failing(then);
            let (got, broke) = delivered(&bench, api, &streamed(api));
            let text = String::from_utf8_lossy(&got.body).into_owned();
            assert!(broke, "{name} {api:?}: {text}");
            assert!(text.contains("let me") && !text.contains("headroom_retrieve"), "{text}");
            for word in ["Overloaded", "error\"", "message_stop", "[DONE]", "response.completed"] {
                assert!(!text.contains(word) || text.contains("\"error\":null"), "{name}: {text}");
            }
            assert_eq!(bench.heard.all()[0].ending, Ending::ProviderBroke);
            // The same request is answered as if nothing had been.
            let got = bench.post(path(api), &streamed(api));
            assert!(json!(read(api, &got)).to_string().contains("done"));
            assert_eq!(bench.sent(), bench.provider.received()[0].json());
        }
    }
}

/// A provider that fails `times` times in the request after a retrieval, and wants no wait.
fn failing_for_a_while(
    times: usize,
    then: impl Fn(&Received) -> Reply + Send + Sync + 'static,
) -> Bench {
    let count = AtomicUsize::new(0);
    let script = move |request: &Received| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::Turn(ModelTurn::new(
            "id_1",
            [ContentBlock::text("let me look "), ask("r1", "a")],
        )),
        n if n <= times => then(request),
        _ => Reply::Turn(ModelTurn::new("id_2", [ContentBlock::text("found"), bash("c")])),
    };
    let replay_store = ReplayStore::in_memory();
    Bench::with(Arc::new(Provider::start(script)), replay_store, None, |settings| {
        settings.retry_within = Duration::from_secs(5);
    })
}

/// An error after which the same may be asked for at once.
fn at_once(request: &Received) -> Reply {
    let Reply::Whole { status, body, .. } =
        Reply::error(&request.path, 429, "rate_limit_error", "slow down")
    else {
        panic!("not whole")
    };
    let headers = [("content-type", "application/json"), ("retry-after", "0")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Reply::Whole { status, headers, body }
}

#[test]
fn a_request_that_the_client_does_not_know_of_is_sent_again() {
    type Then = fn(&Received) -> Reply;
    let failures: [Then; 3] = [
        at_once,
        |request| {
            let all = bytes(&ModelTurn::new("id_2", [ContentBlock::text("more")]), request);
            let first = all.windows(2).position(|two| two == b"\n\n").unwrap() + 2;
            // Gemini's streams have no head, so that the first event is seen.
            let first = if request.path.contains("GenerateContent") { 0 } else { first };
            let event = error_event(request, "overloaded_error");
            Reply::events(vec![Step::Send([&all[..first], &event].concat())])
        },
        |_| Reply::events(vec![Step::Send(b": hello\n\n".to_vec()), Step::Break]),
    ];
    for (times, then) in [(2, failures[0]), (1, failures[1]), (1, failures[2])] {
        for api in APIS {
            let bench = failing_for_a_while(times, then);
            let mut body = streamed(api);
            let turn = read(api, &bench.post(path(api), &body));
            assert!(json!(turn).to_string().contains("found"));
            let received = bench.provider.received();
            assert_eq!(received.len(), 2 + times);
            assert!(received[2..].iter().all(|again| again.body == received[1].body));
            super::retrieval::go_on(api, &mut body, &turn, "c");
            bench.post(path(api), &body);
            assert_prefix(api, &received[1].json(), &bench.sent());
            assert_eq!(bench.heard.all()[0].ending, Ending::Done);
        }
    }
}

#[test]
fn what_was_seen_is_not_said_twice() {
    let bench = failing_for_a_while(1, |request| {
        let all = bytes(&ModelTurn::new("id_2", [ContentBlock::text("seen already")]), request);
        Reply::events(vec![Step::Send(half(&all).to_vec()), Step::Break])
    });
    let (got, broke) = delivered(&bench, MESSAGES, &streamed(MESSAGES));
    assert!(broke && String::from_utf8_lossy(&got.body).contains("seen"));
    assert_eq!(bench.provider.received().len(), 2);
}

#[test]
fn patience_ends() {
    let bench = failing_for_a_while(100, at_once);
    let (_, broke) = delivered(&bench, MESSAGES, &streamed(MESSAGES));
    assert!(broke);
    assert!(bench.provider.received().len() < 20);
    // As long as the provider wants is longer than anybody would wait.
    let bench = failing_for_a_while(100, |request| {
        Reply::error(&request.path, 429, "rate_limit_error", "slow down")
    });
    let (_, broke) = delivered(&bench, MESSAGES, &streamed(MESSAGES));
    assert!(broke);
    assert_eq!(bench.provider.received().len(), 2);
}

#[test]
fn what_would_fail_again_is_told() {
    for (kind, status) in [("invalid_request_error", 400), ("request_too_large", 413)] {
        for api in APIS {
            let bench =
                failing(move |request| Reply::error(&request.path, status, kind, "too long"));
            let got = bench.post(path(api), &streamed(api));
            let text = String::from_utf8_lossy(&got.body).into_owned();
            let last = text.trim_end().rsplit("data: ").next().unwrap();
            let last: Value = serde_json::from_str(last).unwrap();
            let message =
                if api == RESPONSES { &last["message"] } else { &last["error"]["message"] };
            assert_eq!(message, "too long");
        }
    }
    for api in APIS {
        let bench = failing(|request| {
            let all = bytes(&ModelTurn::new("id_2", [ContentBlock::text("more")]), request);
            let event = error_event(request, "invalid_request_error");
            Reply::events(vec![Step::Send([half(&all), &event].concat())])
        });
        let (got, _) = delivered(&bench, api, &streamed(api));
        assert!(String::from_utf8_lossy(&got.body).contains("some error"));
    }
}

#[test]
fn an_answer_that_is_not_streamed_is_the_providers_error() {
    for api in APIS {
        for status in [429, 500, 529, 400] {
            let bench =
                failing(move |request| Reply::error(&request.path, status, "some_error", "no"));
            let got = bench.post(path(api), &conversation(api, &["a"]));
            assert_eq!(
                (got.status.as_u16(), &got.headers["retry-after"]),
                (status, &"7".parse().unwrap())
            );
            assert_eq!(got.json()["error"]["message"], "no");
        }
        let bench = failing(|_| Reply::Steps { headers: vec![], steps: vec![Step::Break] });
        let got = bench.post(path(api), &conversation(api, &["a"]));
        assert_eq!(got.status, 502);
    }
}

#[test]
fn a_call_that_the_client_has_seen_brings_back_what_was_intercepted_before_it() {
    for (api, _) in streams().into_iter().filter(|(_, stream)| *stream) {
        let last = Mutex::new(None);
        let last = Arc::new(last);
        let kept = last.clone();
        let bench = failing(move |request| {
            *kept.lock().unwrap() = Some(request.json());
            let answer = ModelTurn::new("id_2", [ContentBlock::text("found "), bash("c")]);
            let all = bytes(&answer, request);
            // All of the call, and nothing of the turn's end.
            let text = String::from_utf8_lossy(&all).into_owned();
            let end = [
                "event: message_delta",
                "event: response.completed",
                "\"finish_reason\":\"tool",
                "\"finishReason\"",
            ];
            let end = end.iter().find_map(|word| text.find(word)).unwrap();
            let end = text[..end].rfind("\n\n").map_or(0, |at| at + 2);
            Reply::events(vec![Step::Send(all[..end].to_vec()), Step::Break])
        });
        let mut body = streamed(api);
        let (got, broke) = delivered(&bench, api, &body);
        assert!(broke);
        let turn = match api.name() {
            // The last event has the list of all items, which is missing here.
            "responses" => items_done(&got),
            _ => read(api, &got),
        };
        assert!(json!(turn).to_string().contains("\"c\""), "{turn:?}");
        super::retrieval::go_on(api, &mut body, &turn, "c");
        bench.post(path(api), &body);
        let asked = last.lock().unwrap().clone().unwrap();
        assert_prefix(api, &asked, &bench.sent());
        let heard = bench.heard.all();
        assert_eq!((heard[1].replayed, heard[1].replay_missing), (1, 0));
    }
}

#[test]
fn a_turn_of_which_nothing_more_was_seen_is_whole_again() {
    for api in APIS {
        let bench = failing(|request| Reply::error(&request.path, 429, "rate_limit_error", "x"));
        let mut body = streamed(api);
        let (got, broke) = delivered(&bench, api, &body);
        assert!(broke);
        let turn = match api.name() {
            "responses" => items_done(&got),
            _ => read(api, &got),
        };
        let items = body[list(api)].as_array_mut().unwrap();
        items.extend_from_slice(&turn);
        add_words(api, &mut body, "go on");
        bench.post(path(api), &body);
        let received = bench.provider.received();
        assert_prefix(api, &received[1].json(), &received[2].json());
        let text = received[2].json().to_string();
        assert_eq!(text.matches("\"r1\"").count(), 2, "{text}");
    }
}

fn items_done(got: &Got) -> Vec<Value> {
    let text = std::str::from_utf8(&got.body).unwrap();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    let events = data.map(|line| serde_json::from_str::<Value>(line).unwrap());
    let done = events.filter(|event| event["type"] == "response.output_item.done");
    done.map(|event| event["item"].clone()).collect()
}
