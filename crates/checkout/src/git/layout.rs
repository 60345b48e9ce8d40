//! Finds the folders in which a repository keeps its state, and distinguishes checkouts from other folders.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};

use private_fs::Links;

use crate::git::GitError;
use crate::git::history::read_field;
use crate::git::runner::Runner;

/// The maximum size of `.git` files and the like, which contain one path, in bytes.
const LIMIT: u64 = 1 << 16;
/// The maximum number of entries in `.git` that are checked before git is run on it. By hand.
const MOST_ENTRIES: usize = 20_000;
/// The number of worktrees that a remark lists.
const NAMED: usize = 8;

/// The folders of git around a root.
#[derive(Debug)]
pub(crate) struct Layout {
    root: PathBuf,
    /// The folder that contains `.git`.
    top: Option<PathBuf>,
    /// The root, or a folder above it, if that is a bare repository.
    inside: Option<PathBuf>,
}

impl Layout {
    /// The layout around `root`, which must be canonical.
    pub(crate) fn of(root: &Path) -> Self {
        // A worktree may be inside the bare repository to which it belongs.
        let mut outside = root.ancestors().take_while(|folder| !has_git(folder));
        let inside = outside.find(|folder| is_git_directory(folder)).map(Path::to_owned);
        Self { root: root.to_owned(), top: enclosing_repository(root), inside }
    }

    /// The folder that contains `.git`: the top of the checkout.
    pub(crate) fn top(&self) -> Option<&Path> {
        self.top.as_deref()
    }

    /// The repository's `info/exclude`. Worktrees share it.
    pub(crate) fn exclude(&self) -> Option<PathBuf> {
        Some(git_directories(self.top()?).pop()?.join("info/exclude"))
    }

    /// The remark about a root in a bare repository, which contains git's database and no checkout.
    pub(crate) fn git_directory(&self) -> Option<String> {
        let inside = self.inside.as_deref()?;
        let what = if inside == self.root { "this is" } else { "this folder is in" };
        Some(format!("{what} a git repository without a checkout (bare){}", self.worktrees(inside)))
    }

    /// The remark about a folder whose `.git` file points to a bare repository, with worktrees beside it.
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

    /// The end of these remarks: the worktrees, relative to the root if they are below it, otherwise with their
    /// whole paths.
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

/// The nearest folder at or above `root` that contains a `.git`.
pub(super) fn enclosing_repository(root: &Path) -> Option<PathBuf> {
    root.ancestors().find(|folder| has_git(folder)).map(Path::to_owned)
}

fn has_git(folder: &Path) -> bool {
    folder.join(".git").symlink_metadata().is_ok()
}

/// Whether `folder` is a git directory, by the check that git itself uses.
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

/// The git directories of the repository at `top`: that of the worktree, and the one that all worktrees
/// share, if it is another.
pub(super) fn git_directories(top: &Path) -> Vec<PathBuf> {
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

/// The folders outside of the checkout at `root` in which a change can change what is listed of it: those of git, with
/// the list of tracked files and the rules of the repository, and those above it, with ignore files.
pub(crate) fn folders_around(root: &Path) -> Vec<PathBuf> {
    let Some(top) = enclosing_repository(root) else { return Vec::new() };
    let above = root.ancestors().skip(1).take_while(|folder| folder.starts_with(&top));
    let mut folders: Vec<PathBuf> = above.map(Path::to_owned).collect();
    for folder in git_directories(&top) {
        folders.extend([folder.join("info"), folder].into_iter().filter(|folder| folder.is_dir()));
    }
    folders
}

/// A pipe, socket or device among the files that git would open for the repository at `top`, and on which it
/// would block.
///
/// Links are followed, as git does. Folders of submodules, LFS and worktrees are skipped, because the commands
/// that are run here don't open them.
pub(super) fn first_special(top: &Path) -> Option<PathBuf> {
    let mut folders: VecDeque<PathBuf> = git_directories(top).into();
    let mut left = MOST_ENTRIES;
    while let Some(folder) = folders.pop_front() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            left = left.checked_sub(1)?;
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                let name = entry.file_name();
                if !["modules", "lfs", "worktrees"].iter().any(|passed| name == **passed) {
                    folders.push_back(entry.path());
                }
            } else if !kind.is_file() && is_special(&entry.path()) {
                return Some(entry.path());
            }
        }
    }
    None
}

fn is_special(path: &Path) -> bool {
    path.metadata().is_ok_and(|data| !data.is_file() && !data.is_dir())
}
