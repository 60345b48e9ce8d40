//! Replays commits of a repository, and measures how much of each change a pack would have shown.
//!
//! The task is a commit's message, the tree and the history are its parent's, the expected result is the
//! lines that it changed. Two baselines fill the same budget with whole files. With this, users can
//! measure on their own code what selection is worth, and the weights are learned from it.

mod baseline;
mod cases;
mod fit;
mod measure;
mod terse;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use checkout::{Git, GitError, ReadOptions};
use pack::Format;
use select::{Corpus, Family, Feature, FileKind, History, SourceFile, Task, Weights, weigh};
use syntax::Outline;
use tokens::Encoding;

pub(crate) use cases::{Case, Form, given};
pub(crate) use fit::{Training, write_weights};
pub(crate) use measure::{Recall, mean};

use crate::disk_cache;
use crate::pipeline::{self, Ahead, Question, RunCache};
use crate::terminal::Quiet;
use measure::{Gold, Shown, recall};

/// The parameters of an evaluation.
#[derive(Debug, Clone)]
pub(crate) struct EvalRequest {
    /// The maximum number of commits.
    pub(crate) commits: usize,
    /// The budgets in tokens, each measured on every commit.
    pub(crate) budgets: Vec<usize>,
    /// The form of the commits' messages.
    pub(crate) form: Form,
    /// The weights of the ranking.
    pub(crate) weights: Weights,
    /// Whether to measure with each family of evidence, and each feature, switched off in turn.
    pub(crate) ablation: bool,
    /// Cases to replay instead of the repository's last commits.
    pub(crate) given: Option<Vec<Case>>,
}

/// The recall of each method of filling a budget, by its name and the budget: an entry for each task, with
/// the language of the changed files.
pub(crate) type Results = BTreeMap<(String, usize), Vec<(&'static str, Recall)>>;

/// The result of a replay.
#[derive(Debug, Default)]
pub(crate) struct Replayed {
    /// The number of commits that were replayed.
    pub(crate) cases: usize,
    /// The recall of each method.
    pub(crate) results: Results,
    /// The cases for learning: chunks, and which of them are relevant.
    pub(crate) training: Training,
}

impl Replayed {
    /// Adds the result of another replay.
    pub(crate) fn extend(&mut self, other: Self) {
        self.cases += other.cases;
        for (method, recalls) in other.results {
            self.results.entry(method).or_default().extend(recalls);
        }
        self.training.extend(other.training);
    }
}

/// Replays the latest commits of the repository at `root`; `progress` is called after each one with the
/// number of commits done and of all.
///
/// # Errors
/// When there is no repository, or git fails.
pub(crate) fn replay(
    root: &Path,
    request: &EvalRequest,
    progress: &dyn Fn(usize, usize),
) -> Result<Replayed, GitError> {
    let git = Git::open(root)?;
    let (history, cases) = match &request.given {
        Some(given) => (History::default(), here(&git, given)),
        None => {
            let history = git.history()?;
            let cases = cases::cases(&git, &history, request.commits, request.form)?;
            (history, cases)
        }
    };
    let memory = OutlineMemory::default();
    let mut replayed = Replayed::default();
    for (at, case) in cases.iter().enumerate() {
        // A partial clone lacks some trees: such a commit is skipped.
        if let Ok((parent, corpus)) = before(&git, &history, case) {
            replay_case(case, &corpus, &parent, request, &memory, &mut replayed);
        }
        progress(at + 1, cases.len());
    }
    Ok(replayed)
}

/// The given cases whose parent commit this repository contains.
fn here(git: &Git, given: &[Case]) -> Vec<Case> {
    let has = |case: &&Case| git.at(&case.parent).is_ok_and(|parent| parent.head().is_some());
    given.iter().filter(has).cloned().collect()
}

/// The repository as it was before a case's commit. The history of one of HEAD's commits is approximated
/// by the commits after it in HEAD's list. These are older, but a few may be of another branch.
fn before(git: &Git, history: &History, case: &Case) -> Result<(Git, Corpus), GitError> {
    let parent = git.at(&case.parent)?;
    let head = parent.head().cloned().ok_or(GitError::NotARepository)?;
    let files = parent.tree_at(&head.id, &ReadOptions::default())?.files;
    let history = match case.older {
        Some(from) => History {
            commits: history.commits[from..].to_vec(),
            head_time: head.time,
            status: history.status.clone(),
        },
        None => parent.history()?,
    };
    Ok((parent, Corpus { files, history }))
}

/// The name of the pack's own results.
pub(crate) const PACK: &str = "contextos";

fn replay_case(
    case: &Case,
    corpus: &Corpus,
    parent: &Git,
    request: &EvalRequest,
    memory: &OutlineMemory,
    replayed: &mut Replayed,
) {
    // Of a repository's own commits, only changes of source files count; a file of cases decides itself.
    let counts = |file: &SourceFile| case.older.is_none() || file.kind == FileKind::Source;
    let file = |path: &str| corpus.files.iter().find(|file| file.path == path);
    let gold: Gold = case
        .gold
        .iter()
        .filter(|(path, _)| file(path).is_some_and(counts))
        .map(|(path, lines)| (path.clone(), lines.clone()))
        .collect();
    let Some(language) = gold.keys().next().and_then(|path| file(path)).map(|f| f.language.name())
    else {
        return;
    };
    replayed.cases += 1;
    for text in &case.tasks {
        let task = Task::new(text);
        // Learning has no budgets: the weights are to suit all of them, so all candidates are parsed.
        let budget = request.budgets.iter().copied().max().unwrap_or(usize::MAX);
        let git = Some(parent);
        let question = Question {
            corpus,
            git,
            ahead: &Ahead::default(),
            task: &task,
            focus: &[],
            budget,
            cache: memory,
        };
        replay_task(&question, &gold, language, request, replayed);
    }
}

fn replay_task(
    question: &Question<'_>,
    gold: &Gold,
    language: &'static str,
    request: &EvalRequest,
    replayed: &mut Replayed,
) {
    let (corpus, task) = (question.corpus, question.task.text());
    let (mut ranking, survey) = pipeline::rank(question, &request.weights, &Quiet);
    replayed.training.add(corpus, &ranking, gold);
    let mut put = |name: &str, budget: usize, shown: &Shown| {
        let found = recall(gold, shown);
        replayed.results.entry((name.to_owned(), budget)).or_default().push((language, found));
    };
    for &budget in &request.budgets {
        put(PACK, budget, &packed(corpus, &ranking, &request.weights, task, budget));
        put("whole files by BM25", budget, &baseline::by_words(corpus, &survey, budget));
        put("whole files by path", budget, &baseline::by_path(corpus, &survey, budget));
    }
    if request.ablation {
        for (name, off) in ablations() {
            let weights = request.weights.clone().without(&off);
            weigh(&mut ranking.chunks, &weights);
            for &budget in &request.budgets {
                let shown = packed(corpus, &ranking, &weights, task, budget);
                put(&format!("without {name}"), budget, &shown);
            }
        }
    }
}

/// The features that are switched off in turn: each family, and each feature of a family with several.
fn ablations() -> Vec<(String, Vec<Feature>)> {
    let families =
        Family::ALL.iter().map(|family| (format!("all of {}", family.name()), family.features()));
    let alone = |feature: &Feature| feature.family().features().len() == 1;
    let features = Feature::ALL.iter().filter(|feature| !alone(feature));
    families.chain(features.map(|&f| (f.name().to_owned(), vec![f]))).collect()
}

/// The content of a pack of `budget` tokens.
fn packed(
    corpus: &Corpus,
    ranking: &select::Ranking,
    weights: &Weights,
    task: &str,
    budget: usize,
) -> Shown {
    let input = pack::Input {
        corpus,
        ranking,
        weights,
        task,
        commit: None,
        dirty: &|_| false,
        redacted: &[],
        redacted_in_all: 0,
        changed: &[],
        notes: &[],
        timestamp: None,
        line_numbers: false,
        format: Format::Markdown,
        encoding: Encoding::default(),
        budget,
    };
    let Ok(pack) = pack::build(&input) else { return Shown::default() };
    let path = |file: usize| corpus.files[file].path.clone();
    Shown {
        lines: pack.shown.into_iter().map(|file| (path(file.file), file.lines)).collect(),
        named: pack.mapped.into_iter().map(path).collect(),
    }
}

/// Outlines in memory, by the hash of the file's text: commits share most of their files.
#[derive(Default)]
struct OutlineMemory {
    known: Mutex<HashMap<[u8; 32], Arc<Outline>>>,
}

impl RunCache for OutlineMemory {
    fn get(&self, file: &SourceFile) -> Option<Arc<Outline>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&disk_cache::key(file)).cloned()
    }

    fn keep(&self, all: &[(&SourceFile, Arc<Outline>)]) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for (file, outline) in all {
            known.entry(disk_cache::key(file)).or_insert_with(|| Arc::clone(outline));
        }
    }
}
