//! The hook's response after a tool has run: the tool's result, compressed, in the tool's own shape.
//!
//! Start at [`Replacer::replace`]. The result is compressed as the proxy would compress it in a request
//! that holds what the model has seen; whatever isn't understood stays as it is.
//!
//! - `shape`: where the texts of a tool's result are, and how others are put in their place
//! - `transcript`: what the model has seen before
//! - `original_files`: how the model reads what was left out
//! - `counters`: what hooks have saved

mod counters;
mod original_files;
mod shape;
mod transcript;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blob_store::Originals;
use llm_api::MESSAGES;
use llm_api::retrieval::{is_original_file, is_retrieval};
use llm_proxy::{CompressedResult, Limits, ResultCompressor};
use serde_json::{Value, json};
use tokens::Encoding;

pub(crate) use counters::{Counters, Saved};
use original_files::ResultFolder;
use shape::{Shape, Texts};

/// The largest output of a command that is read from the file where the agent has put it, in bytes. By
/// hand: more takes longer than anybody wants to wait for a tool.
const LARGEST_SPILLED: u64 = 4 << 20;
/// The beginning of such an output that the agent shows by itself, in bytes.
const SPILLED_PREVIEW: usize = 2000;
/// The most tokens that such an output becomes. By hand: about twice what the beginning takes that is
/// shown otherwise, for all of it.
const SPILLED_TOKENS: usize = 1200;
/// Shorter results, in bytes, are left alone before anything is read, as in the proxy.
const SHORTEST: usize = 200;
/// Results must get at least this much smaller, in percent of the tokens. By hand, as in `compress`.
const LEAST_SAVING: usize = 5;

/// Who hands results over, and in which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    /// Claude Code, in the shapes of its tools.
    Claude,
    /// GitHub Copilot CLI, which hands over a text under names of its own.
    Copilot,
    /// A plugin of ours: a text, or a list of parts.
    Plugin,
}

impl Client {
    /// That of the agent called `id`.
    pub(crate) fn of(id: &str) -> Self {
        match id {
            "claude" => Self::Claude,
            "copilot" => Self::Copilot,
            _ => Self::Plugin,
        }
    }

    /// A call that this client hands over, under the names of Claude Code.
    fn named_alike(self, call: &Value) -> Cow<'_, Value> {
        if self != Self::Copilot {
            return Cow::Borrowed(call);
        }
        let result = &call["toolResult"];
        Cow::Owned(json!({
            "tool_name": call["toolName"],
            // It hands over no id; there is one result to a request here.
            "tool_use_id": "call",
            "tool_input": call["toolArgs"],
            "tool_response": result["textResultForLlm"],
            "is_error": result["resultType"] == "failure",
        }))
    }

    /// The hook's answer: `updated` in place of the result of `call`.
    fn answer(self, call: &Value, updated: Value) -> Value {
        if self != Self::Copilot {
            return json!({ "hookSpecificOutput": {
                "hookEventName": "PostToolUse",
                "updatedToolOutput": updated,
            }});
        }
        let mut result = call["toolResult"].clone();
        result["textResultForLlm"] = updated;
        json!({ "modifiedResult": result })
    }
}

/// Compresses results.
pub(crate) struct Replacer {
    compressor: ResultCompressor,
    originals: Option<Arc<Originals>>,
}

/// The response for a result.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Replaced {
    /// The hook's answer; `None` if the result stays.
    pub(crate) answer: Option<Value>,
    /// What it saves.
    pub(crate) saved: Saved,
}

impl Replacer {
    /// One that stores originals in `originals`, without which nothing is omitted, and works within
    /// `limits`.
    pub(crate) fn new(originals: Option<Arc<Originals>>, limits: Limits) -> Option<Self> {
        let compressor = ResultCompressor::new(originals.clone(), limits).ok()?;
        Some(Self { compressor, originals })
    }

    /// The result of the tool in `call`, a hook's input, compressed; `None` for a result that isn't
    /// known or is none of ours to change.
    pub(crate) fn replace(&self, given: &Value, client: Client) -> Option<Replaced> {
        let call = &*client.named_alike(given);
        let tool = call["tool_name"].as_str()?;
        let response = call.get("tool_response")?;
        if is_retrieval(tool) || is_of_ours(call) {
            return None;
        }
        let shape = match client {
            Client::Claude => Shape::of(tool, response)?,
            Client::Copilot | Client::Plugin => Shape::of_parts(response)?,
        };
        let texts = shape.texts(response)?;
        if texts.length() < SHORTEST {
            return None;
        }
        let seen = Seen::before(call);
        let (smaller, saved) = match &texts {
            Texts::Plain(texts) => self.compressed(call, &seen, texts, &Room::default()),
            Texts::Spilled { shown, path } => self.spilled(call, &seen, shown, path),
            Texts::File { content, first } => self.file(call, &seen, content, *first),
        }?;
        let answer = smaller
            .and_then(|smaller| shape.with(response, smaller))
            .map(|updated| client.answer(given, updated));
        let after = if answer.is_some() { saved.1 } else { saved.0 };
        let saved = Saved { tool: tool.to_owned(), before: saved.0, after };
        Some(Replaced { answer, saved })
    }

    /// Texts compressed, `None` if they stay, and their tokens before and after.
    fn compressed(
        &self,
        call: &Value,
        seen: &Seen,
        texts: &[String],
        room: &Room,
    ) -> Option<(Option<Smaller>, (usize, usize))> {
        if texts.iter().any(|text| compress::marker::contains(text)) {
            return None;
        }
        let body = seen.with_result(call, texts);
        // Elsewhere it retrieves originals by a command, which gives all of one.
        let reads_parts = ResultFolder::of(call).is_some();
        let mut found =
            self.compressor.compress(MESSAGES, body.as_bytes(), room.budget, reads_parts)?;
        let (before, mut after) = (found.report.before, found.report.after);
        if room.is_in_file {
            after -= without_head(&mut found.texts).min(after);
        }
        let sent = || found.texts.iter().flatten().map(String::as_str);
        // References have hashes too.
        let is_retrievable = found.is_retrievable && sent().any(|text| text.contains("hash="));
        let note = is_retrievable.then(|| self.note(call, seen, sent)).flatten();
        after += note.as_deref().map_or(0, |note| tokens::count(Encoding::default(), note));
        let is_smaller = after * 100 <= before * (100 - LEAST_SAVING);
        let smaller = is_smaller.then(|| Smaller::Texts(with_note(found, texts, note.as_deref())));
        Some((smaller, (before, after)))
    }

    /// What says how to read the originals that `texts` name, if that hasn't been said yet; they are put
    /// where it says.
    fn note<'t, T: Iterator<Item = &'t str>>(
        &self,
        call: &Value,
        seen: &Seen,
        texts: impl Fn() -> T,
    ) -> Option<String> {
        let folder = ResultFolder::of(call);
        let has_put = |folder: &ResultFolder| {
            self.originals.as_ref().is_some_and(|originals| folder.put(originals, texts()))
        };
        let Some(folder) = folder.filter(has_put) else {
            let note = original_files::BY_COMMAND;
            return (!seen.says(note)).then(|| note.to_owned());
        };
        let (note, short) = (folder.note(), ResultFolder::short_note());
        let is_known = seen.says_place(folder.path());
        let is_said = seen.says(&note) || is_known && seen.says(&short);
        (!is_said).then_some(if is_known { short } else { note })
    }

    /// An output that the agent has put into a file and shows the beginning of.
    fn spilled(
        &self,
        call: &Value,
        seen: &Seen,
        shown: &str,
        path: &Path,
    ) -> Option<(Option<Smaller>, (usize, usize))> {
        let text =
            private_fs::read_to_string(path, private_fs::Links::Follow, LARGEST_SPILLED).ok()?;
        let beginning = shown.get(..shown.floor_char_boundary(SPILLED_PREVIEW))?;
        if !text.trim_start().starts_with(beginning.trim()) {
            return None;
        }
        let without_hook = tokens::count(Encoding::default(), beginning);
        let room = Room { budget: Some(SPILLED_TOKENS), is_in_file: true };
        let (smaller, (_, after)) = self.compressed(call, seen, &[text], &room)?;
        let place = seen.place(path);
        let after = after + tokens::count(Encoding::default(), &place);
        let stays = (None, (without_hook, without_hook));
        let Some(Smaller::Texts(mut texts)) = smaller.filter(|_| after <= 2 * SPILLED_TOKENS)
        else {
            return Some(stays);
        };
        let text = texts.first_mut()?;
        end_line(text);
        text.push_str(&place);
        Some((Some(Smaller::Texts(texts)), (without_hook, after)))
    }

    /// A file, whose lines the agent numbers from `first`. In the middle of it nothing is replaced, so
    /// that the numbers stay right.
    fn file(
        &self,
        call: &Value,
        seen: &Seen,
        content: &str,
        first: u64,
    ) -> Option<(Option<Smaller>, (usize, usize))> {
        // Behind the last line end there is no line.
        let lines: Vec<&str> = content.strip_suffix('\n').unwrap_or(content).split('\n').collect();
        let mut numbered = String::with_capacity(content.len() + lines.len() * 6);
        for (number, line) in (first..).zip(&lines) {
            if number > first {
                numbered.push('\n');
            }
            let _ = write!(numbered, "{number}\t{line}");
        }
        let before = tokens::count(Encoding::default(), &numbered);
        let body = seen.with_result(call, std::slice::from_ref(&numbered));
        let Some(found) = self.compressor.refer_at_ends(MESSAGES, body.as_bytes()) else {
            return Some((None, (before, before)));
        };
        let count = |text: &str| memchr::memchr_iter(b'\n', text.as_bytes()).count();
        let replaced = count(numbered.get(..found.stays.start)?)
            + usize::from(found.stays.start == numbered.len() && found.before.is_some());
        let stays = match found.stays.is_empty() {
            true => &[][..],
            false => {
                let kept = count(&numbered[found.stays.clone()]) + 1;
                lines.get(replaced..replaced + kept)?
            }
        };
        let references = || found.before.iter().chain(&found.after).map(String::as_str);
        let is_retrievable = references().any(|line| line.contains("hash="));
        let note = is_retrievable.then(|| self.note(call, seen, references)).flatten();
        let ends = [found.before.as_deref(), found.after.as_deref(), note.as_deref()];
        let shown: Vec<&str> = ends[..1]
            .iter()
            .flatten()
            .chain(stays)
            .chain(ends[1..].iter().flatten())
            .copied()
            .collect();
        // The reference to the first lines has the number of the last of them.
        let first = first + (replaced as u64).saturating_sub(u64::from(found.before.is_some()));
        let after = tokens::count(Encoding::default(), &shown.join("\n")) + 2 * shown.len();
        let content = shown.join("\n");
        let smaller = Smaller::File { content, first, lines: shown.len() as u64 };
        let is_smaller = after * 100 <= before * (100 - LEAST_SAVING);
        Some((is_smaller.then_some(smaller), (before, after)))
    }
}

/// What a result may take.
#[derive(Debug, Clone, Copy, Default)]
struct Room {
    /// The most tokens, if there is a bound.
    budget: Option<usize>,
    /// Whether the agent keeps all of it in a file, which the model can read.
    is_in_file: bool,
}

/// Takes away the markers at the beginning of texts, which say what was left out of all of it: whoever can read the
/// whole needs no parts. Returns how many tokens that saves.
fn without_head(texts: &mut [Option<String>]) -> usize {
    let mut saved = 0;
    for text in texts.iter_mut().flatten() {
        let is_marker = |line: &&str| compress::marker::contains(line) && line.starts_with('[');
        let head: usize = text.split_inclusive('\n').take_while(is_marker).map(str::len).sum();
        saved += tokens::count(Encoding::default(), &text[..head]);
        text.drain(..head);
    }
    saved
}

/// What takes the place of a result's texts.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Smaller {
    Texts(Vec<String>),
    File {
        content: String,
        /// The number of its first line.
        first: u64,
        lines: u64,
    },
}

/// Whether a call retrieves an original, which is never compressed.
fn is_of_ours(call: &Value) -> bool {
    let input = &call["tool_input"];
    let command = input["command"].as_str().unwrap_or_default();
    let path = input["file_path"].as_str().unwrap_or_default();
    (command.contains("headroom") && command.contains("retrieve")) || is_original_file(path)
}

/// The texts of a result as compressed, with a note behind the last one that is.
fn with_note(found: CompressedResult, given: &[String], note: Option<&str>) -> Vec<String> {
    let changed = found.texts.iter().rposition(Option::is_some);
    let each = found.texts.into_iter().zip(given).enumerate().map(|(at, (text, given))| {
        let mut text = text.unwrap_or_else(|| given.clone());
        if let Some(note) = note.filter(|_| Some(at) == changed) {
            end_line(&mut text);
            text.push_str(note);
        }
        text
    });
    each.collect()
}

fn end_line(text: &mut String) {
    if !text.ends_with('\n') {
        text.push('\n');
    }
}

/// What the model has seen before a result.
struct Seen {
    /// Messages, as JSON with commas between them.
    messages: String,
}

impl Seen {
    /// What the transcript that `call` names says; nothing where it can't be read.
    fn before(call: &Value) -> Self {
        let messages = transcript_of(call).and_then(|path| {
            let id = call["tool_use_id"].as_str()?;
            transcript::messages_before(&path, id)
        });
        Self { messages: messages.unwrap_or_default() }
    }

    /// Whether the model was told this. In a transcript it is a part of a JSON string.
    fn says(&self, note: &str) -> bool {
        let quoted = Value::from(note).to_string();
        let inner = quoted.trim_matches('"');
        memchr::memmem::find(self.messages.as_bytes(), inner.as_bytes()).is_some()
    }

    /// Says where all of an output is that the agent has put into a file.
    fn place(&self, path: &Path) -> String {
        let name = path.file_name().map(|name| name.to_string_lossy());
        match (name, path.parent()) {
            (Some(name), Some(folder)) if self.says_place(folder) => {
                format!("[all of it: {name}{}]", original_files::SAME_FOLDER)
            }
            _ => format!("[all of it: {}]", path.display()),
        }
    }

    /// Whether the model was told of a whole output in `folder`.
    fn says_place(&self, folder: &Path) -> bool {
        self.says(&format!("[all of it: {}/", folder.display()))
    }

    /// A request that ends with the result of `call`: these texts.
    fn with_result(&self, call: &Value, texts: &[String]) -> String {
        let id = &call["tool_use_id"];
        let content = match texts {
            [text] => Value::from(text.as_str()),
            texts => texts.iter().map(|text| json!({"type": "text", "text": text})).collect(),
        };
        let made = json!({"role": "assistant", "content": [{
            "type": "tool_use", "id": id, "name": call["tool_name"], "input": call["tool_input"],
        }]});
        let result = json!({"role": "user", "content": [{
            "type": "tool_result", "tool_use_id": id, "content": content,
            "is_error": call["is_error"] == true,
        }]});
        let comma = if self.messages.is_empty() { "" } else { "," };
        format!("{{\"messages\":[{}{comma}{made},{result}]}}", self.messages)
    }
}

/// The transcript of the conversation that a call is in. A subagent's is beside that of its session.
fn transcript_of(call: &Value) -> Option<PathBuf> {
    let path = Path::new(call["transcript_path"].as_str()?);
    match call["agent_id"].as_str() {
        None => Some(path.to_owned()),
        Some(id) if id.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            Some(path.with_extension("").join("subagents").join(format!("agent-{id}.jsonl")))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests;
