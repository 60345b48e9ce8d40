//! The lines of a transcript, each a JSON object: read one at a time, within a bound.

use std::io::{self, BufRead, Read as _};

use serde::Deserialize as _;
use serde_json::Value;

/// The longest line that is read, in bytes; longer ones are skipped. By hand: providers refuse requests
/// of half that size.
pub(super) const MAX_LINE_BYTES: usize = 64 << 20;

/// A line of a transcript.
pub(super) enum Line {
    /// A JSON object.
    Object(Value),
    /// White space alone.
    Blank,
    /// No JSON object: cut off, or something else.
    Broken,
    /// More than [`MAX_LINE_BYTES`].
    TooLong,
}

/// The next line; `None` at the end. Of a line that is too long, the rest is still to be skipped ([`skip_rest`]).
///
/// # Errors
/// When it can't be read.
pub(super) fn next(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    input.take(MAX_LINE_BYTES as u64 + 1).read_until(b'\n', &mut line)?;
    Ok(match line.len() {
        0 => None,
        length if length > MAX_LINE_BYTES && !line.ends_with(b"\n") => Some(Line::TooLong),
        _ => Some(parse(&line)),
    })
}

/// Skips the rest of a line.
///
/// # Errors
/// When it can't be read.
pub(super) fn skip_rest(input: &mut impl BufRead) -> io::Result<()> {
    input.skip_until(b'\n').map(drop)
}

fn parse(line: &[u8]) -> Line {
    if line.iter().all(u8::is_ascii_whitespace) {
        return Line::Blank;
    }
    match value(line).filter(Value::is_object) {
        Some(object) => Line::Object(object),
        None => Line::Broken,
    }
}

/// A JSON value; deep nesting is refused by the parser.
pub(super) fn value(text: &[u8]) -> Option<Value> {
    let mut parser = serde_json::Deserializer::from_slice(text);
    let value = Value::deserialize(&mut parser).ok()?;
    parser.end().ok()?;
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_blanks_and_what_is_broken() {
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let text = format!("{{\"a\":1}}\n\n[1]\nnot JSON\n{deep}\n{{\"cut\":");
        let mut input = text.as_bytes();
        let mut kinds = String::new();
        while let Some(line) = next(&mut input).unwrap() {
            kinds.push(match line {
                Line::Object(_) => 'o',
                Line::Blank => '_',
                Line::Broken => 'x',
                Line::TooLong => 'l',
            });
        }
        assert_eq!(kinds, "o_xxxx");
    }
}
