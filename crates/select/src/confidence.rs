//! How sure the ranking is that the task is about this repository.
//!
//! What a task says has an amount of information: the sum of its words' rarities, where a word that occurs nowhere is as
//! rare as any. In the repository that it is about, paths and single messages of commits hold much of that, and some of
//! its words are in far more files than in programs of all kinds (`word_shares.rs`); in another one, words are missing, or
//! as common as anywhere.

use serde::{Deserialize, Serialize};

use crate::bm25;
use crate::evidence::words::ChunkWords;
use crate::history::History;
use crate::query::Query;
use crate::survey::Survey;
use crate::task::{PROSE, TaskTerm};
use crate::terms::Scanner;
use crate::word_shares;

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
    /// The repository's files.
    pub(crate) files: usize,
    /// The share of the task's words that occur in any file or path.
    pub(crate) known: f64,
    /// The share of its information that the best file holds.
    pub(crate) file: f64,
    /// The share of its information that stands in any path.
    pub(crate) paths: f64,
    /// The share of its information that the best of the matching commits' messages holds.
    pub(crate) message: f64,
    /// The mean of its words' lifts.
    pub(crate) lift: f64,
    /// The root of the mean square of those that are positive: a few words that are common here and nowhere else say more
    /// than many that are a little commoner.
    pub(crate) excess: f64,
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
    let files_in_all = survey.readings.first().map_or(0, Vec::len);
    let rarest = bm25::idf(files_in_all, 0);
    // By term number: what it says, zero for expansion terms and pairs of words.
    let mut says = vec![0.0; query.vocabulary.len()];
    let (mut said, mut known, mut all, mut count) = (0.0, 0.0, 0.0, 0);
    let (mut lifts, mut squares) = (0.0, 0.0);
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
        let found = match survey.found[at] {
            0 if is_known => IN_PATH,
            found => found as f64,
        };
        let lift = lift(&term.term, found, files_in_all);
        lifts += weight * lift.clamp(-FALL, FALL);
        squares += weight * lift.clamp(0.0, RISE).powi(2);
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
        files: files_in_all,
        known: share(known, all),
        file: share(best_file, said),
        paths: share(of(&survey.in_paths), said),
        message: share(best_message, said),
        lift: share(lifts, all),
        excess: share(squares, all).sqrt(),
    }
}

/// The logarithm of how much greater the share of this repository's files with a term is than that of others.
fn lift(term: &str, found: f64, files: usize) -> f64 {
    let share = (found + UNSEEN) / (files as f64 + 2.0 * UNSEEN);
    let lift = (share / (word_shares::typical(term) + NOWHERE)).ln();
    if found > 0.0 { lift } else { lift.min(0.0) }
}

/// Files: how many a term counts for that stands in paths alone, and what is added to each count, so that none is zero. By
/// hand; the second compared with a half and a twentieth.
const IN_PATH: f64 = 0.5;
const UNSEEN: f64 = 0.2;
/// Added to the share of other repositories' files, the least that the table has. From the table.
const NOWHERE: f64 = 0.000_1;
/// Beyond these, a lift says nothing more: in the mean, and where only positive ones count. By hand, compared with 2 to 5.
const FALL: f64 = 3.0;
const RISE: f64 = 6.0;

/// Commits: a shorter history may not have said yet what the repository is about. By hand.
const SHORT_HISTORY: usize = 50;
/// Bytes of a commit's message that are read. By hand: a longer one is a change log.
const MESSAGE: usize = 1_000;

/// The weight of a word that says what a task is about, not what kind of work it is. From the weights in `task.rs`.
const TELLING: f64 = 0.5;

fn is_number(term: &TaskTerm) -> bool {
    term.term.chars().all(char::is_numeric)
}

/// The fit below which the task may be about another repository. Its terms were chosen by a logit on 407 tasks of 46
/// repositories that weights are learned from, each asked of its own repository, without the change, and of two others, and
/// their weights rounded; of each task's own repository, the table of words had nothing. This number calls 71 % of the
/// wrong ones weak and 8 % of the right ones; without the lifts, 50 % are for as many. On 118 issues and commits of 30 other
/// repositories it calls 88 % and 8 % weak, of the 61 issues 92 % and 3 %.
const WEAK: f64 = 1.4;
/// The fit from which it is sure, if also the best file holds this share: 53 % of those 407 tasks in their own repositories,
/// and 4 % in others.
const STRONG: f64 = 2.5;
const STRONG_FILE: f64 = 0.6;

/// Files: in fewer, each word is in a large share of them. By hand.
const FEW_FILES: usize = 50;
/// The same bounds for so few files, of a fit without lifts. The first was measured on the same tasks.
const WEAK_IN_FEW: f64 = 1.5;
const STRONG_IN_FEW: f64 = 2.0;

/// Words of a task that is short enough to be about any repository. By hand.
const FEWEST: usize = 3;

impl Signals {
    /// The confidence that these signals give.
    pub(crate) fn confidence(self) -> Confidence {
        let few = self.count < FEWEST && self.known > 0.0;
        let (fit, weak, strong) = if self.files < FEW_FILES {
            let fit = self.known + self.file / 2.0 + self.paths + self.message;
            (fit, WEAK_IN_FEW, STRONG_IN_FEW)
        } else {
            let fit = 2.0 * self.paths + 2.0 * self.message + self.lift / 2.0 + self.excess;
            (fit, WEAK, STRONG)
        };
        if fit < weak && !few && !self.in_trace {
            Confidence::Weak
        } else if fit >= strong && self.file >= STRONG_FILE {
            Confidence::Strong
        } else {
            Confidence::Mixed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of words that all occur, in single files.
    const SAID: Signals = Signals {
        in_trace: false,
        count: 5,
        files: 400,
        known: 1.0,
        file: 0.8,
        paths: 0.3,
        message: 0.5,
        lift: 0.5,
        excess: 2.0,
    };

    #[test]
    fn a_frame_of_this_repository_and_few_words_are_not_weak() {
        let signals = Signals {
            in_trace: true,
            count: 9,
            files: 400,
            known: 0.5,
            file: 0.1,
            ..Signals::default()
        };
        assert_eq!(signals.confidence(), Confidence::Mixed);
        assert_eq!(Signals { in_trace: false, ..signals }.confidence(), Confidence::Weak);
        assert_eq!(
            Signals { in_trace: false, count: 1, ..signals }.confidence(),
            Confidence::Mixed
        );
        assert_eq!(Signals::default().confidence(), Confidence::Weak, "nothing is found");
    }

    #[test]
    fn what_is_missing_makes_it_weak_and_what_is_common_here_alone_strong() {
        assert_eq!(SAID.confidence(), Confidence::Strong);
        assert_eq!(Signals { file: 0.5, ..SAID }.confidence(), Confidence::Mixed);
        let anywhere = Signals { lift: -0.5, excess: 0.5, ..SAID };
        assert_eq!(anywhere.confidence(), Confidence::Mixed);
        assert_eq!(
            Signals { paths: 0.1, message: 0.3, ..anywhere }.confidence(),
            Confidence::Weak,
            "as common as anywhere"
        );
    }

    #[test]
    fn a_small_repository_is_judged_by_what_is_there_at_all() {
        let small = Signals { files: 5, lift: 0.0, excess: 0.0, ..SAID };
        assert_eq!(small.confidence(), Confidence::Strong);
        assert_eq!(
            Signals { known: 0.7, file: 0.3, paths: 0.1, message: 0.2, ..small }.confidence(),
            Confidence::Weak
        );
    }

    #[test]
    fn a_word_that_is_common_here_and_nowhere_else_has_a_high_lift() {
        assert!(lift("pwnagotchi", 50.0, 100) > 5.0);
        assert!(lift("test", 50.0, 100).abs() < 1.0);
        assert!(lift("test", 0.0, 100) < -4.0);
        assert_eq!(lift("pwnagotchi", 0.0, 60), 0.0, "absent, but not for that common elsewhere");
    }
}
