//! A pack and its index. The formats are described in git's `gitformat-pack`.

use std::path::Path;

use super::inflate::Inflater;
use super::parts::Parts;
use super::{Id, Kind, OBJECT_LIMIT};

/// Where an index's table of counts begins: after its mark and its version.
const COUNTS: u64 = 8;
/// The size of that table: for each first byte of an id, the number of ids up to it.
const COUNTS_SIZE: u64 = 256 * 4;
/// Steps of a search by interpolation, after which it goes on by halves. By hand: ids are hashes, so that three do.
const GUESSES: u32 = 8;

#[derive(Debug)]
pub(super) struct Pack {
    pack: Parts,
    index: Parts,
    /// The number of objects.
    count: u64,
}

/// An entry of a pack.
#[derive(Debug)]
pub(super) enum Entry {
    Whole(Kind, Vec<u8>),
    /// The place of the object to which the entry is a delta.
    DeltaTo(u64, Vec<u8>),
    /// The id of that object.
    DeltaToId(Id, Vec<u8>),
}

impl Pack {
    /// The pack with this index; `None` if one of both is of another version, or missing.
    pub(super) fn open(index: &Path) -> Option<Self> {
        let mut pack = Parts::open(&index.with_extension("pack"))?;
        let mut index = Parts::open(index)?;
        let count = u64::from(u32::from_be_bytes(index.array(COUNTS + COUNTS_SIZE - 4)?));
        let is_usual = index.array(0)? == *b"\xfftOc\0\0\0\x02"
            && pack.array(0)? == *b"PACK\0\0\0\x02"
            && u64::from(u32::from_be_bytes(pack.array(8)?)) == count
            && index.length() >= COUNTS + COUNTS_SIZE + count * 28;
        is_usual.then_some(Self { pack, index, count })
    }

    /// The place of the object with this id.
    pub(super) fn find(&mut self, id: &Id) -> Option<u64> {
        let counts = COUNTS + 4 * u64::from(id[0]);
        let before = match id[0] {
            0 => 0,
            _ => u32::from_be_bytes(self.index.array(counts - 4)?),
        };
        let up_to = u32::from_be_bytes(self.index.array(counts)?);
        let found = self.search(id, u64::from(before), u64::from(up_to).min(self.count))?;
        let places = COUNTS + COUNTS_SIZE + self.count * 24;
        let place = u32::from_be_bytes(self.index.array(places + found * 4)?);
        if place >> 31 == 0 {
            return Some(u64::from(place));
        }
        // Places beyond two gigabytes are in a table of their own.
        let far = places + self.count * 4 + u64::from(place & 0x7fff_ffff) * 8;
        Some(u64::from_be_bytes(self.index.array(far)?))
    }

    /// The number of the id among those from `low` to before `high`, which are in order.
    fn search(&mut self, id: &Id, mut low: u64, mut high: u64) -> Option<u64> {
        // The bytes after the first one, which all of them share.
        let [_, a, b, c, d, ..] = *id;
        let key = u64::from(u32::from_be_bytes([a, b, c, d]));
        let (mut least, mut most) = (0, 1 << 32);
        let mut steps = 0;
        while low < high {
            let middle = if steps < GUESSES && least < most {
                low + (high - low) * key.saturating_sub(least).min(most - least) / (most - least)
            } else {
                low + (high - low) / 2
            };
            let middle = middle.min(high - 1);
            let there: Id = self.index.array(COUNTS + COUNTS_SIZE + middle * 20)?;
            let [_, a, b, c, d, ..] = there;
            let found = u64::from(u32::from_be_bytes([a, b, c, d]));
            match there.cmp(id) {
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Less => (low, least) = (middle + 1, found),
                std::cmp::Ordering::Greater => (high, most) = (middle, found),
            }
            steps += 1;
        }
        None
    }

    /// The entry at this place.
    pub(super) fn entry(&mut self, place: u64, inflater: &mut Inflater) -> Option<Entry> {
        let (kind, size, at) = self.header(place)?;
        let kind = match kind {
            1 => Kind::Commit,
            2 => Kind::Tree,
            3 => Kind::Blob,
            4 => Kind::Tag,
            6 => {
                let (back, at) = self.back(at)?;
                let base = place.checked_sub(back).filter(|_| back > 0)?;
                return Some(Entry::DeltaTo(base, inflater.at(&mut self.pack, at, size)?));
            }
            7 => {
                let id = self.pack.array(at)?;
                return Some(Entry::DeltaToId(id, inflater.at(&mut self.pack, at + 20, size)?));
            }
            _ => return None,
        };
        Some(Entry::Whole(kind, inflater.at(&mut self.pack, at, size)?))
    }

    /// The kind of the entry at this place, its size when it is inflated, and where it goes on.
    fn header(&mut self, place: u64) -> Option<(u8, usize, u64)> {
        let [mut byte] = self.pack.array(place)?;
        let (kind, mut size, mut at) = (byte >> 4 & 7, u64::from(byte & 15), place + 1);
        let mut shift = 4;
        while byte & 0x80 != 0 {
            [byte] = self.pack.array(at)?;
            size |= u64::from(byte & 0x7f).checked_shl(shift).filter(|_| shift < 46)?;
            (shift, at) = (shift + 7, at + 1);
        }
        let size = usize::try_from(size).ok().filter(|&size| size <= OBJECT_LIMIT)?;
        Some((kind, size, at))
    }

    /// How far before a delta its base is, and where the delta goes on.
    fn back(&mut self, mut at: u64) -> Option<(u64, u64)> {
        let [mut byte] = self.pack.array(at)?;
        let mut back = u64::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            at += 1;
            [byte] = self.pack.array(at)?;
            back = (back + 1).checked_mul(128)? + u64::from(byte & 0x7f);
        }
        Some((back, at + 1))
    }
}
