//! Responses of the Messages API: content blocks, each with its own events.

use json_index::{Kind, Value, scan};

use crate::response::{
    CloseReason, FinishedRound, Part, ResponseRewriter, Usage, at, edited, error_object, join,
    number, round_of, set, set_number,
};
use crate::splice::{Edits, quote};
use crate::sse::Event;

#[derive(Debug)]
pub(super) struct Rewriter {
    tool: &'static str,
    /// The id of the first round's message, as JSON.
    id: Option<Vec<u8>>,
    /// What the first round used; the input figures that the client sees.
    first: Option<Usage>,
    /// What this round used so far.
    usage: Usage,
    /// Output tokens of the rounds before this one.
    output_before: u64,
    /// Blocks of a stream that the client saw in the rounds before this one.
    shown_before: usize,
    /// The blocks that the client sees, over all rounds.
    shown: Vec<Part>,
    blocks: Vec<Building>,
    stop_reason: String,
    /// The events that end the message, or the whole body.
    held: Vec<Event>,
    body: Option<Vec<u8>>,
    has_intercepted: bool,
    is_next: bool,
}

/// A block that is being streamed.
#[derive(Debug)]
struct Building {
    index: u64,
    /// The index that the client sees; none for an intercepted call.
    shown_as: Option<usize>,
    start: Vec<u8>,
    text: String,
    thinking: String,
    signature: String,
    input: String,
    citations: Vec<Vec<u8>>,
    is_unknown: bool,
    is_over: bool,
}

impl Rewriter {
    pub(super) fn new(tool: &'static str) -> Self {
        Rewriter {
            tool,
            id: None,
            first: None,
            usage: Usage::default(),
            output_before: 0,
            shown_before: 0,
            shown: Vec::new(),
            blocks: Vec::new(),
            stop_reason: String::new(),
            held: Vec::new(),
            body: None,
            has_intercepted: false,
            is_next: false,
        }
    }

    fn start(&mut self, root: Value<'_>) {
        if let Some(usage) = at(root, &["message", "usage"]) {
            self.usage = read_usage(usage);
        }
        if self.first.is_none() {
            self.first = Some(self.usage);
        }
    }

    /// The end of a turn in which a call was intercepted is held until [`close`](ResponseRewriter::close).
    fn hold_or_show(&mut self, event: Event, out: &mut Vec<u8>) {
        if self.is_next || self.has_intercepted {
            self.held.push(event);
        } else {
            out.extend_from_slice(&event.raw);
        }
    }

    fn said(&mut self) -> FinishedRound {
        let mut known = true;
        let mut parts = Vec::new();
        for block in &self.blocks {
            match block.part() {
                Some(part) => parts.push(part),
                None => known = false,
            }
        }
        self.settle(parts, known)
    }

    fn settle(&mut self, parts: Vec<Part>, known: bool) -> FinishedRound {
        // A server's tool that isn't done yet: the client sends the turn back as it is.
        let is_over =
            matches!(self.stop_reason.as_str(), "tool_use" | "end_turn" | "stop_sequence");
        self.shown.extend(parts.iter().filter(|part| part.call.is_none()).cloned());
        // The provider refuses texts without a letter, so nobody sends them back.
        let parts: Vec<_> = parts.into_iter().filter(|part| !is_empty_text(part)).collect();
        let visible: Vec<_> = parts.iter().filter(|part| part.call.is_none()).collect();
        let mut round = round_of(&parts);
        let text: String = visible.iter().filter_map(|part| text_of(part)).collect();
        round.text = text.len();
        FinishedRound {
            round,
            usage: self.usage,
            ids: visible.iter().filter_map(|part| call_id(part)).collect(),
            text,
            answerable: !self.has_intercepted || (known && is_over),
        }
    }

    fn rewrite_body(&self, root: Value<'_>, reason: CloseReason, edits: &mut Edits) {
        self.rewrite_end(root, reason, Some(root), edits);
        if let (Some(id), Some(first)) = (root.get("id"), &self.id) {
            edits.replace(id.range(), first.clone());
        }
        if let Some(content) = root.get("content") {
            edits.replace(content.range(), [b"[", &join(self.shown.iter())[..], b"]"].concat());
        }
    }

    /// Sums the usage, and sets the stop reason if the turn ends for another one.
    fn rewrite_end(
        &self,
        root: Value<'_>,
        reason: CloseReason,
        holder: Option<Value<'_>>,
        edits: &mut Edits,
    ) {
        if self.is_next
            && let (Some(usage), Some(first)) = (root.get("usage"), self.first)
        {
            set_number(usage, &["output_tokens"], self.output_before + self.usage.output, edits);
            set_number(usage, &["input_tokens"], first.input, edits);
            set_number(usage, &["cache_read_input_tokens"], first.cache_read, edits);
            set_number(usage, &["cache_creation_input_tokens"], first.cache_write, edits);
        }
        let stop = holder.and_then(|holder| holder.get("stop_reason"));
        let instead: &[u8] = match reason {
            CloseReason::AsGiven => return,
            CloseReason::TooManyRounds => b"\"end_turn\"",
            CloseReason::OutOfTokens => b"\"max_tokens\"",
        };
        if let Some(stop) = stop.filter(|stop| stop.is("tool_use")) {
            edits.replace(stop.range(), instead);
        }
    }
}

impl ResponseRewriter for Rewriter {
    fn event(&mut self, event: Event, out: &mut Vec<u8>) -> Option<FinishedRound> {
        let data = event.data();
        let Ok(index) = scan(&data) else {
            out.extend_from_slice(&event.raw);
            return None;
        };
        let root = index.root();
        let kind = root.get("type").and_then(Value::text).unwrap_or_default();
        match &*kind {
            "message_start" => {
                self.start(root);
                if !self.is_next {
                    out.extend_from_slice(&event.raw);
                }
            }
            "content_block_start" => {
                let number = number(root, &["index"]);
                let block = root.get("content_block");
                let is_intercepted = block.is_some_and(|block| is_call_of(block, self.tool));
                let shown_as = (!is_intercepted).then(|| {
                    let visible = self.blocks.iter().filter(|b| b.shown_as.is_some()).count();
                    self.shown_before + visible
                });
                self.has_intercepted |= is_intercepted;
                self.blocks.push(Building::new(number, shown_as, block));
                show(&event, root, number, shown_as, out);
            }
            "content_block_delta" | "content_block_stop" => {
                let number = number(root, &["index"]);
                let block = self.blocks.iter_mut().rev().find(|block| block.index == number);
                let shown_as = block.as_ref().map_or(Some(number as usize), |block| block.shown_as);
                match (block, root.get("delta")) {
                    (Some(block), Some(delta)) => block.add(delta),
                    (Some(block), None) => block.is_over = true,
                    (None, _) => {}
                }
                show(&event, root, number, shown_as, out);
            }
            "message_delta" => {
                if let Some(reason) = at(root, &["delta", "stop_reason"]).and_then(Value::text) {
                    self.stop_reason = reason.into_owned();
                }
                if let Some(usage) = root.get("usage") {
                    self.usage.update(read_usage(usage));
                }
                self.hold_or_show(event.clone(), out);
            }
            "message_stop" => {
                self.hold_or_show(event.clone(), out);
                return Some(self.said());
            }
            _ => out.extend_from_slice(&event.raw),
        }
        None
    }

    fn whole(&mut self, body: &[u8]) -> FinishedRound {
        self.body = Some(body.to_vec());
        let Ok(index) = scan(body) else {
            return FinishedRound { answerable: true, ..FinishedRound::default() };
        };
        let root = index.root();
        self.usage = root.get("usage").map(read_usage).unwrap_or_default();
        self.first.get_or_insert(self.usage);
        if self.id.is_none() {
            self.id = root.get("id").map(|id| id.raw().to_vec());
        }
        self.stop_reason =
            root.get("stop_reason").and_then(Value::text).unwrap_or_default().into_owned();
        let content = root.get("content").into_iter().flat_map(Value::items);
        let parts: Vec<_> = content.map(|block| part(block, self.tool)).collect();
        self.has_intercepted = parts.iter().any(|part| part.call.is_some());
        self.settle(parts, true)
    }

    fn is_unseen(&self) -> bool {
        self.blocks.iter().all(|block| block.shown_as.is_none())
    }

    fn seen_so_far(&mut self) -> FinishedRound {
        let seen = self.blocks.iter().filter(|block| block.is_over && block.shown_as.is_some());
        let parts = seen.filter_map(Building::part).collect();
        self.has_intercepted = false;
        self.settle(parts, true)
    }

    fn usage(&self) -> Usage {
        self.usage
    }

    fn next_round(&mut self) {
        self.output_before += self.usage.output;
        self.usage = Usage::default();
        self.shown_before += self.blocks.iter().filter(|block| block.shown_as.is_some()).count();
        self.blocks.clear();
        self.held.clear();
        self.body = None;
        self.has_intercepted = false;
        self.is_next = true;
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
            let data = edited(&event.data(), |root, edits| {
                self.rewrite_end(root, reason, root.get("delta"), edits);
            });
            out.extend(event.with_data(&data).raw);
        }
        out
    }

    fn error_event(&self, body: &[u8], message: &str) -> Vec<u8> {
        let own = [br#"{"type":"api_error","message":"#, &quote(message)[..], b"}"].concat();
        let error = error_object(body, own);
        [&b"event: error\ndata: {\"type\":\"error\",\"error\":"[..], &error, b"}\n\n"].concat()
    }
}

impl Building {
    fn new(index: u64, shown_as: Option<usize>, block: Option<Value<'_>>) -> Self {
        Building {
            index,
            shown_as,
            start: block.map_or_else(Vec::new, |block| block.raw().to_vec()),
            text: String::new(),
            thinking: String::new(),
            signature: String::new(),
            input: String::new(),
            citations: Vec::new(),
            is_unknown: block.is_none(),
            is_over: false,
        }
    }

    fn add(&mut self, delta: Value<'_>) {
        let kind = delta.get("type").and_then(Value::text).unwrap_or_default();
        let piece = |name: &str| delta.get(name).and_then(Value::text);
        let added = match &*kind {
            "text_delta" => piece("text").map(|piece| self.text.push_str(&piece)),
            "thinking_delta" => piece("thinking").map(|piece| self.thinking.push_str(&piece)),
            "signature_delta" => piece("signature").map(|piece| self.signature.push_str(&piece)),
            "input_json_delta" => piece("partial_json").map(|piece| self.input.push_str(&piece)),
            "citations_delta" => {
                delta.get("citation").map(|citation| self.citations.push(citation.raw().to_vec()))
            }
            _ => None,
        };
        self.is_unknown |= added.is_none();
    }

    /// The block as a request has it; `None` where the stream doesn't say all of it.
    fn part(&self) -> Option<Part> {
        if self.is_unknown {
            return None;
        }
        if !self.input.is_empty() {
            let input = scan(self.input.as_bytes()).ok()?;
            (input.root().kind() == Kind::Object).then_some(())?;
        }
        let raw = edited(&self.start, |block, edits| {
            for (name, added) in
                [("text", &self.text), ("thinking", &self.thinking), ("signature", &self.signature)]
            {
                if !added.is_empty() {
                    let before = block.get(name).and_then(Value::text).unwrap_or_default();
                    set(block, name, &quote(&(before.into_owned() + added)), edits);
                }
            }
            if !self.input.is_empty() {
                set(block, "input", self.input.as_bytes(), edits);
            }
            if !self.citations.is_empty() {
                set(
                    block,
                    "citations",
                    &[b"[", &self.citations.join(&b","[..])[..], b"]"].concat(),
                    edits,
                );
            }
        });
        let index = scan(&raw).ok()?;
        let mut part = part(index.root(), "");
        if self.shown_as.is_none() {
            part.call = Some(call(index.root()));
        }
        Some(part)
    }
}

/// Passes an event of a block on under the index that the client sees.
fn show(event: &Event, root: Value<'_>, index: u64, shown_as: Option<usize>, out: &mut Vec<u8>) {
    match shown_as {
        None => {}
        Some(shown) if shown as u64 == index => out.extend_from_slice(&event.raw),
        Some(shown) => {
            let mut edits = Edits::default();
            set_number(root, &["index"], shown as u64, &mut edits);
            let data = event.data();
            let data = edits.apply(&data).unwrap_or_else(|_| data.into_owned());
            out.extend(event.with_data(&data).raw);
        }
    }
}

fn is_call_of(block: Value<'_>, name: &str) -> bool {
    block.get("type").is_some_and(|kind| kind.is("tool_use"))
        && block.get("name").is_some_and(|given| given.is(name))
}

fn call(block: Value<'_>) -> (String, String) {
    let id = block.get("id").and_then(Value::text).unwrap_or_default().into_owned();
    let input = block.get("input").map_or(&b"{}"[..], Value::raw);
    (id, String::from_utf8_lossy(input).into_owned())
}

fn part(block: Value<'_>, tool: &str) -> Part {
    let kind = block.get("type").and_then(Value::text).unwrap_or_default();
    Part {
        raw: block.raw().to_vec(),
        kind: letter(&kind),
        call: is_call_of(block, tool).then(|| call(block)),
    }
}

/// The letter in [`Round::kinds`](super::Round::kinds) for a block of that type.
pub(crate) fn letter(kind: &str) -> char {
    match kind {
        "thinking" | "redacted_thinking" => 't',
        "text" => 'x',
        "tool_use" => 'c',
        _ => 'o',
    }
}

fn text_of(part: &Part) -> Option<String> {
    let index = scan(&part.raw).ok()?;
    let text = index.root().get("text").filter(|_| part.kind == 'x')?.text()?;
    Some(text.into_owned())
}

fn is_empty_text(part: &Part) -> bool {
    part.kind == 'x' && text_of(part).is_some_and(|text| text.is_empty())
}

fn call_id(part: &Part) -> Option<String> {
    let index = scan(&part.raw).ok()?;
    let id = index.root().get("id").filter(|_| part.kind == 'c')?.text()?;
    Some(id.into_owned())
}

pub(super) fn read_usage(usage: Value<'_>) -> Usage {
    Usage {
        input: number(usage, &["input_tokens"]),
        cache_read: number(usage, &["cache_read_input_tokens"]),
        cache_write: number(usage, &["cache_creation_input_tokens"]),
        cache_write_1h: number(usage, &["cache_creation", "ephemeral_1h_input_tokens"]),
        output: number(usage, &["output_tokens"]),
    }
}
