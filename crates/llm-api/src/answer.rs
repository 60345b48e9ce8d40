//! The model's answer, passed on with the calls of one tool kept back.
//!
//! A [`Relay`] takes an answer as it comes, streamed or whole, and gives what the client is to see
//! of it. As long as the model doesn't call the tool that is kept back, that is the provider's own
//! bytes. When it does, the call is hidden, and at the end of the round ([`End`]) the caller either
//! asks the provider again with the call's result ([`Relay::next_round`]), or lets the turn end
//! ([`Relay::close`]). Rounds go on as one answer: one head, indexes without gaps, figures summed.
//!
//! No I/O here: the caller moves the bytes.

mod chat;
mod failure;
mod messages;
mod responses;

use crate::json::{Kind, Value, scan};
use crate::replay::Given;
use crate::request::Api;
use crate::splice::{Edits, quote};
use crate::sse::{Event, Events, Piece};

/// What a round used, as the provider says; zero where it doesn't.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the request that were neither read from the cache nor written to it.
    pub input: u64,
    /// Tokens of the request that were read from the prefix cache.
    pub cache_read: u64,
    /// Tokens of the request that were written to the prefix cache.
    pub cache_write: u64,
    /// Tokens of the answer.
    pub output: u64,
}

/// A call that is kept back.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Hidden {
    /// How many of the round's visible parts stand before it.
    pub at: usize,
    /// The call's id.
    pub id: String,
    /// Its arguments, as JSON.
    pub input: String,
    /// The whole call, as JSON.
    pub raw: String,
    /// What it gave, where that came from elsewhere than the request and may not be had again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Given>,
}

/// What the model said in one round.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Round {
    /// A letter for each visible part: `t` thinking, `x` text, `c` call, `o` anything else. For
    /// Chat Completions, where an answer has one text, the parts are its calls.
    pub kinds: String,
    /// Bytes of visible text.
    pub text: usize,
    /// The calls kept back, in order.
    pub hidden: Vec<Hidden>,
    /// Everything the model said, as the provider wants it back: content blocks or items with
    /// commas between them, or a message.
    pub said: String,
}

/// How a round ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Nothing was kept back in it.
    Plain,
    /// Calls were kept back, and the client sees no call of its own: the model waits for results.
    Alone,
    /// Calls were kept back, and the client sees calls of its own, which it will answer.
    Beside,
    /// Calls were kept back that can't be answered: cut off, or of a turn that isn't over.
    Unanswerable,
}

/// Why a turn ends although the model waits for the result of an intercepted call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// As the provider ended it.
    AsGiven,
    /// It has called often enough.
    Enough,
    /// No tokens are left for another round.
    Length,
}

/// Passes one answer on.
#[derive(Debug)]
pub struct Relay {
    events: Events,
    pieces: Vec<Piece>,
    answer: Answer,
    rounds: Vec<Round>,
    usage: Vec<Usage>,
    ids: Vec<String>,
    text: String,
    end: Option<End>,
    has_failed: bool,
    /// Whether the figures of the round under way are among `usage`.
    is_settled: bool,
}

#[derive(Debug)]
enum Answer {
    Messages(messages::Answer),
    Chat(chat::Answer),
    Responses(responses::Answer),
}

/// What each API's reader gives when a round is over.
#[derive(Debug, Default)]
struct Said {
    round: Round,
    usage: Usage,
    /// Ids of the calls that the client sees.
    ids: Vec<String>,
    /// The text that the client sees.
    text: String,
    /// Whether the intercepted calls can be answered.
    answerable: bool,
}

impl Relay {
    /// Passes on an answer of `api` without the calls of the tool named `hide`. `is_stored`: the
    /// provider keeps the answer under its id for later requests.
    pub fn new(api: Api, hide: &'static str, is_stored: bool) -> Self {
        let answer = match api {
            Api::Messages => Answer::Messages(messages::Answer::new(hide)),
            Api::Chat => Answer::Chat(chat::Answer::new(hide)),
            Api::Responses => Answer::Responses(responses::Answer::new(hide, is_stored)),
        };
        Relay {
            events: Events::default(),
            pieces: Vec::new(),
            answer,
            rounds: Vec::new(),
            usage: Vec::new(),
            ids: Vec::new(),
            text: String::new(),
            end: None,
            has_failed: false,
            is_settled: false,
        }
    }

    /// Takes the next bytes of a stream; adds what the client is to see now to `out`.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut pieces = std::mem::take(&mut self.pieces);
        self.events.push(bytes, &mut pieces);
        for piece in pieces.drain(..) {
            match piece {
                Piece::Raw(raw) => out.extend_from_slice(&raw),
                Piece::Event(event) => self.event(event, out),
            }
        }
        self.pieces = pieces;
    }

    fn event(&mut self, event: Event, out: &mut Vec<u8>) {
        // An error of the first round is the provider's answer to the client's own request.
        if !self.rounds.is_empty() && failure::is_temporary(&event) {
            self.has_failed = true;
        }
        if self.has_failed {
            return;
        }
        let said = match &mut self.answer {
            Answer::Messages(answer) => answer.event(event, out),
            Answer::Chat(answer) => answer.event(event, out),
            Answer::Responses(answer) => answer.event(event, out),
        };
        if let Some(said) = said {
            self.settle(said);
        }
    }

    /// The stream has ended; adds what is left of it to `out`.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        out.extend(self.events.take());
        if self.end.is_some() {
            return;
        }
        // Some servers of the Chat API end without a last event.
        if let Answer::Chat(answer) = &mut self.answer
            && let Some(said) = answer.finish()
        {
            self.settle(said);
        }
    }

    /// Takes a whole answer that wasn't streamed. [`close`](Self::close) gives what the client is
    /// to see of it. An answer that can't be read is passed on as it is.
    pub fn whole(&mut self, body: &[u8]) {
        let said = match &mut self.answer {
            Answer::Messages(answer) => answer.whole(body),
            Answer::Chat(answer) => answer.whole(body),
            Answer::Responses(answer) => answer.whole(body),
        };
        self.settle(said);
    }

    fn settle(&mut self, mut said: Said) {
        if !said.answerable {
            said.round.hidden.clear();
        }
        let end = match (said.round.hidden.is_empty(), said.answerable) {
            (true, true) => End::Plain,
            (_, false) => End::Unanswerable,
            _ if said.ids.is_empty() => End::Alone,
            _ => End::Beside,
        };
        self.ids.extend(said.ids);
        self.text.push_str(&said.text);
        self.rounds.push(said.round);
        self.usage.push(said.usage);
        self.is_settled = true;
        self.end = Some(end);
    }

    /// How the round ended; `None` while it goes on, or when it broke off.
    pub fn end(&self) -> Option<End> {
        self.end
    }

    /// Whether the provider said in the middle of a later round that it can't go on for now. Such an
    /// error, and whatever follows it, isn't passed on.
    pub fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Whether the client has seen nothing of the round that is under way, so that it may begin anew.
    pub fn is_unseen(&self) -> bool {
        match &self.answer {
            Answer::Messages(answer) => answer.is_unseen(),
            Answer::Chat(answer) => answer.is_unseen(),
            Answer::Responses(answer) => answer.is_unseen(),
        }
    }

    /// Ends a round after the first that broke off, or never began: what the client has seen whole of
    /// it is the turn's last round, in which nothing is kept back. The client may act upon a call that
    /// it has seen, and what was kept back before that call can then be put back.
    pub fn break_off(&mut self) {
        if self.end.is_some() {
            self.next_round();
        }
        let said = match &mut self.answer {
            Answer::Messages(answer) => answer.said_so_far(),
            Answer::Chat(answer) => answer.said_so_far(),
            Answer::Responses(answer) => answer.said_so_far(),
        };
        self.settle(said);
        self.end = None;
    }

    /// The rounds that have ended, oldest first.
    pub fn rounds(&self) -> &[Round] {
        &self.rounds
    }

    /// The same, to note what intercepted calls gave.
    pub fn rounds_mut(&mut self) -> &mut [Round] {
        &mut self.rounds
    }

    /// What each round used.
    pub fn usage(&self) -> &[Usage] {
        &self.usage
    }

    /// What the provider has said so far of each round, that of the one under way included: it is
    /// billed also if nobody waits for its end.
    pub fn usage_so_far(&self) -> Vec<Usage> {
        let under_way = match &self.answer {
            Answer::Messages(answer) => answer.usage(),
            Answer::Chat(answer) => answer.usage(),
            Answer::Responses(answer) => answer.usage(),
        };
        let is_said = !self.is_settled && under_way != Usage::default();
        self.usage.iter().copied().chain(is_said.then_some(under_way)).collect()
    }

    /// Ids of the calls that the client saw, over all rounds.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// The text that the client saw, over all rounds.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The provider was asked again: what comes next is the next round of the same turn, or the same
    /// round from its beginning, where the client has seen nothing of it.
    pub fn next_round(&mut self) {
        self.end = None;
        self.has_failed = false;
        self.is_settled = false;
        self.events = Events::default();
        match &mut self.answer {
            Answer::Messages(answer) => answer.next_round(),
            Answer::Chat(answer) => answer.next_round(),
            Answer::Responses(answer) => answer.next_round(),
        }
    }

    /// Ends the turn: what was held back of its end, or the whole answer if it wasn't streamed.
    pub fn close(&mut self, reason: Reason) -> Vec<u8> {
        match &mut self.answer {
            Answer::Messages(answer) => answer.close(reason),
            Answer::Chat(answer) => answer.close(reason),
            Answer::Responses(answer) => answer.close(reason),
        }
    }

    /// What keeps a stream alive on which nothing happens.
    pub fn keep_alive(&self) -> &'static [u8] {
        match &self.answer {
            Answer::Messages(_) => b"event: ping\ndata: {\"type\": \"ping\"}\n\n",
            Answer::Chat(_) | Answer::Responses(_) => b": keep-alive\n\n",
        }
    }

    /// An event that ends a stream with an error, from the body of the provider's answer where
    /// that is an error of the API's shape.
    pub fn error_event(&self, body: &[u8], message: &str) -> Vec<u8> {
        let index = scan(body).ok();
        let given = index.as_ref().and_then(|index| index.root().get("error"));
        let error = given.filter(|error| error.kind() == Kind::Object).map(Value::raw);
        // A line break would end the event's data; JSON has them only between its tokens.
        let one_line = |raw: &[u8]| -> Vec<u8> {
            raw.iter().copied().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect()
        };
        let message = quote(message);
        match &self.answer {
            Answer::Messages(_) => {
                let own = [br#"{"type":"api_error","message":"#, &message[..], b"}"].concat();
                let error = error.map_or(own, one_line);
                [&b"event: error\ndata: {\"type\":\"error\",\"error\":"[..], &error, b"}\n\n"]
                    .concat()
            }
            Answer::Chat(_) => {
                let own = [br#"{"type":"server_error","message":"#, &message[..], b"}"].concat();
                [&b"data: {\"error\":"[..], &error.map_or(own, one_line), b"}\n\n"].concat()
            }
            Answer::Responses(answer) => {
                let field = |name: &str, or: &[u8]| {
                    let member = given.and_then(|error| error.get(name));
                    one_line(member.map_or(or, Value::raw))
                };
                let (code, text) = (field("code", b"\"server_error\""), field("message", &message));
                let head = b"event: error\ndata: {\"type\":\"error\",\"code\":".to_vec();
                let number = answer.next_number().to_string();
                [
                    &head,
                    &code[..],
                    b",\"message\":",
                    &text,
                    b",\"param\":null,\"sequence_number\":",
                    number.as_bytes(),
                    b"}\n\n",
                ]
                .concat()
            }
        }
    }
}

pub use failure::is_retried;
pub(crate) use messages::letter as message_letter;
pub(crate) use responses::letter as response_letter;

/// What an answer used, from its body or from one event of its stream.
pub fn usage(api: Api, json: &[u8]) -> Option<Usage> {
    // Most events say nothing of it, and needn't be read.
    memchr::memmem::find(json, b"\"usage\"")?;
    let index = scan(json).ok()?;
    let root = index.root();
    let usage = [&["usage"][..], &["message", "usage"], &["response", "usage"]]
        .iter()
        .find_map(|path| at(root, path).filter(|usage| usage.kind() == Kind::Object))?;
    Some(match api {
        Api::Messages => messages::read_usage(usage),
        Api::Chat => chat::read_usage(usage),
        Api::Responses => responses::read_usage(usage),
    })
}

/// Whether an event of a stream, of which this is the data, is the last one of an answer.
pub fn is_last_event(api: Api, data: &[u8]) -> bool {
    let kinds: &[&str] = match api {
        Api::Chat => return data.trim_ascii() == b"[DONE]",
        Api::Messages => &["message_stop"],
        Api::Responses => &["response.completed", "response.incomplete", "response.failed"],
    };
    // Most events say something else, and needn't be read.
    if !kinds.iter().any(|kind| memchr::memmem::find(data, kind.as_bytes()).is_some()) {
        return false;
    }
    let Ok(index) = scan(data) else { return false };
    let kind = index.root().get("type");
    kind.is_some_and(|kind| kinds.iter().any(|last| kind.is(last)))
}

impl Usage {
    /// Figures of a later event of the same answer: totals, which may lack what an earlier
    /// event has said.
    pub fn update(&mut self, later: Usage) {
        self.input = self.input.max(later.input);
        self.cache_read = self.cache_read.max(later.cache_read);
        self.cache_write = self.cache_write.max(later.cache_write);
        self.output = self.output.max(later.output);
    }
}

/// One part of an answer, as JSON.
#[derive(Debug, Clone)]
struct Part {
    raw: Vec<u8>,
    kind: char,
    /// The call in it that is kept back, with its arguments.
    call: Option<(String, String)>,
}

/// The round that consists of `parts`.
fn round_of(parts: &[Part]) -> Round {
    let mut round = Round::default();
    for part in parts {
        match &part.call {
            Some((id, input)) => round.hidden.push(Hidden {
                at: round.kinds.len(),
                id: id.clone(),
                input: input.clone(),
                raw: String::from_utf8_lossy(&part.raw).into_owned(),
                given: None,
            }),
            None => round.kinds.push(part.kind),
        }
    }
    round.said = String::from_utf8_lossy(&join(parts.iter())).into_owned();
    round
}

fn join<'p>(parts: impl Iterator<Item = &'p Part>) -> Vec<u8> {
    let mut out = Vec::new();
    for part in parts {
        if !out.is_empty() {
            out.push(b',');
        }
        out.extend_from_slice(&part.raw);
    }
    out
}

/// Sets a member of an object: replaces its value, or adds it last.
fn set(object: Value<'_>, name: &str, raw: &[u8], edits: &mut Edits) {
    if let Some(member) = object.get(name) {
        return edits.replace(member.range(), raw);
    }
    let comma: &[u8] = if object.members().next().is_some() { b"," } else { b"" };
    edits.insert(object.range().end - 1, [comma, &quote(name), b":", raw].concat());
}

/// Sets the number at `path`, where there is one.
fn set_number(object: Value<'_>, path: &[&str], number: u64, edits: &mut Edits) {
    if let Some(member) = at(object, path).filter(|member| member.kind() == Kind::Number) {
        edits.replace(member.range(), number.to_string());
    }
}

fn at<'t>(object: Value<'t>, path: &[&str]) -> Option<Value<'t>> {
    path.iter().try_fold(object, |value, name| value.get(name))
}

fn number(object: Value<'_>, path: &[&str]) -> u64 {
    at(object, path).and_then(Value::unsigned).unwrap_or(0)
}

/// `bytes` with the edits that `edit` makes; as they are if it can't be read.
fn edited(bytes: &[u8], edit: impl FnOnce(Value<'_>, &mut Edits)) -> Vec<u8> {
    let mut edits = Edits::default();
    if let Ok(index) = scan(bytes) {
        edit(index.root(), &mut edits);
    }
    edits.apply(bytes).unwrap_or_else(|_| bytes.to_vec())
}

#[cfg(test)]
mod tests;
