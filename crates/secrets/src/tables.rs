//! Which keywords are at positions of a text where some may be.

use crate::classes::BLOCK;
use crate::grams::{Chosen, Grams, Known, folded_at};
use crate::vectors::Vectors;

/// The most positions that are written at once.
const MOST_AT_ONCE: usize = 12;
/// The blocks whose positions are looked up before their keywords are compared.
const BLOCKS: usize = 16;

/// The grams of keywords, and of those that are too short for them.
#[derive(Debug)]
pub(crate) struct Tables<const LONG: usize, const SHORT: usize> {
    /// Of the long grams, and of the short ones with any byte behind them.
    known: Known<LONG>,
    long: Grams<LONG>,
    short: Grams<SHORT>,
}

impl<const LONG: usize, const SHORT: usize> Tables<LONG, SHORT> {
    /// For keywords of which each has as many bytes as the short grams, or more; the long grams have one more.
    ///
    /// # Panics
    /// If there are more than several thousand.
    pub(crate) fn new(keywords: &[Chosen<'_>]) -> Self {
        let (long, short): (Vec<Chosen<'_>>, Vec<Chosen<'_>>) =
            keywords.iter().partition(|chosen| chosen.bytes().len() >= LONG);
        const { assert!(LONG == SHORT + 1) };
        let mut known = Known::default();
        long.iter().for_each(|chosen| known.add(folded_at(chosen.bytes())));
        short.iter().for_each(|chosen| known.add_longer(folded_at(chosen.bytes())));
        Self { known, long: Grams::new(long.into_iter()), short: Grams::new(short.into_iter()) }
    }

    /// Calls `found` with the start and the index of each keyword that begins there, ignoring case, if its gram is at one
    /// of the positions whose `bits` are set. The lowest is that of `start`. It is fastest if most numbers have `AT_ONCE` set
    /// bits or fewer.
    pub(crate) fn search<const AT_ONCE: usize>(
        &self,
        vectors: Option<Vectors>,
        bytes: &[u8],
        start: usize,
        bits: &[u64],
        mut found: impl FnMut(usize, usize),
    ) {
        let (mut all, mut known) = (Positions::<AT_ONCE>::default(), Positions::default());
        for (number, bits) in bits.chunks(BLOCKS).enumerate() {
            let start = start + number * BLOCKS * BLOCK;
            all.fill(vectors, bits);
            match vectors {
                Some(vectors) => vectors.known(self, &bytes[start..], &all, &mut known),
                None => self.known(&bytes[start..], &all, &mut known),
            }
            for position in &known.positions[..known.count] {
                let at = start + usize::from(*position);
                self.long.at(bytes, at, &mut found);
                self.short.at(bytes, at, &mut found);
            }
        }
    }

    /// Replaces `known` by those of all positions in `bytes` at which a gram may be. Whether it is can't be foreseen, so
    /// no branch depends on it.
    #[inline(always)]
    pub(crate) fn known<const AT_ONCE: usize>(
        &self,
        bytes: &[u8],
        all: &Positions<AT_ONCE>,
        known: &mut Positions<AT_ONCE>,
    ) {
        let into = &mut known.positions;
        let mut count = 0;
        for position in &all.positions[..all.count] {
            into[count] = *position;
            count += self.known.has(folded_at(&bytes[usize::from(*position)..]));
        }
        known.count = count;
    }
}

/// Positions in a few blocks, of which so many are written at once.
#[derive(Debug)]
pub(crate) struct Positions<const AT_ONCE: usize> {
    count: usize,
    positions: [u16; BLOCKS * BLOCK + MOST_AT_ONCE],
}

impl<const AT_ONCE: usize> Default for Positions<AT_ONCE> {
    fn default() -> Self {
        const { assert!(AT_ONCE <= MOST_AT_ONCE) };
        Self { count: 0, positions: [0; BLOCKS * BLOCK + MOST_AT_ONCE] }
    }
}

impl<const AT_ONCE: usize> Positions<AT_ONCE> {
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
