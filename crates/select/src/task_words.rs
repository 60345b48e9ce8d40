//! Words of code that go with words of tasks, in programs of all kinds.
//!
//! A task is written in the words of people, the code in others: who says "retry" changes what says `backoff`, `attempt`
//! and `delay`. The patches of commits that resemble the task tell that of one repository; this table tells it of any. It
//! is data (`data/task-words.tsv`), made by [`TaskWords`] from the commits of the repositories that the weights were
//! learned from.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::rank::share;
use crate::task::{READINGS, Task, TaskTerm};
use crate::terms::{Splitter, words};

/// By term of tasks: the terms of code that go with it, with their lifts, as a line of the table has them.
static TABLE: LazyLock<FxHashMap<&'static str, &'static str>> = LazyLock::new(|| {
    include_str!("../data/task-words.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .collect()
});

/// The unit of the table: tenths.
const PARTS: f64 = 10.0;
/// Terms of code that one task is looked for by, before it is known how rare they are. By hand.
const CANDIDATES: usize = 100;

/// The terms of code that go with a task's, the strongest first, each with its strength: the sum of the lifts, by the
/// weights of the task's terms.
pub(crate) fn associated(task: &Task) -> Vec<(&'static str, f64)> {
    let mut strengths: FxHashMap<&str, f64> = FxHashMap::default();
    for said in task.terms.iter().filter(|term| !term.joined) {
        let weight = weight(said, task.readings.len());
        for (term, lift) in in_code(&said.term) {
            *strengths.entry(term).or_default() += weight * lift;
        }
    }
    let mut terms: Vec<(&str, f64)> = strengths.into_iter().filter(|term| term.1 > 0.0).collect();
    terms.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    terms.truncate(CANDIDATES);
    terms
}

/// The weight of a term over the readings of the task, by their shares.
fn weight(term: &TaskTerm, readings: usize) -> f64 {
    let readings = readings.clamp(1, READINGS);
    (0..readings).map(|reading| share(reading, readings) * term.weights[reading]).sum()
}

/// The terms of code that go with a term of tasks, each with the square of its lift: the logarithm of how much more often a change has
/// it if its message has the other.
fn in_code(term: &str) -> impl Iterator<Item = (&'static str, f64)> {
    let pairs = TABLE.get(term).copied().unwrap_or_default().split(' ');
    pairs.filter_map(|pair| {
        let (term, lift) = pair.split_once(':')?;
        let lift: f64 = lift.parse().ok()?;
        Some((term, (lift / PARTS).powi(2)))
    })
}

/// Counts which terms the changed code of commits has beside the terms of their messages: what the table is made from.
#[derive(Debug, Default)]
pub struct TaskWords {
    numbers: FxHashMap<String, u32>,
    /// By repository, by commit.
    repositories: Vec<Vec<Changed>>,
}

/// The terms of a commit, by number.
#[derive(Debug)]
struct Changed {
    message: Vec<u32>,
    code: Vec<u32>,
}

/// Terms of a message that count: a longer one is a change log. By hand.
const MESSAGE_TERMS: usize = 60;
/// The fewest commits of a repository that tell something, and those of the most that one may count for. By hand.
const MIN_COMMITS: usize = 30;
const MAX_COMMITS: f64 = 500.0;
/// Repositories: in how many a term must be of messages, and of code, each time in two commits or more, and in how many both
/// must have come together. By hand.
const REPOSITORIES_OF_SAID: usize = 6;
const REPOSITORIES_OF_CODE: usize = 5;
const REPOSITORIES_OF_BOTH: usize = 3;
/// Characters: longer terms are of one program. By hand.
const MAX_TERM: usize = 20;
/// Terms of a change at which it counts for 0.7 of a short one: the longer it is, the less each of its terms says. By hand.
const LONG_CHANGE: f64 = 100.0;
/// Added to both counts of a lift, so that rare pairs have none. By hand, compared with 2 and 8.
const UNSEEN: f64 = 4.0;
/// The least lift that the table has, and the most terms of code for each of tasks. By hand, compared with others.
const MIN_LIFT: f64 = 0.3;
const MAX_PAIRS: usize = 15;

impl TaskWords {
    /// Adds a repository, given as the messages of its commits, each with the code before the change and around it.
    pub fn add<'t>(&mut self, commits: impl IntoIterator<Item = (&'t str, &'t str)>) {
        let splitter = Splitter::new();
        let mut known: FxHashMap<&str, Vec<u32>> = FxHashMap::default();
        let mut repository = Vec::new();
        for (message, code) in commits {
            let task = Task::new(message);
            let said = task.terms.iter().filter(|term| !term.joined && term.weights[0] > 0.0);
            let said: Vec<u32> =
                said.take(MESSAGE_TERMS).map(|term| self.number(term.term.clone())).collect();
            let mut changed: FxHashSet<u32> = FxHashSet::default();
            for (_, word) in words(code) {
                let terms = known.entry(word).or_insert_with(|| {
                    splitter.split(word).0.into_iter().map(|term| self.number(term)).collect()
                });
                changed.extend(terms.iter());
            }
            let mut changed: Vec<u32> = changed.into_iter().collect();
            changed.sort_unstable();
            repository.push(Changed { message: said, code: changed });
        }
        if repository.len() >= MIN_COMMITS {
            self.repositories.push(repository);
        }
    }

    fn number(&mut self, term: String) -> u32 {
        let next = self.numbers.len() as u32;
        *self.numbers.entry(term).or_insert(next)
    }

    /// The lines of the table, in order: a term of tasks, a tab, and up to 15 terms of code, the one with the greatest
    /// lift first, each with a colon and its lift in tenths.
    pub fn lines(&self) -> Vec<String> {
        let mut names = vec![""; self.numbers.len()];
        for (term, &number) in &self.numbers {
            names[number as usize] = term;
        }
        let said = Columns::of(self, &names, REPOSITORIES_OF_SAID, |changed| &changed.message);
        let code = Columns::of(self, &names, REPOSITORIES_OF_CODE, |changed| &changed.code);
        let lifts = self.lifts(&said, &code);
        let mut lines: BTreeMap<&str, String> = BTreeMap::new();
        for (&term, lifts) in said.terms.iter().zip(lifts) {
            let mut pairs: Vec<(f64, &str)> = lifts
                .into_iter()
                .zip(&code.terms)
                .filter(|(lift, _)| *lift >= MIN_LIFT)
                .map(|(lift, &term)| (lift, names[term as usize]))
                .collect();
            pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
            pairs.truncate(MAX_PAIRS);
            if !pairs.is_empty() {
                let pairs: Vec<String> = pairs
                    .iter()
                    .map(|(lift, term)| format!("{term}:{:.0}", lift * PARTS))
                    .collect();
                lines.insert(names[term as usize], pairs.join(" "));
            }
        }
        lines.into_iter().map(|(term, pairs)| format!("{term}\t{pairs}")).collect()
    }

    /// By term of messages, by term of code: the lift; zero where too few repositories have both.
    fn lifts(&self, said: &Columns, code: &Columns) -> Vec<Vec<f64>> {
        let zeros = || vec![vec![0.0; code.terms.len()]; said.terms.len()];
        let (mut seen, mut expected) = (zeros(), zeros());
        let mut repositories = vec![vec![0_usize; code.terms.len()]; said.terms.len()];
        for commits in &self.repositories {
            let factor = (MAX_COMMITS / commits.len() as f64).min(1.0);
            let all: f64 = commits.iter().map(|commit| commit.code.len() as f64).sum();
            let mut of_code = vec![0.0; code.terms.len()];
            let mut of_said = vec![0.0; said.terms.len()];
            let mut both: BTreeMap<(usize, usize), f64> = BTreeMap::new();
            for commit in commits {
                let length = commit.code.len() as f64;
                let weight = factor / (1.0 + length / LONG_CHANGE).sqrt();
                let changed: Vec<usize> = code.places(&commit.code).collect();
                changed.iter().for_each(|&at| of_code[at] += 1.0 / all);
                for at in said.places(&commit.message) {
                    of_said[at] += weight * length;
                    for &term in &changed {
                        *both.entry((at, term)).or_default() += weight;
                    }
                }
            }
            for ((at, term), count) in both {
                seen[at][term] += count;
                repositories[at][term] += 1;
            }
            for (expected, of_said) in expected.iter_mut().zip(&of_said) {
                for (expected, of_code) in expected.iter_mut().zip(&of_code) {
                    *expected += of_said * of_code;
                }
            }
        }
        for ((seen, expected), repositories) in seen.iter_mut().zip(expected).zip(repositories) {
            for ((lift, expected), count) in seen.iter_mut().zip(expected).zip(repositories) {
                let is_known = count >= REPOSITORIES_OF_BOTH;
                *lift = if is_known { ((*lift + UNSEEN) / (expected + UNSEEN)).ln() } else { 0.0 };
            }
        }
        seen
    }
}

/// The terms that enough repositories have, in the order of their numbers.
struct Columns {
    terms: Vec<u32>,
    places: FxHashMap<u32, usize>,
}

impl Columns {
    fn of(
        counted: &TaskWords,
        names: &[&str],
        least: usize,
        of: fn(&Changed) -> &Vec<u32>,
    ) -> Self {
        let mut repositories: FxHashMap<u32, usize> = FxHashMap::default();
        for commits in &counted.repositories {
            let mut counts: FxHashMap<u32, usize> = FxHashMap::default();
            for &term in commits.iter().flat_map(of) {
                *counts.entry(term).or_default() += 1;
            }
            for (term, _) in counts.into_iter().filter(|&(_, count)| count >= 2) {
                *repositories.entry(term).or_default() += 1;
            }
        }
        let is_plain = |term: u32| {
            let name = names[term as usize];
            name.is_ascii() && name.len() <= MAX_TERM && name.contains(|c: char| !c.is_numeric())
        };
        let enough =
            repositories.into_iter().filter(|&(term, count)| count >= least && is_plain(term));
        let mut terms: Vec<u32> = enough.map(|(term, _)| term).collect();
        terms.sort_unstable();
        let places = terms.iter().enumerate().map(|(at, &term)| (term, at)).collect();
        Self { terms, places }
    }

    /// The places of those of `terms` that have one.
    fn places<'a>(&'a self, terms: &'a [u32]) -> impl Iterator<Item = usize> + 'a {
        terms.iter().filter_map(|term| self.places.get(term).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        assert!(TABLE.len() > 1_000);
        let terms: Vec<&str> = in_code("retri").map(|(term, _)| term).collect();
        assert!(terms.contains(&"retri") && terms.contains(&"backoff"), "{terms:?}");
        assert_eq!(in_code("pwnagotchi").count(), 0);
    }

    #[test]
    fn a_task_has_the_words_of_code_of_all_its_words() {
        let task = Task::new("retries of redirects");
        let terms = associated(&task);
        assert!(terms.iter().any(|(term, strength)| *term == "backoff" && *strength > 0.5));
        assert!(terms.iter().any(|(term, _)| *term == "locat"));
        assert!(terms.windows(2).all(|pair| pair[0].1 >= pair[1].1));
        assert!(associated(&Task::new("pwnagotchi")).is_empty());
    }

    #[test]
    fn what_changes_together_in_three_repositories_is_in_the_table() {
        let mut counted = TaskWords::default();
        for repository in 0..6 {
            let commit = |at: usize| match at % 3 {
                0 => ("Retry later", "self.backoff(delay)"),
                1 => ("Faster parser", "fn tokens(input)"),
                _ => ("Other colours", "let red = theme(input)"),
            };
            counted.add((0..30 + repository).map(commit));
        }
        let lines = counted.lines();
        let retry = lines.iter().find(|line| line.starts_with("retri\t")).unwrap();
        assert!(retry.contains("backoff:") && !retry.contains("token:"), "{lines:?}");
        let few = (0..4).fold(TaskWords::default(), |mut counted, _| {
            counted.add([("Retry later", "self.backoff(delay)"); 40]);
            counted
        });
        assert!(few.lines().is_empty(), "in too few repositories");
    }
}
