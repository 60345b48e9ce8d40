//! The newest commits: their messages and the paths they changed.
//!
//! Runs one `git log`, with all settings switched off that could change its output or run a program: checking
//! signatures, ordering paths by a file, following renames, mapping names.

use std::collections::HashMap;
use std::io::{self, BufRead};

use select::{Commit, History, HistoryStatus};

use crate::credential_paths;
use crate::git::commit::{self, COMMIT_LIMIT};
use crate::git::kept_history::{About, KeptCommit, KeptHistory, Told};
use crate::git::objects::{self, Lookup};
use crate::git::{Git, GitError, Head};

/// The number of commits. By hand: further ones are hardly ever similar to a task.
const COMMITS: &str = "--max-count=2000";
/// Commits that change more paths are mass changes, which say nothing about a task. By hand.
const PATHS: usize = 30;
/// The length in bytes to which messages are truncated. By hand.
const MESSAGE_LIMIT: usize = 16 * 1024;
/// The length in bytes to which fields are truncated. By hand: no path and no message is as long.
const FIELD_LIMIT: usize = 1 << 20;

/// The format of a commit: its id and its parents, its committer time, its message.
const FORMAT: &str = "--format=%H %P%n%ct%n%B";

pub(super) fn read(git: &Git) -> Result<History, GitError> {
    let Some(head) = &git.head else { return Ok(History::default()) };
    let commits = redacted(list(git, &head.id)?);
    let is_cut = is_cut(git, &commits)?;
    Ok(history(head, commits, is_cut))
}

/// As [`read`], by what was kept the last time: the history of the same HEAD is taken from there, and of another one
/// only the commits that are new are read.
pub(super) fn read_by_cache(git: &Git) -> Result<History, GitError> {
    let Some(head) = &git.head else { return Ok(History::default()) };
    let shallow = git.runner.shallow();
    let is_valid =
        |known: &&KeptHistory| known.about.prefix == git.prefix && known.about.shallow == shallow;
    let opened;
    let known = match git.kept.as_deref() {
        Some(kept) => Some(kept),
        None => {
            opened = KeptHistory::open(&git.root);
            opened.as_ref()
        }
    };
    let known = known.filter(is_valid).and_then(|known| Some((&known.about, known.commits()?)));
    let commits = match known {
        Some((about, commits)) if about.head == head.id => {
            return Ok(history(head, commits, about.is_cut));
        }
        Some((_, commits)) => extended(git, &head.id, commits)?,
        None => redacted(list(git, &head.id)?),
    };
    let is_cut = is_cut(git, &commits)?;
    let about = About {
        prefix: git.prefix.clone(),
        shallow,
        head: head.id.clone(),
        head_time: head.time,
        is_cut,
        told: commits.iter().filter(|commit| commit.told.is_some()).count(),
    };
    if let Some(kept) = KeptHistory::new(about, &commits) {
        kept.keep(&git.root);
    }
    Ok(history(head, commits, is_cut))
}

fn history(head: &Head, commits: Vec<KeptCommit>, is_cut: bool) -> History {
    let commits = commits.into_iter().filter_map(|KeptCommit { id, told, .. }| {
        let Told { time, message, paths } = told?;
        Some(Commit { id, time, message, paths })
    });
    History {
        commits: commits.collect(),
        head_time: head.time,
        status: if is_cut { HistoryStatus::Shallow } else { HistoryStatus::Full },
    }
}

fn redacted(listed: Vec<Listed>) -> Vec<KeptCommit> {
    let named_after_credential =
        credential_paths::of(listed.iter().flat_map(|commit| &commit.paths).map(String::as_str));
    let redact = |commit: Listed| {
        let tells_something = commit.tells_something();
        let Listed { id, parent, time, message, mut paths, .. } = commit;
        paths.retain(|path| !named_after_credential.contains(path));
        let message = || secrets::redact(&message).text.into_owned();
        let told = tells_something.then(|| Told { time, message: message(), paths });
        KeptCommit { id, parent, told }
    };
    listed.into_iter().map(redact).collect()
}

/// The commits up to `head`, of which some are `known`.
fn extended(git: &Git, head: &str, known: Vec<KeptCommit>) -> Result<Vec<KeptCommit>, GitError> {
    let ids: Vec<String> =
        git.runner.run(&["rev-list", "--no-merges", COMMITS, head, "--"], &[], |out| {
            out.lines().collect()
        })?;
    let mut known: HashMap<String, KeptCommit> =
        known.into_iter().map(|commit| (commit.id.clone(), commit)).collect();
    let new: Vec<&str> =
        ids.iter().map(String::as_str).filter(|id| !known.contains_key(*id)).collect();
    if !new.is_empty() {
        let arguments = log_arguments(&["--no-walk=unsorted", "--stdin"]);
        let listed = git.runner.run(&arguments, &new, |out| parse(git, out))?;
        known.extend(redacted(listed).into_iter().map(|commit| (commit.id.clone(), commit)));
    }
    Ok(ids.iter().filter_map(|id| known.remove(id)).collect())
}

/// Whether the history goes on before the first of the commits, in a clone that doesn't have it.
fn is_cut(git: &Git, commits: &[KeptCommit]) -> Result<bool, GitError> {
    if !git.runner.is_shallow() {
        return Ok(false);
    }
    let orphans = commits.iter().filter(|commit| !commit.parent);
    any_has_a_parent(git, &orphans.map(|commit| commit.id.as_str()).collect::<Vec<_>>())
}

/// A commit as printed by `log`.
#[derive(Debug, Default)]
struct Listed {
    id: String,
    /// Whether it has a parent in this clone.
    parent: bool,
    time: i64,
    message: String,
    /// The number of paths that it changed, inside or outside the root.
    changes: usize,
    /// Those inside, relative to it.
    paths: Vec<String>,
}

impl Listed {
    /// Parses the output for [`FORMAT`].
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
    let arguments = log_arguments(&["--no-merges", COMMITS, head, "--"]);
    git.runner.run(&arguments, &[], |out| parse(git, out))
}

/// The arguments of a `log` of the commits that `which` says.
fn log_arguments<'a>(which: &[&'a str]) -> Vec<&'a str> {
    let options = [
        // As settings rather than options, because older versions of git reject unknown options.
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
        // Nobody reads the ids of blobs, and to abbreviate one is to look for others that are like it.
        "--no-abbrev",
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
    ];
    options.into_iter().chain(which.iter().copied()).collect()
}

/// Parses the output of `log`.
fn parse(git: &Git, out: &mut impl BufRead) -> io::Result<Vec<Listed>> {
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
}

/// Whether one of the commits has a parent, which then isn't in this clone.
fn any_has_a_parent(git: &Git, ids: &[&str]) -> Result<bool, GitError> {
    if ids.is_empty() {
        return Ok(false);
    }
    git.runner.run(&["cat-file", "--batch"], ids, |out| {
        let mut any = false;
        while let Some(found) = objects::next(out, COMMIT_LIMIT)? {
            if let Lookup::Object(object) = found {
                any |= object.content.is_some_and(|content| commit::parse(&content).has_parent);
            }
        }
        Ok(any)
    })
}

/// A part of the output for `--raw -z`.
pub(super) enum RawEntry<'a> {
    /// The commit to which the paths after it belong, in [`FORMAT`].
    Commit(&'a [u8]),
    /// A path that changed, from the top of the repository.
    Path(&'a [u8]),
}

/// Reads the output for `--raw -z` to the end. Submodules are skipped.
pub(super) fn each_raw_entry(
    out: &mut impl BufRead,
    mut entry: impl FnMut(RawEntry<'_>),
) -> io::Result<()> {
    let mut field = Vec::new();
    while read_field(out, &mut field)? {
        // `log` prints a line end between the message and the first entry.
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

/// Reads up to the next NUL, without it; false at the end. A field that is too long is truncated.
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
