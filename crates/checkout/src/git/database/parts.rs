//! A file that is read in parts, which are kept: what is read next is mostly beside what was read last.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use private_fs::Links;

/// The size of a part in bytes. By hand: a few hundred commits, or a dozen trees.
const PART: usize = 32 << 10;
/// The maximum number of parts that are kept of a file: 8 MB. By hand.
const MOST: usize = 256;
/// The maximum size of a file in bytes, which bounds the list of its parts. By hand: a terabyte.
const LIMIT: u64 = 1 << 40;

#[derive(Debug)]
pub(super) struct Parts {
    file: File,
    length: u64,
    parts: Vec<Option<Box<[u8]>>>,
    kept: usize,
}

impl Parts {
    pub(super) fn open(path: &Path) -> Option<Self> {
        let file = private_fs::open_regular(path, Links::Follow).ok()?;
        let length = file.metadata().ok()?.len();
        if length > LIMIT {
            return None;
        }
        let parts = usize::try_from(length.div_ceil(PART as u64)).ok()?;
        Some(Self { file, length, parts: vec![None; parts], kept: 0 })
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// The bytes from `at` to the end of their part; at least one.
    pub(super) fn from(&mut self, at: u64) -> Option<&[u8]> {
        let (part, inside) = (usize::try_from(at / PART as u64).ok()?, (at % PART as u64) as usize);
        if self.parts.get(part)?.is_none() {
            let read = self.read(part)?;
            if self.kept == MOST {
                self.parts.fill(None);
                self.kept = 0;
            }
            self.parts[part] = Some(read);
            self.kept += 1;
        }
        self.parts[part].as_deref()?.get(inside..).filter(|bytes| !bytes.is_empty())
    }

    fn read(&mut self, part: usize) -> Option<Box<[u8]>> {
        let start = part as u64 * PART as u64;
        let mut bytes = Vec::with_capacity(PART);
        self.file.seek(SeekFrom::Start(start)).ok()?;
        self.file.by_ref().take(PART as u64).read_to_end(&mut bytes).ok()?;
        Some(bytes.into_boxed_slice())
    }

    /// The `N` bytes at `at`.
    pub(super) fn array<const N: usize>(&mut self, at: u64) -> Option<[u8; N]> {
        let mut array = [0; N];
        let mut filled = 0;
        while filled < N {
            let bytes = self.from(at.checked_add(filled as u64)?)?;
            let count = bytes.len().min(N - filled);
            array[filled..filled + count].copy_from_slice(&bytes[..count]);
            filled += count;
        }
        Some(array)
    }
}
