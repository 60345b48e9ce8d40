//! References to earlier texts of a conversation: an agent that reads the same file again, runs the
//! same command again, or reads what it has written, gets a line that says where it has seen those
//! lines.
//!
//! ```text
//! [same as lines 12-80 of app.py, 4 results ago]
//! ```
//!
//! Only lines that occur verbatim in an earlier text are replaced; line numbers before them may
//! differ. A line with a marker is never replaced, since the reader needs it where it is, and what a
//! reference stands for is never a source again. [`Earlier::resolve`] restores the lines.

mod grams;
mod name;
mod numbered;
mod wording;

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::ops::Range;

use rustc_hash::{FxHashMap, FxHasher};

pub use grams::{Grams, NewGrams};
pub use name::Name;

use crate::codecs::{envelope, expand};
use crate::header::Header;
use crate::lines::Lines;
use crate::{Retrieval, attached, cosmetic, marker};
use name::Files;
use numbered::Numbering;
use wording::{SourceWording, Wording, is_reference};

/// Shorter runs, in lines, aren't replaced. Measured on 170 conversations: three lines gain less than
/// half a point more, in pieces that are tedious to follow.
const GRAM: usize = 4;
/// Nor are fewer bytes; below, a reference costs as much as what it replaces.
const LEAST_BYTES: usize = 160;
/// Replaced bytes must be at least 5/2 of the reference's own.
const LEAST_GAIN: (usize, usize) = (5, 2);
/// References in one text; the longest runs are taken. More gain little and are hard to follow.
const MOST_REFERENCES: usize = 8;
/// Occurrences of a run's beginning that are compared: so many of the latest, and so many of those that
/// are the first in their text. It bounds the time.
const MOST_CANDIDATES: usize = 6;
/// Lines before a run's beginning that are looked at. It bounds the time.
const MOST_BEFORE: usize = 64;
/// From so many bytes on a reference gives a hash: so much is tedious to look up.
const LEAST_FOR_HASH: usize = 800;
/// The codec that leaves out most line numbers.
const NUMBERS: &str = "numbers";
/// How its headers begin.
const NUMBERS_HEADER: &[u8] = b"[numbers/";

/// The earlier texts of a conversation, in order.
#[derive(Debug, Default)]
pub struct Earlier {
    sources: Vec<Source>,
    files: Files,
    /// All lines of the sources.
    lines: Vec<Line>,
    /// Their contents.
    text: String,
    /// Where grams begin, by their hashes.
    grams: FxHashMap<u64, Occurrences>,
    /// For each line where its gram occurred before.
    before: Vec<Occurrences>,
    results: usize,
}

/// Where a gram begins: the last line, and the first one of the last source that has it. A text of equal
/// lines has many, of which the first agrees with the longest part of a copy.
#[derive(Debug, Clone, Copy)]
struct Occurrences {
    latest: u32,
    first: u32,
}

/// One earlier text.
#[derive(Debug)]
struct Source {
    name: Name,
    origin: Origin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// A result, by its number from 0.
    Result(usize),
    /// What the model wrote, by the number of its call from 0.
    Call(usize),
}

/// A line of a source or of the text that is compared, without its number.
#[derive(Debug, Clone, Copy)]
struct Line {
    source: u32,
    /// Where its content is, in the text of all sources or in the compared one.
    start: u32,
    end: u32,
    /// The number before it, or else the one that it has by its place.
    number: u32,
    is_numbered: bool,
    /// `None` for a line that must not be replaced, nor referred to.
    hash: Option<u64>,
}

impl Line {
    fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether this line, `after` lines behind `first`, goes on as `first` begins: with its own
    /// numbers, or without any.
    fn follows(&self, first: &Line, after: usize) -> bool {
        self.is_numbered == first.is_numbered
            && (!self.is_numbered || self.number as usize == first.number as usize + after)
    }
}

/// A run of lines that was found in a source.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// The first line in the compared text.
    at: usize,
    /// The first line in the sources.
    from: usize,
    count: usize,
}

/// A text with references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referred {
    /// The text.
    pub text: String,
    /// Its references, in order.
    pub references: Vec<Reference>,
}

/// One reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The bytes of it in the text with references, without the line end.
    pub at: Range<usize>,
    /// The bytes of the compared text that it stands for, without the last line end.
    pub replaces: Range<usize>,
    /// The first digits of the hash under which these can be retrieved, if it says so.
    pub hash: Option<String>,
    /// The lines in the sources.
    lines: Range<usize>,
    /// How the lines were numbered, and the first number.
    numbering: Option<(Numbering, u32)>,
}

impl Earlier {
    /// Registers the name of a text that is about to be added or isn't, so that others get distinct names.
    pub fn announce(&mut self, name: &Name) {
        self.files.add(name);
    }

    /// Counts a result of a tool, and adds what the model was shown of it.
    pub fn add_result(&mut self, name: Name, shown: &str) {
        let origin = Origin::Result(self.results);
        self.results += 1;
        self.add(name, origin, shown);
    }

    /// Counts a result of a tool to which no reference is wanted: one that doesn't [meet](NewGrams::meet) the texts that are
    /// to [refer](Self::refer) to these. Its name has to be [announced](Self::announce).
    pub fn skip_result(&mut self) {
        self.results += 1;
    }

    /// Adds what the model wrote in its call number `call`, from 0, to a file or for a tool.
    pub fn add_written(&mut self, name: Name, call: usize, written: &str) {
        self.add(name, Origin::Call(call), written);
    }

    fn add(&mut self, name: Name, origin: Origin, text: &str) {
        self.files.add(&name);
        if text.len() < LEAST_BYTES || self.text.len() + text.len() > u32::MAX as usize / 2 {
            return;
        }
        let shown = with_numbers(text);
        let content = content(&shown);
        let shown = Lines::of(&shown[content]);
        let first = self.lines.len();
        let source = self.sources.len() as u32;
        let from = match name {
            Name::File(_, Some(from)) => from,
            _ => 1,
        };
        for line in compared(&shown, from).0 {
            let start = self.text.len() as u32;
            self.text.push_str(&shown.text()[line.range()]);
            self.lines.push(Line { source, start, end: self.text.len() as u32, ..line });
        }
        for at in first..self.lines.len() {
            let own = Occurrences { latest: at as u32, first: at as u32 };
            let before = gram(&self.lines, at).and_then(|gram| {
                let known = self.grams.entry(gram).or_insert(own);
                let before = (known.latest != own.latest).then_some(*known);
                known.latest = own.latest;
                if (known.first as usize) < first {
                    known.first = own.first;
                }
                before
            });
            self.before.push(before.unwrap_or(own));
        }
        self.sources.push(Source { name, origin });
    }

    /// `text` with references in place of lines that are in an earlier text; `None` if there are
    /// none, or if a line of `text` looks like a reference. What an agent attached stays. `call` is
    /// the number of the call, from 0, that `text` is the result of. Long runs get a hash if
    /// `retrieval` is offered.
    pub fn refer(&self, text: &str, call: usize, retrieval: Retrieval) -> Option<Referred> {
        if self.grams.is_empty() || text.len() < LEAST_BYTES {
            return None;
        }
        let content = content(text);
        let lines = Lines::of(&text[content.clone()]);
        if lines.count() < GRAM || text.lines().any(is_reference) {
            return None;
        }
        let (compared, numbering) = compared(&lines, 1);
        let block = Block { lines, compared, numbering };
        let runs = self.runs(&block, call);
        let referred = self.write(&block, text, content, &longest(&block, runs), call, retrieval);
        // A reference that wouldn't give back the text is a defect here, not a reason to lose it.
        let is_exact = |referred: &Referred| self.resolve(referred).as_deref() == Some(text);
        referred.filter(is_exact)
    }

    /// The text in which `referred` was found, with the lines that its references stand for; `None`
    /// if it wasn't found among these sources.
    pub fn resolve(&self, referred: &Referred) -> Option<String> {
        let mut out = String::with_capacity(referred.text.len() * 2);
        let mut at = 0;
        for reference in &referred.references {
            out.push_str(referred.text.get(at..reference.at.start)?);
            for (place, line) in self.lines.get(reference.lines.clone())?.iter().enumerate() {
                if place > 0 {
                    out.push('\n');
                }
                let content = &self.text[line.range()];
                match &reference.numbering {
                    Some((numbering, first)) => {
                        numbering.write(first.checked_add(place as u32)?, content, &mut out);
                    }
                    None => out.push_str(content),
                }
            }
            at = reference.at.end;
        }
        out.push_str(referred.text.get(at..)?);
        Some(out)
    }

    /// The runs of lines of `block` that are in a source, in order, without those that are too short.
    fn runs(&self, block: &Block<'_>, call: usize) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let (mut at, mut free) = (0, 0);
        while at + GRAM <= block.compared.len() {
            let Some(found) = self.longest_at(block, at, call) else {
                at += 1;
                continue;
            };
            let run = self.with_lines_before(block, found, free);
            if block.bytes(&run) >= LEAST_BYTES {
                at = run.at + run.count;
                free = at;
                runs.push(run);
            } else {
                // A longer run that begins within this one shows itself where this one ends, and
                // is completed from there.
                at = at.max(found.at + found.count - GRAM) + 1;
            }
        }
        runs
    }

    /// The longest run that begins with the line at `at`; of several the latest.
    fn longest_at(&self, block: &Block<'_>, at: usize, call: usize) -> Option<Run> {
        let known = *self.grams.get(&gram(&block.compared, at)?)?;
        let candidates = self.chain(known.latest, |before| before.latest);
        let firsts = self.chain(known.first, |before| before.first);
        let runs = candidates.chain(firsts).filter_map(|from| {
            let count = self.common(block, at, from);
            (count >= GRAM && self.is_before(from, call)).then_some(Run { at, from, count })
        });
        runs.reduce(|best, run| if run.count > best.count { run } else { best })
    }

    /// The line at `place`, and those before it that `before` leads to.
    fn chain(
        &self,
        place: u32,
        before: impl Fn(&Occurrences) -> u32,
    ) -> impl Iterator<Item = usize> {
        let next = move |place: &u32| {
            let next = before(&self.before[*place as usize]);
            (next != *place).then_some(next)
        };
        std::iter::successors(Some(place), next).take(MOST_CANDIDATES).map(|place| place as usize)
    }

    /// Whether the source of a line is nothing that the model wrote after the call `call`.
    fn is_before(&self, line: usize, call: usize) -> bool {
        let source = &self.sources[self.lines[line].source as usize];
        !matches!(source.origin, Origin::Call(written) if written > call)
    }

    /// How many lines from `at` on are the same as those of a source from `from` on.
    fn common(&self, block: &Block<'_>, at: usize, from: usize) -> usize {
        let pairs = block.compared[at..].iter().zip(&self.lines[from..]);
        let (first, source) = (block.compared[at], self.lines[from]);
        pairs
            .enumerate()
            .take_while(|(after, (here, there))| {
                there.source == source.source
                    && here.follows(&first, *after)
                    && there.follows(&source, *after)
                    && self.is_same(block, here, there)
            })
            .count()
    }

    /// `run` with the lines before it that are the same too, but for those before `free`.
    fn with_lines_before(&self, block: &Block<'_>, run: Run, free: usize) -> Run {
        let most = (run.at - free).min(run.from).min(MOST_BEFORE);
        let (first, source) = (block.compared[run.at], self.lines[run.from]);
        let is_same = |before: &usize| {
            let (here, there) = (block.compared[run.at - before], self.lines[run.from - before]);
            there.source == source.source
                && first.follows(&here, *before)
                && source.follows(&there, *before)
                && self.is_same(block, &here, &there)
        };
        let before = (1..=most).take_while(is_same).count();
        Run { at: run.at - before, from: run.from - before, count: run.count + before }
    }

    fn is_same(&self, block: &Block<'_>, here: &Line, there: &Line) -> bool {
        here.hash.is_some()
            && here.hash == there.hash
            && block.lines.text()[here.range()] == self.text[there.range()]
    }

    /// Writes `text`, in which `block` is at `content`, with references for those of `runs` that pay.
    fn write(
        &self,
        block: &Block<'_>,
        text: &str,
        content: Range<usize>,
        runs: &[Run],
        call: usize,
        retrieval: Retrieval,
    ) -> Option<Referred> {
        let mut out = Referred { text: text[..content.start].to_owned(), references: Vec::new() };
        let (mut at, mut last) = (0, None);
        for run in runs {
            let original = block.without_last_end(run);
            let long = retrieval == Retrieval::Offered && original.len() >= LEAST_FOR_HASH;
            let (line, hash) = self.wording(block, run, last, call, long.then_some(original));
            if original.len() * LEAST_GAIN.1 < line.len() * LEAST_GAIN.0 {
                continue;
            }
            out.text.push_str(block.lines.slice(at..run.at));
            let start = content.start + block.lines.start(run.at);
            let first = &block.compared[run.at];
            out.references.push(Reference {
                at: out.text.len()..out.text.len() + line.len(),
                replaces: start..start + original.len(),
                hash,
                lines: run.from..run.from + run.count,
                numbering: block.numbering.filter(|_| first.is_numbered).map(|n| (n, first.number)),
            });
            out.text.push_str(&line);
            at = run.at + run.count;
            if block.lines.slice(at - 1..at).ends_with('\n') {
                out.text.push('\n');
            }
            last = Some(self.lines[run.from].source);
        }
        out.text.push_str(block.lines.slice(at..block.lines.count()));
        out.text.push_str(&text[content.end..]);
        (!out.references.is_empty()).then_some(out)
    }

    /// The reference for `run`, after one to a line of the source `last`, and the hash in it.
    fn wording(
        &self,
        block: &Block<'_>,
        run: &Run,
        last: Option<u32>,
        call: usize,
        original: Option<&str>,
    ) -> (String, Option<String>) {
        let lines = &self.lines[run.from..run.from + run.count];
        let (first, end) = (lines[0], lines[run.count - 1]);
        let source = &self.sources[first.source as usize];
        let name = self.files.display(&source.name);
        let is_there = last == Some(first.source);
        let ago = |ago: usize| (!is_there).then_some((ago, name.as_str()));
        let wording = match source.origin {
            Origin::Result(number) => SourceWording::Result {
                lines: first.number..=end.number,
                ago: ago(self.results - number),
            },
            Origin::Call(number) => SourceWording::Written {
                count: run.count,
                ago: ago(call - number),
                to_file: matches!(source.name, Name::File(..)),
            },
        };
        let here = block.compared[run.at];
        let is_renumbered = here.is_numbered && first.number != here.number;
        let content = |line: &Line| &self.text[line.range()];
        let says_something = |line: &&Line| content(line).contains(char::is_alphanumeric);
        Wording {
            here: is_renumbered.then(|| here.number..=here.number + run.count as u32 - 1),
            source: wording,
            ends: (
                content(lines.iter().find(says_something).unwrap_or(&first)),
                content(lines.iter().rfind(says_something).unwrap_or(&end)),
            ),
            original,
        }
        .write()
    }
}

/// `text` as it is compared with earlier ones and gets references: without the envelopes that it is
/// in, and, if `is_cosmetic`, without what a program wrote for a terminal. The second value names what
/// was done, as in [`Compressed::transforms`](crate::Compressed::transforms).
pub fn comparable(text: &str, is_cosmetic: bool) -> (Cow<'_, str>, Option<&'static str>) {
    match envelope::opened(text) {
        Some((heads, inner)) if is_cosmetic => {
            (Cow::Owned(heads + &cosmetic(&inner)), Some(envelope::NAME))
        }
        Some((heads, inner)) => (Cow::Owned(heads + &inner), Some(envelope::NAME)),
        None if is_cosmetic => (cosmetic(text), None),
        None => (Cow::Borrowed(text), None),
    }
}

/// The lines that stand for envelopes at the beginning of a [`comparable`] text, and what is behind
/// them.
pub fn split_heads(text: &str) -> (&str, &str) {
    text.split_at(envelope::heads(text))
}

/// Whether the references in `text` are those in `other`, in the same order.
pub fn has_references_of(text: &str, other: &str) -> bool {
    let is_reference = |line: &&str| is_reference(line);
    text.lines().filter(is_reference).eq(other.lines().filter(is_reference))
}

/// The bytes of `text` that are lines of a tool's own output.
fn content(text: &str) -> Range<usize> {
    let start = envelope::heads(text);
    let Range { start: from, end } = attached::whole_lines(&text[start..]);
    start + from..start + end
}

/// The text that is compared.
struct Block<'t> {
    lines: Lines<'t>,
    compared: Vec<Line>,
    numbering: Option<Numbering>,
}

impl Block<'_> {
    fn bytes(&self, run: &Run) -> usize {
        self.lines.slice(run.at..run.at + run.count).len()
    }

    fn without_last_end(&self, run: &Run) -> &str {
        let lines = self.lines.slice(run.at..run.at + run.count);
        lines.strip_suffix('\n').unwrap_or(lines)
    }
}

/// The lines of a text, read for a comparison, and how they are numbered. `from`: the number of the first line if none has
/// a number before it.
fn compared(lines: &Lines<'_>, from: u32) -> (Vec<Line>, Option<Numbering>) {
    let is_fixed: Vec<bool> = lines.iter().map(is_fixed).collect();
    let others = lines.iter().zip(&is_fixed).filter(|(_, is_fixed)| !**is_fixed);
    let numbering = Numbering::of(others.map(|(line, _)| line));
    let read = |(at, (line, is_fixed)): (usize, (_, &bool))| {
        let mut new = read(line, *is_fixed, numbering.as_ref(), from.saturating_add(at as u32));
        let start = lines.start(at) as u32;
        (new.start, new.end) = (start + new.start, start + new.end);
        new
    };
    (lines.iter().zip(&is_fixed).enumerate().map(read).collect(), numbering)
}

/// The longest of the runs, in order.
fn longest(block: &Block<'_>, mut runs: Vec<Run>) -> Vec<Run> {
    runs.sort_by_key(|run| (std::cmp::Reverse(block.bytes(run)), run.at));
    runs.truncate(MOST_REFERENCES);
    runs.sort_by_key(|run| run.at);
    runs
}

/// A line that isn't numbered, or is with `numbering`; the byte range is within the line.
fn read(line: &str, is_fixed: bool, numbering: Option<&Numbering>, at: u32) -> Line {
    let split = numbering.and_then(|numbering| numbering.split(line));
    let (number, content) = split.unwrap_or((at, line));
    let hash = (!is_fixed).then(|| {
        let mut hasher = FxHasher::default();
        content.hash(&mut hasher);
        hasher.finish()
    });
    let start = (line.len() - content.len()) as u32;
    Line { source: 0, start, end: line.len() as u32, number, is_numbered: split.is_some(), hash }
}

/// Whether a line must stay where it is.
fn is_fixed(line: &str) -> bool {
    memchr::memchr(b'[', line.as_bytes()).is_some()
        && (is_reference(line) || marker::contains(line))
}

/// `text` with the line numbers of files that were shown without most of them, as their headers say.
/// A reader takes each number from the lines around it.
fn with_numbers(text: &str) -> Cow<'_, str> {
    if memchr::memmem::find(text.as_bytes(), NUMBERS_HEADER).is_none() {
        return Cow::Borrowed(text);
    }
    let lines = Lines::of(text);
    let mut out = String::new();
    let (mut at, mut done) = (0, 0);
    while at < lines.count() {
        let header = Header::parse(lines.get(at)).filter(|header| header.codec == NUMBERS);
        let end = header.map_or(at, |header| (at + 1).saturating_add(header.lines));
        at += 1;
        if end > lines.count() || end < at {
            continue;
        }
        if let Ok(numbered) = expand(lines.slice(at - 1..end)) {
            // The header stays, so that lines are counted as they are shown.
            out.push_str(lines.slice(done..at));
            out.push_str(&numbered);
            (at, done) = (end, end);
        }
    }
    match done {
        0 => Cow::Borrowed(text),
        _ => Cow::Owned(out + lines.slice(done..lines.count())),
    }
}

/// A hash of the lines from `at` on; `None` at the end of a source, or if one of them is fixed.
fn gram(lines: &[Line], at: usize) -> Option<u64> {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let lines = lines.get(at..at + GRAM)?;
    lines.iter().try_fold(0u64, |all, line| {
        (line.source == lines[0].source).then_some(())?;
        Some(all.wrapping_mul(FACTOR).wrapping_add(line.hash?))
    })
}

#[cfg(test)]
mod tests;
