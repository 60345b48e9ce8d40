//! A model's response, passed on with the calls of one tool kept from the client.
//!
//! A [`Relay`] takes a response as it comes, streamed or whole, and gives what the client is to see
//! of it. As long as the model doesn't call the intercepted tool, that is the provider's own bytes.
//! When it does, the call is removed, and at the end of the round ([`RoundEnd`]) the caller either
//! asks the provider again with the call's result ([`Relay::next_round`]), or lets the turn end
//! ([`Relay::close`]). Rounds go on as one response: one head, indexes without gaps, usage summed.
//!
//! No I/O here: the caller moves the bytes.

mod failure;

use std::fmt;

use json_index::{Kind, Value, scan};

use crate::api::Api;
use crate::framing::{self, Chunker, Framing};
use crate::replay::CallResult;
use crate::splice::{Edits, quote};
use crate::sse::{Chunk, Event};

pub use failure::is_retried;

/// The tokens that a round used, as the provider says; zero where it doesn't.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the request that were neither read from the cache nor written to it.
    pub input: u64,
    /// Tokens of the request that were read from the prefix cache.
    pub cache_read: u64,
    /// Tokens of the request that were written to the prefix cache, for however long.
    pub cache_write: u64,
    /// Those of them that it keeps for an hour, which costs more.
    pub cache_write_1h: u64,
    /// Tokens of the response.
    pub output: u64,
}

/// A call of the intercepted tool.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct InterceptedCall {
    /// How many of the round's visible parts stand before it.
    pub at: usize,
    /// The call's id.
    pub id: String,
    /// Its arguments, as JSON.
    pub input: String,
    /// The whole call, as JSON.
    pub raw: String,
    /// Its result, where that came from elsewhere than the request and may not be had again.
    #[serde(rename = "given", default, skip_serializing_if = "Option::is_none")]
    pub result: Option<CallResult>,
}

/// What the model said in one round. Replay entries hold it, under the names that serde is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Round {
    /// A letter for each visible part: `t` thinking, `x` text, `c` call, `o` anything else. For
    /// Chat Completions, where a response has one text, the parts are its calls.
    pub kinds: String,
    /// Bytes of visible text.
    pub text: usize,
    /// The intercepted calls, in order.
    #[serde(rename = "hidden")]
    pub intercepted: Vec<InterceptedCall>,
    /// Everything the model said, as the provider wants it back: content blocks or items with
    /// commas between them, or a message.
    #[serde(rename = "said")]
    pub content: String,
}

/// How a round ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundEnd {
    /// Nothing was intercepted in it.
    Plain,
    /// Calls were intercepted, and the client sees no call of its own: the model waits for results.
    InterceptedOnly,
    /// Calls were intercepted, and the client sees calls of its own, whose results it will send.
    Mixed,
    /// Calls were intercepted that can't be answered: cut off, or of a turn that isn't over.
    Unanswerable,
}

/// Why a turn ends although the model waits for the result of an intercepted call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// As the provider ended it.
    AsGiven,
    /// It has called often enough.
    TooManyRounds,
    /// No tokens are left for another round.
    OutOfTokens,
}

/// Rewrites the rounds of one response for the client: what differs from API to API of a [`Relay`].
pub trait ResponseRewriter: fmt::Debug + Send {
    /// Takes the next event; adds what the client is to see now to `out`. The round, when this was its
    /// last event.
    fn event(&mut self, event: Event, out: &mut Vec<u8>) -> Option<FinishedRound>;

    /// The stream has ended. The round, for an API whose servers may end without a last event.
    fn finish(&mut self) -> Option<FinishedRound> {
        None
    }

    /// Takes a whole response that wasn't streamed; [`close`](Self::close) gives what the client sees.
    fn whole(&mut self, body: &[u8]) -> FinishedRound;

    /// Whether the client has seen nothing of the round that is under way.
    fn is_unseen(&self) -> bool;

    /// What the client has seen whole of a round that broke off.
    fn seen_so_far(&mut self) -> FinishedRound;

    /// What the round under way has used, as far as the provider has said it.
    fn usage(&self) -> Usage;

    /// What comes next is another round, or the same one from its beginning.
    fn next_round(&mut self);

    /// Ends the turn: what was held back of its end, or the whole response if it wasn't streamed.
    fn close(&mut self, reason: CloseReason) -> Vec<u8>;

    /// See [`Relay::error_event`].
    fn error_event(&self, body: &[u8], message: &str) -> Vec<u8>;
}

/// A round that is over.
#[derive(Debug, Default)]
pub struct FinishedRound {
    /// What the model said.
    pub round: Round,
    /// What it used.
    pub usage: Usage,
    /// Ids of the calls that the client sees.
    pub ids: Vec<String>,
    /// The text that the client sees.
    pub text: String,
    /// Whether the intercepted calls can be answered.
    pub answerable: bool,
}

/// Passes one response on.
#[derive(Debug)]
pub struct Relay {
    api: &'static dyn Api,
    framing: Framing,
    chunker: Chunker,
    /// Whether the client has seen an element of a JSON array.
    has_elements: bool,
    chunks: Vec<Chunk>,
    rewriter: Box<dyn ResponseRewriter>,
    rounds: Vec<Round>,
    usage: Vec<Usage>,
    ids: Vec<String>,
    text: String,
    end: Option<RoundEnd>,
    has_failed: bool,
    /// Whether the usage of the round under way is among `usage`.
    is_settled: bool,
}

impl Relay {
    /// Passes on a response of `api` without the calls of `tool`. `is_stored`: the provider keeps the
    /// response under its id for later requests.
    pub fn new(api: &'static dyn Api, tool: &'static str, is_stored: bool) -> Self {
        Relay {
            api,
            framing: Framing::Events,
            chunker: Chunker::new(Framing::Events),
            has_elements: false,
            chunks: Vec::new(),
            rewriter: api.rewriter(tool, is_stored),
            rounds: Vec::new(),
            usage: Vec::new(),
            ids: Vec::new(),
            text: String::new(),
            end: None,
            has_failed: false,
            is_settled: false,
        }
    }

    /// The same for a stream of that framing.
    pub fn framed(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self.chunker = Chunker::new(framing);
        self
    }

    /// How the parts of the stream are distinguished.
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// Takes the next bytes of a stream; adds what the client is to see now to `out`.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut chunks = std::mem::take(&mut self.chunks);
        self.chunker.push(bytes, &mut chunks);
        for chunk in chunks.drain(..) {
            match chunk {
                // The array goes on in another round, or ends when the turn does.
                Chunk::Raw(_) if self.is_open_array() => {}
                Chunk::Raw(raw) => out.extend_from_slice(&raw),
                Chunk::Event(event) => {
                    let from = out.len();
                    self.event(event, out);
                    self.join(from, out);
                }
            }
        }
        self.chunks = chunks;
    }

    /// Takes the next message of a WebSocket; what the client is to see now, if anything.
    pub fn message(&mut self, data: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        self.event(Event { raw: data.to_vec(), framing: Framing::Messages }, &mut out);
        (!out.is_empty()).then_some(out)
    }

    /// Whether the client's stream is an array that doesn't end where the provider ends one.
    fn is_open_array(&self) -> bool {
        let is_first =
            self.rounds.is_empty() || (self.rounds.len() == 1 && self.end == Some(RoundEnd::Plain));
        self.framing == Framing::JsonArray && !is_first
    }

    /// Makes the element at `from`, if there is one, the next one of the client's array.
    fn join(&mut self, from: usize, out: &mut [u8]) {
        if self.framing == Framing::JsonArray {
            self.has_elements |= framing::join(out, from, self.has_elements);
        }
    }

    fn event(&mut self, event: Event, out: &mut Vec<u8>) {
        // An error of the first round is the provider's response to the client's own request.
        if !self.rounds.is_empty() && failure::is_temporary(&event) {
            self.has_failed = true;
        }
        if self.has_failed {
            return;
        }
        if let Some(finished) = self.rewriter.event(event, out) {
            self.settle(finished);
        }
    }

    /// The stream has ended; adds what is left of it to `out`.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        let rest = self.chunker.take();
        if !self.is_open_array() {
            out.extend(rest);
        }
        if self.end.is_none()
            && let Some(finished) = self.rewriter.finish()
        {
            self.settle(finished);
        }
    }

    /// Takes a whole response that wasn't streamed. [`close`](Self::close) gives what the client is
    /// to see of it. A response that can't be read is passed on as it is.
    pub fn whole(&mut self, body: &[u8]) {
        let finished = self.rewriter.whole(body);
        self.settle(finished);
    }

    fn settle(&mut self, mut finished: FinishedRound) {
        if !finished.answerable {
            finished.round.intercepted.clear();
        }
        let end = match (finished.round.intercepted.is_empty(), finished.answerable) {
            (true, true) => RoundEnd::Plain,
            (_, false) => RoundEnd::Unanswerable,
            _ if finished.ids.is_empty() => RoundEnd::InterceptedOnly,
            _ => RoundEnd::Mixed,
        };
        self.ids.extend(finished.ids);
        self.text.push_str(&finished.text);
        self.rounds.push(finished.round);
        self.usage.push(finished.usage);
        self.is_settled = true;
        self.end = Some(end);
    }

    /// How the round ended; `None` while it goes on, or when it broke off.
    pub fn end(&self) -> Option<RoundEnd> {
        self.end
    }

    /// Whether the provider said in the middle of a later round that it can't go on for now. Such an
    /// error, and whatever follows it, isn't passed on.
    pub fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Whether the client has seen nothing of the round that is under way, so that it may begin anew.
    pub fn is_unseen(&self) -> bool {
        self.rewriter.is_unseen()
    }

    /// Ends a round after the first that broke off, or never began: what the client has seen whole of
    /// it is the turn's last round, in which nothing is intercepted. The client may act upon a call
    /// that it has seen, and what was intercepted before that call can then be put back.
    pub fn break_off(&mut self) {
        if self.end.is_some() {
            self.next_round();
        }
        let finished = self.rewriter.seen_so_far();
        self.settle(finished);
        self.end = None;
    }

    /// The rounds that have ended, oldest first.
    pub fn rounds(&self) -> &[Round] {
        &self.rounds
    }

    /// The same, to note the results of intercepted calls.
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
        let under_way = self.rewriter.usage();
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
        self.chunker = Chunker::new(self.framing);
        self.rewriter.next_round();
    }

    /// Ends the turn: what was held back of its end, or the whole response if it wasn't streamed.
    pub fn close(&mut self, reason: CloseReason) -> Vec<u8> {
        let mut out = self.rewriter.close(reason);
        if self.is_open_array() {
            self.join(0, &mut out);
            out.push(b']');
        }
        out
    }

    /// What keeps a stream alive on which nothing happens.
    pub fn keep_alive(&self) -> &'static [u8] {
        self.api.keep_alive()
    }

    /// An event that ends a stream with an error, from the `body` of the provider's response where
    /// that is an error of the API's shape, else with `message`.
    pub fn error_event(&self, body: &[u8], message: &str) -> Vec<u8> {
        let event = self.rewriter.error_event(body, message);
        if self.framing == Framing::Events {
            return event;
        }
        let lead: &[u8] = if self.has_elements { b"," } else { b"[" };
        [lead, &Event::new(event).data(), b"]"].concat()
    }
}

/// The error object in the body of a provider's response, on one line; `own` where it has none.
pub(crate) fn error_object(body: &[u8], own: Vec<u8>) -> Vec<u8> {
    let index = scan(body).ok();
    let error = index.as_ref().and_then(|index| index.root().get("error"));
    error.filter(|error| error.kind() == Kind::Object).map_or(own, |error| one_line(error.raw()))
}

/// A line break would end an event's data; JSON has them only between its tokens.
pub(crate) fn one_line(json: &[u8]) -> Vec<u8> {
    json.iter().copied().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect()
}

/// What a response used, where the object with its figures is at one of `paths` of a body or event.
pub(crate) fn usage_at(
    json: &[u8],
    paths: &[&[&str]],
    read: impl Fn(Value<'_>) -> Usage,
) -> Option<Usage> {
    // Most events say nothing of it, and needn't be read.
    memchr::memmem::find(json, b"\"usage\"")?;
    let index = scan(json).ok()?;
    let root = index.root();
    let usage = paths
        .iter()
        .find_map(|path| at(root, path).filter(|usage| usage.kind() == Kind::Object))?;
    Some(read(usage))
}

/// Whether `data` is that of an event of one of these types.
pub(crate) fn is_event_of(data: &[u8], types: &[&str]) -> bool {
    // Most events are of another one, and needn't be read.
    if !types.iter().any(|name| memchr::memmem::find(data, name.as_bytes()).is_some()) {
        return false;
    }
    let Ok(index) = scan(data) else { return false };
    let kind = index.root().get("type");
    kind.is_some_and(|kind| types.iter().any(|name| kind.is(name)))
}

impl Usage {
    /// Takes in the usage of a later event of the same response: totals, which may lack what an
    /// earlier event has said.
    pub fn update(&mut self, later: Usage) {
        self.input = self.input.max(later.input);
        self.cache_read = self.cache_read.max(later.cache_read);
        self.cache_write = self.cache_write.max(later.cache_write);
        self.cache_write_1h = self.cache_write_1h.max(later.cache_write_1h);
        self.output = self.output.max(later.output);
    }
}

/// A content block or output item of a response, as JSON.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) raw: Vec<u8>,
    /// Its letter in [`Round::kinds`].
    pub(crate) kind: char,
    /// The id and the arguments of the intercepted call that it is.
    pub(crate) call: Option<(String, String)>,
}

/// The round that consists of `parts`.
pub(crate) fn round_of(parts: &[Part]) -> Round {
    let mut round = Round::default();
    for part in parts {
        match &part.call {
            Some((id, input)) => round.intercepted.push(InterceptedCall {
                at: round.kinds.len(),
                id: id.clone(),
                input: input.clone(),
                raw: String::from_utf8_lossy(&part.raw).into_owned(),
                result: None,
            }),
            None => round.kinds.push(part.kind),
        }
    }
    round.content = String::from_utf8_lossy(&join(parts.iter())).into_owned();
    round
}

pub(crate) fn join<'p>(parts: impl Iterator<Item = &'p Part>) -> Vec<u8> {
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
pub(crate) fn set(object: Value<'_>, name: &str, raw: &[u8], edits: &mut Edits) {
    if let Some(member) = object.get(name) {
        return edits.replace(member.range(), raw);
    }
    let comma: &[u8] = if object.members().next().is_some() { b"," } else { b"" };
    edits.insert(object.range().end - 1, [comma, &quote(name), b":", raw].concat());
}

/// Sets the number at `path`, where there is one.
pub(crate) fn set_number(object: Value<'_>, path: &[&str], number: u64, edits: &mut Edits) {
    if let Some(member) = at(object, path).filter(|member| member.kind() == Kind::Number) {
        edits.replace(member.range(), number.to_string());
    }
}

pub(crate) fn at<'t>(object: Value<'t>, path: &[&str]) -> Option<Value<'t>> {
    path.iter().try_fold(object, |value, name| value.get(name))
}

pub(crate) fn number(object: Value<'_>, path: &[&str]) -> u64 {
    at(object, path).and_then(Value::unsigned).unwrap_or(0)
}

/// `bytes` with the edits that `edit` makes; as they are if it can't be read.
pub(crate) fn edited(bytes: &[u8], edit: impl FnOnce(Value<'_>, &mut Edits)) -> Vec<u8> {
    let mut edits = Edits::default();
    if let Ok(index) = scan(bytes) {
        edit(index.root(), &mut edits);
    }
    edits.apply(bytes).unwrap_or_else(|_| bytes.to_vec())
}

#[cfg(test)]
mod tests;
