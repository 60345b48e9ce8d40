use json_index::scan;

use super::*;
use crate::api::{CHAT, GEMINI, MESSAGES, RESPONSES};
use crate::request::{Request, read};
use serde_json::{Value as Json, json};

fn intercepted(at: usize, id: &str, raw: &Json) -> InterceptedCall {
    InterceptedCall {
        at,
        id: id.to_owned(),
        input: "{}".to_owned(),
        raw: raw.to_string(),
        result: None,
    }
}

fn retrieve(call: &InterceptedCall) -> CallResult {
    CallResult { text: format!("original of {}", call.id), is_error: call.id.ends_with('x') }
}

fn with<T>(api: &'static dyn Api, body: &Json, act: impl FnOnce(&Request<'_>) -> T) -> T {
    let text = body.to_string();
    let index = scan(text.as_bytes()).unwrap();
    act(&read(api, &index).unwrap())
}

/// The body after the turn at `turn` was restored; `None` when it wasn't.
fn restored(api: &'static dyn Api, body: &Json, turn: usize, rounds: &[Round]) -> Option<Json> {
    let text = body.to_string();
    let edits = with(api, body, |request| {
        let mut edits = Edits::default();
        restore(request, turn, rounds, &mut retrieve, &mut edits).then_some(edits)
    })?;
    Some(serde_json::from_slice(&edits.apply(text.as_bytes()).unwrap()).unwrap())
}

/// The body with the rounds appended, as it is sent when the provider is asked again.
fn asked_again(api: &'static dyn Api, body: &Json, rounds: &[Round]) -> Json {
    let text = body.to_string();
    let mut edits = Edits::default();
    with(api, body, |request| {
        let all: Vec<_> =
            rounds.iter().map(|round| exchange(api, round, None, &mut retrieve)).collect();
        request.append(&all.join(&b","[..]), &mut edits);
    });
    serde_json::from_slice(&edits.apply(text.as_bytes()).unwrap()).unwrap()
}

fn text(text: &str) -> Json {
    json!({"type": "text", "text": text})
}

fn tool_use(id: &str) -> Json {
    json!({"type": "tool_use", "id": id, "name": "t", "input": {}})
}

fn messages_rounds() -> [Round; 3] {
    let thinking = json!({"type": "thinking", "thinking": "hm", "signature": "s"});
    let (r1, r2) = (tool_use("r1"), tool_use("r2"));
    [
        Round {
            kinds: "tx".to_owned(),
            intercepted: vec![intercepted(2, "r1", &r1)],
            content: format!("{thinking},{},{r1}", text("one")),
            ..Round::default()
        },
        Round {
            intercepted: vec![intercepted(0, "r2", &r2)],
            content: r2.to_string(),
            ..Round::default()
        },
        Round {
            kinds: "xc".to_owned(),
            intercepted: vec![intercepted(1, "r3x", &tool_use("r3x"))],
            ..Round::default()
        },
    ]
}

fn messages_body(turn: &[Json], results: Json) -> Json {
    json!({"messages": [
        {"role": "user", "content": "do"},
        {"content": turn, "role": "assistant"},
        {"role": "user", "content": results}]})
}

#[test]
fn a_turn_of_messages_is_what_the_provider_saw() {
    let rounds = messages_rounds();
    let thinking = json!({"type": "thinking", "thinking": "hm", "signature": "s"});
    let result = json!({"type": "tool_result", "tool_use_id": "c", "content": "r"});
    let turn = [thinking, text("one"), text(""), text("two"), tool_use("c")];
    let body = messages_body(&turn, json!([result]));
    let after = restored(MESSAGES, &body, 1, &rounds).unwrap();
    let first = json!({"messages": [{"role": "user", "content": "do"}]});
    let again = asked_again(MESSAGES, &first, &rounds[..2]);
    let (after, again) =
        (after["messages"].as_array().unwrap(), again["messages"].as_array().unwrap());
    assert_eq!(&after[..again.len()], again);
    assert_eq!(after[again.len()]["content"], json!([text("two"), tool_use("r3x"), tool_use("c")]));
    let error = json!({"type": "tool_result", "tool_use_id": "r3x", "content": "original of r3x", "is_error": true});
    assert_eq!(after[again.len() + 1]["content"], json!([error, result]));
    assert_eq!(after.len(), again.len() + 2);
}

#[test]
fn a_client_may_drop_the_thinking() {
    let rounds = messages_rounds();
    let turn = [text("one"), text("two"), tool_use("c")];
    let after = restored(MESSAGES, &messages_body(&turn, json!([text("r")])), 1, &rounds).unwrap();
    assert_eq!(after["messages"][1]["content"], json!([text("one"), tool_use("r1")]));
    assert_eq!(
        after["messages"][5]["content"],
        json!([text("two"), tool_use("r3x"), tool_use("c")])
    );
}

#[test]
fn a_turn_of_other_parts_stays_as_the_client_sent_it() {
    let rounds = messages_rounds();
    for turn in [
        vec![text("one and two"), tool_use("c")],
        vec![],
        vec![text("one"), tool_use("c"), text("two")],
    ] {
        assert_eq!(restored(MESSAGES, &messages_body(&turn, json!([])), 1, &rounds), None);
    }
    assert_eq!(restored(MESSAGES, &json!({"messages": []}), 1, &rounds), None);
}

#[test]
fn a_text_alone_and_calls_that_nobody_answers() {
    let rounds = [
        Round {
            intercepted: vec![intercepted(0, "r", &tool_use("r"))],
            content: tool_use("r").to_string(),
            ..Round::default()
        },
        Round {
            kinds: "x".to_owned(),
            intercepted: vec![intercepted(1, "q", &tool_use("q"))],
            ..Round::default()
        },
    ];
    let body = json!({"messages": [{"role": "assistant", "content": "done"}, {"role": "user", "content": "next"}]});
    let after = restored(MESSAGES, &body, 0, &rounds).unwrap();
    assert_eq!(after["messages"][2], json!({"role": "assistant", "content": [text("done")]}));
    assert_eq!(after["messages"].as_array().unwrap().len(), 4);
}

fn function(id: &str) -> Json {
    json!({"id": id, "type": "function", "function": {"name": "t", "arguments": "{}"}})
}

#[test]
fn a_turn_of_chat_is_what_the_provider_saw() {
    let said = json!({"role": "assistant", "content": "one ", "tool_calls": [function("r1")]});
    let quiet = json!({"role": "assistant", "content": null, "tool_calls": [function("r2")]});
    let rounds = [
        Round {
            text: 4,
            intercepted: vec![intercepted(0, "r1", &function("r1"))],
            content: said.to_string(),
            ..Round::default()
        },
        Round {
            intercepted: vec![intercepted(0, "r2", &function("r2"))],
            content: quiet.to_string(),
            ..Round::default()
        },
        Round {
            kinds: "cc".to_owned(),
            intercepted: vec![intercepted(1, "r3", &function("r3"))],
            ..Round::default()
        },
    ];
    let first = json!({"messages": [{"role": "user", "content": "do"}]});
    let again = asked_again(CHAT, &first, &rounds[..2]);
    let again = again["messages"].as_array().unwrap();
    for (content, rest) in [
        (json!("one two"), json!("two")),
        (json!("one "), Json::Null),
        (json!([text("one two")]), json!([text("two")])),
    ] {
        let body = json!({"messages": [
            {"role": "user", "content": "do"},
            {"role": "assistant", "content": content, "tool_calls": [function("a"), function("b")]},
            {"role": "tool", "tool_call_id": "a", "content": "x"},
            {"role": "tool", "tool_call_id": "b", "content": "y"}]});
        let after = restored(CHAT, &body, 1, &rounds).unwrap();
        let after = after["messages"].as_array().unwrap();
        assert_eq!(&after[..again.len()], again);
        let turn = &after[again.len()];
        assert_eq!(turn["content"], rest);
        assert_eq!(turn["tool_calls"], json!([function("a"), function("r3"), function("b")]));
        let ids: Vec<_> =
            after[again.len() + 1..].iter().map(|m| m["tool_call_id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["r3", "a", "b"]);
    }
    let other = json!({"messages": [{"role": "assistant", "content": "else", "tool_calls": [function("a"), function("b")]}]});
    assert_eq!(restored(CHAT, &other, 0, &rounds), None);
}

#[test]
fn a_turn_of_responses_is_what_the_provider_saw() {
    let call =
        |id: &str| json!({"type": "function_call", "call_id": id, "name": "t", "arguments": "{}"});
    let said = |text: &str| json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]});
    let reasoning = |id: &str| json!({"type": "reasoning", "id": id, "encrypted_content": "e"});
    let rounds = [
        Round {
            kinds: "tx".to_owned(),
            intercepted: vec![intercepted(2, "r1", &call("r1"))],
            content: format!("{},{},{}", reasoning("a"), said("one"), call("r1")),
            ..Round::default()
        },
        Round {
            kinds: "tc".to_owned(),
            intercepted: vec![intercepted(2, "r2", &call("r2"))],
            ..Round::default()
        },
    ];
    let first = json!({"input": "do"});
    let again = asked_again(RESPONSES, &first, &rounds[..1]);
    let body = json!({"input": [
        {"role": "user", "content": "do"}, reasoning("a"), said("one"), reasoning("b"), call("c"),
        {"type": "function_call_output", "call_id": "c", "output": "x"}]});
    let after = restored(RESPONSES, &body, 1, &rounds).unwrap();
    let (after, again) = (after["input"].as_array().unwrap(), again["input"].as_array().unwrap());
    assert_eq!(&after[..again.len()], again);
    let rest: Vec<_> =
        after[again.len()..].iter().map(|item| item["call_id"].as_str().unwrap_or("-")).collect();
    assert_eq!(rest, ["-", "c", "r2", "r2", "c"]);
}

#[test]
fn only_the_last_result_of_an_exchange_is_marked() {
    let round = Round {
        intercepted: vec![
            intercepted(0, "r1", &tool_use("r1")),
            intercepted(1, "r2", &tool_use("r2")),
        ],
        content: format!("{},{}", tool_use("r1"), tool_use("r2")),
        ..Round::default()
    };
    let mark = br#"{"type":"ephemeral"}"#;
    let list = [b"[", &exchange(MESSAGES, &round, Some(mark), &mut retrieve)[..], b"]"].concat();
    let marked: Json = serde_json::from_slice(&list).unwrap();
    let results = &marked[1]["content"];
    assert_eq!(results[0].get("cache_control"), None);
    assert_eq!(results[1]["cache_control"], json!({"type": "ephemeral"}));
    for api in [CHAT, RESPONSES] {
        let plain = exchange(api, &round, None, &mut retrieve);
        assert_eq!(exchange(api, &round, Some(mark), &mut retrieve), plain);
    }
}

fn function_call(name: &str) -> Json {
    json!({"functionCall": {"name": name, "args": {}}, "thoughtSignature": "s"})
}

fn gemini_rounds() -> [Round; 3] {
    let hidden = function_call("headroom_retrieve");
    [
        Round {
            kinds: "x".to_owned(),
            text: 3,
            intercepted: vec![intercepted(1, "r1", &hidden)],
            content: format!("{},{hidden}", json!({"text": "one"})),
        },
        Round {
            intercepted: vec![intercepted(0, "r2", &hidden)],
            content: hidden.to_string(),
            ..Round::default()
        },
        Round {
            kinds: "xcc".to_owned(),
            text: 3,
            intercepted: vec![intercepted(2, "r3x", &hidden)],
            content: String::new(),
        },
    ]
}

fn gemini_body(turn: &[Json], results: Json) -> Json {
    json!({"contents": [
        {"role": "user", "parts": [{"text": "do"}]},
        {"parts": turn, "role": "model", "more": 1},
        {"role": "user", "parts": results}]})
}

fn gemini_results() -> [Json; 2] {
    ["a", "b"].map(|name| json!({"functionResponse": {"name": name, "response": {"output": "r"}}}))
}

#[test]
fn a_turn_of_gemini_is_what_the_provider_saw() {
    let rounds = gemini_rounds();
    let (a, b) = (function_call("a"), function_call("b"));
    let thought = json!({"text": "hm", "thought": true});
    let [result_a, result_b] = gemini_results();
    // As clients send it back that join texts, and as those that don't and keep thoughts.
    for (turn, last) in [
        (vec![json!({"text": "onetwo", "x": 1})], vec![json!({"text": "two", "x": 1})]),
        (
            vec![
                thought.clone(),
                json!({"text": "o"}),
                json!({"text": "ne"}),
                json!({"text": "two"}),
            ],
            vec![json!({"text": "two"})],
        ),
        (
            vec![
                json!({"text": "one"}),
                thought.clone(),
                json!({"text": "t"}),
                thought.clone(),
                json!({"text": "wo"}),
            ],
            vec![thought.clone(), json!({"text": "t"}), thought, json!({"text": "wo"})],
        ),
    ] {
        let turn = [turn, vec![a.clone(), b.clone()]].concat();
        let body = gemini_body(&turn, json!([result_a, result_b]));
        let after = restored(GEMINI, &body, 1, &rounds).unwrap();
        let first = json!({"contents": [{"role": "user", "parts": [{"text": "do"}]}]});
        let again = asked_again(GEMINI, &first, &rounds[..2]);
        let (after, again) =
            (after["contents"].as_array().unwrap(), again["contents"].as_array().unwrap());
        assert_eq!(&after[..again.len()], again);
        let hidden = function_call("headroom_retrieve");
        let expected = [last, vec![a.clone(), hidden, b.clone()]].concat();
        assert_eq!(after[again.len()], json!({"parts": expected, "role": "model", "more": 1}));
        let error = json!({"functionResponse": {"id": "r3x", "name": "headroom_retrieve", "response": {"error": "original of r3x"}}});
        assert_eq!(after[again.len() + 1]["parts"], json!([result_a, error, result_b]));
        assert_eq!(after.len(), again.len() + 2);
    }
}

#[test]
fn calls_of_gemini_that_nobody_answers_are_left_out() {
    let rounds = gemini_rounds();
    let turn = [json!({"text": "onetwo"}), function_call("a"), function_call("b")];
    let after =
        restored(GEMINI, &gemini_body(&turn, json!([{"text": "stop"}])), 1, &rounds).unwrap();
    let last = after["contents"].as_array().unwrap().len() - 2;
    assert_eq!(
        after["contents"][last]["parts"],
        json!([{"text": "two"}, function_call("a"), function_call("b")])
    );
    // The client saw nothing of a round that broke off.
    let broken = [rounds[0].clone(), Round::default()];
    let after = restored(
        GEMINI,
        &gemini_body(&[json!({"text": "one"})], json!([{"text": "go on"}])),
        1,
        &broken,
    );
    let after = after.unwrap();
    assert_eq!(after["contents"].as_array().unwrap().len(), 4);
    assert_eq!(
        after["contents"][2]["parts"][0]["functionResponse"]["response"]["output"],
        "original of r1"
    );
}

#[test]
fn a_turn_of_gemini_with_other_parts_stays_as_the_client_sent_it() {
    let rounds = gemini_rounds();
    let (a, b) = (function_call("a"), function_call("b"));
    for turn in [
        vec![],
        vec![json!({"text": "on"})],
        vec![json!({"text": "onetwo"}), a.clone()],
        vec![json!({"text": "onetw"}), a.clone(), b.clone()],
        vec![json!({"text": "TWOone"}), a.clone(), b.clone()],
        vec![a, json!({"text": "onetwo"}), b],
        vec![json!({"inlineData": {}})],
    ] {
        assert_eq!(
            restored(GEMINI, &gemini_body(&turn, json!(gemini_results())), 1, &rounds),
            None,
            "{turn:?}"
        );
    }
}
