//! What has changed since a revision, for `--diff`: which lines of which files.

use std::cmp::Reverse;
use std::path::Path;

use checkout::{Git, GitError, ReadOptions};
use select::{Asked, Corpus, FileKind, PinnedBy};
use similar::{Algorithm, DiffOp, capture_diff_slices};
use syntax::LineRange;
use thiserror::Error;

/// The most commits whose subjects a pack names. By hand: they are words for the ranking.
const MAX_COMMITS: usize = 20;
/// The most removed files that a pack names. By hand.
const MAX_REMOVED: usize = 20;

/// What the work tree has that a revision hasn't.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Changes {
    /// The changed lines, by file; source first, and in each kind the file with the most of them.
    pub(crate) asked: Vec<Asked>,
    /// The paths of files that are gone.
    pub(crate) removed: Vec<String>,
    /// The first lines of the messages of the commits in between, newest first.
    pub(crate) subjects: Vec<String>,
}

/// Why there are no changes to pack.
#[derive(Debug, Error)]
pub(crate) enum ChangesError {
    /// The checkout has no history.
    #[error("this isn't a git checkout, so there is nothing to compare with")]
    NoRepository,
    /// The newer end isn't what is on disk.
    #[error(
        "`{0}` isn't checked out, so its files can't be packed; check it out, or give only the older \
         revision"
    )]
    NotCheckedOut(String),
    /// Nothing differs.
    #[error("no file that can be packed differs from `{0}`")]
    Nothing(String),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl Changes {
    /// What differs between `range` and the files of `corpus`: `REV`, `A..B` or `A...B` (since both had their last
    /// commit in common), where B is what is checked out. What isn't committed yet counts.
    ///
    /// # Errors
    /// See [`ChangesError`].
    pub(crate) fn since(
        range: &str,
        git: Option<&Git>,
        corpus: &Corpus,
        root: &Path,
        options: &ReadOptions,
    ) -> Result<Self, ChangesError> {
        let git = git.ok_or(ChangesError::NoRepository)?;
        let base = base(range, git)?;
        let before = git.tree_at(&base, options)?;
        let mut asked: Vec<Asked> = Vec::new();
        for (file, now) in corpus.files.iter().enumerate() {
            let old = before.files.binary_search_by(|old| old.path.cmp(&now.path));
            let lines = match old.ok().map(|at| &before.files[at]) {
                // Without reading the texts of files that haven't changed.
                Some(old) if old.hash == now.hash => continue,
                Some(old) => changed_lines(&old.text, &now.text),
                None => Vec::new(),
            };
            asked.push(Asked { file, lines, by: PinnedBy::Change });
        }
        let is_gone = |path: &str| {
            corpus.files.binary_search_by(|file| file.path.as_str().cmp(path)).is_err()
                && root.join(path).symlink_metadata().is_err()
        };
        let removed = before.files.iter().map(|file| &file.path).filter(|path| is_gone(path));
        let removed: Vec<String> = removed.take(MAX_REMOVED).cloned().collect();
        if asked.is_empty() && removed.is_empty() {
            return Err(ChangesError::Nothing(range.to_owned()));
        }
        let length = |asked: &Asked| match asked.lines.is_empty() {
            true => corpus.files[asked.file].text.lines().count(),
            false => asked.lines.iter().map(|lines| (lines.end - lines.start + 1) as usize).sum(),
        };
        asked.sort_by_key(|asked| {
            let kind = corpus.files[asked.file].kind;
            (precedence(kind), Reverse(length(asked)), asked.file)
        });
        Ok(Self { asked, removed, subjects: subjects(git, &base, corpus)? })
    }

    /// The task of a pack about these changes.
    pub(crate) fn task(&self, range: &str) -> String {
        let mut task = format!("Review the changes since {range}");
        for subject in &self.subjects {
            task.push_str("\n- ");
            task.push_str(subject);
        }
        task
    }

    /// A line for the head of the pack about what isn't there any more.
    pub(crate) fn note(&self) -> Option<String> {
        let removed = self.removed.join(", ");
        (!removed.is_empty()).then(|| format!("Removed files: {removed}"))
    }
}

/// Which changes come first where the budget doesn't hold all: a reviewer reads the code before its tests, and no lock
/// file.
fn precedence(kind: FileKind) -> usize {
    use FileKind::{Config, Docs, Example, Generated, Source, Test};
    let order = [Source, Test, Config, Example, Docs, Generated];
    order.iter().position(|of| *of == kind).unwrap_or(order.len())
}

/// The full id of the older commit.
fn base(range: &str, git: &Git) -> Result<String, ChangesError> {
    let (older, newer, is_from_both) = match range.split_once("...") {
        Some((older, newer)) => (older, newer, true),
        None => match range.split_once("..") {
            Some((older, newer)) => (older, newer, false),
            None => (range, "", false),
        },
    };
    let named = |revision: &str| git.resolve(if revision.is_empty() { "HEAD" } else { revision });
    let (older, head) = (named(older)?, named(newer)?);
    if git.head().is_none_or(|checked_out| checked_out.id != head) {
        return Err(ChangesError::NotCheckedOut(newer.to_owned()));
    }
    Ok(if is_from_both { git.merge_base(&older, &head)? } else { older })
}

/// The lines of `now` that `old` hasn't; of what was only removed, the lines around it.
fn changed_lines(old: &str, now: &str) -> Vec<LineRange> {
    let (old, now): (Vec<&str>, Vec<&str>) = (old.lines().collect(), now.lines().collect());
    let last = (now.len() as u32).max(1);
    let changed = |op: DiffOp| {
        let (start, end) = match op {
            DiffOp::Equal { .. } => return None,
            DiffOp::Delete { new_index, .. } => (new_index as u32, new_index as u32 + 1),
            DiffOp::Insert { new_index, new_len, .. }
            | DiffOp::Replace { new_index, new_len, .. } => {
                (new_index as u32 + 1, (new_index + new_len) as u32)
            }
        };
        Some(LineRange { start: start.clamp(1, last), end: end.clamp(1, last) })
    };
    capture_diff_slices(Algorithm::Myers, &old, &now).into_iter().filter_map(changed).collect()
}

fn subjects(git: &Git, base: &str, corpus: &Corpus) -> Result<Vec<String>, GitError> {
    let ids = git.commits_since(base, MAX_COMMITS)?;
    let commits = corpus.history.commits.iter().filter(|commit| ids.contains(&commit.id));
    let subjects = commits.filter_map(|commit| commit.message.lines().next());
    Ok(subjects.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_changed() {
        let old = "a\nb\nc\nd\ne\n";
        let lines = |now: &str| -> Vec<(u32, u32)> {
            changed_lines(old, now).iter().map(|lines| (lines.start, lines.end)).collect()
        };
        assert_eq!(lines("a\nb\nc\nd\ne\n"), []);
        assert_eq!(lines("a\nx\nc\nd\ne\nf\n"), [(2, 2), (6, 6)]);
        assert_eq!(lines("a\nb\ne\n"), [(2, 3)]);
        assert_eq!(lines("b\nc\nd\ne\n"), [(1, 1)]);
        assert_eq!(lines("a\nb\nc\nd\n"), [(4, 4)]);
        assert_eq!(lines(""), [(1, 1)]);
    }
}
