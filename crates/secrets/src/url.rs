//! Passwords in URLs: `postgres://user:password@host/database`.

use std::ops::Range;

use crate::value;

pub(crate) const KEYWORD: &str = "://";
pub(crate) const RULE: &str = "url-password";

/// The longest user and password together, in bytes.
const LONGEST: usize = 300;

/// The password between the first `:` and the last `@` before the host of the URL at `hit`.
pub(crate) fn find(text: &str, hit: Range<usize>) -> Option<Range<usize>> {
    let scheme = text[..hit.start].ends_with(|c: char| c.is_ascii_alphanumeric());
    let limit = text.floor_char_boundary((hit.end + LONGEST).min(text.len()));
    let window = &text[hit.end..limit];
    let stop = |c: char| c.is_whitespace() || c.is_control() || "/\"'`<>|\\,()[]#".contains(c);
    let authority = &window[..window.find(stop).unwrap_or(window.len())];
    let at = authority.rfind('@')?;
    let (user, password) = authority[..at].split_once(':')?;
    let host = authority[at + 1..].trim_end_matches([':', '.', ';']);
    if !scheme || host.is_empty() || password == user || !is_secret(password) {
        return None;
    }
    let start = hit.end + user.len() + 1;
    Some(start..start + password.len())
}

/// Most passwords in URLs are generated, but there are many dummies in manuals, and odd ones in
/// tests of parsers.
fn is_secret(password: &str) -> bool {
    let mut written = 0;
    let mut rest = password;
    while let Some(c) = rest.chars().next() {
        let escaped =
            c == '%' && rest.get(1..3).is_some_and(|hex| u8::from_str_radix(hex, 16).is_ok());
        written += usize::from(!escaped && c.is_alphanumeric());
        rest = &rest[if escaped { 3 } else { c.len_utf8() }..];
    }
    written >= 3 && !value::is_placeholder(password) && !value::is_plain(password)
}
