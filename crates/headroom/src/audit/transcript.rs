//! What a transcript holds, whichever agent wrote it: conversations, and the requests that were made in
//! them.

use agent_config::agent::{self, Agent, TranscriptFormat};
use llm_api::response::Usage;
use llm_api::{Api, MESSAGES, RESPONSES};
use serde_json::Value;

/// Bytes of a conversation beyond which no provider would take it.
const MAX_BYTES: usize = 64 << 20;

/// The name of the agent that keeps transcripts of this format.
pub(crate) fn agent_name(format: TranscriptFormat) -> &'static str {
    let keeps =
        |agent: &&Agent| agent.transcripts.as_ref().is_some_and(|kept| kept.reader == format);
    agent::all().iter().find(keeps).map_or("another agent", |agent| &agent.name)
}

/// The API in whose shape the conversations of this format are replayed. Formats that hold neither of
/// the two are converted to the first.
pub(crate) fn api(format: TranscriptFormat) -> &'static dyn Api {
    match format {
        TranscriptFormat::Codex => RESPONSES,
        _ => MESSAGES,
    }
}

/// A transcript that was read.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    pub(crate) conversations: Vec<Conversation>,
    pub(crate) lines: usize,
    pub(crate) passed_over: PassedOver,
}

/// Lines that nothing was made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct PassedOver {
    /// They aren't JSON objects: cut off, or something else.
    pub(crate) broken: usize,
    /// They are longer than any an agent writes.
    pub(crate) too_long: usize,
    /// They have the name of something that is understood, and not its shape.
    pub(crate) odd: usize,
}

impl PassedOver {
    pub(crate) fn add(&mut self, other: Self) {
        self.broken += other.broken;
        self.too_long += other.too_long;
        self.odd += other.odd;
    }
}

/// What the model was sent, message by message, and when.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conversation {
    /// Messages or items in the API's shape, as JSON.
    pub(crate) items: Vec<String>,
    /// How many of them were in an earlier conversation already, of which this is another end.
    pub(crate) shared: usize,
    pub(crate) requests: Vec<Request>,
    bytes: usize,
}

/// A request that the agent made.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Request {
    /// How many of the items it held.
    pub(crate) items: usize,
    pub(crate) model: Option<String>,
    /// What it used, as the provider reported then.
    pub(crate) usage: Option<Usage>,
    /// What identifies it in every transcript that holds a copy of it, where there is such a thing.
    pub(crate) id: Option<Box<str>>,
    /// When it was answered, in seconds since 1970.
    pub(crate) at: Option<u64>,
}

impl Conversation {
    /// Adds an item; `false` if the conversation would be too long for any provider.
    pub(crate) fn push(&mut self, item: &Value) -> bool {
        let item = item.to_string();
        let fits = self.bytes + item.len() <= MAX_BYTES;
        if fits {
            self.bytes += item.len() + 1;
            self.items.push(item);
        }
        fits
    }

    /// Adds content blocks to the message at `at`; `false` if that isn't possible.
    pub(crate) fn extend(&mut self, at: usize, blocks: &[Value]) -> bool {
        let Some(item) = self.items.get_mut(at) else { return false };
        let Ok(mut message) = serde_json::from_str::<Value>(item) else { return false };
        let Some(content) = message["content"].as_array_mut() else { return false };
        content.extend_from_slice(blocks);
        let longer = message.to_string();
        let bytes = self.bytes - item.len() + longer.len();
        let fits = bytes <= MAX_BYTES;
        if fits {
            *item = longer;
            self.bytes = bytes;
        }
        fits
    }

    /// Another end of this conversation, from item `at` on.
    pub(crate) fn fork(&self, at: usize) -> Self {
        let items = self.items[..at.min(self.items.len())].to_vec();
        let bytes = items.iter().map(|item| item.len() + 1).sum();
        Self { shared: items.len(), items, requests: Vec::new(), bytes }
    }
}

/// The number at a member of an object; 0 where there is none.
pub(crate) fn number(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or(0)
}

/// The text at a member of an object; empty where there is none.
pub(crate) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A time in RFC 3339, in seconds since 1970.
pub(crate) fn seconds(time: &str) -> Option<u64> {
    let time = humantime::parse_rfc3339_weak(time).ok()?;
    Some(time.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs())
}
