//! Cases of an evaluation: commits, each a task (its message) with the relevant spans (what it changed).
//! They come from a repository's own history or from a file.

use std::collections::BTreeMap;

use checkout::{Git, GitError};
use select::{Commit, FileKind, History, Patch};
use serde::Deserialize;
use syntax::LineRange;

use super::measure::Gold;
use super::terse::terse;

/// A case as a line of a file of cases.
#[derive(Debug, Clone, Deserialize)]
struct GivenCase {
    /// The full id of the commit on which the change was made.
    parent_sha: String,
    /// The task.
    task: String,
    /// The changed lines: path, first and last line in the parent's tree.
    gold_spans: Vec<(String, u32, u32)>,
}

/// The cases of a file of JSON lines, each with `parent_sha`, `task` and `gold_spans`.
///
/// # Errors
/// When a line is malformed; the text names it.
pub(crate) fn given(text: &str, form: Form) -> Result<Vec<Case>, String> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let cases = lines.map(|(number, line)| {
        let case: GivenCase =
            serde_json::from_str(line).map_err(|error| format!("line {number}: {error}"))?;
        let mut gold = Gold::new();
        for (path, start, end) in case.gold_spans {
            gold.entry(path).or_default().push(LineRange { start, end: end.max(start) });
        }
        Ok(Case { parent: case.parent_sha, older: None, tasks: tasks(&case.task, form), gold })
    });
    cases.collect()
}

/// The most files of a case: commits that change more are about several things. By hand.
const MAX_FILES: usize = 8;
/// The most lines that a case removes or changes: more is a rewrite. By hand.
const MAX_LINES: usize = 400;
/// The fewest words of a message that can be a task. By hand.
const MIN_WORDS: usize = 3;

/// Beginnings of messages that no one would give as a task.
const NO_TASK: &[&str] = &[
    "merge",
    "revert",
    "bump",
    "release",
    "prepare",
    "version",
    "chore(deps",
    "build(deps",
    "update changelog",
    "changelog",
    "v0",
    "v1",
    "v2",
    "v3",
    "v4",
    "v5",
    "v6",
    "v7",
    "v8",
    "v9",
    "0.",
    "1.",
    "2.",
    "3.",
    "4.",
    "5.",
];

/// The form in which a commit's message is used as a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The whole message.
    Whole,
    /// The message shortened by [`terse`].
    Terse,
    /// Both, as two tasks: for learning.
    Both,
}

/// One commit to replay.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// The parent commit, as a revision for git.
    pub(crate) parent: String,
    /// The index in HEAD's history of the commits before it; `None` if the parent's own history is read.
    pub(crate) older: Option<usize>,
    /// The task, in each requested form.
    pub(crate) tasks: Vec<String>,
    /// The lines of source files that it changed, numbered as in its parent.
    pub(crate) gold: Gold,
}

/// The newest `most` commits of `history` that can be a case, newest first. With [`Form::Terse`], those
/// without a terse form are skipped.
pub(crate) fn cases(
    git: &Git,
    history: &History,
    most: usize,
    form: Form,
) -> Result<Vec<Case>, GitError> {
    let mut out = Vec::new();
    // Patches are read in batches, because most commits can't be a case.
    let numbered: Vec<(usize, &Commit)> = history.commits.iter().enumerate().collect();
    for batch in numbered.chunks(100) {
        let wanted: Vec<_> = batch.iter().filter(|(_, commit)| says_something(commit)).collect();
        let ids: Vec<&str> = wanted.iter().map(|(_, commit)| commit.id.as_str()).collect();
        let patches = git.patches(&ids)?;
        let by_commit: BTreeMap<&str, &Patch> =
            patches.iter().map(|patch| (patch.commit.as_str(), patch)).collect();
        for &&(at, commit) in &wanted {
            let tasks = tasks(&commit.message, form);
            let gold = by_commit.get(commit.id.as_str()).and_then(|patch| gold(patch));
            if let Some(gold) = gold.filter(|_| !tasks.is_empty()) {
                let parent = format!("{}^", commit.id);
                out.push(Case { parent, older: Some(at + 1), tasks, gold });
                if out.len() == most {
                    return Ok(out);
                }
            }
        }
    }
    Ok(out)
}

fn tasks(message: &str, form: Form) -> Vec<String> {
    let whole = (form != Form::Terse).then(|| message.to_owned());
    let short = (form != Form::Whole).then(|| terse(message)).flatten();
    whole.into_iter().chain(short).collect()
}

fn says_something(commit: &Commit) -> bool {
    let subject = commit.message.lines().next().unwrap_or_default().trim().to_lowercase();
    subject.split_whitespace().count() >= MIN_WORDS
        && !NO_TASK.iter().any(|beginning| subject.starts_with(beginning))
}

/// The lines of source files that a patch changes; `None` if it is too large, or changes no source file
/// that existed before.
fn gold(patch: &Patch) -> Option<Gold> {
    let mut gold = Gold::new();
    let mut lines = 0;
    for hunk in &patch.hunks {
        if checkout::kind_of(&hunk.path) != FileKind::Source || hunk.old_start == 0 {
            continue;
        }
        lines += hunk.removed.len();
        let end = hunk.old_start + (hunk.removed.len() as u32).saturating_sub(1);
        gold.entry(hunk.path.clone()).or_default().push(LineRange { start: hunk.old_start, end });
    }
    (!gold.is_empty() && gold.len() <= MAX_FILES && lines <= MAX_LINES).then_some(gold)
}
