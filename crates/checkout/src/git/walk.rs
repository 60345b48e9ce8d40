//! The newest commits in git's own order, read without running git.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::rc::Rc;

use super::database::{Database, Id, Kind, digits_of, id_of};
use super::trees;

/// Commits that are looked at, merges among them. By hand: in most histories, less than half are merges.
const LOOKED_AT: usize = 100_000;
/// The digits of a time, at most: 31,000 years.
const TIME_DIGITS: usize = 12;

/// A commit that isn't a merge.
#[derive(Debug)]
pub(super) struct WalkedCommit {
    pub(super) id: String,
    commit: PlainCommit,
    /// The parent's tree, if this clone has the parent.
    parent: Option<Id>,
}

impl WalkedCommit {
    /// Whether this clone has the parent.
    pub(super) fn has_parent(&self) -> bool {
        self.parent.is_some()
    }

    /// Committer time, seconds since 1970 (UTC).
    pub(super) fn time(&self) -> i64 {
        self.commit.time
    }

    /// The message.
    pub(super) fn message(&self) -> &[u8] {
        let message = self.commit.object.get(self.commit.message..).unwrap_or_default();
        // Git prints no more.
        &message[..memchr::memchr(0, message).unwrap_or(message.len())]
    }

    /// Calls `found` with each path that the commit changed, until it breaks off; `None` if git has to be asked, or
    /// `found` fails.
    pub(super) fn changes(
        &self,
        database: &mut Database,
        found: &mut trees::Found<'_>,
    ) -> Option<()> {
        let Some(parent) = self.parent else { return Some(()) };
        trees::compare(database, parent, self.commit.tree, found)
    }
}

/// The newest `most` commits without merges up to `head`, as `git log` lists them, in a clone that is cut off at the
/// commits in `shallow`. `None` if git has to be asked.
pub(super) fn newest(
    database: &mut Database,
    head: &str,
    shallow: &HashSet<Id>,
    most: usize,
) -> Option<Vec<WalkedCommit>> {
    let mut walk = Walk { database, shallow, trees: HashMap::new(), found: BinaryHeap::new() };
    walk.find(id_of(head.as_bytes())?)?;
    let mut newest = Vec::new();
    while let Some(Found { id, commit, .. }) = walk.found.pop() {
        commit.parents.iter().try_for_each(|&parent| walk.find(parent))?;
        if walk.trees.len() > LOOKED_AT {
            return None;
        }
        if commit.parents.len() <= 1 {
            let parent = commit.parents.first().and_then(|parent| walk.trees.get(parent)).copied();
            newest.push(WalkedCommit { id: digits_of(&id), commit, parent });
            if newest.len() == most {
                break;
            }
        }
    }
    Some(newest)
}

/// The commit `id`, in a clone that is cut off at the commits in `shallow`; of a merge, as if it had no parent. `None` if
/// git has to be asked.
pub(super) fn one(
    database: &mut Database,
    id: &str,
    shallow: &HashSet<Id>,
) -> Option<WalkedCommit> {
    let own = id_of(id.as_bytes())?;
    let commit = PlainCommit::parse(database.content(&own, Kind::Commit)?)?;
    let parent = match commit.parents.as_slice() {
        [parent] if !shallow.contains(&own) => {
            Some(PlainCommit::parse(database.content(parent, Kind::Commit)?)?.tree)
        }
        _ => None,
    };
    Some(WalkedCommit { id: id.to_owned(), commit, parent })
}

/// The committer time of the commit `id`; `None` if git has to be asked.
pub(super) fn time(database: &mut Database, id: &str) -> Option<i64> {
    let object = database.content(&id_of(id.as_bytes())?, Kind::Commit)?;
    Some(PlainCommit::parse(object)?.time)
}

/// The id of what the commit `id` has at `path`, as `Some(None)` if it has nothing there; `None` if git has to be asked.
pub(super) fn blob(database: &mut Database, id: &str, path: &str) -> Option<Option<String>> {
    let object = database.content(&id_of(id.as_bytes())?, Kind::Commit)?;
    let found = trees::at(database, &PlainCommit::parse(object)?.tree, path)?;
    Some(found.map(|id| digits_of(&id)))
}

struct Walk<'w> {
    database: &'w mut Database,
    shallow: &'w HashSet<Id>,
    /// The trees of the commits that were found.
    trees: HashMap<Id, Id>,
    /// Those that weren't looked at.
    found: BinaryHeap<Found>,
}

impl Walk<'_> {
    fn find(&mut self, id: Id) -> Option<()> {
        if self.trees.contains_key(&id) {
            return Some(());
        }
        let mut commit = PlainCommit::parse(self.database.content(&id, Kind::Commit)?)?;
        if self.shallow.contains(&id) {
            commit.parents.clear();
        }
        let number = self.trees.len();
        self.trees.insert(id, commit.tree);
        self.found.push(Found { number, id, commit });
        Some(())
    }
}

/// A commit that was found as a parent of another one. The newest is the greatest; of the same time, the one that was
/// found first.
struct Found {
    number: usize,
    id: Id,
    commit: PlainCommit,
}

impl Found {
    fn key(&self) -> (i64, Reverse<usize>) {
        (self.commit.time, Reverse(self.number))
    }
}

impl Ord for Found {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Found {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Found {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Found {}

/// A commit whose header is as git writes it today, and whose message is in UTF-8 as far as the header says.
#[derive(Debug)]
struct PlainCommit {
    tree: Id,
    parents: Vec<Id>,
    time: i64,
    object: Rc<Vec<u8>>,
    /// Where in `object` the message begins.
    message: usize,
}

impl PlainCommit {
    /// `None` for any other commit.
    fn parse(object: Rc<Vec<u8>>) -> Option<Self> {
        let end = memchr::memmem::find(&object, b"\n\n")?;
        let mut lines = object[..end].split(|&byte| byte == b'\n').peekable();
        let tree = id_of(lines.next()?.strip_prefix(b"tree ")?)?;
        let mut parents = Vec::new();
        while let Some(line) = lines.next_if(|line| line.starts_with(b"parent ")) {
            parents.push(id_of(&line[b"parent ".len()..])?);
        }
        lines.next()?.strip_prefix(b"author ")?;
        let time = time_of(lines.next()?.strip_prefix(b"committer ")?)?;
        let mut encodings = lines.filter_map(|line| line.strip_prefix(b"encoding "));
        let is_utf8 = encodings.all(|name| name.eq_ignore_ascii_case(b"utf-8"));
        is_utf8.then_some(Self { tree, parents, time, object, message: end + 2 })
    }
}

/// The time in `NAME <ADDRESS> SECONDS +ZONE`.
fn time_of(person: &[u8]) -> Option<i64> {
    let at = memchr::memrchr(b'>', person)?;
    let stamp = str::from_utf8(&person[at + 1..]).ok()?.strip_prefix(' ')?;
    let (seconds, zone) = stamp.split_once(' ')?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let has_zone =
        zone.strip_prefix(['+', '-']).is_some_and(|zone| zone.len() == 4 && is_number(zone));
    let is_plain = has_zone && is_number(seconds) && (1..=TIME_DIGITS).contains(&seconds.len());
    is_plain.then(|| seconds.parse().ok())?
}
