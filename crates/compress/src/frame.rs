//! The order of work, and the checks that everything proposed has to pass.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::compressed::{Compressed, Gap, Part};
use crate::cosmetic::cosmetic;
use crate::detect::Detected;
use crate::envelope;
use crate::forms::{self, Form};
use crate::kind::Kind;
use crate::leave_out::{self, Context, Left, Rendered};
use crate::lines::Lines;
use crate::marker::{self, Marker};
use crate::options::{Options, Retrieval, Source};
use crate::parts::{self, Piece};
use crate::task::Task;

/// What isn't at least so many percent smaller stays as it was.
const WORTH_PERCENT: usize = 5;
/// Leaving out has to be so many percent smaller than what leaves nothing out.
const LEFT_OUT_PERCENT: usize = 8;
/// Shorter parts, in bytes, aren't looked at: a marker alone would cost as much.
const SHORTEST: usize = 200;

/// Makes `text` shorter: never larger in tokens, the same for the same options, and unchanged when it
/// is compressed again. See [`Options`] for what may be done.
pub fn compress(text: &str, options: &Options) -> Compressed {
    let tokens = tokens::count(options.encoding, text);
    let mut result = pass(text, tokens, options, false);
    if options.budget.is_some_and(|budget| result.tokens_after > budget) {
        let tight = pass(text, tokens, options, true);
        if tight.tokens_after < result.tokens_after {
            result = tight;
        }
    }
    if result.text == text || compress_again(&result, options) == result.text {
        return result;
    }
    // Cutting the result into parts again may find others than were found in the text.
    unchanged(text, tokens, result.failures)
}

fn compress_again(result: &Compressed, options: &Options) -> String {
    let again = pass(&result.text, result.tokens_after, options, false);
    if again.text == result.text && options.budget.is_some_and(|budget| again.tokens_after > budget)
    {
        return pass(&result.text, result.tokens_after, options, true).text;
    }
    again.text
}

/// Detect, cut, propose, compare, splice, count.
fn pass(text: &str, tokens: usize, options: &Options, tight: bool) -> Compressed {
    if text.len() < SHORTEST || envelope::contains(text) {
        return unchanged(text, tokens, 0);
    }
    let clean = if options.cosmetic { cosmetic(text) } else { text.into() };
    let task = Task::of(&options.task);
    let mut result = Compressed { tokens_before: tokens, ..Compressed::default() };
    if clean.len() < text.len() {
        result.transforms.push("cosmetic".to_owned());
    }
    let context = Context { task: &task, tight };
    let mut line = 1;
    for piece in parts::cut(&clean, options.kind.as_deref()) {
        let part = &clean[piece.range.clone()];
        let shortened =
            catch_unwind(AssertUnwindSafe(|| shorten(part, piece.is, line, &context, options)));
        let shortened = shortened.unwrap_or_else(|_| {
            result.failures += 1;
            Shortened::stays(part, options)
        });
        line += result.splice(&piece, part, shortened, line);
    }
    result.tokens_after = tokens::count(options.encoding, &result.text);
    match is_worth(tokens, result.tokens_after) {
        true => result,
        false => unchanged(text, tokens, result.failures),
    }
}

/// What stands for a part.
struct Shortened {
    /// `None` where it stays.
    text: Option<String>,
    tokens_before: usize,
    tokens_after: usize,
    transform: String,
    /// What was left out.
    left: Vec<Left>,
}

/// Something that could stand for a part.
struct Proposal {
    text: String,
    transform: String,
    left: Vec<Left>,
}

impl Shortened {
    fn stays(part: &str, options: &Options) -> Self {
        let tokens = tokens::count(options.encoding, part);
        let (transform, left) = (String::new(), Vec::new());
        Self { text: None, tokens_before: tokens, tokens_after: tokens, transform, left }
    }

    /// Takes `proposal` if it is so many percent smaller than what there is.
    fn offer(&mut self, proposal: Proposal, percent: usize, options: &Options) {
        let Proposal { text, transform, left } = proposal;
        let tokens = tokens::count(options.encoding, &text);
        if is_worth(self.tokens_before, tokens)
            && tokens * 100 <= self.tokens_after * (100 - percent)
        {
            let text = Some(text);
            *self = Self { text, tokens_after: tokens, transform, left, ..*self };
        }
    }
}

/// The shortest of what is proposed for `part`, which begins at `line`.
fn shorten(
    part: &str,
    is: Detected,
    line: usize,
    context: &Context,
    options: &Options,
) -> Shortened {
    let mut best = Shortened::stays(part, options);
    // A pack's blocks are looked at one by one.
    if part.len() < SHORTEST || (is.kind != Kind::Pack && marker::contains(part)) {
        return best;
    }
    for form in forms_for(is.kind) {
        if let Some(text) = forms::propose(*form, part) {
            let transform = format!("{}/{}", form.name(), form.version());
            best.offer(Proposal { text, transform, left: Vec::new() }, 1, options);
        }
    }
    if options.retrieval == Retrieval::Offered {
        let source = options
            .source
            .as_ref()
            .map(|source| Source { path: source.path.clone(), line: source.line + line - 1 });
        if let Some(Rendered { text, left }) =
            leave_out::leave_out(is, part, context, source.as_ref())
            && secrets::redact(part).findings.is_empty()
        {
            let transform = format!("leave-out:{}", is.kind.name());
            best.offer(Proposal { text, transform, left }, LEFT_OUT_PERCENT, options);
        }
    }
    best
}

/// The reversible forms that are tried on a kind.
fn forms_for(kind: Kind) -> &'static [&'static dyn Form] {
    match kind {
        Kind::Json => &[&forms::JsonTables],
        Kind::Search => &[&forms::Search, &forms::Paths],
        Kind::Table => &[&forms::Rows { columns: true }, &forms::Rows { columns: false }],
        Kind::Log | Kind::TestOutput | Kind::Text => {
            &[&forms::Rows { columns: false }, &forms::Repeats]
        }
        Kind::Trace => &[&forms::Repeats],
        Kind::Code | Kind::Diff | Kind::Pack | Kind::Html | Kind::Prose => &[],
    }
}

impl Compressed {
    /// Adds a part that begins at `line`, and what stands for it; tells how many lines it has.
    fn splice(&mut self, piece: &Piece, part: &str, short: Shortened, line: usize) -> usize {
        let lines = line_count(part);
        let range = (line, line + lines.saturating_sub(1));
        let transform = short.text.as_ref().map(|_| short.transform);
        if let Some(transform) = &transform
            && !self.transforms.contains(transform)
        {
            self.transforms.push(transform.clone());
        }
        let start = self.text.len();
        self.text.push_str(short.text.as_deref().unwrap_or(part));
        let part_lines = Lines::of(part);
        for Left { marker, lines, at } in short.left {
            let Marker { count, what, way_back } = marker;
            self.gaps.push(Gap {
                way_back,
                count,
                what,
                lines: (line + lines.start, line + lines.end - 1),
                original: part_lines.slice(lines).to_owned(),
                at: start + at.start..start + at.end,
            });
        }
        self.parts.push(Part {
            kind: piece.is.kind,
            lines: range,
            tokens_before: short.tokens_before,
            tokens_after: short.tokens_after,
            transform,
        });
        lines
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
fn line_count(text: &str) -> usize {
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
        let options = Options { retrieval: Retrieval::None, ..Options::default() };
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
