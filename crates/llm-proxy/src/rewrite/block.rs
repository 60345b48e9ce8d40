//! The compression of one block of a conversation: a function of the block and of what came before it.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use compress::earlier::Grams;
use compress::{Compressed, Kind, Options, Provider, Retrieval};
use json_index::{Value, scan};
use llm_api::request::{Block, Role};
use llm_api::retrieval::{is_original_file, is_retrieval};
use llm_api::splice::quote;
use llm_api::tool_call::{Subject, hint, shows_files, subject};
use metrics::{BlockReport, BlockTexts};
use tokens::Encoding;

use crate::limits::{CallPatterns, Limits};

use super::references::{self, ReplacedRun};
use super::shown::Shown;

/// How commands begin by which the model retrieves an original without a tool.
const RETRIEVE_COMMAND: &str = "headroom retrieve ";
/// Shorter texts, in bytes, are sent as they are. By hand: a marker alone has about 80.
const SHORTEST: usize = 200;

/// Tokens from which on something may be elided from the result of a failed call; in shorter ones the
/// model sees all that went wrong. By hand, not measured.
const ERROR_TOKENS: usize = 2000;

/// Bytes of a text that the dashboard shows.
const SHOWN_BYTES: usize = 16 << 10;

/// Tokens from which on a user's text may be pasted data. By hand, not measured.
const PASTED_TOKENS: usize = 500;

/// The same in bytes, so that most texts need no counting: data has more than two bytes per token.
const PASTED_BYTES: usize = 2 * PASTED_TOKENS;

/// What came before a block, as far as it matters, and what may be done.
#[derive(Clone)]
pub(super) struct BlockContext<'c> {
    /// Who compresses.
    pub(super) compressor: &'c dyn Provider,
    /// What the user doesn't want to have changed, or left out.
    pub(super) limits: &'c Limits,
    /// What the agent is doing.
    pub(super) task: String,
    /// About how many tokens are before the block.
    pub(super) tokens_before: usize,
    /// Whether something may be elided.
    pub(super) retrieval: Retrieval,
    /// Whether credentials are replaced.
    pub(super) redact: bool,
    /// What the model has seen before, where it can be referred to.
    pub(super) shown: Option<Shown<'c>>,
    /// What an earlier result became whose text is the same to the byte.
    pub(super) same: Option<&'c CompressedBlock>,
    /// An upper bound for each of its texts, in tokens.
    pub(super) budget: Option<usize>,
    /// Whether the model opens an original in part.
    pub(super) reads_parts: bool,
}

/// What a block became.
#[derive(Debug, Clone)]
pub(crate) struct CompressedBlock {
    /// For each of its texts the JSON string that stands for it; `None` where it stays.
    pub(super) texts: Vec<Option<Arc<[u8]>>>,
    /// Its numbers and names, as far as they don't depend on the request.
    pub(crate) report: BlockReport,
    /// The names of what was done.
    pub(super) transforms: Vec<Box<str>>,
    /// The hashes of what was elided, and of what references stand for.
    pub(super) hashes: Vec<Box<str>>,
    /// What references stand for.
    replaced: Vec<ReplacedRun>,
    /// The runs of lines to which later references may be made, once it is known that they may.
    pub(super) grams: Option<Arc<Grams>>,
    /// Texts that stay because compressing them failed.
    pub(super) failures: usize,
    /// Credentials that were replaced.
    pub(super) redacted: usize,
}

impl CompressedBlock {
    /// The result for a block of which no text has been added yet.
    fn new(block: &Block<'_>) -> Self {
        CompressedBlock {
            texts: Vec::new(),
            report: BlockReport {
                tool: tool_name(block).into(),
                kind: "",
                before: 0,
                after: 0,
                reason: None,
                is_new: false,
                is_last: false,
                texts: None,
            },
            transforms: Vec::new(),
            hashes: Vec::new(),
            replaced: Vec::new(),
            grams: None,
            failures: 0,
            redacted: 0,
        }
    }

    /// Whether something was elided from the block, or a reference stands for a part of it.
    pub(crate) fn is_lossy(&self) -> bool {
        !self.hashes.is_empty()
    }

    /// The texts of `block`, whose result this is, as they came and as they are sent.
    pub(crate) fn texts_of(&self, block: &Block<'_>) -> (String, String) {
        let (mut before, mut after) = (String::new(), String::new());
        for (value, replaced) in block.texts.iter().zip(&self.texts) {
            let given = value.text().unwrap_or_default();
            let sent = replaced.as_deref().and_then(sent_text);
            after.push_str(sent.as_deref().unwrap_or(&given));
            before.push_str(&given);
        }
        (before, after)
    }

    /// Bytes that it takes.
    pub(super) fn weight(&self) -> usize {
        let texts: usize = self.texts.iter().flatten().map(|text| text.len()).sum();
        let names = self.transforms.iter().chain(&self.hashes).map(|name| name.len() + 16);
        let replaced: usize = self.replaced.iter().map(ReplacedRun::weight).sum();
        let lists = self.texts.len() * 16
            + replaced
            + self.grams.as_ref().map_or(0, |grams| grams.weight());
        size_of::<Self>() + texts + names.sum::<usize>() + lists
    }
}

/// The tool whose result a block is: `unknown` if the call isn't in the request, empty for what isn't
/// a result.
fn tool_name<'b>(block: &'b Block<'_>) -> &'b str {
    match &block.tool_result {
        Some(result) => result.call.as_ref().map_or("unknown", |call| &call.name),
        None => "",
    }
}

/// Whether a block may change at all.
pub(super) fn may_change(block: &Block<'_>) -> bool {
    let is_long = || {
        let is_long = |text: &Value<'_>| {
            text.range().len() >= SHORTEST || text.text().is_some_and(|text| may_be_shorter(&text))
        };
        block.texts.iter().any(is_long)
    };
    match block.role {
        Role::Tool => block.tool_result.is_some() && is_long(),
        Role::User => {
            let longest = block.texts.iter().map(|text| text.range().len()).max();
            longest.is_some_and(|longest| longest >= PASTED_BYTES)
        }
        _ => false,
    }
}

/// Whether a text is looked at.
fn may_be_shorter(text: &str) -> bool {
    text.len() >= SHORTEST || compress::may_be_envelope(text)
}

/// Compresses a block.
pub(super) fn compress(block: &Block<'_>, context: &BlockContext<'_>) -> CompressedBlock {
    let mut out = CompressedBlock::new(block);
    if let Some(reason) = untouched(block, &context.limits.exclude) {
        out.texts = block.texts.iter().map(|_| None).collect();
        let tokens = count(block);
        out.report =
            BlockReport { reason: Some(reason), before: tokens, after: tokens, ..out.report };
        return out;
    }
    for (at, value) in block.texts.iter().enumerate() {
        let text = value.text().filter(|text| may_be_shorter(text));
        let replaced = text.and_then(|text| out.add(block, (at, &text), context));
        out.texts.push(replaced.map(|text| quote(&text).into()));
    }
    if out.texts.iter().all(Option::is_none) && is_short_error(block) {
        out.report.reason = out.report.reason.or(Some("short error"));
    }
    match repeated(block, context) {
        Some(copy) if copy.report.after <= out.report.after => copy,
        _ => out,
    }
}

/// A result whose text is that of an earlier one: references to the lines that stand for that one, and
/// its retrieval references, whatever came in between.
fn repeated(block: &Block<'_>, context: &BlockContext<'_>) -> Option<CompressedBlock> {
    let (same, shown) = (context.same?, context.shown?);
    let [value] = &block.texts[..] else { return None };
    let text = match same.texts.first()?.as_deref() {
        Some(sent) => sent_text(sent)?,
        None => value.text()?.into_owned(),
    };
    let (shorter, after) = references::of_copy(&text, same.report.after, shown)?;
    Some(CompressedBlock {
        texts: vec![Some(quote(&shorter).into())],
        report: BlockReport { tool: tool_name(block).into(), after, ..same.report.clone() },
        transforms: vec![references::transform()],
        grams: None,
        ..same.clone()
    })
}

impl CompressedBlock {
    /// Adds the text at `at`; gives what stands for it, if anything does.
    fn add(
        &mut self,
        block: &Block<'_>,
        (at, given): (usize, &str),
        context: &BlockContext<'_>,
    ) -> Option<String> {
        let (text, found) = redacted(given, block, context);
        self.redacted += found;
        let Some(result) = attempt(block, &text, context) else {
            let tokens = tokens::count(Encoding::default(), &text);
            self.report.before += tokens;
            self.report.after += tokens;
            self.failures += 1;
            self.report.reason = Some("compressing it failed");
            return (found > 0).then(|| text.into_owned());
        };
        self.report.before += result.tokens_before;
        self.failures += result.failures;
        let largest = result.chunks.iter().max_by_key(|part| part.tokens_before);
        if self.report.kind.is_empty() {
            self.report.kind = largest.map_or("", |part| part.kind.name());
        }
        let replaced = self.replaced.len();
        let (result, grams) = match context.shown.filter(|_| block.role == Role::Tool) {
            Some(shown) => references::shortest(
                result,
                (at, &text),
                is_cosmetic(block),
                shown,
                context.retrieval,
                |text| {
                    let retrieval = Retrieval::None;
                    attempt(block, text, &BlockContext { retrieval, ..context.clone() })
                },
                &mut self.replaced,
            ),
            None => (result, None),
        };
        // What is shown of a block with one text is this text.
        self.grams = grams.filter(|_| block.texts.len() == 1).map(Arc::new);
        self.report.after += result.tokens_after;
        if result.text == text {
            if block.role == Role::User {
                self.report.reason = self.report.reason.or(Some("a user's own words"));
            }
            return (found > 0).then(|| text.into_owned());
        }
        self.hashes
            .extend(result.omissions.iter().filter_map(|omission| omission.hash()).map(Box::from));
        self.hashes.extend(self.replaced[replaced..].iter().map(|run| run.hash.clone()));
        for transform in &result.transforms {
            if !self.transforms.iter().any(|known| **known == **transform) {
                self.transforms.push(transform.as_str().into());
            }
        }
        Some(result.text)
    }
}

/// What was elided from the block under `hash`, or what the reference with that hash stands for.
/// `compressed`: what the block became.
pub(super) fn original(
    block: &Block<'_>,
    context: &BlockContext<'_>,
    compressed: &CompressedBlock,
    hash: &str,
) -> Option<String> {
    let is_named = |known: &str| known.starts_with(hash);
    originals(block, context, compressed)
        .into_iter()
        .find(|(known, _)| is_named(known))
        .map(|(_, original)| original)
}

/// All that was elided from the block and that references in it stand for, with their hashes or the
/// first digits of these. `compressed`: what the block became.
pub(super) fn originals(
    block: &Block<'_>,
    context: &BlockContext<'_>,
    compressed: &CompressedBlock,
) -> Vec<(Box<str>, String)> {
    let mut found = Vec::new();
    for (at, value) in block.texts.iter().enumerate() {
        let Some(given) = value.text() else { continue };
        let (text, _) = redacted(&given, block, context);
        let Some(result) = attempt(block, &text, context) else { continue };
        let is_cosmetic = is_cosmetic(block);
        found.extend(compressed.replaced.iter().filter_map(|run| {
            Some((run.hash.clone(), run.original(at, &text, is_cosmetic, &result)?))
        }));
        found.extend(result.omissions.into_iter().filter_map(|omission| {
            let hash = Box::from(omission.hash()?);
            Some((hash, omission.original))
        }));
    }
    found
}

/// Why a block stays whatever is in it.
fn untouched(block: &Block<'_>, exclude: &CallPatterns) -> Option<&'static str> {
    let call = block.tool_result.as_ref()?.call.as_ref()?;
    let is_command = || hint(call).is_some_and(|command| command.starts_with(RETRIEVE_COMMAND));
    let is_file = || match subject(call) {
        Subject::File(path, _) => is_original_file(&path),
        Subject::Command(_) | Subject::Tool(_) => false,
    };
    if is_retrieval(&call.name) || is_command() || is_file() {
        return Some("result of a retrieval");
    }
    exclude.has(call).then_some("excluded by the user")
}

/// Whether a block is the result of a failed call that stays whole: nothing is elided from it.
fn is_short_error(block: &Block<'_>) -> bool {
    let is_error = block.tool_result.as_ref().is_some_and(|result| result.is_error);
    let length: usize = block.texts.iter().map(|text| text.range().len()).sum();
    // No text has fewer bytes than tokens.
    is_error && (length < ERROR_TOKENS || count(block) < ERROR_TOKENS)
}

/// Whether what a program writes for a terminal may be taken out of a result.
fn is_cosmetic(block: &Block<'_>) -> bool {
    let call = block.tool_result.as_ref().and_then(|result| result.call.as_ref());
    block.role == Role::Tool && !call.is_some_and(shows_files)
}

/// Tokens of a block's texts.
fn count(block: &Block<'_>) -> usize {
    let texts = block.texts.iter().filter_map(|text| text.text());
    texts.map(|text| tokens::count(Encoding::default(), &text)).sum()
}

/// A block's texts before and after, for people to look at: truncated, and without credentials.
pub(super) fn texts(block: &Block<'_>, compressed: &CompressedBlock) -> BlockTexts {
    let (before, after) = compressed.texts_of(block);
    let shown = |text: &str| {
        let redacted = secrets::redact(text).text;
        let end = redacted.floor_char_boundary(SHOWN_BYTES);
        let rest = if end < redacted.len() { "\n…" } else { "" };
        [&redacted[..end], rest].concat()
    };
    BlockTexts { before: shown(&before), after: shown(&after) }
}

/// The text in a JSON string that is sent.
pub(super) fn sent_text(sent: &[u8]) -> Option<String> {
    let index = scan(sent).ok()?;
    index.root().text().map(Cow::into_owned)
}

/// The text without credentials, where that is asked for, and how many there were. What a user said
/// is the user's own.
fn redacted<'t>(
    text: &'t str,
    block: &Block<'_>,
    context: &BlockContext<'_>,
) -> (Cow<'t, str>, usize) {
    if !context.redact || block.role != Role::Tool {
        return (Cow::Borrowed(text), 0);
    }
    let redacted = secrets::redact(text);
    (redacted.text, redacted.findings.len())
}

/// Compresses one text; `None` when that failed, or isn't allowed to.
fn attempt(block: &Block<'_>, text: &str, context: &BlockContext<'_>) -> Option<Compressed> {
    let is_result = block.role == Role::Tool;
    let call = block.tool_result.as_ref().and_then(|result| result.call.as_ref());
    let is_lossless = call.is_some_and(|call| context.limits.lossless.has(call));
    let may_elide = is_result && !is_lossless && !is_short_error(block);
    let retrieval = if may_elide { context.retrieval } else { Retrieval::None };
    let options = Options {
        task: context.task.clone(),
        kind: call.and_then(hint),
        retrieval,
        cosmetic: is_cosmetic(block),
        every_line: true,
        has_read: Some(context.tokens_before),
        budget: context.budget,
        reads_parts: context.reads_parts,
        limits: context.limits.texts.clone(),
        ..Options::default()
    };
    let work = AssertUnwindSafe(|| context.compressor.compress(text, &options).ok());
    let result = catch_unwind(work).ok()??;
    if is_result || result.text == text || is_pasted_data(&result) {
        return Some(result);
    }
    Some(Compressed {
        text: text.to_owned(),
        tokens_after: result.tokens_before,
        tokens_before: result.tokens_before,
        ..Compressed::default()
    })
}

/// Whether a text of a user is long, and only data in it was written otherwise.
fn is_pasted_data(result: &Compressed) -> bool {
    let is_data = |kind: Kind| !matches!(kind, Kind::Prose | Kind::Text | Kind::Code | Kind::Pack);
    result.tokens_before >= PASTED_TOKENS
        && result.chunks.iter().all(|part| part.transform.is_none() || is_data(part.kind))
}
