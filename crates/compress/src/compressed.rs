//! The result of compressing a text: the shorter text, its omissions, and what was done.

use std::borrow::Cow;
use std::ops::Range;

use json_index::JsonEscapes;

use crate::codecs::{ExpandError, envelope, expand_lines};
use crate::kinds::Kind;
use crate::marker::RetrievalReference;
use crate::pipeline::BYTE_ORDER_MARK;

/// The result of compressing a text. Where nothing could be done the text equals the input, and
/// only `chunks` is filled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compressed {
    /// The shorter text.
    pub text: String,
    /// The tokens of the input.
    pub tokens_before: usize,
    /// The tokens of `text`.
    pub tokens_after: usize,
    /// What was done, each once, in the order in which it was first done.
    pub transforms: Vec<String>,
    /// The omissions, in order.
    pub omissions: Vec<Omission>,
    /// The chunks that the input was split into, in order.
    pub chunks: Vec<ChunkReport>,
    /// How many chunks stayed as they were because compressing them failed.
    pub failures: usize,
}

/// A run of lines that was elided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Omission {
    /// How it is retrieved, as its marker says.
    pub reference: RetrievalReference,
    /// How many of `what` were elided.
    pub count: usize,
    /// What was elided, as its marker says: `of 204 lines`.
    pub what: String,
    /// The lines of the input that `original` covers, from 1, inclusive.
    pub lines: (usize, usize),
    /// The text to retrieve: the part of the input that the omission lies in, after cosmetic
    /// changes and with the escapes of an enclosing JSON string resolved. It includes lines that
    /// are still shown.
    pub original: String,
    /// The bytes of [`Compressed::text`] that replace `original`, the marker included.
    pub at: Range<usize>,
    /// If `original` is a text inside a JSON string: how that string is escaped, then how the
    /// string around its document is, and so on outwards.
    pub escapes: Vec<JsonEscapes>,
}

impl Omission {
    /// The hash to retrieve it by; `None` if the reader opens a file instead.
    pub fn hash(&self) -> Option<&str> {
        match &self.reference {
            RetrievalReference::Hash(hash) => Some(hash),
            RetrievalReference::Source { .. } => None,
        }
    }

    /// `original` as it stands in the input, with the escapes of the JSON strings around it.
    pub fn written(&self) -> Cow<'_, str> {
        let write = |text: Cow<'_, str>, escapes: &JsonEscapes| escapes.write(&text).into();
        match self.escapes.split_first() {
            None => Cow::Borrowed(&self.original),
            Some((first, others)) => {
                others.iter().fold(Cow::Owned(first.write(&self.original)), write)
            }
        }
    }
}

/// What was done with one chunk of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkReport {
    /// The detected kind.
    pub kind: Kind,
    /// Its lines in the input, from 1, inclusive.
    pub lines: (usize, usize),
    /// Its tokens, counted alone.
    pub tokens_before: usize,
    /// The tokens of its replacement, counted alone.
    pub tokens_after: usize,
    /// The transformation; `None` if it stayed as it was.
    pub transform: Option<String>,
}

impl Compressed {
    /// Inserts `mark` before the text and shifts all byte ranges.
    pub(crate) fn put_before(&mut self, mark: &str) {
        self.text.insert_str(0, mark);
        for omission in &mut self.omissions {
            omission.at = omission.at.start + mark.len()..omission.at.end + mark.len();
        }
    }

    /// The originals that are retrieved by hash, which the caller has to store.
    pub fn originals(&self) -> impl Iterator<Item = &str> {
        let asked_for = self.omissions.iter().filter(|omission| omission.hash().is_some());
        asked_for.map(|omission| omission.original.as_str())
    }

    /// The input, except for what [`cosmetic`](crate::cosmetic) removed: omissions are filled in
    /// and codecs decoded.
    ///
    /// # Errors
    /// Never for a result of [`compress`](crate::compress).
    pub fn restore(&self) -> Result<String, ExpandError> {
        if self.transforms.is_empty() {
            // A codec's header in an unchanged text is part of the input.
            return Ok(self.text.clone());
        }
        let mark = if self.text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK } else { "" };
        let mut heads = Vec::new();
        let mut start = mark.len();
        if self.transforms.iter().any(|done| done == envelope::NAME) {
            while let Some((head, inner)) =
                envelope::split(&self.text[start..]).filter(|_| heads.len() < envelope::DEEPEST)
            {
                heads.push(head);
                start = self.text.len() - inner.len();
            }
        }
        let mut restored = self.restore_from(start)?;
        for head in heads.iter().rev() {
            restored = envelope::close(head, &restored)
                .ok_or(ExpandError::Malformed { codec: "envelope", what: "its head line" })?;
        }
        restored.insert_str(0, mark);
        Ok(restored)
    }

    /// [`restore`](Self::restore) of the text from byte `start`, which no envelope begins at.
    fn restore_from(&self, start: usize) -> Result<String, ExpandError> {
        let mut out = String::new();
        let mut at = start;
        for omission in &self.omissions {
            if at < omission.at.start {
                out.push_str(&expand_lines(&self.text[at..omission.at.start])?);
            }
            out.push_str(&omission.written());
            at = omission.at.end;
            if !omission.escapes.is_empty() {
                // The rest of a line of JSON is never a codec's header.
                let rest = &self.text[at..];
                let line = memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |end| end + 1);
                let next = self.omissions.partition_point(|other| other.at.start < at);
                let end =
                    self.omissions.get(next).map_or(at + line, |next| next.at.start.min(at + line));
                out.push_str(&self.text[at..end]);
                at = end;
            }
        }
        out.push_str(&expand_lines(&self.text[at..])?);
        match self.transforms.iter().any(|done| done == "leave-out:pack") {
            true => Ok(pack_format::markdown::without_elided_note(&out)),
            false => Ok(out),
        }
    }
}
