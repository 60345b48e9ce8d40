//! Reads git's object database.
//!
//! Only what reads objects is run (`cat-file`, `log`, `rev-parse`, `diff-tree`, `ls-tree`), and what
//! lists the index and the worktrees without looking at a file (`ls-files`, `worktree list`). Never a
//! command that compares with the work tree: `status` and `diff` execute the filter drivers and
//! monitors that a checkout's own configuration names. See [`Runner`] for what git is kept from.

mod commit;
mod history;
mod index;
mod layout;
mod objects;
mod patches;
mod runner;
mod tree;

use std::io;
use std::path::{Path, PathBuf};

use select::{History, Patch};
use thiserror::Error;

use crate::read::{Checkout, ReadOptions};
use layout::{enclosing_repository, first_special};
use runner::Runner;

pub(crate) use index::{Tracked, counted, named, tracked};
pub(crate) use layout::Layout;

/// The commit that is checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its full object id, in hex: 40 digits, 64 in a SHA-256 repository.
    pub id: String,
    /// Its committer time, in seconds since 1970 (UTC).
    pub time: i64,
}

/// Why git tells nothing about a checkout.
#[derive(Debug, Error)]
pub enum GitError {
    /// No folder at or above the root holds a `.git`.
    #[error("not a git repository")]
    NotARepository,
    /// There is no `git` on the path.
    #[error("no git on the path; install git to use the history")]
    NoGit,
    /// Git takes the checkout for somebody else's.
    #[error(
        "git refuses this checkout because another user owns it; if you trust it: \
         git config --global --add safe.directory '{}'", .0.display()
    )]
    Refused(PathBuf),
    /// A file of the repository's own is a pipe, socket or device, for whose end git would wait.
    #[error("{}: a pipe, socket or device, for which git would wait", .0.display())]
    Special(PathBuf),
    /// Git failed; this is what it said.
    #[error("git failed: {0}")]
    Failed(String),
    /// Git could not be run, or what it printed could not be read.
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
}

impl Git {
    /// Opens the repository that holds `root`: a checkout's top, a folder in it, a worktree, a submodule.
    ///
    /// # Errors
    /// When there is none, no git, git refuses or fails, or would wait for a pipe in `.git`.
    pub fn open(root: &Path) -> Result<Self, GitError> {
        let root = root.canonicalize()?;
        let top = enclosing_repository(&root).ok_or(GitError::NotARepository)?;
        let prefix = prefix_of(&root, &top)?;
        if let Some(special) = first_special(&top) {
            return Err(GitError::Special(special));
        }
        let mut runner = Runner::at(&top);
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
        Ok(Self { runner, root, prefix, head })
    }

    /// The commit that is checked out; `None` before the first one.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// The same repository, as if the commit that `revision` names were checked out.
    ///
    /// # Errors
    /// When there is no such commit, or git fails.
    pub fn at(&self, revision: &str) -> Result<Self, GitError> {
        let head = commit::read(&self.runner, &self.resolve(revision)?)?;
        Ok(Self { head, ..self.clone() })
    }

    /// The last 2,000 commits up to HEAD without merges, newest first, messages redacted.
    ///
    /// Left out are commits that touch more than 30 paths, and those without a parent: the first one
    /// and, in a shallow clone, those at its boundary, whose changes can't be told. Paths are relative
    /// to the root; of a folder inside a repository, only commits that touch it are given. Renames
    /// count as a removal and an addition.
    ///
    /// # Errors
    /// When git fails.
    pub fn history(&self) -> Result<History, GitError> {
        history::read(self)
    }

    /// The patches of `commits` (full ids, without merges), in their order, without context lines, text
    /// redacted. At most 400 hunks each; a line is cut at 1,000 bytes. An id that is none, or unknown,
    /// gives no patch.
    ///
    /// # Errors
    /// When git fails.
    pub fn patches(&self, commits: &[&str]) -> Result<Vec<Patch>, GitError> {
        patches::read(self, commits)
    }

    /// The full id of the commit that `revision` names: `HEAD~3`, a branch, a tag, part of an id.
    ///
    /// # Errors
    /// When there is no such commit, or git fails.
    pub fn resolve(&self, revision: &str) -> Result<String, GitError> {
        tree::resolve(self, revision)
    }

    /// The paths that differ between `commit` (a full id) and HEAD, in order; paths outside the root are
    /// left out.
    ///
    /// # Errors
    /// When git fails.
    pub fn changed_since(&self, commit: &str) -> Result<Vec<String>, GitError> {
        tree::changed_since(self, commit)
    }

    /// The checkout as it was at `commit` (a full id), read from git's objects under the same rules as
    /// [`read`](crate::read()), but that ignore files don't matter: what was committed was meant.
    ///
    /// # Errors
    /// When there is no such commit, git fails, or a glob in `options` is malformed.
    pub fn tree_at(&self, commit: &str, options: &ReadOptions) -> Result<Checkout, GitError> {
        tree::read(self, commit, options)
    }

    /// Whether one of the files at `paths` (from the root), as it lies on disk now, isn't the one in
    /// HEAD. A file that differs only by `\r\n` where HEAD has `\n` is the same: that is what
    /// `core.autocrlf` does. One that a filter of `.gitattributes` converts (large file storage) is
    /// not.
    ///
    /// # Errors
    /// When git fails.
    pub fn differs<'p>(&self, paths: impl IntoIterator<Item = &'p str>) -> Result<bool, GitError> {
        tree::differs(self, &paths.into_iter().collect::<Vec<_>>())
    }

    /// A path from the top of the repository as one from the root, if it lies there.
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

/// Whether `id` is a full object id: nothing else is handed to git as one.
fn is_object_id(id: &str) -> bool {
    matches!(id.len(), 40 | 64) && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
