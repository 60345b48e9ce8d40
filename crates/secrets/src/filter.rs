//! Where a text may have one of many keywords, as a processor's vector instructions see it: 32 positions at once.

use std::cmp::Reverse;

/// The bytes of a keyword that are looked at.
pub(crate) const LENGTH: usize = 3;
/// The keywords are divided into so many sets, in groups of as many as a byte has bits. Measured: with 16 of them twice as
/// many positions pass, and the search takes 5 % longer.
const SETS: usize = 32;
const SETS_OF_GROUP: usize = u8::BITS as usize;
pub(crate) const GROUPS: usize = SETS / SETS_OF_GROUP;

/// The sets of which a byte may be, one bit each, by its lower and by its upper four bits.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sets {
    pub(crate) low: [u8; 16],
    pub(crate) high: [u8; 16],
}

/// Lets pass all positions at which one of the keywords is, and others at which the bytes are of one of their sets, each
/// half by itself.
#[derive(Debug)]
pub(crate) struct Filter {
    /// For each byte from a position.
    pub(crate) groups: [[Sets; LENGTH]; GROUPS],
}

impl Filter {
    /// A filter for keywords, in lower case, of which the first three bytes are looked at in any case. After a shorter
    /// one, any byte may follow.
    pub(crate) fn new<'k>(keywords: impl Iterator<Item = &'k [u8]>) -> Self {
        let mut filter = Self { groups: Default::default() };
        let mut keywords: Vec<&[u8]> =
            keywords.map(|keyword| &keyword[..keyword.len().min(LENGTH)]).collect();
        // Those that are often there first, so that they share their sets with few others.
        keywords.sort_by_cached_key(|keyword| {
            let commonness =
                keyword.iter().map(|byte| u64::from(frequency(*byte))).product::<u64>();
            (Reverse(commonness), *keyword)
        });
        keywords.dedup();
        let weights = Weights::new();
        let (mut sets, mut passed) = ([Set::default(); SETS], [0.0; SETS]);
        for keyword in keywords {
            let its = Set::of(keyword);
            let with = sets.map(|set| set.with(its));
            let then = with.map(|set| weights.of(&set));
            let more = |n: &usize| then[*n] - passed[*n];
            let best = (0..SETS).min_by(|one, other| more(one).total_cmp(&more(other)));
            if let Some(best) = best {
                (sets[best], passed[best]) = (with[best], then[best]);
            }
        }
        for (n, set) in sets.iter().enumerate() {
            for (at, (low, high)) in set.0.iter().enumerate() {
                let into = &mut filter.groups[n / SETS_OF_GROUP][at];
                for half in 0..16 {
                    into.low[half] |= ((low >> half & 1) as u8) << (n % SETS_OF_GROUP);
                    into.high[half] |= ((high >> half & 1) as u8) << (n % SETS_OF_GROUP);
                }
            }
        }
        filter
    }
}

/// For each byte of a set's keywords, a bit for each value of its lower and of its upper half.
#[derive(Debug, Clone, Copy, Default)]
struct Set([(u16, u16); LENGTH]);

impl Set {
    fn of(keyword: &[u8]) -> Self {
        let halves = |byte: u8| (1 << (byte & 15), 1 << (byte >> 4));
        Self(std::array::from_fn(|at| match keyword.get(at) {
            None => (u16::MAX, u16::MAX),
            Some(byte) => {
                let ((low, high), (other_low, other_high)) =
                    (halves(*byte), halves(byte.to_ascii_uppercase()));
                (low | other_low, high | other_high)
            }
        }))
    }

    /// The set with the values of both.
    fn with(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| {
            let ((low, high), (other_low, other_high)) = (self.0[at], other.0[at]);
            (low | other_low, high | other_high)
        }))
    }
}

/// How frequent bytes are of which the upper half is a certain one and the lower half one of several: for each upper half,
/// by the bits of the lower ones, those of 0 to 7 and those of 8 to 15.
struct Weights([[[f32; 256]; 2]; 16]);

impl Weights {
    fn new() -> Self {
        Self(std::array::from_fn(|high| {
            std::array::from_fn(|half| {
                sums(&std::array::from_fn(|low| {
                    frequency((high << 4 | half << 3 | low) as u8) as f32
                }))
            })
        }))
    }

    /// How often the set lets a position pass, as if the bytes of a text didn't depend on one another.
    fn of(&self, set: &Set) -> f32 {
        let of_byte = |(low, high): (u16, u16)| {
            let [first, second] = low.to_le_bytes().map(usize::from);
            let highs = (0..16).filter(|at| high >> at & 1 == 1);
            highs.map(|at| self.0[at][0][first] + self.0[at][1][second]).sum::<f32>()
        };
        set.0.iter().map(|halves| of_byte(*halves)).product()
    }
}

/// For each set of eight of the weights, their sum.
fn sums(weights: &[f32; 8]) -> [f32; 256] {
    let mut sums = [0.0; 256];
    for bits in 1..256_usize {
        let lowest = bits.trailing_zeros() as usize;
        sums[bits] = sums[bits & (bits - 1)] + weights[lowest];
    }
    sums
}

/// How frequent a byte is, of ten thousand.
pub(crate) fn frequency(byte: u8) -> u32 {
    FREQUENCIES.get(usize::from(byte)).copied().map_or(BEYOND_ASCII, u32::from)
}

/// How frequent the bytes of ASCII are in the sources of clap, requests, gson, jq, puma, axios, celery and grpc-go, each of
/// which counts as much as the others. Those that are rarer than once are given as often.
#[rustfmt::skip]
const FREQUENCIES: [u16; 128] = [
    1, 1, 1, 1, 1, 1, 1, 1, 1, 50, 250, 1, 1, 9, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1724, 8, 104, 22, 6, 3, 9, 38, 101, 101, 32, 10, 190, 115, 231, 87,
    68, 96, 80, 58, 56, 52, 48, 42, 42, 39, 75, 49, 14, 71, 19, 3,
    11, 135, 21, 65, 23, 50, 19, 20, 13, 36, 11, 12, 22, 26, 27, 29,
    25, 9, 29, 42, 42, 17, 11, 12, 6, 9, 7, 24, 25, 24, 1, 93,
    24, 361, 79, 212, 181, 633, 124, 118, 126, 308, 20, 44, 243, 136, 343, 346,
    163, 22, 383, 379, 464, 173, 58, 52, 41, 68, 12, 34, 8, 34, 4, 1,
];
/// The same of any other byte.
const BEYOND_ASCII: u32 = 2;
