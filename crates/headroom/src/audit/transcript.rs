//! What a transcript holds: conversations, and the requests that were made in them.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use agent_config::agent::{self, Agent, TranscriptFormat};
use llm_api::response::Usage;
use llm_api::{Api, MESSAGES, RESPONSES};
use serde::Deserialize as _;
use serde_json::Value;

use super::{claude, codex};

/// The longest line that is read, in bytes; longer ones are passed over.
const LONGEST_LINE: usize = 64 << 20;
/// Bytes of a conversation beyond which no provider would take it.
const MOST_BYTES: usize = 64 << 20;

/// The name of the agent that keeps transcripts of this format.
pub(crate) fn agent_name(format: TranscriptFormat) -> &'static str {
    let keeps =
        |agent: &&Agent| agent.transcripts.as_ref().is_some_and(|kept| kept.reader == format);
    agent::all().iter().find(keeps).map_or("another agent", |agent| &agent.name)
}

/// The API whose messages or items a transcript of this format holds.
pub(crate) fn api(format: TranscriptFormat) -> &'static dyn Api {
    match format {
        TranscriptFormat::ClaudeCode => MESSAGES,
        TranscriptFormat::Codex => RESPONSES,
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
    /// What it used, as the provider said then.
    pub(crate) usage: Option<Usage>,
}

impl Conversation {
    /// Adds an item; `false` if the conversation would be too long for any provider.
    pub(crate) fn push(&mut self, item: &Value) -> bool {
        let item = item.to_string();
        let fits = self.bytes + item.len() <= MOST_BYTES;
        if fits {
            self.bytes += item.len() + 1;
            self.items.push(item);
        }
        fits
    }

    /// Another end of this conversation, from item `at` on.
    pub(crate) fn fork(&self, at: usize) -> Self {
        let items = self.items[..at].to_vec();
        let bytes = items.iter().map(|item| item.len() + 1).sum();
        Self { items, shared: at, requests: Vec::new(), bytes }
    }
}

impl PassedOver {
    pub(crate) fn add(&mut self, other: Self) {
        self.broken += other.broken;
        self.too_long += other.too_long;
        self.odd += other.odd;
    }
}

/// Makes conversations of the lines of one format.
pub(crate) trait Reader {
    /// Takes a line; `false` if it is odd.
    fn line(&mut self, line: Value) -> bool;
    /// The conversations, when all lines are taken.
    fn conversations(self: Box<Self>) -> Vec<Conversation>;
}

/// Reads the transcript at `path`, whichever of the formats it has; `None` for neither.
///
/// # Errors
/// When the file can't be read.
pub(crate) fn read(path: &Path) -> io::Result<Option<(TranscriptFormat, Transcript)>> {
    let mut input = BufReader::new(File::open(path)?);
    let mut out = Transcript::default();
    let mut reader: Option<(TranscriptFormat, Box<dyn Reader>)> = None;
    while let Some(line) = next(&mut input)? {
        out.lines += 1;
        let Some(line) = line else {
            out.passed_over.too_long += 1;
            continue;
        };
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let Some(line) = parse(&line) else {
            out.passed_over.broken += 1;
            continue;
        };
        if reader.is_none() {
            reader = if codex::is_line(&line) {
                Some((
                    TranscriptFormat::Codex,
                    Box::new(codex::Rollout::default()) as Box<dyn Reader>,
                ))
            } else if claude::is_line(&line) {
                Some((TranscriptFormat::ClaudeCode, Box::new(claude::Session::default())))
            } else {
                None
            };
        }
        match &mut reader {
            Some((_, reader)) => out.passed_over.odd += usize::from(!reader.line(line)),
            None => out.passed_over.odd += 1,
        }
    }
    Ok(reader.map(|(format, reader)| {
        out.conversations = reader.conversations();
        (format, out)
    }))
}

/// A JSON object; deep nesting is refused by the parser.
fn parse(line: &[u8]) -> Option<Value> {
    let mut parser = serde_json::Deserializer::from_slice(line);
    let value = Value::deserialize(&mut parser).ok()?;
    parser.end().ok()?;
    value.is_object().then_some(value)
}

/// The next line: nothing at the end of the file, an empty one inside for a line that is too long.
fn next(input: &mut impl BufRead) -> io::Result<Option<Option<Vec<u8>>>> {
    let (mut line, mut length) = (Vec::new(), 0);
    loop {
        let part = input.fill_buf()?;
        if part.is_empty() {
            break;
        }
        let end = part.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(part.len(), |end| end + 1);
        length += taken;
        if length <= LONGEST_LINE {
            line.extend_from_slice(&part[..taken]);
        } else {
            line = Vec::new();
        }
        input.consume(taken);
        if end.is_some() {
            break;
        }
    }
    Ok((length > 0).then(|| (length <= LONGEST_LINE).then_some(line)))
}

/// The number at a member of an object; 0 where there is none.
pub(crate) fn number(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or(0)
}
