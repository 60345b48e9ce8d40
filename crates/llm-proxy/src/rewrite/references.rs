//! The shortest of the texts that may stand for a result: compressed, or with references to what the
//! model has seen before.

use std::borrow::Cow;
use std::ops::Range;

use compress::earlier::{
    Earlier, Grams, NewGrams, Reference, Referred, comparable, has_references_of, split_heads,
};
use compress::{Compressed, Retrieval};
use tokens::Encoding;

use super::shown::Shown;

/// The name of that in reports.
const EARLIER: &str = "earlier/2";

/// A run of lines that can be retrieved because a reference stands for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReplacedRun {
    /// The first digits of its hash.
    pub(super) hash: Box<str>,
    /// Which of the block's texts it is from.
    text: usize,
    basis: Basis,
    start: usize,
    end: usize,
}

/// In which version of a text references were put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Basis {
    /// The text itself.
    Given,
    /// The compressed text.
    Compressed,
}

impl ReplacedRun {
    /// Bytes that it takes.
    pub(super) fn weight(&self) -> usize {
        size_of::<Self>() + self.hash.len()
    }

    /// The run, if it is from the text at `at`, from which it is cut again.
    pub(super) fn original(
        &self,
        at: usize,
        text: &str,
        is_cosmetic: bool,
        compressed: &Compressed,
    ) -> Option<String> {
        let basis = match self.basis {
            Basis::Given => comparable(text, is_cosmetic).0,
            Basis::Compressed => Cow::Borrowed(compressed.text.as_str()),
        };
        let run = basis.get(self.start..self.end).filter(|_| at == self.text)?;
        Some(run.to_owned())
    }
}

/// `result`, or a version of it or of its input `text`, the block's text at `at`, with references to
/// what was shown, if that is shorter. `encode` compresses a text without loss: what stays between
/// references. The runs that can be retrieved are added to `runs`. The grams of the text, if they are known.
pub(super) fn shortest(
    mut result: Compressed,
    (at, text): (usize, &str),
    is_cosmetic: bool,
    shown: Shown<'_>,
    retrieval: Retrieval,
    encode: impl Fn(&str) -> Option<Compressed>,
    runs: &mut Vec<ReplacedRun>,
) -> (Compressed, Option<Grams>) {
    let (given, opened) = comparable(text, is_cosmetic);
    let new = NewGrams::of([&*given, &*result.text]);
    let places = shown.with_lines_of(&new);
    if places.is_empty() {
        let grams = new.into_shown(&result.text);
        return (result, Some(grams));
    }
    let refer = |text: &str| {
        let referred = shown.read(&places, |earlier, call| earlier.refer(text, call, retrieval))?;
        let tokens = tokens::count(Encoding::default(), &referred.text);
        is_worth(tokens, result.tokens_after).then_some((tokens, referred))
    };
    let of_given = refer(&given).map(|found| (Basis::Given, found));
    let of_compressed = match result.text == *given {
        true => None,
        false => refer(&result.text).map(|found| (Basis::Compressed, found)),
    };
    // Of equally short ones the first, which needs no notation to be read.
    let found = of_given.into_iter().chain(of_compressed).min_by_key(|(_, (tokens, _))| *tokens);
    let Some((basis, (tokens, Referred { text, references }))) = found else {
        let grams = new.into_shown(&result.text);
        return (result, Some(grams));
    };
    runs.extend(references.into_iter().filter_map(|reference| {
        let (start, end) = (reference.replaces.start, reference.replaces.end);
        Some(ReplacedRun { hash: reference.hash?.into(), text: at, basis, start, end })
    }));
    let mut transforms = vec![EARLIER.to_owned()];
    let (mut text, mut tokens) = (text, tokens);
    if basis == Basis::Given {
        result.transforms = opened.into_iter().map(str::to_owned).collect();
        result.omissions = Vec::new();
        if let Some((shorter, done)) = between(&text, tokens, encode) {
            tokens = tokens::count(Encoding::default(), &shorter);
            text = shorter;
            transforms.extend(done);
        }
    }
    (result.text, result.tokens_after) = (text, tokens);
    result.transforms.append(&mut transforms);
    (result, None)
}

/// `text`, which has `tokens`, with the lines between its references encoded, and what was done, if
/// that is shorter and leaves the references as they are.
fn between(
    text: &str,
    tokens: usize,
    encode: impl Fn(&str) -> Option<Compressed>,
) -> Option<(String, Vec<String>)> {
    let (heads, inner) = split_heads(text);
    let encoded = encode(inner)?;
    let saved = encoded.tokens_before.saturating_sub(encoded.tokens_after);
    (is_worth(tokens.saturating_sub(saved), tokens) && has_references_of(&encoded.text, inner))
        .then(|| (heads.to_owned() + &encoded.text, encoded.transforms))
}

/// `shown`, which stands for an earlier result with the same text and is `tokens` long, with
/// references to its lines, and the tokens of that. Its retrieval references stay in it.
pub(super) fn of_copy(
    shown_text: &str,
    tokens: usize,
    shown: Shown<'_>,
) -> Option<(String, usize)> {
    let places = shown.with_lines_of(&NewGrams::of([shown_text]));
    let refer = |earlier: &Earlier, call| earlier.refer(shown_text, call, Retrieval::None);
    let referred = shown.read(&places, refer)?.text;
    let after = tokens::count(Encoding::default(), &referred);
    is_worth(after, tokens).then_some((referred, after))
}

/// A text whose first or last lines were shown before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReferredEnds {
    /// The reference to its first lines, without a line end.
    pub(crate) before: Option<String>,
    /// The bytes that stay, without line ends around them; empty where all lines were shown before.
    pub(crate) stays: Range<usize>,
    /// The reference to its last lines, without a line end.
    pub(crate) after: Option<String>,
}

impl ReferredEnds {
    /// What references at the beginning and at the end of `text` leave of it, and the originals that
    /// they can be retrieved by. References in the middle are left out: there they would change the
    /// numbers that a client gives to the lines behind them.
    pub(super) fn of<'t>(
        text: &'t str,
        shown: Shown<'_>,
        retrieval: Retrieval,
    ) -> Option<(Self, Vec<&'t str>)> {
        let places = shown.with_lines_of(&NewGrams::of([text]));
        let Referred { text: referred, references } =
            shown.read(&places, |earlier, call| earlier.refer(text, call, retrieval))?;
        let (first, last) = (references.first()?, references.last()?);
        let line = |reference: &Reference| referred.get(reference.at.clone()).map(str::to_owned);
        let mut found = Self { before: None, stays: 0..text.len(), after: None };
        let mut originals = Vec::new();
        let mut note = |reference: &Reference| {
            if reference.hash.is_some() {
                originals.extend(text.get(reference.replaces.clone()));
            }
        };
        if first.replaces.start == 0 {
            found.before = line(first);
            // Behind the line end, where there is one.
            found.stays.start = (first.replaces.end + 1).min(text.len());
            note(first);
        }
        let is_other = references.len() > 1 || found.before.is_none();
        // What names no source of its own would be nowhere without the reference before it.
        let is_whole = references.len() < 3 && (found.before.is_some() || references.len() == 1);
        if last.replaces.end == text.len() && is_other && is_whole {
            found.after = line(last);
            found.stays.end = last.replaces.start.saturating_sub(1).max(found.stays.start);
            note(last);
        }
        (found.before.is_some() || found.after.is_some()).then_some((found, originals))
    }
}

/// The name of what [`of_copy`] did.
pub(super) fn transform() -> Box<str> {
    EARLIER.into()
}

/// Whether `tokens` are at least three in a hundred fewer than `before`.
fn is_worth(tokens: usize, before: usize) -> bool {
    tokens * 100 <= before * 97
}
