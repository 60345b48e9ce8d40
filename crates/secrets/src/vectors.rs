//! What is done with the vector instructions of x86-64 processors with AVX2, which nearly all have that were made since
//! 2015. Elsewhere, other code gives the same results, in about twice the time.
//!
//! The two halves of a byte, of four bits each, select one of 16 sets each (`vpshufb`, for 32 bytes at once), and the
//! byte is in the sets that both have in common. Hyperscan does the same for classes of bytes ("shufti") and for the
//! first bytes of keywords ("Teddy").
//!
//! All functions are inlined, and none is a closure or takes one: instructions are used only in the function that
//! [`V3::vectorize`] makes, and what is called from there is compiled without them.

use std::arch::x86_64::__m256i;
use std::ops::Range;
use std::sync::LazyLock;

use pulp::NullaryFnOnce;
use pulp::x86::V3;

use crate::classes::{BLOCK, Classes, Masks, MasksOf};
use crate::filter::{Filter, GROUPS, LENGTH, Sets};
use crate::tables::{Positions, Tables};

/// The bytes of a vector.
const WIDTH: usize = 32;
/// The bytes that are looked at for the positions of a block.
const WINDOW: usize = BLOCK + LENGTH - 1;

const LOWER: u8 = 0b11;
const UPPER: u8 = 0b11 << 2;
const DIGITS: u8 = 1 << 4;
/// The sets of [`Classes`]: the first and the last small letters, the same of the capitals, digits, and then the others
/// that stand in tokens: `%+-./`, `^_~` with DEL, and `=`.
const CLASSES: Sets = {
    let mut sets = Sets { low: [0; 16], high: [0; 16] };
    (sets.high[6], sets.high[7]) = (1, 1 << 1 | 1 << 6);
    (sets.high[4], sets.high[5]) = (1 << 2, 1 << 3 | 1 << 6);
    (sets.high[3], sets.high[2]) = (1 << 4 | 1 << 7, 1 << 5);
    let mut low = 0;
    while low < 16 {
        sets.low[low] |= if low >= 1 { 0b101 } else { 0 };
        sets.low[low] |= if low <= 10 { 0b1010 } else { 0 };
        sets.low[low] |= if low <= 9 { DIGITS } else { 0 };
        sets.low[low] |= if matches!(low, 5 | 11 | 13 | 14 | 15) { 1 << 5 } else { 0 };
        sets.low[low] |= if low >= 14 { 1 << 6 } else { 0 };
        sets.low[low] |= if low == 13 { 1 << 7 } else { 0 };
        low += 1;
    }
    sets
};

/// A processor that has the instructions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vectors(V3);

impl Vectors {
    pub(crate) fn available() -> Option<Self> {
        static AVAILABLE: LazyLock<Option<V3>> = LazyLock::new(V3::try_new);
        AVAILABLE.map(Self)
    }

    /// The same as [`Classes::of`].
    pub(crate) fn classes(self, bytes: &[u8]) -> Classes {
        self.0.vectorize(ClassesOf { simd: self.0, bytes })
    }

    /// Replaces `masks` by the bits of the positions at which the filter lets bytes pass; the lowest is that of
    /// `positions.start`.
    pub(crate) fn candidates(
        self,
        filter: &Filter,
        bytes: &[u8],
        positions: Range<usize>,
        masks: &mut Vec<u64>,
    ) {
        self.0.vectorize(Candidates { simd: self.0, filter, bytes, positions, masks });
    }

    /// The same as [`Tables::known`], with instructions for bits.
    pub(crate) fn known<const LONG: usize, const SHORT: usize, const AT_ONCE: usize>(
        self,
        tables: &Tables<LONG, SHORT>,
        bytes: &[u8],
        all: &Positions<AT_ONCE>,
        known: &mut Positions<AT_ONCE>,
    ) {
        self.0.vectorize(KnownOf { tables, bytes, all, known });
    }

    /// The same as [`Positions::replace`], with instructions for bits.
    pub(crate) fn positions<const AT_ONCE: usize>(
        self,
        bits: &[u64],
        positions: &mut Positions<AT_ONCE>,
    ) {
        self.0.vectorize(PositionsOf { bits, positions });
    }
}

struct KnownOf<'s, const LONG: usize, const SHORT: usize, const AT_ONCE: usize> {
    tables: &'s Tables<LONG, SHORT>,
    bytes: &'s [u8],
    all: &'s Positions<AT_ONCE>,
    known: &'s mut Positions<AT_ONCE>,
}

impl<const LONG: usize, const SHORT: usize, const AT_ONCE: usize> NullaryFnOnce
    for KnownOf<'_, LONG, SHORT, AT_ONCE>
{
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.tables.known(self.bytes, self.all, self.known);
    }
}

struct PositionsOf<'s, const AT_ONCE: usize> {
    bits: &'s [u64],
    positions: &'s mut Positions<AT_ONCE>,
}

impl<const AT_ONCE: usize> NullaryFnOnce for PositionsOf<'_, AT_ONCE> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.positions.replace(self.bits);
    }
}

struct ClassesOf<'b> {
    simd: V3,
    bytes: &'b [u8],
}

impl NullaryFnOnce for ClassesOf<'_> {
    type Output = Classes;

    #[inline(always)]
    fn call(self) -> Classes {
        Classes::by(
            self.bytes,
            ClassMasks { simd: self.simd, table: Table::of(self.simd, &CLASSES) },
        )
    }
}

struct ClassMasks {
    simd: V3,
    table: Table,
}

impl MasksOf for ClassMasks {
    #[inline(always)]
    fn masks(&self, block: &[u8; BLOCK]) -> Masks {
        let Self { simd, table } = *self;
        let first = table.sets(simd, Halves::of(simd, load(block, 0)));
        let second = table.sets(simd, Halves::of(simd, load(block, WIDTH)));
        Masks {
            token: bits_of_two(simd, first, second, u8::MAX),
            alphanumeric: bits_of_two(simd, first, second, LOWER | UPPER | DIGITS),
            lower: bits_of_two(simd, first, second, LOWER),
            upper: bits_of_two(simd, first, second, UPPER),
        }
    }
}

struct Candidates<'s> {
    simd: V3,
    filter: &'s Filter,
    bytes: &'s [u8],
    positions: Range<usize>,
    masks: &'s mut Vec<u64>,
}

impl NullaryFnOnce for Candidates<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { simd, filter, bytes, positions, masks } = self;
        let mut tables = [[Table::of(simd, &Sets::default()); LENGTH]; GROUPS];
        for (group, tables) in filter.groups.iter().zip(&mut tables) {
            for (sets, table) in group.iter().zip(tables) {
                *table = Table::of(simd, sets);
            }
        }
        masks.clear();
        let mut at = positions.start;
        while at < positions.end {
            let mut padded = [0; WINDOW];
            let window = match bytes[at..].first_chunk() {
                Some(window) => window,
                None => {
                    padded[..bytes.len() - at].copy_from_slice(&bytes[at..]);
                    &padded
                }
            };
            let passed =
                passed(simd, &tables, window, 0) | passed(simd, &tables, window, WIDTH) << WIDTH;
            let beyond = (at + BLOCK).saturating_sub(positions.end);
            masks.push(passed & u64::MAX >> beyond);
            at += BLOCK;
        }
    }
}

/// The bits of the positions from `at` at which the sets of all bytes have one in common.
#[inline(always)]
fn passed(simd: V3, tables: &[[Table; LENGTH]; GROUPS], window: &[u8; WINDOW], at: usize) -> u64 {
    let halves = [
        Halves::of(simd, load(window, at)),
        Halves::of(simd, load(window, at + 1)),
        Halves::of(simd, load(window, at + 2)),
    ];
    let mut any = simd.avx._mm256_setzero_si256();
    for tables in tables {
        any = simd.avx2._mm256_or_si256(any, common(simd, tables, &halves));
    }
    bits(simd, any, u8::MAX)
}

/// The sets that all bytes from a position have in common.
#[inline(always)]
fn common(simd: V3, tables: &[Table; LENGTH], halves: &[Halves; LENGTH]) -> __m256i {
    let first = tables[0].sets(simd, halves[0]);
    let second = tables[1].sets(simd, halves[1]);
    let third = tables[2].sets(simd, halves[2]);
    simd.avx2._mm256_and_si256(simd.avx2._mm256_and_si256(first, second), third)
}

/// The sets of both halves of a byte, twice, since a lookup is within 16 bytes.
#[derive(Clone, Copy)]
struct Table {
    low: __m256i,
    high: __m256i,
}

impl Table {
    #[inline(always)]
    fn of(simd: V3, sets: &Sets) -> Self {
        Self {
            low: simd.avx2._mm256_broadcastsi128_si256(pulp::cast(sets.low)),
            high: simd.avx2._mm256_broadcastsi128_si256(pulp::cast(sets.high)),
        }
    }

    /// The sets that each byte is in.
    #[inline(always)]
    fn sets(self, simd: V3, halves: Halves) -> __m256i {
        let low = simd.avx2._mm256_shuffle_epi8(self.low, halves.low);
        let high = simd.avx2._mm256_shuffle_epi8(self.high, halves.high);
        simd.avx2._mm256_and_si256(low, high)
    }
}

/// The lower and the upper four bits of bytes.
#[derive(Clone, Copy)]
struct Halves {
    low: __m256i,
    high: __m256i,
}

impl Halves {
    #[inline(always)]
    fn of(simd: V3, bytes: __m256i) -> Self {
        let half = simd.avx._mm256_set1_epi8(0xf);
        let low = simd.avx2._mm256_and_si256(bytes, half);
        let high = simd.avx2._mm256_and_si256(simd.avx2._mm256_srli_epi16::<4>(bytes), half);
        Self { low, high }
    }
}

/// The bits of the bytes that have one of `sets`.
#[inline(always)]
fn bits(simd: V3, bytes: __m256i, sets: u8) -> u64 {
    let those = simd.avx2._mm256_and_si256(bytes, simd.avx._mm256_set1_epi8(sets.cast_signed()));
    let none = simd.avx2._mm256_cmpeq_epi8(those, simd.avx._mm256_setzero_si256());
    u64::from(!simd.avx2._mm256_movemask_epi8(none).cast_unsigned())
}

/// The same for the bytes of a block.
#[inline(always)]
fn bits_of_two(simd: V3, first: __m256i, second: __m256i, sets: u8) -> u64 {
    bits(simd, first, sets) | bits(simd, second, sets) << WIDTH
}

/// The bytes from `at`.
#[inline(always)]
fn load(bytes: &[u8], at: usize) -> __m256i {
    let bytes: &[u8; WIDTH] = bytes[at..].first_chunk().expect("a vector within the block");
    pulp::cast(*bytes)
}
