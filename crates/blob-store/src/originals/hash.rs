//! The hash that an original is stored under: the first 24 hex digits of the BLAKE3 hash of its
//! bytes.

use std::fmt;

use crate::Name;

/// The length of a hash in bytes; each is two hex digits. 96 bits: a billion originals collide with a
/// probability of one in 10^11.
const BYTES: usize = 12;
/// The shortest prefix, in digits, by which an original is retrieved: with fewer, a typing error
/// could match another one. By hand: 48 bits.
const FEWEST_DIGITS: usize = 12;

/// The hash of an original: 96 bits of its BLAKE3 hash, shown as 24 lowercase hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; BYTES]);

impl Hash {
    /// The hash of `text`.
    pub fn of(text: &str) -> Self {
        let digest = blake3::hash(text.as_bytes());
        let mut bytes = [0; BYTES];
        bytes.copy_from_slice(&digest.as_bytes()[..BYTES]);
        Self(bytes)
    }

    /// Parses 24 hex digits, in either case; `None` for anything else.
    pub fn parse(digits: &str) -> Option<Self> {
        Key::parse(digits)?.exact()
    }

    /// The name of the original in a store.
    pub fn name(&self) -> Name {
        Name::of(&self.0)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A retrieval reference: a full hash, or a prefix of at least twelve digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// Parses 12 to 24 hex digits, in either case; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let is_key = (FEWEST_DIGITS..=2 * BYTES).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_key.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The digits, in lowercase.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The hash, if it is a full one.
    pub fn exact(&self) -> Option<Hash> {
        let mut bytes = [0; BYTES];
        if self.0.len() != 2 * BYTES {
            return None;
        }
        for (byte, digits) in bytes.iter_mut().zip(self.0.as_bytes().chunks_exact(2)) {
            let value =
                |digit: u8| char::from(digit).to_digit(16).and_then(|v| u8::try_from(v).ok());
            *byte = value(digits[0])? << 4 | value(digits[1])?;
        }
        Some(Hash(bytes))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_name_of_a_text() {
        // The beginning of the published BLAKE3 test vector for the empty input.
        assert_eq!(Hash::of("").to_string(), "af1349b9f5f9a1a6a0404dea");
    }

    #[test]
    fn what_is_no_key() {
        for text in ["", "af1349b9f5f", "af1349b9f5f9a1a6a0404dea0", "af1349b9f5fg", "af1349b9f5é"]
        {
            assert_eq!(Key::parse(text), None, "{text}");
        }
    }

    #[test]
    fn only_a_whole_key_is_a_hash() {
        assert_eq!(Hash::parse("AF1349B9F5F9A1A6A0404DEA"), Some(Hash::of("")));
        assert_eq!(Hash::parse("af1349b9f5f9a1a6a0404de"), None);
    }

    proptest! {
        #[test]
        fn a_prefix_names_its_hash(text: String, digits in 12usize..=24) {
            let hash = Hash::of(&text);
            let key = Key::parse(&hash.to_string()[..digits]).unwrap();
            prop_assert!(hash.to_string().starts_with(key.as_str()));
            prop_assert_eq!(hash.name().to_string(), hash.to_string());
            prop_assert_eq!(key.exact(), (digits == 24).then_some(hash));
            prop_assert_eq!(key.to_string(), &hash.to_string()[..digits]);
        }

        #[test]
        fn any_text_is_a_key_or_not(text: String) {
            if let Some(key) = Key::parse(&text) {
                prop_assert_eq!(key.as_str(), text.to_lowercase());
            }
        }
    }
}
