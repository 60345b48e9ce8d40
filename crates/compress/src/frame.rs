//! The order of work, and the checks that everything proposed has to pass.

use std::cell::LazyCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use crate::beside::beside;
use crate::compressed::{Compressed, Gap, Part};
use crate::cosmetic::cosmetic;
use crate::detect::{self, Detected};
use crate::embedded::{self, Shortened};
use crate::envelope;
use crate::forms::{self, Form};
use crate::kind::Kind;
use crate::leave_out::{self, Back, Context, Left, Rendered};
use crate::lines::Lines;
use crate::marker::{self, Marker};
use crate::options::{Options, Retrieval, Source};
use crate::parts::{self, Piece};
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
/// A table of more bytes becomes no so few tokens by that, so it isn't tried.
const LONGEST_WHOLE_TABLE: usize = 120_000;
/// So many percent of a listing's lines have the same number of words.
const LISTING_PERCENT: usize = 90;
/// A longer part, in bytes, whose lines a form takes apart comes with a way back to them.
const LONGEST_TAKEN_APART: usize = 2000;
/// Shorter parts, in bytes, aren't looked at: a marker alone would cost as much.
const SHORTEST: usize = 200;

/// It is one as the first character of a text alone, so that nothing may be written before it.
pub(crate) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Makes `text` shorter: never larger in tokens, the same for the same options, and unchanged when it
/// is compressed again. See [`Options`] for what may be done.
pub fn compress(text: &str, options: &Options) -> Compressed {
    compress_counted(text, options, &|text| tokens::count(options.encoding, text))
}

/// [`compress`] with another way to count tokens, for models with an encoding of their own. What is
/// worth doing is decided by `count`, so it has to be exact enough for that; and what it counts must
/// add up where [`tokens::seam_adds`] says so.
pub fn compress_counted(
    text: &str,
    options: &Options,
    count: &(dyn Fn(&str) -> usize + Sync),
) -> Compressed {
    let Some(body) = text.strip_prefix(BYTE_ORDER_MARK) else {
        return compress_unmarked(text, options, count);
    };
    let mut result = compress_unmarked(body, options, count);
    result.put_before(BYTE_ORDER_MARK);
    result.tokens_before = count(text);
    result.tokens_after =
        if result.text == text { result.tokens_before } else { count(&result.text) };
    result
}

/// [`compress_counted`] of a text without a byte order mark.
fn compress_unmarked(
    text: &str,
    options: &Options,
    count: &(dyn Fn(&str) -> usize + Sync),
) -> Compressed {
    let task = Task::of(&options.task);
    let frame = Frame { options, task: &task, count, depth: 0 };
    let result = frame.within_budget(text, None);
    if result.text == text
        || frame.within_budget(&result.text, Some(result.tokens_after)).text == result.text
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
    count: &'f (dyn Fn(&str) -> usize + Sync),
    /// In how many JSON strings the text stands.
    depth: usize,
}

impl Frame<'_> {
    /// The ordinary result, or one with more left out where that is above the budget. `tokens` are
    /// those of `text`, where they are known.
    fn within_budget(&self, text: &str, tokens: Option<usize>) -> Compressed {
        let ordinary = self.pass(text, tokens, false);
        if self.options.budget.is_none_or(|budget| ordinary.tokens_after <= budget) {
            return ordinary;
        }
        let tight = self.pass(text, Some(ordinary.tokens_before), true);
        if tight.tokens_after < ordinary.tokens_after { tight } else { ordinary }
    }

    /// Detect, cut, propose, compare, splice, count.
    fn pass(&self, text: &str, tokens: Option<usize>, tight: bool) -> Compressed {
        let count = || tokens.unwrap_or_else(|| (self.count)(text));
        if text.len() < SHORTEST || envelope::contains(text) || is_marked_whole(text) {
            return unchanged(text, Compressed { tokens_before: count(), ..Compressed::default() });
        }
        let clean = if self.options.cosmetic { cosmetic(text) } else { text.into() };
        let context = Context { task: self.task, tight, every_line: self.options.every_line };
        let (tokens, (parts, proposed)) = beside(text.len(), count, || {
            let parts = stretches(&clean, self.options.kind.as_deref());
            let proposed = match parts.as_slice() {
                // What is all of the text is counted once.
                [part] if clean.len() == text.len() => vec![(None, self.propose(part, &context))],
                parts => {
                    let propose = |part: &Stretch| {
                        let (before, proposal) = beside(
                            part.text().len(),
                            || (self.count)(part.text()),
                            || self.propose(part, &context),
                        );
                        (Some(before), proposal)
                    };
                    parts.iter().map(propose).collect()
                }
            };
            (parts, proposed)
        });
        let mut result = Compressed { tokens_before: tokens, ..Compressed::default() };
        if clean.len() < text.len() {
            result.transforms.push("cosmetic".to_owned());
        }
        for (part, (before, proposal)) in parts.iter().zip(proposed) {
            let before = before.unwrap_or(tokens);
            let shorter = proposal
                .and_then(|proposal| caught(|| self.shortest(part, before, proposal, &context)));
            result.splice(part, before, shorter);
        }
        result.tokens_after = match result.parts.as_slice() {
            [part] => part.tokens_after,
            _ => (self.count)(&result.text),
        };
        if is_worth(tokens, result.tokens_after) { result } else { unchanged(text, result) }
    }

    /// What is tried first on `part`, before it is known how many tokens it has.
    fn propose(&self, part: &Stretch, context: &Context) -> Result<Proposal, Failed> {
        // A pack's blocks are looked at one by one.
        let marked = part.is.kind != Kind::Pack && marker::contains(part.text());
        if part.is_kept || part.text().len() < SHORTEST || marked {
            return Ok(Proposal::Reversible(None));
        }
        caught(|| match self.whole_table(part, context) {
            Some(whole) => Proposal::WholeTable(whole),
            None => match self.leave_out(part, context) {
                Some(left_out) => Proposal::LeftOut(left_out),
                None => Proposal::Reversible(self.reversible(part)),
            },
        })
    }

    /// The shortest of `proposal` and what else is proposed; `None` if nothing is short enough.
    fn shortest(
        &self,
        part: &Stretch,
        before: usize,
        proposal: Proposal,
        context: &Context,
    ) -> Option<Shorter> {
        let left_out = match proposal {
            Proposal::Reversible(reversible) => {
                return reversible.filter(|shorter| is_worth(before, shorter.tokens));
            }
            Proposal::WholeTable(whole) if whole.tokens * 100 <= before * WHOLE_TABLE_PERCENT => {
                return Some(whole);
            }
            Proposal::WholeTable(_) => self.leave_out(part, context),
            Proposal::LeftOut(left_out) => Some(left_out),
        };
        let left_out = left_out.filter(|shorter| is_worth(before, shorter.tokens));
        let far_shorter = |shorter: &Shorter| shorter.tokens * 100 <= before * FAR_SHORTER_PERCENT;
        if left_out.as_ref().is_some_and(far_shorter) {
            return left_out;
        }
        let reversible = self.reversible(part).filter(|shorter| is_worth(before, shorter.tokens));
        match (left_out, reversible) {
            (Some(left_out), Some(reversible)) => {
                let better = left_out.tokens * 100 <= reversible.tokens * (100 - LEFT_OUT_PERCENT);
                Some(if better { left_out } else { reversible })
            }
            (left_out, reversible) => left_out.or(reversible),
        }
    }

    /// A table with the values of all of its rows, if that is few tokens: a reader of a listing looks
    /// for one row, and nobody knows which.
    fn whole_table(&self, part: &Stretch, context: &Context) -> Option<Shorter> {
        let may_be = part.is.kind == Kind::Table
            && !context.tight
            && part.text().len() <= LONGEST_WHOLE_TABLE
            && is_listing(part.text());
        let rows = forms::Rows { columns: true, whole: true, named: &[] };
        let whole = may_be.then(|| self.proposed(part, &rows)).flatten()?;
        (whole.tokens <= WHOLE_TABLE_TOKENS).then_some(whole)
    }

    /// `part` in the shortest of the reversible forms.
    fn reversible(&self, part: &Stretch) -> Option<Shorter> {
        let named = LazyCell::new(|| {
            let mut named = self.task.lines(&part.lines);
            named.extend(leave_out::odd(part.is.kind, &part.lines));
            named.sort_unstable();
            named.dedup();
            named
        });
        let forms = forms_for(part.is.kind, &named);
        let (first, others) = forms.split_first()?;
        let proposed = |form: &dyn Form| self.proposed(part, form);
        let shortest = |all: &mut dyn Iterator<Item = Shorter>| all.min_by_key(|one| one.tokens);
        let (others, first) = beside(
            part.text().len(),
            || shortest(&mut others.iter().filter_map(|form| proposed(form.as_ref()))),
            || proposed(first.as_ref()),
        );
        shortest(&mut first.into_iter().chain(others))
    }

    /// `part` in `form`; with markers that lead to the lines where they don't stand in it as they were.
    fn proposed(&self, part: &Stretch, form: &dyn Form) -> Option<Shorter> {
        let encoded = forms::propose(form, part.text())?;
        let is_embedded = self.depth > 0 || !part.is_whole_lines;
        let is_long = part.text().len() > LONGEST_TAKEN_APART || is_embedded;
        let written = form
            .takes_apart()
            .filter(|_| is_long && self.may_leave_out(part))
            .map(|what| leave_out::as_written(&part.lines, &encoded, what, &self.back_to(part)));
        if is_embedded && written.is_none() {
            // `expand` looks for forms in lines of their own: in a string, or on a line with something
            // else, it wouldn't find one.
            return None;
        }
        let shown = written.as_ref().map_or(&encoded, |written| &written.text);
        let (tokens, is_same) = beside(
            part.text().len(),
            || (self.count)(shown),
            || forms::gives_back(&encoded, part.text()),
        );
        let Rendered { text, left } =
            written.unwrap_or(Rendered { text: encoded, left: Vec::new() });
        let done = format!("{}/{}", form.name(), form.version());
        is_same.then_some(Shorter { text, tokens, done, left, embedded: Vec::new() })
    }

    /// Whether the reader can ask for what isn't shown of `part`. Never of a part in which a
    /// credential is found: its original would have to be kept.
    fn may_leave_out(&self, part: &Stretch) -> bool {
        let is_found = || !secrets::redact(part.text()).findings.is_empty();
        self.options.retrieval == Retrieval::Offered && !*part.credentials.get_or_init(is_found)
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
        let (may_be, rendered) = beside(
            part.text().len(),
            || self.may_leave_out(part),
            || leave_out::leave_out(part.is, &part.lines, context, &self.back_to(part)),
        );
        if !may_be {
            return None;
        }
        let shorter = |text: String, left: Vec<Left>, embedded: Vec<Gap>| {
            let tokens = self.count_long(&text);
            let done = format!("leave-out:{}", part.is.kind.name());
            Shorter { text, tokens, done, left, embedded }
        };
        let of_part = rendered.map(|Rendered { text, left }| shorter(text, left, Vec::new()));
        let of_texts = match part.is.kind {
            Kind::Json => {
                self.embedded(part, context).map(|(text, gaps)| shorter(text, Vec::new(), gaps))
            }
            _ => None,
        };
        of_texts.into_iter().chain(of_part).min_by_key(|shorter| shorter.tokens)
    }

    /// `part`, a JSON document, with something left out of the texts in its strings.
    fn embedded(&self, part: &Stretch, context: &Context) -> Option<(String, Vec<Gap>)> {
        // The lines of a file that the reader can open are not those of a text in a string.
        if self.depth >= embedded::DEEPEST || self.options.source.is_some() {
            return None;
        }
        let document = part.text();
        let mut options =
            Options { cosmetic: false, budget: None, kind: None, ..self.options.clone() };
        let mut shortened = Shortened::default();
        for text in embedded::texts(document, self.options.kind.as_deref()) {
            // What a pack becomes isn't given back by filling its gaps alone.
            if detect::is_pack(&text.text) {
                continue;
            }
            options.kind.clone_from(&text.hint);
            let depth = self.depth + 1;
            let frame = Frame { options: &options, task: self.task, count: self.count, depth };
            let Compressed { text: shorter, gaps, .. } =
                frame.pass(&text.text, None, context.tight);
            if !gaps.is_empty() {
                let line = part.lines.at(text.range.start) + 1;
                shortened.add(document, &text, (&shorter, gaps), line);
            }
        }
        shortened.finish(document)
    }

    /// The tokens of `text`; of a long one the second half is counted on another thread.
    fn count_long(&self, text: &str) -> usize {
        let (first, second) = text.split_at(seam(text));
        let (second, first) = beside(text.len(), || (self.count)(second), || (self.count)(first));
        first + second
    }
}

/// A part of the input.
struct Stretch<'t> {
    lines: Lines<'t>,
    is: Detected,
    /// The line of the input that it begins at, from 1.
    line: usize,
    /// Whether it stays as it is.
    is_kept: bool,
    /// Whether nothing else stands on its first line and its last.
    is_whole_lines: bool,
    /// Whether a credential is found in it, once that was asked.
    credentials: OnceLock<bool>,
}

impl<'t> Stretch<'t> {
    fn text(&self) -> &'t str {
        self.lines.text()
    }
}

/// The parts of `text`, in order.
fn stretches<'t>(text: &'t str, hint: Option<&str>) -> Vec<Stretch<'t>> {
    let mut line = 1;
    let stretch = |piece: Piece| {
        let Piece { range, is, is_kept } = piece;
        let ends_line = range.end == text.len() || text[..range.end].ends_with('\n');
        let is_whole_lines = ends_line && (range.start == 0 || text[..range.start].ends_with('\n'));
        let lines = Lines::of(&text[range]);
        let start = line;
        line += lines.count() - usize::from(!ends_line);
        Stretch { lines, is, line: start, is_kept, is_whole_lines, credentials: OnceLock::new() }
    };
    parts::cut(text, hint).into_iter().map(stretch).collect()
}

/// Compressing a part failed: it stays as it was.
struct Failed;

/// What `work` returns, or that it panicked.
fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Failed> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Failed)
}

/// What is tried first.
enum Proposal {
    /// A table in few tokens, with nothing left out.
    WholeTable(Shorter),
    /// Something left out.
    LeftOut(Shorter),
    /// Where nothing can be, the shortest of the forms that say all.
    Reversible(Option<Shorter>),
}

/// Something that can stand for a part.
struct Shorter {
    text: String,
    tokens: usize,
    /// What was done.
    done: String,
    /// What was left out.
    left: Vec<Left>,
    /// What was left out of texts in it: lines and bytes are those of the part.
    embedded: Vec<Gap>,
}

/// The reversible forms that are tried on a kind; `named` are the lines that the task names and those
/// with an unusual value, which not all of them ask for.
fn forms_for<'n, F: FnOnce() -> Vec<usize>>(
    kind: Kind,
    named: &'n LazyCell<Vec<usize>, F>,
) -> Vec<Box<dyn Form + 'n>> {
    let rows = |columns| Box::new(forms::Rows { columns, whole: false, named });
    let words = || rows(false);
    match kind {
        Kind::Json => vec![Box::new(forms::JsonTables)],
        Kind::Search => vec![Box::new(forms::Search), Box::new(forms::Paths)],
        Kind::Table => vec![rows(true), words()],
        Kind::Log | Kind::TestOutput => vec![words(), Box::new(forms::Repeats)],
        Kind::Text | Kind::Facts => {
            vec![words(), Box::new(forms::Repeats), Box::new(forms::Numbers)]
        }
        Kind::Trace => vec![Box::new(forms::Repeats)],
        Kind::Code | Kind::Html | Kind::Prose => vec![Box::new(forms::Numbers)],
        Kind::Diff | Kind::Pack => Vec::new(),
    }
}

impl Compressed {
    /// Adds a part of `before` tokens, or what stands for it.
    fn splice(&mut self, part: &Stretch, before: usize, shorter: Result<Option<Shorter>, Failed>) {
        self.failures += usize::from(shorter.is_err());
        let shorter = shorter.ok().flatten();
        let lines = &part.lines;
        let start = self.text.len();
        self.parts.push(Part {
            kind: part.is.kind,
            lines: (part.line, part.line + lines.count().saturating_sub(1)),
            tokens_before: before,
            tokens_after: shorter.as_ref().map_or(before, |shorter| shorter.tokens),
            transform: shorter.as_ref().map(|shorter| shorter.done.clone()),
        });
        let Some(shorter) = shorter else {
            self.text.push_str(part.text());
            return;
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
                escapes: Vec::new(),
            });
        }
        for gap in shorter.embedded {
            let line = part.line + gap.lines.0 - 1;
            let at = start + gap.at.start..start + gap.at.end;
            self.gaps.push(Gap { lines: (line, line), at, ..gap });
        }
    }
}

/// A place near the middle of `text` before and after which the tokens add up; its end if there is
/// none.
fn seam(text: &str) -> usize {
    /// So many lines are looked at.
    const MOST: usize = 100;
    let middle = text.floor_char_boundary(text.len() / 2);
    memchr::memchr_iter(b'\n', &text.as_bytes()[middle..])
        .map(|at| middle + at + 1)
        .take(MOST)
        .find(|&at| tokens::seam_adds(true, &text[at..]))
        .unwrap_or(text.len())
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
    fn what_is_unusual_stands_as_it_was_in_a_form() {
        let package = |n: usize| {
            let tslib = if n == 33 { "2.0.0-vulnerable" } else { "2.6.2" };
            format!("├─┬ dep{n}@1.{n}.0\n│ ├── lodash@4.17.21\n│ └── tslib@{tslib}\n")
        };
        let text: String = (0..50).map(package).collect();
        let options = Options { kind: Some("npm ls --all".to_owned()), ..Options::default() };
        let result = compress(&text, &options);
        let (before, _) = result.text.split_once("tslib@2.0.0-vulnerable").unwrap();
        assert!(before.lines().rev().take(4).any(|line| line.contains("dep33@")), "{before}");
        assert!(result.tokens_after * 2 < result.tokens_before);
    }

    #[test]
    fn a_forged_envelope_switches_compression_off() {
        let text = format!("[json/1, 1 lines: x]\n[{}]\n", "{\"a\": 1},".repeat(99));
        assert_eq!(compress(&text, &Options::default()).text, text);
    }
}
