//! Responses of the Responses API: items, and events that are numbered through.

use json_index::{Kind, Value, scan};

use crate::framing::Framing;
use crate::response::{
    CloseReason, FinishedRound, Part, ResponseRewriter, Usage, at, edited, join, number, one_line,
    round_of, set, set_number,
};
use crate::splice::{Edits, quote};
use crate::sse::Event;

/// The types of the events that end a stream.
pub(super) const LAST_EVENTS: [&str; 3] =
    ["response.completed", "response.incomplete", "response.failed"];

#[derive(Debug)]
pub(super) struct Rewriter {
    tool: &'static str,
    is_stored: bool,
    /// The id of the first round's response, as JSON.
    id: Option<Vec<u8>>,
    first: Option<Usage>,
    usage: Usage,
    output_before: u64,
    /// Items that the client saw begin in the rounds before this one, and the places of this
    /// round's items: the provider's index and the client's, none for an intercepted call.
    shown_before: usize,
    places: Vec<(u64, Option<usize>)>,
    /// The items that the client saw, over all rounds.
    shown: Vec<Part>,
    parts: Vec<Part>,
    /// The number of the last event that the client saw, and whether numbers still are as given.
    last_number: Option<u64>,
    is_renumbered: bool,
    is_complete: bool,
    held: Vec<Event>,
    body: Option<Vec<u8>>,
    has_intercepted: bool,
    is_next: bool,
}

impl Rewriter {
    pub(super) fn new(tool: &'static str, is_stored: bool) -> Self {
        Rewriter {
            tool,
            is_stored,
            id: None,
            first: None,
            usage: Usage::default(),
            output_before: 0,
            shown_before: 0,
            places: Vec::new(),
            shown: Vec::new(),
            parts: Vec::new(),
            last_number: None,
            is_renumbered: false,
            is_complete: false,
            held: Vec::new(),
            body: None,
            has_intercepted: false,
            is_next: false,
        }
    }

    fn next_number(&self) -> u64 {
        self.last_number.map_or(0, |number| number + 1)
    }

    /// Passes an event on, numbered as the client counts.
    fn show(&mut self, event: &Event, root: Value<'_>, out: &mut Vec<u8>) {
        let mut edits = Edits::default();
        if let Some(given) = root.get("output_index").and_then(Value::unsigned) {
            match self.places.iter().rev().find(|(index, _)| *index == given) {
                Some((_, None)) => return,
                Some((_, Some(shown))) if *shown as u64 != given => {
                    set_number(root, &["output_index"], *shown as u64, &mut edits);
                }
                _ => {}
            }
        }
        if let Some(given) = root.get("sequence_number").and_then(Value::unsigned) {
            let number = if self.is_renumbered { self.next_number() } else { given };
            self.last_number = Some(number);
            if number != given {
                set_number(root, &["sequence_number"], number, &mut edits);
            }
        }
        if edits.is_empty() {
            out.extend_from_slice(&event.raw);
        } else {
            let data = event.data();
            let data = edits.apply(&data).unwrap_or_else(|_| data.into_owned());
            out.extend(event.with_data(&data).raw);
        }
    }

    fn settle(&mut self) -> FinishedRound {
        let visible: Vec<_> =
            self.parts.iter().filter(|part| part.call.is_none()).cloned().collect();
        let sent_back: Vec<_> = self.parts.iter().filter_map(|part| self.sent_back(part)).collect();
        let text: String = visible.iter().map(text_of).collect();
        let mut round = round_of(&sent_back);
        round.text = text.len();
        let known = round.intercepted.iter().all(|call| scan(call.input.as_bytes()).is_ok())
            && round.intercepted.len()
                == self.parts.iter().filter(|part| part.call.is_some()).count();
        let said = FinishedRound {
            round,
            usage: self.usage,
            ids: visible.iter().filter_map(call_id).collect(),
            text,
            answerable: !self.has_intercepted || (self.is_complete && known),
        };
        self.shown.extend(visible);
        said
    }

    /// A part as the next request has it. What the provider neither stores nor gave in a form that
    /// can be given back is dropped.
    fn sent_back(&self, part: &Part) -> Option<Part> {
        if self.is_stored {
            return Some(part.clone());
        }
        let index = scan(&part.raw).ok()?;
        let item = index.root();
        let encrypted =
            item.get("encrypted_content").is_some_and(|text| text.kind() == Kind::String);
        if part.kind == 't' && !encrypted {
            return None;
        }
        Some(part.clone())
    }

    /// Makes of the last round's response that of the turn. True when the turn is cut short for want
    /// of tokens although the round was complete.
    fn rewrite(&self, response: Value<'_>, reason: CloseReason, edits: &mut Edits) -> bool {
        // A stored response is referred to by its id later: then it must be that of the last round,
        // which holds all of them.
        if let (false, Some(id), Some(first)) = (self.is_stored, response.get("id"), &self.id) {
            edits.replace(id.range(), first.clone());
        }
        // Some servers leave the list empty here, as the items have been streamed.
        if let Some(output) =
            response.get("output").filter(|output| output.items().next().is_some())
        {
            edits.replace(output.range(), [b"[", &join(self.shown.iter())[..], b"]"].concat());
        }
        if let (true, Some(usage), Some(first)) = (self.is_next, response.get("usage"), self.first)
        {
            let input = first.input + first.cache_read;
            let output = self.output_before + self.usage.output;
            set_number(usage, &["input_tokens"], input, edits);
            set_number(usage, &["input_tokens_details", "cached_tokens"], first.cache_read, edits);
            set_number(usage, &["output_tokens"], output, edits);
            set_number(usage, &["total_tokens"], input + output, edits);
        }
        let status = response.get("status").filter(|status| status.is("completed"));
        let Some(status) = status.filter(|_| reason == CloseReason::OutOfTokens) else {
            return false;
        };
        edits.replace(status.range(), *b"\"incomplete\"");
        set(response, "incomplete_details", br#"{"reason":"max_output_tokens"}"#, edits);
        true
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
            "response.created" | "response.in_progress" | "response.queued" => {
                if let (None, Some(id)) = (&self.id, at(root, &["response", "id"])) {
                    self.id = Some(id.raw().to_vec());
                }
                if self.is_next {
                    return None;
                }
            }
            kind if LAST_EVENTS.contains(&kind) => {
                self.is_complete = kind == "response.completed";
                let response = root.get("response");
                self.usage =
                    response.and_then(|r| r.get("usage")).map(read_usage).unwrap_or_default();
                self.first.get_or_insert(self.usage);
                if self.is_next || self.has_intercepted {
                    self.held.push(event.clone());
                } else {
                    out.extend_from_slice(&event.raw);
                }
                return Some(self.settle());
            }
            "response.output_item.added" => {
                let item = root.get("item");
                let is_intercepted = item.is_some_and(|item| is_call_of(item, self.tool));
                self.has_intercepted |= is_intercepted;
                self.is_renumbered |= is_intercepted;
                let visible = self.places.iter().filter(|(_, shown)| shown.is_some()).count();
                let shown_as = (!is_intercepted).then_some(self.shown_before + visible);
                self.places.push((number(root, &["output_index"]), shown_as));
            }
            "response.output_item.done" => {
                if let Some(item) = root.get("item") {
                    self.parts.push(part(item, self.tool));
                }
            }
            _ => {}
        }
        self.show(&event, root, out);
        None
    }

    fn whole(&mut self, body: &[u8]) -> FinishedRound {
        self.body = Some(body.to_vec());
        let Ok(index) = scan(body) else {
            return FinishedRound { answerable: true, ..FinishedRound::default() };
        };
        let root = index.root();
        if self.id.is_none() {
            self.id = root.get("id").map(|id| id.raw().to_vec());
        }
        self.usage = root.get("usage").map(read_usage).unwrap_or_default();
        self.first.get_or_insert(self.usage);
        self.is_complete = root.get("status").is_none_or(|status| status.is("completed"));
        let output = root.get("output").into_iter().flat_map(Value::items);
        self.parts = output.map(|item| part(item, self.tool)).collect();
        self.has_intercepted = self.parts.iter().any(|part| part.call.is_some());
        self.settle()
    }

    fn is_unseen(&self) -> bool {
        self.places.iter().all(|(_, shown)| shown.is_none())
    }

    fn seen_so_far(&mut self) -> FinishedRound {
        self.parts.retain(|part| part.call.is_none());
        self.has_intercepted = false;
        self.settle()
    }

    fn usage(&self) -> Usage {
        self.usage
    }

    fn next_round(&mut self) {
        self.output_before += self.usage.output;
        self.usage = Usage::default();
        self.shown_before += self.places.iter().filter(|(_, shown)| shown.is_some()).count();
        self.places.clear();
        self.parts.clear();
        self.is_renumbered = true;
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
            return edited(&body, |root, edits| {
                self.rewrite(root, reason, edits);
            });
        }
        let mut out = Vec::new();
        for event in std::mem::take(&mut self.held) {
            let number = self.next_number();
            self.last_number = Some(number);
            let mut is_cut = false;
            let data = edited(&event.data(), |root, edits| {
                set_number(root, &["sequence_number"], number, edits);
                if let Some(response) = root.get("response") {
                    is_cut = self.rewrite(response, reason, edits);
                }
                if let Some(kind) = root.get("type").filter(|_| is_cut) {
                    edits.replace(kind.range(), *b"\"response.incomplete\"");
                }
            });
            if is_cut && event.framing == Framing::Events {
                let head = &b"event: response.incomplete\ndata: "[..];
                out.extend([head, &data, b"\n\n"].concat());
            } else {
                out.extend(event.with_data(&data).raw);
            }
        }
        out
    }

    fn error_event(&self, body: &[u8], message: &str) -> Vec<u8> {
        let index = scan(body).ok();
        let given = index.as_ref().and_then(|index| index.root().get("error"));
        let field = |name: &str, or: &[u8]| {
            let member = given.and_then(|error| error.get(name));
            one_line(member.map_or(or, Value::raw))
        };
        [
            b"event: error\ndata: {\"type\":\"error\",\"code\":",
            &field("code", b"\"server_error\"")[..],
            b",\"message\":",
            &field("message", &quote(message)),
            b",\"param\":null,\"sequence_number\":",
            self.next_number().to_string().as_bytes(),
            b"}\n\n",
        ]
        .concat()
    }
}

fn is_call_of(item: Value<'_>, name: &str) -> bool {
    // A tool of that name in a namespace is the client's; the default one may be named or not.
    let namespace = item.get("namespace").and_then(Value::text);
    item.get("type").is_some_and(|kind| kind.is("function_call"))
        && item.get("name").is_some_and(|given| given.is(name))
        && namespace.is_none_or(|given| given.is_empty() || given == DEFAULT_NAMESPACE)
}

/// The namespace of functions that are in none.
const DEFAULT_NAMESPACE: &str = "functions";

fn part(item: Value<'_>, tool: &str) -> Part {
    let kind = item.get("type").and_then(Value::text).unwrap_or_default();
    let field = |name: &str| item.get(name).and_then(Value::text).unwrap_or_default().into_owned();
    let call = is_call_of(item, tool).then(|| (field("call_id"), field("arguments")));
    Part { raw: item.raw().to_vec(), kind: letter(&kind), call }
}

/// The letter in [`Round::kinds`](super::Round::kinds) for an item of that type.
pub(crate) fn letter(kind: &str) -> char {
    match kind {
        "reasoning" => 't',
        "message" | "" => 'x',
        "function_call" | "custom_tool_call" | "local_shell_call" | "shell_call" => 'c',
        _ => 'o',
    }
}

fn text_of(part: &Part) -> String {
    let Ok(index) = scan(&part.raw) else { return String::new() };
    let content = index.root().get("content").filter(|_| part.kind == 'x');
    let texts =
        content.into_iter().flat_map(Value::items).filter_map(|part| part.get("text")?.text());
    texts.collect()
}

fn call_id(part: &Part) -> Option<String> {
    let index = scan(&part.raw).ok()?;
    let id = index.root().get("call_id").filter(|_| part.kind == 'c')?.text()?;
    Some(id.into_owned())
}

pub(super) fn read_usage(usage: Value<'_>) -> Usage {
    let cached = number(usage, &["input_tokens_details", "cached_tokens"]);
    Usage {
        input: number(usage, &["input_tokens"]).saturating_sub(cached),
        cache_read: cached,
        output: number(usage, &["output_tokens"]),
        ..Usage::default()
    }
}
