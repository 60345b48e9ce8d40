//! Spelling: words of the task that occur nowhere in the repository, and the nearest words that do.
//!
//! A name of several parts that is said as one word comes first (`joined.rs`).
//!
//! Only words of prose are corrected, and none that commit messages know; identifiers of several parts if one is near as
//! a whole. The distance is Damerau's, in which slips of the fingers cost less: neighbours on the keyboard, two letters
//! exchanged, one doubled or forgotten.

mod joined;

use std::ops::RangeInclusive;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::corpus::Corpus;
use crate::query::Query;
use crate::survey::{Survey, scanner_share};
use crate::task::Task;
use crate::terms::{TermId, parts, words};

/// The most words that are corrected. By hand: a text in which more are unknown isn't misspelt.
const MOST: usize = 8;
/// Characters of a word that may be corrected, and of an identifier. By hand: shorter ones are near to too many others.
const LENGTH: RangeInclusive<usize> = 4..=24;
const IDENTIFIER_LENGTH: RangeInclusive<usize> = 6..=48;
/// Characters of a word in capitals that may be a slip. By hand: shorter ones are abbreviations.
const CAPITALS: usize = 6;
/// In how many commit messages a word stands that is a word, and no slip. By hand.
const KNOWN: usize = 2;
/// The cost of exchanging two neighbouring letters, and of confusing two neighbouring keys. By hand.
const EXCHANGED: f64 = 0.6;
const NEIGHBOURS: f64 = 0.7;
/// The cost of a letter that is doubled, or of a double one that isn't. By hand.
const DOUBLED: f64 = 0.5;
/// The cost of a letter too many or too few. By hand.
const MISSING: f64 = 0.8;

/// A word of the task that was read as another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Correction {
    /// As the task says it, in lower case.
    pub said: String,
    /// The word of the repository that was taken instead.
    pub meant: String,
}

/// A word of the task that occurs nowhere.
struct Unknown {
    /// In lower case.
    said: String,
    letters: Letters,
    /// Whether it has several parts (`test_cllient`, `TestCllient`), so that it is compared with whole words.
    is_identifier: bool,
}

/// The words of the task that occur nowhere, each with the name or the nearest word of the repository that it means, if
/// there is one.
pub fn corrections(corpus: &Corpus, query: &Query<'_>, survey: &Survey) -> Vec<Correction> {
    let mut out = joined::names(corpus, query, survey);
    let mut unknown = unknown(query, survey);
    unknown.retain(|unknown| out.iter().all(|known| known.said != unknown.said));
    if unknown.is_empty() {
        return out;
    }
    let near = near_words(corpus, &unknown);
    for (at, Unknown { said, .. }) in unknown.into_iter().enumerate() {
        let best = near.iter().filter(|((target, _), _)| *target == at).min_by(|a, b| {
            let cost =
                |word: &str| distance(&said, &word.to_ascii_lowercase()).unwrap_or(f64::INFINITY);
            cost(&a.0.1).total_cmp(&cost(&b.0.1)).then(b.1.cmp(a.1)).then(a.0.1.cmp(&b.0.1))
        });
        if let Some(((_, meant), _)) = best {
            out.push(Correction { said, meant: meant.clone() });
        }
    }
    out
}

/// The words of the task's prose that no file, path or pair of commit messages has.
fn unknown(query: &Query<'_>, survey: &Survey) -> Vec<Unknown> {
    let mut out: Vec<(TermId, &str)> = Vec::new();
    for term in query.task.terms.iter().filter(|term| !term.joined) {
        let Some(id) = query.vocabulary.get(&term.term) else { continue };
        let is_known = survey.idf[id as usize] > 0.0 || survey.in_paths[id as usize];
        let is_prose = term.weights.iter().all(|&weight| weight > 0.0);
        if !is_known && is_prose && may_be_a_slip(&term.word) {
            out.push((id, &term.word));
        }
    }
    if out.is_empty() {
        return Vec::new();
    }
    let mut said: FxHashMap<TermId, usize> = FxHashMap::default();
    for term in query.matches.messages.iter().flat_map(|message| &message.terms) {
        *said.entry(term.id).or_default() += 1;
    }
    out.retain(|(id, _)| said.get(id).copied().unwrap_or(0) < KNOWN);
    let mut out: Vec<&str> = out.into_iter().map(|(_, word)| word).collect();
    out.dedup();
    if out.len() > MOST {
        return Vec::new();
    }
    let unknown = |word: &str| {
        let said = word.to_ascii_lowercase();
        Unknown { letters: Letters::of(&said), said, is_identifier: is_identifier(word) }
    };
    out.into_iter().map(unknown).collect()
}

/// Whether a word has several parts.
fn is_identifier(word: &str) -> bool {
    parts(word).len() > 1
}

/// Whether a word that occurs nowhere may be another with a slip, by how it is written.
fn may_be_a_slip(word: &str) -> bool {
    if is_identifier(word) {
        let is_plain = word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        return is_plain && IDENTIFIER_LENGTH.contains(&word.len());
    }
    let is_capitals = word.bytes().all(|b| b.is_ascii_uppercase()) && word.len() >= CAPITALS;
    let is_word = word.bytes().all(|b| b.is_ascii_alphabetic())
        && !word.bytes().skip(1).any(|b| b.is_ascii_uppercase());
    (is_capitals || is_word) && LENGTH.contains(&word.len())
}

/// By unknown word and near word: how often the near one occurs.
fn near_words(corpus: &Corpus, unknown: &[Unknown]) -> FxHashMap<(usize, String), usize> {
    if let Some((index, numbers)) = corpus.words() {
        let near = |word: &str| {
            let may_be = unknown.iter().any(|unknown| unknown.letters.may_be_near(word));
            may_be.then(|| near(unknown, word)).filter(|near| !near.is_empty())
        };
        let mut all = FxHashMap::default();
        for (near, count) in index.count_words(numbers.into_iter(), near) {
            near.into_iter().for_each(|near| *all.entry(near).or_default() += count);
        }
        all.retain(|_, count| *count > 0);
        return all;
    }
    corpus
        .files
        .par_iter()
        .with_min_len(scanner_share(corpus.files.len()))
        .map(|file| {
            // Each word is compared once.
            let mut known: FxHashMap<&str, Vec<(usize, String)>> = FxHashMap::default();
            let mut found = FxHashMap::default();
            for (_, word) in words(&file.text) {
                let near = known.entry(word).or_insert_with(|| near(unknown, word));
                near.iter().for_each(|near| *found.entry(near.clone()).or_default() += 1);
            }
            found
        })
        .reduce(FxHashMap::default, |mut all, found| {
            for (near, count) in found {
                *all.entry(near).or_default() += count;
            }
            all
        })
}

/// The letters of a word that was said, by which nearly all words are ruled out without a distance.
struct Letters {
    set: u32,
    /// How many of them what is meant may lack: a letter that goes costs at least [`NEIGHBOURS`].
    may_lack: u32,
}

impl Letters {
    fn of(said: &str) -> Self {
        let may_lack = (most(said.len() + LONGER) / NEIGHBOURS + 1e-9) as u32;
        Self { set: letters(said), may_lack }
    }

    /// Whether a part of this word may be near.
    fn may_be_near(&self, word: &str) -> bool {
        (self.set & !letters(word)).count_ones() <= self.may_lack
    }

    /// Whether this part of a word may be near: neither lacks more of the other's letters.
    fn may_be_nearly(&self, part: u32) -> bool {
        (self.set & !part).count_ones().max((part & !self.set).count_ones()) <= self.may_lack
    }
}

/// The letters of a word as a set, in either case. Other characters count as some letter.
fn letters(word: &str) -> u32 {
    word.bytes().fold(0, |set, byte| set | 1 << (byte & 31))
}

/// What in a word is near to unknown ones, each with the index of what it is near to: parts of it in lower case, and to an
/// identifier the word itself.
fn near(unknown: &[Unknown], word: &str) -> Vec<(usize, String)> {
    let mut near = Vec::new();
    if !word.is_ascii() || word.len() > 64 {
        return near;
    }
    let mut compare = |part: &str, is_whole: bool| {
        let set = letters(part);
        for (at, unknown) in unknown.iter().enumerate() {
            let is_as_long =
                part.len().abs_diff(unknown.said.len()) <= LONGER && part.len() >= *LENGTH.start();
            if unknown.is_identifier == is_whole && is_as_long && unknown.letters.may_be_nearly(set)
            {
                let lower = part.to_ascii_lowercase();
                let is_as_numbered = digits(&unknown.said).eq(digits(&lower));
                if is_as_numbered && distance(&unknown.said, &lower).is_some() {
                    near.push((at, if is_whole { part.to_owned() } else { lower }));
                }
            }
        }
    };
    let is_letters = |part: &&str| part.bytes().all(|b| b.is_ascii_alphabetic());
    parts(word).into_iter().filter(is_letters).for_each(|part| compare(part, false));
    if unknown.iter().any(|unknown| unknown.is_identifier) {
        compare(word, true);
    }
    near
}

/// The digits of a word: another version is no slip.
fn digits(word: &str) -> impl Iterator<Item = u8> {
    word.bytes().filter(u8::is_ascii_digit)
}

/// How much longer or shorter what is meant may be, in letters: no more cost less than [`most`].
const LONGER: usize = 2;

/// The most that a word may differ from what is meant, which has this length. By hand.
fn most(length: usize) -> f64 {
    match length {
        ..=4 => 0.6,
        5..=7 => 0.85,
        _ => 1.4,
    }
}

/// How far two words in lower case are apart; `None` where it is too far for a slip.
fn distance(said: &str, meant: &str) -> Option<f64> {
    let (a, b) = (said.as_bytes(), meant.as_bytes());
    let most = most(b.len());
    let same_start = a.first() == b.first();
    if !b.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        || a == b
        || !same_start && a.len() < 6 && a.first() != b.get(1)
    {
        return None;
    }
    let mut rows: [Vec<f64>; 3] = std::array::from_fn(|_| vec![0.0; b.len() + 1]);
    for (at, cell) in rows[1].iter_mut().enumerate() {
        *cell = at as f64 * MISSING;
    }
    for i in 1..=a.len() {
        let (before, last, now) = split(&mut rows, i);
        now[0] = i as f64 * MISSING;
        for j in 1..=b.len() {
            let (x, y) = (a[i - 1], b[j - 1]);
            let changed = last[j - 1] + if x == y { 0.0 } else { substitution(x, y) };
            let extra = last[j] + if i > 1 && a[i - 2] == x { DOUBLED } else { MISSING };
            let missing = now[j - 1] + if j > 1 && b[j - 2] == y { DOUBLED } else { MISSING };
            let mut least = changed.min(extra).min(missing);
            if i > 1 && j > 1 && x == b[j - 2] && a[i - 2] == y && x != y {
                least = least.min(before[j - 2] + EXCHANGED);
            }
            now[j] = least;
        }
        if now.iter().copied().fold(f64::INFINITY, f64::min) > most {
            return None;
        }
    }
    let cost = rows[(a.len() + 1) % 3][b.len()];
    (cost <= most + 1e-9).then_some(cost)
}

/// The rows for two letters back, one back, and this one, of three that are used in turn.
fn split(rows: &mut [Vec<f64>; 3], i: usize) -> (&[f64], &[f64], &mut [f64]) {
    let [a, b, c] = rows;
    match i % 3 {
        1 => (a, b, c),
        2 => (b, c, a),
        _ => (c, a, b),
    }
}

fn substitution(x: u8, y: u8) -> f64 {
    if are_neighbours(x, y) { NEIGHBOURS } else { 1.0 }
}

/// Whether two letters are beside or above each other on a Latin keyboard.
fn are_neighbours(x: u8, y: u8) -> bool {
    let place = |letter: u8| {
        ["qwertyuiop", "asdfghjkl", "zxcvbnm"]
            .iter()
            .enumerate()
            .find_map(|(row, keys)| Some((row, keys.bytes().position(|key| key == letter)?)))
    };
    match (place(x), place(y)) {
        (Some((row, column)), Some((other, near))) => {
            row == other && column.abs_diff(near) == 1
                || row + 1 == other && (near == column || near + 1 == column)
                || other + 1 == row && (column == near || column + 1 == near)
        }
        _ => false,
    }
}

impl Task {
    /// The task as it is read with `corrections`.
    #[must_use]
    pub fn corrected(&self, corrections: &[Correction]) -> Self {
        let text = self.text();
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for (at, word) in words(text) {
            let lower = word.to_lowercase();
            if let Some(correction) = corrections.iter().find(|correction| correction.said == lower)
            {
                out.push_str(&text[from..at]);
                out.push_str(&correction.meant);
                from = at + word.len();
            }
        }
        out.push_str(&text[from..]);
        Self::new(&out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{FileKind, SourceFile};
    use crate::history::History;
    use syntax::Language;

    pub(super) fn corrected(text: &str, task: &str) -> Vec<(String, String)> {
        let file = SourceFile {
            path: "src/resolver.rs".into(),
            text: text.into(),
            hash: [0; 32],
            language: Language::Rust,
            kind: FileKind::Source,
        };
        let corpus = Corpus { files: vec![file], history: History::default() };
        let task = Task::new(task);
        let query = Query::new(
            &task,
            crate::matching_commits(&corpus.history, &task),
            &corpus.history,
            &[],
        );
        let survey = crate::survey(&corpus, &query, &[], 8_000);
        let pair = |correction: Correction| (correction.said, correction.meant);
        corrections(&corpus, &query, &survey).into_iter().map(pair).collect()
    }

    const CODE: &str = "fn readLockfile(dependency: &str) -> Authentication { session.refresh() }";

    #[test]
    fn slips_are_corrected() {
        for (said, meant) in [
            ("lockfle", "lockfile"),
            ("lokcfile", "lockfile"),
            ("lockfille", "lockfile"),
            ("lockfole", "lockfile"),
            ("authentcation", "authentication"),
            ("sesssion", "session"),
            ("refrsh", "refresh"),
            ("erfresh", "refresh"),
        ] {
            let found = corrected(CODE, &format!("the {said} is stale"));
            assert_eq!(found, [(said.to_owned(), meant.to_owned())], "{said}");
        }
    }

    #[test]
    fn slips_in_short_words_and_capitals_are_corrected() {
        let code = "static CACHE: Cache = test(close);";
        for (said, meant) in [("cace", "cache"), ("clse", "close"), ("CACHHE", "cache")] {
            let found = corrected(code, &format!("the {said} is stale"));
            assert_eq!(found, [(said.to_lowercase(), meant.to_owned())], "{said}");
        }
        assert_eq!(corrected(code, "the ttl of a TEXT, a coat"), []);
    }

    #[test]
    fn identifiers_are_corrected_as_a_whole() {
        let code =
            "fn readLockfile(v2_cache: &str) { UV_HANDLE_READING | session.refresh_tokens() }";
        for (said, meant) in [
            ("readLokcfile", "readLockfile"),
            ("`refresh_tkens`", "refresh_tokens"),
            ("UV_HAANDLE_READING", "UV_HANDLE_READING"),
        ] {
            let found = corrected(code, &format!("the {said} is stale"));
            let said = said.trim_matches('`').to_lowercase();
            assert_eq!(found, [(said, meant.to_owned())]);
        }
        // A new name that resembles a part of another, and another version.
        for task in ["add `refresh_sesssion_later`", "a v3_cache", "the `refrsh_all` flag"] {
            assert_eq!(corrected(code, task), [], "{task}");
        }
    }

    #[test]
    fn other_words_stay() {
        for task in [
            "the refreshing of sessions",
            "resolve the lock",
            "a kubernetes cluster",
            "fix `refrsh`()",
            "locker room",
        ] {
            let found = corrected(CODE, task);
            assert!(found.iter().all(|(said, _)| said == "refrsh"), "{task}: {found:?}");
        }
    }

    #[test]
    fn a_corrected_task_is_read_anew() {
        let correction = Correction { said: "sesion".into(), meant: "session".into() };
        let task = Task::new("the Sesion cookie").corrected(&[correction]);
        assert!(
            task.terms
                .iter()
                .any(|term| term.term == "sessioncooki" || term.term == "sessioncookie")
        );
        assert_eq!(task.text(), "the session cookie");
    }

    #[test]
    fn the_distance_is_the_same_both_ways_where_lengths_are_equal() {
        assert_eq!(distance("lokcfile", "lockfile"), Some(EXCHANGED));
        assert_eq!(distance("lockfole", "lockfile"), Some(NEIGHBOURS));
        assert_eq!(distance("sesssion", "session"), Some(DOUBLED));
        assert_eq!(distance("table", "label"), None);
    }
}
