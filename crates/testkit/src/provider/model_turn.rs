//! The model's turn in the shapes of the four APIs.
//!
//! Sources: Anthropic, "Streaming messages" and "Messages API reference"; OpenAI, "Chat completion
//! chunk object" and "Responses streaming events"; Google, "Gemini API: generating content".

use serde_json::{Value, json};

use super::{Received, Reply, Step};

/// A part of a turn.
#[derive(Debug, Clone, PartialEq)]
pub enum ContentBlock {
    /// Reasoning, which OpenAI's Chat API doesn't return.
    Thinking(String),
    /// A text.
    Text(String),
    /// A call of a tool.
    Call {
        /// Its id.
        id: String,
        /// The tool.
        name: String,
        /// The arguments: JSON, complete or truncated.
        input: String,
    },
}

impl ContentBlock {
    /// A text.
    pub fn text(text: &str) -> Self {
        ContentBlock::Text(text.to_owned())
    }

    /// A call with these arguments.
    pub fn call(id: &str, name: &str, input: &Value) -> Self {
        ContentBlock::Call { id: id.to_owned(), name: name.to_owned(), input: input.to_string() }
    }
}

/// One turn of the model.
#[derive(Debug, Clone)]
pub struct ModelTurn {
    /// The response's id.
    pub id: String,
    /// Its parts, in order.
    pub content: Vec<ContentBlock>,
    /// The API's reason why it ended; by default the one that fits the content.
    pub stop: Option<String>,
    /// The tokens of the request; by default a quarter of its bytes.
    pub input: Option<u64>,
    /// The tokens of the response.
    pub output: u64,
}

impl ModelTurn {
    /// A turn with this id and content.
    pub fn new(id: &str, content: impl Into<Vec<ContentBlock>>) -> Self {
        ModelTurn { id: id.to_owned(), content: content.into(), stop: None, input: None, output: 5 }
    }

    /// The same turn, ended for this reason.
    pub fn stopped(mut self, stop: &str) -> Self {
        self.stop = Some(stop.to_owned());
        self
    }

    /// The same turn, with this usage in tokens.
    pub fn used(mut self, input: u64, output: u64) -> Self {
        (self.input, self.output) = (Some(input), output);
        self
    }

    fn calls(&self) -> bool {
        self.content.iter().any(|block| matches!(block, ContentBlock::Call { .. }))
    }

    /// The response to `request`, in the shape of the provider of its path.
    pub fn reply(&self, request: &Received) -> Reply {
        let body = request.json();
        let stream = body["stream"] == true;
        let input = self.input.unwrap_or((request.body.len() / 4) as u64);
        let model = body["model"].clone();
        let path = request.path.split('?').next().unwrap_or_default();
        let text = match path {
            path if path.ends_with("/count_tokens") => json!({"input_tokens": input}).to_string(),
            // Vertex AI has a path of its own for Anthropic's API.
            path if path.ends_with("/messages") || path.ends_with("awPredict") => match stream {
                true => self.messages_stream(&model, input),
                false => self.messages_body(&model, input).to_string(),
            },
            path if path.ends_with(":generateContent") => {
                self.gemini_response(&self.gemini_parts(), true, input).to_string()
            }
            path if path.ends_with(":streamGenerateContent") => {
                let is_sse = request.path.ends_with("alt=sse");
                return Self::gemini_reply(&self.gemini_stream(input), is_sse);
            }
            path if path.ends_with("/chat/completions") && stream => {
                let usage = body["stream_options"]["include_usage"] == true;
                self.chat_stream(&model, input, usage)
            }
            path if path.ends_with("/chat/completions") => {
                self.chat_body(&model, input).to_string()
            }
            _ if stream => self.responses_stream(&model, input),
            _ => self.response(&model, "completed", &self.items(), Some(input)).to_string(),
        };
        if stream {
            return Reply::events(vec![Step::Send(text.into_bytes())]);
        }
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Reply::Whole { status: 200, headers, body: text.into_bytes() }
    }

    fn messages_usage(input: u64, output: u64) -> Value {
        json!({"input_tokens": input, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
               "output_tokens": output, "service_tier": "standard"})
    }

    fn messages_stop(&self) -> String {
        let usual = if self.calls() { "tool_use" } else { "end_turn" };
        self.stop.clone().unwrap_or_else(|| usual.to_owned())
    }

    fn messages_body(&self, model: &Value, input: u64) -> Value {
        let json_of = |block: &ContentBlock| match block {
            ContentBlock::Thinking(text) => {
                json!({"type": "thinking", "thinking": text, "signature": "c2ln"})
            }
            ContentBlock::Text(text) => json!({"type": "text", "text": text}),
            ContentBlock::Call { id, name, input } => {
                let input: Value = serde_json::from_str(input).unwrap_or_else(|_| json!({}));
                json!({"type": "tool_use", "id": id, "name": name, "input": input})
            }
        };
        let content: Vec<Value> = self.content.iter().map(json_of).collect();
        json!({"id": self.id, "type": "message", "role": "assistant", "model": model, "content": content,
               "stop_reason": self.messages_stop(), "stop_sequence": null,
               "usage": Self::messages_usage(input, self.output)})
    }

    fn messages_stream(&self, model: &Value, input: u64) -> String {
        let usage = Self::messages_usage(input, 1);
        let mut out = event(&json!({"type": "message_start", "message": {
            "id": self.id, "type": "message", "role": "assistant", "model": model, "content": [],
            "stop_reason": null, "stop_sequence": null, "usage": usage}}));
        out += &event(&json!({"type": "ping"}));
        for (index, block) in self.content.iter().enumerate() {
            let (start, deltas) = match block {
                ContentBlock::Thinking(text) => {
                    let mut deltas: Vec<_> = halves(text)
                        .map(|part| json!({"type": "thinking_delta", "thinking": part}))
                        .into();
                    deltas.push(json!({"type": "signature_delta", "signature": "c2ln"}));
                    (json!({"type": "thinking", "thinking": "", "signature": ""}), deltas)
                }
                ContentBlock::Text(text) => {
                    let deltas =
                        halves(text).map(|part| json!({"type": "text_delta", "text": part}));
                    (json!({"type": "text", "text": ""}), deltas.into())
                }
                ContentBlock::Call { id, name, input } => {
                    let mut deltas = vec![json!({"type": "input_json_delta", "partial_json": ""})];
                    deltas.extend(
                        halves(input)
                            .map(|part| json!({"type": "input_json_delta", "partial_json": part})),
                    );
                    (json!({"type": "tool_use", "id": id, "name": name, "input": {}}), deltas)
                }
            };
            out += &event(
                &json!({"type": "content_block_start", "index": index, "content_block": start}),
            );
            for delta in deltas {
                out +=
                    &event(&json!({"type": "content_block_delta", "index": index, "delta": delta}));
            }
            out += &event(&json!({"type": "content_block_stop", "index": index}));
        }
        out += &event(&json!({"type": "message_delta",
            "delta": {"stop_reason": self.messages_stop(), "stop_sequence": null},
            "usage": {"output_tokens": self.output}}));
        out + &event(&json!({"type": "message_stop"}))
    }

    fn chat_stop(&self) -> String {
        let usual = if self.calls() { "tool_calls" } else { "stop" };
        self.stop.clone().unwrap_or_else(|| usual.to_owned())
    }

    fn chat_usage(&self, input: u64) -> Value {
        json!({"prompt_tokens": input, "completion_tokens": self.output, "total_tokens": input + self.output,
               "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0}})
    }

    fn text(&self) -> String {
        self.content
            .iter()
            .filter_map(|block| match block {
                ContentBlock::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }

    fn calls_of(&self) -> impl Iterator<Item = (&String, &String, &String)> {
        self.content.iter().filter_map(|block| match block {
            ContentBlock::Call { id, name, input } => Some((id, name, input)),
            _ => None,
        })
    }

    fn chat_body(&self, model: &Value, input: u64) -> Value {
        let text = self.text();
        let content = if text.is_empty() { Value::Null } else { json!(text) };
        let mut message =
            json!({"role": "assistant", "content": content, "refusal": null, "annotations": []});
        if self.calls() {
            let call = |(id, name, input): (&String, &String, &String)| json!({"id": id, "type": "function", "function": {"name": name, "arguments": input}});
            message["tool_calls"] = self.calls_of().map(call).collect();
        }
        json!({"id": self.id, "object": "chat.completion", "created": 1_760_000_000, "model": model,
               "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": self.chat_stop()}],
               "usage": self.chat_usage(input), "service_tier": "default"})
    }

    fn chat_stream(&self, model: &Value, input: u64, include_usage: bool) -> String {
        let chunk = |choices: Value, usage: Option<Value>| {
            let mut chunk = json!({"id": self.id, "object": "chat.completion.chunk", "created": 1_760_000_000,
                                   "model": model, "service_tier": "default", "choices": choices});
            if include_usage {
                chunk["usage"] = usage.unwrap_or_default();
            }
            format!("data: {chunk}\n\n")
        };
        let choice = |delta: Value, finish: Value| json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]);
        let delta = |delta: Value| chunk(choice(delta, Value::Null), None);
        let mut out = delta(json!({"role": "assistant", "content": "", "refusal": null}));
        for part in halves(&self.text()) {
            out += &delta(json!({"content": part}));
        }
        for (index, (id, name, input)) in self.calls_of().enumerate() {
            out += &delta(json!({"tool_calls": [{"index": index, "id": id, "type": "function",
                                                 "function": {"name": name, "arguments": ""}}]}));
            for part in halves(input) {
                out += &delta(
                    json!({"tool_calls": [{"index": index, "function": {"arguments": part}}]}),
                );
            }
        }
        out += &chunk(choice(json!({}), json!(self.chat_stop())), None);
        if include_usage {
            out += &chunk(json!([]), Some(self.chat_usage(input)));
        }
        out + "data: [DONE]\n\n"
    }

    fn gemini_parts(&self) -> Vec<Value> {
        let part = |block: &ContentBlock| match block {
            ContentBlock::Thinking(text) => json!({"text": text, "thought": true}),
            ContentBlock::Text(text) => json!({"text": text}),
            ContentBlock::Call { id, name, input } => {
                let args: Value = serde_json::from_str(input).unwrap_or_else(|_| json!({}));
                json!({"functionCall": {"id": id, "name": name, "args": args}, "thoughtSignature": "c2ln"})
            }
        };
        self.content.iter().map(part).collect()
    }

    fn gemini_response(&self, parts: &[Value], is_last: bool, input: u64) -> Value {
        let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
        if is_last {
            candidate["finishReason"] = json!(self.stop.as_deref().unwrap_or("STOP"));
        }
        json!({"candidates": [candidate], "usageMetadata": {"promptTokenCount": input,
                   "candidatesTokenCount": self.output, "totalTokenCount": input + self.output},
               "modelVersion": "gemini-2.5-pro", "responseId": self.id})
    }

    fn gemini_stream(&self, input: u64) -> Vec<Value> {
        let mut out = Vec::new();
        for part in self.gemini_parts() {
            match part["text"].as_str() {
                Some(text) => out.extend(halves(text).map(|half| {
                    let mut part = part.clone();
                    part["text"] = json!(half);
                    self.gemini_response(&[part], false, input)
                })),
                None => out.push(self.gemini_response(&[part], false, input)),
            }
        }
        out.push(self.gemini_response(&[json!({"text": ""})], true, input));
        out
    }

    fn gemini_reply(responses: &[Value], is_sse: bool) -> Reply {
        if is_sse {
            let events = responses.iter().map(|response| format!("data: {response}\n\n"));
            return Reply::events(vec![Step::Send(events.collect::<String>().into_bytes())]);
        }
        let elements: Vec<String> = responses.iter().map(Value::to_string).collect();
        let array = format!("[{}\n]\n", elements.join("\n,\r\n"));
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Reply::Steps { headers, steps: vec![Step::Send(array.into_bytes())] }
    }

    fn items(&self) -> Vec<Value> {
        let item = |(number, block): (usize, &ContentBlock)| match block {
            ContentBlock::Thinking(text) => {
                json!({"id": format!("rs_{}_{number}", self.id), "type": "reasoning",
                "summary": [{"type": "summary_text", "text": text}], "encrypted_content": "ZW5j"})
            }
            ContentBlock::Text(text) => {
                json!({"id": format!("msg_{}_{number}", self.id), "type": "message",
                "status": "completed", "role": "assistant",
                "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]})
            }
            ContentBlock::Call { id, name, input } => {
                json!({"id": format!("fc_{}_{number}", self.id),
                "type": "function_call", "status": "completed", "call_id": id, "name": name,
                "arguments": input})
            }
        };
        self.content.iter().enumerate().map(item).collect()
    }

    fn response(&self, model: &Value, status: &str, output: &[Value], input: Option<u64>) -> Value {
        let usage = input.map(|input| {
            json!({"input_tokens": input, "input_tokens_details": {"cached_tokens": 0},
                   "output_tokens": self.output, "output_tokens_details": {"reasoning_tokens": 0},
                   "total_tokens": input + self.output})
        });
        json!({"id": self.id, "object": "response", "created_at": 1_760_000_000, "status": status,
               "error": null, "incomplete_details": null, "instructions": null, "model": model,
               "output": output, "parallel_tool_calls": true, "previous_response_id": null,
               "reasoning": {"effort": null, "summary": null}, "store": false, "temperature": 1.0,
               "text": {"format": {"type": "text"}}, "tool_choice": "auto", "tools": [], "top_p": 1.0,
               "truncation": "disabled", "usage": usage, "metadata": {}})
    }

    /// The events of a stream of the Responses API, as messages of a WebSocket.
    pub(super) fn messages(&self, model: &Value, input: u64) -> Vec<Value> {
        let stream = self.responses_stream(model, self.input.unwrap_or(input));
        let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
        data.filter_map(|data| serde_json::from_str(data).ok()).collect()
    }

    fn responses_stream(&self, model: &Value, input: u64) -> String {
        let mut out = String::new();
        let mut number = 0;
        let mut send = |mut data: Value| {
            data["sequence_number"] = json!(number);
            number += 1;
            out += &event(&data);
        };
        let begun = self.response(model, "in_progress", &[], None);
        send(json!({"type": "response.created", "response": begun}));
        send(json!({"type": "response.in_progress", "response": begun}));
        let items = self.items();
        for (index, (item, block)) in items.iter().zip(&self.content).enumerate() {
            let mut added = item.clone();
            let place = json!({"item_id": item["id"], "output_index": index});
            let mut middle = Vec::new();
            match block {
                ContentBlock::Thinking(_) => added["summary"] = json!([]),
                ContentBlock::Text(text) => {
                    added["status"] = json!("in_progress");
                    added["content"] = json!([]);
                    let part = |text: &str| json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []});
                    let with = |kind: &str, name: &str, value: Value| {
                        let mut event = place.clone();
                        event["type"] = json!(kind);
                        event["content_index"] = json!(0);
                        event[name] = value;
                        event
                    };
                    middle.push(with("response.content_part.added", "part", part("")));
                    for delta in halves(text) {
                        let mut event = with("response.output_text.delta", "delta", json!(delta));
                        event["logprobs"] = json!([]);
                        middle.push(event);
                    }
                    let mut done = with("response.output_text.done", "text", json!(text));
                    done["logprobs"] = json!([]);
                    middle.push(done);
                    middle.push(with("response.content_part.done", "part", part(text)));
                }
                ContentBlock::Call { name, input, .. } => {
                    added["status"] = json!("in_progress");
                    added["arguments"] = json!("");
                    for delta in halves(input) {
                        let mut event = place.clone();
                        event["type"] = json!("response.function_call_arguments.delta");
                        event["delta"] = json!(delta);
                        middle.push(event);
                    }
                    let mut done = place.clone();
                    done["type"] = json!("response.function_call_arguments.done");
                    done["arguments"] = json!(input);
                    done["name"] = json!(name);
                    middle.push(done);
                }
            }
            send(
                json!({"type": "response.output_item.added", "output_index": index, "item": added}),
            );
            middle.into_iter().for_each(&mut send);
            send(json!({"type": "response.output_item.done", "output_index": index, "item": item}));
        }
        let status = self.stop.as_deref().unwrap_or("completed");
        let whole = self.response(model, status, &items, Some(input));
        send(json!({"type": format!("response.{status}"), "response": whole}));
        out
    }
}

fn event(data: &Value) -> String {
    format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap_or_default())
}

/// The two halves of a text, as a stream might split it.
fn halves(text: &str) -> [&str; 2] {
    let middle = text.char_indices().map(|(at, _)| at).nth(text.chars().count() / 2);
    let (first, second) = text.split_at(middle.unwrap_or(0));
    [first, second]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_the_text() {
        for text in ["", "a", "漢字🦀x"] {
            assert_eq!(halves(text).concat(), text);
        }
    }
}
