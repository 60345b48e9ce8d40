//! Which keywords are at positions of a text where some may be.

use crate::classes::BLOCK;
use crate::grams::{Chosen, Grams, folded_at};
use crate::vectors::Vectors;

/// The positions that are written at once.
const AT_ONCE: usize = 12;
/// The blocks whose positions are looked up before their keywords are compared.
const BLOCKS: usize = 16;

/// The grams of keywords, and of those that are too short for them.
#[derive(Debug)]
pub(crate) struct Tables<const LONG: usize, const SHORT: usize> {
    long: Grams<LONG>,
    short: Grams<SHORT>,
}

impl<const LONG: usize, const SHORT: usize> Tables<LONG, SHORT> {
    /// For keywords of which each has as many bytes as the short grams, or more.
    ///
    /// # Panics
    /// If there are more than several thousand.
    pub(crate) fn new(keywords: &[Chosen<'_>]) -> Self {
        let (long, short): (Vec<Chosen<'_>>, Vec<Chosen<'_>>) =
            keywords.iter().partition(|chosen| chosen.bytes().len() >= LONG);
        Self { long: Grams::new(long.into_iter()), short: Grams::new(short.into_iter()) }
    }

    /// Calls `found` with the start and the index of each keyword that begins there, ignoring case, if its gram is at one
    /// of the positions whose `bits` are set. The lowest is that of `start`.
    pub(crate) fn search(
        &self,
        vectors: Option<Vectors>,
        bytes: &[u8],
        start: usize,
        bits: &[u64],
        mut found: impl FnMut(usize, usize),
    ) {
        let (mut all, mut known) = (Positions::default(), Positions::default());
        for (number, bits) in bits.chunks(BLOCKS).enumerate() {
            let start = start + number * BLOCKS * BLOCK;
            all.fill(vectors, bits);
            match vectors {
                Some(vectors) => vectors.known(self, &bytes[start..], &all, &mut known),
                None => self.known(&bytes[start..], &all, &mut known),
            }
            for position in &known.positions[..known.count] {
                let at = start + usize::from(*position);
                let folded = folded_at(&bytes[at..]);
                if self.long.may_have(folded) != 0 {
                    self.long.at(bytes, at, &mut found);
                }
                if self.short.may_have(folded) != 0 {
                    self.short.at(bytes, at, &mut found);
                }
            }
        }
    }

    /// Replaces `known` by those of all positions in `bytes` at which a gram may be. Whether it is can't be foreseen, so
    /// no branch depends on it.
    #[inline(always)]
    pub(crate) fn known(&self, bytes: &[u8], all: &Positions, known: &mut Positions) {
        let (long, short, into) = (&self.long, &self.short, &mut known.positions);
        let mut count = 0;
        for position in &all.positions[..all.count] {
            let folded = folded_at(&bytes[usize::from(*position)..]);
            into[count] = *position;
            count += (long.may_have(folded) | short.may_have(folded)) as usize;
        }
        known.count = count;
    }
}

/// Positions in a few blocks.
#[derive(Debug)]
pub(crate) struct Positions {
    count: usize,
    positions: [u16; BLOCKS * BLOCK + AT_ONCE],
}

impl Default for Positions {
    fn default() -> Self {
        Self { count: 0, positions: [0; BLOCKS * BLOCK + AT_ONCE] }
    }
}

impl Positions {
    fn fill(&mut self, vectors: Option<Vectors>, bits: &[u64]) {
        match vectors {
            Some(vectors) => vectors.positions(bits, self),
            None => self.replace(bits),
        }
    }

    /// Replaces the positions by those of the bits. How many bits a number has can't be foreseen, so as many are written
    /// at once as most have.
    #[inline(always)]
    pub(crate) fn replace(&mut self, bits: &[u64]) {
        let mut count = 0;
        for (number, bits) in bits.iter().enumerate() {
            let mut bits = *bits;
            let end = count + bits.count_ones() as usize;
            while count < end {
                for position in &mut self.positions[count..count + AT_ONCE] {
                    *position = (number * BLOCK + bits.trailing_zeros() as usize) as u16;
                    bits &= bits.wrapping_sub(1);
                }
                count = end.min(count + AT_ONCE);
            }
        }
        self.count = count;
    }
}
