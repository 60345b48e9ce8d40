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
            let commonness = keyword.iter().map(|byte| frequency(*byte)).product::<u32>();
            (Reverse(commonness), *keyword)
        });
        keywords.dedup();
        let weights = Weights::new();
        let mut sets = [Set::default(); SETS];
        for keyword in keywords {
            let its = Set::of(keyword);
            let with = sets.map(|set| set.with(its));
            let more: [f32; SETS] =
                std::array::from_fn(|n| weights.of(&with[n]) - weights.of(&sets[n]));
            let best = (0..SETS).min_by(|one, other| more[*one].total_cmp(&more[*other]));
            if let Some(best) = best {
                sets[best] = with[best];
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

/// How frequent the values of a byte's halves are together, by the bits of the values: those of 0 to 7 and of 8 to 15.
struct Weights {
    low: [[f32; 256]; 2],
    high: [[f32; 256]; 2],
}

impl Weights {
    fn new() -> Self {
        let (mut low, mut high) = ([0.0; 16], [0.0; 16]);
        for byte in 0..=u8::MAX {
            let frequency = frequency(byte) as f32;
            low[usize::from(byte & 15)] += frequency;
            high[usize::from(byte >> 4)] += frequency;
        }
        Self { low: sums(&low), high: sums(&high) }
    }

    /// How often the set lets a position pass, as if all halves were independent.
    fn of(&self, set: &Set) -> f32 {
        let sum = |sums: &[[f32; 256]; 2], bits: u16| {
            let [low, high] = bits.to_le_bytes().map(usize::from);
            sums[0][low] + sums[1][high]
        };
        set.0.iter().map(|(low, high)| sum(&self.low, *low) * sum(&self.high, *high)).product()
    }
}

/// For each set of eight of the weights, their sum.
fn sums(weights: &[f32; 16]) -> [[f32; 256]; 2] {
    let mut sums = [[0.0; 256]; 2];
    for (half, sums) in sums.iter_mut().enumerate() {
        for bits in 1..256_usize {
            let lowest = bits.trailing_zeros() as usize;
            sums[bits] = sums[bits & (bits - 1)] + weights[8 * half + lowest];
        }
    }
    sums
}

/// How frequent a byte is in source code, roughly.
pub(crate) fn frequency(byte: u8) -> u32 {
    match byte {
        b' ' | b'e' | b't' => 100,
        b'a' | b'i' | b'n' | b'o' | b'r' | b's' => 60,
        b'c' | b'd' | b'l' | b'm' | b'p' | b'u' | b'_' | b'\n' => 30,
        b'b' | b'f' | b'g' | b'h' | b'.' | b'"' | b':' => 20,
        b'k' | b'v' | b'w' | b'x' | b'y' | b'0' | b'1' | b'-' | b'/' | b'=' => 8,
        b'!'..=b'~' => 3,
        _ => 1,
    }
}
