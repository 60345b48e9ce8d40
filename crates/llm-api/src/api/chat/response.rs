//! Responses of the Chat Completions API: one message, whose text and calls come in deltas.

use json_index::{Kind, Value, scan};

use crate::response::{
    CloseReason, FinishedRound, InterceptedCall, ResponseRewriter, Round, Usage, at, edited,
    error_object, number, set, set_number,
};
use crate::splice::{Edits, quote};
use crate::sse::Event;

#[derive(Debug)]
pub(super) struct Rewriter {
    tool: &'static str,
    /// The id of the first round's response, as JSON.
    id: Option<Vec<u8>>,
    first: Option<Usage>,
    usage: Usage,
    output_before: u64,
    /// The text that the client saw in the rounds before this one.
    text_before: String,
    text: String,
    reasoning: String,
    calls: Vec<Building>,
    finish_reason: String,
    /// The chunks from the last one on, or the whole body.
    held: Vec<Event>,
    body: Option<Vec<u8>>,
    has_intercepted: bool,
    is_next: bool,
    is_over: bool,
}

/// A call that is being streamed.
#[derive(Debug)]
struct Building {
    index: u64,
    is_intercepted: bool,
    start: Vec<u8>,
    id: String,
    arguments: String,
}

impl Rewriter {
    pub(super) fn new(tool: &'static str) -> Self {
        Rewriter {
            tool,
            id: None,
            first: None,
            usage: Usage::default(),
            output_before: 0,
            text_before: String::new(),
            text: String::new(),
            reasoning: String::new(),
            calls: Vec::new(),
            finish_reason: String::new(),
            held: Vec::new(),
            body: None,
            has_intercepted: false,
            is_next: false,
            is_over: false,
        }
    }

    fn read_head(&mut self, root: Value<'_>) {
        if self.id.is_none() {
            self.id = root.get("id").map(|id| id.raw().to_vec());
        }
        if let Some(usage) = root.get("usage").filter(|usage| usage.kind() == Kind::Object) {
            self.usage = read_usage(usage);
        }
    }

    /// Reads a delta, and removes intercepted calls from it. True when nothing is left that the client
    /// needs.
    fn delta(&mut self, delta: Value<'_>, edits: &mut Edits) -> bool {
        let content = delta.get("content").and_then(Value::text).unwrap_or_default();
        self.text.push_str(&content);
        for name in ["reasoning_content", "reasoning"] {
            self.reasoning.push_str(&delta.get(name).and_then(Value::text).unwrap_or_default());
        }
        let mut kept = Vec::new();
        let mut dropped = false;
        for call in delta.get("tool_calls").into_iter().flat_map(Value::items) {
            match self.call(call) {
                Some(raw) => kept.push(raw),
                None => dropped = true,
            }
        }
        let is_role_again = self.is_next && delta.get("role").is_some();
        if let Some(calls) = delta.get("tool_calls").filter(|_| dropped || self.has_intercepted) {
            if kept.is_empty() {
                remove_member(delta, "tool_calls", edits);
            } else {
                edits.replace(calls.range(), [b"[", &kept.join(&b","[..])[..], b"]"].concat());
            }
        }
        let says = |member: Value<'_>| !member.is_null() && member.raw() != b"\"\"";
        let other = delta.members().any(|(key, member)| {
            !["role", "content", "tool_calls"].iter().any(|name| key.is(name)) && says(member)
        });
        let nothing = content.is_empty() && kept.is_empty() && !other;
        nothing && (is_role_again || (dropped && delta.get("role").is_none()))
    }

    /// Reads a part of a call; what the client is to see of it, none where it is intercepted.
    fn call(&mut self, value: Value<'_>) -> Option<Vec<u8>> {
        let index = number(value, &["index"]);
        let arguments =
            at(value, &["function", "arguments"]).and_then(Value::text).unwrap_or_default();
        let at_index = self.calls.iter().position(|call| call.index == index);
        let place = at_index.unwrap_or_else(|| {
            let is_intercepted =
                at(value, &["function", "name"]).is_some_and(|name| name.is(self.tool));
            self.has_intercepted |= is_intercepted;
            self.calls.push(Building {
                index,
                is_intercepted,
                start: value.raw().to_vec(),
                id: value.get("id").and_then(Value::text).unwrap_or_default().into_owned(),
                arguments: String::new(),
            });
            self.calls.len() - 1
        });
        self.calls[place].arguments.push_str(&arguments);
        if self.calls[place].is_intercepted {
            return None;
        }
        let shown_as =
            self.calls[..place].iter().filter(|call| !call.is_intercepted).count() as u64;
        Some(edited(value.raw(), |call, edits| {
            if shown_as != index {
                set_number(call, &["index"], shown_as, edits);
            }
        }))
    }

    fn hold_or_show(&mut self, event: Event, out: &mut Vec<u8>) {
        if self.is_next || self.has_intercepted {
            self.held.push(event);
        } else {
            out.extend_from_slice(&event.raw);
        }
    }

    fn settle(
        &mut self,
        calls: Vec<(bool, String, String, Vec<u8>)>,
        message: Vec<u8>,
    ) -> FinishedRound {
        self.first.get_or_insert(self.usage);
        let mut round = Round {
            text: self.text.len(),
            content: String::from_utf8_lossy(&message).into_owned(),
            ..Round::default()
        };
        let mut ids = Vec::new();
        let mut answerable = !matches!(self.finish_reason.as_str(), "length" | "content_filter");
        for (is_intercepted, id, input, raw) in calls {
            if is_intercepted {
                answerable &= scan(input.as_bytes()).is_ok();
                let raw = String::from_utf8_lossy(&raw).into_owned();
                round.intercepted.push(InterceptedCall {
                    at: round.kinds.len(),
                    id,
                    input,
                    raw,
                    result: None,
                });
            } else {
                round.kinds.push('c');
                ids.push(id);
            }
        }
        let answerable = answerable || !self.has_intercepted;
        FinishedRound { round, usage: self.usage, ids, text: self.text.clone(), answerable }
    }

    fn rewrite_body(&self, root: Value<'_>, reason: CloseReason, edits: &mut Edits) {
        self.rewrite_end(root, reason, edits);
        if let (true, Some(id), Some(first)) = (self.is_next, root.get("id"), &self.id) {
            edits.replace(id.range(), first.clone());
        }
        let choice = root.get("choices").and_then(|choices| choices.items().next());
        let Some(message) = choice.and_then(|choice| choice.get("message")) else { return };
        if !self.text_before.is_empty() {
            let text = quote(&(self.text_before.clone() + &self.text));
            set(message, "content", &text, edits);
        }
        let is_intercepted = |call: &Value<'_>| {
            at(*call, &["function", "name"]).is_some_and(|name| name.is(self.tool))
        };
        let kept: Vec<_> =
            calls_of(Some(message)).filter(|call| !is_intercepted(call)).map(Value::raw).collect();
        match message.get("tool_calls").filter(|_| self.has_intercepted) {
            Some(_) if kept.is_empty() => remove_member(message, "tool_calls", edits),
            Some(calls) => {
                edits.replace(calls.range(), [b"[", &kept.join(&b","[..])[..], b"]"].concat())
            }
            None => {}
        }
    }

    fn rewrite_end(&self, root: Value<'_>, reason: CloseReason, edits: &mut Edits) {
        if let (true, Some(usage), Some(first)) = (self.is_next, root.get("usage"), self.first) {
            let (input, output) = (prompt(first), self.output_before + self.usage.output);
            set_number(usage, &["prompt_tokens"], input, edits);
            set_number(usage, &["prompt_tokens_details", "cached_tokens"], first.cache_read, edits);
            set_number(usage, &["completion_tokens"], output, edits);
            set_number(usage, &["total_tokens"], input + output, edits);
        }
        let choice = root.get("choices").and_then(|choices| choices.items().next());
        let finish = choice.and_then(|choice| choice.get("finish_reason"));
        let instead: &[u8] = match reason {
            CloseReason::AsGiven => return,
            CloseReason::TooManyRounds => b"\"stop\"",
            CloseReason::OutOfTokens => b"\"length\"",
        };
        if let Some(finish) = finish.filter(|finish| finish.is("tool_calls")) {
            edits.replace(finish.range(), instead);
        }
    }
}

impl ResponseRewriter for Rewriter {
    fn event(&mut self, event: Event, out: &mut Vec<u8>) -> Option<FinishedRound> {
        let data = event.data();
        if is_done(&data) {
            self.hold_or_show(event.clone(), out);
            return self.finish();
        }
        let index = scan(&data).ok();
        let root = index.as_ref().map(|index| index.root());
        let Some(root) = root.filter(|root| root.get("choices").is_some()) else {
            out.extend_from_slice(&event.raw);
            return None;
        };
        self.read_head(root);
        let choice = root.get("choices").and_then(|choices| choices.items().next());
        let reason = choice.and_then(|choice| choice.get("finish_reason")).and_then(Value::text);
        let mut edits = Edits::default();
        let is_empty = match choice.and_then(|choice| choice.get("delta")) {
            Some(delta) => self.delta(delta, &mut edits),
            None => false,
        };
        if let Some(reason) = &reason {
            self.finish_reason = reason.to_string();
        }
        let is_last = reason.is_some() || choice.is_none() || !self.finish_reason.is_empty();
        if is_empty && !is_last {
            return None;
        }
        if let (true, Some(id), Some(given)) = (self.is_next, &self.id, root.get("id")) {
            edits.replace(given.range(), id.clone());
        }
        let event = if edits.is_empty() {
            event.clone()
        } else {
            event.with_data(&edits.apply(&data).unwrap_or_else(|_| data.to_vec()))
        };
        if is_last {
            self.hold_or_show(event, out);
        } else {
            out.extend(event.raw);
        }
        None
    }

    fn finish(&mut self) -> Option<FinishedRound> {
        if self.is_over || self.finish_reason.is_empty() {
            return None;
        }
        self.is_over = true;
        let calls: Vec<_> = self.calls.iter().map(Building::said).collect();
        let reasoning = (!self.reasoning.is_empty()).then(|| quote(&self.reasoning));
        let message = message(&self.text, &calls, reasoning);
        Some(self.settle(calls, message))
    }

    fn whole(&mut self, body: &[u8]) -> FinishedRound {
        self.body = Some(body.to_vec());
        let Ok(index) = scan(body) else {
            return FinishedRound { answerable: true, ..FinishedRound::default() };
        };
        let root = index.root();
        self.read_head(root);
        let choice = root.get("choices").and_then(|choices| choices.items().next());
        let message = choice.and_then(|choice| choice.get("message"));
        let reason = choice.and_then(|choice| choice.get("finish_reason")).and_then(Value::text);
        self.finish_reason = reason.unwrap_or_default().into_owned();
        let text = message.and_then(|message| message.get("content")).and_then(Value::text);
        self.text = text.unwrap_or_default().into_owned();
        let mut calls = Vec::new();
        for call in calls_of(message) {
            let field = |path: &[&str]| {
                at(call, path).and_then(Value::text).unwrap_or_default().into_owned()
            };
            let is_intercepted =
                at(call, &["function", "name"]).is_some_and(|name| name.is(self.tool));
            self.has_intercepted |= is_intercepted;
            calls.push((
                is_intercepted,
                field(&["id"]),
                field(&["function", "arguments"]),
                call.raw().to_vec(),
            ));
        }
        let raw = message.map_or_else(Vec::new, |message| message.raw().to_vec());
        self.settle(calls, raw)
    }

    fn is_unseen(&self) -> bool {
        self.text.is_empty()
            && self.reasoning.is_empty()
            && self.calls.iter().all(|call| call.is_intercepted)
    }

    fn seen_so_far(&mut self) -> FinishedRound {
        let whole =
            |call: &&Building| !call.is_intercepted && scan(call.arguments.as_bytes()).is_ok();
        let calls: Vec<_> = self.calls.iter().filter(whole).map(Building::said).collect();
        if calls.is_empty() && self.text.is_empty() {
            return FinishedRound {
                usage: self.usage,
                answerable: true,
                ..FinishedRound::default()
            };
        }
        self.has_intercepted = false;
        let message = message(&self.text, &calls, None);
        self.settle(calls, message)
    }

    fn usage(&self) -> Usage {
        self.usage
    }

    fn next_round(&mut self) {
        self.output_before += self.usage.output;
        self.usage = Usage::default();
        self.text_before.push_str(&std::mem::take(&mut self.text));
        self.reasoning.clear();
        self.calls.clear();
        self.finish_reason.clear();
        self.held.clear();
        self.body = None;
        self.has_intercepted = false;
        self.is_next = true;
        self.is_over = false;
    }

    fn close(&mut self, reason: CloseReason) -> Vec<u8> {
        if let Some(body) = self.body.take() {
            if !self.is_next && !self.has_intercepted {
                return body;
            }
            return edited(&body, |root, edits| self.rewrite_body(root, reason, edits));
        }
        let mut out = Vec::new();
        for event in std::mem::take(&mut self.held) {
            let data = event.data();
            if scan(&data).is_err() {
                out.extend(event.raw);
                continue;
            }
            let data = edited(&data, |root, edits| self.rewrite_end(root, reason, edits));
            out.extend(event.with_data(&data).raw);
        }
        out
    }

    fn error_event(&self, body: &[u8], message: &str) -> Vec<u8> {
        let own = [br#"{"type":"server_error","message":"#, &quote(message)[..], b"}"].concat();
        [&b"data: {\"error\":"[..], &error_object(body, own), b"}\n\n"].concat()
    }
}

impl Building {
    /// Whether the call is intercepted, its id, its arguments, and the whole call.
    fn said(&self) -> (bool, String, String, Vec<u8>) {
        (self.is_intercepted, self.id.clone(), self.arguments.clone(), self.whole())
    }

    /// The call as a request has it.
    fn whole(&self) -> Vec<u8> {
        edited(&self.start, |call, edits| {
            remove_member(call, "index", edits);
            if let Some(arguments) = at(call, &["function", "arguments"]) {
                edits.replace(arguments.range(), quote(&self.arguments));
            } else if let Some(function) = call.get("function") {
                set(function, "arguments", &quote(&self.arguments), edits);
            }
        })
    }
}

/// The assistant's message as a request has it.
fn message(
    text: &str,
    calls: &[(bool, String, String, Vec<u8>)],
    reasoning: Option<Vec<u8>>,
) -> Vec<u8> {
    let content = if text.is_empty() { b"null".to_vec() } else { quote(text) };
    let mut out = [&br#"{"role":"assistant","content":"#[..], &content].concat();
    if let Some(reasoning) = reasoning {
        out.extend_from_slice(&[&br#","reasoning_content":"#[..], &reasoning].concat());
    }
    if !calls.is_empty() {
        let calls: Vec<_> = calls.iter().map(|(_, _, _, raw)| &raw[..]).collect();
        out.extend_from_slice(&[&br#","tool_calls":["#[..], &calls.join(&b","[..]), b"]"].concat());
    }
    out.push(b'}');
    out
}

fn calls_of(message: Option<Value<'_>>) -> impl Iterator<Item = Value<'_>> {
    message.and_then(|message| message.get("tool_calls")).into_iter().flat_map(Value::items)
}

/// Removes a member with the comma that parts it from its neighbour.
fn remove_member(object: Value<'_>, name: &str, edits: &mut Edits) {
    let members: Vec<_> = object.members().collect();
    let Some(place) = members.iter().position(|(key, _)| key.is(name)) else { return };
    let (key, value) = members[place];
    let range = match (place.checked_sub(1), members.get(place + 1)) {
        (_, Some((next, _))) => key.range().start..next.range().start,
        (Some(before), None) => members[before].1.range().end..value.range().end,
        (None, None) => key.range().start..value.range().end,
    };
    edits.remove(range);
}

/// The tokens of a request as this API counts them: cached ones included.
fn prompt(usage: Usage) -> u64 {
    usage.input + usage.cache_read
}

pub(super) fn read_usage(usage: Value<'_>) -> Usage {
    let cached = number(usage, &["prompt_tokens_details", "cached_tokens"]);
    Usage {
        input: number(usage, &["prompt_tokens"]).saturating_sub(cached),
        cache_read: cached,
        output: number(usage, &["completion_tokens"]),
        ..Usage::default()
    }
}

/// Whether the data of an event is what ends a stream.
pub(super) fn is_done(data: &[u8]) -> bool {
    data.trim_ascii() == b"[DONE]"
}
