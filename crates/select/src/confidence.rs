//! How sure the ranking is that the task is about this repository.
//!
//! What a task says has an amount of information: the sum of its words' rarities, where a word that occurs nowhere is as
//! rare as any. In the repository that it is about, single files hold much of that; in another one, words are
//! scattered or missing.

use serde::{Deserialize, Serialize};

use crate::bm25;
use crate::evidence::words::ChunkWords;
use crate::history::History;
use crate::query::Query;
use crate::survey::Survey;
use crate::task::{PROSE, TaskTerm};
use crate::terms::Scanner;

/// How well a task fits a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum Confidence {
    /// Little of what the task says is here: it may be about another repository.
    Weak,
    /// Some of it is.
    #[default]
    Mixed,
    /// Most of it is, and in one place.
    Strong,
}

impl Confidence {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Weak => "weak",
            Self::Mixed => "mixed",
            Self::Strong => "strong",
        }
    }
}

/// What a [`Confidence`] is made from. Shares are from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Signals {
    /// Whether a frame of its stack traces lies in a function of this repository.
    pub(crate) in_trace: bool,
    /// The words that say what the task is about.
    pub(crate) count: usize,
    /// The share of the task's words that occur in any file or path.
    pub(crate) known: f64,
    /// The share of its information that the best file holds.
    pub(crate) file: f64,
    /// The share of its information that stands in any path.
    pub(crate) paths: f64,
    /// The share of its information that the best of the matching commits' messages holds.
    pub(crate) message: f64,
}

/// The signals of a ranking; `files` are the words of the candidates' chunks, by file.
pub(crate) fn signals(
    history: &History,
    query: &Query<'_>,
    survey: &Survey,
    files: &[&[ChunkWords]],
    in_trace: bool,
) -> Signals {
    // The prose, where there is one.
    let reading = (query.readings().end - 1).min(PROSE);
    let rarest = bm25::idf(survey.readings.first().map_or(0, Vec::len), 0);
    // By term number: what it says, zero for expansion terms and pairs of words.
    let mut says = vec![0.0; query.vocabulary.len()];
    let (mut said, mut known, mut all, mut count) = (0.0, 0.0, 0.0, 0);
    for term in query.task.terms.iter().filter(|term| !term.joined && !is_number(term)) {
        let Some(id) = query.vocabulary.get(&term.term) else { continue };
        let at = id as usize;
        let weight = term.weights[reading];
        let is_known = survey.idf[at] > 0.0 || survey.in_paths[at];
        // A word of another language is missing anywhere; its translation is what counts.
        if !is_known && query.task.is_foreign {
            continue;
        }
        says[at] = weight * if is_known { survey.idf[at] } else { rarest };
        said += says[at];
        if weight < TELLING {
            continue;
        }
        count += 1;
        all += weight;
        known += if is_known { weight } else { 0.0 };
    }
    let held = |words: &ChunkWords| words.terms.iter().map(|o| says[o.term as usize]).sum::<f64>();
    let best_chunk = files.iter().flat_map(|chunks| chunks.iter()).map(held).fold(0.0, f64::max);
    let of = |has: &[bool]| {
        has.iter().zip(&says).map(|(has, says)| if *has { *says } else { 0.0 }).sum::<f64>()
    };
    let in_file = |chunks: &&[ChunkWords]| {
        let mut has = vec![false; says.len()];
        chunks.iter().flat_map(|words| &words.terms).for_each(|o| has[o.term as usize] = true);
        of(&has)
    };
    let mut scanner = Scanner::new(&query.vocabulary);
    // In their own repository, the best chunk and the best message hold about as much of a task.
    let is_short = history.commits.len() < SHORT_HISTORY;
    let mut best_message = if is_short { best_chunk } else { 0.0 };
    for m in &query.matches {
        let Some(commit) = history.commits.get(m.commit) else { continue };
        let mut has = vec![false; says.len()];
        scanner.scan(commit.message.get(..MESSAGE).unwrap_or(&commit.message), |_, _, ids| {
            ids.iter().for_each(|&id| has[id as usize] = true);
        });
        best_message = f64::max(best_message, of(&has));
    }
    let best_file = files.iter().map(in_file).fold(0.0, f64::max);
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    Signals {
        in_trace,
        count,
        known: share(known, all),
        file: share(best_file, said),
        paths: share(of(&survey.in_paths), said),
        message: share(best_message, said),
    }
}

/// Commits: a shorter history may not have said yet what the repository is about. By hand.
const SHORT_HISTORY: usize = 50;
/// Bytes of a commit's message that are read. By hand: a longer one is a change log.
const MESSAGE: usize = 1_000;

/// The weight of a word that says what a task is about, not what kind of work it is. From the weights in `task.rs`.
const TELLING: f64 = 0.5;

fn is_number(term: &TaskTerm) -> bool {
    term.term.chars().all(char::is_numeric)
}

/// The fit below which the task may be about another repository. Its terms were chosen by a logit on 771 commits of 24
/// repositories that weights are learned from, each asked of its own and of two others; the number on 70 issues and
/// commits of 30 other repositories: of 31 issues it calls 30 weak in another repository and 1 in its own, of 18
/// commit messages 14 and 1, of 21 short subjects 8 and 0.
const WEAK: f64 = 1.5;
/// The fit from which it is sure, if also the best file holds this share. By hand.
const STRONG: f64 = 2.0;
const STRONG_FILE: f64 = 0.6;

/// Words of a task that is short enough to be about any repository. By hand.
const FEWEST: usize = 3;

impl Signals {
    /// The confidence that these signals give.
    pub(crate) fn confidence(self) -> Confidence {
        let fit = self.known + self.file / 2.0 + self.paths + self.message;
        let few = self.count < FEWEST && self.known > 0.0;
        if fit < WEAK && !few && !self.in_trace {
            Confidence::Weak
        } else if fit >= STRONG && self.file >= STRONG_FILE {
            Confidence::Strong
        } else {
            Confidence::Mixed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(known: f64, file: f64, paths: f64, message: f64) -> Confidence {
        Signals { in_trace: false, count: 5, known, file, paths, message }.confidence()
    }

    #[test]
    fn a_frame_of_this_repository_and_few_words_are_not_weak() {
        let signals =
            Signals { in_trace: true, count: 9, known: 0.5, file: 0.1, ..Signals::default() };
        assert_eq!(signals.confidence(), Confidence::Mixed);
        assert_eq!(Signals { in_trace: false, ..signals }.confidence(), Confidence::Weak);
        assert_eq!(
            Signals { in_trace: false, count: 1, ..signals }.confidence(),
            Confidence::Mixed
        );
        assert_eq!(Signals::default().confidence(), Confidence::Weak, "nothing is found");
    }

    #[test]
    fn what_is_missing_makes_it_weak_and_what_stands_together_strong() {
        assert_eq!(fit(1.0, 0.8, 0.3, 0.5), Confidence::Strong);
        assert_eq!(fit(1.0, 0.5, 0.1, 0.3), Confidence::Mixed);
        assert_eq!(fit(0.7, 0.3, 0.1, 0.2), Confidence::Weak);
    }
}
