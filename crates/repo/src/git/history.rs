//! The newest commits: their messages and the paths they changed.

use std::collections::HashMap;
use std::io::{self, BufRead};

use select::{Commit, History, HistoryStatus};

use crate::git::commit::{self, COMMIT_LIMIT, RawCommit};
use crate::git::objects::{self, Answer};
use crate::git::{Git, GitError};

/// Commits that are looked at.
const COMMITS: &str = "--max-count=2000";
/// Commits that touch more paths are mass changes: they tell nothing about a task.
const PATHS: usize = 30;

pub(super) fn read(git: &Git) -> Result<History, GitError> {
    let Some(head) = &git.head else { return Ok(History::default()) };
    let listed = list(git, &head.id)?;
    let ids: Vec<&str> = listed.iter().map(|listed| listed.id.as_str()).collect();
    let on_parents: Vec<&str> =
        listed.iter().filter(|listed| listed.parent).map(|listed| listed.id.as_str()).collect();
    let (paths, raw) = rayon::join(|| changed_paths(git, &on_parents), || raw_commits(git, &ids));
    let (mut paths, mut raw) = (paths?, raw?);

    // The clone lacks the parent of a commit that has one.
    let is_cut =
        |listed: &Listed| !listed.parent && raw.get(&listed.id).is_some_and(|c| c.has_parent);
    let cut = listed.iter().any(is_cut);
    let commits = listed.into_iter().filter_map(|Listed { id, .. }| {
        let paths = paths.remove(&id)?;
        let RawCommit { time, message, .. } = raw.remove(&id)?;
        let message = secrets::redact(&message).text.into_owned();
        Some(Commit { id, time, message, paths })
    });
    Ok(History {
        commits: commits.collect(),
        head_time: head.time,
        status: if cut { HistoryStatus::Shallow } else { HistoryStatus::Full },
    })
}

/// A commit as `rev-list` gives it.
struct Listed {
    id: String,
    /// Whether it has a parent in this clone.
    parent: bool,
}

fn list(git: &Git, head: &str) -> Result<Vec<Listed>, GitError> {
    git.runner.run(&["rev-list", "--no-merges", "--parents", COMMITS, head, "--"], &[], |out| {
        out.lines()
            .map(|line| {
                let line = line?;
                let (id, parent) = line.split_once(' ').unwrap_or((&line, ""));
                Ok(Listed { id: id.to_owned(), parent: !parent.is_empty() })
            })
            .collect()
    })
}

/// The commits' times and messages, by id.
fn raw_commits(git: &Git, ids: &[&str]) -> Result<HashMap<String, RawCommit>, GitError> {
    git.runner.run(&["cat-file", "--batch"], ids, |out| {
        let mut commits = HashMap::with_capacity(ids.len());
        while let Some(answer) = objects::next(out, COMMIT_LIMIT)? {
            if let Answer::Object(object) = answer
                && let Some(content) = object.content
            {
                commits.insert(object.id, commit::parse(&content));
            }
        }
        Ok(commits)
    })
}

/// The paths that each commit changed, by id, relative to the root. Commits that changed too many, or
/// nothing below the root, are left out.
fn changed_paths(git: &Git, ids: &[&str]) -> Result<HashMap<String, Vec<String>>, GitError> {
    let arguments = ["diff-tree", "--stdin", "-r", "-z", "--raw", "--no-renames", "--no-ext-diff"];
    git.runner.run(&arguments, ids, |out| {
        let mut by_commit: HashMap<String, Vec<String>> = HashMap::new();
        let mut current: Option<(String, usize, Vec<String>)> = None;
        let mut finish = |commit: Option<(String, usize, Vec<String>)>| {
            if let Some((id, count, paths)) = commit
                && count <= PATHS
                && !paths.is_empty()
            {
                by_commit.insert(id, paths);
            }
        };
        each_raw_entry(out, |entry| match entry {
            RawEntry::Commit(id) => finish(current.replace((id, 0, Vec::new()))),
            RawEntry::Path(path) => {
                if let Some((_, count, paths)) = &mut current {
                    *count += 1;
                    if *count <= PATHS {
                        paths.extend(git.inside(&path));
                    }
                }
            }
        })?;
        finish(current);
        Ok(by_commit)
    })
}

/// One piece of what `diff-tree --raw -z` prints.
pub(super) enum RawEntry {
    /// The commit that the paths after it belong to.
    Commit(String),
    /// A path that changed, from the top of the repository.
    Path(Vec<u8>),
}

/// Reads what `diff-tree --raw -z` prints to the end. Submodules are passed over.
pub(super) fn each_raw_entry(
    out: &mut impl BufRead,
    mut entry: impl FnMut(RawEntry),
) -> io::Result<()> {
    let mut field = Vec::new();
    while read_field(out, &mut field)? {
        if field.first() == Some(&b':') {
            // `:old-mode new-mode …`; 160000 is a submodule.
            let is_submodule =
                field.starts_with(b":160000") || field[1..].starts_with(b"000000 160000");
            read_field(out, &mut field)?;
            if !is_submodule {
                entry(RawEntry::Path(field.clone()));
            }
        } else {
            entry(RawEntry::Commit(String::from_utf8_lossy(&field).into_owned()));
        }
    }
    Ok(())
}

/// Reads up to the next NUL, which is left out; false at the end.
pub(super) fn read_field(out: &mut impl BufRead, field: &mut Vec<u8>) -> io::Result<bool> {
    field.clear();
    out.read_until(0, field)?;
    let any = !field.is_empty();
    field.pop_if(|last| *last == 0);
    Ok(any)
}
