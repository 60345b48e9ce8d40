//! Inflates what the database contains, within a bound.

use flate2::{Decompress, FlushDecompress, Status};

use super::parts::Parts;

/// Bytes of room after what is inflated: while there are fewer, the library takes care of every byte, which takes three
/// times as long. A copy has at most 258.
const ROOM: usize = 512;

/// Inflates one stream after the other.
#[derive(Debug)]
pub(super) struct Inflater {
    stream: Decompress,
    /// Where an object is inflated.
    buffer: Vec<u8>,
    /// Bytes that may still be made.
    left: u64,
}

impl Inflater {
    /// One that makes at most so many bytes.
    pub(super) fn new(work: u64) -> Self {
        Self { stream: Decompress::new(true), buffer: Vec::new(), left: work }
    }

    /// Counts bytes that were made otherwise.
    pub(super) fn spend(&mut self, bytes: usize) -> Option<()> {
        self.left = self.left.checked_sub(bytes as u64)?;
        Some(())
    }

    /// The `size` bytes that the stream at `at` is inflated to; `None` if they are more or fewer.
    pub(super) fn at(&mut self, file: &mut Parts, at: u64, size: usize) -> Option<Vec<u8>> {
        self.spend(size)?;
        self.stream.reset(true);
        let mut inflated = std::mem::take(&mut self.buffer);
        inflated.clear();
        inflated.reserve(size + ROOM);
        while !self.step(file.from(at.checked_add(self.stream.total_in())?)?, &mut inflated)? {}
        let exact = (inflated.len() == size).then(|| inflated.to_vec());
        self.buffer = inflated;
        exact
    }

    /// What `bytes` are inflated to, if that isn't more than `limit`.
    pub(super) fn whole(&mut self, bytes: &[u8], limit: usize) -> Option<Vec<u8>> {
        self.stream.reset(true);
        let mut inflated = Vec::with_capacity((bytes.len() * 4).min(limit));
        loop {
            let rest = bytes.get(usize::try_from(self.stream.total_in()).ok()?..)?;
            if self.step(rest, &mut inflated)? {
                self.spend(inflated.len())?;
                return Some(inflated);
            }
            if inflated.len() == inflated.capacity() {
                let more = inflated.len().max(1 << 10).min(limit.checked_sub(inflated.len())?);
                inflated.reserve_exact(Some(more).filter(|&more| more > 0)?);
            }
        }
    }

    /// Inflates as much of `bytes` as there is room for: whether that was the end. `None` if it is damaged, or ends early.
    fn step(&mut self, bytes: &[u8], inflated: &mut Vec<u8>) -> Option<bool> {
        let before = (self.stream.total_in(), self.stream.total_out());
        // Mostly all of the output fits, and then nothing is remembered of it for what follows.
        let status = self.stream.decompress_vec(bytes, inflated, FlushDecompress::Finish).ok()?;
        let is_moving = before != (self.stream.total_in(), self.stream.total_out());
        match status {
            Status::StreamEnd => Some(true),
            Status::Ok | Status::BufError => is_moving.then_some(false),
        }
    }
}
