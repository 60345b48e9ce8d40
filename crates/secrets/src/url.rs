//! Credentials in URLs: `postgres://user:password@host/database`, `https://token@host`.

use std::ops::Range;

use crate::value;

pub(crate) const KEYWORD: &str = "://";
pub(crate) const RULE: &str = "url-password";

/// The longest user and password together, in bytes.
const LONGEST: usize = 300;
/// The shortest token that stands in place of a user, in bytes.
const SHORTEST_TOKEN: usize = 20;
/// Passwords that services expect beside a token as the user.
const FIXED_PASSWORDS: &[&str] = &["x-oauth-basic", "x", "", "x-token-auth", "api_token", "unused"];

/// The password between the first `:` and the last `@` before the host of the URL at `hit`, or the token
/// before the `@`.
pub(crate) fn find(text: &str, hit: Range<usize>) -> Option<Range<usize>> {
    let scheme = text[..hit.start].ends_with(|c: char| c.is_ascii_alphanumeric());
    // The public key of a node of Ethereum stands in place of a user.
    if text[..hit.start].ends_with("enode") {
        return None;
    }
    let limit = text.floor_char_boundary((hit.end + LONGEST).min(text.len()));
    let window = &text[hit.end..limit];
    // Most URLs have no credentials.
    memchr::memchr(b'@', window.as_bytes())?;
    let stop = |c: char| {
        matches!(
            c,
            '/' | '"' | '\'' | '`' | '<' | '>' | '|' | '\\' | ',' | '(' | ')' | '[' | ']' | '#'
        ) || c.is_whitespace()
            || c.is_control()
    };
    let mut authority = &window[..window.find(stop).unwrap_or(window.len())];
    // The name of an entry of a directory has commas.
    if window[authority.len()..].starts_with(',') && is_of_directory(&text[..hit.start]) {
        let end = window.find(|c| c != ',' && stop(c));
        authority = &window[..end.unwrap_or(window.len())];
    }
    if let Some(joined) = joined(window, authority).filter(|_| scheme) {
        return Some(hit.end + joined.start..hit.end + joined.end);
    }
    let Some(at) = authority.rfind('@').filter(|_| scheme) else {
        return scheme.then(|| with_delimiters(window, hit.end)).flatten();
    };
    let host = authority[at + 1..].trim_end_matches([':', '.', ';']);
    if host.is_empty() {
        return None;
    }
    let (user, password) = authority[..at].split_once(':').unwrap_or((&authority[..at], ""));
    if is_fixed_password(password) {
        let is_token = user.len() >= SHORTEST_TOKEN
            && value::is_token(user)
            && !value::is_uuid(user)
            && !host.contains("sentry");
        return is_token.then(|| hit.end..hit.end + user.len());
    }
    // `sqlserver://host:1433;user=…`
    let is_port = password.split_once(';').is_some_and(|(port, _)| port.parse::<u16>().is_ok());
    if password == user || is_port || !is_secret(password) {
        return None;
    }
    let start = hit.end + user.len() + 1;
    Some(start..start + password.len())
}

/// Whether the scheme at the end of `text` is LDAP's.
fn is_of_directory(text: &str) -> bool {
    text.ends_with("ldap") || text.ends_with("ldaps")
}

/// Whether a password is what services expect beside a token as the user, in any case.
pub(crate) fn is_fixed_password(password: &str) -> bool {
    FIXED_PASSWORDS.iter().any(|fixed| fixed.eq_ignore_ascii_case(password))
}

/// The password that a program joins to the user before it: `"postgres://app:" + "…" + "@db"`.
fn joined(window: &str, authority: &str) -> Option<Range<usize>> {
    let user = authority.strip_suffix(':').filter(|user| !user.is_empty())?;
    let behind = &window[user.len() + 1..];
    let quote = behind.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let literal = behind[1..].trim_start().strip_prefix(['+', '.', '&'])?;
    let literal = literal.strip_prefix('.').unwrap_or(literal).trim_start().strip_prefix(quote)?;
    let password = &literal[..literal.find(quote)?];
    let start = window.len() - literal.len();
    let is_password = value::is_password(password) || value::is_token(password);
    is_password.then(|| start..start + password.len())
}

/// A password with characters that a URL doesn't allow there, but that people write: `/`, `#`, brackets.
fn with_delimiters(window: &str, start: usize) -> Option<Range<usize>> {
    let stop = |c: char| c.is_whitespace() || c.is_control() || "\"'`<>\\".contains(c);
    let word = &window[..window.find(stop).unwrap_or(window.len())];
    let (user, rest) = word.split_once(':')?;
    let (password, host) = rest.rsplit_once('@')?;
    let is_name = |name: &str, more: &str| {
        !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || more.as_bytes().contains(&b))
    };
    let host = host.split(['/', ':', '?']).next()?;
    // A port with a path: `host:8080/path@2x`.
    let is_port = password.starts_with(|c: char| c.is_ascii_digit())
        && password
            .split(['/', '?', '#'])
            .next()
            .is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()));
    let is_password = is_name(user, "_-.%")
        && is_name(host, "-.,")
        && !is_port
        && password.len() <= 64
        && !password.contains("//")
        && password != user
        && value::is_password(password);
    (is_password).then(|| start + user.len() + 1..start + user.len() + 1 + password.len())
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
