//! Reversible forms: each an encoder that proposes and a decoder that gives back, a file per form.
//!
//! An encoder may be wrong: the frame decodes what it proposes and compares. A decoder reads what
//! anybody wrote, so it is bounded and never trusts a count.

mod json;
mod numbers;
mod paths;
mod repeats;
mod rows;
mod search;

use std::borrow::Cow;

use crate::envelope::Envelope;
use crate::frame::BYTE_ORDER_MARK;

pub(crate) use json::JsonTables;
pub(crate) use numbers::Numbers;
pub(crate) use paths::Paths;
pub(crate) use repeats::Repeats;
pub(crate) use rows::Rows;
pub(crate) use search::{Search, a_match};

/// A text in another notation, without the envelope.
pub(crate) struct Encoded {
    /// What the decoder needs beside the body; goes into the envelope.
    pub details: String,
    /// How a reader reads the body.
    pub hint: Cow<'static, str>,
    /// The lines of the body, without the last line end.
    pub body: String,
}

/// One reversible notation.
pub(crate) trait Form: Sync {
    /// Its name in the envelope, and in the report of what was done.
    fn name(&self) -> &'static str;
    /// The version of the notation.
    fn version(&self) -> u32;
    /// What of the lines no longer stands as it was, so that it may not be found; nothing where every
    /// line does.
    fn takes_apart(&self) -> Option<&'static str> {
        None
    }
    /// `text`, which doesn't end in a line end, in this notation; `None` where it doesn't apply.
    fn encode(&self, text: &str) -> Option<Encoded>;
    /// The text that `body` was made from.
    fn decode(&self, details: &str, body: &str, room: &mut Room) -> Result<String, ExpandError>;
}

/// The forms, by the names in their envelopes.
static FORMS: [&dyn Form; 6] = [
    &JsonTables,
    &Numbers,
    &Paths,
    &Repeats,
    &Rows { columns: false, whole: false, named: &[] },
    &Search,
];

/// Why a text could not be expanded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExpandError {
    /// The envelope names a form or a version that this program doesn't know.
    #[error("line {line}: unknown form {form}/{version}")]
    Unknown {
        /// The line of the envelope, from 1.
        line: usize,
        /// The form it names.
        form: String,
        /// Its version.
        version: u32,
    },
    /// The text ends before the lines that the envelope counts.
    #[error("line {line}: the text ends before the {expected} lines that belong to it")]
    Cut {
        /// The line of the envelope, from 1.
        line: usize,
        /// The lines that it counts.
        expected: usize,
    },
    /// The lines are not of the form.
    #[error("not a valid {form} form: {what}")]
    Malformed {
        /// The form.
        form: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
    /// What it stands for is out of proportion to what is written.
    #[error("expands to more than {limit} bytes")]
    TooLarge {
        /// The most that the text may expand to.
        limit: usize,
    },
}

/// How many bytes may still be written: a few written lines can stand for gigabytes.
#[derive(Debug)]
pub(crate) struct Room {
    limit: usize,
    left: usize,
}

impl Room {
    /// Room for what `text` may expand to.
    pub(crate) fn of(text: &str) -> Self {
        let limit = text.len().saturating_mul(256).saturating_add(1 << 16);
        Self { limit, left: limit }
    }

    /// Takes `bytes` of it.
    pub(crate) fn take(&mut self, bytes: usize) -> Result<(), ExpandError> {
        self.left =
            self.left.checked_sub(bytes).ok_or(ExpandError::TooLarge { limit: self.limit })?;
        Ok(())
    }
}

/// `text` in `form`, with its envelope, if that is shorter in bytes. Whether it gives `text` back is
/// for [`gives_back`] to say.
pub(crate) fn propose(form: &dyn Form, text: &str) -> Option<String> {
    let inner = text.strip_suffix('\n').unwrap_or(text);
    let Encoded { details, hint, mut body } = form.encode(inner)?;
    let lines = memchr::memchr_iter(b'\n', body.as_bytes()).count() + 1;
    let envelope = Envelope {
        form: form.name(),
        version: form.version(),
        details: &details,
        lines,
        hint: &hint,
    };
    let envelope = format!("{envelope}\n");
    body.reserve(envelope.len() + text.len() - inner.len());
    body.insert_str(0, &envelope);
    body.push_str(&text[inner.len()..]);
    (body.len() < text.len()).then_some(body)
}

/// What is [proposed](propose) for `text`, if it gives `text` back.
pub(crate) fn proposed(form: &dyn Form, text: &str) -> Option<String> {
    propose(form, text).filter(|proposed| gives_back(proposed, text))
}

/// Whether what was proposed for `text` stands for it, byte for byte.
pub(crate) fn gives_back(proposed: &str, text: &str) -> bool {
    expand(proposed).as_deref() == Ok(text)
}

/// The text that `text` was before any of its parts were put into a reversible form. What isn't in
/// such a form stays as it is, markers included.
///
/// # Errors
/// Where a line has the shape of a form's first line and what follows isn't of that form.
pub fn expand(text: &str) -> Result<String, ExpandError> {
    match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(body) => Ok(format!("{BYTE_ORDER_MARK}{}", expand_lines(body)?)),
        None => expand_lines(text),
    }
}

fn expand_lines(text: &str) -> Result<String, ExpandError> {
    let mut out = String::new();
    let mut room = Room::of(text);
    let (mut rest, mut line) = (text, 1);
    while !rest.is_empty() {
        let (first, after) = split_lines(rest, 1);
        let Some(envelope) = Envelope::parse(first.trim_end_matches('\n')) else {
            out.push_str(first);
            (rest, line) = (after, line + 1);
            continue;
        };
        let form = FORMS
            .iter()
            .find(|form| form.name() == envelope.form && form.version() == envelope.version)
            .ok_or_else(|| ExpandError::Unknown {
                line,
                form: envelope.form.to_owned(),
                version: envelope.version,
            })?;
        let (body, after) = split_lines(after, envelope.lines);
        let inner = body.strip_suffix('\n').unwrap_or(body);
        if first.len() == rest.len()
            || memchr::memchr_iter(b'\n', inner.as_bytes()).count() + 1 != envelope.lines
        {
            return Err(ExpandError::Cut { line, expected: envelope.lines });
        }
        let decoded = form.decode(envelope.details, inner, &mut room)?;
        match out.is_empty() {
            true => out = decoded,
            false => out.push_str(&decoded),
        }
        out.push_str(&body[inner.len()..]);
        (rest, line) = (after, line + 1 + envelope.lines);
    }
    Ok(out)
}

/// The first `count` lines of `text` with their line ends, and the rest.
fn split_lines(text: &str, count: usize) -> (&str, &str) {
    let end = memchr::memchr_iter(b'\n', text.as_bytes()).nth(count.saturating_sub(1));
    text.split_at(end.map_or(text.len(), |i| i + 1))
}

/// The directory of a path, with its last slash.
fn directory(path: &str) -> &str {
    &path[..memchr::memrchr(b'/', path.as_bytes()).map_or(0, |i| i + 1)]
}

/// The directory that all of `paths` begin with, with its last slash; `None` if there are none.
fn shared_directory<'p>(mut paths: impl Iterator<Item = &'p str>) -> Option<&'p str> {
    let mut shared = directory(paths.next()?);
    for path in paths {
        while !path.starts_with(shared) {
            shared = directory(&shared[..shared.len() - 1]);
        }
    }
    Some(shared)
}
