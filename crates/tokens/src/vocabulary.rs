//! The tokens of an encoding: which bytes are a token, and what its rank is.
//!
//! An open-addressing hash table and a blob of the tokens' bytes, made ahead (`generate.rs`) and
//! used where they lie in the program's image: nothing is unpacked or built at start-up.

use crate::Encoding;
use crate::class::HEADER;

/// The longest token of either encoding, in bytes.
pub(crate) const LONGEST: usize = 128;

/// log2 of the number of slots.
pub(crate) const fn slot_bits(encoding: Encoding) -> u32 {
    match encoding {
        Encoding::O200kBase => 18,
        Encoding::Cl100kBase => 17,
    }
}

/// What a slot holds, from the low bits up; a slot of zero is empty, since no token is empty.
pub(crate) mod slot {
    pub(crate) const LENGTH_BITS: u32 = 8;
    pub(crate) const OFFSET_BITS: u32 = 21;
    pub(crate) const RANK_BITS: u32 = 18;
    /// The rest: low bits of the hash, so that other tokens are seldom compared byte for byte.
    pub(crate) const TAG_BITS: u32 = 64 - LENGTH_BITS - OFFSET_BITS - RANK_BITS;

    pub(crate) const fn field(slot: u64, below: u32, bits: u32) -> usize {
        (slot >> below & ((1 << bits) - 1)) as usize
    }
}

/// The tokens of one encoding.
pub(crate) struct Vocabulary {
    slots: &'static [[u8; 8]],
    bytes: &'static [u8],
}

static O200K_BASE: Vocabulary =
    Vocabulary::embedded(include_bytes!("../data/o200k_base.bin"), slot_bits(Encoding::O200kBase));
static CL100K_BASE: Vocabulary = Vocabulary::embedded(
    include_bytes!("../data/cl100k_base.bin"),
    slot_bits(Encoding::Cl100kBase),
);

impl Vocabulary {
    /// The vocabulary of that encoding.
    #[inline]
    pub(crate) fn of(encoding: Encoding) -> &'static Vocabulary {
        match encoding {
            Encoding::O200kBase => &O200K_BASE,
            Encoding::Cl100kBase => &CL100K_BASE,
        }
    }

    /// A data file: a header, the slots, the bytes of all tokens one after another.
    const fn embedded(file: &'static [u8], slot_bits: u32) -> Vocabulary {
        let (slots, bytes) = file.split_at(HEADER).1.split_at(8 << slot_bits);
        Vocabulary { slots: slots.as_chunks().0, bytes }
    }

    /// The rank of the token with these bytes, which is also its number in an encoded text.
    pub(crate) fn rank(&self, token: &[u8]) -> Option<u32> {
        use slot::{LENGTH_BITS, OFFSET_BITS, RANK_BITS, TAG_BITS, field};
        if token.len() > LONGEST {
            return None;
        }
        let hash = hash(token);
        let mask = self.slots.len() - 1;
        let mut at = home(hash, mask);
        loop {
            let slot = u64::from_le_bytes(self.slots[at & mask]);
            if slot == 0 {
                return None;
            }
            let same_tag = slot >> (64 - TAG_BITS) == hash & ((1 << TAG_BITS) - 1);
            if same_tag && field(slot, 0, LENGTH_BITS) == token.len() {
                let offset = field(slot, LENGTH_BITS, OFFSET_BITS);
                if &self.bytes[offset..offset + token.len()] == token {
                    return Some(field(slot, LENGTH_BITS + OFFSET_BITS, RANK_BITS) as u32);
                }
            }
            at += 1;
        }
    }
}

/// Every token of `encoding` with its rank, in the order of the ranks. Made anew each time: for tools
/// that write vocabularies, not for counting.
pub fn vocabulary(encoding: Encoding) -> Vec<(u32, &'static [u8])> {
    use slot::{LENGTH_BITS, OFFSET_BITS, RANK_BITS, field};
    let Vocabulary { slots, bytes } = Vocabulary::of(encoding);
    let taken = slots.iter().map(|slot| u64::from_le_bytes(*slot)).filter(|slot| *slot != 0);
    let token = |slot| {
        let offset = field(slot, LENGTH_BITS, OFFSET_BITS);
        let rank = field(slot, LENGTH_BITS + OFFSET_BITS, RANK_BITS) as u32;
        (rank, &bytes[offset..offset + field(slot, 0, LENGTH_BITS)])
    };
    let mut tokens: Vec<_> = taken.map(token).collect();
    tokens.sort_unstable_by_key(|(rank, _)| *rank);
    tokens
}

/// The slot at which the search for a hash begins, for a table whose last slot is `mask`.
pub(crate) fn home(hash: u64, mask: usize) -> usize {
    (hash >> 40) as usize & mask
}

/// The hash that the tables are laid out by; to change it is to make them anew.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    // Odd constants without structure: the golden ratio's and the square root of two's digits.
    const START: u64 = 0x9e37_79b9_7f4a_7c15;
    const STEP: u64 = 0x6a09_e667_f3bc_c909;
    let mix = |hash: u64, word: u64| fold(hash ^ word, STEP);
    let hash = START.wrapping_mul(bytes.len() as u64 + 1);
    if let Some(tail) = bytes.last_chunk::<8>() {
        let whole = bytes.as_chunks::<8>().0;
        let hash = whole.iter().fold(hash, |hash, word| mix(hash, u64::from_le_bytes(*word)));
        return mix(hash, u64::from_le_bytes(*tail));
    }
    let word = match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>(), bytes) {
        (Some(head), Some(tail), _) => {
            u64::from(u32::from_le_bytes(*head)) << 32 | u64::from(u32::from_le_bytes(*tail))
        }
        (_, _, [first, .., last]) => {
            u64::from(*first) << 16 | u64::from(bytes[1]) << 8 | u64::from(*last)
        }
        (_, _, [only]) => u64::from(*only),
        (_, _, []) => 0,
    };
    mix(hash, word)
}

/// Both halves of the product, so that every bit of the word reaches every bit of the hash.
#[inline]
pub(crate) fn fold(word: u64, by: u64) -> u64 {
    let product = u128::from(word) * u128::from(by);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_found_by_its_bytes_and_nothing_else_is() {
        for (encoding, size) in [(Encoding::O200kBase, 199_998), (Encoding::Cl100kBase, 100_256)] {
            let tokens = vocabulary(encoding);
            assert_eq!(tokens.len(), size);
            for (nth, (rank, token)) in tokens.iter().enumerate() {
                assert_eq!(*rank as usize, nth);
                assert_eq!(Vocabulary::of(encoding).rank(token), Some(*rank));
            }
            for no_token in ["", "no such token", &"a".repeat(LONGEST), &"a".repeat(LONGEST + 1)] {
                assert_eq!(Vocabulary::of(encoding).rank(no_token.as_bytes()), None);
            }
        }
    }
}
