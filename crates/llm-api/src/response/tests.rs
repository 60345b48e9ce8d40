use super::*;
use crate::api::{APIS, CHAT, GEMINI, MESSAGES, RESPONSES};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

const HIDE: &str = "headroom_retrieve";

fn event(data: &Json) -> String {
    format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap())
}

/// A stream of the Messages API with these blocks.
fn messages_stream(id: &str, blocks: &[Json], stop: &str, output: u64) -> String {
    let usage = json!({"input_tokens": 10, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 7, "output_tokens": 1});
    let mut out = event(
        &json!({"type": "message_start", "message": {"id": id, "type": "message", "content": [], "usage": usage}}),
    );
    out += &event(&json!({"type": "ping"}));
    for (index, block) in blocks.iter().enumerate() {
        let mut start = block.clone();
        let mut deltas = Vec::new();
        match block["type"].as_str().unwrap() {
            "text" => {
                start["text"] = json!("");
                let text: Vec<char> = block["text"].as_str().unwrap().chars().collect();
                for part in text.chunks(3) {
                    deltas.push(
                        json!({"type": "text_delta", "text": part.iter().collect::<String>()}),
                    );
                }
            }
            "thinking" => {
                start = json!({"type": "thinking", "thinking": "", "signature": ""});
                deltas.push(json!({"type": "thinking_delta", "thinking": block["thinking"]}));
                deltas.push(json!({"type": "signature_delta", "signature": block["signature"]}));
            }
            "tool_use" => {
                start["input"] = json!({});
                let input = block.get("cut").map_or_else(
                    || block["input"].to_string(),
                    |cut| cut.as_str().unwrap().to_owned(),
                );
                start.as_object_mut().unwrap().remove("cut");
                let (a, b) = input.split_at(input.len().min(4));
                for part in ["", a, b] {
                    deltas.push(json!({"type": "input_json_delta", "partial_json": part}));
                }
            }
            _ => {}
        }
        out +=
            &event(&json!({"type": "content_block_start", "index": index, "content_block": start}));
        for delta in deltas {
            out += &event(&json!({"type": "content_block_delta", "index": index, "delta": delta}));
        }
        out += &event(&json!({"type": "content_block_stop", "index": index}));
    }
    out += &event(
        &json!({"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": null}, "usage": {"output_tokens": output}}),
    );
    out += &event(&json!({"type": "message_stop"}));
    out
}

fn text(text: &str) -> Json {
    json!({"type": "text", "text": text})
}

fn thinking(text: &str) -> Json {
    json!({"type": "thinking", "thinking": text, "signature": "s=="})
}

fn call(id: &str, name: &str) -> Json {
    json!({"type": "tool_use", "id": id, "name": name, "input": {"hash": "0123456789ab"}})
}

/// The data of a stream's events.
fn data_of(stream: &[u8]) -> Vec<Json> {
    let text = std::str::from_utf8(stream).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("data: "));
    lines.filter(|line| *line != "[DONE]").map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The blocks that a client of the Messages API reads out of a stream; panics at a gap.
fn read_messages(stream: &[u8]) -> Vec<Json> {
    let mut blocks: Vec<Json> = Vec::new();
    for event in data_of(stream) {
        let index = event["index"].as_u64().map(|index| index as usize);
        match event["type"].as_str().unwrap() {
            "content_block_start" => {
                assert_eq!(index, Some(blocks.len()));
                blocks.push(event["content_block"].clone());
                blocks.last_mut().unwrap()["json"] = json!("");
            }
            "content_block_delta" => {
                let block = &mut blocks[index.unwrap()];
                for name in ["text", "thinking", "signature"] {
                    if let Some(part) = event["delta"][name].as_str() {
                        block[name] = json!(block[name].as_str().unwrap().to_owned() + part);
                    }
                }
                if let Some(part) = event["delta"]["partial_json"].as_str() {
                    block["json"] = json!(block["json"].as_str().unwrap().to_owned() + part);
                }
            }
            _ => {}
        }
    }
    for block in &mut blocks {
        let input = block["json"].take();
        block.as_object_mut().unwrap().remove("json");
        if block["type"] == "tool_use" {
            block["input"] = serde_json::from_str(input.as_str().unwrap()).unwrap();
        }
    }
    blocks
}

fn relay(api: &'static dyn Api) -> Relay {
    Relay::new(api, HIDE, false)
}

fn feed(relay: &mut Relay, stream: &str, out: &mut Vec<u8>) {
    relay.push(stream.as_bytes(), out);
    relay.finish(out);
}

#[test]
fn a_response_without_intercepted_calls_is_the_providers() {
    let blocks = [thinking("hm"), text("naïve 漢字 🦀"), call("toolu_1", "Bash")];
    let stream = messages_stream("msg_1", &blocks, "tool_use", 9);
    let mut relay = relay(MESSAGES);
    let mut out = Vec::new();
    feed(&mut relay, &stream, &mut out);
    assert_eq!(out, stream.as_bytes());
    assert_eq!(relay.end(), Some(RoundEnd::Plain));
    assert_eq!(relay.close(CloseReason::AsGiven), b"");
    assert_eq!(relay.ids(), ["toolu_1"]);
    assert_eq!(
        relay.usage(),
        [Usage { input: 10, cache_read: 5, cache_write: 7, output: 9, ..Usage::default() }]
    );
}

#[test]
fn a_call_alone_goes_on_as_one_response() {
    let mut relay = relay(MESSAGES);
    let mut out = Vec::new();
    let first = [thinking("hm"), text("let me look"), call("toolu_r", HIDE)];
    feed(&mut relay, &messages_stream("msg_1", &first, "tool_use", 20), &mut out);
    assert_eq!(relay.end(), Some(RoundEnd::InterceptedOnly));
    let round = &relay.rounds()[0];
    assert_eq!(round.kinds, "tx");
    assert_eq!(round.intercepted[0].input, r#"{"hash":"0123456789ab"}"#);
    let said: Json = serde_json::from_str(&format!("[{}]", round.content)).unwrap();
    assert_eq!(said, json!(first));

    relay.next_round();
    let second = [text("found"), call("toolu_2", "Bash")];
    feed(&mut relay, &messages_stream("msg_2", &second, "tool_use", 30), &mut out);
    assert_eq!(relay.end(), Some(RoundEnd::Plain));
    out.extend(relay.close(CloseReason::AsGiven));
    assert_eq!(
        read_messages(&out),
        [thinking("hm"), text("let me look"), text("found"), call("toolu_2", "Bash")]
    );
    let events = data_of(&out);
    let of = |kind: &str| {
        events.iter().filter(|event| event["type"] == kind).cloned().collect::<Vec<_>>()
    };
    assert_eq!(of("message_start").len(), 1);
    assert_eq!(of("message_start")[0]["message"]["id"], "msg_1");
    assert_eq!(of("message_delta").len(), 1);
    assert_eq!(of("message_delta")[0]["usage"]["output_tokens"], 50);
    assert_eq!(of("message_delta")[0]["delta"]["stop_reason"], "tool_use");
    assert_eq!(of("message_stop").len(), 1);
    assert_eq!(relay.ids(), ["toolu_2"]);
}

#[test]
fn a_call_beside_the_clients_own_is_left_out() {
    for (blocks, kinds) in [
        ([text("a"), call("toolu_r", HIDE), call("toolu_2", "Bash")], 1),
        ([call("toolu_2", "Bash"), text("b"), call("toolu_r", HIDE)], 2),
    ] {
        let mut relay = relay(MESSAGES);
        let mut out = Vec::new();
        feed(&mut relay, &messages_stream("msg_1", &blocks, "tool_use", 5), &mut out);
        assert_eq!(relay.end(), Some(RoundEnd::Mixed));
        assert_eq!(relay.rounds()[0].intercepted[0].at, kinds);
        out.extend(relay.close(CloseReason::AsGiven));
        let visible: Vec<_> =
            blocks.iter().filter(|block| block["name"] != HIDE).cloned().collect();
        assert_eq!(read_messages(&out), visible);
        let last = data_of(&out).pop().unwrap();
        assert_eq!(last["type"], "message_stop");
    }
}

#[test]
fn calls_that_are_cut_off_or_of_an_unfinished_turn_are_dropped() {
    let mut cut = call("toolu_r", HIDE);
    cut["cut"] = json!("{\"ha");
    for (blocks, stop) in [
        ([text("a"), cut.clone()], "max_tokens"),
        ([text("a"), call("toolu_r", HIDE)], "pause_turn"),
        ([text("a"), call("toolu_r", HIDE)], "refusal"),
        ([text("a"), cut], "tool_use"),
    ] {
        let mut relay = relay(MESSAGES);
        let mut out = Vec::new();
        feed(&mut relay, &messages_stream("msg_1", &blocks, stop, 5), &mut out);
        assert_eq!(relay.end(), Some(RoundEnd::Unanswerable), "{stop}");
        assert!(relay.rounds()[0].intercepted.is_empty());
        out.extend(relay.close(CloseReason::TooManyRounds));
        assert_eq!(read_messages(&out), [text("a")]);
        let delta =
            data_of(&out).into_iter().find(|event| event["type"] == "message_delta").unwrap();
        let expected = if stop == "tool_use" { "end_turn" } else { stop };
        assert_eq!(delta["delta"]["stop_reason"], expected);
    }
}

#[test]
fn an_unknown_kind_of_delta_can_not_be_sent_back() {
    let stream = messages_stream("msg_1", &[text("a"), call("toolu_r", HIDE)], "tool_use", 5)
        .replacen("text_delta", "mystery_delta", 1);
    let mut relay = relay(MESSAGES);
    let mut out = Vec::new();
    feed(&mut relay, &stream, &mut out);
    assert_eq!(relay.end(), Some(RoundEnd::Unanswerable));
    assert!(std::str::from_utf8(&out).unwrap().contains("mystery_delta"));
}

#[test]
fn errors_and_unknown_events_pass() {
    let stream = "event: odd\ndata: not json\n\n: comment\n\nevent: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}\n\n";
    for api in APIS {
        let mut relay = relay(api);
        let mut out = Vec::new();
        feed(&mut relay, stream, &mut out);
        assert_eq!(out, stream.as_bytes());
        assert_eq!(relay.end(), None);
    }
}

#[test]
fn a_whole_message_is_joined() {
    let body = |id: &str, said: &[Json], output: u64| {
        json!({"id": id, "type": "message", "content": said, "stop_reason": "tool_use",
               "usage": {"input_tokens": 3, "output_tokens": output}})
        .to_string()
    };
    let plain = body("msg_0", &[text("a")], 4);
    let mut one = relay(MESSAGES);
    one.whole(plain.as_bytes());
    assert_eq!(one.close(CloseReason::AsGiven), plain.as_bytes());

    let mut two = relay(MESSAGES);
    two.whole(body("msg_1", &[text("a"), call("toolu_r", HIDE)], 4).as_bytes());
    assert_eq!(two.end(), Some(RoundEnd::InterceptedOnly));
    two.next_round();
    two.whole(
        body("msg_2", &[text("b"), call("toolu_x", HIDE), call("toolu_2", "Bash")], 5).as_bytes(),
    );
    assert_eq!(two.end(), Some(RoundEnd::Mixed));
    let got: Json = serde_json::from_slice(&two.close(CloseReason::AsGiven)).unwrap();
    assert_eq!(got["id"], "msg_1");
    assert_eq!(got["content"], json!([text("a"), text("b"), call("toolu_2", "Bash")]));
    assert_eq!(got["usage"], json!({"input_tokens": 3, "output_tokens": 9}));
}

/// A stream of the Chat Completions API.
fn chat_stream(
    id: &str,
    said: &str,
    calls: &[(&str, &str, &str)],
    finish: &str,
    output: u64,
) -> String {
    let chunk = |delta: Json, finish: Json| {
        let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish});
        format!(
            "data: {}\n\n",
            json!({"id": id, "object": "chat.completion.chunk", "choices": [choice], "usage": null})
        )
    };
    let mut out = chunk(json!({"role": "assistant", "content": "", "refusal": null}), Json::Null);
    for part in said.split_inclusive(' ') {
        out += &chunk(json!({"content": part}), Json::Null);
    }
    for (index, (id, name, arguments)) in calls.iter().enumerate() {
        let start = json!({"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": ""}});
        out += &chunk(json!({"tool_calls": [start]}), Json::Null);
        let (a, b) = arguments.split_at(arguments.len() / 2);
        for part in [a, b] {
            out += &chunk(
                json!({"tool_calls": [{"index": index, "function": {"arguments": part}}]}),
                Json::Null,
            );
        }
    }
    out += &chunk(json!({}), json!(finish));
    let usage = json!({"prompt_tokens": 11, "completion_tokens": output, "total_tokens": 11 + output, "prompt_tokens_details": {"cached_tokens": 4}});
    out += &format!("data: {}\n\n", json!({"id": id, "choices": [], "usage": usage}));
    out + "data: [DONE]\n\n"
}

/// The text and the calls that a client of the Chat Completions API reads out of a stream.
fn read_chat(stream: &[u8]) -> (String, Vec<(String, String)>) {
    let (mut said, mut calls) = (String::new(), Vec::<(String, String)>::new());
    for chunk in data_of(stream) {
        let delta = &chunk["choices"][0]["delta"];
        said += delta["content"].as_str().unwrap_or_default();
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            let index = call["index"].as_u64().unwrap() as usize;
            if let Some(id) = call["id"].as_str() {
                assert_eq!(index, calls.len());
                calls.push((id.to_owned(), String::new()));
            }
            calls[index].1 += call["function"]["arguments"].as_str().unwrap_or_default();
        }
    }
    (said, calls)
}

#[test]
fn chat_goes_on_as_one_response() {
    let plain = chat_stream("c0", "hello you", &[("call_1", "run", "{\"a\":1}")], "tool_calls", 3);
    let mut one = relay(CHAT);
    let mut out = Vec::new();
    feed(&mut one, &plain, &mut out);
    assert_eq!(out, plain.as_bytes());
    assert_eq!((one.end(), one.ids()), (Some(RoundEnd::Plain), &["call_1".to_owned()][..]));

    let mut two = relay(CHAT);
    let mut out = Vec::new();
    let first =
        chat_stream("c1", "let me look ", &[("call_r", HIDE, "{\"hash\":\"0\"}")], "tool_calls", 3);
    feed(&mut two, &first, &mut out);
    assert_eq!(two.end(), Some(RoundEnd::InterceptedOnly));
    let said: Json = serde_json::from_str(&two.rounds()[0].content).unwrap();
    assert_eq!(
        said,
        json!({"role": "assistant", "content": "let me look ", "tool_calls": [
        {"id": "call_r", "type": "function", "function": {"name": HIDE, "arguments": "{\"hash\":\"0\"}"}}]})
    );
    two.next_round();
    let calls = [("call_x", HIDE, "{}"), ("call_2", "run", "{\"b\":2}")];
    feed(&mut two, &chat_stream("c2", "found it", &calls, "tool_calls", 4), &mut out);
    assert_eq!(two.end(), Some(RoundEnd::Mixed));
    out.extend(two.close(CloseReason::AsGiven));
    assert_eq!(
        read_chat(&out),
        ("let me look found it".to_owned(), vec![("call_2".to_owned(), "{\"b\":2}".to_owned())])
    );
    let chunks = data_of(&out);
    assert!(chunks.iter().all(|chunk| chunk["id"] == "c1"));
    let usage = &chunks.last().unwrap()["usage"];
    assert_eq!(
        (usage["completion_tokens"].as_u64(), usage["total_tokens"].as_u64()),
        (Some(7), Some(18))
    );
    assert!(out.ends_with(b"data: [DONE]\n\n"));
    assert_eq!(
        two.usage()[0],
        Usage { input: 7, cache_read: 4, cache_write: 0, output: 3, ..Usage::default() }
    );
}

#[test]
fn chat_calls_in_one_chunk_and_in_a_first_chunk() {
    let head = json!({"role": "assistant", "content": null, "tool_calls": [
        {"index": 0, "id": "call_r", "type": "function", "function": {"name": HIDE, "arguments": "{}"}},
        {"index": 1, "id": "call_2", "type": "function", "function": {"name": "run", "arguments": "{}"}}]});
    let chunk = |delta: &Json, finish: Json| {
        format!(
            "data: {}\n\n",
            json!({"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
        )
    };
    // This server ends without a last event.
    let stream = chunk(&head, Json::Null) + &chunk(&json!({}), json!("tool_calls"));
    let mut relay = relay(CHAT);
    let mut out = Vec::new();
    feed(&mut relay, &stream, &mut out);
    assert_eq!(relay.end(), Some(RoundEnd::Mixed));
    out.extend(relay.close(CloseReason::AsGiven));
    assert_eq!(read_chat(&out).1, [("call_2".to_owned(), "{}".to_owned())]);
    assert_eq!(data_of(&out)[0]["choices"][0]["delta"]["role"], "assistant");
}

#[test]
fn a_whole_chat_response_is_joined() {
    let body = |id: &str, said: Json, calls: &[(&str, &str)], output: u64| {
        let calls: Vec<_> = calls.iter().map(|(id, name)| json!({"id": id, "type": "function", "function": {"name": name, "arguments": "{}"}})).collect();
        json!({"id": id, "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant", "content": said, "tool_calls": calls}}],
               "usage": {"prompt_tokens": 2, "completion_tokens": output, "total_tokens": 2 + output}}).to_string()
    };
    let mut relay = relay(CHAT);
    relay.whole(body("c1", json!("a "), &[("call_r", HIDE)], 3).as_bytes());
    assert_eq!(relay.end(), Some(RoundEnd::InterceptedOnly));
    relay.next_round();
    relay.whole(body("c2", Json::Null, &[("call_r2", HIDE)], 4).as_bytes());
    assert_eq!(relay.end(), Some(RoundEnd::InterceptedOnly));
    let got: Json = serde_json::from_slice(&relay.close(CloseReason::OutOfTokens)).unwrap();
    assert_eq!(got["id"], "c1");
    assert_eq!(got["choices"][0]["message"], json!({"role": "assistant", "content": "a "}));
    assert_eq!(got["choices"][0]["finish_reason"], "length");
    assert_eq!(got["usage"]["completion_tokens"], 7);
}

/// A stream of the Responses API with these items.
fn responses_stream(id: &str, items: &[Json], output: u64) -> String {
    let mut number = 0;
    let mut out = String::new();
    let mut send = |mut data: Json| {
        data["sequence_number"] = json!(number);
        number += 1;
        out += &event(&data);
    };
    send(
        json!({"type": "response.created", "response": {"id": id, "status": "in_progress", "output": []}}),
    );
    send(
        json!({"type": "response.in_progress", "response": {"id": id, "status": "in_progress", "output": []}}),
    );
    for (index, item) in items.iter().enumerate() {
        send(json!({"type": "response.output_item.added", "output_index": index, "item": item}));
        send(json!({"type": "response.something.delta", "output_index": index, "delta": "x"}));
        send(json!({"type": "response.output_item.done", "output_index": index, "item": item}));
    }
    let usage = json!({"input_tokens": 8, "input_tokens_details": {"cached_tokens": 6}, "output_tokens": output, "total_tokens": 8 + output});
    send(
        json!({"type": "response.completed", "response": {"id": id, "status": "completed", "output": items, "usage": usage}}),
    );
    out
}

fn function(id: &str, name: &str) -> Json {
    json!({"type": "function_call", "call_id": id, "name": name, "arguments": "{\"hash\":\"0\"}"})
}

fn said(text: &str) -> Json {
    json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]})
}

#[test]
fn responses_go_on_as_one_response() {
    let plain = responses_stream("r0", &[said("a"), function("call_1", "run")], 3);
    let mut one = relay(RESPONSES);
    let mut out = Vec::new();
    feed(&mut one, &plain, &mut out);
    assert_eq!(out, plain.as_bytes());
    assert_eq!((one.end(), one.text()), (Some(RoundEnd::Plain), "a"));

    for is_stored in [false, true] {
        let mut two = Relay::new(RESPONSES, HIDE, is_stored);
        let mut out = Vec::new();
        let reasoning = json!({"type": "reasoning", "id": "rs", "summary": []});
        let first = [reasoning.clone(), said("a"), function("call_r", HIDE), said("b")];
        feed(&mut two, &responses_stream("r1", &first, 3), &mut out);
        assert_eq!(two.end(), Some(RoundEnd::InterceptedOnly));
        let sent_back: Json =
            serde_json::from_str(&format!("[{}]", two.rounds()[0].content)).unwrap();
        assert_eq!(sent_back.as_array().unwrap().len(), if is_stored { 4 } else { 3 });
        two.next_round();
        let second = [function("call_x", HIDE), function("call_2", "run")];
        feed(&mut two, &responses_stream("r2", &second, 4), &mut out);
        assert_eq!(two.end(), Some(RoundEnd::Mixed));
        out.extend(two.close(CloseReason::AsGiven));

        let events = data_of(&out);
        for (number, event) in events.iter().enumerate() {
            assert_eq!(event["sequence_number"], number);
        }
        let added = events.iter().filter(|event| event["type"] == "response.output_item.added");
        let items: Vec<_> = added
            .enumerate()
            .map(|(index, event)| {
                assert_eq!(event["output_index"], index);
                event["item"].clone()
            })
            .collect();
        assert_eq!(items, [reasoning, said("a"), said("b"), function("call_2", "run")]);
        let last = &events.last().unwrap()["response"];
        assert_eq!(last["output"], json!(items));
        assert_eq!(last["id"], if is_stored { "r2" } else { "r1" });
        assert_eq!(last["usage"]["output_tokens"], 7);
        assert_eq!(last["usage"]["total_tokens"], 15);
        assert_eq!(events.iter().filter(|event| event["type"] == "response.created").count(), 1);
    }
}

#[test]
fn an_error_ends_a_stream_in_the_apis_shape() {
    let body = br#"{"type":"error","error":{"type":"overloaded_error","message":"busy"}}"#;
    let events = |api| data_of(&relay(api).error_event(body, "x")).remove(0);
    assert_eq!(
        events(MESSAGES),
        json!({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}})
    );
    assert_eq!(events(CHAT), json!({"error": {"type": "overloaded_error", "message": "busy"}}));
    assert_eq!(events(RESPONSES)["message"], "busy");
    let own = data_of(&relay(MESSAGES).error_event(b"<html>\n", "bad \"gateway\"")).remove(0);
    assert_eq!(own["error"]["message"], "bad \"gateway\"");
}

#[test]
fn what_a_round_has_used_is_known_before_it_ends_and_counted_once() {
    let stream = messages_stream("msg_1", &[text("hello")], "end_turn", 9);
    let (begun, whole) = (
        Usage { input: 10, cache_read: 5, cache_write: 7, output: 1, ..Usage::default() },
        Usage { input: 10, cache_read: 5, cache_write: 7, output: 9, ..Usage::default() },
    );
    let head = stream.split_inclusive("\n\n").next().unwrap();
    let mut out = Vec::new();
    let mut relay = relay(MESSAGES);
    assert_eq!(relay.usage_so_far(), []);
    relay.push(head.as_bytes(), &mut out);
    assert_eq!(relay.usage_so_far(), [begun]);
    relay.push(&stream.as_bytes()[head.len()..], &mut out);
    assert_eq!(relay.usage_so_far(), [whole]);
    // A second round, which breaks off.
    relay.next_round();
    assert_eq!(relay.usage_so_far(), [whole]);
    relay.push(head.as_bytes(), &mut out);
    assert_eq!(relay.usage_so_far(), [whole, begun]);
    relay.break_off();
    assert_eq!(relay.usage_so_far(), [whole, begun]);
}

#[test]
fn the_last_event_is_known_in_each_api() {
    for (api, data, is_last) in [
        (MESSAGES, r#"{"type":"message_stop"}"#, true),
        (MESSAGES, r#"{"type":"message_delta"}"#, false),
        (MESSAGES, r#"{"type":"content_block_delta","text":"message_stop"}"#, false),
        (RESPONSES, r#"{"type":"response.completed","response":{}}"#, true),
        (RESPONSES, r#"{"type": "response.failed"}"#, true),
        (RESPONSES, r#"{"type":"response.output_text.delta","delta":"response.failed"}"#, false),
        (CHAT, " [DONE]", true),
        (CHAT, r#"{"choices":[{"finish_reason":"stop"}]}"#, false),
        (MESSAGES, "message_stop", false),
    ] {
        assert_eq!(api.is_last_event(data.as_bytes()), is_last, "{data}");
    }
}

#[test]
fn usage_is_read_wherever_it_stands() {
    let read = |api: &dyn Api, json: Json| api.usage(json.to_string().as_bytes());
    let start = json!({"type": "message_start", "message": {"usage": {"input_tokens": 3, "output_tokens": 1}}});
    assert_eq!(read(MESSAGES, start).unwrap().input, 3);
    let done = json!({"response": {"usage": {"input_tokens": 9, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 2}}});
    assert_eq!(
        read(RESPONSES, done),
        Some(Usage { input: 5, cache_read: 4, cache_write: 0, output: 2, ..Usage::default() })
    );
    assert_eq!(read(CHAT, json!({"usage": null})), None);
}

proptest! {
    #[test]
    fn where_a_stream_is_cut_makes_no_difference(at in prop::collection::vec(0usize..6000, 0..60), api in 0..3) {
        let (api, first, second) = match api {
            0 => (
                MESSAGES,
                messages_stream("m1", &[thinking("漢"), text("naïve 🦀"), call("toolu_r", HIDE), text("x")], "tool_use", 5),
                messages_stream("m2", &[text("漢字"), call("toolu_2", "Bash"), call("toolu_3", HIDE)], "tool_use", 5),
            ),
            1 => (
                CHAT,
                chat_stream("c1", "naïve 🦀 ", &[("call_r", HIDE, "{\"hash\":\"漢\"}")], "tool_calls", 3),
                chat_stream("c2", "漢字", &[("call_2", "run", "{}"), ("call_x", HIDE, "{}")], "tool_calls", 3),
            ),
            _ => (
                RESPONSES,
                responses_stream("r1", &[said("naïve 🦀"), function("call_r", HIDE)], 3),
                responses_stream("r2", &[said("漢字"), function("call_2", "run")], 3),
            ),
        };
        let run = |cuts: &[usize]| {
            let mut relay = relay(api);
            let mut out = Vec::new();
            for stream in [&first, &second] {
                if !relay.rounds().is_empty() {
                    relay.next_round();
                }
                let mut from = 0;
                for &to in cuts.iter().chain([&stream.len()]) {
                    let to = to.clamp(from, stream.len());
                    relay.push(&stream.as_bytes()[from..to], &mut out);
                    from = to;
                }
                relay.finish(&mut out);
            }
            out.extend(relay.close(CloseReason::AsGiven));
            (out, relay.rounds().to_vec())
        };
        let mut at = at;
        at.sort_unstable();
        prop_assert_eq!(run(&at), run(&[]));
    }
}

#[test]
fn over_a_websocket_each_event_is_a_message() {
    let rounds = [
        responses_stream("r1", &[said("naïve 🦀"), function("call_r", HIDE)], 3),
        responses_stream("r2", &[said("漢字"), function("call_2", "run")], 3),
    ];
    let (mut streamed, mut messages) = (relay(RESPONSES), relay(RESPONSES));
    let (mut out, mut sent) = (Vec::new(), Vec::new());
    for round in &rounds {
        if !streamed.rounds().is_empty() {
            streamed.next_round();
            messages.next_round();
        }
        streamed.push(round.as_bytes(), &mut out);
        for event in data_of(round.as_bytes()) {
            sent.extend(messages.message(event.to_string().as_bytes()));
        }
    }
    out.extend(streamed.close(CloseReason::OutOfTokens));
    sent.push(messages.close(CloseReason::OutOfTokens));
    let sent: Vec<Json> =
        sent.iter().map(|message| serde_json::from_slice(message).unwrap()).collect();
    assert_eq!(sent, data_of(&out));
    assert_eq!(messages.rounds(), streamed.rounds());
    assert_eq!(sent.last().unwrap()["response"]["id"], "r1");
}

/// A response of the Gemini API with these parts; `finish`: its reason, if it is the last.
fn gemini_response(id: &str, parts: &[Json], finish: Option<&str>, output: u64) -> Json {
    let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
    if let Some(finish) = finish {
        candidate["finishReason"] = json!(finish);
    }
    json!({"candidates": [candidate], "usageMetadata": {"promptTokenCount": 20, "cachedContentTokenCount": 8,
        "candidatesTokenCount": output, "thoughtsTokenCount": 3, "totalTokenCount": 23 + output},
        "modelVersion": "g", "responseId": id})
}

/// A stream of the Gemini API with one part in each event, in either framing.
fn gemini_stream(id: &str, parts: &[Json], finish: &str, output: u64, framing: Framing) -> String {
    let count = parts.len();
    let events = parts.iter().enumerate().map(|(at, part)| {
        let finish = (at + 1 == count).then_some(finish);
        gemini_response(id, std::slice::from_ref(part), finish, output).to_string()
    });
    match framing {
        Framing::Events => events.map(|event| format!("data: {event}\r\n\r\n")).collect(),
        Framing::JsonArray => format!("[{}\n]\n", events.collect::<Vec<_>>().join("\n,\r\n")),
        Framing::Messages => panic!("Gemini has none"),
    }
}

/// The responses that a client of the Gemini API reads out of a stream.
fn read_gemini(stream: &[u8], framing: Framing) -> Vec<Json> {
    match framing {
        Framing::Events => data_of(stream),
        Framing::JsonArray => serde_json::from_slice(stream)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(stream))),
        Framing::Messages => panic!("Gemini has none"),
    }
}

fn parts_of(events: &[Json]) -> Vec<Json> {
    let parts = events.iter().filter_map(|e| e["candidates"][0]["content"]["parts"].as_array());
    parts.flatten().filter(|part| **part != json!({"text": ""})).cloned().collect()
}

fn function_call(id: &str, name: &str) -> Json {
    let mut call = json!({"functionCall": {"name": name, "args": {"hash": "0123456789ab"}}, "thoughtSignature": "s=="});
    if !id.is_empty() {
        call["functionCall"]["id"] = json!(id);
    }
    call
}

const FRAMINGS: [Framing; 2] = [Framing::Events, Framing::JsonArray];

#[test]
fn a_stream_of_gemini_without_intercepted_calls_is_the_providers() {
    let thought = json!({"text": "hm", "thought": true});
    let parts =
        [thought, json!({"text": "naïve "}), json!({"text": "漢字 🦀"}), function_call("c", "run")];
    for framing in FRAMINGS {
        let stream = gemini_stream("r1", &parts, "STOP", 9, framing);
        let mut relay = relay(GEMINI).framed(framing);
        let mut out = Vec::new();
        for byte in stream.as_bytes() {
            relay.push(&[*byte], &mut out);
        }
        relay.finish(&mut out);
        assert_eq!(relay.end(), Some(RoundEnd::Plain));
        out.extend(relay.close(CloseReason::AsGiven));
        assert_eq!(out, stream.as_bytes(), "{framing:?}");
        assert_eq!((relay.ids(), relay.text()), (&["c".to_owned()][..], "naïve 漢字 🦀"));
        assert_eq!(
            relay.usage(),
            [Usage { input: 12, cache_read: 8, output: 12, ..Usage::default() }]
        );
        let data: Vec<_> = read_gemini(&out, framing).iter().map(Json::to_string).collect();
        assert!(
            GEMINI.is_last_event(data[3].as_bytes()) && !GEMINI.is_last_event(data[2].as_bytes())
        );
        let whole = format!("[{}]", data.join(","));
        assert_eq!(GEMINI.usage(whole.as_bytes()), Some(relay.usage()[0]));
    }
}

#[test]
fn gemini_goes_on_as_one_response() {
    for framing in FRAMINGS {
        // The call may come first, so that the client's array begins in a later round.
        for first in [
            vec![json!({"text": "let me"}), json!({"text": " look"}), function_call("", HIDE)],
            vec![function_call("", HIDE)],
        ] {
            let mut relay = relay(GEMINI).framed(framing);
            let mut out = Vec::new();
            feed(&mut relay, &gemini_stream("r1", &first, "STOP", 20, framing), &mut out);
            assert_eq!(relay.end(), Some(RoundEnd::InterceptedOnly));
            let round = &relay.rounds()[0];
            assert_eq!(round.intercepted[0].raw, function_call("", HIDE).to_string());
            assert_eq!(round.intercepted[0].input, r#"{"hash":"0123456789ab"}"#);
            let said: Vec<Json> = serde_json::from_str(&format!("[{}]", round.content)).unwrap();
            assert_eq!(said.last(), Some(&function_call("", HIDE)));
            assert_eq!(said.len() == 2, first.len() == 3);

            relay.next_round();
            let second = [json!({"text": "found"}), function_call("", "run")];
            feed(&mut relay, &gemini_stream("r2", &second, "STOP", 30, framing), &mut out);
            assert_eq!(relay.end(), Some(RoundEnd::Plain));
            out.extend(relay.close(CloseReason::AsGiven));
            let events = read_gemini(&out, framing);
            let mut seen = first.clone();
            seen.pop();
            seen.extend(second);
            assert_eq!(parts_of(&events), seen);
            assert!(events.iter().all(|event| event["responseId"] == "r1"));
            let usage = json!({"promptTokenCount": 20, "cachedContentTokenCount": 8,
                "candidatesTokenCount": 50, "thoughtsTokenCount": 6, "totalTokenCount": 76});
            assert_eq!(events.last().unwrap()["usageMetadata"], usage);
            let finished =
                events.iter().filter(|event| event["candidates"][0]["finishReason"].is_string());
            assert_eq!(finished.count(), 1);
            assert_eq!(relay.ids().len(), 1);
        }
    }
}

#[test]
fn a_gemini_call_beside_the_clients_own_is_left_out() {
    for framing in FRAMINGS {
        for (parts, at) in [
            (vec![json!({"text": "a"}), function_call("r", HIDE), function_call("c", "run")], 1),
            (vec![function_call("c", "run"), function_call("r", HIDE)], 1),
            (vec![function_call("r", HIDE), function_call("c", "run")], 0),
        ] {
            let mut relay = relay(GEMINI).framed(framing);
            let mut out = Vec::new();
            feed(&mut relay, &gemini_stream("r1", &parts, "STOP", 20, framing), &mut out);
            assert_eq!(relay.end(), Some(RoundEnd::Mixed));
            assert_eq!(relay.rounds()[0].intercepted[0].at, at);
            out.extend(relay.close(CloseReason::AsGiven));
            let seen: Vec<_> =
                parts.iter().filter(|p| p["functionCall"]["name"] != HIDE).cloned().collect();
            let events = read_gemini(&out, framing);
            assert_eq!(parts_of(&events), seen);
            assert_eq!(events.last().unwrap()["candidates"][0]["finishReason"], "STOP");
        }
    }
}

#[test]
fn a_gemini_response_that_is_cut_off_is_not_answered() {
    for finish in ["MAX_TOKENS", "SAFETY", "MALFORMED_FUNCTION_CALL"] {
        let parts = [json!({"text": "a"}), function_call("r", HIDE)];
        let mut relay = relay(GEMINI);
        let mut out = Vec::new();
        feed(&mut relay, &gemini_stream("r1", &parts, finish, 5, Framing::Events), &mut out);
        assert_eq!(relay.end(), Some(RoundEnd::Unanswerable), "{finish}");
        out.extend(relay.close(CloseReason::TooManyRounds));
        let events = data_of(&out);
        assert_eq!(parts_of(&events), [json!({"text": "a"})]);
        assert_eq!(events.last().unwrap()["candidates"][0]["finishReason"], finish);
    }
}

#[test]
fn a_whole_gemini_response_is_joined() {
    let plain = gemini_response("r0", &[json!({"text": "a"})], Some("STOP"), 4).to_string();
    let mut one = relay(GEMINI);
    one.whole(plain.as_bytes());
    assert_eq!(one.close(CloseReason::AsGiven), plain.as_bytes());

    let mut two = relay(GEMINI);
    let first = [json!({"text": "a"}), function_call("", HIDE)];
    two.whole(gemini_response("r1", &first, Some("STOP"), 4).to_string().as_bytes());
    assert_eq!(two.end(), Some(RoundEnd::InterceptedOnly));
    two.next_round();
    let second = [json!({"text": "b"}), function_call("", HIDE), function_call("", "run")];
    two.whole(gemini_response("r2", &second, Some("STOP"), 5).to_string().as_bytes());
    assert_eq!(two.end(), Some(RoundEnd::Mixed));
    let ids: Vec<_> = two.rounds().iter().flat_map(|r| &r.intercepted).map(|c| &c.id).collect();
    assert_ne!(ids[0], ids[1]);
    let got: Json = serde_json::from_slice(&two.close(CloseReason::OutOfTokens)).unwrap();
    assert_eq!(got["responseId"], "r1");
    assert_eq!(
        got["candidates"][0]["content"]["parts"],
        json!([{"text": "a"}, {"text": "b"}, function_call("", "run")])
    );
    assert_eq!(got["candidates"][0]["finishReason"], "MAX_TOKENS");
    assert_eq!(got["usageMetadata"]["candidatesTokenCount"], 9);
}

#[test]
fn errors_of_gemini_come_in_the_framing_of_the_stream() {
    let mut relay = relay(GEMINI).framed(Framing::JsonArray);
    let body = br#"{"error": {"code": 429, "message": "m", "status": "RESOURCE_EXHAUSTED"}}"#;
    let alone: Json = serde_json::from_slice(&relay.error_event(body, "x")).unwrap();
    assert_eq!(alone[0]["error"]["code"], 429);
    let mut out = Vec::new();
    let stream = gemini_stream(
        "r1",
        &[json!({"text": "a"}), json!({"text": "b"})],
        "STOP",
        5,
        Framing::JsonArray,
    );
    relay.push(&stream.as_bytes()[..stream.len() / 2], &mut out);
    out.extend(relay.error_event(b"", "gone"));
    let got: Json = serde_json::from_slice(&out).unwrap();
    assert_eq!(got[1]["error"]["message"], "gone");
    assert!(
        GEMINI
            .rewriter(HIDE, false)
            .error_event(body, "x")
            .starts_with(b"data: {\"error\":{\"code\":")
    );
}
