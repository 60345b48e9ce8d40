//! Secrets in base64 and in percent-encoding: the text is decoded and searched like any other.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use crate::rules::{RULES, Rule};
use crate::scan::{self, Secret};
use crate::{classes, value};

/// The shortest and the longest base64 that is decoded, in bytes. What is shorter has no room for a name and
/// a value, what is longer is content.
const SHORTEST: usize = classes::SHORTEST_SEARCHED;
const LONGEST: usize = 64 << 10;
/// How much of a base64 is decoded to see whether it is one of a text, in characters.
const PROBE: usize = 16;
/// The longest percent-encoded word, in bytes.
const LONGEST_WORD: usize = 4 << 10;
/// How often encodings are nested, at most.
pub(crate) const DEPTH: usize = 2;

/// Escapes that occur in front of values.
pub(crate) const PERCENT_KEYWORDS: &[&str] = &["%3a", "%3d", "%22", "%40"];

/// The base64 in the runs of token characters of `text` that contains a secret; the whole of it is the secret.
pub(crate) fn in_base64(
    text: &str,
    tokens: &[Range<usize>],
    depth: usize,
    found: &mut Vec<Secret>,
) {
    if depth >= DEPTH {
        return;
    }
    for range in base64_runs(text, tokens) {
        if let Some(secret) = without_prefix(text, &range) {
            found.push(secret);
            continue;
        }
        let written = &text[range.clone()];
        let Some(decoded) = decoded(written) else { continue };
        let inner = scan::secrets_at_depth(&decoded, depth + 1);
        if let Some(secret) = inner.first() {
            found.push(Secret { range, rule: secret.rule });
        }
    }
}

/// The secret in a format without a prefix that begins with this run.
fn without_prefix(text: &str, run: &Range<usize>) -> Option<Secret> {
    static RULES_OF_RUNS: LazyLock<Vec<&'static Rule>> =
        LazyLock::new(|| RULES.iter().filter(|rule| rule.run.is_some()).collect());
    RULES_OF_RUNS.iter().find_map(|rule| {
        let (shortest, longest) = rule.run?;
        let first = text.as_bytes()[run.start];
        let range = ((shortest..=longest).contains(&run.len())
            && rule.first.as_bytes().contains(&first))
        .then(|| rule.find_at_run(text, run.start))
        .flatten()?;
        Some(Secret { range, rule: rule.name })
    })
}

/// The maximal runs of the base64 alphabets, with padding, that are long enough.
fn base64_runs<'t>(
    text: &'t str,
    tokens: &'t [Range<usize>],
) -> impl Iterator<Item = Range<usize>> + 't {
    let bytes = text.as_bytes();
    tokens.iter().flat_map(move |token| {
        let mut at = token.start;
        std::iter::from_fn(move || {
            while let Some(first) = bytes[at..token.end].first_chunk::<SHORTEST>() {
                // Backwards, so that all up to the last other byte is skipped.
                if let Some(other) = first.iter().rposition(|byte| !IN_ALPHABET[*byte as usize]) {
                    at += other + 1;
                    continue;
                }
                let rest = &bytes[at..token.end];
                let length = rest.iter().take_while(|byte| IN_ALPHABET[**byte as usize]).count();
                let run = at..at + length;
                at = run.end;
                let padding =
                    bytes[run.end..].iter().take(2).take_while(|byte| **byte == b'=').count();
                return Some(run.start..run.end + padding);
            }
            None
        })
    })
}

static IN_ALPHABET: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let c = byte as u8;
        table[byte] = c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/' | b'-' | b'_');
        byte += 1;
    }
    table
};

fn decoded(written: &str) -> Option<String> {
    if written.len() > LONGEST || !begins_like_text(written.as_bytes()) {
        return None;
    }
    let is_text = |bytes: &[u8]| {
        bytes
            .iter()
            .all(|byte| byte.is_ascii_graphic() || matches!(byte, b' ' | b'\n' | b'\r' | b'\t'))
    };
    if !is_text(&value::base64(written.get(..PROBE)?)?) {
        return None;
    }
    let unpadded = written.trim_end_matches('=');
    let bytes = value::base64(&unpadded[..unpadded.len() - usize::from(unpadded.len() % 4 == 1)])?;
    if !is_text(&bytes) {
        return None;
    }
    String::from_utf8(bytes).ok()
}

/// Whether the first eight characters are the base64 of printable ASCII, which leaves out nearly all names
/// and paths.
fn begins_like_text(written: &[u8]) -> bool {
    let Some(first) = written.first_chunk::<8>() else { return false };
    first.chunks_exact(4).all(|four| {
        let bits =
            four.iter().fold(0_u32, |bits, byte| bits << 6 | u32::from(DIGIT[*byte as usize]));
        bits.to_be_bytes()[1..]
            .iter()
            .all(|byte| (b' '..=b'~').contains(byte) || matches!(byte, b'\n' | b'\r' | b'\t'))
    })
}

/// The value of each base64 digit.
static DIGIT: [u8; 256] = {
    let mut table = [0; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut at = 0;
    while at < 64 {
        table[alphabet[at] as usize] = at as u8;
        at += 1;
    }
    table[b'-' as usize] = 62;
    table[b'_' as usize] = 63;
    table
};

/// The secrets in the percent-encoded word around `hit`, and the end of that word.
pub(crate) fn in_percent(
    text: &str,
    hit: &Range<usize>,
    depth: usize,
    found: &mut Vec<Secret>,
) -> usize {
    let floor = text.floor_char_boundary(hit.start.saturating_sub(LONGEST_WORD));
    let limit = text.floor_char_boundary((hit.end + LONGEST_WORD).min(text.len()));
    let stop = |c: char| c.is_whitespace() || "\"'`<>(){}[]|\\,;".contains(c);
    let start = text[floor..hit.start].rfind(stop).map_or(floor, |at| {
        floor + at + text[floor + at..].chars().next().map_or(1, char::len_utf8)
    });
    let end = text[hit.end..limit].find(stop).map_or(limit, |at| hit.end + at);
    if depth < DEPTH {
        let (decoded, map) = percent_decoded(&text[start..end]);
        if let Cow::Owned(decoded) = decoded {
            for secret in scan::secrets_at_depth(&decoded, depth + 1) {
                let range = start + map[secret.range.start]..start + map[secret.range.end];
                found.push(Secret { range, rule: secret.rule });
            }
        }
    }
    end
}

/// `word` decoded, and for each byte of it, and for its end, the position in `word`.
fn percent_decoded(word: &str) -> (Cow<'_, str>, Vec<usize>) {
    let bytes = word.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut map = Vec::with_capacity(bytes.len() + 1);
    let mut at = 0;
    while at < bytes.len() {
        map.push(at);
        let hex = word.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match hex {
            Some(byte) if bytes[at] == b'%' => {
                decoded.push(byte);
                at += 3;
            }
            _ => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    map.push(bytes.len());
    if decoded.len() == bytes.len() {
        return (Cow::Borrowed(word), map);
    }
    match String::from_utf8(decoded) {
        Ok(decoded) => (Cow::Owned(decoded), map),
        Err(_) => (Cow::Borrowed(word), map),
    }
}
