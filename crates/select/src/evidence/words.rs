//! Words: BM25 of a unit's text, by field — body, comments, literals, names — and of what is around it.

use syntax::{LineRange, Outline};

use crate::bm25;
use crate::corpus::SourceFile;
use crate::query::Query;
use crate::survey::Survey;
use crate::terms::{Scanner, Splitter, TermId, parts, words};
use crate::unit::Unit;

/// How much length matters in a unit.
const UNIT_B: f64 = 0.5;
/// A prefix shorter than this is no abbreviation.
const SHORTEST_VARIANT: usize = 3;

/// A term's occurrences in a unit, by field.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Occurrences {
    pub(crate) term: TermId,
    pub(crate) all: u32,
    pub(crate) comments: u32,
    pub(crate) literals: u32,
}

/// What words a unit holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct UnitWords {
    pub(crate) length: f64,
    pub(crate) terms: Vec<Occurrences>,
}

/// Counts the query's terms in each unit of a file.
pub(crate) fn count(
    scanner: &mut Scanner<'_>,
    file: &SourceFile,
    outline: &Outline,
    units: &[Unit],
    line_starts: &[usize],
) -> Vec<UnitWords> {
    let mut out = vec![UnitWords::default(); units.len()];
    let (mut unit, mut comment, mut literal) = (0, 0, 0);
    scanner.scan(&file.text, |offset, parts, ids| {
        while unit < units.len() && end_of(units[unit].lines, line_starts, &file.text) <= offset {
            unit += 1;
        }
        let Some(words) = out.get_mut(unit) else { return };
        words.length += f64::from(parts);
        if ids.is_empty() {
            return;
        }
        let in_comment = inside(&outline.comments, &mut comment, offset);
        let in_literal = inside(&outline.literals, &mut literal, offset);
        for &term in ids {
            let at = words.terms.iter().position(|o| o.term == term).unwrap_or_else(|| {
                words.terms.push(Occurrences { term, ..Occurrences::default() });
                words.terms.len() - 1
            });
            let occurrences = &mut words.terms[at];
            occurrences.all += 1;
            occurrences.comments += u32::from(in_comment);
            occurrences.literals += u32::from(in_literal);
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

/// BM25 of one unit: all its words against the task, comments and literals apart, against the
/// expansion terms, and the share of the task's rarity that it covers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct WordScores {
    pub(crate) body: f64,
    pub(crate) comments: f64,
    pub(crate) literals: f64,
    pub(crate) translation: f64,
    pub(crate) coverage: f64,
}

/// Scores one unit's words; `average` is the mean length of units.
pub(crate) fn score(
    query: &Query<'_>,
    survey: &Survey,
    words: &UnitWords,
    average: f64,
) -> WordScores {
    let mut out = WordScores::default();
    for o in &words.terms {
        let at = o.term as usize;
        let weight = |n: u32| bm25::saturate(f64::from(n), words.length, average, UNIT_B);
        let own = query.weights[at] * survey.idf[at];
        out.body += own * weight(o.all);
        out.comments += own * weight(o.comments);
        out.literals += own * weight(o.literals);
        out.coverage += own;
        out.translation += survey.expansion[at] * weight(o.all);
    }
    out
}

/// A name's overlap with the task: exact terms, and abbreviations or variants of them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NameScores {
    pub(crate) exact: f64,
    pub(crate) variant: f64,
}

/// Scores a definition's name.
pub(crate) fn name(
    splitter: &Splitter,
    query: &Query<'_>,
    survey: &Survey,
    name: &str,
) -> NameScores {
    let mut out = NameScores::default();
    let mut pieces = 0_u32;
    let mut matched = 0_u32;
    for (_, word) in words(name).take(8) {
        let (terms, count) = splitter.split(word);
        pieces += count;
        for term in terms {
            if let Some(id) = query.vocabulary.get(&term).filter(|&id| query.is_own(id)) {
                out.exact += query.weights[id as usize] * rarity(survey, id);
                matched += 1;
            }
        }
        for part in parts(word) {
            out.variant += variant(query, survey, &part.to_lowercase());
        }
    }
    let precision = (f64::from(matched) / f64::from(pieces.max(1))).min(1.0).sqrt();
    out.exact *= precision;
    out.variant /= f64::from(pieces.max(1)).sqrt();
    out
}

/// A term that only names hold has no rarity in texts; it then counts as the rarest.
fn rarity(survey: &Survey, id: TermId) -> f64 {
    let idf = survey.idf[id as usize];
    if idf > 0.0 { idf } else { survey.idf.iter().copied().fold(1.0, f64::max) }
}

/// The rarity of a task term that `part` abbreviates or extends: `config` for `configuration`.
fn variant(query: &Query<'_>, survey: &Survey, part: &str) -> f64 {
    if part.len() < SHORTEST_VARIANT {
        return 0.0;
    }
    let mut best = 0.0;
    for term in &query.task.terms {
        let word = term.word.to_lowercase();
        let related = word != part
            && (word.starts_with(part)
                || part.len() >= 5 && word.len() >= 5 && part.starts_with(&word));
        if related && !term.joined {
            let idf = query.vocabulary.get(&term.term).map_or(1.0, |id| rarity(survey, id));
            let closeness = part.len().min(word.len()) as f64 / part.len().max(word.len()) as f64;
            best = f64::max(best, term.weight * idf * closeness);
        }
    }
    best
}
