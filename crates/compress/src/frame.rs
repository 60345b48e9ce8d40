//! The order of work, and the checks that everything proposed has to pass.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::compressed::{Compressed, Part};
use crate::cosmetic::cosmetic;
use crate::forms::{self, Form};
use crate::kind::Kind;
use crate::options::Options;
use crate::parts::{self, Piece};
use crate::{envelope, marker};

/// What isn't at least so many percent smaller stays as it was.
const WORTH_PERCENT: usize = 5;
/// Shorter parts, in bytes, aren't looked at: a marker alone would cost as much.
const SHORTEST: usize = 200;

/// Makes `text` shorter: never larger in tokens, the same for the same options, and unchanged when it
/// is compressed again. See [`Options`] for what may be done.
pub fn compress(text: &str, options: &Options) -> Compressed {
    let tokens = tokens::count(options.encoding, text);
    let result = pass(text, tokens, options);
    if result.text == text || pass_again(&result, options) == result.text {
        return result;
    }
    // Cutting the result into parts again may find others than were found in the text.
    unchanged(text, tokens, result.failures)
}

fn pass_again(result: &Compressed, options: &Options) -> String {
    pass(&result.text, result.tokens_after, options).text
}

/// Detect, cut, propose, compare, splice, count.
fn pass(text: &str, tokens: usize, options: &Options) -> Compressed {
    if text.len() < SHORTEST || envelope::contains(text) {
        return unchanged(text, tokens, 0);
    }
    let clean = if options.cosmetic { cosmetic(text) } else { text.into() };
    let mut result = Compressed { tokens_before: tokens, ..Compressed::default() };
    if clean.len() < text.len() {
        result.transforms.push("cosmetic".to_owned());
    }
    let mut line = 1;
    for piece in parts::cut(&clean, options.kind.as_deref()) {
        let part = &clean[piece.range.clone()];
        let shortened = catch_unwind(AssertUnwindSafe(|| shorten(part, &piece, options)));
        let shortened = shortened.unwrap_or_else(|_| {
            result.failures += 1;
            Shortened::stays(part, options)
        });
        let lines = lines(part);
        result.splice(&piece, part, shortened, line, lines);
        line += lines;
    }
    result.tokens_after = tokens::count(options.encoding, &result.text);
    if is_worth(tokens, result.tokens_after) {
        result
    } else {
        unchanged(text, tokens, result.failures)
    }
}

/// What stands for a part.
struct Shortened {
    /// `None` where it stays.
    text: Option<String>,
    tokens_before: usize,
    tokens_after: usize,
    transform: String,
}

impl Shortened {
    fn stays(part: &str, options: &Options) -> Self {
        let tokens = tokens::count(options.encoding, part);
        Self { text: None, tokens_before: tokens, tokens_after: tokens, transform: String::new() }
    }
}

/// The shortest of what is proposed for `part`.
fn shorten(part: &str, piece: &Piece, options: &Options) -> Shortened {
    let mut best = Shortened::stays(part, options);
    if part.len() < SHORTEST || marker::contains(part) {
        return best;
    }
    for form in forms_for(piece.kind) {
        let Some(text) = forms::propose(*form, part) else { continue };
        let tokens = tokens::count(options.encoding, &text);
        if is_worth(best.tokens_before, tokens) && tokens < best.tokens_after {
            best.text = Some(text);
            best.tokens_after = tokens;
            best.transform = format!("{}/{}", form.name(), form.version());
        }
    }
    best
}

/// The reversible forms that are tried on a kind.
fn forms_for(kind: Kind) -> &'static [&'static dyn Form] {
    match kind {
        Kind::Json => &[&forms::JsonTables],
        _ => &[],
    }
}

impl Compressed {
    /// Adds a part and what stands for it.
    fn splice(&mut self, piece: &Piece, part: &str, short: Shortened, line: usize, lines: usize) {
        let transform = short.text.as_ref().map(|_| short.transform);
        if let Some(transform) = &transform
            && !self.transforms.contains(transform)
        {
            self.transforms.push(transform.clone());
        }
        self.text.push_str(short.text.as_deref().unwrap_or(part));
        self.parts.push(Part {
            kind: piece.kind,
            lines: (line, line + lines.saturating_sub(1)),
            tokens_before: short.tokens_before,
            tokens_after: short.tokens_after,
            transform,
        });
    }
}

fn unchanged(text: &str, tokens: usize, failures: usize) -> Compressed {
    Compressed {
        text: text.to_owned(),
        tokens_before: tokens,
        tokens_after: tokens,
        failures,
        ..Compressed::default()
    }
}

fn is_worth(before: usize, after: usize) -> bool {
    after * 100 <= before * (100 - WORTH_PERCENT) && after < before
}

/// The lines of `text`, the last one counted with or without its end.
fn lines(text: &str) -> usize {
    memchr::memchr_iter(b'\n', text.as_bytes()).count() + usize::from(!text.ends_with('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_of_objects_becomes_a_table() {
        let rows: Vec<String> = (0..40)
            .map(|i| format!("  {{\n    \"id\": {i},\n    \"state\": \"open\"\n  }}"))
            .collect();
        let text = format!("[\n{}\n]\n", rows.join(",\n"));
        let options = Options { retrieval: crate::Retrieval::None, ..Options::default() };
        let result = compress(&text, &options);
        assert_eq!(result.transforms, ["json/1"]);
        assert!(result.tokens_after * 2 < result.tokens_before);
        assert_eq!(result.restore().as_deref(), Ok(text.as_str()));
        assert_eq!(compress(&result.text, &options).text, result.text);
    }

    #[test]
    fn a_forged_envelope_switches_compression_off() {
        let text = format!("[json/1, 1 lines: x]\n[{}]\n", "{\"a\": 1},".repeat(99));
        assert_eq!(compress(&text, &Options::default()).text, text);
    }
}
