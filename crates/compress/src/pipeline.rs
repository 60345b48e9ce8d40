//! The stages of compression, and the checks that every replacement has to pass.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use json_index::lenient;
use pack_format::markdown::is_pack;

use crate::chunks::{self, DetectedChunk};
use crate::codecs::envelope::{self, Opened};
use crate::codecs::{self, Codec};
use crate::compressed::{ChunkReport, Compressed, Omission};
use crate::cosmetic::cosmetic;
use crate::detect::{Detected, MAX_EDITED_BYTES, is_fetched, is_file};
use crate::elide::{self, Context, Draft, PlacedMarker, Reader, Rendered};
use crate::embedded::{self, EmbeddedResult};
use crate::header;
use crate::kinds::{KeptLines, Kind};
use crate::lines::Lines;
use crate::marker::{self, Marker};
use crate::options::{Options, Retrieval, Source};
use crate::parallel::{is_divided, join_if_long};
use crate::task::Task;

/// A result is used only if it saves at least this percentage of the tokens. By hand, not measured.
const MIN_SAVING_PERCENT: usize = 5;
/// Eliding must save at least this percentage more than the best lossless codec to be preferred to
/// it. By hand, not measured.
const ELISION_GAIN_PERCENT: usize = 8;
/// If eliding leaves at most this percentage of the tokens, no codec is tried any more, to save
/// time. By hand, not measured.
const FAR_SHORTER_PERCENT: usize = 40;
/// A table is encoded without eliding anything if the result takes at most this percentage of its
/// tokens, and at most this many tokens: in agents' sessions, listings with elided values were
/// retrieved in every fifth case.
const WHOLE_TABLE_PERCENT: usize = 50;
const WHOLE_TABLE_TOKENS: usize = 6000;
/// Larger tables, in bytes, cannot get below `WHOLE_TABLE_TOKENS`, so the codec isn't tried on
/// them.
const LONGEST_WHOLE_TABLE: usize = 120_000;
/// A chunk of more bytes than this gets a retrieval reference if the codec that encodes it
/// restructures its lines: a reader may need them as they were written. By hand, not measured.
const MAX_UNREFERENCED_BYTES: usize = 2000;
/// Shorter chunks, in bytes, are left alone: a marker alone would cost as much. By hand, not
/// measured.
const SHORTEST: usize = 200;
/// In texts of fewer tokens nothing is elided and no lines become rows. Measured on sessions of
/// agents: below this the bill hardly falls, while what is elided is often needed later.
const MIN_ELIDED_TOKENS: usize = 400;
/// Texts of more bytes aren't counted for that: code and prose have four bytes for each token, and
/// even tables rarely more than eight.
const MAX_UNCOUNTED_BYTES: usize = 8 * MIN_ELIDED_TOKENS;
/// How often a text is cut further to reach a budget, and the percentage of the room that the next attempt aims at, because
/// markers take some. By hand, not measured.
const MOST_CUTS: usize = 3;
const AIMED_PERCENT: usize = 90;

/// U+FEFF. It is a byte order mark only as the first character of a text, so nothing may be
/// inserted before it.
pub(crate) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Compresses `text`. The result never has more tokens than the input, depends on the options
/// alone, and is not changed by compressing it again. See [`Options`] for what may be done.
pub fn compress(text: &str, options: &Options) -> Compressed {
    compress_counted(text, options, &|text| tokens::count(options.encoding, text))
}

/// [`compress`] with a custom token counter, for models with another tokenizer. `count` decides
/// what is worth doing, so it has to be accurate enough for that, and it must be additive wherever
/// [`tokens::seam_adds`] says so.
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
    let task = Task::within(&options.task, options.limits.clone());
    let pipeline = Pipeline { options, task: &task, count, depth: 0, is_short: false, room: None };
    if let Some(result) = pipeline.in_envelope(text, envelope::DEEPEST) {
        return result;
    }
    let result = pipeline.within_budget(text, None);
    if envelope::split(&result.text).is_some() {
        // Its first line would be taken for an envelope's.
        return unchanged(text, result);
    }
    if result.text == text
        || pipeline.within_budget(&result.text, Some(result.tokens_after)).text == result.text
    {
        return result;
    }
    // The result would be split into other chunks than the input was, so it isn't stable.
    unchanged(text, result)
}

/// One run over a text: the options, and what is derived from them once.
#[derive(Clone, Copy)]
struct Pipeline<'f> {
    options: &'f Options,
    task: &'f Task,
    count: &'f (dyn Fn(&str) -> usize + Sync),
    /// How many JSON strings the text is nested in.
    depth: usize,
    /// Whether the text is too short for anything in it to be elided.
    is_short: bool,
    /// The tokens that a text of so many tokens is to be cut to, to reach the budget.
    room: Option<(usize, usize)>,
}

/// Whether `text` has too few tokens for anything in it to be elided, and how many it has, if that
/// had to be counted.
fn is_short(text: &str, tokens: Option<usize>, count: impl Fn() -> usize) -> (bool, Option<usize>) {
    if tokens.is_none() && text.len() > MAX_UNCOUNTED_BYTES {
        return (false, None);
    }
    let tokens = tokens.unwrap_or_else(count);
    (tokens < MIN_ELIDED_TOKENS, Some(tokens))
}

impl Pipeline<'_> {
    /// The result of opening the envelope that `text` is, and of compressing what is in it, if that
    /// is shorter. The envelopes in it are opened too, to this `depth`.
    fn in_envelope(&self, text: &str, depth: usize) -> Option<Compressed> {
        // Line numbers in a file don't apply to a text inside a string.
        if depth == 0 || self.options.source.is_some() {
            return None;
        }
        let Opened { head, text: inner } = envelope::open(text)?;
        if envelope::split(&inner).is_some() || header::contains(&inner) {
            return None;
        }
        let head_tokens = (self.count)(&head) + 1;
        let budget = self.options.budget.map(|budget| budget.saturating_sub(head_tokens));
        let options = Options { budget, ..self.options.clone() };
        let pipeline = Pipeline { options: &options, ..*self };
        let is_enclosed = |inner: &Compressed| envelope::split(&inner.text).is_some();
        let result = match pipeline.in_envelope(&inner, depth - 1) {
            Some(result) => result,
            // Its first line would be taken for another envelope's.
            None => Some(pipeline.within_budget(&inner, None)).filter(|one| !is_enclosed(one))?,
        };
        let result = result.enclosed(&head, (self.count)(text), self.count);
        (result.tokens_after < result.tokens_before).then_some(result)
    }

    /// The ordinary result, or one that elides more if the ordinary one exceeds the budget.
    /// `tokens` are those of `text`, if they are already known.
    fn within_budget(&self, text: &str, tokens: Option<usize>) -> Compressed {
        let ordinary = self.pass(text, tokens, false);
        let Some(budget) = self.options.budget.filter(|budget| ordinary.tokens_after > *budget)
        else {
            return ordinary;
        };
        let before = ordinary.tokens_before;
        let mut shortest = ordinary;
        let mut room = None;
        for _ in 0..=MOST_CUTS {
            let tight = Pipeline { room: room.map(|room| (room, before)), ..*self };
            let cut = tight.pass(text, Some(before), true);
            // The next attempt has less room by as much as this one took too much.
            let taken = if room.is_some() { cut.tokens_after.max(1) } else { budget };
            room =
                Some(room.unwrap_or(budget).saturating_mul(budget) / taken * AIMED_PERCENT / 100);
            if cut.tokens_after < shortest.tokens_after {
                shortest = cut;
            }
            if shortest.tokens_after <= budget {
                break;
            }
        }
        shortest
    }

    /// Splits the text, detects the kind of each chunk, chooses a replacement for each, and counts.
    fn pass(&self, text: &str, tokens: Option<usize>, tight: bool) -> Compressed {
        if self.depth > 0 || tight {
            return self.chunk_by_chunk(text, tokens, tight);
        }
        let (is_short, tokens) = is_short(text, tokens, || (self.count)(text));
        Pipeline { is_short, ..*self }.chunk_by_chunk(text, tokens, tight)
    }

    /// [`pass`](Self::pass) where it is known whether the text is short.
    fn chunk_by_chunk(&self, text: &str, tokens: Option<usize>, tight: bool) -> Compressed {
        let count = || tokens.unwrap_or_else(|| (self.count)(text));
        let clean = if self.options.cosmetic { cosmetic(text) } else { text.into() };
        let is_encoded = |text: &str| {
            header::contains(text) || (self.depth == 0 && envelope::split(text).is_some())
        };
        let is_marked = marker::contains(text);
        if text.len() < SHORTEST
            || is_encoded(text)
            || (clean.len() < text.len() && is_encoded(&clean))
            || (is_marked && is_single_marked(text))
        {
            return unchanged(text, Compressed { tokens_before: count(), ..Compressed::default() });
        }
        // A marker is text without control sequences, which may be in it.
        let may_be_marked = is_marked || clean.len() < text.len();
        let context = Context { task: self.task, tight, every_line: self.options.every_line };
        let (tokens, (chunks, proposed)) = join_if_long(text.len(), count, || {
            let chunks = chunks_of(&clean, self.options.kind.as_deref());
            let proposed = match chunks.as_slice() {
                // A single chunk that is the whole text needs no second count.
                [chunk] if clean.len() == text.len() => {
                    vec![(None, self.propose(chunk, &context, may_be_marked))]
                }
                chunks => {
                    let propose = |chunk: &Chunk| {
                        let (before, proposal) = join_if_long(
                            chunk.text().len(),
                            || (self.count)(chunk.text()),
                            || self.propose(chunk, &context, may_be_marked),
                        );
                        (Some(before), proposal)
                    };
                    chunks.iter().map(propose).collect()
                }
            };
            (chunks, proposed)
        });
        let mut result = Compressed { tokens_before: tokens, ..Compressed::default() };
        if clean.len() < text.len() {
            result.transforms.push("cosmetic".to_owned());
        }
        for (chunk, (before, proposal)) in chunks.iter().zip(proposed) {
            let before = before.unwrap_or(tokens);
            let shorter = proposal
                .and_then(|proposal| caught(|| self.shortest(chunk, before, proposal, &context)));
            result.splice(chunk, before, shorter);
        }
        result.tokens_after = match result.chunks.as_slice() {
            [chunk] => chunk.tokens_after,
            _ => (self.count)(&result.text),
        };
        if is_worth(tokens, result.tokens_after) { result } else { unchanged(text, result) }
    }

    /// The first replacement to try for `chunk`; it doesn't depend on the number of its tokens,
    /// which are counted in parallel. `may_be_marked`: whether the whole text may contain a marker.
    fn propose(
        &self,
        chunk: &Chunk,
        context: &Context,
        may_be_marked: bool,
    ) -> Result<Proposal, Failed> {
        let marked = may_be_marked
            && !chunk.is.kind.spec().checks_markers()
            && marker::contains(chunk.text());
        if chunk.is_kept || chunk.text().len() < SHORTEST || marked {
            return Ok(Proposal::Reversible(None));
        }
        caught(|| match self.whole_table(chunk, context) {
            Some(whole) => Proposal::WholeTable(whole),
            None => match self.elide(chunk, context) {
                Some(elided) => Proposal::Elided(elided),
                None => Proposal::Reversible(self.reversible(chunk)),
            },
        })
    }

    /// The replacement with the fewest tokens among `proposal` and the alternatives to it; `None`
    /// if none saves enough.
    fn shortest(
        &self,
        chunk: &Chunk,
        before: usize,
        proposal: Proposal,
        context: &Context,
    ) -> Option<Replacement> {
        let elided = match proposal {
            Proposal::Reversible(reversible) => {
                return reversible.filter(|shorter| is_worth(before, shorter.tokens));
            }
            Proposal::WholeTable(whole) if whole.tokens * 100 <= before * WHOLE_TABLE_PERCENT => {
                return Some(whole);
            }
            Proposal::WholeTable(_) => self.elide(chunk, context),
            Proposal::Elided(elided) => Some(elided),
        };
        let elided = elided.filter(|shorter| is_worth(before, shorter.tokens));
        let far_shorter =
            |shorter: &Replacement| shorter.tokens * 100 <= before * FAR_SHORTER_PERCENT;
        if elided.as_ref().is_some_and(far_shorter) {
            return elided;
        }
        let reversible = self.reversible(chunk).filter(|shorter| is_worth(before, shorter.tokens));
        match (elided, reversible) {
            (Some(elided), Some(reversible)) => {
                let better =
                    elided.tokens * 100 <= reversible.tokens * (100 - ELISION_GAIN_PERCENT);
                Some(if better { elided } else { reversible })
            }
            (elided, reversible) => elided.or(reversible),
        }
    }

    /// A table encoded with the values of all of its rows, if that takes few tokens: the reader of
    /// a listing looks for one row, and it cannot be known which.
    fn whole_table(&self, chunk: &Chunk, context: &Context) -> Option<Replacement> {
        let may_be = !context.tight
            && chunk.text().len() <= LONGEST_WHOLE_TABLE
            && chunk.is.kind.spec().is_listing(chunk.text());
        let rows = codecs::Rows { columns: true, whole: true, named: &[] };
        let whole = may_be.then(|| self.proposed(chunk, &rows)).flatten()?;
        (whole.tokens <= WHOLE_TABLE_TOKENS).then_some(whole)
    }

    /// `chunk` encoded by the codec that yields the fewest tokens.
    fn reversible(&self, chunk: &Chunk) -> Option<Replacement> {
        let spec = chunk.is.kind.spec();
        let kept = KeptLines::new(Box::new(|| {
            let mut kept = self.task.lines(&chunk.lines);
            kept.extend(spec.unusual(&chunk.lines));
            kept.sort_unstable();
            kept.dedup();
            kept
        }));
        let codecs = spec.codecs(&kept);
        let (first, others) = codecs.split_first()?;
        let proposed = |codec: &dyn Codec| self.proposed(chunk, codec);
        let shortest =
            |all: &mut dyn Iterator<Item = Replacement>| all.min_by_key(|one| one.tokens);
        let (others, first) = join_if_long(
            chunk.text().len(),
            || shortest(&mut others.iter().filter_map(|codec| proposed(codec.as_ref()))),
            || proposed(first.as_ref()),
        );
        shortest(&mut first.into_iter().chain(others))
    }

    /// `chunk` encoded by `codec`, with retrieval references to its lines if the encoding
    /// restructures them.
    fn proposed(&self, chunk: &Chunk, codec: &dyn Codec) -> Option<Replacement> {
        if !self.may_encode(chunk, codec) {
            return None;
        }
        let encoded = codecs::propose(codec, chunk.text())?;
        let is_embedded = self.depth > 0 || !chunk.is_whole_lines;
        let is_long = chunk.text().len() > MAX_UNREFERENCED_BYTES || is_embedded;
        let written =
            codec.restructured().filter(|_| is_long && self.may_elide(chunk)).map(|what| {
                elide::with_references(&chunk.lines, &encoded, what, &self.reader_of(chunk))
            });
        if is_embedded && written.is_none() {
            // `expand` recognises a header only on a line of its own, which it hasn't inside a
            // string or on a line with something else.
            return None;
        }
        let shown = written.as_ref().map_or(&encoded, |written| &written.text);
        let (tokens, is_same) = join_if_long(
            chunk.text().len(),
            || (self.count)(shown),
            || codecs::round_trips(&encoded, chunk.text()),
        );
        let Rendered { text, markers } =
            written.unwrap_or(Rendered { text: encoded, markers: Vec::new() });
        let done = format!("{}/{}", codec.name(), codec.version());
        is_same.then_some(Replacement { text, tokens, done, markers, embedded: Vec::new() })
    }

    /// Whether `chunk` may be encoded by `codec`, whatever is gained.
    fn may_encode(&self, chunk: &Chunk, codec: &dyn Codec) -> bool {
        match codec.name() {
            codecs::Rows::NAME => !self.is_short,
            // To edit a file its lines have to be known as they are.
            codecs::JsonTables::NAME => {
                !self.options.every_line
                    || chunk.text().len() > MAX_EDITED_BYTES
                    || !is_file(self.options.kind.as_deref())
            }
            _ => true,
        }
    }

    /// Whether omissions in `chunk` can be retrieved. A chunk with a credential is never elided,
    /// because its original would have to be stored.
    fn may_elide(&self, chunk: &Chunk) -> bool {
        let is_found = || !secrets::redact(chunk.text()).findings.is_empty();
        self.may_elide_kind(chunk.is.kind) && !*chunk.credentials.get_or_init(is_found)
    }

    /// Whether the reader can retrieve omissions, and wants some from texts of this kind.
    fn may_elide_kind(&self, kind: Kind) -> bool {
        let is_lossless = self.options.limits.as_ref().is_some_and(|one| one.is_lossless(kind));
        self.options.retrieval == Retrieval::Offered && !is_lossless
    }

    /// The reader of `chunk`, as far as retrieval is concerned.
    fn reader_of(&self, chunk: &Chunk) -> Reader {
        let at = |source: &Source| Source {
            path: source.path.clone(),
            line: source.line + chunk.line - 1,
        };
        let source = self.options.source.as_ref().map(at);
        Reader { source, has_read: self.options.has_read, reads_parts: self.options.reads_parts }
    }

    /// What is shown of `chunk` if it is cut to reach the budget.
    fn cut(&self, chunk: &Chunk, context: &Context) -> Option<Draft> {
        let (room, all) = self.room?;
        let spec = chunk.is.kind.spec();
        if !spec.may_be_cut() {
            return None;
        }
        let bytes = chunk.text().len() as u128 * room as u128 / all.max(1) as u128;
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        let draft = match chunk.is.kind {
            // Its draft writes the matches anew.
            Kind::Search => None,
            _ => spec.draft(&chunk.lines, chunk.is.language, context),
        };
        elide::fit(draft, &chunk.lines, context, bytes)
    }

    /// `chunk` with lines elided.
    fn elide(&self, chunk: &Chunk, context: &Context) -> Option<Replacement> {
        if self.is_short || !self.may_elide_kind(chunk.is.kind) {
            return None;
        }
        let spec = chunk.is.kind.spec();
        let render = || {
            let reader = self.reader_of(chunk);
            if let Some(draft) = self.cut(chunk, context) {
                return Some(elide::render(&chunk.lines, &draft, &reader));
            }
            // The links of a page differ in what they say, so none represents the others.
            (spec.has_links() && is_fetched(self.options.kind.as_deref()))
                .then(|| elide::elide_links(&chunk.lines, context, &reader))
                .flatten()
                .or_else(|| spec.elide(&chunk.lines, chunk.is.language, context, &reader))
        };
        let (may_be, rendered) = if is_divided(chunk.text().len()) {
            join_if_long(chunk.text().len(), || self.may_elide(chunk), render)
        } else {
            let rendered = render();
            // From most files nothing is elided, so that no credential has to be searched for.
            let is_anything = rendered.is_some() || spec.has_embedded_texts();
            (is_anything && self.may_elide(chunk), rendered)
        };
        if !may_be {
            return None;
        }
        let shorter = |text: String, markers: Vec<PlacedMarker>, embedded: Vec<Omission>| {
            let tokens = self.count_long(&text);
            let done = format!("leave-out:{}", chunk.is.kind.name());
            Replacement { text, tokens, done, markers, embedded }
        };
        let of_part = rendered.map(|Rendered { text, markers }| shorter(text, markers, Vec::new()));
        let of_texts = spec.has_embedded_texts().then(|| {
            let (text, omissions) = self.embedded(chunk, context)?;
            Some(shorter(text, Vec::new(), omissions))
        });
        let of_texts = of_texts.flatten();
        of_texts.into_iter().chain(of_part).min_by_key(|shorter| shorter.tokens)
    }

    /// `chunk`, a JSON document, with lines elided from the texts in its strings.
    fn embedded(&self, chunk: &Chunk, context: &Context) -> Option<(String, Vec<Omission>)> {
        // Line numbers in a file don't apply to a text inside a string.
        if self.depth >= embedded::DEEPEST || self.options.source.is_some() {
            return None;
        }
        let document = chunk.text();
        let mut options =
            Options { cosmetic: false, budget: None, kind: None, ..self.options.clone() };
        let mut shortened = EmbeddedResult::default();
        for text in embedded::texts(&chunk.lines, self.options.kind.as_deref()) {
            // `restore` fills omissions, which alone doesn't reproduce a pack.
            if is_pack(&text.text) {
                continue;
            }
            options.kind.clone_from(&text.hint);
            let depth = self.depth + 1;
            let pipeline = Pipeline { options: &options, depth, ..*self };
            let Compressed { text: shorter, omissions, .. } =
                pipeline.pass(&text.text, None, context.tight);
            if !omissions.is_empty() {
                let line = chunk.lines.at(text.range.start) + 1;
                shortened.add(document, &text, (&shorter, omissions), line);
            }
        }
        shortened.finish(document)
    }

    /// The tokens of `text`; the two halves of a long text are counted in parallel.
    fn count_long(&self, text: &str) -> usize {
        let (first, second) = text.split_at(seam(text));
        let (second, first) =
            join_if_long(text.len(), || (self.count)(second), || (self.count)(first));
        first + second
    }
}

/// A chunk of the input, of one kind.
struct Chunk<'t> {
    lines: Lines<'t>,
    is: Detected,
    /// The line of the input at which it begins, from 1.
    line: usize,
    /// Whether it must stay as it is.
    is_kept: bool,
    /// Whether it begins and ends at line boundaries.
    is_whole_lines: bool,
    /// Whether it contains a credential; scanned for at the first use.
    credentials: OnceLock<bool>,
}

impl<'t> Chunk<'t> {
    fn text(&self) -> &'t str {
        self.lines.text()
    }
}

/// The chunks of `text`, in order.
fn chunks_of<'t>(text: &'t str, hint: Option<&str>) -> Vec<Chunk<'t>> {
    let mut line = 1;
    let chunk = |chunk: DetectedChunk<'t>| {
        let DetectedChunk { range, is, json, is_kept } = chunk;
        let ends_line = range.end == text.len() || text[..range.end].ends_with('\n');
        let is_whole_lines = ends_line && (range.start == 0 || text[..range.start].ends_with('\n'));
        let text = &text[range];
        let scanned = || (is.kind == Kind::Json).then(|| lenient::scan(text)).flatten();
        let lines = Lines::with_json(text, json.or_else(scanned));
        let start = line;
        line += lines.count() - usize::from(!ends_line);
        Chunk { lines, is, line: start, is_kept, is_whole_lines, credentials: OnceLock::new() }
    };
    chunks::split(text, hint).into_iter().map(chunk).collect()
}

/// Compressing a chunk panicked; the chunk stays as it was.
struct Failed;

/// What `work` returns, or [`Failed`] if it panics: a bug in one codec must not lose the caller's
/// text.
fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Failed> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Failed)
}

/// The first replacement that was tried.
enum Proposal {
    /// A table with all of its values, in few tokens.
    WholeTable(Replacement),
    /// The chunk with lines elided.
    Elided(Replacement),
    /// Nothing can be elided: the best lossless encoding.
    Reversible(Option<Replacement>),
}

/// A candidate to replace a chunk.
struct Replacement {
    text: String,
    tokens: usize,
    /// The name of the transformation, as [`Compressed::transforms`] reports it.
    done: String,
    /// The markers in `text`.
    markers: Vec<PlacedMarker>,
    /// Omissions in texts inside JSON strings; their lines and bytes are relative to the chunk.
    embedded: Vec<Omission>,
}

impl Compressed {
    /// Puts the line of an envelope, whose document has `before` tokens, before the text of what
    /// was in it.
    fn enclosed(mut self, head: &str, before: usize, count: &dyn Fn(&str) -> usize) -> Self {
        self.put_before(&format!("{head}\n"));
        // The document is one line.
        self.omissions.iter_mut().for_each(|omission| omission.lines = (1, 1));
        self.chunks.iter_mut().for_each(|chunk| chunk.lines = (1, 1));
        self.transforms.retain(|done| done != envelope::NAME);
        self.transforms.insert(0, envelope::NAME.to_owned());
        self.tokens_before = before;
        self.tokens_after = count(&self.text);
        self
    }

    /// Appends a chunk of `before` tokens, or its replacement.
    fn splice(
        &mut self,
        chunk: &Chunk,
        before: usize,
        shorter: Result<Option<Replacement>, Failed>,
    ) {
        self.failures += usize::from(shorter.is_err());
        let shorter = shorter.ok().flatten();
        let lines = &chunk.lines;
        let start = self.text.len();
        self.chunks.push(ChunkReport {
            kind: chunk.is.kind,
            lines: (chunk.line, chunk.line + lines.count().saturating_sub(1)),
            tokens_before: before,
            tokens_after: shorter.as_ref().map_or(before, |shorter| shorter.tokens),
            transform: shorter.as_ref().map(|shorter| shorter.done.clone()),
        });
        let Some(shorter) = shorter else {
            self.text.push_str(chunk.text());
            return;
        };
        self.text.push_str(&shorter.text);
        if !self.transforms.contains(&shorter.done) {
            self.transforms.push(shorter.done);
        }
        for PlacedMarker { marker, lines: range, at } in shorter.markers {
            let Marker { count, what, reference } = marker;
            self.omissions.push(Omission {
                reference,
                count,
                what,
                lines: (chunk.line + range.start, chunk.line + range.end - 1),
                original: lines.slice(range).to_owned(),
                at: start + at.start..start + at.end,
                escapes: Vec::new(),
            });
        }
        for omission in shorter.embedded {
            let line = chunk.line + omission.lines.0 - 1;
            let at = start + omission.at.start..start + omission.at.end;
            self.omissions.push(Omission { lines: (line, line), at, ..omission });
        }
    }
}

/// A byte offset near the middle of `text` at which the token counts of the two halves add up; the
/// end of `text` if there is none.
fn seam(text: &str) -> usize {
    /// How many lines are tried, to bound the time. By hand, not measured.
    const MOST: usize = 100;
    let middle = text.floor_char_boundary(text.len() / 2);
    memchr::memchr_iter(b'\n', &text.as_bytes()[middle..])
        .map(|at| middle + at + 1)
        .take(MOST)
        .find(|&at| tokens::seam_adds(true, &text[at..]))
        .unwrap_or(text.len())
}

/// The result that leaves `text` as it is; the figures of `tried` are kept, its changes dropped.
fn unchanged(text: &str, tried: Compressed) -> Compressed {
    let tokens = tried.tokens_before;
    let stays = |chunk: ChunkReport| ChunkReport {
        tokens_after: chunk.tokens_before,
        transform: None,
        ..chunk
    };
    Compressed {
        text: text.to_owned(),
        tokens_before: tokens,
        tokens_after: tokens,
        chunks: tried.chunks.into_iter().map(stays).collect(),
        failures: tried.failures,
        ..Compressed::default()
    }
}

/// Whether `text`, which contains a marker, is a single chunk: it was compressed before and is left
/// alone. This is a shortcut, as most such texts are earlier results.
fn is_single_marked(text: &str) -> bool {
    !chunks::may_be_several(text) && !is_pack(text)
}

fn is_worth(before: usize, after: usize) -> bool {
    after * 100 <= before * (100 - MIN_SAVING_PERCENT) && after < before
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
    fn the_minimum_saving_is_a_twentieth() {
        assert!(is_worth(1000, 950) && !is_worth(1000, 951));
        // Some line numbers could be dropped, but they are small compared with the text.
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
    fn a_forged_header_switches_compression_off() {
        let text = format!("[json/1, 1 lines: x]\n[{}]\n", "{\"a\": 1},".repeat(99));
        assert_eq!(compress(&text, &Options::default()).text, text);
    }
}
