//! Responses of the Gemini API: one candidate, whose parts come whole, except for texts. Each event of
//! a stream is a response with what is new, and the figures so far.

use json_index::{Kind, Value, scan};

use super::request::{call_id, function_call, is_thought, made_up_id};
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
    figures: Figures,
    /// What the rounds before this one used of the response.
    before: Figures,
    /// What this round has said so far.
    parts: Vec<Part>,
    /// The parts that the client sees of the rounds before this one.
    shown: Vec<Vec<u8>>,
    /// Calls that the client sees, over all rounds.
    shown_calls: usize,
    /// Intercepted calls, over all rounds.
    intercepted_calls: usize,
    finish_reason: String,
    /// The events from the last one on, or the whole body.
    held: Vec<Event>,
    body: Option<Vec<u8>>,
    has_intercepted: bool,
    is_next: bool,
}

/// The figures of a response.
#[derive(Debug, Clone, Copy, Default)]
struct Figures {
    usage: Usage,
    candidates: u64,
    thoughts: u64,
}

/// A part of what the model said.
#[derive(Debug)]
struct Part {
    raw: Vec<u8>,
    kind: PartKind,
}

#[derive(Debug)]
enum PartKind {
    /// A text; `is_plain`: it has nothing but its text, so that more may be added.
    Text { text: String, is_plain: bool },
    /// A call that the client sees, by its id.
    Call(String),
    /// A call that it doesn't see: its id and its arguments.
    Intercepted(String, String),
    /// A summary of thoughts, or a text without a letter, which clients needn't send back.
    Silent,
    /// Anything else.
    Other,
}

impl Rewriter {
    pub(super) fn new(tool: &'static str) -> Self {
        Rewriter {
            tool,
            id: None,
            first: None,
            figures: Figures::default(),
            before: Figures::default(),
            parts: Vec::new(),
            shown: Vec::new(),
            shown_calls: 0,
            intercepted_calls: 0,
            finish_reason: String::new(),
            held: Vec::new(),
            body: None,
            has_intercepted: false,
            is_next: false,
        }
    }

    /// Reads a response, or an event's part of it. The parts of its candidate that are left for the
    /// client, where some are not.
    fn read<'r>(&mut self, root: Value<'r>) -> Option<Vec<Value<'r>>> {
        if self.id.is_none() {
            self.id = root.get("responseId").map(|id| id.raw().to_vec());
        }
        if let Some(usage) = root.get("usageMetadata") {
            self.figures = figures(usage);
        }
        if let Some(reason) = finish_reason(root) {
            self.finish_reason = reason;
        }
        let parts = parts(root)?;
        let all: Vec<Value<'r>> = parts.items().collect();
        let kept: Vec<Value<'r>> = all.iter().copied().filter(|part| self.add(*part)).collect();
        (kept.len() < all.len()).then_some(kept)
    }

    /// Adds a part; whether the client sees it.
    fn add(&mut self, value: Value<'_>) -> bool {
        let text = value.get("text").and_then(Value::text);
        if let Some(call) = function_call(value) {
            let is_intercepted = call.get("name").is_some_and(|name| name.is(self.tool));
            let id = call_id(call);
            let kind = if is_intercepted {
                self.has_intercepted = true;
                self.intercepted_calls += 1;
                let input = call.get("args").map_or(&b"{}"[..], Value::raw);
                let id = id.map_or_else(|| made_up_id(self.intercepted_calls), Into::into);
                PartKind::Intercepted(id, String::from_utf8_lossy(input).into_owned())
            } else {
                self.shown_calls += 1;
                let id = id.map_or_else(|| made_up_id(self.shown_calls - 1), Into::into);
                PartKind::Call(id)
            };
            self.parts.push(Part { raw: value.raw().to_vec(), kind });
            return !is_intercepted;
        }
        let kind = match text {
            Some(text) if !is_thought(value) && !text.is_empty() => {
                let is_plain = value.members().all(|(key, _)| key.is("text"));
                if let (true, Some(PartKind::Text { text: before, is_plain: true })) =
                    (is_plain, self.parts.last_mut().map(|part| &mut part.kind))
                {
                    before.push_str(&text);
                    return true;
                }
                PartKind::Text { text: text.into_owned(), is_plain }
            }
            Some(_) => PartKind::Silent,
            None => PartKind::Other,
        };
        self.parts.push(Part { raw: value.raw().to_vec(), kind });
        true
    }

    fn settle(&mut self) -> FinishedRound {
        self.first.get_or_insert(self.figures.usage);
        let mut round = Round::default();
        let (mut text, mut ids, mut content) = (String::new(), Vec::new(), Vec::new());
        let mut is_in_text = false;
        for part in &self.parts {
            let was_in_text = is_in_text;
            match &part.kind {
                PartKind::Text { text: said, .. } => {
                    text.push_str(said);
                    is_in_text = true;
                    if !was_in_text {
                        round.kinds.push('x');
                    }
                }
                PartKind::Call(id) => {
                    ids.push(id.clone());
                    is_in_text = false;
                    round.kinds.push('c');
                }
                PartKind::Other => {
                    is_in_text = false;
                    round.kinds.push('o');
                }
                PartKind::Intercepted(id, input) => round.intercepted.push(InterceptedCall {
                    at: round.kinds.len(),
                    id: id.clone(),
                    input: input.clone(),
                    raw: String::from_utf8_lossy(&part.raw).into_owned(),
                    result: None,
                }),
                PartKind::Silent => {}
            }
            if part.is_sent_back() {
                content.push(part.whole());
            }
        }
        round.text = text.len();
        round.content = String::from_utf8_lossy(&content.join(&b","[..])).into_owned();
        let usage = self.figures.usage;
        let answerable = !self.has_intercepted || self.finish_reason == FINISHED;
        FinishedRound { round, usage, ids, text, answerable }
    }

    /// Makes of a response of a later round one of the turn's.
    fn rewrite(&self, root: Value<'_>, reason: CloseReason, edits: &mut Edits) {
        if let (true, Some(id), Some(first)) = (self.is_next, root.get("responseId"), &self.id) {
            edits.replace(id.range(), first.clone());
        }
        if let (true, Some(usage), Some(first)) =
            (self.is_next, root.get("usageMetadata"), self.first)
        {
            let prompt = first.input + first.cache_read;
            let candidates = self.before.candidates + number(usage, &["candidatesTokenCount"]);
            let thoughts = self.before.thoughts + number(usage, &["thoughtsTokenCount"]);
            set_number(usage, &["promptTokenCount"], prompt, edits);
            set_number(usage, &["cachedContentTokenCount"], first.cache_read, edits);
            set_number(usage, &["candidatesTokenCount"], candidates, edits);
            set_number(usage, &["thoughtsTokenCount"], thoughts, edits);
            set_number(usage, &["totalTokenCount"], prompt + candidates + thoughts, edits);
        }
        if reason == CloseReason::OutOfTokens
            && let Some(finish) = candidate(root).and_then(|found| found.get("finishReason"))
            && finish.is(FINISHED)
        {
            edits.replace(finish.range(), *b"\"MAX_TOKENS\"");
        }
    }

    fn rewrite_body(&self, root: Value<'_>, reason: CloseReason, edits: &mut Edits) {
        self.rewrite(root, reason, edits);
        let seen = self.parts.iter().filter(|part| part.is_seen()).map(Part::whole);
        let all: Vec<Vec<u8>> = self.shown.iter().cloned().chain(seen).collect();
        let list = list(&all);
        let Some(candidate) = candidate(root) else { return };
        match (candidate.get("content"), parts(root)) {
            (_, Some(parts)) => edits.replace(parts.range(), list),
            (Some(content), None) if content.kind() == Kind::Object => {
                set(content, "parts", &list, edits);
            }
            _ => {}
        }
    }
}

impl ResponseRewriter for Rewriter {
    fn event(&mut self, event: Event, out: &mut Vec<u8>) -> Option<FinishedRound> {
        let data = event.data();
        let index = scan(&data).ok();
        let root = index.as_ref().map(|index| index.root());
        let Some(root) = root
            .filter(|root| root.get("candidates").is_some() || root.get("usageMetadata").is_some())
        else {
            out.extend_from_slice(&event.raw);
            return None;
        };
        let was_over = !self.finish_reason.is_empty();
        let kept = self.read(root);
        let is_last = !self.finish_reason.is_empty();
        let is_dropped = !is_last && kept.as_ref().is_some_and(Vec::is_empty);
        let mut edits = Edits::default();
        if let (Some(kept), Some(parts)) = (&kept, parts(root)) {
            let kept: Vec<Vec<u8>> = kept.iter().map(|part| part.raw().to_vec()).collect();
            edits.replace(parts.range(), list(&kept));
        }
        if self.is_next {
            self.rewrite(root, CloseReason::AsGiven, &mut edits);
        }
        if !is_dropped {
            let event = match edits.is_empty() {
                true => event.clone(),
                false => event.with_data(&edits.apply(&data).unwrap_or_else(|_| data.to_vec())),
            };
            if is_last && (self.is_next || self.has_intercepted) {
                self.held.push(event);
            } else {
                out.extend(event.raw);
            }
        }
        (is_last && !was_over).then(|| self.settle())
    }

    fn whole(&mut self, body: &[u8]) -> FinishedRound {
        self.body = Some(body.to_vec());
        match scan(body) {
            Ok(index) => {
                self.read(index.root());
                self.settle()
            }
            Err(_) => FinishedRound { answerable: true, ..FinishedRound::default() },
        }
    }

    fn is_unseen(&self) -> bool {
        self.parts.iter().all(|part| !part.is_seen())
    }

    fn seen_so_far(&mut self) -> FinishedRound {
        self.parts.retain(Part::is_seen);
        self.has_intercepted = false;
        self.settle()
    }

    fn usage(&self) -> Usage {
        self.figures.usage
    }

    fn next_round(&mut self) {
        self.before.candidates += self.figures.candidates;
        self.before.thoughts += self.figures.thoughts;
        self.figures = Figures::default();
        let seen = self.parts.drain(..).filter(Part::is_seen);
        self.shown.extend(seen.map(|part| part.whole()));
        self.finish_reason.clear();
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
            // All but the reason was rewritten when it came.
            let data = edited(&event.data(), |root, edits| {
                if reason == CloseReason::OutOfTokens
                    && let Some(finish) = candidate(root).and_then(|c| c.get("finishReason"))
                    && finish.is(FINISHED)
                {
                    edits.replace(finish.range(), *b"\"MAX_TOKENS\"");
                }
            });
            out.extend(event.with_data(&data).raw);
        }
        out
    }

    fn error_event(&self, body: &[u8], message: &str) -> Vec<u8> {
        let own =
            [br#"{"code":502,"message":"#, &quote(message)[..], br#","status":"UNAVAILABLE"}"#]
                .concat();
        [&b"data: {\"error\":"[..], &error_object(body, own), b"}\n\n"].concat()
    }
}

/// How a response ends that is complete, whether it calls functions or not.
const FINISHED: &str = "STOP";

impl Part {
    /// Whether the client sees it.
    fn is_seen(&self) -> bool {
        !matches!(self.kind, PartKind::Intercepted(..))
    }

    /// Whether the next request has it: all but summaries of thoughts and empty texts, unless they are
    /// signed.
    fn is_sent_back(&self) -> bool {
        !matches!(self.kind, PartKind::Silent)
            || memchr::memmem::find(&self.raw, b"ignature\"").is_some()
    }

    /// The part, with all of its text.
    fn whole(&self) -> Vec<u8> {
        match &self.kind {
            PartKind::Text { text, is_plain: true } => {
                [br#"{"text":"#, &quote(text)[..], b"}"].concat()
            }
            _ => self.raw.clone(),
        }
    }
}

/// A list of parts. Clients don't expect one without any.
fn list(parts: &[Vec<u8>]) -> Vec<u8> {
    match parts {
        [] => br#"[{"text":""}]"#.to_vec(),
        parts => [b"[", &parts.join(&b","[..])[..], b"]"].concat(),
    }
}

/// The first candidate; where several are asked for, nothing is intercepted.
fn candidate(root: Value<'_>) -> Option<Value<'_>> {
    root.get("candidates").and_then(|candidates| candidates.items().next())
}

/// The list of the first candidate's parts.
fn parts(root: Value<'_>) -> Option<Value<'_>> {
    at(candidate(root)?, &["content", "parts"]).filter(|parts| parts.kind() == Kind::Array)
}

/// Why the response ended, if it has: with that of a candidate, or of the prompt, which was refused.
pub(super) fn finish_reason(root: Value<'_>) -> Option<String> {
    let reason = candidate(root).and_then(|candidate| candidate.get("finishReason"));
    let reason = reason.or_else(|| at(root, &["promptFeedback", "blockReason"]))?.text()?;
    (!reason.is_empty()).then(|| reason.into_owned())
}

fn figures(usage: Value<'_>) -> Figures {
    let candidates = number(usage, &["candidatesTokenCount"]);
    let thoughts = number(usage, &["thoughtsTokenCount"]);
    let cached = number(usage, &["cachedContentTokenCount"]);
    let prompt = number(usage, &["promptTokenCount"]) + number(usage, &["toolUsePromptTokenCount"]);
    let usage = Usage {
        input: prompt.saturating_sub(cached),
        cache_read: cached,
        cache_write: 0,
        cache_write_1h: 0,
        output: candidates + thoughts,
    };
    Figures { usage, candidates, thoughts }
}

pub(super) fn read_usage(usage: Value<'_>) -> Usage {
    figures(usage).usage
}
