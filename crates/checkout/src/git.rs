//! Reads git's object database.
//!
//! Most objects are read from its files ([`database`]). Otherwise, only commands are run that read objects (`cat-file`,
//! `log`, `rev-parse`, `rev-list`, `merge-base`, `diff-tree`, `ls-tree`), or that list the index and the worktrees
//! without opening a file (`ls-files`, `worktree list`). Commands that
//! compare with the work tree are never run: `status` and `diff` execute filter drivers and monitors from
//! the checkout's own configuration. [`Runner`] describes how git is restricted.

mod commit;
mod config_file;
mod database;
mod diff;
mod head_file;
mod history;
mod index;
mod index_file;
mod kept_history;
#[cfg(any(test, fuzzing))]
pub(crate) mod laws;
mod layout;
mod objects;
mod patches;
mod runner;
mod shared;
mod tree;
mod trees;
mod walk;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use select::{History, Patch};
use thiserror::Error;

use crate::read::{Checkout, ReadOptions};
use layout::{enclosing_repository, first_special};
use runner::Runner;

pub(crate) use index::{Tracked, counted, named, tracked};
pub(crate) use kept_history::KeptHistory;
pub use kept_history::UnkeptHistory;
pub(crate) use layout::{Layout, folders_around};

/// The commit that is checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its full object id, in hex: 40 digits, 64 in a SHA-256 repository.
    pub id: String,
    /// Its committer time, in seconds since 1970 (UTC).
    pub time: i64,
}

/// Why git can't read a checkout.
#[derive(Debug, Error)]
pub enum GitError {
    /// No folder at or above the root contains a `.git`.
    #[error("not a git repository")]
    NotARepository,
    /// There is no `git` in PATH.
    #[error("git isn't in PATH; install it to use the history")]
    NoGit,
    /// Git rejects the checkout because another user owns it.
    #[error(
        "git refuses this checkout because another user owns it; if you trust it: \
         git config --global --add safe.directory '{}'", .0.display()
    )]
    Refused(PathBuf),
    /// A file in `.git` is a pipe, socket or device, on which git would block.
    #[error("{}: a pipe, socket or device, on which git would block", .0.display())]
    Special(PathBuf),
    /// Git failed with this message.
    #[error("git failed: {0}")]
    Failed(String),
    /// Git could not be run, or its output could not be read.
    #[error("git could not be run: {0}")]
    Io(#[from] io::Error),
}

/// The repository around a checkout.
#[derive(Debug, Clone)]
pub struct Git {
    runner: Runner,
    root: PathBuf,
    /// The root's path from the top of the repository: empty, or with a `/` at its end.
    prefix: String,
    head: Option<Head>,
    /// The history of HEAD as it was kept.
    kept: Option<Arc<KeptHistory>>,
}

impl Git {
    /// Opens the repository of `root`: the top of a checkout, a folder in it, a worktree, or a submodule.
    ///
    /// # Errors
    /// When there is no repository or no git, when git rejects it or fails, or would block on a file.
    pub fn open(root: &Path) -> Result<Self, GitError> {
        Self::open_at(root, None)
    }

    /// As [`open`](Self::open), by what is kept below `.contextos/cache`: if HEAD is as it was, git isn't run.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn open_by_cache(root: &Path) -> Result<Self, GitError> {
        Self::open_at(root, KeptHistory::open(root))
    }

    /// The number of commits of the history of the checkout at `root`, if it was kept and HEAD is as it was: `None` says
    /// that git can be asked for it. Git is run only where HEAD's commit can't be read from files.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn known_commits(root: &Path) -> Result<Option<usize>, GitError> {
        let root = root.canonicalize()?;
        let kept = KeptHistory::open(&root);
        let top = enclosing_repository(&root).ok_or(GitError::NotARepository)?;
        let Some(id) = head_file::id(&top) else {
            let git = Self::open_at(&root, kept)?;
            return Ok(git.head().is_none().then_some(0));
        };
        prefix_of(&root, &top)?;
        if let Some(special) = first_special(&top) {
            return Err(GitError::Special(special));
        }
        if !runner::is_installed() {
            return Err(GitError::NoGit);
        }
        Ok(kept.filter(|kept| kept.about.head == id).map(|kept| kept.about.told))
    }

    fn open_at(root: &Path, kept: Option<KeptHistory>) -> Result<Self, GitError> {
        let root = root.canonicalize()?;
        let top = enclosing_repository(&root).ok_or(GitError::NotARepository)?;
        let prefix = prefix_of(&root, &top)?;
        if let Some(special) = first_special(&top) {
            return Err(GitError::Special(special));
        }
        let mut runner = Runner::at(&top);
        if let Some(id) = head_file::id(&top) {
            runner.ignore_attributes(&id);
            let kept = kept.filter(|kept| kept.about.head == id).map(Arc::new);
            let time = match &kept {
                Some(kept) => Some(kept.about.head_time),
                None if !runner::is_installed() => return Err(GitError::NoGit),
                None => runner.database().and_then(|mut database| walk::time(&mut database, &id)),
            };
            if let Some(time) = time {
                return Ok(Self { runner, root, prefix, head: Some(Head { id, time }), kept });
            }
        }
        let head = match commit::read(&runner, "HEAD") {
            Err(GitError::Refused(_)) => {
                runner.allow_what_the_user_allows()?;
                commit::read(&runner, "HEAD")?
            }
            head => head?,
        };
        if let Some(head) = &head {
            runner.ignore_attributes(&head.id);
        }
        Ok(Self { runner, root, prefix, head, kept: None })
    }

    /// The commit that is checked out; `None` before the first one.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// The same repository as if the commit `revision` were checked out.
    ///
    /// # Errors
    /// When there is no such commit, or git fails.
    pub fn at(&self, revision: &str) -> Result<Self, GitError> {
        let head = commit::read(&self.runner, &self.resolve(revision)?)?;
        Ok(Self { head, kept: None, ..self.clone() })
    }

    /// The last 2,000 commits up to HEAD without merges, newest first, messages redacted.
    ///
    /// Commits that change more than 30 paths are omitted, and those without a parent: the first one and,
    /// in a shallow clone, those at its boundary, whose changes are unknown. Paths are relative to the
    /// root. For a folder in a repository, only commits that change it are returned. A rename counts as a
    /// removal and an addition.
    ///
    /// # Errors
    /// When git fails.
    pub fn history(&self) -> Result<History, GitError> {
        history::read(self)
    }

    /// Whether the history of HEAD was kept below `.contextos/cache` when the repository was opened by that.
    pub fn is_history_kept(&self) -> bool {
        self.kept.is_some()
    }

    /// As [`history`](Self::history), by what is kept below `.contextos/cache`: only commits that are new since the
    /// last time are read. If there are any, the caller keeps the history with them.
    ///
    /// # Errors
    /// When git fails.
    pub fn history_by_cache(&self) -> Result<(History, Option<UnkeptHistory>), GitError> {
        history::read_by_cache(self)
    }

    /// The root's path from the top of the repository: empty, or with a `/` at its end.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The patches of `commits` (full ids, no merges), in their order, without context lines, with redacted
    /// text. At most 400 hunks each; lines are truncated to 1,000 bytes. Malformed and unknown ids are
    /// skipped.
    ///
    /// # Errors
    /// When git fails.
    pub fn patches(&self, commits: &[&str]) -> Result<Vec<Patch>, GitError> {
        patches::read(self, commits)
    }

    /// The full id of the commit `revision`: `HEAD~3`, a branch, a tag, the beginning of an id.
    ///
    /// # Errors
    /// When there is no such commit, or git fails.
    pub fn resolve(&self, revision: &str) -> Result<String, GitError> {
        tree::resolve(self, revision)
    }

    /// The full id of the last commit that two commits (full ids) have in common.
    ///
    /// # Errors
    /// When there is none, or git fails.
    pub fn merge_base(&self, one: &str, other: &str) -> Result<String, GitError> {
        tree::merge_base(self, one, other)
    }

    /// The full ids of the last commits without merges that HEAD has and `commit` (a full id) hasn't, newest
    /// first, at most so many.
    ///
    /// # Errors
    /// When git fails.
    pub fn commits_since(&self, commit: &str, most: usize) -> Result<Vec<String>, GitError> {
        tree::commits_since(self, commit, most)
    }

    /// The paths below the root that differ between `commit` (a full id) and HEAD, in order.
    ///
    /// # Errors
    /// When git fails.
    pub fn changed_since(&self, commit: &str) -> Result<Vec<String>, GitError> {
        tree::changed_since(self, commit)
    }

    /// The checkout as it was at `commit` (a full id), read from git's objects by the same rules as
    /// [`read`](crate::read()), except that ignore files have no effect: a file was committed on purpose.
    ///
    /// # Errors
    /// When there is no such commit, git fails, or a glob in `options` is malformed.
    pub fn tree_at(&self, commit: &str, options: &ReadOptions) -> Result<Checkout, GitError> {
        tree::read(self, commit, options)
    }

    /// The paths of the tracked files below the root that a sparse checkout excludes, in order. They may be on disk all
    /// the same.
    ///
    /// # Errors
    /// When git fails.
    pub fn outside_sparse_checkout(&self) -> Result<Vec<String>, GitError> {
        Ok(index::tracked(self)?.into_sparse())
    }

    /// Whether one of the files at `paths` (relative to the root) on disk differs from HEAD. A file with
    /// `\r\n` where HEAD has `\n` counts as equal, because of `core.autocrlf`. One that a filter in
    /// `.gitattributes` converts (Git LFS) counts as different.
    ///
    /// # Errors
    /// When git fails.
    pub fn differs<'p>(&self, paths: impl IntoIterator<Item = &'p str>) -> Result<bool, GitError> {
        let paths: Vec<&str> = paths.into_iter().collect();
        Ok(self.differs_from(&paths, &self.blob_ids(&paths)?))
    }

    /// The ids of the blobs that HEAD has at `paths` (relative to the root), in their order; something else where it
    /// has none.
    ///
    /// # Errors
    /// When git fails.
    pub fn blob_ids(&self, paths: &[&str]) -> Result<Vec<String>, GitError> {
        tree::blob_ids(self, paths)
    }

    /// As [`differs`](Self::differs), where `ids` are the [`blob_ids`](Self::blob_ids) of the paths.
    pub fn differs_from(&self, paths: &[&str], ids: &[String]) -> bool {
        tree::differs(self, paths, ids)
    }

    /// A path relative to the top of the repository as one relative to the root, if it is below that.
    fn inside(&self, path: &[u8]) -> Option<String> {
        let inside = path.strip_prefix(self.prefix.as_bytes())?;
        String::from_utf8(inside.to_vec()).ok()
    }
}

fn prefix_of(root: &Path, top: &Path) -> Result<String, GitError> {
    let inside = root.strip_prefix(top).unwrap_or(Path::new(""));
    let parts: Option<Vec<&str>> = inside.iter().map(|part| part.to_str()).collect();
    let parts =
        parts.ok_or_else(|| GitError::Failed("the folder's name is not UTF-8".to_owned()))?;
    Ok(parts.iter().flat_map(|part| [part, "/"]).collect())
}

/// Whether `id` is a full object id. Nothing else is passed to git as one.
fn is_object_id(id: &str) -> bool {
    matches!(id.len(), 40 | 64) && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
