//! Parts of made-up secrets, which are written at run time, so that no file is, or looks like, a key.

const HEX: &str = "0123456789abcdef";
pub(crate) const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// `length` characters of `alphabet`, the same on every run.
pub(crate) fn random(alphabet: &str, length: usize) -> String {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ length as u64;
    let alphabet = alphabet.as_bytes();
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(alphabet[(state >> 33) as usize % alphabet.len()])
    };
    (0..length).map(|_| next()).collect()
}

/// `length` hexadecimal digits.
pub(crate) fn hex(length: usize) -> String {
    random(HEX, length)
}

/// A UUID of version 4.
pub(crate) fn uuid() -> String {
    let h = hex(32);
    format!("{}-{}-4{}-a{}-{}", &h[..8], &h[8..12], &h[13..16], &h[17..20], &h[20..])
}
