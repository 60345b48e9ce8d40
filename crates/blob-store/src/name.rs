//! The name of a blob.

use std::borrow::Borrow;
use std::fmt::{self, Write as _};

/// The name of a blob: lowercase hex digits, so that it can be a file's name and a part of a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Box<str>);

impl Name {
    /// The digits of `bytes`, two for each.
    pub fn of(bytes: &[u8]) -> Self {
        let mut digits = String::with_capacity(2 * bytes.len());
        for byte in bytes {
            // Writing to a String can't fail.
            let _ = write!(digits, "{byte:02x}");
        }
        Self(digits.into())
    }

    /// Reads a name of so many `digits`; `None` for anything else.
    pub(crate) fn parse(text: &str, digits: usize) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == digits && text.bytes().all(is_digit)).then(|| Self(text.into()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_hex_digits() {
        assert_eq!(Name::of(&[0, 0xab, 0xff]).as_str(), "00abff");
        assert_eq!(Name::parse("00abff", 6), Some(Name::of(&[0, 0xab, 0xff])));
        for text in ["", "00abf", "00ABFF", "00abfg", "../abc", "00abé"] {
            assert_eq!(Name::parse(text, 6), None, "{text}");
        }
    }
}
