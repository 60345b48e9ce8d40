//! Scores lines of code by their relevance to a task: the words they share.
//!
//! A line scores for the task's words in it, weighted by idf over all lines; for those in the lines
//! it is nested in; for those nearby, decaying with the distance; and for those in its whole chunk.
//! Tuned on the commits of eleven repositories (task = message, relevant = the changed lines): the
//! compression ratios are flat around these values.

use std::collections::{HashMap, HashSet};

use crate::word_boundary;

/// The weight of words in the enclosing lines. By hand, not measured.
const NESTING: f64 = 0.5;
/// The factor by which a score decays per line of distance. By hand, not measured.
const NEARNESS: f64 = 0.95;
/// The factor for a line that is a comment. By hand, not measured.
const COMMENT: f64 = 0.5;
/// Stop words.
const COMMON: &[&str] = &[
    "a", "add", "an", "and", "are", "as", "at", "be", "bug", "by", "can", "do", "does", "don",
    "error", "fix", "for", "from", "if", "in", "into", "is", "it", "make", "not", "of", "on", "or",
    "should", "support", "t", "that", "the", "this", "to", "update", "use", "via", "we", "when",
    "with",
];

/// Consecutive lines of one file.
pub(crate) struct Chunk<'a> {
    pub lines: Vec<&'a str>,
    /// The factor for all of its lines, by the rank of its file.
    pub weight: f64,
}

/// The score of every line of every chunk for `task`.
pub(crate) fn scores(task: &str, chunks: &[Chunk]) -> Vec<Vec<f64>> {
    let terms: HashSet<String> = words(task)
        .filter(|word| word.len() > 1 && COMMON.binary_search(&word.as_str()).is_err())
        .map(|word| stem(&word).to_owned())
        .collect();
    let found: Vec<Vec<Vec<String>>> = chunks
        .iter()
        .map(|chunk| chunk.lines.iter().map(|line| terms_in(line, &terms)).collect())
        .collect();
    let mut frequency: HashMap<&str, usize> = HashMap::new();
    for term in found.iter().flatten().flatten() {
        *frequency.entry(term).or_default() += 1;
    }
    let count: usize = chunks.iter().map(|chunk| chunk.lines.len()).sum();
    let idf = |term: &String| (1.0 + count as f64 / (1.0 + frequency[term.as_str()] as f64)).ln();
    found
        .iter()
        .zip(chunks)
        .map(|(found, chunk)| {
            let own: Vec<f64> = found.iter().map(|terms| terms.iter().map(&idf).sum()).collect();
            scores_of(chunk, &own)
        })
        .collect()
}

/// The scores of one chunk, from the scores `own` of its lines alone.
fn scores_of(chunk: &Chunk, own: &[f64]) -> Vec<f64> {
    let mut scores = nested(&chunk.lines, own);
    for line in 1..scores.len() {
        scores[line] = scores[line].max(scores[line - 1] * NEARNESS);
    }
    for line in (1..scores.len()).rev() {
        scores[line - 1] = scores[line - 1].max(scores[line] * NEARNESS);
    }
    let all = own.iter().sum::<f64>() / (own.len() as f64).sqrt().max(1.0);
    for (score, line) in scores.iter_mut().zip(&chunk.lines) {
        let comment = if is_comment(line) { COMMENT } else { 1.0 };
        *score = (*score + all) * chunk.weight * comment;
    }
    scores
}

/// Adds to each line the scores of the lines it is nested in, by indentation.
fn nested(lines: &[&str], own: &[f64]) -> Vec<f64> {
    // The enclosing lines: their indentation, and the sum of their scores.
    let mut open: Vec<(usize, f64)> = Vec::new();
    let mut scores = Vec::with_capacity(own.len());
    for (line, own) in lines.iter().zip(own) {
        let around = |open: &[(usize, f64)]| open.last().map_or(0.0, |(_, sum)| *sum);
        if !line.trim().is_empty() {
            let indent = line.len() - line.trim_start().len();
            while open.last().is_some_and(|(outer, _)| *outer >= indent) {
                open.pop();
            }
            scores.push(own + NESTING * around(&open));
            open.push((indent, own + around(&open)));
        } else {
            scores.push(own + NESTING * around(&open));
        }
    }
    scores
}

fn is_comment(line: &str) -> bool {
    let inner = line.trim_start();
    ["#", "//", "*", "/*", "\"\"\""].iter().any(|sign| inner.starts_with(sign))
}

/// Which of `terms` occur in `line`, each once.
fn terms_in(line: &str, terms: &HashSet<String>) -> Vec<String> {
    let mut found: Vec<String> = words(line)
        .map(|word| stem(&word).to_owned())
        .filter(|word| terms.contains(word))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The words of `text` in lower case: identifiers as a whole, and the words they consist of.
fn words(text: &str) -> impl Iterator<Item = String> {
    word_boundary::words(text).flat_map(|name| {
        let mut parts = parts_of(name);
        if parts.len() > 1 {
            parts.push(name.to_lowercase());
        }
        parts
    })
}

/// The words of an identifier: `getHTTPResponse_2` is get, http, response, 2.
fn parts_of(name: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut before = '_';
    let mut signs = name.chars().peekable();
    while let Some(sign) = signs.next() {
        if sign == '_' {
            before = sign;
            continue;
        }
        let hump = sign.is_uppercase() && before.is_lowercase();
        let last_of_capitals = sign.is_uppercase()
            && before.is_uppercase()
            && signs.peek().is_some_and(|next| next.is_lowercase());
        let other_kind = sign.is_numeric() != before.is_numeric();
        if before == '_' || hump || last_of_capitals || other_kind {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.extend(sign.to_lowercase());
        }
        before = sign;
    }
    parts
}

/// A word without the most common suffixes, so that `reading` matches `reads`.
fn stem(word: &str) -> &str {
    ["ations", "ation", "ings", "ing", "ers", "ed", "es", "er", "s", "e"]
        .iter()
        .filter_map(|ending| word.strip_suffix(ending))
        .find(|stem| stem.chars().count() >= 3)
        .unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_split_into_words() {
        assert_eq!(parts_of("getHTTPResponse_2x"), ["get", "http", "response", "2", "x"]);
        assert!(COMMON.is_sorted());
    }

    #[test]
    fn lines_near_the_words_of_the_task_score_highest() {
        let text = "fn other() {\n    let a = 1;\n}\n\nfn token_refresh() {\n    let b = 2;\n}";
        let chunk = Chunk { lines: text.lines().collect(), weight: 1.0 };
        let scores = &scores("refreshing the token fails", &[chunk])[0];
        assert!(scores[4] >= scores[5] && scores[5] > scores[1], "{scores:?}");
    }
}
