//! Splits a text into segments whose numbers of tokens add up exactly.
//!
//! A seam is the border between two texts. Where no piece of the encoding reaches across it, the
//! tokens before and after it don't depend on each other, and prices add. Why the rule is right:
//! after a newline a piece goes on only over blanks with a further newline (or, in `cl100k_base`,
//! to the text's end), and after punctuation and a newline in `o200k_base` over `/`. The first line
//! of what comes next rules each of these out.

use crate::Encoding;
use crate::class::{BLANK, class_at};
use crate::count::with_counter;

/// One segment of a text: a line with the blank lines (and, after it, the lines that begin with `/`
/// or hold `\r` among their leading blanks) that the tokenizer may join to it. Token counts of
/// segments add up exactly.
///
/// The text's first segment has no such line before it, so it may itself be one that joins to what
/// is put before the text: ask [`seam_adds`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// The segment's first line, from 1.
    pub first_line: u32,
    /// Where it ends in the text, in bytes; its beginning is the end of the one before.
    pub end: usize,
    /// Its tokens.
    pub tokens: u32,
}

/// The segments of `text`, in order: `count(text)` is the sum of their tokens. A last line without
/// an end is a segment of its own kind: prices hold when a newline is added to it, which is how it
/// is counted.
pub fn segments(encoding: Encoding, text: &str) -> Vec<Segment> {
    with_counter(encoding, |counter| {
        let mut segments = Vec::new();
        let mut start = 0;
        let mut first_line = 1;
        let mut line = 1;
        let ends =
            text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n').map(|(at, _)| at + 1);
        for end in ends {
            line += 1;
            if end == text.len() || seam_adds(true, &text[end..]) {
                let tokens = counter.count(&text[start..end]) as u32;
                segments.push(Segment { first_line, end, tokens });
                (start, first_line) = (end, line);
            }
        }
        if start < text.len() {
            let tokens = counter.count(&format!("{}\n", &text[start..])) as u32;
            segments.push(Segment { first_line, end: text.len(), tokens });
        }
        segments
    })
}

/// Whether the tokens of `next` and of a text put right before it add up, whatever that text is:
/// `count(before + next) == count(before) + count(next)`, in either encoding.
///
/// They do where the text before is empty or ends in a newline, and `next` is empty or its first
/// line has something that isn't blank, doesn't begin with `/` and has no `\r` among its leading
/// blanks. Where it says `false` they may add up all the same. Blank is Unicode's `White_Space`.
pub fn seam_adds(before_ends_in_newline: bool, next: &str) -> bool {
    if next.is_empty() {
        return true;
    }
    let text = next.as_bytes();
    let mut at = 0;
    let stop = loop {
        let (class, width) = class_at(text, at);
        if class & BLANK == 0 {
            break text.get(at);
        }
        at += width;
    };
    // The first character that is no blank within the line; `\r` and `\n` are no such.
    let line_begins = stop.is_some_and(|byte| !matches!(byte, b'\r' | b'\n'));
    before_ends_in_newline && line_begins && text[0] != b'/'
}
