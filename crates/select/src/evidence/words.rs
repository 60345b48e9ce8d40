//! Words: BM25 of a chunk by field (body, comments, names), and of its neighbours, its file and its path.

use syntax::{LineRange, Outline};

use crate::bm25;
use crate::chunk::Chunk;
use crate::corpus::{Corpus, FileKind, SourceFile};
use crate::query::Query;
use crate::survey::{Survey, scale};
use crate::terms::{Scanner, TermId, words};

/// BM25's `b` for chunks: how much their length matters. By hand, not measured.
pub(super) const CHUNK_B: f64 = 0.5;

/// A term's occurrences in a chunk, by field.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Occurrences {
    pub(crate) term: TermId,
    pub(crate) all: u32,
    pub(crate) comments: u32,
}

/// The query's terms in a chunk.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChunkWords {
    pub(crate) length: f64,
    pub(crate) terms: Vec<Occurrences>,
}

/// Counts the query's terms in each chunk of a file.
pub(crate) fn count<'t>(
    scanner: &mut Scanner<'t>,
    file: &'t SourceFile,
    outline: &Outline,
    chunks: &[Chunk],
    line_starts: &[usize],
) -> Vec<ChunkWords> {
    let mut out = vec![ChunkWords::default(); chunks.len()];
    let (mut chunk, mut comment) = (0, 0);
    scanner.scan(&file.text, |offset, parts, ids| {
        while chunk < chunks.len() && end_of(chunks[chunk].lines, line_starts, &file.text) <= offset
        {
            chunk += 1;
        }
        let Some(words) = out.get_mut(chunk) else { return };
        words.length += f64::from(parts);
        if ids.is_empty() {
            return;
        }
        let in_comment = inside(&outline.comments, &mut comment, offset);
        for &term in ids {
            let at = words.terms.iter().position(|o| o.term == term).unwrap_or_else(|| {
                words.terms.push(Occurrences { term, ..Occurrences::default() });
                words.terms.len() - 1
            });
            let occurrences = &mut words.terms[at];
            occurrences.all += 1;
            occurrences.comments += u32::from(in_comment);
        }
    });
    for words in &mut out {
        words.terms.sort_by_key(|o| o.term);
    }
    out
}

fn end_of(lines: LineRange, line_starts: &[usize], text: &str) -> usize {
    line_starts.get(lines.end as usize).copied().unwrap_or(text.len())
}

/// Whether `offset` lies in one of the sorted ranges; `cursor` only moves forward.
fn inside(ranges: &[std::ops::Range<usize>], cursor: &mut usize, offset: usize) -> bool {
    while ranges.get(*cursor).is_some_and(|range| range.end <= offset) {
        *cursor += 1;
    }
    ranges.get(*cursor).is_some_and(|range| range.contains(&offset))
}

/// BM25 of one chunk: all its words against the task, comments apart, and the share of the task's rarity
/// that it covers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct WordScores {
    pub(crate) body: f64,
    pub(crate) comments: f64,
    pub(crate) coverage: f64,
}

/// Scores one chunk's words for a reading of the task; `average` is the mean length of chunks.
pub(crate) fn score(
    query: &Query<'_>,
    reading: usize,
    survey: &Survey,
    words: &ChunkWords,
    average: f64,
) -> WordScores {
    let mut out = WordScores::default();
    for o in &words.terms {
        let at = o.term as usize;
        let weight = |n: u32| bm25::saturate(f64::from(n), words.length, average, CHUNK_B);
        let own = query.weights[at][reading] * survey.idf[at];
        out.body += own * weight(o.all);
        out.comments += own * weight(o.comments);
        out.coverage += own;
    }
    out
}

/// The query's terms in the name of a definition, and the number of its parts.
#[derive(Debug, Clone, Default)]
pub(crate) struct NameTerms {
    terms: Vec<TermId>,
    parts: u32,
}

/// Splits the name of a definition.
pub(crate) fn name_terms<'t>(scanner: &mut Scanner<'t>, name: &'t str) -> NameTerms {
    let mut out = NameTerms::default();
    for (_, word) in words(name).take(8) {
        let (parts, terms) = scanner.split(word);
        out.parts += parts;
        out.terms.extend(terms);
    }
    out
}

/// The overlap of a definition's name with the task, weighted by idf, and lower the more of the name
/// doesn't match.
pub(crate) fn name(query: &Query<'_>, reading: usize, survey: &Survey, name: &NameTerms) -> f64 {
    let mut overlap = 0.0;
    let mut matched = 0_u32;
    for &id in &name.terms {
        let weight = query.weights[id as usize][reading];
        if weight > 0.0 {
            overlap += weight * rarity(survey, id);
            matched += 1;
        }
    }
    overlap * (f64::from(matched) / f64::from(name.parts.max(1))).min(1.0).sqrt()
}

/// The idf of a term. One that occurs in names only has none in texts, and counts as the rarest.
fn rarity(survey: &Survey, id: TermId) -> f64 {
    let idf = survey.idf[id as usize];
    if idf > 0.0 { idf } else { survey.idf.iter().copied().fold(1.0, f64::max) }
}

/// The reciprocal rank of each file by `score`: the best has 1, the next a half, one without a score 0.
/// The score of files other than source counts half.
pub(crate) fn reciprocal_ranks(
    corpus: &Corpus,
    files: &[usize],
    score: impl Fn(usize) -> f64,
) -> Vec<f64> {
    let is_source = |at: &usize| corpus.files[files[*at]].kind == FileKind::Source;
    let largest = scale((0..files.len()).filter(is_source).map(&score));
    let scored: Vec<f64> = (0..files.len())
        .map(|at| (score(at) / largest).min(1.0) * if is_source(&at) { 1.0 } else { 0.5 })
        .collect();
    let mut order: Vec<usize> = (0..files.len()).filter(|&at| scored[at] > 0.0).collect();
    order.sort_by(|&a, &b| scored[b].total_cmp(&scored[a]).then(a.cmp(&b)));
    let mut out = vec![0.0; files.len()];
    for (place, at) in (1_u32..).zip(order) {
        out[at] = 1.0 / f64::from(place);
    }
    out
}
