//! Trees as they are stored, and the paths that differ between two of them.

use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::rc::Rc;

use super::database::{Database, Id, Kind};
use super::shared;

/// The mode of a folder.
const FOLDER: u32 = 0o040_000;
/// The mode of a submodule.
const SUBMODULE: u32 = 0o160_000;
/// The size of an id in bytes.
const ID: usize = size_of::<Id>();
/// Folders in each other that are looked into. By hand: most systems have no paths of more than 4,096 bytes.
const DEPTH: usize = 1_024;

/// An entry of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TreeEntry<'t> {
    /// As git reads it: of the rights of a file, only whether it can be executed.
    mode: u32,
    name: &'t [u8],
    id: &'t Id,
}

/// Takes the next entry; `None` at the end, and of an inner `None` where the tree is damaged.
fn next<'t>(rest: &mut &'t [u8]) -> Option<Option<TreeEntry<'t>>> {
    if rest.is_empty() {
        return Some(None);
    }
    let blank = rest.iter().take(8).position(|&byte| byte == b' ')?;
    let mut mode = 0;
    for byte in &rest[..blank] {
        mode = mode * 8 + u32::from(byte.checked_sub(b'0').filter(|&digit| digit < 8)?);
    }
    let after = &rest[blank + 1..];
    let end = memchr::memchr(0, after).filter(|&end| end > 0)?;
    let (id, after_id) = after[end + 1..].split_first_chunk()?;
    *rest = after_id;
    Some(Some(TreeEntry { mode: canonical(mode), name: &after[..end], id }))
}

/// Skips the entries that both begin with.
fn skip_same(old: &mut &[u8], new: &mut &[u8]) {
    let same = shared::start(old, new);
    let mut start = 0;
    while let Some(end) = memchr::memchr(0, &old[start..same])
        && start + end + 1 + ID <= same
    {
        start += end + 1 + ID;
    }
    (*old, *new) = (&old[start..], &new[start..]);
}

fn canonical(mode: u32) -> u32 {
    match mode & 0o170_000 {
        0o100_000 if mode & 0o100 == 0 => 0o100_644,
        0o100_000 => 0o100_755,
        kind @ (0o120_000 | FOLDER) => kind,
        _ => SUBMODULE,
    }
}

impl TreeEntry<'_> {
    fn is_folder(&self) -> bool {
        self.mode == FOLDER
    }

    /// Whether it is a file, a link, a folder or a submodule.
    fn kind(&self) -> u32 {
        self.mode & 0o170_000
    }

    /// Git's order: of names as if those of folders ended in `/`.
    fn order(&self, other: &Self) -> Ordering {
        let shared = self.name.len().min(other.name.len());
        let after = |entry: &Self| {
            let end = entry.is_folder().then_some(b'/');
            entry.name.get(shared).copied().or(end)
        };
        let by_beginning = self.name[..shared].cmp(&other.name[..shared]);
        by_beginning.then_with(|| after(self).cmp(&after(other)))
    }
}

/// The id of what is at `path` in the tree `root`; an inner `None` if nothing is there.
pub(super) fn at(database: &mut Database, root: &Id, path: &str) -> Option<Option<Id>> {
    let mut id = *root;
    for part in path.split('/') {
        let tree = database.content(&id, Kind::Tree)?;
        let mut rest = tree.as_slice();
        id = loop {
            match next(&mut rest)? {
                Some(entry) if entry.name == part.as_bytes() => break *entry.id,
                Some(_) => {}
                None => return Some(None),
            }
        };
    }
    Some(Some(id))
}

/// A path that differs between two trees, and what each has there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change<'c> {
    pub(super) path: &'c [u8],
    old: Option<TreeEntry<'c>>,
    new: Option<TreeEntry<'c>>,
}

impl<'c> Change<'c> {
    /// Whether it is about a submodule.
    pub(super) fn is_submodule(&self) -> bool {
        self.old.or(self.new).is_some_and(|entry| entry.mode == SUBMODULE)
    }

    /// The blobs before and after: both where a file was changed; one at a time where it became something else.
    pub(super) fn blobs(&self) -> impl Iterator<Item = (Option<&'c Id>, Option<&'c Id>)> + use<'c> {
        let is_same_kind =
            self.old.zip(self.new).is_some_and(|(old, new)| old.kind() == new.kind());
        let blob = |entry: TreeEntry<'c>| (entry.mode != SUBMODULE).then_some(entry.id);
        let (old, new) = (self.old.and_then(blob), self.new.and_then(blob));
        let pairs = match is_same_kind {
            true => [(old, new), (None, None)],
            false => [(old, None), (None, new)],
        };
        pairs.into_iter().filter(|(old, new)| old != new)
    }
}

/// Calls `found` with each path that differs between two trees, in git's order, until it breaks off. `None` if git has
/// to be asked, or `found` fails.
pub(super) fn compare(
    database: &mut Database,
    old: Id,
    new: Id,
    found: &mut Found<'_>,
) -> Option<()> {
    let mut comparison = Comparison { database, path: Vec::new(), depth: 0, found };
    comparison.trees(Some(old), Some(new)).map(drop)
}

/// What is called with a difference.
pub(super) type Found<'f> = dyn FnMut(&mut Database, Change<'_>) -> Option<ControlFlow<()>> + 'f;

struct Comparison<'c, 'f> {
    database: &'c mut Database,
    /// That of the folder, with a `/` at its end unless it is empty.
    path: Vec<u8>,
    depth: usize,
    found: &'c mut Found<'f>,
}

impl Comparison<'_, '_> {
    fn trees(&mut self, old: Option<Id>, new: Option<Id>) -> Option<ControlFlow<()>> {
        let (old, new) = (self.tree(old)?, self.tree(new)?);
        self.database.spend(old.len() + new.len())?;
        let (mut olds, mut news) = (old.as_slice(), new.as_slice());
        skip_same(&mut olds, &mut news);
        let (mut before, mut after) = (next(&mut olds)?, next(&mut news)?);
        loop {
            let order = match (&before, &after) {
                (Some(before), Some(after)) => before.order(after),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return Some(ControlFlow::Continue(())),
            };
            let was = before.filter(|_| order.is_le());
            let is = after.filter(|_| order.is_ge());
            if was != is && self.entries(was, is)?.is_break() {
                return Some(ControlFlow::Break(()));
            }
            if order.is_eq() {
                skip_same(&mut olds, &mut news);
            }
            if order.is_le() {
                before = next(&mut olds)?;
            }
            if order.is_ge() {
                after = next(&mut news)?;
            }
        }
    }

    fn tree(&mut self, id: Option<Id>) -> Option<Rc<Vec<u8>>> {
        id.map_or(Some(Rc::default()), |id| self.database.content(&id, Kind::Tree))
    }

    /// What is different at one name.
    fn entries(
        &mut self,
        old: Option<TreeEntry<'_>>,
        new: Option<TreeEntry<'_>>,
    ) -> Option<ControlFlow<()>> {
        let Some(either) = new.or(old) else { return Some(ControlFlow::Continue(())) };
        let length = self.path.len();
        self.path.extend_from_slice(either.name);
        let flow = if either.is_folder() {
            self.depth += 1;
            if self.depth > DEPTH {
                return None;
            }
            self.path.push(b'/');
            let flow = self.trees(old.map(|entry| *entry.id), new.map(|entry| *entry.id))?;
            self.depth -= 1;
            flow
        } else {
            (self.found)(self.database, Change { path: &self.path, old, new })?
        };
        self.path.truncate(length);
        Some(flow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(entries: &[(&str, &str, u8)]) -> Vec<u8> {
        let bytes = |&(mode, name, id): &(&str, &str, u8)| {
            [format!("{mode} {name}\0").as_bytes(), &[id; ID]].concat()
        };
        entries.iter().flat_map(bytes).collect()
    }

    #[test]
    fn entries_that_are_the_same_are_skipped_whole() {
        let one = tree(&[("100644", "a", 0), ("40000", "b", 7), ("100644", "c", 1)]);
        for (other, left) in [
            (tree(&[("100644", "a", 0), ("40000", "b", 8), ("100644", "c", 1)]), 2),
            (tree(&[("100644", "a", 0), ("40000", "b", 7), ("100644", "cc", 1)]), 1),
            (tree(&[("100644", "a", 0)]), 2),
            (one.clone(), 0),
            (Vec::new(), 3),
        ] {
            let (mut olds, mut news) = (one.as_slice(), other.as_slice());
            skip_same(&mut olds, &mut news);
            let mut count = 0;
            while next(&mut olds).unwrap().is_some() {
                count += 1;
            }
            assert_eq!(count, left, "{other:?}");
        }
    }

    #[test]
    fn names_are_in_gits_order() {
        let tree = tree(&[("100644", "a.b", 0), ("40000", "a", 0), ("100644", "a0", 0)]);
        let mut rest = tree.as_slice();
        let mut last = next(&mut rest).unwrap().unwrap();
        while let Some(entry) = next(&mut rest).unwrap() {
            assert_eq!(last.order(&entry), Ordering::Less, "{last:?} {entry:?}");
            last = entry;
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..80)) {
            let mut rest = bytes.as_slice();
            while let Some(Some(_)) = next(&mut rest) {}
        }
    }
}
