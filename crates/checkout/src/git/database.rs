//! Reads objects from the files of git's database, without running git.
//!
//! Running git costs more than what is read here: a process, and for each of 2,000 commits the same trees once more.
//! Only what is usual is read: packs with an index of version 2, loose objects, ids of 40 digits. `None` says that git
//! has to be asked: for an object that is missing, damaged or larger than any that is needed, for a database that
//! borrows from another, and where more would be inflated than a history needs.
//!
//! The files are as hostile as the rest of a checkout. No size is believed before it is bounded, and every read is
//! bounded by the file.

mod delta;
mod inflate;
mod pack;
mod parts;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use private_fs::Links;

use inflate::Inflater;
use pack::{Entry, Pack};

/// The maximum size of an object in bytes. By hand: larger ones are neither commits nor trees, and no text that is read.
const OBJECT_LIMIT: usize = 16 << 20;
/// Bytes that are inflated, made of deltas or compared in all. By hand: twelve times what 2,000 commits of a large
/// repository take.
const WORK: u64 = 2 << 30;
/// Bytes of objects that are kept, because others are stored as deltas to them or contain them. By hand; twice that is
/// used.
const KEPT: usize = 8 << 20;
/// The maximum length of a chain of deltas: git makes none that are longer.
const CHAIN: usize = 4_096;
/// Bytes that the deltas of a chain have together at most. By hand: an object is made of less than its own size.
const CHAIN_LIMIT: usize = 4 * OBJECT_LIMIT;
/// The maximum number of packs. By hand: git merges them from 50.
const PACKS: usize = 1_000;

/// An object's id.
pub(super) type Id = [u8; 20];

/// The id that these 40 digits write.
pub(super) fn id_of(digits: &[u8]) -> Option<Id> {
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).filter(|_| !byte.is_ascii_uppercase());
    let mut id = Id::default();
    if pairs.len() != id.len() {
        return None;
    }
    for (byte, [high, low]) in id.iter_mut().zip(pairs) {
        *byte = (digit(*high)? * 16 + digit(*low)?) as u8;
    }
    Some(id)
}

/// The 40 digits of an id.
pub(super) fn digits_of(id: &Id) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    id.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Commit,
    Tree,
    Blob,
    Tag,
}

/// An object.
#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) kind: Kind,
    pub(super) content: Rc<Vec<u8>>,
}

/// An open database.
#[derive(Debug)]
pub(super) struct Database {
    /// The folder `objects`.
    folder: PathBuf,
    packs: Vec<Pack>,
    /// The pack in which the last object was found: the next one is likely to be there, too.
    last: usize,
    inflater: Inflater,
    kept: Kept,
}

impl Database {
    /// The database of the repository whose shared folder is `common`; `None` if it isn't one of the usual kind.
    pub(super) fn open(common: &Path) -> Option<Self> {
        let folder = common.join("objects");
        if folder.join("info/alternates").symlink_metadata().is_ok() {
            return None;
        }
        let mut indexes: Vec<PathBuf> = Vec::new();
        for entry in folder.join("pack").read_dir().into_iter().flatten() {
            let path = entry.ok()?.path();
            if path.extension().is_some_and(|extension| extension == "idx") {
                indexes.push(path);
            }
        }
        if indexes.len() > PACKS {
            return None;
        }
        indexes.sort_unstable();
        let packs = indexes.iter().map(|index| Pack::open(index)).collect::<Option<_>>()?;
        let (inflater, kept) = (Inflater::new(WORK), Kept::default());
        Some(Self { folder, packs, last: 0, inflater, kept })
    }

    /// The object with this id.
    pub(super) fn object(&mut self, id: &Id) -> Option<Object> {
        let others = (0..self.packs.len()).filter(|&pack| pack != self.last);
        for pack in [self.last].into_iter().chain(others) {
            if let Some(place) = self.packs.get_mut(pack).and_then(|pack| pack.find(id)) {
                self.last = pack;
                return self.packed(pack, place);
            }
        }
        self.loose(id)
    }

    /// The content of the object with this id, if it is of this kind.
    pub(super) fn content(&mut self, id: &Id, kind: Kind) -> Option<Rc<Vec<u8>>> {
        self.object(id).filter(|object| object.kind == kind).map(|object| object.content)
    }

    /// Counts bytes that are compared as work.
    pub(super) fn spend(&mut self, bytes: usize) -> Option<()> {
        self.inflater.spend(bytes)
    }

    /// The object at this place of a pack.
    fn packed(&mut self, pack: usize, place: u64) -> Option<Object> {
        let mut deltas: Vec<(u64, Vec<u8>)> = Vec::new();
        let (mut at, mut held) = (place, 0);
        let mut object = loop {
            if let Some(object) = self.kept.get((pack, at)) {
                break object;
            }
            let file = &mut self.packs[pack];
            at = match file.entry(at, &mut self.inflater)? {
                Entry::Whole(kind, content) => {
                    let object = Object { kind, content: Rc::new(content) };
                    self.kept.add((pack, at), &object);
                    break object;
                }
                Entry::DeltaTo(base, delta) => {
                    deltas.push((at, delta));
                    base
                }
                Entry::DeltaToId(id, delta) => {
                    deltas.push((at, delta));
                    file.find(&id)?
                }
            };
            held += deltas.last().map_or(0, |(_, delta)| delta.len());
            if deltas.len() > CHAIN || held > CHAIN_LIMIT {
                return None;
            }
        };
        while let Some((at, delta)) = deltas.pop() {
            let content = delta::apply(&object.content, &delta, OBJECT_LIMIT)?;
            self.inflater.spend(content.len())?;
            object = Object { kind: object.kind, content: Rc::new(content) };
            self.kept.add((pack, at), &object);
        }
        Some(object)
    }

    /// The object with this id, if it has a file of its own.
    fn loose(&mut self, id: &Id) -> Option<Object> {
        let digits = digits_of(id);
        let (folder, name) = digits.split_at(2);
        let file = self.folder.join(folder).join(name);
        let bytes = private_fs::read(&file, Links::Follow, OBJECT_LIMIT as u64).ok()?;
        let whole = self.inflater.whole(&bytes, OBJECT_LIMIT)?;
        let end = memchr::memchr(0, &whole)?;
        let (kind, size) = str::from_utf8(&whole[..end]).ok()?.split_once(' ')?;
        let kind = match kind {
            "commit" => Kind::Commit,
            "tree" => Kind::Tree,
            "blob" => Kind::Blob,
            "tag" => Kind::Tag,
            _ => return None,
        };
        let content = whole[end + 1..].to_vec();
        (size.parse() == Ok(content.len())).then(|| Object { kind, content: Rc::new(content) })
    }
}

/// Objects by pack and place. The older half is dropped as a whole when the newer one is full.
#[derive(Debug, Default)]
struct Kept {
    newer: HashMap<(usize, u64), Object>,
    older: HashMap<(usize, u64), Object>,
    /// Bytes in `newer`.
    bytes: usize,
}

impl Kept {
    fn get(&mut self, at: (usize, u64)) -> Option<Object> {
        if let Some(object) = self.newer.get(&at) {
            return Some(object.clone());
        }
        let object = self.older.remove(&at)?;
        self.add(at, &object);
        Some(object)
    }

    fn add(&mut self, at: (usize, u64), object: &Object) {
        if self.bytes > KEPT {
            self.older = std::mem::take(&mut self.newer);
            self.bytes = 0;
        }
        self.bytes += object.content.len();
        self.newer.insert(at, object.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_written() {
        let digits = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(digits_of(&id_of(digits.as_bytes()).unwrap()), digits);
        for wrong in ["", "01", &digits[1..], &digits.to_uppercase(), &digits.replace('a', "g")] {
            assert_eq!(id_of(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
