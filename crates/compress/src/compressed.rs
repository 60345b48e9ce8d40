//! What came of a text: the shorter text, what was left out of it, and what was done.

use std::borrow::Cow;
use std::ops::Range;

use crate::forms::{ExpandError, expand};
use crate::json::text::JsonEscapes;
use crate::kind::Kind;
use crate::leave_out::pack_without_note;
use crate::marker::WayBack;

/// A text made shorter. Equal to the input, with nothing in the lists but its parts, where nothing
/// could be done.
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
    /// What was left out, in order.
    pub gaps: Vec<Gap>,
    /// The parts that the input was cut into, in order.
    pub parts: Vec<Part>,
    /// Parts that stayed as they were because compressing them failed.
    pub failures: usize,
}

/// Something that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// How it is got back, as its marker says.
    pub way_back: WayBack,
    /// How many of `what` were left out.
    pub count: usize,
    /// What was left out, as its marker says: `of 204 lines`.
    pub what: String,
    /// The lines of the input that `original` is, from 1, both included.
    pub lines: (usize, usize),
    /// The stretch of the input that the gap was made in, byte for byte but for cosmetics, and for the
    /// escapes of the JSON string that it stands in. What is still shown of it is in it too.
    pub original: String,
    /// The bytes of [`Compressed::text`] that stand for `original`, the marker among them.
    pub at: Range<usize>,
    /// Where `original` is a text in a string of a JSON document, how that string is written, and if
    /// the document stands in a string itself, how that one is, and so on outwards.
    pub escapes: Vec<JsonEscapes>,
}

impl Gap {
    /// The hash that the reader asks with; `None` where it opens a file instead.
    pub fn hash(&self) -> Option<&str> {
        match &self.way_back {
            WayBack::Hash(hash) => Some(hash),
            WayBack::Source { .. } => None,
        }
    }

    /// `original` as the input has it: what stands in a JSON string is escaped there.
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

/// One part of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it was taken for.
    pub kind: Kind,
    /// Its lines in the input, from 1, both included.
    pub lines: (usize, usize),
    /// Its tokens, counted alone.
    pub tokens_before: usize,
    /// The tokens of what stands for it, counted alone.
    pub tokens_after: usize,
    /// What was done with it; `None` where it stayed as it was.
    pub transform: Option<String>,
}

impl Compressed {
    /// Puts `mark` before the text, which none of the parts and gaps holds.
    pub(crate) fn put_before(&mut self, mark: &str) {
        self.text.insert_str(0, mark);
        for gap in &mut self.gaps {
            gap.at = gap.at.start + mark.len()..gap.at.end + mark.len();
        }
    }

    /// The originals that the reader can ask for by their hashes, so that they have to be kept.
    pub fn originals(&self) -> impl Iterator<Item = &str> {
        let asked_for = self.gaps.iter().filter(|gap| gap.hash().is_some());
        asked_for.map(|gap| gap.original.as_str())
    }

    /// The input, up to what [`cosmetic`](crate::cosmetic) takes away where it was applied: gaps
    /// filled, forms expanded.
    ///
    /// # Errors
    /// Never for a result of [`compress`](crate::compress).
    pub fn restore(&self) -> Result<String, ExpandError> {
        if self.transforms.is_empty() {
            // What looks like a form in it is somebody else's.
            return Ok(self.text.clone());
        }
        let mut out = String::new();
        let mut at = 0;
        for gap in &self.gaps {
            if at < gap.at.start {
                out.push_str(&expand(&self.text[at..gap.at.start])?);
            }
            out.push_str(&gap.written());
            at = gap.at.end;
            if !gap.escapes.is_empty() {
                // What follows on the line of a JSON document isn't the first line of a form.
                let rest = &self.text[at..];
                let line = memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |end| end + 1);
                let next = self.gaps.partition_point(|other| other.at.start < at);
                let end =
                    self.gaps.get(next).map_or(at + line, |next| next.at.start.min(at + line));
                out.push_str(&self.text[at..end]);
                at = end;
            }
        }
        out.push_str(&expand(&self.text[at..])?);
        match self.transforms.iter().any(|done| done == "leave-out:pack") {
            true => Ok(pack_without_note(&out)),
            false => Ok(out),
        }
    }
}
