//! Finds the folders in which a repository keeps its state, and tells checkouts from other folders.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};

use private_fs::Links;

use crate::git::GitError;
use crate::git::history::read_field;
use crate::git::runner::Runner;

/// `.git` files and the like hold one path.
const LIMIT: u64 = 1 << 16;
/// Entries of a repository's own folder that are looked at before git is let into it.
const MOST_ENTRIES: usize = 20_000;
/// Worktrees that are named.
const NAMED: usize = 8;

/// How git's folders lie around a root.
#[derive(Debug)]
pub(crate) struct Layout {
    root: PathBuf,
    /// The folder that holds `.git`.
    top: Option<PathBuf>,
    /// The root, or a folder above it, that is a repository without a checkout.
    inside: Option<PathBuf>,
}

impl Layout {
    /// The layout around `root`, which must be canonical.
    pub(crate) fn of(root: &Path) -> Self {
        // A worktree may stand inside of the repository that it belongs to.
        let mut outside = root.ancestors().take_while(|folder| !has_git(folder));
        let inside = outside.find(|folder| is_git_directory(folder)).map(Path::to_owned);
        Self { root: root.to_owned(), top: enclosing_repository(root), inside }
    }

    /// The folder that holds `.git`: the top of the checkout.
    pub(crate) fn top(&self) -> Option<&Path> {
        self.top.as_deref()
    }

    /// The repository's own list of rules. Worktrees share it.
    pub(crate) fn exclude(&self) -> Option<PathBuf> {
        Some(git_directories(self.top()?).pop()?.join("info/exclude"))
    }

    /// What to say of a root that holds git's state and no files of a checkout.
    pub(crate) fn git_directory(&self) -> Option<String> {
        let inside = self.inside.as_deref()?;
        let what = if inside == self.root { "this is" } else { "this folder lies in" };
        Some(format!("{what} a git repository without a checkout (bare){}", self.worktrees(inside)))
    }

    /// What to say of a folder whose `.git` leads to a repository without a checkout, beside which its
    /// worktrees stand.
    pub(crate) fn bare(&self) -> Option<String> {
        let top = self.top().filter(|top| *top == self.root)?;
        if !top.join(".git").symlink_metadata().ok()?.is_file() || first_special(top).is_some() {
            return None;
        }
        let printed = Runner::at(top).run(&["rev-parse", "--is-bare-repository"], &[], |out| {
            let mut line = String::new();
            std::io::BufRead::read_line(out, &mut line).map(|_| line)
        });
        let is_bare = printed.is_ok_and(|line| line.trim_end() == "true");
        let shown = self.worktrees(top);
        is_bare.then(|| format!("the repository of this folder has no checkout here (bare){shown}"))
    }

    /// `; its worktrees: main, fix`, as far as they lie below the root, else their whole paths.
    fn worktrees(&self, at: &Path) -> String {
        let worktrees = worktrees(at).unwrap_or_default();
        if worktrees.is_empty() {
            return "; git worktree add FOLDER BRANCH makes a checkout".to_owned();
        }
        let shown: Vec<String> = worktrees
            .iter()
            .take(NAMED)
            .map(|path| path.strip_prefix(&self.root).unwrap_or(path).display().to_string())
            .collect();
        let more = if worktrees.len() > NAMED { ", …" } else { "" };
        format!("; name one of its worktrees instead: {}{more}", shown.join(", "))
    }
}

/// The nearest folder at or above `root` that holds a `.git`.
pub(super) fn enclosing_repository(root: &Path) -> Option<PathBuf> {
    root.ancestors().find(|folder| has_git(folder)).map(Path::to_owned)
}

fn has_git(folder: &Path) -> bool {
    folder.join(".git").symlink_metadata().is_ok()
}

/// Whether `folder` is what git keeps a repository in, as git itself tells.
fn is_git_directory(folder: &Path) -> bool {
    folder.join("HEAD").symlink_metadata().is_ok_and(|head| !head.is_dir())
        && folder.join("objects").is_dir()
        && folder.join("refs").is_dir()
}

/// The checkouts of the repository at `at`.
fn worktrees(at: &Path) -> Result<Vec<PathBuf>, GitError> {
    if let Some(special) = first_special(at) {
        return Err(GitError::Special(special));
    }
    Runner::at(at).run(&["worktree", "list", "--porcelain", "-z"], &[], |out| {
        let (mut worktrees, mut field) = (Vec::new(), Vec::new());
        let mut current: Option<PathBuf> = None;
        while read_field(out, &mut field)? {
            let line = String::from_utf8_lossy(&field);
            if let Some(path) = line.strip_prefix("worktree ") {
                current = Some(PathBuf::from(path));
            } else if line == "bare" {
                current = None;
            } else if line.is_empty() {
                worktrees.extend(current.take());
            }
        }
        worktrees.extend(current);
        Ok(worktrees)
    })
}

/// The folders in which the repository at `top` keeps its state: that of the worktree, then the one that
/// all worktrees share, if that is another.
fn git_directories(top: &Path) -> Vec<PathBuf> {
    let path_in = |file: &Path, prefix: &str| {
        let bytes = private_fs::read(file, Links::Follow, LIMIT).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let path = text.strip_prefix(prefix)?.trim_end_matches(['\n', '\r']);
        Some(file.parent()?.join(path))
    };
    let dot = top.join(".git");
    let own = if dot.is_dir() {
        dot
    } else if is_git_directory(top) {
        top.to_owned()
    } else {
        match path_in(&dot, "gitdir: ") {
            Some(folder) => folder,
            None => return Vec::new(),
        }
    };
    let shared = path_in(&own.join("commondir"), "");
    [Some(own), shared].into_iter().flatten().collect()
}

/// A pipe, socket or device among the files that git would open for the repository at `top`, and wait for.
///
/// Links are followed, as git does. Submodules and large files are passed over: git doesn't open them here.
pub(super) fn first_special(top: &Path) -> Option<PathBuf> {
    let mut folders: VecDeque<PathBuf> = git_directories(top).into();
    let mut left = MOST_ENTRIES;
    while let Some(folder) = folders.pop_front() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            left = left.checked_sub(1)?;
            let path = entry.path();
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                let passed =
                    ["modules", "lfs", "worktrees"].iter().any(|name| entry.file_name() == **name);
                if !passed {
                    folders.push_back(path);
                }
            } else if !kind.is_file() && is_special(&path) {
                return Some(path);
            }
        }
    }
    None
}

fn is_special(path: &Path) -> bool {
    path.metadata().is_ok_and(|data| !data.is_file() && !data.is_dir())
}
