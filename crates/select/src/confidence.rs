//! How sure the ranking is that the task is about this repository.
//!
//! What a task says has an amount of information: the sum of its words' rarities, where a word that occurs nowhere is as
//! rare as any. In the repository that it is about, paths and single messages of commits hold much of that, and some of
//! its words are in far more files than in programs of all kinds (`word_shares.rs`), and messages have them together; in
//! another one, words are missing, or as common as anywhere, or have nothing to do with each other.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::bm25;
use crate::evidence::words::ChunkWords;
use crate::history::History;
use crate::query::Query;
use crate::survey::Survey;
use crate::task::{PROSE, TaskTerm};
use crate::terms::TermId;
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
    /// What they say in programs of all kinds: the sum of the logarithms of how rare they are there.
    pub(crate) says: f64,
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
    /// The mean, over pairs of its words, of the logarithm of how much more often messages of commits have both than by
    /// chance. In another repository each word may be common, but they have nothing to do with each other.
    pub(crate) together: f64,
}

/// The signals of a ranking; `files` are the words of the candidates' chunks, by file. [`Signals::together`] is taken from
/// `together_before`, or put there.
pub(crate) fn signals(
    history: &History,
    query: &Query<'_>,
    survey: &Survey,
    files: &[&[ChunkWords]],
    in_trace: bool,
    together_before: &OnceLock<f64>,
) -> Signals {
    // The prose, where there is one.
    let reading = (query.readings().end - 1).min(PROSE);
    let files_in_all = survey.readings.first().map_or(0, Vec::len);
    let rarest = bm25::idf(files_in_all, 0);
    // By term number: what it says, zero for expansion terms and pairs of words.
    let mut says = vec![0.0; query.vocabulary.len()];
    let (mut said, mut known, mut all, mut count) = (0.0, 0.0, 0.0, 0);
    let (mut lifts, mut squares, mut anywhere) = (0.0, 0.0, 0.0);
    let mut telling: Vec<(f64, TermId)> = Vec::new();
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
        telling.push((says[at], id));
        all += weight;
        anywhere -= weight * (word_shares::typical(&term.term) + NOWHERE).ln();
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
    // In their own repository, the best chunk and the best message hold about as much of a task.
    let is_short = history.commits.len() < SHORT_HISTORY;
    let mut best_message = if is_short { best_chunk } else { 0.0 };
    for m in &query.matches.commits {
        let Some(message) = query.matches.messages.get(m.commit) else { continue };
        let early = message.terms.iter().filter(|said| said.is_early);
        best_message = f64::max(best_message, early.map(|said| says[said.id as usize]).sum());
    }
    let best_file = files.iter().map(in_file).fold(0.0, f64::max);
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    Signals {
        in_trace,
        count,
        says: anywhere,
        files: files_in_all,
        known: share(known, all),
        file: share(best_file, said),
        paths: share(of(&survey.in_paths), said),
        message: share(best_message, said),
        lift: share(lifts, all),
        excess: share(squares, all).sqrt(),
        together: *together_before.get_or_init(|| together(query, telling)),
    }
}

/// Words that are looked for in pairs: those of a task that say the most. By hand: terse tasks have fewer.
const PAIRED: usize = 16;
/// Commits: what is added to how many have a pair, and how many would by chance. Not measured beside others.
const RARE_PAIR: f64 = 0.3;

/// [`Signals::together`] of words, each with what it says.
fn together(query: &Query<'_>, mut words: Vec<(f64, TermId)>) -> f64 {
    words.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    words.truncate(PAIRED);
    let places: FxHashMap<TermId, usize> =
        words.iter().enumerate().map(|(place, &(_, id))| (id, place)).collect();
    // By pair of places, each with itself too: the commits that have both.
    let mut found = vec![0_u32; words.len() * words.len()];
    let mut here: Vec<usize> = Vec::new();
    for message in query.matches.messages.iter() {
        here.clear();
        let early = message.terms.iter().filter(|said| said.is_early);
        here.extend(early.filter_map(|said| places.get(&said.id)));
        here.sort_unstable();
        for (at, a) in here.iter().enumerate() {
            here[at..].iter().for_each(|b| found[a * words.len() + b] += 1);
        }
    }
    let count = |a: usize, b: usize| f64::from(found[a * words.len() + b]);
    let all = query.matches.messages.len().max(1) as f64;
    let pairs = (0..words.len()).flat_map(|a| (a + 1..words.len()).map(move |b| (a, b)));
    let (sum, pairs) = pairs.fold((0.0, 0.0), |(sum, pairs), (a, b)| {
        let by_chance = count(a, a) * count(b, b) / all;
        (sum + ((count(a, b) + RARE_PAIR) / (by_chance + RARE_PAIR)).ln(), pairs + 1.0)
    });
    if pairs > 0.0 { sum / pairs } else { 0.0 }
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

/// The weight of a word that says what a task is about, not what kind of work it is. From the weights in `task.rs`.
const TELLING: f64 = 0.5;

fn is_number(term: &TaskTerm) -> bool {
    term.term.chars().all(char::is_numeric)
}

/// The fit below which the task may be about another repository. Its first terms were chosen by a logit on 407 tasks of 46
/// repositories that weights are learned from, each asked of its own repository, without the change, and of two others, and
/// their weights rounded; of each task's own repository, the table of words had nothing. [`Signals::together`] and this number were
/// chosen on 299 terse tasks of 42 of them, made likewise: it calls 69 % of the wrong ones weak and 10 % of the right ones,
/// where the fit without that term called 64 % and 12 %.
const WEAK: f64 = 1.6;
/// The fit from which it is sure, if also the best file holds this share: about half of those tasks in their own repositories,
/// and 6 % in others.
const STRONG: f64 = 3.1;
const STRONG_FILE: f64 = 0.6;

/// Files: in fewer, each word is in a large share of them. By hand.
const FEW_FILES: usize = 50;
/// The same bounds for so few files, of a fit without lifts. The first was measured on the same tasks.
const WEAK_IN_FEW: f64 = 1.5;
const STRONG_IN_FEW: f64 = 2.0;

/// The least that a task says which can be about one place: a rare word, or two ordinary ones. *Run the tests* says 2.5, *fix
/// the bug* 3.2, *session* alone 3.5. By hand.
const TELLS: f64 = 4.5;

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
            let fit = 2.0 * self.paths
                + 2.0 * self.message
                + self.lift / 2.0
                + self.excess
                + 2.0 * self.together;
            (fit, WEAK, STRONG)
        };
        if fit < weak && !few && !self.in_trace {
            Confidence::Weak
        } else if fit >= strong && self.file >= STRONG_FILE && (self.says >= TELLS || self.in_trace)
        {
            Confidence::Strong
        } else {
            Confidence::Mixed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{Corpus, FileKind, SourceFile};
    use crate::history::Commit;
    use crate::task::Task;
    use syntax::Language;

    /// Of words that all occur, in single files.
    const SAID: Signals = Signals {
        in_trace: false,
        count: 5,
        says: 18.0,
        files: 400,
        known: 1.0,
        file: 0.8,
        paths: 0.3,
        message: 0.5,
        lift: 0.5,
        excess: 2.0,
        together: 0.1,
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
    fn a_task_that_says_nothing_is_not_sure() {
        let corpus = Corpus {
            files: vec![SourceFile {
                path: "tests/run_test.py".into(),
                text:
                    "def test_run():\n    run(it, the, bug, fix, code, continue, session_cookies)\n"
                        .into(),
                hash: [0; 32],
                language: Language::Python,
                kind: FileKind::Source,
            }],
            history: History::default(),
        };
        let confidence = |task: &str| {
            let task = Task::new(task);
            let matches = crate::matching_commits(&corpus.history, &task);
            let query = Query::new(&task, matches, &corpus.history, &[]);
            let survey = crate::survey(&corpus, &query, &[], 8_000);
            let outline = syntax::outline(Language::Python, &corpus.files[0].text);
            let weights = crate::Weights::built_in();
            crate::rank(&corpus, &query, &survey, &[&outline], &[], &weights).confidence
        };
        for task in [
            "fix it",
            "run the tests",
            "please continue",
            "it does not work",
            "fix the bug",
            "go on",
        ] {
            assert_ne!(confidence(task), Confidence::Strong, "{task}");
        }
        assert_eq!(confidence("run with session cookies"), Confidence::Strong);
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
    fn words_that_stand_together_in_messages_belong_together() {
        let message = |at: usize| ["Sign session cookies", "Merge tokens"][at % 2];
        let commit = |at: usize| Commit {
            id: format!("{at:040}"),
            time: 0,
            message: message(at).to_owned(),
            paths: Vec::new(),
        };
        let history = History { commits: (0..60).map(commit).collect(), ..History::default() };
        let of = |task: &str| {
            let task = Task::new(task);
            let query = Query::new(&task, crate::matching_commits(&history, &task), &history, &[]);
            let own = task.terms.iter().filter(|term| !term.joined);
            let ids = own.filter_map(|term| query.vocabulary.get(&term.term));
            together(&query, ids.map(|id| (1.0, id)).collect())
        };
        assert!(of("session cookies") > 0.5);
        assert!(of("session tokens") < -2.0);
        assert_eq!(of("tokens"), 0.0, "no pair");
        assert_eq!(of("unheard words"), 0.0, "nothing is known of these");
    }

    #[test]
    fn a_word_that_is_common_here_and_nowhere_else_has_a_high_lift() {
        assert!(lift("pwnagotchi", 50.0, 100) > 5.0);
        assert!(lift("test", 50.0, 100).abs() < 1.0);
        assert!(lift("test", 0.0, 100) < -4.0);
        assert_eq!(lift("pwnagotchi", 0.0, 60), 0.0, "absent, but not for that common elsewhere");
    }
}
