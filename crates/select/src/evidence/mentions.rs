//! Explicit mentions: paths, lines, identifiers, quoted texts and flags that the task names.

use rustc_hash::FxHashMap;
use syntax::{DefinitionKind, LineRange, Outline};

use crate::chunk::Chunk;
use crate::corpus::{Corpus, FileKind, SourceFile};
use crate::evidence::frames::Hit;
use crate::mention::PathMention;
use crate::query::Query;
use crate::rank::line_starts;
use crate::survey::Surveyed;
use crate::task::{Mentions, PROSE};
use crate::terms::{TermId, parts};

/// The most files that a mention may fit: one that fits more is evidence for none of them. By hand.
pub(crate) const AMBIGUOUS: usize = 6;
/// The most identifiers that are looked for outside of source. By hand: it bounds the work.
const MAX_IDENTIFIERS: usize = 50;

/// The most chunks of a range of lines that count as mentioned, from its start. By hand: a whole file says nothing of its
/// parts.
const RANGE_CHUNKS: usize = 8;

/// Whether `path` is the one that the mention names: equal, or one the tail of the other at a `/`.
fn names(mention: &PathMention, path: &str) -> bool {
    let tail = |long: &str, short: &str| {
        long.strip_suffix(short).is_some_and(|head| head.is_empty() || head.ends_with('/'))
    };
    tail(path, &mention.path)
        || mention.path.contains('/') && path.contains('/') && tail(&mention.path, path)
}

/// Fills in [`Surveyed::mention`]: 1.0 for a file that the task names, less where the name is shared
/// or is a folder's.
pub(crate) fn files(corpus: &Corpus, mentions: &Mentions, files: &mut [Surveyed]) {
    for mention in &mentions.paths {
        let named = by_path(corpus, mention);
        if !named.is_empty() && named.len() <= AMBIGUOUS {
            for &at in &named {
                files[at].mention = f64::max(files[at].mention, 1.0 / (named.len() as f64).sqrt());
            }
        } else if named.is_empty() && mention.path.contains('/') {
            let folder = format!("/{}/", mention.path);
            let inside: Vec<usize> = (0..files.len())
                .filter(|&at| format!("/{}", corpus.files[at].path).contains(&folder))
                .collect();
            for &at in &inside {
                let share = 0.5 / (inside.len() as f64).sqrt();
                files[at].mention = f64::max(files[at].mention, share);
            }
        }
    }
}

/// Fills in [`Surveyed::is_named`]: for the files that the task names by their paths, and for those that have an identifier
/// of the task which no source has: a key of a configuration, a variable in a Dockerfile. Files of source are found by
/// their definitions. `having` are the files with a term, none if there are more than [`AMBIGUOUS`].
pub(crate) fn named(
    corpus: &Corpus,
    query: &Query<'_>,
    mentions: &Mentions,
    having: impl Fn(TermId) -> Vec<usize>,
    files: &mut [Surveyed],
) {
    for mention in &mentions.paths {
        let named = by_path(corpus, mention);
        if named.len() <= AMBIGUOUS {
            name_all(&named, files);
        }
    }
    for identifier in mentions.identifiers.iter().take(MAX_IDENTIFIERS) {
        let parts = parts(identifier);
        if parts.len() < 2 {
            continue;
        }
        let Some(term) = query.vocabulary.get(&parts.concat().to_lowercase()) else { continue };
        let named = having(term);
        if named.iter().all(|&at| corpus.files[at].kind != FileKind::Source) {
            name_all(&named, files);
        }
    }
}

fn by_path(corpus: &Corpus, mention: &PathMention) -> Vec<usize> {
    (0..corpus.files.len()).filter(|&at| names(mention, &corpus.files[at].path)).collect()
}

fn name_all(named: &[usize], files: &mut [Surveyed]) {
    for &at in named {
        files[at].mention = f64::max(files[at].mention, 1.0 / (named.len() as f64).sqrt());
        files[at].is_named = true;
    }
}

/// Adds to each chunk of a file how strongly the task mentions it: its lines, the exact names of its
/// definitions, the texts that the task quotes.
pub(crate) fn chunks(
    mentions: &Mentions,
    file: &SourceFile,
    outline: &Outline,
    chunks: &[Chunk],
    literals: &Literals<'_>,
    out: &mut [f64],
) {
    for mention in mentions.paths.iter().filter(|a| names(a, &file.path)) {
        if let Some(lines) = mention.lines {
            let at = chunks.partition_point(|chunk| chunk.lines.end < lines.start);
            let named = chunks.iter().zip(out.iter_mut()).skip(at).take(RANGE_CHUNKS);
            let inside = named.take_while(|(chunk, _)| chunk.lines.start <= lines.end);
            inside.for_each(|(_, value)| *value += 1.0);
        }
    }
    for (chunk, value) in chunks.iter().zip(out.iter_mut()) {
        let defines = chunk.defines.iter().map(|&d| &outline.definitions[d as usize].name);
        let whole = chunk.definition.map(|d| &outline.definitions[d as usize].name);
        let exact = defines.chain(whole).any(|name| {
            let name = name.rsplit([':', '.']).next().unwrap_or(name);
            mentions.identifiers.binary_search_by(|id| id.as_str().cmp(name)).is_ok()
        });
        if exact {
            *value += 1.0;
        }
    }
    let said = mentions.quotes.iter().chain(&mentions.identifiers).map(|said| (said, 1.0));
    for (text, weight) in said.chain(mentions.flags.iter().map(|flag| (flag, 0.5))) {
        for &at in literals.0.get(text.as_str()).into_iter().flatten() {
            if let Some(value) = out.get_mut(at) {
                *value = f64::max(*value, weight);
            }
        }
    }
}

/// The chunks of a file that have the texts and flags that the task quotes, by text, and the identifiers, if the file is
/// named for one: read once for all readings.
pub(crate) struct Literals<'t>(FxHashMap<&'t str, Vec<usize>>);

impl<'t> Literals<'t> {
    /// Looks for what any reading quotes; `starts` are the bytes at which the file's lines begin.
    pub(crate) fn find(
        readings: &'t [Mentions],
        (file, is_named): (&SourceFile, bool),
        chunks: &[Chunk],
        starts: &[usize],
    ) -> Self {
        let mut found = FxHashMap::default();
        let flags = readings.iter().flat_map(|reading| &reading.flags).map(|flag| (flag, true));
        let quotes = readings.iter().flat_map(|reading| &reading.quotes);
        let has_identifiers = is_named && file.kind != FileKind::Source;
        let identifiers = readings.iter().filter(|_| has_identifiers);
        let identifiers = identifiers.flat_map(|reading| &reading.identifiers);
        let said = quotes.chain(identifiers).map(|said| (said, false));
        for (text, is_flag) in flags.chain(said) {
            found.entry(text.as_str()).or_insert_with(|| {
                let lines = lines_with(&file.text, text, is_flag, starts);
                let chunk = |line| chunks.partition_point(|chunk| chunk.lines.end < line);
                lines.into_iter().map(chunk).collect()
            });
        }
        Self(found)
    }
}

/// The lines that have `said`: a flag without more behind it, or a quoted text of one line.
fn lines_with(text: &str, said: &str, is_flag: bool, starts: &[usize]) -> Vec<u32> {
    let mut lines = Vec::new();
    if said.contains('\n') {
        return lines;
    }
    for at in memchr::memmem::find_iter(text.as_bytes(), said) {
        let next = text.as_bytes().get(at + said.len());
        if !is_flag || next.is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-') {
            lines.push(starts.partition_point(|&start| start <= at) as u32);
        }
    }
    lines
}

/// Bytes: shorter quotations are no messages. By hand.
const MESSAGE: usize = 12;
/// The most quotations that are looked for in string literals. By hand: it bounds the work.
const MESSAGES: usize = 8;
/// The most places in pasted output that are pointed at. By hand.
const DIAGNOSTICS: usize = 5;
/// The weight of what is pointed at, where that of the function that failed has 1. By hand.
const POINTED: f64 = 0.5;

/// The reading that points at places: the prose, and where that names none, all that is said, if it names a few, as a
/// compiler's errors do. (A log names many.)
pub(crate) fn pointing(readings: &[Mentions]) -> Option<&Mentions> {
    let places =
        |mentions: &Mentions| mentions.paths.iter().filter(|path| path.lines.is_some()).count();
    let (whole, prose) = (readings.first()?, readings.get(PROSE));
    Some(match prose {
        Some(prose) if places(prose) > 0 || !(1..=DIAGNOSTICS).contains(&places(whole)) => prose,
        _ => whole,
    })
}

/// What the task points at outside of traces: the function on a line that it names (`src/token.rs:12`) and the others in
/// a range of lines, and the only string literal that has a message that it quotes.
pub(crate) fn pointed(
    corpus: &Corpus,
    mentions: &Mentions,
    candidates: &[(usize, &Outline)],
) -> Vec<Hit> {
    let mut out = Vec::new();
    for mention in &mentions.paths {
        let Some(LineRange { start: line, end }) = mention.lines else { continue };
        let named: Vec<usize> = (0..candidates.len())
            .filter(|&place| names(mention, &corpus.files[candidates[place].0].path))
            .collect();
        let &[place] = named.as_slice() else { continue };
        let is_around = |d: &&syntax::Definition| {
            matches!(d.kind, DefinitionKind::Function | DefinitionKind::Method)
                && d.lines.start <= line
                && line <= d.lines.end
        };
        // The innermost comes last.
        let function = candidates[place].1.definitions.iter().rev().find(is_around);
        let function = function.map_or(LineRange { start: line, end: line }, |d| d.lines);
        let lines = LineRange { start: function.start, end: function.end.max(end) };
        out.push(Hit { place, lines, line, weight: POINTED });
    }
    let messages = mentions.quotes.iter().filter(|quote| quote.len() >= MESSAGE).take(MESSAGES);
    for message in messages {
        let mut found = (0..candidates.len()).filter_map(|place| {
            let (file, outline) = candidates[place];
            let file = &corpus.files[file];
            let has = |literal: &&std::ops::Range<usize>| {
                file.text.get((*literal).clone()).is_some_and(|text| text.contains(message))
            };
            (file.kind == FileKind::Source).then_some(())?;
            let literal = outline.literals.iter().find(has)?;
            Some((place, literal.start))
        });
        let (Some((place, offset)), None) = (found.next(), found.next()) else { continue };
        let starts = line_starts(&corpus.files[candidates[place].0].text);
        let line = starts.partition_point(|&start| start <= offset) as u32;
        out.push(Hit { place, lines: LineRange { start: line, end: line }, line, weight: POINTED });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_named_by_its_tail_or_from_elsewhere() {
        let mention = |path: &str| PathMention { path: path.into(), lines: None };
        assert!(names(&mention("token.rs"), "src/auth/token.rs"));
        assert!(names(&mention("auth/token.rs"), "src/auth/token.rs"));
        assert!(names(&mention("srv/app/src/auth/token.rs"), "src/auth/token.rs"));
        assert!(!names(&mention("oken.rs"), "src/auth/token.rs"));
        assert!(!names(&mention("other/README.md"), "README.md"));
    }

    #[test]
    fn a_named_line_and_a_quoted_message_point_at_code() {
        let file = |path: &str, text: &str| SourceFile {
            path: path.to_owned(),
            text: text.into(),
            hash: [0; 32],
            language: syntax::Language::of(path, text),
            kind: FileKind::Source,
        };
        let cart = "import os\n\ndef total():\n    x = 1\n    return x\n\ndef add():\n    raise E(\"the cart is full\")\n";
        let corpus = Corpus {
            files: vec![file("shop/cart.py", cart), file("shop/b.py", "NAME = \"b\"\n")],
            history: crate::history::History::default(),
        };
        let outlines: Vec<Outline> =
            corpus.files.iter().map(|file| syntax::outline(file.language, &file.text)).collect();
        let candidates: Vec<(usize, &Outline)> = outlines.iter().enumerate().collect();
        let task = crate::task::Task::new("See shop/cart.py:4, it says \"the cart is full\"");
        let hits = pointed(&corpus, &task.readings[0], &candidates);
        let lines: Vec<(usize, u32, u32)> =
            hits.iter().map(|hit| (hit.place, hit.lines.start, hit.line)).collect();
        assert_eq!(lines, [(0, 3, 4), (0, 8, 8)]);
        // All of a range is pointed at, with the function that it begins in.
        let task = crate::task::Task::new("See shop/cart.py:4-8");
        let hits = pointed(&corpus, &task.readings[0], &candidates);
        assert_eq!((hits[0].lines, hits[0].line), (LineRange { start: 3, end: 8 }, 4));
    }
}
