//! The Responses API over a WebSocket: the client's messages, and the events that answer them.
//!
//! A message of the type `response.create` is the body of a request, with `previous_response_id` in place
//! of the conversation so far: of that it has only what is new. Each event comes as one message.
//!
//! Source: OpenAI, "WebSocket mode" of the Responses API; Codex CLI 0.171.

use std::borrow::Cow;
use std::ops::Range;

use json_index::{Kind, Value, scan};

use crate::response::{at, edited, set, set_number};
use crate::splice::{Edits, SpliceError, quote};

use super::response::LAST_EVENTS;

/// The type of a client's message that asks for a response.
const CREATE: &str = "response.create";
/// Names the response that a message goes on from.
const PREVIOUS: &str = "previous_response_id";

/// Whether a client's message may ask for a response; cheaper than to read it.
pub fn may_be_create(message: &[u8]) -> bool {
    memchr::memmem::find(message, CREATE.as_bytes()).is_some()
}

/// A client's message that asks for a response.
#[derive(Debug, Clone, Copy)]
pub struct Create<'m> {
    root: Value<'m>,
    input: Value<'m>,
    previous: Option<Value<'m>>,
}

impl<'m> Create<'m> {
    /// Reads a message; `None` for one that asks for no response, or that can't be read for certain: a
    /// member that is there twice.
    pub fn read(root: Value<'m>) -> Option<Self> {
        let count = |name: &str| root.members().filter(|(key, _)| key.is(name)).count();
        let is_clear = ["type", "input", PREVIOUS].iter().all(|name| count(name) <= 1);
        if !is_clear || !root.get("type")?.is(CREATE) {
            return None;
        }
        let input = root.get("input")?;
        let previous = root.get(PREVIOUS).filter(|id| !id.is_null());
        let is_known = matches!(input.kind(), Kind::Array | Kind::String)
            && previous.is_none_or(|id| id.kind() == Kind::String);
        is_known.then_some(Create { root, input, previous })
    }

    /// The id of the response that it goes on from.
    pub fn previous(&self) -> Option<Cow<'m, str>> {
        self.previous.and_then(Value::text)
    }

    /// What is new in it: items with commas between them.
    pub fn items(&self) -> Vec<u8> {
        match self.input.kind() {
            // The API takes a bare text for a list of one message.
            Kind::String => [br#"{"role":"user","content":"#, self.input.raw(), b"}"].concat(),
            _ => {
                let raw = self.input.raw();
                raw[1..raw.len() - 1].trim_ascii().to_vec()
            }
        }
    }

    /// The message with `past`, items with commas between them, before its own. `is_partial`: more came
    /// before them, so that it still names the response that it goes on from.
    ///
    /// # Errors
    /// Never for the message that was read.
    pub fn whole(
        &self,
        message: &[u8],
        past: &[u8],
        is_partial: bool,
    ) -> Result<Whole, SpliceError> {
        let mut inserted = Edits::default();
        if let Some(previous) = self.previous.filter(|_| !is_partial) {
            inserted.replace(previous.range(), *b"null");
        }
        if !past.is_empty() {
            self.put_first(past, &mut inserted);
        }
        let body = inserted.apply(message)?;
        Ok(Whole { body, place: Place { inserted: inserted.in_order() } })
    }

    /// Puts items, with commas between them, before the message's own.
    pub fn put_first(&self, items: &[u8], edits: &mut Edits) {
        let range = self.input.range();
        if self.input.kind() == Kind::Array {
            let comma: &[u8] = if self.input.items().next().is_some() { b"," } else { b"" };
            return edits.insert(range.start + 1, [items, comma].concat());
        }
        edits.insert(range.start, [b"[", items, br#",{"role":"user","content":"#].concat());
        edits.insert(range.end, *b"}]");
    }

    /// Makes it go on from the response `id`.
    pub fn set_previous(&self, id: &str, edits: &mut Edits) {
        set(self.root, PREVIOUS, &quote(id), edits);
    }

    /// The message that asks for the next round of the turn: the same, but with `items` only, which go on
    /// from the response `id`. `limit`: the most tokens of the response, where that is another number.
    ///
    /// # Errors
    /// Never for the message that was read.
    pub fn next(
        &self,
        message: &[u8],
        (id, items): (&str, &[u8]),
        limit: Option<u64>,
    ) -> Result<Vec<u8>, SpliceError> {
        let mut edits = Edits::default();
        edits.replace(self.input.range(), [b"[", items, b"]"].concat());
        self.set_previous(id, &mut edits);
        if let Some(limit) = limit {
            set_number(self.root, &["max_output_tokens"], limit, &mut edits);
        }
        edits.apply(message)
    }
}

/// A message with the whole conversation in it: the body that a client would send over HTTP.
#[derive(Debug)]
pub struct Whole {
    /// Its bytes.
    pub body: Vec<u8>,
    /// Where the message's own bytes are in it.
    pub place: Place,
}

/// Where the bytes of a message are in the whole.
#[derive(Debug)]
pub struct Place {
    /// The ranges of the message that are replaced in the whole, and how many bytes are in their places.
    inserted: Vec<(Range<usize>, usize)>,
}

impl Place {
    /// Where a range of the whole is in the message; `None` where it isn't there.
    pub fn in_message(&self, range: &Range<usize>) -> Option<Range<usize>> {
        // Bytes so far: of the whole, and of the message.
        let (mut whole, mut message) = (0, 0);
        for (replaced, added) in &self.inserted {
            let begins = whole + (replaced.start - message);
            if range.end <= begins {
                break;
            }
            whole = begins + added;
            message = replaced.end;
        }
        let start = range.start.checked_sub(whole)? + message;
        Some(start..start + range.len())
    }
}

/// What an event says of the response that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An item is complete: this one, as JSON.
    Item(Vec<u8>),
    /// The last event.
    Last {
        /// The response's id, where it has one.
        id: Option<String>,
        /// Whether the response can be gone on from.
        has_succeeded: bool,
        /// Its items with commas between them.
        output: Vec<u8>,
    },
    /// There is no response: the request was refused, or failed.
    Error {
        /// The status that it would have had over HTTP.
        status: Option<u16>,
        /// How many seconds to wait before it is sent again.
        retry_after: Option<u64>,
    },
    /// Any other.
    Other,
}

/// Reads a message of the provider.
pub fn event(data: &[u8]) -> Event {
    let has = |word: &str| memchr::memmem::find(data, word.as_bytes()).is_some();
    // Most events are others, and needn't be read.
    let is_of_interest = has("response.output_item.done")
        || has("\"error\"")
        || LAST_EVENTS.iter().any(|kind| has(kind));
    let Some(index) = is_of_interest.then(|| scan(data).ok()).flatten() else {
        return Event::Other;
    };
    let root = index.root();
    let kind = root.get("type").and_then(Value::text).unwrap_or_default();
    match &*kind {
        "response.output_item.done" => match root.get("item") {
            Some(item) => Event::Item(item.raw().to_vec()),
            None => Event::Other,
        },
        "error" => {
            let status = root.get("status").or_else(|| root.get("status_code"));
            let status = status.and_then(Value::unsigned);
            let wait = at(root, &["headers", "retry-after"]);
            let wait = wait.and_then(|wait| match wait.text() {
                Some(text) => text.trim().parse().ok(),
                None => wait.unsigned(),
            });
            Event::Error {
                status: status.and_then(|status| status.try_into().ok()),
                retry_after: wait,
            }
        }
        kind if LAST_EVENTS.contains(&kind) => {
            let id = at(root, &["response", "id"]).and_then(Value::text).map(Cow::into_owned);
            let output = at(root, &["response", "output"]);
            let output = output.into_iter().flat_map(Value::items).map(Value::raw);
            Event::Last {
                id,
                has_succeeded: kind != "response.failed",
                output: output.collect::<Vec<_>>().join(&b","[..]),
            }
        }
        _ => Event::Other,
    }
}

/// A client's message in which a response is called `actual` that the client knows as `shown`; `None`
/// where it names no such.
pub fn renamed(message: &[u8], shown: &str, actual: &str) -> Option<Vec<u8>> {
    memchr::memmem::find(message, shown.as_bytes())?;
    let mut is_named = false;
    let renamed = edited(message, |root, edits| {
        for name in ["response_id", PREVIOUS] {
            if let Some(id) = root.get(name).filter(|id| id.is(shown)) {
                edits.replace(id.range(), quote(actual));
                is_named = true;
            }
        }
    });
    is_named.then_some(renamed)
}

/// A message that tells a client that a request failed before it reached the model.
pub fn error(status: u16, code: &str, message: &str) -> Vec<u8> {
    [
        format!(r#"{{"type":"error","status":{status},"error":{{"type":"server_error","code":"#)
            .as_bytes(),
        &quote(code),
        br#","message":"#,
        &quote(message),
        b"}}",
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = r#"{"type": "response.create", "tools": [1], "previous_response_id": "r1", "input": [ {"a": 1}, 2 ], "max_output_tokens": 9}"#;

    fn with<T>(message: &str, check: impl FnOnce(Create<'_>) -> T) -> Option<T> {
        let index = scan(message.as_bytes()).unwrap();
        Create::read(index.root()).map(check)
    }

    #[test]
    fn what_is_not_clear_is_no_request() {
        for message in [
            r#"{"type": "response.create"}"#,
            r#"{"type": "response.processed", "input": []}"#,
            r#"{"type": "response.create", "input": [], "input": []}"#,
            r#"{"type": "response.create", "input": [], "type": "x"}"#,
            r#"{"type": "response.create", "input": [], "previous_response_id": 1}"#,
            r#"{"type": "response.create", "input": [], "previous_response_id": "a", "previous_response_id": "b"}"#,
            r#"{"type": "response.create", "input": {}}"#,
            "[]",
        ] {
            assert!(with(message, |_| ()).is_none(), "{message}");
        }
        let none = r#"{"type": "response.create", "input": [], "previous_response_id": null}"#;
        let is_empty =
            |create: Create<'_>| create.previous().is_none() && create.items().is_empty();
        assert_eq!(with(none, is_empty), Some(true));
    }

    #[test]
    fn a_message_is_made_whole_and_edits_of_the_whole_are_made_in_it() {
        with(MESSAGE, |create| {
            assert_eq!(create.previous().as_deref(), Some("r1"));
            let whole = create.whole(MESSAGE.as_bytes(), br#"{"p": 0},8"#, false).unwrap();
            let body = String::from_utf8(whole.body.clone()).unwrap();
            assert_eq!(
                body,
                r#"{"type": "response.create", "tools": [1], "previous_response_id": null, "input": [{"p": 0},8, {"a": 1}, 2 ], "max_output_tokens": 9}"#
            );
            let mut edits = Edits::default();
            for (old, new) in [("[1", "[7"), ("8", "6"), (r#"{"a": 1}"#, "A"), ("9}", "1}")] {
                let start = body.rfind(old).unwrap();
                edits.replace(start..start + old.len(), new);
            }
            let moved = edits.moved(|range| whole.place.in_message(range));
            let sent = moved.apply(MESSAGE.as_bytes()).unwrap();
            assert_eq!(
                String::from_utf8(sent).unwrap(),
                r#"{"type": "response.create", "tools": [7], "previous_response_id": "r1", "input": [ A, 2 ], "max_output_tokens": 1}"#
            );
        })
        .unwrap();
    }

    #[test]
    fn a_text_is_one_message() {
        let message = r#"{"type":"response.create","input":"hi","previous_response_id":"r"}"#;
        with(message, |create| {
            assert_eq!(create.items(), br#"{"role":"user","content":"hi"}"#);
            let whole = create.whole(message.as_bytes(), b"1", true).unwrap();
            assert_eq!(
                String::from_utf8(whole.body).unwrap(),
                r#"{"type":"response.create","input":[1,{"role":"user","content":"hi"}],"previous_response_id":"r"}"#
            );
        })
        .unwrap();
    }

    #[test]
    fn the_next_round_has_the_results_alone() {
        with(MESSAGE, |create| {
            let next = create.next(MESSAGE.as_bytes(), ("r2", b"3,4"), Some(5)).unwrap();
            assert_eq!(
                String::from_utf8(next).unwrap(),
                r#"{"type": "response.create", "tools": [1], "previous_response_id": "r2", "input": [3,4], "max_output_tokens": 5}"#
            );
        })
        .unwrap();
        let first = r#"{"type":"response.create","input":[]}"#;
        let next =
            with(first, |create| create.next(first.as_bytes(), ("r", b"1"), Some(5)).unwrap());
        assert_eq!(
            String::from_utf8(next.unwrap()).unwrap(),
            r#"{"type":"response.create","input":[1],"previous_response_id":"r"}"#
        );
    }

    #[test]
    fn events() {
        let last = |has_succeeded| Event::Last {
            id: Some("r".into()),
            has_succeeded,
            output: b"{\"a\": 1},2".to_vec(),
        };
        for (data, expected) in [
            (
                r#"{"type":"response.output_item.done","item":{"x": 1}}"#,
                Event::Item(b"{\"x\": 1}".to_vec()),
            ),
            (
                r#"{"type":"response.completed","response":{"id":"r","output":[{"a": 1}, 2]}}"#,
                last(true),
            ),
            (
                r#"{"type":"response.failed","response":{"id":"r","output":[{"a": 1}, 2]}}"#,
                last(false),
            ),
            (
                r#"{"type":"error","status":429,"headers":{"retry-after":"7"},"error":{}}"#,
                Event::Error { status: Some(429), retry_after: Some(7) },
            ),
            (
                r#"{"type":"error","message":"no"}"#,
                Event::Error { status: None, retry_after: None },
            ),
            (r#"{"type":"response.output_text.delta","delta":"response.completed"}"#, Event::Other),
            (r#"{"type":"response.completed""#, Event::Other),
        ] {
            assert_eq!(event(data.as_bytes()), expected, "{data}");
        }
        assert_eq!(
            event(&error(503, "overloaded", "later")),
            Event::Error { status: Some(503), retry_after: None }
        );
    }

    #[test]
    fn a_response_is_called_as_the_provider_calls_it() {
        let processed = br#"{"type":"response.processed","response_id":"r1"}"#;
        let expected = br#"{"type":"response.processed","response_id":"r9"}"#;
        assert_eq!(renamed(processed, "r1", "r9").as_deref(), Some(&expected[..]));
        assert_eq!(renamed(processed, "r", "r9"), None);
        assert_eq!(renamed(b"r1", "r1", "r9"), None);
    }
}
