//! Where a provider's credential may stand beside its name: assigned to a name with the provider's in it
//! (`ALGOLIA_ADMIN_KEY=…`), among the arguments of a call (`plivo.NewClient("…", "…")`), or behind words that say what it is
//! (`shodan init …`, `the Mistral API key: …`). Whether it has the provider's format is up to the rule.

use std::ops::Range;

use crate::parts::{ahead, range_of};
use crate::{assignment, call, value};

/// The longest rest of a callee behind the provider's name, and of a line, in bytes.
const LONGEST_CALLEE: usize = 40;
const LONGEST_LINE: usize = 160;
/// Shorter words of a line are no credentials.
const SHORTEST: usize = 14;
/// What says that a credential follows.
const ANNOUNCING: &[&str] = &["key", "token", "secret", "init", "login", "auth"];
/// What says that a hash does.
const OF_HASHES: &[&str] = &["sha", "md5", "integrity", "checksum", "commit", "digest", "etag"];

/// The values that may be a credential of the provider whose name is at `hit`.
pub(crate) fn values(text: &str, hit: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let beside = in_call(text, hit).into_iter().flatten().chain(in_line(text, hit));
    let is_generated = |range: &Range<usize>| {
        let written = &text[range.clone()];
        value::is_token(written) && written.bytes().filter(u8::is_ascii_digit).count() >= 2
    };
    let assigned = assignment::assigned_to_provider(text, hit);
    assigned.into_iter().chain(beside.filter(is_generated))
}

/// The literals among the arguments of a call whose callee the provider's name is a part of.
fn in_call(text: &str, hit: &Range<usize>) -> Option<impl Iterator<Item = Range<usize>>> {
    let window = ahead(text, hit.end, LONGEST_CALLEE);
    let is_of_callee = |c: char| c.is_ascii_alphanumeric() || "_.:<>'\")".contains(c);
    let end = window.find(|c| !is_of_callee(c))?;
    // Between `('twilio')` and `(`, nothing else is quoted.
    let is_callee = window[end..].starts_with('(');
    is_callee.then(|| call::arguments(text, hit.end + end + 1).into_iter().flatten())
}

/// The words of the provider's line that stand behind one that announces them.
fn in_line(text: &str, hit: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let line = ahead(text, hit.end, LONGEST_LINE).split('\n').next().unwrap_or_default();
    let lower = line.to_ascii_lowercase();
    let announced = ANNOUNCING.iter().filter_map(|word| lower.find(word)).min();
    let is_hash = OF_HASHES.iter().any(|word| lower.contains(word));
    let words = &line[announced.filter(|_| !is_hash).unwrap_or(line.len())..];
    let words = words.split_ascii_whitespace();
    let words = words.map(|word| word.trim_matches(|c: char| "\"'`<>(),;.:|".contains(c)));
    words.filter(|word| word.len() >= SHORTEST).map(|word| range_of(text, word))
}
