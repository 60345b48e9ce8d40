//! What has changed since a revision, for `--diff`: which lines of which files.

mod renames;

use std::cmp::Reverse;
use std::path::Path;

use checkout::{Checkout, Git, GitError};
use select::{Asked, Corpus, FileKind, PinnedBy, SourceFile};
use similar::{Algorithm, DiffOp, capture_diff_slices};
use syntax::LineRange;
use thiserror::Error;
use tokens::Encoding;

/// The most commits whose subjects a pack names. By hand: they are words for the ranking.
const MAX_COMMITS: usize = 20;
/// The most removed files, and renamed ones, that a pack names; further ones are counted. By hand.
const MAX_NAMED: usize = 20;
/// Of each of these, names may take one token in this many of the budget. By hand.
const NAMES_SHARE: usize = 10;

/// What the work tree has that a revision hasn't.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Changes {
    /// The changed lines, by file; source first, and in each kind the file with the most of them.
    pub(crate) asked: Vec<Asked>,
    /// The paths of files that are gone.
    pub(crate) removed: Vec<String>,
    /// The old and the new path of files that have another one; of these, only what has changed is asked for.
    pub(crate) renamed: Vec<(String, String)>,
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
    /// commit in common), where B is what is checked out. What isn't committed yet counts. `read` gives the files of a
    /// commit that would be selected from.
    ///
    /// # Errors
    /// See [`ChangesError`].
    pub(crate) fn since(
        range: &str,
        git: Option<&Git>,
        corpus: &Corpus,
        root: &Path,
        read: &dyn Fn(&Git, &str) -> Result<Checkout, GitError>,
    ) -> Result<Self, ChangesError> {
        let git = git.ok_or(ChangesError::NoRepository)?;
        let base = base(range, git)?;
        let before = read(git, &base)?.files;
        let mut asked: Vec<Asked> = Vec::new();
        let mut added: Vec<usize> = Vec::new();
        for (file, now) in corpus.files.iter().enumerate() {
            match before.binary_search_by(|old| old.path.cmp(&now.path)) {
                // Without reading the texts of files that haven't changed.
                Ok(at) if before[at].hash == now.hash => {}
                Ok(at) => asked.extend(changed(file, &before[at], now)),
                Err(_) => added.push(file),
            }
        }
        let removed = removed(git, corpus, root, &before)?;
        let news: Vec<&SourceFile> = added.iter().map(|&file| &corpus.files[file]).collect();
        let pairs = renames::pairs(&removed, &news);
        let mut origins = vec![None; news.len()];
        let mut is_renamed = vec![false; removed.len()];
        for &(old, new) in &pairs {
            (origins[new], is_renamed[old]) = (Some(removed[old]), true);
        }
        let mut renamed = Vec::new();
        for (&file, origin) in added.iter().zip(origins) {
            let now = &corpus.files[file];
            match origin {
                Some(old) => {
                    renamed.push((old.path.clone(), now.path.clone()));
                    asked.extend(changed(file, old, now));
                }
                None => asked.push(Asked { file, lines: Vec::new(), by: PinnedBy::Change }),
            }
        }
        let removed = removed.iter().zip(is_renamed).filter(|(_, is_renamed)| !is_renamed);
        let removed: Vec<String> = removed.map(|(file, _)| file.path.clone()).collect();
        if asked.is_empty() && removed.is_empty() && renamed.is_empty() {
            return Err(ChangesError::Nothing(range.to_owned()));
        }
        let length = |asked: &Asked| match asked.lines.is_empty() {
            true => corpus.files[asked.file].text.lines().count(),
            false => asked.lines.iter().map(|lines| (lines.end - lines.start + 1) as usize).sum(),
        };
        asked.sort_by_cached_key(|asked| {
            let kind = corpus.files[asked.file].kind;
            (precedence(kind), Reverse(length(asked)), asked.file)
        });
        Ok(Self { asked, removed, renamed, subjects: subjects(git, &base, corpus)? })
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

    /// Lines for the head of the pack, whose `budget` is in tokens of this encoding, about files that aren't there any
    /// more, or elsewhere.
    pub(crate) fn notes(&self, budget: usize, encoding: Encoding) -> Vec<String> {
        let fits = |name: &str, before: &mut usize| {
            *before += tokens::count(encoding, name) + 1;
            *before <= budget / NAMES_SHARE
        };
        let renamed = self.renamed.iter().map(|(old, new)| format!("{old} → {new}"));
        let removed = self.removed.iter().cloned();
        let notes = [named("Renamed", renamed, fits), named("Removed files", removed, fits)];
        notes.into_iter().flatten().collect()
    }
}

/// A line with the first [`MAX_NAMED`] of `all`, as far as each `fits` with those before it; none if there are none.
fn named(
    what: &str,
    all: impl ExactSizeIterator<Item = String>,
    fits: impl Fn(&str, &mut usize) -> bool,
) -> Option<String> {
    let (count, mut tokens) = (all.len(), 0);
    let first: Vec<String> =
        all.take(MAX_NAMED).take_while(|name| fits(name, &mut tokens)).collect();
    let (more, first) = (count - first.len(), first.join(", "));
    match (more, first.is_empty()) {
        (0, true) => None,
        (0, false) => Some(format!("{what}: {first}")),
        (more, true) => Some(format!("{what}: {more}")),
        (more, false) => Some(format!("{what}: {first} and {more} more")),
    }
}

/// The files of the commit `before` that are neither selected from nor on disk any more. What a sparse checkout
/// excludes isn't on disk either, but still there.
fn removed<'b>(
    git: &Git,
    corpus: &Corpus,
    root: &Path,
    before: &'b [SourceFile],
) -> Result<Vec<&'b SourceFile>, GitError> {
    let is_missing = |file: &&SourceFile| {
        corpus.files.binary_search_by(|now| now.path.cmp(&file.path)).is_err()
            && root.join(&file.path).symlink_metadata().is_err()
    };
    let mut missing: Vec<&SourceFile> = before.iter().filter(is_missing).collect();
    if !missing.is_empty() {
        let elsewhere = git.outside_sparse_checkout()?;
        missing.retain(|file| elsewhere.binary_search(&file.path).is_err());
    }
    Ok(missing)
}

/// The lines of a file that have changed. None, if only its line ends have: `core.autocrlf` changes these without
/// anybody's doing.
fn changed(file: usize, old: &SourceFile, now: &SourceFile) -> Option<Asked> {
    let lines = changed_lines(&old.text, &now.text);
    (!lines.is_empty()).then_some(Asked { file, lines, by: PinnedBy::Change })
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

/// The lines of `now` that `old` hasn't; of what was only removed, the lines around it. A line end at the end of the
/// file is a change of the last line.
fn changed_lines(old: &str, now: &str) -> Vec<LineRange> {
    let has_last_end_changed = old.ends_with('\n') != now.ends_with('\n');
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
    let ops = capture_diff_slices(Algorithm::Myers, &old, &now);
    let mut lines: Vec<LineRange> = ops.into_iter().filter_map(changed).collect();
    if lines.is_empty() && has_last_end_changed {
        lines.push(LineRange { start: last, end: last });
    }
    lines
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
        assert_eq!(lines("a\nb\nc\nd\ne"), [(5, 5)], "the end of the last line");
        assert_eq!(lines("a\r\nb\r\nc\r\nd\r\ne\r\n"), [], "other line ends");
    }
}
