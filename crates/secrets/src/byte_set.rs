//! Sets of bytes, for loops over the bytes of a text that ask about each of them.

/// A set of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ByteSet([u64; 4]);

impl ByteSet {
    /// The set with these bits, 64 bytes in each number.
    pub(crate) const fn from_bits(bits: [u64; 4]) -> Self {
        Self(bits)
    }

    /// The set of these bytes.
    pub(crate) const fn of(bytes: &[u8]) -> Self {
        let mut bits = [0; 4];
        let mut at = 0;
        while at < bytes.len() {
            bits[(bytes[at] >> 6) as usize] |= 1 << (bytes[at] & 63);
            at += 1;
        }
        Self(bits)
    }

    /// These bytes, and ASCII letters and digits.
    pub(crate) const fn alphanumeric_and(bytes: &[u8]) -> Self {
        let others = Self::of(bytes).0;
        let letters = Self::of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz").0;
        let digits = Self::of(b"0123456789").0;
        let mut bits = [0; 4];
        let mut at = 0;
        while at < 4 {
            bits[at] = others[at] | letters[at] | digits[at];
            at += 1;
        }
        Self(bits)
    }

    pub(crate) const fn contains(&self, byte: u8) -> bool {
        self.0[(byte >> 6) as usize] >> (byte & 63) & 1 == 1
    }

    /// The position of the first byte of `text` that is in the set. It is a character's boundary if the set is of
    /// ASCII characters.
    pub(crate) fn find(&self, text: &str) -> Option<usize> {
        text.bytes().position(|byte| self.contains(byte))
    }

    /// The position of the first byte of `text` that isn't in the set, likewise.
    pub(crate) fn find_other(&self, text: &str) -> Option<usize> {
        text.bytes().position(|byte| !self.contains(byte))
    }
}
