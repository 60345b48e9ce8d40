//! Reads git's index file itself (`gitformat-index`), which is faster than to ask git for a list of a quarter of a
//! million paths, and runs nothing.
//!
//! An index that isn't a plain list of files (a split or a sparse one, a format from the future, a damaged file) is
//! left to git.

use std::path::Path;

use private_fs::Links;

/// The maximum size of the file in bytes. By hand: ten million entries.
const LIMIT: u64 = 1 << 30;
/// The maximum number of entries that are read. By hand: the largest known repositories have half as many.
pub(super) const MOST_ENTRIES: usize = 2_000_000;
/// The maximum number of bytes of all their paths: 128 for each. In version 4, an entry says how its path differs from
/// the one before it, so a megabyte of entries can stand for gigabytes of paths.
pub(super) const MOST_PATH_BYTES: usize = MOST_ENTRIES * 128;
/// The bytes of an entry before its object id.
const STAT: usize = 40;
/// Flags of an entry: another two bytes of flags follow; among those, that the file is outside the sparse checkout.
const EXTENDED: u16 = 0x4000;
const SKIP_WORKTREE: u16 = 0x4000;
/// The mode of a submodule.
const SUBMODULE: u32 = 0o160_000;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    /// A file or link of the work tree.
    File,
    /// One outside the sparse checkout.
    Sparse,
    Submodule,
}

/// The index in `folder`, whose object ids have `digits` digits; `None` if git has to be asked.
pub(super) fn read(folder: &Path, digits: usize) -> Option<IndexFile> {
    let bytes = private_fs::read(&folder.join("index"), Links::Follow, LIMIT).ok()?;
    Some(IndexFile { bytes, id: digits / 2 })
}

/// The bytes of an index.
#[derive(Debug)]
pub(super) struct IndexFile {
    bytes: Vec<u8>,
    /// The bytes of an object id.
    id: usize,
}

impl IndexFile {
    /// Calls `each` with every entry, up to [`MOST_ENTRIES`] and [`MOST_PATH_BYTES`]; `None` if git has to be asked,
    /// after some of them.
    pub(super) fn each(&self, mut each: impl FnMut(EntryKind, &[u8])) -> Option<()> {
        let id = self.id;
        let mut rest = self.bytes.strip_prefix(b"DIRC")?;
        let version = u32(&mut rest)?;
        if !(2..=4).contains(&version) {
            return None;
        }
        let (mut before, mut path_bytes) = (Vec::new(), 0);
        for read in 0..u32(&mut rest)? as usize {
            if read == MOST_ENTRIES {
                return Some(());
            }
            let begin = rest;
            let (stat, after) = rest.split_at_checked(STAT)?;
            rest = after.get(id..)?;
            let mode = u32(&mut stat.get(24..28)?)?;
            let flags = u16(&mut rest)?;
            let more = if flags & EXTENDED != 0 { u16(&mut rest)? } else { 0 };
            let kind = match mode {
                SUBMODULE => EntryKind::Submodule,
                _ if more & SKIP_WORKTREE != 0 => EntryKind::Sparse,
                _ => EntryKind::File,
            };
            if version == 4 {
                let kept = before.len().checked_sub(stripped(&mut rest)?)?;
                let (end, after) = until_nul(rest)?;
                rest = after;
                path_bytes += kept + end.len();
                if path_bytes > MOST_PATH_BYTES {
                    return Some(());
                }
                before.truncate(kept);
                before.extend_from_slice(end);
                each(kind, &before);
            } else {
                let (path, after) = until_nul(rest)?;
                // Entries are padded to eight bytes, with at least one.
                let length = begin.len() - after.len() - 1;
                rest = begin.get((length / 8 + 1) * 8..)?;
                each(kind, path);
            }
        }
        // Extensions whose names begin with a small letter have to be understood.
        while rest.len() > id {
            let (name, after) = rest.split_first_chunk::<4>()?;
            if !name[0].is_ascii_uppercase() {
                return None;
            }
            rest = after;
            let length = u32(&mut rest)? as usize;
            rest = rest.get(length..)?;
        }
        (rest.len() == id).then_some(())
    }
}

fn u32(bytes: &mut &[u8]) -> Option<u32> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    *bytes = rest;
    Some(u32::from_be_bytes(*number))
}

fn u16(bytes: &mut &[u8]) -> Option<u16> {
    let (number, rest) = bytes.split_first_chunk::<2>()?;
    *bytes = rest;
    Some(u16::from_be_bytes(*number))
}

/// The number of bytes to remove from the end of the path before, in git's encoding of lengths.
fn stripped(bytes: &mut &[u8]) -> Option<usize> {
    let mut number = 0_usize;
    for at in 0..5 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number = (number + usize::from(at > 0)) << if at > 0 { 7 } else { 0 };
        number |= usize::from(byte & 0x7f);
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn until_nul(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(0, bytes)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_of_a_commit_is_read_with_its_extensions() {
        let mut bytes = b"DIRC\0\0\0\x02\0\0\0\x01".to_vec();
        let mut entry = [0; 72];
        entry[24..28].copy_from_slice(&0o100_644_u32.to_be_bytes());
        entry[61] = 4;
        entry[62..66].copy_from_slice(b"a.rs");
        bytes.extend(entry);
        bytes.extend(b"TREE\0\0\0\x03abc");
        bytes.extend([7; 20]);
        let mut found = Vec::new();
        let index = IndexFile { bytes: bytes.clone(), id: 20 };
        index.each(|kind, path| found.push((kind, path.to_vec()))).unwrap();
        assert_eq!(found, [(EntryKind::File, b"a.rs".to_vec())]);
        let place = bytes.len() - 31;
        bytes[place] = b't';
        assert_eq!(
            IndexFile { bytes, id: 20 }.each(|_, _| {}),
            None,
            "one that has to be understood"
        );
    }

    /// An index of version 4 whose entries each keep all of the path before them.
    fn paths_that_grow(entries: u32, first: usize) -> IndexFile {
        let mut bytes = b"DIRC\0\0\0\x04".to_vec();
        bytes.extend(entries.to_be_bytes());
        for at in 0..entries {
            bytes.extend([0; 62]);
            bytes.push(0);
            bytes.extend(vec![b'a'; if at == 0 { first } else { 1 }]);
            bytes.push(0);
        }
        bytes.extend([7; 20]);
        IndexFile { bytes, id: 20 }
    }

    #[test]
    fn a_small_file_names_a_bounded_number_of_bytes() {
        let sum = |index: IndexFile| {
            let mut sum = 0;
            index.each(|_, path| sum += path.len()).unwrap();
            sum
        };
        assert_eq!(sum(paths_that_grow(3, 4)), 4 + 5 + 6);
        let all = sum(paths_that_grow(20_000, 100_000));
        assert!((MOST_PATH_BYTES - 200_000..=MOST_PATH_BYTES).contains(&all), "{all}");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_parse(
            version in 2_u32..5,
            count in 0_u32..4,
            tail in proptest::collection::vec(proptest::num::u8::ANY, 0..300),
        ) {
            let mut bytes = b"DIRC".to_vec();
            bytes.extend(version.to_be_bytes());
            bytes.extend(count.to_be_bytes());
            bytes.extend(tail);
            let _ = IndexFile { bytes, id: 20 }.each(|_, _| {});
        }
    }
}
