//! What holds for the readers of git's files, whatever these contain: checked on what fuzzing found, and by the fuzz
//! targets themselves.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::database::{Database, Id, Kind, digits_of};
use super::diff::{add_hunks, text_of};
use super::index_file::{self, MOST_ENTRIES, MOST_PATH_BYTES};
use super::{config_file, head_file, is_object_id, layout, trees, walk};

/// The objects of one database: their ids are one byte, repeated.
const OBJECTS: usize = 200;
/// Commits from which a history is walked, and commits of each.
const HEADS: usize = 8;
const COMMITS: usize = 20;
/// Differences that are looked at in one comparison.
const CHANGES: usize = 200;

/// Takes the bytes for records, each of a kind, a length of two bytes, and as many bytes; makes a database of them in
/// `folder`, and reads all that it has.
///
/// Kinds from 0: a commit, a tree, a blob, a tag; a delta to the entry that is as far back as the first byte says; one
/// to the object with that byte as its id; a loose object, header and all; an entry of the pack, as it is; changes to
/// the pack, and to its index, of four bytes each: where (two), to what, and one that isn't used.
///
/// # Panics
/// When a law doesn't hold.
pub fn read_objects_lawfully(folder: &Path, mut bytes: &[u8]) {
    let mut made = Made::new(folder);
    while let Some((&[kind, low, high], rest)) = bytes.split_first_chunk()
        && made.places.len() < OBJECTS
    {
        let (content, rest) =
            rest.split_at(usize::from(u16::from_le_bytes([low, high])).min(rest.len()));
        made.add(kind % 10, content);
        bytes = rest;
    }
    let (ids, commits) = made.write();
    let Some(mut database) = Database::open(folder) else { return };
    for id in &ids {
        let (first, again) = (database.object(id), database.object(id));
        assert_eq!(first.is_some(), again.is_some(), "an object is there or it isn't");
        if let Some((first, again)) = first.zip(again) {
            assert_eq!((first.kind, first.content), (again.kind, again.content));
        }
        let _ = trees::at(&mut database, id, "a/b");
    }
    for head in commits.iter().take(HEADS) {
        read_history(&mut database, &digits_of(head), &ids);
    }
}

/// Reads what the commits up to `head` say and change.
fn read_history(database: &mut Database, head: &str, ids: &[Id]) {
    assert_eq!(walk::time(database, head), walk::time(database, head));
    let _ = walk::blob(database, head, "a/b");
    let cut: HashSet<Id> = ids.iter().take(1).copied().collect();
    for shallow in [HashSet::new(), cut] {
        let Some(commits) = walk::newest(database, head, &shallow, COMMITS) else { continue };
        assert!(commits.len() <= COMMITS);
        for commit in &commits {
            assert!(!commit.message().contains(&0));
            let mut found = 0;
            let _ = commit.changes(database, &mut |database, change| {
                assert!(!change.path.is_empty());
                for (old, new) in change.blobs() {
                    let mut text =
                        |id: Option<&Id>| id.and_then(|id| database.content(id, Kind::Blob));
                    let (old, new) = (text(old).unwrap_or_default(), text(new).unwrap_or_default());
                    diff_lawfully(&old, &new);
                }
                found += 1;
                Some(if found < CHANGES {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                })
            });
        }
    }
}

/// What is removed is in the old text, at its place, and what is added is in the new one.
fn diff_lawfully(old: &[u8], new: &[u8]) {
    let lines = |text: &[u8]| text.split(|&byte| byte == b'\n').map(text_of).collect::<Vec<_>>();
    let (olds, news) = (lines(old), lines(new));
    let mut hunks = Vec::new();
    add_hunks("a", old, new, &mut hunks);
    for hunk in hunks {
        if !hunk.removed.is_empty() {
            let start = hunk.old_start as usize - 1;
            assert_eq!(olds[start..start + hunk.removed.len()], hunk.removed, "{}", hunk.old_start);
        }
        assert!(hunk.added.iter().all(|line| news.contains(line)), "{:?}", hunk.added);
    }
}

/// A database that is being made.
struct Made<'f> {
    folder: &'f Path,
    pack: Vec<u8>,
    /// Where in the pack each object is; `None` of a loose one.
    places: Vec<Option<usize>>,
    commits: Vec<Id>,
    pack_changes: Vec<u8>,
    index_changes: Vec<u8>,
}

impl<'f> Made<'f> {
    fn new(folder: &'f Path) -> Self {
        let pack = b"PACK\0\0\0\x02\0\0\0\0".to_vec();
        let (pack_changes, index_changes) = (Vec::new(), Vec::new());
        Self { folder, pack, places: Vec::new(), commits: Vec::new(), pack_changes, index_changes }
    }

    /// The id of the object with this number. None is zero.
    fn id(number: usize) -> Id {
        [number as u8 + 1; size_of::<Id>()]
    }

    fn add(&mut self, kind: u8, content: &[u8]) {
        let (id, place) = (Self::id(self.places.len()), self.pack.len());
        match kind {
            0..=3 => {
                self.commits.extend((kind == 0).then_some(id));
                self.entry(kind + 1, &[], content);
            }
            4 | 5 => {
                let Some((&to, delta)) = content.split_first() else { return };
                let base = match kind {
                    4 => {
                        let back = self.places.iter().rev().flatten().nth(usize::from(to));
                        offset(place - back.copied().unwrap_or(place))
                    }
                    _ => vec![to; size_of::<Id>()],
                };
                self.entry(if kind == 4 { 6 } else { 7 }, &base, delta);
            }
            6 => return self.loose(id, content),
            7 => self.pack.extend_from_slice(content),
            8 => return self.pack_changes.extend_from_slice(content),
            _ => return self.index_changes.extend_from_slice(content),
        }
        self.places.push(Some(place));
    }

    /// Adds an entry to the pack: its header, the base of a delta, and the content, deflated.
    fn entry(&mut self, kind: u8, base: &[u8], content: &[u8]) {
        let mut size = content.len() >> 4;
        let mut byte = kind << 4 | (content.len() & 15) as u8;
        while size > 0 {
            self.pack.push(byte | 0x80);
            byte = (size & 0x7f) as u8;
            size >>= 7;
        }
        self.pack.push(byte);
        self.pack.extend_from_slice(base);
        self.pack.extend(deflated(content));
    }

    fn loose(&mut self, id: Id, content: &[u8]) {
        let digits = digits_of(&id);
        let (folder, name) = digits.split_at(2);
        let folder = self.folder.join("objects").join(folder);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(name), deflated(content)).expect("a loose object");
        self.places.push(None);
    }

    /// Writes the pack and its index; the ids of all objects, and of the commits.
    fn write(mut self) -> (Vec<Id>, Vec<Id>) {
        let packed = self.places.iter().enumerate().filter_map(|(at, place)| Some((at, (*place)?)));
        let packed: Vec<(Id, u32)> =
            packed.map(|(at, place)| (Self::id(at), place as u32)).collect();
        let count = packed.len() as u32;
        self.pack[8..12].copy_from_slice(&count.to_be_bytes());
        let mut index = b"\xfftOc\0\0\0\x02".to_vec();
        for first in 0..=u8::MAX {
            let up_to = packed.iter().filter(|(id, _)| id[0] <= first).count() as u32;
            index.extend(up_to.to_be_bytes());
        }
        index.extend(packed.iter().flat_map(|(id, _)| id));
        // Checksums, which aren't read.
        index.extend(vec![0; packed.len() * 4]);
        index.extend(packed.iter().flat_map(|(_, place)| place.to_be_bytes()));
        index.extend([0; 40]);
        change(&mut self.pack, &self.pack_changes);
        change(&mut index, &self.index_changes);
        let folder = self.folder.join("objects/pack");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("pack-a.pack"), &self.pack).expect("a pack");
        fs::write(folder.join("pack-a.idx"), &index).expect("an index");
        ((0..self.places.len()).map(Self::id).collect(), self.commits)
    }
}

/// How far back a base is, as a pack says it (`gitformat-pack`).
fn offset(mut back: usize) -> Vec<u8> {
    let mut bytes = vec![(back & 0x7f) as u8];
    while back > 0x7f {
        back = (back >> 7) - 1;
        bytes.insert(0, (back & 0x7f) as u8 | 0x80);
    }
    bytes
}

fn deflated(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).and_then(|()| encoder.finish()).expect("memory")
}

fn change(file: &mut [u8], changes: &[u8]) {
    for &[low, high, to, _] in changes.as_chunks().0 {
        let at = usize::from(u16::from_le_bytes([low, high])) % file.len();
        file[at] = to;
    }
}

/// Takes the bytes for one of git's other files, as the first of them says: an index, a configuration, `HEAD` with a
/// branch, `HEAD` with packed refs, or a `.git` that names a folder.
///
/// # Panics
/// When a law doesn't hold.
pub fn read_files_lawfully(folder: &Path, bytes: &[u8]) {
    let Some((&which, bytes)) = bytes.split_first() else { return };
    let git = folder.join(".git");
    let write = |name: &str, bytes: &[u8]| {
        let path = git.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    };
    match which % 6 {
        0 | 1 => {
            write("index", bytes);
            index_lawfully(&git, if which % 6 == 0 { 40 } else { 64 });
        }
        2 => {
            write("config", bytes);
            let is_plain = config_file::is_plain([git.as_path()]);
            // What is plain has a section before the first value.
            let text = String::from_utf8_lossy(bytes);
            let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            let first = lines.find(|line| !line.starts_with(['#', ';']));
            assert!(!is_plain || first.is_none_or(|line| line.starts_with('[')), "{text:?}");
        }
        3 => {
            let end = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
            write("HEAD", &bytes[..end]);
            write("refs/heads/main", &bytes[end..]);
            write("packed-refs", &bytes[end..]);
        }
        4 => {
            write("HEAD", b"ref: refs/heads/main\n");
            write("packed-refs", bytes);
        }
        _ => {
            fs::write(&git, bytes).expect("a file");
            write_outside(folder);
        }
    }
    let id = head_file::id(folder);
    assert!(id.is_none_or(|id| is_object_id(&id)));
    let _ = layout::Layout::of(folder).exclude();
}

/// A folder of git beside the one that the bytes name, in case they name it.
fn write_outside(folder: &Path) {
    fs::create_dir_all(folder.join("g")).expect("a folder");
    fs::write(folder.join("g/HEAD"), "0123456789012345678901234567890123456789\n").expect("a file");
}

/// An index names as many entries and bytes as are bounded, and the same ones each time.
fn index_lawfully(git: &Path, digits: usize) {
    let Some(index) = index_file::read(git, digits) else { return };
    let read = || {
        let (mut entries, mut bytes, mut last) = (0, 0, Vec::new());
        let whole = index.each(|_, path| {
            entries += 1;
            bytes += path.len();
            last.clear();
            last.extend_from_slice(path);
        });
        (whole, entries, bytes, last)
    };
    let first = read();
    assert!(first.1 <= MOST_ENTRIES && first.2 <= MOST_PATH_BYTES);
    assert_eq!(first, read());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replay(target: &str, law: fn(&Path, &[u8])) {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
        let mut count = 0;
        for entry in corpus.read_dir().unwrap() {
            let folder = tempfile::tempdir().unwrap();
            law(folder.path(), &fs::read(entry.unwrap().path()).unwrap());
            count += 1;
        }
        assert!(count >= 5, "{count} inputs");
    }

    #[test]
    fn the_corpus_of_git_objects_any_holds() {
        replay("git_objects_any", read_objects_lawfully);
    }

    #[test]
    fn the_corpus_of_git_files_any_holds() {
        replay("git_files_any", read_files_lawfully);
    }

    /// The records of a small history: two commits, a delta, a loose object.
    fn records() -> Vec<u8> {
        let id = |number: usize| digits_of(&Made::id(number));
        let raw = |number: usize| String::from_utf8(vec![number as u8 + 1; 20]).unwrap();
        let person = "A <a@b> 1700000000 +0000";
        let commit = |tree: usize, parent: String| {
            format!("tree {}\n{parent}author {person}\ncommitter {person}\n\nfix a\n", id(tree))
        };
        // 0 and 1: blobs; 2 and 3: trees; 4 and 5: commits; 6: a loose blob.
        // To the blob before it: its first 4 bytes, another line, and 2 bytes from 10 on.
        let delta = [&[0, 12, 12, 0x90, 4, 6], b"three\n".as_slice(), &[0x91, 10, 2]].concat();
        let parts: [(u8, Vec<u8>); 7] = [
            (2, b"one\ntwo\nxyz\n".to_vec()),
            (4, delta),
            (1, format!("100644 a\0{}", raw(0)).into_bytes()),
            (1, format!("100644 a\0{}100644 b\0{}", raw(1), raw(6)).into_bytes()),
            (0, commit(2, String::new()).into_bytes()),
            (0, commit(3, format!("parent {}\n", id(4))).into_bytes()),
            (6, b"blob 4\0abc\n".to_vec()),
        ];
        let record = |(kind, content): &(u8, Vec<u8>)| {
            [&[*kind], (content.len() as u16).to_le_bytes().as_slice(), content].concat()
        };
        parts.iter().flat_map(record).collect()
    }

    #[test]
    fn records_make_a_history_that_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let records = records();
        read_objects_lawfully(folder.path(), &records);
        let mut database = Database::open(folder.path()).unwrap();
        let commits =
            walk::newest(&mut database, &digits_of(&Made::id(5)), &HashSet::new(), 9).unwrap();
        assert_eq!(commits.len(), 2);
        assert_eq!(commits[0].message(), b"fix a\n");
        let mut paths = Vec::new();
        let mut found = |_: &mut Database, change: trees::Change<'_>| {
            paths.push(change.path.to_vec());
            Some(ControlFlow::Continue(()))
        };
        commits[0].changes(&mut database, &mut found).unwrap();
        assert_eq!(paths, [b"a", b"b"]);
        let made = database.content(&Made::id(1), Kind::Blob).unwrap();
        assert_eq!(String::from_utf8_lossy(&made), "one\nthree\nz\n");
    }
}
