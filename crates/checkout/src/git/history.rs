//! The newest commits: their messages and the paths they changed.
//!
//! They are read from git's database ([`walk`]). Where that isn't of the usual kind, one `git log` is run, with all
//! settings switched off that could change its output or run a program: checking signatures, ordering paths by a file,
//! following renames, mapping names.

use std::collections::HashMap;
use std::io::{self, BufRead};
use std::ops::ControlFlow;

use rayon::prelude::*;
use select::{Commit, History, HistoryStatus};

use crate::credential_paths;
use crate::git::commit::{self, COMMIT_LIMIT};
use crate::git::database::Database;
use crate::git::kept_history::{About, KeptCommit, KeptHistory, Told, UnkeptHistory};
use crate::git::objects::{self, Lookup};
use crate::git::walk::{self, WalkedCommit};
use crate::git::{Git, GitError, Head};

/// The number of commits. By hand: further ones are hardly ever similar to a task.
const COMMITS: usize = 2_000;
/// The same for git.
const MAX_COUNT: &str = "--max-count=2000";
/// Commits that change more paths are mass changes, which say nothing about a task. By hand.
const PATHS: usize = 30;
/// The length in bytes to which messages are truncated. By hand.
const MESSAGE_LIMIT: usize = 16 * 1024;
/// The length in bytes to which fields are truncated. By hand: no path and no message is as long.
const FIELD_LIMIT: usize = 1 << 20;

/// Messages that one thread redacts at once. By hand: it takes about a tenth of a millisecond.
const MESSAGES_AT_ONCE: usize = 100;

/// The format of a commit: its id and its parents, its committer time, its message.
const FORMAT: &str = "--format=%H %P%n%ct%n%B";

pub(super) fn read(git: &Git) -> Result<History, GitError> {
    let Some(head) = &git.head else { return Ok(History::default()) };
    let commits = redacted(list(git, &head.id)?);
    let is_cut = is_cut(git, &commits)?;
    Ok(history(head, commits, is_cut))
}

/// As [`read`], by what was kept the last time: the history of the same HEAD is taken from there, and of another one
/// only the commits that are new are read. With the history is what has to be kept, if it wasn't.
pub(super) fn read_by_cache(git: &Git) -> Result<(History, Option<UnkeptHistory>), GitError> {
    let Some(head) = &git.head else { return Ok((History::default(), None)) };
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
            return Ok((history(head, commits, about.is_cut), None));
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
    let unkept = UnkeptHistory::new(&git.root, about, &commits);
    Ok((history(head, commits, is_cut), unkept))
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
    listed.into_par_iter().with_min_len(MESSAGES_AT_ONCE).map(redact).collect()
}

/// The commits up to `head`, of which some are `known`.
fn extended(git: &Git, head: &str, known: Vec<KeptCommit>) -> Result<Vec<KeptCommit>, GitError> {
    let mut known: HashMap<String, KeptCommit> =
        known.into_iter().map(|commit| (commit.id.clone(), commit)).collect();
    let is_new = |id: &str| !known.contains_key(id);
    let (ids, new) = match walked(git, head, &is_new) {
        Some(read) => read,
        None => new_by_git(git, head, &is_new)?,
    };
    known.extend(redacted(new).into_iter().map(|commit| (commit.id.clone(), commit)));
    Ok(ids.iter().filter_map(|id| known.remove(id)).collect())
}

/// The ids of the commits up to `head`, and those of the commits that are new.
type Read = (Vec<String>, Vec<Listed>);

/// Reads the commits up to `head` from git's database; `None` if git has to be asked.
fn walked(git: &Git, head: &str, is_new: &dyn Fn(&str) -> bool) -> Option<Read> {
    let mut database = git.runner.database()?;
    let commits = walk::newest(&mut database, head, &git.runner.shallow_ids()?, COMMITS)?;
    let new = commits.iter().filter(|commit| is_new(&commit.id));
    let listed =
        new.map(|commit| Listed::read(git, &mut database, commit)).collect::<Option<_>>()?;
    Some((commits.into_iter().map(|commit| commit.id).collect(), listed))
}

fn new_by_git(git: &Git, head: &str, is_new: &dyn Fn(&str) -> bool) -> Result<Read, GitError> {
    let arguments = ["rev-list", "--no-merges", MAX_COUNT, head, "--"];
    let ids: Vec<String> = git.runner.run(&arguments, &[], |out| out.lines().collect())?;
    let new: Vec<&str> = ids.iter().map(String::as_str).filter(|id| is_new(id)).collect();
    let mut listed = Vec::new();
    if !new.is_empty() {
        let arguments = log_arguments(&["--no-walk=unsorted", "--stdin"]);
        listed = git.runner.run(&arguments, &new, |out| parse(git, out))?;
    }
    Ok((ids, listed))
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
#[derive(Debug, Default, PartialEq, Eq)]
struct Listed {
    id: String,
    /// Whether it has a parent in this clone.
    parent: bool,
    time: i64,
    message: String,
    /// The number of paths that it changed, inside or outside the root, as far as that matters.
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

    /// Reads what a commit changed; `None` if git has to be asked.
    fn read(git: &Git, database: &mut Database, commit: &WalkedCommit) -> Option<Self> {
        let message = commit.message();
        let message = &message[..message.len().min(MESSAGE_LIMIT)];
        let mut listed = Self {
            id: commit.id.clone(),
            parent: commit.has_parent(),
            time: commit.time(),
            message: String::from_utf8_lossy(message).into_owned(),
            ..Self::default()
        };
        commit.changes(database, &mut |_, change| {
            let is_counted = !change.is_submodule();
            Some(if is_counted { listed.add(git, change.path) } else { ControlFlow::Continue(()) })
        })?;
        Some(listed)
    }

    /// Adds a path that the commit changed; breaks off where further ones don't matter.
    fn add(&mut self, git: &Git, path: &[u8]) -> ControlFlow<()> {
        self.changes += 1;
        if self.changes > PATHS {
            return ControlFlow::Break(());
        }
        self.paths.extend(git.inside(path));
        ControlFlow::Continue(())
    }

    fn tells_something(&self) -> bool {
        self.parent && self.changes <= PATHS && !self.paths.is_empty()
    }
}

fn list(git: &Git, head: &str) -> Result<Vec<Listed>, GitError> {
    match walked(git, head, &|_| true) {
        Some((_, listed)) => Ok(listed),
        None => listed_by_git(git, head),
    }
}

fn listed_by_git(git: &Git, head: &str) -> Result<Vec<Listed>, GitError> {
    let arguments = log_arguments(&["--no-merges", MAX_COUNT, head, "--"]);
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
                let _ = commit.add(git, path);
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

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;
    use select::{Hunk, Patch};
    use testkit::TempRepo;

    use std::fs;

    use super::*;
    use crate::git::patches;

    /// How far back its parents are, its time, and its changes: a path and what happens there.
    type Made = (Vec<usize>, u8, Vec<(u8, u8)>);

    /// What git imports as a commit.
    fn commit(at: usize, (parents, time, changes): &Made) -> String {
        let mut text = format!("commit refs/heads/main\nmark :{}\n", at + 1);
        // Some have the same time, and some are older than their parents.
        let time = 1_000_000_000 + at as u64 / 2 * 100 + u64::from(*time);
        let message = ["one\n", "two\n\nmore", "", "\n\nlate\n", "gr\u{fc}n\r\n"][at % 5];
        writeln!(text, "committer A, B <a@b> {time} -0730\ndata {}\n{message}", message.len())
            .unwrap();
        let mut parents: Vec<usize> = parents.iter().map(|&back| at.saturating_sub(back)).collect();
        parents.retain(|&parent| parent > 0);
        parents.dedup();
        for (n, parent) in parents.iter().enumerate() {
            writeln!(text, "{} :{parent}", ["from", "merge"][n.min(1)]).unwrap();
        }
        if parents.is_empty() && at > 0 {
            text.push_str("from 0000000000000000000000000000000000000000\n");
        }
        let paths =
            ["a", "a.b", "a/b", "a/b/c", "a0", "d/e/f.rs", "d/e/g h", "d/\u{fc}", "z/y", "z.y"];
        for &(path, kind) in changes {
            let path = paths[usize::from(path) % paths.len()];
            match kind % 8 {
                0 => writeln!(text, "D {path}").unwrap(),
                1 => writeln!(text, "M 160000 {:040x} {path}", at + 1).unwrap(),
                2 => writeln!(text, "M 120000 inline {path}\ndata 1\nx").unwrap(),
                3 => (0..40).for_each(|n| {
                    writeln!(text, "M 644 inline many/{n}\ndata 1\n{}", at % 7).unwrap()
                }),
                kind => {
                    let mode = ["644", "755"][usize::from(kind) % 2];
                    writeln!(text, "M {mode} inline {path}\ndata 1\n{}", at % 10).unwrap();
                }
            }
        }
        text
    }

    fn imported(commits: &[Made]) -> TempRepo {
        let repo = TempRepo::new();
        let text: String = commits.iter().enumerate().map(|(at, c)| commit(at, c)).collect();
        let arguments = ["fast-import", "--quiet", "--force", "--date-format=raw-permissive"];
        repo.git_with(&arguments, text.as_bytes());
        repo
    }

    fn assert_walked_as_listed(folder: &std::path::Path) {
        let git = Git::open(folder).unwrap();
        let head = git.head().unwrap().id.clone();
        let (ids, walked) = walked(&git, &head, &|_| true).unwrap();
        let mut listed = listed_by_git(&git, &head).unwrap();
        // Further paths aren't counted.
        listed.iter_mut().for_each(|commit| commit.changes = commit.changes.min(PATHS + 1));
        assert_eq!(walked, listed);

        let (mut database, shallow) =
            (git.runner.database().unwrap(), git.runner.shallow_ids().unwrap());
        let read = |id: &String| patches::from_database(&git, &mut database, &shallow, id).unwrap();
        let own: Vec<Patch> = ids.iter().filter_map(read).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let printed = patches::from_git(&git, &ids).unwrap();
        // Of what was a submodule, git prints a line that is in no file.
        let is_of_file = |hunk: &Hunk| {
            let lines = || hunk.removed.iter().chain(&hunk.added);
            !lines().any(|line| line.starts_with("Subproject commit "))
        };
        let with_hunks = |patches: Vec<Patch>| -> Vec<Patch> {
            let of_files = |patch: Patch| {
                let hunks = patch.hunks.into_iter().filter(is_of_file).collect();
                Patch { hunks, ..patch }
            };
            patches.into_iter().map(of_files).filter(|patch| !patch.hunks.is_empty()).collect()
        };
        assert_eq!(with_hunks(own), with_hunks(printed));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn the_database_says_what_git_says(
            commits in prop::collection::vec(
                (
                    prop::collection::vec(1_usize..4, 1..3),
                    0_u8..150,
                    prop::collection::vec((0_u8..10, 0_u8..8), 0..4),
                ),
                1..60,
            ),
        ) {
            let repo = imported(&commits);
            assert_walked_as_listed(repo.path());
            for arguments in [
                &["repack", "-adfq", "--depth=50", "--window=50"][..],
                &["-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq"],
            ] {
                repo.git(arguments);
                assert_walked_as_listed(repo.path());
            }
            let depth = format!("--depth={}", commits.len().div_ceil(2));
            let shallow = TempRepo::clone_of(&repo, &[&depth, "--no-checkout"]);
            assert_walked_as_listed(shallow.path());
        }
    }

    #[test]
    fn what_is_unusual_is_left_to_git() {
        let repo = TempRepo::new();
        repo.write("a", "1").commit("first");
        let is_walked = |repo: &TempRepo| {
            let git = Git::open(repo.path()).unwrap();
            let head = git.head().unwrap().id.clone();
            walked(&git, &head, &|_| true).is_some()
        };
        assert!(is_walked(&repo));
        let borrowing = TempRepo::folder();
        repo.git(&["clone", "-q", "--shared", ".", &borrowing.path().display().to_string()]);
        assert!(!is_walked(&borrowing), "objects are elsewhere");
        repo.git(&["-c", "i18n.commitEncoding=ISO-8859-1", "commit", "-q", "--allow-empty", "-mx"]);
        assert!(!is_walked(&repo), "a message that isn't UTF-8");
        let other = TempRepo::with_object_format("sha256");
        other.write("a", "1").commit("first");
        assert!(!is_walked(&other), "long ids");
    }

    /// Whatever the bytes of a database are, reading it ends, with what they say or with `None`.
    #[test]
    fn damaged_databases_are_read_to_an_end() {
        let repo = TempRepo::new();
        for round in 0..40 {
            let text: String =
                (0..60).map(|line| format!("{}\n", line * (round % 7 + 1))).collect();
            repo.write("src/a.rs", text).write(format!("b/{}.rs", round % 9), round.to_string());
            repo.commit(&format!("round {round}"));
        }
        repo.git(&["repack", "-adfq", "--depth=50", "--window=50"]);
        let git = Git::open(repo.path()).unwrap();
        let head = git.head().unwrap().id.clone();
        let read = || -> Option<Vec<String>> {
            let (ids, _) = walked(&git, &head, &|_| true)?;
            let (mut database, shallow) = (git.runner.database()?, git.runner.shallow_ids()?);
            for id in &ids {
                let _ = patches::from_database(&git, &mut database, &shallow, id);
            }
            Some(ids)
        };
        let whole = read().unwrap();
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random % below as u64) as usize
        };
        let packs = repo.path().join(".git/objects/pack").read_dir().unwrap();
        for file in packs.map(|entry| entry.unwrap().path()) {
            if !file.extension().is_some_and(|kind| kind == "pack" || kind == "idx") {
                continue;
            }
            let bytes = fs::read(&file).unwrap();
            for round in 0..300 {
                let mut damaged = bytes.clone();
                match round % 3 {
                    0 => damaged[next(bytes.len())] ^= 1 << next(8),
                    1 => damaged[next(bytes.len().min(1_200))] = next(256) as u8,
                    _ => damaged.truncate(next(bytes.len())),
                }
                fs::remove_file(&file).unwrap();
                fs::write(&file, damaged).unwrap();
                assert!(read().is_none_or(|ids| ids.len() <= whole.len() && ids[0] == head));
            }
            fs::remove_file(&file).unwrap();
            fs::write(&file, bytes).unwrap();
        }
        assert_eq!(read().unwrap(), whole);
    }
}
