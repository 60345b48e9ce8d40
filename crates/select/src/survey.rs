//! The survey: every file scanned once for the query's terms, and the candidates: files that a pack may show.
//!
//! It is cheap on purpose: scanning words is a hundred times faster than parsing. The candidates depend
//! on the corpus, the query and the budget alone, never on what happens to be cached.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use crate::bm25;
use crate::corpus::{Corpus, FileKind};
use crate::evidence::frames::{self, Placed};
use crate::evidence::{expansion, history, kind, mentions, user};
use crate::query::Query;
use crate::task::Task;
use crate::terms::{Scanner, TermId};
use crate::word_index::{TermCounts, Terms};

/// The fewest and the most candidates, if there are as many files. Measured: packs of 4,000 and
/// 8,000 tokens found the same with 80 as with 240, in half the time.
const CANDIDATES: std::ops::RangeInclusive<usize> = 80..=240;
/// Between those limits, there is a candidate for this many tokens of the budget. By hand.
const TOKENS_FOR_CANDIDATE: usize = 100;
/// BM25's `b` for files: how much their length matters. By hand, not measured.
const FILE_B: f64 = 0.6;
/// The factor on the score of tests, documentation and configuration when candidates are chosen, if the task asks for
/// them (by hand, not measured), and if it doesn't: then they are candidates for what they say of the source. On 814 tasks
/// made from 7 commits of each of 46 repositories that weights are learned from, 0.945 of the changed files were among 80
/// candidates with 0.5 for both and without [`RECENCY`]; 0.962 with 0.3 and 0.968 with 0.2 and with it.
const ASKED_KINDS: f64 = 0.5;
const OTHER_KINDS: f64 = 0.2;
/// How much a recent change counts when candidates are chosen, where each of words, path and history has at most 1.
/// Measured beside 0, 0.2 and 0.5 on these tasks: 0.2 to 0.5 are alike, 0 is worse.
const RECENCY: f64 = 0.3;

/// The file-level evidence, and the candidates.
#[derive(Debug)]
pub struct Survey {
    /// By reading of the task, by file: its evidence.
    pub(crate) readings: Vec<Vec<Surveyed>>,
    /// The words of the index with terms of the query, if there is an index.
    pub(crate) known: Option<Terms>,
    /// By term: how many files have it.
    pub(crate) found: Vec<usize>,
    /// By term: its inverse document frequency over the corpus; zero where no file has it.
    pub(crate) idf: Vec<f64>,
    /// By term: whether any path has it.
    pub(crate) in_paths: Vec<bool>,
    /// By term: whether any text or path has it as a word of its own, not as a part of one.
    pub(crate) alone: Vec<bool>,
    /// By term: its weight as an expansion term, after idf; zero but for the best.
    pub(crate) expansion: Vec<f64>,
    /// By term: the same of the terms that the built-in table suggests.
    pub(crate) associated: Vec<f64>,
    /// By frame of the task's stack traces: the files that it means.
    pub(crate) frames: Vec<Placed>,
    /// The files that a pack may show, best first.
    pub candidates: Vec<usize>,
}

impl Survey {
    /// The files with any of the task's words in their text, best first.
    pub fn by_words(&self) -> Vec<usize> {
        self.by(|file| file.words)
    }

    /// The files with any of the task's words in their path, best first.
    pub fn by_path(&self) -> Vec<usize> {
        self.by(|file| file.path)
    }

    fn by(&self, score: impl Fn(&Surveyed) -> f64) -> Vec<usize> {
        // The text as it is: what is compared with packs reads no prose.
        let files = self.readings.first().map_or(&[][..], Vec::as_slice);
        let mut order: Vec<usize> =
            (0..files.len()).filter(|&at| score(&files[at]) > 0.0).collect();
        order.sort_by(|&a, &b| score(&files[b]).total_cmp(&score(&files[a])).then(a.cmp(&b)));
        order
    }
}

/// One file's evidence.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surveyed {
    /// BM25 of the whole text against the task's own terms.
    pub(crate) words: f64,
    /// Overlap of the path with the task's terms.
    pub(crate) path: f64,
    /// From commits that resemble the task.
    pub(crate) history: f64,
    /// How recently and how often it changed, as a logarithm.
    pub(crate) recency: f64,
    /// How unambiguously the task mentions it, from 0 to 1.
    pub(crate) mention: f64,
    /// Whether the task names the file itself, by its path or by an identifier that no source has.
    pub(crate) is_named: bool,
}

/// How often each file has the query's terms.
struct Counts {
    /// By file: its length in parts of words.
    lengths: Vec<f64>,
    terms: TermCounts,
    /// By term: whether any file has it as a word of its own.
    alone: Vec<bool>,
}

impl Counts {
    fn files_with(&self, term: TermId) -> Vec<usize> {
        let has = |file: &usize| self.terms.of(*file).iter().any(|&(other, _)| other == term);
        (0..self.lengths.len()).filter(has).collect()
    }
}

/// Surveys the corpus. `focus` are the paths of files and folders that the user named; `budget`, in
/// tokens, decides how many candidates there are.
pub fn survey(corpus: &Corpus, query: &Query<'_>, focus: &[String], budget: usize) -> Survey {
    let (counts, known) = counts(corpus, query);
    let mut found = vec![0_usize; query.vocabulary.len()];
    let total = corpus.files.len();
    for &(term, _) in (0..total).flat_map(|file| counts.terms.of(file)) {
        found[term as usize] += 1;
    }
    let idf: Vec<f64> =
        found.iter().map(|&n| if n == 0 { 0.0 } else { bm25::idf(total, n) }).collect();
    let expansion = expansion::best_terms(query, &idf);
    let associated = expansion::best_associated(query, &idf);
    let average = counts.lengths.iter().sum::<f64>() / total.max(1) as f64;
    let mut files = vec![Surveyed::default(); total];
    history::files(corpus, query, &mut files);
    let paths = path_terms(corpus, query);
    // Of a long report only its title and first paragraph: what it pastes names much that the fix isn't in.
    if let Some(mentions) = query.task.readings.last() {
        let having = |term: TermId| match found[term as usize] {
            1..=mentions::AMBIGUOUS => counts.files_with(term),
            _ => Vec::new(),
        };
        mentions::named(corpus, query, mentions, having, &mut files);
    }
    let placed = frames::place(corpus, &query.task.frames);
    let in_trace = frames::files(corpus, &query.task.frames, &placed);
    let readings: Vec<Vec<Surveyed>> = query
        .readings()
        .map(|reading| {
            let mut files = files.clone();
            for (file, surveyed) in files.iter_mut().enumerate() {
                surveyed.words = file_words(query, reading, &idf, (&counts, file), average);
            }
            path_overlap(query, reading, &paths, &idf, &mut files);
            if let Some(mentions) = query.task.readings.get(reading) {
                mentions::files(corpus, mentions, &mut files);
            }
            for (&file, &weight) in &in_trace {
                files[file].mention = f64::max(files[file].mention, weight);
            }
            files
        })
        .collect();
    let candidates = candidates(corpus, query.task, &readings, focus, budget);
    let in_paths = paths.found.iter().map(|&found| found > 0).collect();
    let alone = counts.alone.iter().zip(&paths.alone).map(|(text, path)| *text || *path).collect();
    Survey {
        readings,
        known,
        found,
        idf,
        in_paths,
        alone,
        expansion,
        associated,
        frames: placed,
        candidates,
    }
}

/// The fewest of `files` that one scanner reads: a scanner's memo of words pays off over many files.
pub(crate) fn scanner_share(files: usize) -> usize {
    files.div_ceil(4 * rayon::current_num_threads())
}

/// Counts the query's terms in each file: by the index of words if there is one, else by reading the texts.
fn counts(corpus: &Corpus, query: &Query<'_>) -> (Counts, Option<Terms>) {
    let terms = query.vocabulary.len();
    let Some((index, numbers)) = corpus.words() else {
        let begin = || (Scanner::new(&query.vocabulary), vec![0; terms]);
        let files = corpus.files.par_iter().with_min_len(scanner_share(corpus.files.len()));
        let alone: Vec<AtomicBool> = (0..terms).map(|_| AtomicBool::new(false)).collect();
        let counts = files.map_init(begin, |(scanner, occurrences), file| {
            count(scanner, occurrences, &alone, &file.text)
        });
        let (lengths, lists): (Vec<f64>, Vec<Vec<(TermId, u32)>>) = counts.unzip();
        let alone = alone.into_iter().map(AtomicBool::into_inner).collect();
        return (Counts { lengths, terms: TermCounts::of_lists(&lists), alone }, None);
    };
    let known = index.with_terms(&query.vocabulary);
    let lengths = numbers.iter().map(|&file| f64::from(index.length(file))).collect();
    let (terms, alone) = known.count(index, &numbers, terms);
    (Counts { lengths, terms, alone }, Some(known))
}

/// The length of a text, and how often it has each term; notes in `alone` which it has as words of their own.
fn count<'t>(
    scanner: &mut Scanner<'t>,
    occurrences: &mut [u32],
    alone: &[AtomicBool],
    text: &'t str,
) -> (f64, Vec<(TermId, u32)>) {
    occurrences.fill(0);
    let mut length = 0.0;
    scanner.scan(text, |_, parts, ids| {
        length += f64::from(parts);
        for &id in ids {
            occurrences[id as usize] += 1;
            // A store that changes nothing would still take the line of the cache from the other threads.
            if parts == 1 && !alone[id as usize].load(Ordering::Relaxed) {
                alone[id as usize].store(true, Ordering::Relaxed);
            }
        }
    });
    let counted = (0..).zip(occurrences.iter().copied()).filter(|&(_, n)| n > 0).collect();
    (length, counted)
}

fn file_words(
    query: &Query<'_>,
    reading: usize,
    idf: &[f64],
    (counts, file): (&Counts, usize),
    average: f64,
) -> f64 {
    counts
        .terms
        .of(file)
        .iter()
        .map(|&(term, n)| {
            let at = term as usize;
            query.weights[at][reading]
                * idf[at]
                * bm25::saturate(f64::from(n), counts.lengths[file], average, FILE_B)
        })
        .sum()
}

/// The task's terms in each path, with their shares. A folder counts half of what the file's name does.
struct PathTerms {
    /// By file.
    files: Vec<Vec<(TermId, f64)>>,
    /// By term: the number of paths that have it.
    found: Vec<usize>,
    /// By term: whether any path has it as a word of its own.
    alone: Vec<bool>,
}

fn path_terms(corpus: &Corpus, query: &Query<'_>) -> PathTerms {
    let mut scanner = Scanner::new(&query.vocabulary);
    let mut files: Vec<Vec<(TermId, f64)>> = Vec::with_capacity(corpus.files.len());
    let mut found = vec![0_usize; query.vocabulary.len()];
    let mut alone = vec![false; query.vocabulary.len()];
    for file in &corpus.files {
        let name_at = file.path.rfind('/').map_or(0, |at| at + 1);
        let stem_end = file.path.rfind('.').filter(|&dot| dot > name_at).unwrap_or(file.path.len());
        let mut terms: Vec<(TermId, f64)> = Vec::new();
        let mut parts_of_name = 0;
        scanner.scan(&file.path[..stem_end], |offset, parts, ids| {
            let in_name = offset >= name_at;
            parts_of_name += if in_name { parts } else { 0 };
            for &id in ids.iter().filter(|&&id| query.is_own(id)) {
                let share = if in_name { 1.0 } else { 0.5 };
                alone[id as usize] |= parts == 1;
                match terms.iter_mut().find(|(t, _)| *t == id) {
                    Some((_, s)) => *s = s.max(share),
                    None => terms.push((id, share)),
                }
            }
        });
        for (_, share) in &mut terms {
            if *share == 1.0 {
                *share /= f64::from(parts_of_name.max(1)).sqrt();
            }
        }
        terms.iter().for_each(|&(id, _)| found[id as usize] += 1);
        files.push(terms);
    }
    PathTerms { files, found, alone }
}

/// Each path's overlap with a reading of the task, weighted by idf.
fn path_overlap(
    query: &Query<'_>,
    reading: usize,
    paths: &PathTerms,
    idf: &[f64],
    files: &mut [Surveyed],
) {
    let total = files.len();
    for (surveyed, terms) in files.iter_mut().zip(&paths.files) {
        surveyed.path = terms
            .iter()
            .map(|&(id, share)| {
                let at = id as usize;
                // A term may occur in paths and in no text, so idf is taken from the paths as well.
                let rarity = bm25::idf(total, paths.found[at]).max(idf[at] * 0.5);
                query.weights[at][reading] * rarity * share
            })
            .sum();
    }
}

/// The largest value, or 1 where all are zero.
pub(crate) fn scale(values: impl Iterator<Item = f64>) -> f64 {
    let largest = values.fold(0.0, f64::max);
    if largest > 0.0 { largest } else { 1.0 }
}

/// The candidates by any reading, best first.
fn candidates(
    corpus: &Corpus,
    task: &Task,
    readings: &[Vec<Surveyed>],
    focus: &[String],
    budget: usize,
) -> Vec<usize> {
    let mut scores = vec![0.0; corpus.files.len()];
    let factor = kind_factor(task);
    for files in readings {
        for (sum, score) in scores.iter_mut().zip(candidate_scores(corpus, &factor, files, focus)) {
            *sum += score;
        }
    }
    let mut scored: Vec<(usize, f64)> =
        scores.into_iter().enumerate().filter(|&(_, score)| score > 0.0).collect();
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    scored.truncate((budget / TOKENS_FOR_CANDIDATE).clamp(*CANDIDATES.start(), *CANDIDATES.end()));
    scored.into_iter().map(|(at, _)| at).collect()
}

fn candidate_scores<'f>(
    corpus: &'f Corpus,
    factor: &'f impl Fn(FileKind) -> f64,
    files: &'f [Surveyed],
    focus: &'f [String],
) -> impl Iterator<Item = f64> + 'f {
    let words = scale(files.iter().map(|f| f.words));
    let path = scale(files.iter().map(|f| f.path));
    let history = scale(files.iter().map(|f| f.history));
    let recency = scale(files.iter().map(|f| f.recency));
    files.iter().zip(&corpus.files).map(move |(file, source)| {
        let matching = file.words / words + file.path / path + file.history / history;
        let cheap = matching + RECENCY * file.recency / recency;
        let pointed = user::points_at(focus, &source.path);
        cheap * factor(source.kind) + 10.0 * (file.mention + pointed)
    })
}

/// The factor on the scores of files of a kind, for this task.
fn kind_factor(task: &Task) -> impl Fn(FileKind) -> f64 {
    let others =
        [FileKind::Test, FileKind::Docs, FileKind::Example, FileKind::Config, FileKind::Generated];
    let factors = others.map(|kind| match kind::against(task, kind) {
        Some(_) => (kind, OTHER_KINDS),
        None => (kind, ASKED_KINDS),
    });
    move |kind| factors.iter().find(|(other, _)| *other == kind).map_or(1.0, |(_, factor)| *factor)
}
