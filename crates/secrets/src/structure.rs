//! Secrets by their place in a document: private members of a JSON Web Key, Kubernetes' `Secret`s, the state
//! of Terraform.

use std::ops::Range;

use crate::assignment::is_telling;
use crate::value;

pub(crate) const JWK_RULE: &str = "jwk-private-key";
pub(crate) const JWK_KEYWORD: &str = "kty";
pub(crate) const KUBERNETES_RULE: &str = "kubernetes-secret";
pub(crate) const KUBERNETES_KEYWORDS: &[&str] =
    &["kind: secret", "kind\": \"secret\"", "kind\":\"secret\"", "kind: \"secret\"", "stringdata"];
pub(crate) const STATE_RULE: &str = "terraform-state";
pub(crate) const STATE_KEYWORDS: &[&str] = &["random_password", "\"sensitive\": true"];

/// The members of a JSON Web Key that are secret (RFC 7518, section 6).
const PRIVATE_MEMBERS: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "k"];
/// What of a document is looked at on each side of a keyword, in bytes.
const AROUND: usize = 8 << 10;
/// Likewise, for the state of one resource.
const AROUND_STATE: usize = 1500;

/// The private members of the key whose type is at `hit`.
pub(crate) fn jwk(text: &str, hit: &Range<usize>, found: &mut Vec<Range<usize>>) {
    let floor = text.floor_char_boundary(hit.start.saturating_sub(AROUND));
    let limit = text.floor_char_boundary((hit.end + AROUND).min(text.len()));
    let start = floor + text[floor..hit.start].rfind('{').unwrap_or(0);
    let end = hit.end + text[hit.end..limit].find('}').unwrap_or(limit - hit.end);
    for entry in entries(text, start..end) {
        let name = &text[entry.name.clone()];
        let written = &text[entry.value.clone()];
        let is_encoded = written.len() >= 20
            && written.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_+/=".contains(&b));
        if PRIVATE_MEMBERS.contains(&name) && is_encoded && !value::is_dummy_token(written) {
            found.push(entry.value);
        }
    }
}

/// The values of the secret around `hit`.
pub(crate) fn kubernetes(text: &str, hit: &Range<usize>, found: &mut Vec<Range<usize>>) {
    let floor = text.floor_char_boundary(hit.start.saturating_sub(AROUND));
    let limit = text.floor_char_boundary((hit.end + AROUND).min(text.len()));
    let start = text[floor..hit.start].rfind("\n---").map_or(floor, |at| floor + at);
    let end = text[hit.end..limit].find("\n---").map_or(limit, |at| hit.end + at);
    for key in ["data", "stringData", "StringData"] {
        let mut from = start;
        while let Some(at) = text[from..end].find(key).map(|at| from + at) {
            from = at + key.len();
            let is_whole = text[..at].ends_with(['\n', ' ', '"', '{', ',']);
            let rest = text[from..end].trim_start_matches(['"', ':', ' ']);
            if is_whole && rest.len() < end - from {
                let block = block(text, end - rest.len()..end);
                values_of_block(text, block, key == "data", found);
            }
        }
    }
}

/// The lines or members of the block that begins at the start of `range`.
fn block(text: &str, range: Range<usize>) -> Range<usize> {
    let window = &text[range.clone()];
    if window.starts_with('{') {
        let end = window.find('}').unwrap_or(window.len());
        return range.start..range.start + end;
    }
    let mut end = 0;
    for line in window.split_inclusive('\n') {
        let is_nested = line.starts_with([' ', '\t', '\n', '\r', '-']);
        if end > 0 && !is_nested {
            break;
        }
        end += line.len();
    }
    range.start..range.start + end
}

fn values_of_block(text: &str, block: Range<usize>, encoded: bool, found: &mut Vec<Range<usize>>) {
    for entry in entries(text, block) {
        let name = &text[entry.name.clone()];
        let written = &text[entry.value.clone()];
        let decoded =
            if encoded { value::decoded_base64(written) } else { Some(written.to_owned()) };
        // In a program, members of what has them: `password: dbPassword.result,`.
        let is_member = || {
            let is_name = |part: &str| {
                !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphabetic())
            };
            written.contains('.') && written.split('.').all(is_name)
        };
        let is_secret = !is_member()
            && decoded.is_some_and(|plain| {
                value::is_password(&plain)
                    || value::is_token(&plain)
                    || value::is_random(&plain)
                    || (is_telling(name) && value::is_given(&plain))
            });
        if is_secret {
            found.push(entry.value);
        }
    }
}

/// The passwords in the state around `hit`: results of `random_password`, values marked as sensitive.
pub(crate) fn state(text: &str, hit: &Range<usize>, found: &mut Vec<Range<usize>>) {
    let is_result = text[hit.clone()].starts_with("random");
    let floor = text.floor_char_boundary(hit.start.saturating_sub(AROUND_STATE));
    let limit = text.floor_char_boundary((hit.end + AROUND_STATE).min(text.len()));
    let range = if is_result {
        hit.end..limit
    } else {
        let start = floor + text[floor..hit.start].rfind('{').unwrap_or(0);
        let end = hit.end + text[hit.end..limit].find('}').unwrap_or(limit - hit.end);
        start..end
    };
    for entry in entries(text, range) {
        let name = &text[entry.name.clone()];
        let written = &text[entry.value.clone()];
        let is_named = if is_result { name == "result" } else { name == "value" };
        if is_named
            && (value::is_password(written)
                || value::is_random(written)
                || value::is_token(written))
        {
            found.push(entry.value);
        }
    }
}

/// A name and its value, both without quotes.
struct Entry {
    name: Range<usize>,
    value: Range<usize>,
}

/// The entries in `range` of the form `name: value` or `"name": "value"`, whose values have no blanks.
fn entries(text: &str, range: Range<usize>) -> Vec<Entry> {
    let window = &text[range.clone()];
    let bytes = window.as_bytes();
    let mut entries = Vec::new();
    for colon in memchr_all(b':', bytes) {
        let before = window[..colon].trim_end_matches([' ', '"', '\'', '\\']);
        let is_name = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        let start = before.len() - before.chars().rev().take_while(|c| is_name(*c)).count();
        let after = &window[colon + 1..];
        let value = after.trim_start_matches([' ', '"', '\'', '\\']);
        let value_at = window.len() - value.len();
        let end =
            value.find(|c: char| c.is_whitespace() || "\"',}\\".contains(c)).unwrap_or(value.len());
        if start < before.len() && end > 0 {
            entries.push(Entry {
                name: range.start + start..range.start + before.len(),
                value: range.start + value_at..range.start + value_at + end,
            });
        }
    }
    entries
}

fn memchr_all(needle: u8, bytes: &[u8]) -> impl Iterator<Item = usize> {
    bytes.iter().enumerate().filter(move |(_, byte)| **byte == needle).map(|(at, _)| at)
}
