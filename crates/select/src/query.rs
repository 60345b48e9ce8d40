//! The query: the task's terms and those of its expansion, numbered for the scan.
//!
//! Query expansion by pseudo-relevance feedback: commit messages are written in the words of people,
//! their diffs in the words of the code, so the patches of commits whose messages resemble the task
//! supply words that the task lacks. [`matching_commits`] says which patches are needed; the caller reads
//! them and makes a [`Query`].

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::bm25;
use crate::history::{Commit, History, Patch};
use crate::messages::{self, Message, SaidTerm};
use crate::task::{READINGS, Task};
use crate::task_words;
use crate::terms::{Splitter, TermId, Vocabulary, prose_words};

/// Commits whose patches are read: git takes about a millisecond for each. By hand, not measured.
const MATCHING_COMMITS: usize = 40;
/// Candidate expansion terms that are scanned for, so that their rarity is known; the best 25 are used
/// (`evidence/expansion.rs`). By hand, not measured.
const EXPANSION_CANDIDATES: usize = 160;
/// The half-life, in seconds, of the part of a commit's weight that fades with age: one year, counted
/// back from HEAD. By hand, not measured.
const HALF_LIFE: f64 = 365.0 * 86_400.0;
/// BM25's `b` for messages: how much their length matters. By hand, not measured.
const MESSAGE_B: f64 = 0.4;

/// A commit that resembles the task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// Its index in [`History::commits`].
    pub commit: usize,
    /// Its similarity to the task, faded with its age: 1.0 for the best match.
    pub weight: f64,
}

/// The commits that resemble a task, and what all messages have of it.
#[derive(Debug, Clone, Default)]
pub struct Matches {
    /// The commits, best match first, at most 40.
    pub commits: Vec<Match>,
    /// By commit of the history.
    pub(crate) messages: Arc<[Message]>,
}

/// The commits of `history` whose messages resemble `task`.
pub fn matching_commits(history: &History, task: &Task) -> Matches {
    let vocabulary = messages::vocabulary(task);
    let mut weights = vec![0.0; vocabulary.len()];
    for term in &task.terms {
        if let Some(id) = vocabulary.get(&term.term) {
            weights[id as usize] = term.weight();
        }
    }
    let messages = messages::read(history, &vocabulary);
    let average = messages.iter().map(|m| m.length).sum::<f64>() / messages.len().max(1) as f64;
    let mut found: Vec<usize> = vec![0; weights.len()];
    for said in messages.iter().flat_map(|message| &message.terms) {
        found[said.id as usize] += usize::from(said.count > 0);
    }
    let mut commits: Vec<Match> = messages
        .iter()
        .enumerate()
        .map(|(commit, message)| {
            let similarity = |said: &SaidTerm| {
                let (id, count) = (said.id as usize, f64::from(said.count));
                let idf = bm25::idf(messages.len(), found[id]);
                weights[id] * idf * bm25::saturate(count, message.length, average, MESSAGE_B)
            };
            let said = message.terms.iter().filter(|said| said.count > 0);
            let similarity: f64 = said.map(similarity).sum();
            Match { commit, weight: similarity * age_weight(history, &history.commits[commit]) }
        })
        .filter(|m| m.weight > 0.0)
        .collect();
    commits.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.commit.cmp(&b.commit)));
    commits.truncate(MATCHING_COMMITS);
    let best = commits.first().map_or(1.0, |m| m.weight);
    for m in &mut commits {
        m.weight /= best;
    }
    Matches { commits, messages: messages.into() }
}

/// The factor by which a commit's age lowers its weight: from 1 to a half, never less, since old commits
/// still say where things are.
pub(crate) fn age_weight(history: &History, commit: &Commit) -> f64 {
    let age = history.head_time.saturating_sub(commit.time).max(0) as f64;
    0.5 + 0.5 * (-age / HALF_LIFE * std::f64::consts::LN_2).exp()
}

/// The terms that files are scanned for.
#[derive(Debug)]
pub struct Query<'a> {
    /// The task.
    pub task: &'a Task,
    pub(crate) matches: Matches,
    pub(crate) patches: &'a [Patch],
    pub(crate) vocabulary: Vocabulary,
    /// By term number: its weight in each reading of the task, zero for expansion terms.
    pub(crate) weights: Vec<[f64; READINGS]>,
    /// By term number: how strongly matching commits' diffs suggest it, zero for the task's own.
    pub(crate) expansion: Vec<f64>,
    /// By term number: how strongly the built-in table suggests it ([`task_words`]); the task's own may have some, too.
    pub(crate) associated: Vec<f64>,
    /// By term number: the term as people read it.
    pub(crate) readable: Vec<String>,
}

impl<'a> Query<'a> {
    /// A query from a task, and the patches of the commits that [`matching_commits`] named.
    pub fn new(task: &'a Task, matches: Matches, history: &History, patches: &'a [Patch]) -> Self {
        let mut query = Self {
            task,
            matches,
            patches,
            vocabulary: Vocabulary::default(),
            weights: Vec::new(),
            expansion: Vec::new(),
            associated: Vec::new(),
            readable: Vec::new(),
        };
        for term in &task.terms {
            query.add(&term.term, &term.shown, term.weights, 0.0);
        }
        for (term, strength) in query.expansion_candidates(history) {
            query.add(&term, &term, [0.0; READINGS], strength);
        }
        for (term, strength) in task_words::associated(task) {
            if let Some(id) = query.add(term, term, [0.0; READINGS], 0.0) {
                query.associated[id as usize] = strength;
            }
        }
        query
    }

    /// The number of a term, which is added if it isn't known.
    fn add(
        &mut self,
        term: &str,
        readable: &str,
        weight: [f64; READINGS],
        expansion: f64,
    ) -> Option<TermId> {
        let known = self.vocabulary.len();
        let id = self.vocabulary.add(term)?;
        if id as usize == known {
            self.weights.push(weight);
            self.expansion.push(expansion);
            self.associated.push(0.0);
            self.readable.push(readable.to_owned());
        }
        Some(id)
    }

    /// The readings of the task, by number.
    pub(crate) fn readings(&self) -> std::ops::Range<usize> {
        0..self.task.readings.len().clamp(1, READINGS)
    }

    /// The term's mean weight over the readings.
    pub(crate) fn weight(&self, id: TermId) -> f64 {
        self.weights[id as usize].iter().sum::<f64>() / READINGS as f64
    }

    /// Whether the term is of the task itself.
    pub(crate) fn is_own(&self, id: TermId) -> bool {
        self.weights[id as usize].iter().any(|&weight| weight > 0.0)
    }

    /// The weight with which a patch's commit resembles the task.
    pub(crate) fn patch_weight(&self, history: &History, patch: &Patch) -> f64 {
        self.matches
            .commits
            .iter()
            .find(|m| history.commits.get(m.commit).is_some_and(|c| c.id == patch.commit))
            .map_or(0.0, |m| m.weight)
    }

    fn expansion_candidates(&self, history: &History) -> Vec<(String, f64)> {
        let splitter = Splitter::new();
        // Terms have numbers, so that each word is split once.
        let mut known: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
        let mut numbers: FxHashMap<String, usize> = FxHashMap::default();
        let mut strength: Vec<f64> = Vec::new();
        for patch in self.patches {
            let weight = self.patch_weight(history, patch);
            if weight <= 0.0 {
                continue;
            }
            let mut seen: FxHashSet<usize> = FxHashSet::default();
            let lines = patch.hunks.iter().flat_map(|h| h.removed.iter().chain(&h.added));
            for line in lines.take(2_000) {
                for (_, word) in prose_words(line) {
                    if word.starts_with(|c: char| c.is_numeric()) {
                        continue;
                    }
                    let terms = known.entry(word).or_insert_with(|| {
                        let number = |term| {
                            let next = numbers.len();
                            *numbers.entry(term).or_insert(next)
                        };
                        splitter.split(word).0.into_iter().map(number).collect()
                    });
                    seen.extend(terms.iter());
                }
            }
            // A commit supports each of its terms once, and the less the more terms it has.
            let share = weight / (10.0 + seen.len() as f64).ln();
            strength.resize(numbers.len(), 0.0);
            seen.into_iter().for_each(|term| strength[term] += share);
        }
        let is_new = |term: &str| self.vocabulary.get(term).is_none();
        let mut terms: Vec<(String, f64)> = numbers
            .into_iter()
            .filter(|(term, _)| is_new(term))
            .map(|(term, number)| (term, strength.get(number).copied().unwrap_or(0.0)))
            .collect();
        terms.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        terms.truncate(EXPANSION_CANDIDATES);
        terms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{HistoryStatus, Hunk};

    fn history(messages: &[&str]) -> History {
        let commits = messages
            .iter()
            .enumerate()
            .map(|(i, message)| Commit {
                id: format!("{i:040x}"),
                time: 1_000_000 - i as i64,
                message: (*message).to_owned(),
                paths: vec!["a.rs".into()],
            })
            .collect();
        History { commits, head_time: 1_000_000, status: HistoryStatus::Full }
    }

    #[test]
    fn the_likest_message_comes_first() {
        let history = history(&["Bump version", "Refresh tokens before expiry", "Token types"]);
        let matches = matching_commits(&history, &Task::new("token refresh loops")).commits;
        assert_eq!(matches[0].commit, 1);
        assert_eq!(matches[0].weight, 1.0);
        assert_eq!(matches.len(), 2);
    }

    #[test]
    fn diffs_of_matching_commits_add_terms() {
        let history = history(&["Refresh tokens before expiry"]);
        let task = Task::new("token refresh");
        let patch = Patch {
            commit: history.commits[0].id.clone(),
            hunks: vec![Hunk {
                path: "a.rs".into(),
                heading: String::new(),
                old_start: 1,
                removed: vec![],
                added: vec!["renew_lease(&session)".into()],
            }],
        };
        let patches = [patch];
        let query = Query::new(&task, matching_commits(&history, &task), &history, &patches);
        let lease = query.vocabulary.get("leas").unwrap();
        assert!(!query.is_own(lease));
        assert!(query.expansion[lease as usize] > 0.0);
    }
}
