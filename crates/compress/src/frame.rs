//! The order of work, and the checks that everything proposed has to pass.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::compressed::{Compressed, Gap, Part};
use crate::cosmetic::cosmetic;
use crate::detect::{self, Detected};
use crate::envelope;
use crate::forms::{self, Form};
use crate::kind::Kind;
use crate::leave_out::{self, Back, Context, Left, Rendered};
use crate::lines::Lines;
use crate::marker::{self, Marker};
use crate::options::{Options, Retrieval, Source};
use crate::parts;
use crate::task::Task;
use crate::words::words;

/// What isn't at least so many percent smaller stays as it was.
const WORTH_PERCENT: usize = 5;
/// Leaving out has to be so many percent smaller than what leaves nothing out.
const LEFT_OUT_PERCENT: usize = 8;
/// What is left out is so many percent of the tokens at most where no other form is tried.
const FAR_SHORTER_PERCENT: usize = 40;
/// A table that takes so many percent of its tokens, and so many tokens, at most when every row has
/// its values once, has nothing left out.
const WHOLE_TABLE_PERCENT: usize = 50;
const WHOLE_TABLE_TOKENS: usize = 6000;
/// So many percent of a listing's lines have the same number of words.
const LISTING_PERCENT: usize = 90;
/// No table becomes so many times shorter by that, so a longer one isn't tried.
const MOST_TIMES_SHORTER: usize = 5;
/// A longer part, in bytes, whose lines a form takes apart comes with a way back to them.
const LONGEST_TAKEN_APART: usize = 2000;
/// Shorter parts, in bytes, aren't looked at: a marker alone would cost as much.
const SHORTEST: usize = 200;

/// Makes `text` shorter: never larger in tokens, the same for the same options, and unchanged when it
/// is compressed again. See [`Options`] for what may be done.
pub fn compress(text: &str, options: &Options) -> Compressed {
    compress_counted(text, options, &|text| tokens::count(options.encoding, text))
}

/// [`compress`] with another way to count tokens, for models with an encoding of their own. What is
/// worth doing is decided by `count`, so it has to be exact enough for that.
pub fn compress_counted(
    text: &str,
    options: &Options,
    count: &dyn Fn(&str) -> usize,
) -> Compressed {
    let task = Task::of(&options.task);
    let frame = Frame { options, task: &task, count };
    let result = frame.within_budget(text, count(text));
    if result.text == text
        || frame.within_budget(&result.text, result.tokens_after).text == result.text
    {
        return result;
    }
    // Cutting the result into parts again found others than were found in the text.
    unchanged(text, result)
}

/// What is known beside the text.
struct Frame<'f> {
    options: &'f Options,
    task: &'f Task,
    count: &'f dyn Fn(&str) -> usize,
}

impl Frame<'_> {
    /// The ordinary result, or one with more left out where that is above the budget.
    fn within_budget(&self, text: &str, tokens: usize) -> Compressed {
        let ordinary = self.pass(text, tokens, false);
        if self.options.budget.is_none_or(|budget| ordinary.tokens_after <= budget) {
            return ordinary;
        }
        let tight = self.pass(text, tokens, true);
        if tight.tokens_after < ordinary.tokens_after { tight } else { ordinary }
    }

    /// Detect, cut, propose, compare, splice, count.
    fn pass(&self, text: &str, tokens: usize, tight: bool) -> Compressed {
        let mut result = Compressed { tokens_before: tokens, ..Compressed::default() };
        if text.len() < SHORTEST || envelope::contains(text) || is_marked_whole(text) {
            return unchanged(text, result);
        }
        let clean = if self.options.cosmetic { cosmetic(text) } else { text.into() };
        if clean.len() < text.len() {
            result.transforms.push("cosmetic".to_owned());
        }
        let context = Context { task: self.task, tight, every_line: self.options.every_line };
        let pieces = parts::cut(&clean, self.options.kind.as_deref());
        let mut line = 1;
        for piece in &pieces {
            let part = Stretch { text: &clean[piece.range.clone()], is: piece.is, line };
            let alone = pieces.len() == 1 && clean.len() == text.len();
            let before = if alone { tokens } else { (self.count)(part.text) };
            let shorter = catch_unwind(AssertUnwindSafe(|| self.shorten(&part, before, &context)));
            result.failures += usize::from(shorter.is_err());
            line += result.splice(&part, before, shorter.ok().flatten());
        }
        result.tokens_after = match result.parts.as_slice() {
            [part] => part.tokens_after,
            _ => (self.count)(&result.text),
        };
        if is_worth(tokens, result.tokens_after) { result } else { unchanged(text, result) }
    }

    /// The shortest of what is proposed for `part`; `None` if nothing is short enough.
    fn shorten(&self, part: &Stretch, before: usize, context: &Context) -> Option<Shorter> {
        // A pack's blocks are looked at one by one.
        let marked = part.is.kind != Kind::Pack && marker::contains(part.text);
        if part.text.len() < SHORTEST || marked {
            return None;
        }
        if part.is.kind == Kind::Table
            && !context.tight
            && let Some(whole) = self.whole_table(part, before)
        {
            return Some(whole);
        }
        let left_out =
            self.leave_out(part, context).filter(|shorter| is_worth(before, shorter.tokens));
        let far_shorter = |shorter: &Shorter| shorter.tokens * 100 <= before * FAR_SHORTER_PERCENT;
        if left_out.as_ref().is_some_and(far_shorter) {
            return left_out;
        }
        let reversible = self.reversible(part, before);
        match (left_out, reversible) {
            (Some(left_out), Some(reversible)) => {
                let better = left_out.tokens * 100 <= reversible.tokens * (100 - LEFT_OUT_PERCENT);
                Some(if better { left_out } else { reversible })
            }
            (left_out, reversible) => left_out.or(reversible),
        }
    }

    /// A table with the values of all of its rows, if that is short: a reader of a listing looks for
    /// one row, and nobody knows which.
    fn whole_table(&self, part: &Stretch, before: usize) -> Option<Shorter> {
        if before > MOST_TIMES_SHORTER * WHOLE_TABLE_TOKENS || !is_listing(part.text) {
            return None;
        }
        let whole = self.proposed(part, &forms::Rows { columns: true, whole: true, named: &[] })?;
        let is_short = whole.tokens * 100 <= before * WHOLE_TABLE_PERCENT
            && whole.tokens <= WHOLE_TABLE_TOKENS;
        is_short.then_some(whole)
    }

    /// `part` in the shortest of the reversible forms.
    fn reversible(&self, part: &Stretch, before: usize) -> Option<Shorter> {
        let named = self.task.lines(part.text, &Lines::of(part.text));
        forms_for(part.is.kind, &named)
            .iter()
            .filter_map(|form| self.proposed(part, &**form))
            .filter(|shorter| is_worth(before, shorter.tokens))
            .min_by_key(|shorter| shorter.tokens)
    }

    /// `part` in `form`; with a way back to the lines where they don't stand in it as they were.
    fn proposed(&self, part: &Stretch, form: &dyn Form) -> Option<Shorter> {
        let text = forms::propose(form, part.text)?;
        let (tokens, done) = ((self.count)(&text), format!("{}/{}", form.name(), form.version()));
        let shorter = Shorter { text, tokens, done, left: Vec::new() };
        let taken_apart = form.takes_apart().filter(|_| part.text.len() > LONGEST_TAKEN_APART);
        Some(match taken_apart {
            Some(what) => self.with_way_back(part, shorter, what),
            None => shorter,
        })
    }

    /// `shorter`, in which `what` no longer stands as it was, with markers that lead to the lines.
    fn with_way_back(&self, part: &Stretch, shorter: Shorter, what: &'static str) -> Shorter {
        if !self.may_leave_out(part) {
            return shorter;
        }
        let Rendered { text, left } =
            leave_out::as_written(part.text, shorter.text, what, &self.back_to(part));
        Shorter { tokens: (self.count)(&text), text, left, ..shorter }
    }

    /// Whether the reader can ask for what isn't shown of `part`. Never of a part in which a
    /// credential is found: its original would have to be kept.
    fn may_leave_out(&self, part: &Stretch) -> bool {
        self.options.retrieval == Retrieval::Offered
            && secrets::redact(part.text).findings.is_empty()
    }

    /// How the reader gets back to `part`.
    fn back_to(&self, part: &Stretch) -> Back {
        let at = |source: &Source| Source {
            path: source.path.clone(),
            line: source.line + part.line - 1,
        };
        let source = self.options.source.as_ref().map(at);
        Back { source, has_read: self.options.has_read }
    }

    /// `part` with something left out.
    fn leave_out(&self, part: &Stretch, context: &Context) -> Option<Shorter> {
        if self.options.retrieval == Retrieval::None {
            return None;
        }
        let Rendered { text, left } =
            leave_out::leave_out(part.is, part.text, context, &self.back_to(part))?;
        if !self.may_leave_out(part) {
            return None;
        }
        let (tokens, done) = ((self.count)(&text), format!("leave-out:{}", part.is.kind.name()));
        Some(Shorter { text, tokens, done, left })
    }
}

/// A part of the input, and the line it begins at.
struct Stretch<'t> {
    text: &'t str,
    is: Detected,
    line: usize,
}

/// Something that can stand for a part.
struct Shorter {
    text: String,
    tokens: usize,
    /// What was done.
    done: String,
    /// What was left out.
    left: Vec<Left>,
}

/// The reversible forms that are tried on a kind; `named` are the lines that the task names.
fn forms_for<'n>(kind: Kind, named: &'n [usize]) -> Vec<Box<dyn Form + 'n>> {
    let rows = |columns| Box::new(forms::Rows { columns, whole: false, named });
    let words = || rows(false);
    match kind {
        Kind::Json => vec![Box::new(forms::JsonTables)],
        Kind::Search => vec![Box::new(forms::Search), Box::new(forms::Paths)],
        Kind::Table => vec![rows(true), words()],
        Kind::Log | Kind::TestOutput => vec![words(), Box::new(forms::Repeats)],
        Kind::Text => vec![words(), Box::new(forms::Repeats), Box::new(forms::Numbers)],
        Kind::Trace => vec![Box::new(forms::Repeats)],
        Kind::Code | Kind::Html | Kind::Prose => vec![Box::new(forms::Numbers)],
        Kind::Diff | Kind::Pack => Vec::new(),
    }
}

impl Compressed {
    /// Adds a part, or what stands for it; tells how many lines the part has.
    fn splice(&mut self, part: &Stretch, before: usize, shorter: Option<Shorter>) -> usize {
        let lines = Lines::of(part.text);
        let start = self.text.len();
        let transform = shorter.as_ref().map(|shorter| shorter.done.clone());
        self.parts.push(Part {
            kind: part.is.kind,
            lines: (part.line, part.line + lines.count().saturating_sub(1)),
            tokens_before: before,
            tokens_after: shorter.as_ref().map_or(before, |shorter| shorter.tokens),
            transform,
        });
        let Some(shorter) = shorter else {
            self.text.push_str(part.text);
            return lines.count();
        };
        self.text.push_str(&shorter.text);
        if !self.transforms.contains(&shorter.done) {
            self.transforms.push(shorter.done);
        }
        for Left { marker, lines: range, at } in shorter.left {
            let Marker { count, what, way_back } = marker;
            self.gaps.push(Gap {
                way_back,
                count,
                what,
                lines: (part.line + range.start, part.line + range.end - 1),
                original: lines.slice(range).to_owned(),
                at: start + at.start..start + at.end,
            });
        }
        lines.count()
    }
}

/// Whether nearly all lines have as many words, so that none ends in a text of several.
fn is_listing(text: &str) -> bool {
    let counts = || text.lines().map(|line| words(line).count()).filter(|count| *count > 0);
    let mut sorted: Vec<usize> = counts().collect();
    sorted.sort_unstable();
    let Some(&usual) = sorted.get(sorted.len() / 2) else { return false };
    counts().filter(|count| *count == usual).count() * 100 >= sorted.len() * LISTING_PERCENT
}

/// The result that leaves `text` as it is, after `tried`.
fn unchanged(text: &str, tried: Compressed) -> Compressed {
    let tokens = tried.tokens_before;
    let stays = |part: Part| Part { tokens_after: part.tokens_before, transform: None, ..part };
    Compressed {
        text: text.to_owned(),
        tokens_before: tokens,
        tokens_after: tokens,
        parts: tried.parts.into_iter().map(stays).collect(),
        failures: tried.failures,
        ..Compressed::default()
    }
}

/// Whether there is a marker in what is one part, whatever it may be: that is left as it is, and most
/// results are such texts.
fn is_marked_whole(text: &str) -> bool {
    marker::contains(text) && !parts::may_be_several(text) && !detect::is_pack(text)
}

fn is_worth(before: usize, after: usize) -> bool {
    after * 100 <= before * (100 - WORTH_PERCENT) && after < before
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
    fn a_listing_keeps_the_values_of_its_rows() {
        let row = |n: usize| {
            format!(
                " {}  4 -rw-r--r--   1 root     root     {:>8} Nov 28 07:55 ./src/part{}/file-{n}.rs\n",
                10_880_000 + n * 7,
                n * 97,
                n % 9
            )
        };
        let text: String = (0..150).map(row).collect();
        let result =
            compress(&text, &Options { kind: Some("find . -ls".into()), ..Options::default() });
        assert_eq!(result.transforms, ["rows/1"]);
        assert!(result.tokens_after * 2 <= result.tokens_before);
        assert!(
            (0..150).all(|n| result.text.contains(&format!("./src/part{}/file-{n}.rs", n % 9)))
        );
        assert_eq!(result.restore().as_deref(), Ok(text.as_str()));
    }

    #[test]
    fn a_twentieth_is_the_least_that_is_worth_a_change() {
        assert!(is_worth(1000, 950) && !is_worth(1000, 951));
        // Some numbers of lines could go, but they are few beside what the lines say.
        let line = |n: usize| {
            let words: String =
                (0..40).map(|word| format!(" {}", (n * 7919 + word * 104_729) % 99_991)).collect();
            format!("{n:6}\tsaid{words}\n")
        };
        let text: String = (1..40).map(line).collect();
        let result = compress(&text, &Options { retrieval: Retrieval::None, ..Options::default() });
        assert_eq!((result.text, result.tokens_after), (text, result.tokens_before));
    }

    #[test]
    fn a_forged_envelope_switches_compression_off() {
        let text = format!("[json/1, 1 lines: x]\n[{}]\n", "{\"a\": 1},".repeat(99));
        assert_eq!(compress(&text, &Options::default()).text, text);
    }
}
