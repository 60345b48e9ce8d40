//! Lossless codecs, one per file: an encoder that rewrites a text in a shorter notation, and the
//! decoder that restores it.
//!
//! An encoder may be wrong: the pipeline decodes what it proposes and compares. A decoder reads
//! untrusted text, so its output is bounded and it trusts no count that it read.

pub(crate) mod envelope;
mod json;
mod numbers;
mod paths;
mod repeats;
mod rows;
mod search;

use std::borrow::Cow;

use crate::header::Header;
use crate::pipeline::BYTE_ORDER_MARK;

pub(crate) use json::JsonTables;
pub(crate) use numbers::Numbers;
pub(crate) use paths::Paths;
pub(crate) use repeats::Repeats;
pub(crate) use rows::Rows;
pub(crate) use search::{Search, a_match};

/// An encoded text, without its header.
pub(crate) struct Encoded {
    /// The decoder's parameters, for the header.
    pub details: String,
    /// How a reader reads the body, for the header.
    pub hint: Cow<'static, str>,
    /// The encoded lines, without the last line end.
    pub body: String,
}

/// A lossless notation.
pub(crate) trait Codec: Sync {
    /// Its name in the header, and in [`Compressed::transforms`](crate::Compressed::transforms).
    fn name(&self) -> &'static str;
    /// The version of the notation.
    fn version(&self) -> u32;
    /// What the encoding rewrites inside lines, so that a reader may not recognise it and needs a
    /// retrieval reference; `None` if every line that is shown stands as it was.
    fn restructured(&self) -> Option<&'static str> {
        None
    }
    /// Encodes `text`, which doesn't end in a line end; `None` if the codec doesn't apply.
    fn encode(&self, text: &str) -> Option<Encoded>;
    /// Decodes `body`.
    fn decode(&self, details: &str, body: &str, room: &mut Room) -> Result<String, ExpandError>;
}

/// All codecs that [`expand`] knows.
static CODECS: [&dyn Codec; 6] = [
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
    /// The header names a codec or a version that this program doesn't know.
    #[error("line {line}: unknown codec {codec}/{version}")]
    Unknown {
        /// The line of the header, from 1.
        line: usize,
        /// The codec it names.
        codec: String,
        /// Its version.
        version: u32,
    },
    /// The text ends before the number of lines that the header declares.
    #[error("line {line}: the text ends before the {expected} lines that belong to it")]
    Truncated {
        /// The line of the header, from 1.
        line: usize,
        /// The number of lines it declares.
        expected: usize,
    },
    /// The lines are not valid in the codec's notation.
    #[error("invalid {codec} encoding: {what}")]
    Malformed {
        /// The codec.
        codec: &'static str,
        /// What is wrong.
        what: &'static str,
    },
    /// The decoded text would be out of proportion to the encoded one.
    #[error("expands to more than {limit} bytes")]
    TooLarge {
        /// The most that the text may expand to.
        limit: usize,
    },
}

/// How many bytes may still be decoded: without a bound, a few lines could expand to gigabytes.
#[derive(Debug)]
pub(crate) struct Room {
    limit: usize,
    left: usize,
}

impl Room {
    /// The bound for decoding `text`: 256 times its size and 64 KiB.
    pub(crate) fn of(text: &str) -> Self {
        let limit = text.len().saturating_mul(256).saturating_add(1 << 16);
        Self { limit, left: limit }
    }

    /// Reserves `bytes` of it.
    pub(crate) fn take(&mut self, bytes: usize) -> Result<(), ExpandError> {
        self.left =
            self.left.checked_sub(bytes).ok_or(ExpandError::TooLarge { limit: self.limit })?;
        Ok(())
    }
}

/// An encoding that saves fewer bytes of a thousand isn't counted: it hardly saves enough tokens. By
/// hand, not measured.
const LEAST_SAVING_PER_MILLE: usize = 5;

/// `text` encoded by `codec`, with its header, if that is shorter in bytes. Whether it decodes to
/// `text` has to be checked with [`round_trips`].
pub(crate) fn propose(codec: &dyn Codec, text: &str) -> Option<String> {
    let inner = text.strip_suffix('\n').unwrap_or(text);
    let Encoded { details, hint, mut body } = codec.encode(inner)?;
    let lines = memchr::memchr_iter(b'\n', body.as_bytes()).count() + 1;
    let header = Header {
        codec: codec.name(),
        version: codec.version(),
        details: &details,
        lines,
        hint: &hint,
    };
    let header = format!("{header}\n");
    body.reserve(header.len() + text.len() - inner.len());
    body.insert_str(0, &header);
    body.push_str(&text[inner.len()..]);
    (body.len() * 1000 < text.len() * (1000 - LEAST_SAVING_PER_MILLE)).then_some(body)
}

/// What is [proposed](propose) for `text`, if it decodes to `text`.
pub(crate) fn proposed(codec: &dyn Codec, text: &str) -> Option<String> {
    propose(codec, text).filter(|proposed| round_trips(proposed, text))
}

/// Whether `proposed` decodes to `text`, byte for byte.
pub(crate) fn round_trips(proposed: &str, text: &str) -> bool {
    expand(proposed).as_deref() == Ok(text)
}

/// Decodes all encoded chunks of `text`. Everything else stays as it is, markers included.
///
/// # Errors
/// If a line is a header, and the lines after it are not valid in the codec's notation.
pub fn expand(text: &str) -> Result<String, ExpandError> {
    match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(body) => Ok(format!("{BYTE_ORDER_MARK}{}", expand_enclosed(body, envelope::DEEPEST)?)),
        None => expand_enclosed(text, envelope::DEEPEST),
    }
}

/// [`expand`] of a text in at most `depth` envelopes, without a byte order mark.
fn expand_enclosed(text: &str, depth: usize) -> Result<String, ExpandError> {
    let Some((head, inner)) = envelope::split(text).filter(|_| depth > 0) else {
        return expand_lines(text);
    };
    let expanded = expand_enclosed(inner, depth - 1)?;
    let closed = envelope::close(head, &expanded)
        .ok_or(ExpandError::Malformed { codec: "envelope", what: "its head line" })?;
    // Escapes come on top of what the lines were expanded to.
    Room::of(text).take(closed.len())?;
    Ok(closed)
}

/// [`expand`] of lines that no envelope begins in.
pub(crate) fn expand_lines(text: &str) -> Result<String, ExpandError> {
    let mut out = String::new();
    let mut room = Room::of(text);
    let (mut rest, mut line) = (text, 1);
    while !rest.is_empty() {
        let (first, after) = split_lines(rest, 1);
        let Some(header) = Header::parse(first.trim_end_matches('\n')) else {
            out.push_str(first);
            (rest, line) = (after, line + 1);
            continue;
        };
        let codec = CODECS
            .iter()
            .find(|codec| codec.name() == header.codec && codec.version() == header.version)
            .ok_or_else(|| ExpandError::Unknown {
                line,
                codec: header.codec.to_owned(),
                version: header.version,
            })?;
        let (body, after) = split_lines(after, header.lines);
        let inner = body.strip_suffix('\n').unwrap_or(body);
        if first.len() == rest.len()
            || memchr::memchr_iter(b'\n', inner.as_bytes()).count() + 1 != header.lines
        {
            return Err(ExpandError::Truncated { line, expected: header.lines });
        }
        let decoded = codec.decode(header.details, inner, &mut room)?;
        match out.is_empty() {
            true => out = decoded,
            false => out.push_str(&decoded),
        }
        out.push_str(&body[inner.len()..]);
        (rest, line) = (after, line + 1 + header.lines);
    }
    Ok(out)
}

/// Splits `text` after its first `count` lines.
fn split_lines(text: &str, count: usize) -> (&str, &str) {
    let end = memchr::memchr_iter(b'\n', text.as_bytes()).nth(count.saturating_sub(1));
    text.split_at(end.map_or(text.len(), |i| i + 1))
}

/// The directory of a path, with its last slash.
fn directory(path: &str) -> &str {
    &path[..memchr::memrchr(b'/', path.as_bytes()).map_or(0, |i| i + 1)]
}

/// The common directory of `paths`, with its last slash; `None` if there are none.
fn shared_directory<'p>(mut paths: impl Iterator<Item = &'p str>) -> Option<&'p str> {
    let mut shared = directory(paths.next()?);
    for path in paths {
        while !path.starts_with(shared) {
            shared = directory(&shared[..shared.len() - 1]);
        }
    }
    Some(shared)
}
