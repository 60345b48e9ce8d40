//! Searches that look at eight bytes at a time: faster than a vectorised search where what is looked for is a few bytes
//! away, because that takes longer to start.
//!
//! A byte of a word of eight is zero, or less than n, where subtracting borrows from its highest bit. Above such a byte
//! the borrow may go on, so only the lowest one counts.
//! Source: <https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord>

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHEST: u64 = 0x8080_8080_8080_8080;

/// A word whose lowest byte with its highest bit set is the first of `word` that equals `byte`.
#[inline]
pub fn equal(word: u64, byte: u8) -> u64 {
    less(word ^ (ONES * u64::from(byte)), 1)
}

/// The same for the first byte of `word` that is less than `bound`, which is at most 128.
#[inline]
pub fn less(word: u64, bound: u8) -> u64 {
    word.wrapping_sub(ONES * u64::from(bound)) & !word
}

/// Where the first byte of `text` is for which `is` holds. `marks` says the same of a word: the results of [`equal`] and
/// [`less`], combined with `|`.
#[inline]
pub fn first(text: &[u8], marks: impl Fn(u64) -> u64, is: impl Fn(u8) -> bool) -> Option<usize> {
    let (words, rest) = text.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let marked = marks(u64::from_le_bytes(*word)) & HIGHEST;
        if marked != 0 {
            return Some(8 * at + marked.trailing_zeros() as usize / 8);
        }
    }
    rest.iter().position(|&byte| is(byte)).map(|at| text.len() - rest.len() + at)
}
