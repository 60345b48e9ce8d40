//! Session cookies: `Cookie: session=…`, `Set-Cookie: …`, `document.cookie = "…"`, `cookies = {"session": "…"}`, and the lines
//! of browsers' files of them.

use std::ops::Range;

use crate::byte_set::ByteSet;
use crate::parts::range_of;
use crate::value;

pub(crate) const KEYWORDS: &[&str] = &["cookie", "\tTRUE\t", "\tFALSE\t"];
pub(crate) const RULE: &str = "cookie";

/// What is looked at behind the keyword, in bytes.
const LONGEST: usize = 1200;
/// The characters of names and values, and what stands between those of a pair.
const VALUES: ByteSet = ByteSet::alphanumeric_and(b"-_.~%+/:|!=");
/// Cookies that identify no session.
const HARMLESS: &[&str] = &[
    "_ga",
    "_gid",
    "_gcl",
    "_fbp",
    "__utm",
    "csrf",
    "xsrf",
    "lang",
    "locale",
    "theme",
    "consent",
    "amplitude",
    "ajs_",
];

/// The values of the cookies named behind `hit`.
pub(crate) fn find(text: &str, hit: &Range<usize>, found: &mut Vec<Range<usize>>) {
    if text[hit.clone()].starts_with('\t') {
        found.extend(of_file(text, hit));
        return;
    }
    let limit = text.floor_char_boundary((hit.end + LONGEST).min(text.len()));
    let window = &text[hit.end..limit];
    let line = window.lines().next().unwrap_or_default();
    // `Cookie: `, `cookie = "`, `cookies={`, `Cookie", "`, `cookie("`, `cookies.set('`
    let lead = line.trim_start_matches(|c: char| c.is_ascii_alphabetic() || "._- ".contains(c));
    if lead.starts_with([':', '=', '(', '"', '\'', '{', '[', ',', '\\']) {
        let start = hit.end + (line.len() - lead.len());
        pairs(text, start..hit.end + line.len(), found);
    }
}

/// The value in a line of Netscape's format, whose fields tabs separate: domain, whether for subdomains, path, whether only
/// over TLS, expiry, name, value.
fn of_file(text: &str, hit: &Range<usize>) -> Option<Range<usize>> {
    let limit = text.floor_char_boundary((hit.end + LONGEST).min(text.len()));
    let behind = text[hit.end..limit].split('\n').next()?.trim_end_matches('\r');
    let mut fields = behind.split('\t');
    // Behind the second field, or behind the fourth.
    fields.next().filter(|path| path.starts_with('/'))?;
    let is_secure = fields.next().is_some_and(|secure| matches!(secure, "TRUE" | "FALSE"));
    let is_expiry = fields.next().is_some_and(|time| time.bytes().all(|b| b.is_ascii_digit()));
    let (name, value) = (fields.next()?, fields.next()?);
    let is_cookie = is_secure && is_expiry && fields.next().is_none();
    (is_cookie && is_session(value) && !is_harmless(name)).then(|| range_of(text, value))
}

/// Adds the values of cookies in `range`: `name=value`, `"name": "value"`, `"name", "value"`.
pub(crate) fn pairs(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let line = &text[range.clone()];
    let mut at = 0;
    let mut name = "";
    while let Some(start) = VALUES.find(&line[at..]).map(|start| at + start) {
        let word = &line[start..];
        let end = start + VALUES.find_other(word).unwrap_or(word.len());
        let word = &line[start..end];
        at = end;
        if !word.contains(|c: char| c.is_ascii_alphanumeric()) {
            continue;
        }
        let (of, value_at) = match word.split_once('=') {
            Some((of, rest)) if !rest.trim_end_matches('=').is_empty() => {
                (of, start + of.len() + 1)
            }
            _ => (name, start),
        };
        let written = &line[value_at..end];
        let is_name = of.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if is_name && is_session(written) && !is_harmless(of) {
            found.push(range.start + value_at..range.start + end);
        }
        name = word.trim_end_matches([':', '=']);
    }
}

fn is_harmless(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    HARMLESS.iter().any(|harmless| {
        lower.starts_with(harmless) || (harmless.len() > 3 && lower.contains(harmless))
    })
}

fn is_session(written: &str) -> bool {
    (value::is_token(written) || value::is_random(written)) && !value::is_uuid(written)
        || (value::is_uuid(written) && value::is_token(written))
}
