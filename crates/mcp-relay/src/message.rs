//! The messages of JSON-RPC, as far as a relay has to understand them: what kind of message it is, and
//! which request it belongs to.

use std::borrow::Cow;

use json_index::{Index, Kind, Value, scan};
use llm_api::splice::quote;

/// The id of a request, or the token of its progress: a string or a number, as JSON. A string has no more
/// escapes than it needs, and a whole number no fraction and no exponent, so that ids are the same whoever
/// wrote them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(String);

impl Id {
    /// `None` for what is no id, such as `null`.
    pub(crate) fn read(value: Value<'_>) -> Option<Self> {
        match value.kind() {
            Kind::Number => std::str::from_utf8(value.raw()).ok().map(|raw| Self(number(raw))),
            // A lone surrogate in it stays as it is written.
            Kind::String => match value.text() {
                Some(text) => Some(Self::text(&text)),
                None => std::str::from_utf8(value.raw()).ok().map(|raw| Self(raw.to_owned())),
            },
            _ => None,
        }
    }

    /// The id that is this string.
    pub(crate) fn text(text: &str) -> Self {
        Self(String::from_utf8_lossy(&quote(text)).into_owned())
    }

    /// As it stands in a message.
    pub fn as_json(&self) -> &str {
        &self.0
    }
}

/// A number as programs write it that keep numbers as doubles: `1.0` and `1e0` as `1`.
fn number(raw: &str) -> String {
    /// Whole numbers up to here are exact as doubles.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match raw.parse::<f64>() {
        Ok(value) if value.fract() == 0.0 && value.abs() < EXACT => format!("{value:.0}"),
        _ => raw.to_owned(),
    }
}

/// A message, or several in a batch.
#[derive(Debug)]
pub(crate) enum Message<'t> {
    /// Something is asked, and a response is expected.
    Request {
        /// The id that the response has.
        id: Id,
        /// What is asked.
        method: Cow<'t, str>,
    },
    /// Something is said.
    Notification {
        /// What it is about.
        method: Cow<'t, str>,
    },
    /// The result of a request, or its error.
    Response {
        /// The id of the request.
        id: Id,
    },
    /// Messages in an array, as protocol version 2025-03-26 has them.
    Batch,
    /// None of these: it is somebody else's to complain.
    Unknown,
}

impl<'t> Message<'t> {
    /// What `value` is.
    pub(crate) fn of(value: Value<'t>) -> Self {
        if value.kind() == Kind::Array {
            return Self::Batch;
        }
        let method = value.get("method").and_then(Value::text);
        match (value.get("id"), method) {
            (Some(id), Some(method)) => {
                Id::read(id).map_or(Self::Unknown, |id| Self::Request { id, method })
            }
            (None, Some(method)) => Self::Notification { method },
            (Some(id), None) => Id::read(id).map_or(Self::Unknown, |id| Self::Response { id }),
            (None, None) => Self::Unknown,
        }
    }
}

/// The index of a line; `None` where it isn't JSON, or too much of it.
pub(crate) fn index(line: &[u8]) -> Option<Index<'_>> {
    scan(line).ok()
}

/// The value behind `names`, one within the other.
pub(crate) fn at<'t>(value: Value<'t>, names: &[&str]) -> Option<Value<'t>> {
    names.iter().try_fold(value, |value, name| value.get(name))
}

/// The text of the string behind `names`.
pub(crate) fn text_at<'t>(value: Value<'t>, names: &[&str]) -> Option<Cow<'t, str>> {
    at(value, names).and_then(Value::text)
}

/// A value as it is written.
pub(crate) fn raw(value: Value<'_>) -> String {
    String::from_utf8_lossy(value.raw()).into_owned()
}

/// A response with this result.
pub(crate) fn response(id: &Id, result: &str) -> Vec<u8> {
    format!(r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#, id.0).into_bytes()
}

/// A response with this error, an object.
pub(crate) fn failure(id: &Id, error: &str) -> Vec<u8> {
    format!(r#"{{"jsonrpc":"2.0","id":{},"error":{error}}}"#, id.0).into_bytes()
}

/// An error as an object.
pub(crate) fn error(code: ErrorCode, message: &str) -> String {
    format!(r#"{{"code":{},"message":{}}}"#, code as i32, json_string(message))
}

/// A request of the relay itself.
pub(crate) fn request(id: &Id, method: &str, params: &str) -> Vec<u8> {
    format!(r#"{{"jsonrpc":"2.0","id":{},"method":"{method}","params":{params}}}"#, id.0)
        .into_bytes()
}

/// `text` as a JSON string.
pub(crate) fn json_string(text: &str) -> String {
    String::from_utf8_lossy(&quote(text)).into_owned()
}

/// The codes of JSON-RPC that a relay uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorCode {
    /// The message isn't JSON.
    Parse = -32700,
    /// The parameters are wrong, such as the name of a tool.
    InvalidParams = -32602,
    /// Nobody knows the method.
    MethodNotFound = -32601,
    /// The connection is closed, as MCP's SDKs have it.
    ConnectionClosed = -32000,
}

/// What a transport has to know of what a client sends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Survey {
    /// The ids of its requests, in their order.
    pub(crate) requests: Vec<Id>,
    /// The tokens under which their progress is reported.
    pub(crate) progress: Vec<Id>,
    /// Whether it begins a session.
    pub(crate) is_initialize: bool,
}

impl Survey {
    /// Surveys a message or a batch; `None` if it isn't JSON.
    pub(crate) fn of(line: &[u8]) -> Option<Self> {
        let index = index(line)?;
        let mut survey = Self::default();
        let root = index.root();
        match root.kind() {
            Kind::Array => root.items().for_each(|message| survey.add(message)),
            _ => survey.add(root),
        }
        Some(survey)
    }

    fn add(&mut self, message: Value<'_>) {
        if let Message::Request { id, method } = Message::of(message) {
            self.requests.push(id);
            self.is_initialize |= method == "initialize";
            self.progress.extend(progress_token(message));
        }
    }
}

/// The token under which the progress of a request is reported.
pub(crate) fn progress_token(request: Value<'_>) -> Option<Id> {
    at(request, &["params", "_meta", "progressToken"]).and_then(Id::read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(line: &str) -> String {
        let index = index(line.as_bytes()).unwrap();
        format!("{:?}", Message::of(index.root()))
    }

    #[test]
    fn messages_are_told_apart() {
        assert!(kind(r#"{"id":1,"method":"a"}"#).starts_with("Request"));
        assert!(kind(r#"{"method":"a","params":{}}"#).starts_with("Notification"));
        assert!(kind(r#"{"id":"x","result":{}}"#).starts_with("Response"));
        assert!(kind(r#"{"id":"x","error":{}}"#).starts_with("Response"));
        assert!(kind("[]").starts_with("Batch"));
        for odd in ["1", "{}", r#"{"id":null,"error":{}}"#, r#"{"id":[],"method":"a"}"#] {
            assert_eq!(kind(odd), "Unknown", "{odd}");
        }
    }

    #[test]
    fn an_id_is_the_same_however_it_is_written() {
        let ids = index(br#"["a\u0062", "ab", 1, "1", 1.0, 10e-1, 12345678901234567890]"#).unwrap();
        let ids: Vec<_> = ids.root().items().map(|id| Id::read(id).unwrap()).collect();
        assert_eq!(ids[0], ids[1]);
        assert_ne!(ids[2], ids[3]);
        assert!(ids[4] == ids[2] && ids[5] == ids[2]);
        assert_eq!(ids[6].as_json(), "12345678901234567890");
    }

    #[test]
    fn a_survey_names_the_requests_of_a_batch() {
        let batch = br#"[{"id":1,"method":"a","params":{"_meta":{"progressToken":"p"}}},
            {"method":"b"},{"id":"2","method":"c"},{"id":3,"result":{}}]"#;
        let survey = Survey::of(batch).unwrap();
        assert_eq!(survey.requests.iter().map(Id::as_json).collect::<Vec<_>>(), ["1", "\"2\""]);
        assert_eq!(survey.progress, [Id::text("p")]);
        assert!(!survey.is_initialize);
        assert!(Survey::of(b"{").is_none());
    }
}
