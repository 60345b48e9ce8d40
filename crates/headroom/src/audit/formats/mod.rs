//! The formats in which agents keep their sessions. A reader for each makes conversations of it; what
//! isn't understood is counted.
//!
//! | agent | file | what it is |
//! |---|---|---|
//! | Claude Code | `projects/*/*.jsonl` | a line for each message, or for each block of one; lines name their parents |
//! | Codex | `sessions/**/rollout-*.jsonl` | a line for each item of the Responses API, and events |
//! | Gemini CLI | `tmp/*/chats/session-*.json`, `.jsonl` | messages with their calls and results; the newer form is a log of changes |
//! | Qwen Code | `projects/*/chats/*.jsonl` | a line for each content of the Gemini API; lines name their parents |
//! | pi | `agent/sessions/*/*.jsonl` | a line for each message; lines name their parents |
//! | OpenCode | `storage/session/*/ses_*.json` | a file for each session, message and part of one |
//! | Cline | `tasks/*/api_conversation_history.json` | the messages of the Messages API |

mod branches;
mod claude;
mod cline;
mod codex;
mod gemini;
mod messages;
mod opencode;
mod pi;
mod qwen;

use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::Path;

use agent_config::agent::TranscriptFormat;
use serde_json::Value;

use super::lines::{self, Line, MAX_LINE_BYTES};
use super::transcript::{Conversation, Transcript};

/// Lines at the beginning of a file that may be of any format. By hand: a few are usual.
const MAX_UNDECIDED: usize = 100;

/// Makes conversations of the lines of one format.
trait Reader {
    /// Takes a line; `false` if it is odd.
    fn line(&mut self, line: Value) -> bool;
    /// The conversations, when all lines are taken.
    fn conversations(self: Box<Self>) -> Vec<Conversation>;
}

/// Whether a file in a folder of transcripts is one by its name.
pub(crate) fn is_transcript_name(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    match ending {
        "jsonl" => true,
        "json" => {
            stem.starts_with("session-") || stem.starts_with("ses_") || stem == cline::FILE_STEM
        }
        _ => false,
    }
}

/// Reads the transcript at `path`, whichever of the formats it has; `None` for none of them.
///
/// # Errors
/// When the file can't be read.
pub(crate) fn read(path: &Path) -> io::Result<Option<(TranscriptFormat, Transcript)>> {
    if path.extension().is_some_and(|ending| ending == "json") {
        return read_document(path);
    }
    read_lines(&mut BufReader::new(open(path)?))
}

pub(super) fn read_lines(
    input: &mut impl io::BufRead,
) -> io::Result<Option<(TranscriptFormat, Transcript)>> {
    let mut out = Transcript::default();
    let mut reader: Option<(TranscriptFormat, Box<dyn Reader>)> = None;
    let mut undecided = Vec::new();
    while let Some(line) = lines::next(input)? {
        out.lines += 1;
        let line = match line {
            Line::Object(line) => line,
            Line::Blank => continue,
            Line::Broken => {
                out.passed_over.broken += 1;
                continue;
            }
            // A transcript begins with shorter ones.
            Line::TooLong if reader.is_none() => return Ok(None),
            Line::TooLong => {
                out.passed_over.too_long += 1;
                lines::skip_rest(input)?;
                continue;
            }
        };
        if reader.is_none() {
            reader = reader_of(&line);
            if let Some((_, reader)) = &mut reader {
                for line in undecided.drain(..) {
                    out.passed_over.odd += usize::from(!reader.line(line));
                }
            }
        }
        match &mut reader {
            Some((_, reader)) => out.passed_over.odd += usize::from(!reader.line(line)),
            None if undecided.len() < MAX_UNDECIDED => undecided.push(line),
            None => return Ok(None),
        }
    }
    Ok(reader.map(|(format, reader)| {
        out.conversations = reader.conversations();
        (format, out)
    }))
}

/// The reader for a file that has this line; `None` if any may have it.
fn reader_of(line: &Value) -> Option<(TranscriptFormat, Box<dyn Reader>)> {
    Some(if codex::is_line(line) {
        (TranscriptFormat::Codex, Box::new(codex::Rollout::default()) as Box<dyn Reader>)
    } else if gemini::is_line(line) {
        (TranscriptFormat::Gemini, Box::new(gemini::Chat::default()))
    } else if qwen::is_line(line) {
        (TranscriptFormat::Qwen, Box::new(qwen::Session::default()))
    } else if pi::is_line(line) {
        (TranscriptFormat::Pi, Box::new(pi::Session::default()))
    } else if claude::is_line(line) {
        (TranscriptFormat::ClaudeCode, Box::new(claude::Session::default()))
    } else {
        return None;
    })
}

/// Reads a file that is one JSON document.
fn read_document(path: &Path) -> io::Result<Option<(TranscriptFormat, Transcript)>> {
    let Some(document) = json_file(path)? else { return Ok(None) };
    let found = if let Some(chat) = gemini::document(&document) {
        Some(chat)
    } else if let Some(conversations) = opencode::document(path, &document)? {
        Some((TranscriptFormat::OpenCode, conversations))
    } else {
        cline::document(path, &document)?
            .map(|conversations| (TranscriptFormat::Cline, conversations))
    };
    Ok(found.map(|(format, conversations)| {
        (format, Transcript { conversations, lines: 1, ..Transcript::default() })
    }))
}

/// Opens a file, or a pipe that somebody named; other things may have no end.
fn open(path: &Path) -> io::Result<File> {
    let kind = path.metadata()?.file_type();
    #[cfg(unix)]
    let may_end = kind.is_file() || std::os::unix::fs::FileTypeExt::is_fifo(&kind);
    #[cfg(not(unix))]
    let may_end = kind.is_file();
    match may_end {
        true => File::open(path),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "neither a file nor a pipe")),
    }
}

/// The JSON in a file; `None` if it is none, or is too long.
fn json_file(path: &Path) -> io::Result<Option<Value>> {
    let mut text = Vec::new();
    open(path)?.take(MAX_LINE_BYTES as u64 + 1).read_to_end(&mut text)?;
    Ok(if text.len() > MAX_LINE_BYTES { None } else { lines::value(&text) })
}
