//! Patches of single commits: read from git's database, or parsed from `diff-tree -p -U0` where git has to be asked.

use std::collections::{HashMap, HashSet};
use std::io::{self, BufRead, Read};
use std::ops::ControlFlow;
use std::rc::Rc;

use rayon::prelude::*;
use select::{Hunk, Patch};

use crate::git::database::{Database, Id, Kind};
use crate::git::{Git, GitError, diff, is_object_id, walk};

/// The maximum number of hunks of a commit; further ones are dropped. By hand.
pub(super) const HUNKS: usize = 400;
/// The maximum number of removed lines, and of added lines, of a hunk. By hand.
pub(super) const LINES: usize = 400;
/// The length in bytes to which lines are truncated, with the mark before them. By hand.
pub(super) const LINE: usize = 1_000;
/// The fewest commits for which a thread opens the database anew. By hand: patches of a few take as long.
const COMMITS_AT_ONCE: usize = 5;

pub(super) fn read(git: &Git, commits: &[&str]) -> Result<Vec<Patch>, GitError> {
    let ids: Vec<&str> = commits.iter().copied().filter(|id| is_object_id(id)).collect();
    let share = ids.len().div_ceil(rayon::current_num_threads()).max(COMMITS_AT_ONCE);
    let read: Vec<_> = ids.par_chunks(share).map(|ids| from_own_database(git, ids)).collect();
    let (mut by_id, mut by_git): (HashMap<String, Patch>, Vec<&str>) = Default::default();
    for (patches, unread) in read {
        by_id.extend(patches.into_iter().map(|patch| (patch.commit.clone(), patch)));
        by_git.extend(unread);
    }
    let printed = from_git(git, &by_git)?.into_iter().map(redact);
    by_id.extend(printed.map(|patch| (patch.commit.clone(), patch)));
    Ok(ids.iter().filter_map(|&id| by_id.remove(id)).collect())
}

/// The patches of `ids` that are read from git's database, redacted, and the ids of those for which git has to be asked.
fn from_own_database<'i>(git: &Git, ids: &[&'i str]) -> (Vec<Patch>, Vec<&'i str>) {
    let (mut database, shallow) = (git.runner.database(), git.runner.shallow_ids());
    let (mut patches, mut by_git) = (Vec::new(), Vec::new());
    for &id in ids {
        let sources = database.as_mut().zip(shallow.as_ref());
        match sources.and_then(|(database, shallow)| from_database(git, database, shallow, id)) {
            Some(patch) => patches.extend(patch.map(redact)),
            None => by_git.push(id),
        }
    }
    (patches, by_git)
}

/// The patch of a commit, as an inner `None` if git would print nothing; `None` if git has to be asked.
pub(super) fn from_database(
    git: &Git,
    database: &mut Database,
    shallow: &HashSet<Id>,
    id: &str,
) -> Option<Option<Patch>> {
    let mut patch: Option<Patch> = None;
    walk::one(database, id, shallow)?.changes(database, &mut |database, change| {
        let empty = || Patch { commit: id.to_owned(), hunks: Vec::new() };
        let hunks = &mut patch.get_or_insert_with(empty).hunks;
        let Some(path) = path_in_header(git, change.path) else {
            return Some(ControlFlow::Continue(()));
        };
        for (old, new) in change.blobs() {
            let mut blob = |id: Option<&Id>| match id {
                Some(id) => database.content(id, Kind::Blob),
                None => Some(Rc::default()),
            };
            diff::add_hunks(&path, &blob(old)?, &blob(new)?, hunks);
        }
        let is_full = hunks.len() == HUNKS;
        Some(if is_full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Some(patch)
}

/// A path as it is found in a patch that git prints, relative to the root.
fn path_in_header(git: &Git, path: &[u8]) -> Option<String> {
    let is_printed = !path.iter().any(u8::is_ascii_control);
    git.inside(String::from_utf8_lossy(path).as_bytes()).filter(|_| is_printed)
}

/// The patches of `ids` as git prints them.
pub(super) fn from_git(git: &Git, ids: &[&str]) -> Result<Vec<Patch>, GitError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let arguments = [
        "diff-tree",
        "--stdin",
        "-r",
        "-p",
        "-U0",
        // As in the history: ids that aren't read needn't be abbreviated.
        "--full-index",
        "--no-renames",
        "--no-ext-diff",
        "--no-textconv",
        "--no-color",
        "--ignore-submodules=all",
        "--src-prefix=a/",
        "--dst-prefix=b/",
        "--diff-algorithm=default",
    ];
    match git.runner.run(&arguments, ids, |out| Parser::new(git).run(out)) {
        // A partial clone may lack the blobs of one commit and have those of the others.
        Err(GitError::Failed(_)) if ids.len() > 1 => {
            let (first, second) = ids.split_at(ids.len() / 2);
            Ok([from_git(git, first)?, from_git(git, second)?].concat())
        }
        Err(GitError::Failed(_)) => Ok(Vec::new()),
        patches => patches,
    }
}

/// Parses patches line by line. The number of lines of a hunk is known from its header, so that no line of a
/// file is mistaken for a header.
struct Parser<'g> {
    git: &'g Git,
    patches: Vec<Patch>,
    /// The paths after `--- a/` and `+++ b/`, relative to the root; `None` for `/dev/null`, and for paths outside
    /// the root.
    before: Option<String>,
    after: Option<String>,
    /// The removed and added lines of the current hunk that are still to come.
    removed: usize,
    added: usize,
    /// Whether the current hunk is kept.
    kept: bool,
}

impl<'g> Parser<'g> {
    fn new(git: &'g Git) -> Self {
        Self {
            git,
            patches: Vec::new(),
            before: None,
            after: None,
            removed: 0,
            added: 0,
            kept: false,
        }
    }

    fn run(mut self, out: &mut impl BufRead) -> io::Result<Vec<Patch>> {
        let mut line = Vec::new();
        while read_line(out, &mut line)? {
            if self.removed + self.added > 0 {
                self.body(&line);
            } else {
                self.header(&line);
            }
        }
        Ok(self.patches)
    }

    fn body(&mut self, line: &[u8]) {
        let Some((mark, text)) = line.split_first() else { return };
        let left = match mark {
            b'-' => &mut self.removed,
            b'+' => &mut self.added,
            _ => return,
        };
        *left = left.saturating_sub(1);
        if !self.kept {
            return;
        }
        let hunk = self.patches.last_mut().and_then(|patch| patch.hunks.last_mut());
        if let Some(hunk) = hunk {
            let lines = if *mark == b'-' { &mut hunk.removed } else { &mut hunk.added };
            if lines.len() < LINES {
                lines.push(String::from_utf8_lossy(text).trim_end_matches('\r').to_owned());
            }
        }
    }

    fn header(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        if let Some(path) = text.strip_prefix("--- ") {
            self.before = self.path(path, "a/");
        } else if let Some(path) = text.strip_prefix("+++ ") {
            self.after = self.path(path, "b/");
        } else if let Some(hunk) = text.strip_prefix("@@ ") {
            self.hunk(hunk);
        } else if is_object_id(&text) {
            self.patches.push(Patch { commit: text.into_owned(), hunks: Vec::new() });
        } else if text.starts_with("diff --git ") {
            (self.before, self.after) = (None, None);
        }
    }

    /// `-12,3 +12 @@ heading`
    fn hunk(&mut self, header: &str) {
        let (ranges, heading) = header.split_once(" @@").unwrap_or((header, ""));
        let (old, new) = ranges.split_once(' ').unwrap_or((ranges, ""));
        let (old_start, removed) = range(old);
        (self.removed, self.added) = (removed, range(new).1);
        let path = self.after.as_ref().or(self.before.as_ref());
        let patch = self.patches.last_mut().filter(|patch| patch.hunks.len() < HUNKS);
        self.kept = path.is_some() && patch.is_some();
        if let (Some(path), Some(patch)) = (path, patch) {
            patch.hunks.push(Hunk {
                path: path.clone(),
                old_start,
                heading: heading.trim().to_owned(),
                removed: Vec::new(),
                added: Vec::new(),
            });
        }
    }

    /// The path in a header, relative to the root. Git quotes names with `"`, `\` or control characters; files
    /// with control characters in their names aren't read, so only the first two are unquoted.
    fn path(&self, name: &str, side: &str) -> Option<String> {
        let name = match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
            Some(quoted) => unquote(quoted)?,
            // Git prints a tab after a name that contains a blank.
            None => name.strip_suffix('\t').unwrap_or(name).to_owned(),
        };
        self.git.inside(name.strip_prefix(side)?.as_bytes())
    }
}

/// The first line and the number of lines of `-12,3` or `+12` (one line).
fn range(range: &str) -> (u32, usize) {
    let (start, count) = range.split_once(',').unwrap_or((range, "1"));
    (start.trim_start_matches(['-', '+']).parse().unwrap_or(0), count.parse().unwrap_or(0))
}

fn unquote(quoted: &str) -> Option<String> {
    let mut name = String::with_capacity(quoted.len());
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => name.push(chars.next().filter(|c| matches!(c, '"' | '\\'))?),
            c => name.push(c),
        }
    }
    Some(name)
}

/// Reads a line without its end, keeping its first [`LINE`] bytes; false at the end.
fn read_line(out: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    out.by_ref().take(LINE as u64).read_until(b'\n', line)?;
    let any = !line.is_empty();
    if line.pop_if(|last| *last == b'\n').is_none() && any {
        out.skip_until(b'\n')?;
    }
    Ok(any)
}

fn redact(mut patch: Patch) -> Patch {
    for hunk in &mut patch.hunks {
        hunk.heading = secrets::redact(&hunk.heading).text.into_owned();
        redact_lines(&mut hunk.removed);
        redact_lines(&mut hunk.added);
    }
    patch
}

/// Redacts lines as one text, because a key may extend over several.
fn redact_lines(lines: &mut Vec<String>) {
    let text = lines.join("\n");
    let redacted = secrets::redact(&text);
    if !redacted.findings.is_empty() {
        *lines = redacted.text.split('\n').map(str::to_owned).collect();
    }
}

#[cfg(test)]
mod tests {
    use testkit::TempRepo;

    use super::*;

    #[test]
    fn the_database_has_the_hunks_that_git_prints() {
        let repo = TempRepo::new();
        let numbered = |count: usize, text: &str| {
            (0..count).map(|n| format!("{text} {n}\n\n\n")).collect::<String>()
        };
        let long_heading = format!("{}é and more\n", "w".repeat(79));
        let versions = [
            String::new(),
            "fn a() {\n    1\n}\n".to_owned(),
            "fn a() {\n    2\n}".to_owned(),
            "fn a() {\n    2\n}\r\n".to_owned(),
            "fn a() {\r\n    2\r\n}\r\n".to_owned(),
            format!("{long_heading}  x\n  y\n"),
            format!("{long_heading}  x\n  {}\n", "z".repeat(3_000)),
            numbered(500, "one"),
            numbered(500, "two"),
            "x\n".repeat(900),
            format!("{}\0", "x\n".repeat(900)),
            "x\0\n".to_owned(),
            "$x\n_y\n 1\n 2\n".to_owned(),
            "$x\n_y\n 1\n 3\n".to_owned(),
            String::new(),
        ];
        let mut ids = vec![repo.write("before", "1\n").commit("first")];
        ids.extend(versions.map(|version| repo.write("a b/c.rs", version).commit("next")));
        ids.push(repo.remove("a b/c.rs").write("a b/c.rs/d", "x\n").commit("a folder"));
        let git = Git::open(repo.path()).unwrap();
        let (mut database, shallow) =
            (git.runner.database().unwrap(), git.runner.shallow_ids().unwrap());
        let read = |id: &String| from_database(&git, &mut database, &shallow, id).unwrap();
        let own: Vec<Patch> = ids.iter().filter_map(read).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let printed = from_git(&git, &ids).unwrap();
        assert!(printed.len() > 12);
        assert_eq!(own, printed);
    }
}
