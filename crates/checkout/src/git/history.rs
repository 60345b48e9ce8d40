//! The newest commits: their messages and the paths they changed.
//!
//! One `git log`, which is told not to do what a user's `git log` may be set up to do: check signatures
//! with a program, order paths by a file, follow one, map names.

use std::io::{self, BufRead};

use select::{Commit, History, HistoryStatus};

use crate::git::commit::{self, COMMIT_LIMIT};
use crate::git::objects::{self, Answer};
use crate::git::{Git, GitError};

/// Commits that are looked at.
const COMMITS: &str = "--max-count=2000";
/// Commits that touch more paths are mass changes: they tell nothing about a task.
const PATHS: usize = 30;
/// A message is kept up to this many bytes.
const MESSAGE_LIMIT: usize = 16 * 1024;
/// More of a field isn't kept: no path and no message is as long.
const FIELD_LIMIT: usize = 1 << 20;

/// A commit's own field: its id and its parents, its committer time, its message.
const FORMAT: &str = "--format=%H %P%n%ct%n%B";

pub(super) fn read(git: &Git) -> Result<History, GitError> {
    let Some(head) = &git.head else { return Ok(History::default()) };
    let listed = list(git, &head.id)?;
    let orphans: Vec<&str> = listed.iter().filter(|c| !c.parent).map(|c| c.id.as_str()).collect();
    let is_cut = any_has_a_parent(git, &orphans)?;
    let told = listed.into_iter().filter(Listed::tells_something);
    let commits = told.map(|Listed { id, time, message, paths, .. }| {
        let message = secrets::redact(&message).text.into_owned();
        Commit { id, time, message, paths }
    });
    Ok(History {
        commits: commits.collect(),
        head_time: head.time,
        status: if is_cut { HistoryStatus::Shallow } else { HistoryStatus::Full },
    })
}

/// A commit as `log` gives it.
#[derive(Debug, Default)]
struct Listed {
    id: String,
    /// Whether it has a parent in this clone.
    parent: bool,
    time: i64,
    message: String,
    /// How many paths it changed, inside the root or not.
    changes: usize,
    /// Those inside, relative to it.
    paths: Vec<String>,
}

impl Listed {
    /// Reads what [`FORMAT`] has git print.
    fn parse(field: &[u8]) -> Self {
        let mut lines = field.splitn(3, |&byte| byte == b'\n');
        let mut line = || String::from_utf8_lossy(lines.next().unwrap_or_default());
        let (commit, time) = (line().into_owned(), line().parse().unwrap_or(0));
        let (id, parents) = commit.split_once(' ').unwrap_or((&commit, ""));
        let message = lines.next().unwrap_or_default();
        let message = &message[..message.len().min(MESSAGE_LIMIT)];
        Self {
            id: id.to_owned(),
            parent: !parents.is_empty(),
            time,
            message: String::from_utf8_lossy(message).into_owned(),
            ..Self::default()
        }
    }

    fn tells_something(&self) -> bool {
        self.parent && self.changes <= PATHS && !self.paths.is_empty()
    }
}

fn list(git: &Git, head: &str) -> Result<Vec<Listed>, GitError> {
    let arguments = [
        // As settings, since an older git knows no options against what it doesn't do.
        "-c",
        "log.showRoot=false",
        "-c",
        "log.showSignature=false",
        "-c",
        "log.mailmap=false",
        "-c",
        "log.follow=false",
        "-c",
        "diff.relative=false",
        "log",
        "--raw",
        "-z",
        "-r",
        "--no-merges",
        COMMITS,
        FORMAT,
        "--encoding=UTF-8",
        "--no-notes",
        "--no-decorate",
        "--no-color",
        "--no-renames",
        "--no-ext-diff",
        "--no-textconv",
        "--ignore-submodules=none",
        "-O/dev/null",
        head,
        "--",
    ];
    git.runner.run(&arguments, &[], |out| {
        let mut listed: Vec<Listed> = Vec::new();
        each_raw_entry(out, |entry| match entry {
            RawEntry::Commit(field) => listed.push(Listed::parse(field)),
            RawEntry::Path(path) => {
                if let Some(commit) = listed.last_mut() {
                    commit.changes += 1;
                    if commit.changes <= PATHS {
                        commit.paths.extend(git.inside(path));
                    }
                }
            }
        })?;
        Ok(listed)
    })
}

/// Whether one of the commits was made on top of another, which then isn't in this clone.
fn any_has_a_parent(git: &Git, ids: &[&str]) -> Result<bool, GitError> {
    if ids.is_empty() {
        return Ok(false);
    }
    git.runner.run(&["cat-file", "--batch"], ids, |out| {
        let mut any = false;
        while let Some(answer) = objects::next(out, COMMIT_LIMIT)? {
            if let Answer::Object(object) = answer {
                any |= object.content.is_some_and(|content| commit::parse(&content).has_parent);
            }
        }
        Ok(any)
    })
}

/// One piece of what `--raw -z` has git print.
pub(super) enum RawEntry<'a> {
    /// What stands for the commit that the paths after it belong to.
    Commit(&'a [u8]),
    /// A path that changed, from the top of the repository.
    Path(&'a [u8]),
}

/// Reads what git prints with `--raw -z` to the end. Submodules are passed over.
pub(super) fn each_raw_entry(
    out: &mut impl BufRead,
    mut entry: impl FnMut(RawEntry<'_>),
) -> io::Result<()> {
    let mut field = Vec::new();
    while read_field(out, &mut field)? {
        // `log` sets the first entry off from the message.
        let Some(modes) = field.strip_prefix(b"\n").unwrap_or(&field).strip_prefix(b":") else {
            entry(RawEntry::Commit(&field));
            continue;
        };
        // `:old-mode new-mode …`; 160000 is a submodule.
        let is_submodule = modes.starts_with(b"160000") || modes.starts_with(b"000000 160000");
        read_field(out, &mut field)?;
        if !is_submodule {
            entry(RawEntry::Path(&field));
        }
    }
    Ok(())
}

/// Reads up to the next NUL, which is left out; false at the end. Of a field that is too long, the
/// beginning is kept.
pub(super) fn read_field(out: &mut impl BufRead, field: &mut Vec<u8>) -> io::Result<bool> {
    field.clear();
    let mut any = false;
    loop {
        let buffer = out.fill_buf()?;
        if buffer.is_empty() {
            return Ok(any);
        }
        any = true;
        let end = memchr::memchr(0, buffer);
        let piece = &buffer[..end.unwrap_or(buffer.len())];
        field.extend_from_slice(&piece[..piece.len().min(FIELD_LIMIT - field.len())]);
        let read = piece.len() + usize::from(end.is_some());
        out.consume(read);
        if end.is_some() {
            return Ok(true);
        }
    }
}
