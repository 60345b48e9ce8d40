//! Pure edits of config texts: one entry put in, replaced or taken out, every other byte as it was.
//!
//! A text is parsed only to learn where things are; the edit itself is a list of splices. What an
//! edit writes follows what is there: indentation, line ends, trailing commas, one line or many.
//! After each edit the new text is parsed again and must hold what was asked for.
//!
//! An entry's place is a [`Slot`]: the member of an object by its name, or the element of an array
//! that a test picks out, with the keys that lead there.

mod jsonc;
mod toml;

use std::ops::Range;

use serde::Deserialize;
use serde_json::Value;

/// The language of a config file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// JSON, with or without comments and trailing commas.
    Jsonc,
    /// TOML.
    Toml,
}

/// Where an entry is, or would be.
#[derive(Debug, Clone)]
pub struct Slot<'a> {
    /// The keys that lead from the top to the container of the entry.
    pub path: Vec<&'a str>,
    /// Which entry of that container.
    pub entry: Entry<'a>,
}

/// One entry of a container.
#[derive(Debug, Clone, Copy)]
pub enum Entry<'a> {
    /// The member of an object that has this name.
    Member(&'a str),
    /// The first element of an array that passes this test. (JSONC only.)
    Element(fn(&Value) -> bool),
}

/// Why a text was left alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text isn't in its language.
    #[error("line {line}: {message}")]
    Broken {
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// Something else is where a container is needed.
    #[error("`{place}` is not {wanted}")]
    OtherShape {
        /// The keys that lead there, with dots between them.
        place: String,
        /// What is needed there.
        wanted: &'static str,
    },
    /// The edited text doesn't hold what it should: a fault of this crate.
    #[error("the file can't be edited without changing the rest of it")]
    NoSafeEdit,
}

/// One change of a text: `range` of it replaced by `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Splice {
    range: Range<usize>,
    text: String,
}

impl Splice {
    fn insert(at: usize, text: String) -> Self {
        Self { range: at..at, text }
    }

    fn delete(range: Range<usize>) -> Self {
        Self { range, text: String::new() }
    }
}

/// `text` with `splices`, which don't overlap, applied.
fn apply(text: &str, mut splices: Vec<Splice>) -> String {
    splices.sort_by_key(|splice| splice.range.start);
    let mut edited = String::with_capacity(text.len() + 256);
    let mut done = 0;
    for splice in splices {
        edited.push_str(&text[done..splice.range.start]);
        edited.push_str(&splice.text);
        done = splice.range.end;
    }
    edited.push_str(&text[done..]);
    edited
}

/// The value of the entry at `slot`, if there is one.
///
/// # Errors
/// [`EditError::Broken`], and [`EditError::OtherShape`] if the keys of the slot lead to something that
/// can't hold the entry.
pub fn find(format: Format, text: &str, slot: &Slot<'_>) -> Result<Option<Value>, EditError> {
    match format {
        Format::Jsonc => jsonc::find(text, slot),
        Format::Toml => toml::find(text, slot),
    }
}

/// `text` with `value` as the entry at `slot`: in place of the entry that is there, else after the
/// container's last one. Containers that aren't there are made.
///
/// # Errors
/// As [`find`], and [`EditError::NoSafeEdit`].
pub fn put(
    format: Format,
    text: &str,
    slot: &Slot<'_>,
    value: &Value,
) -> Result<String, EditError> {
    let edited = match format {
        Format::Jsonc => jsonc::put(text, slot, value),
        Format::Toml => toml::put(text, slot, value),
    }?;
    match find(format, &edited, slot) {
        Ok(Some(found)) if found == *value => Ok(edited),
        _ => Err(EditError::NoSafeEdit),
    }
}

/// `text` without the entry at `slot`, and without the containers that this leaves empty, of which the
/// outermost `kept` stay (1 is the document's own object; see [`depth`]).
///
/// # Errors
/// As [`find`], and [`EditError::NoSafeEdit`].
pub fn take(format: Format, text: &str, slot: &Slot<'_>, kept: usize) -> Result<String, EditError> {
    let edited = match format {
        Format::Jsonc => jsonc::take(text, slot, kept),
        Format::Toml => toml::take(text, slot),
    }?;
    match (find(format, text, slot)?, find(format, &edited, slot)) {
        (Some(_), Ok(None)) | (None, Ok(_)) => Ok(edited),
        // Two entries with one name: the other one comes to light.
        (Some(_), Ok(Some(_))) if edited.len() < text.len() => Ok(edited),
        _ => Err(EditError::NoSafeEdit),
    }
}

/// How many of the containers that lead to `slot` are in `text`: 0 if the text holds no value at all, 1
/// if it is an object, 2 if that has the first key of the slot, and so on.
///
/// # Errors
/// [`EditError::Broken`].
pub fn depth(format: Format, text: &str, slot: &Slot<'_>) -> Result<usize, EditError> {
    match format {
        Format::Jsonc => jsonc::depth(text, slot),
        Format::Toml => Ok(1),
    }
}

/// Whether two texts are the same but for blanks and line ends between their tokens. Comments count.
pub fn differ_only_in_blanks(format: Format, one: &str, other: &str) -> bool {
    match format {
        Format::Jsonc => {
            jsonc::lexemes(one).is_some_and(|tokens| Some(tokens) == jsonc::lexemes(other))
        }
        Format::Toml => toml::lexemes(one) == toml::lexemes(other),
    }
}

/// The line end that `text` uses.
fn newline(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// The byte order mark that some editors put first, and the text after it.
fn split_mark(text: &str) -> (&str, &str) {
    text.split_at(if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 })
}

/// The line of the byte at `at`, from 1.
fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at.min(text.len())].iter().filter(|byte| **byte == b'\n').count()
}

/// The beginning of the line on which `at` is.
fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Where the line on which `at` is ends, its line end included.
fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1)
}
