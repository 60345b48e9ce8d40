//! Passwords in the names of data sources that are no URLs: `user:…@tcp(host)/db` of Go's MySQL driver,
//! `user/…@//host/service` of Oracle, the lines of `.pgpass`.

use std::ops::Range;

use crate::value;

pub(crate) const RULE: &str = "data-source-password";
pub(crate) const KEYWORDS: &[&str] =
    &["@tcp(", "@unix(", "@(", "@//", "oracle:thin:", "oracle:oci:", ":5432:"];

/// The longest user and password together, in bytes.
const LONGEST: usize = 200;

/// The password of the data source at `hit`.
pub(crate) fn find(text: &str, hit: &Range<usize>) -> Option<Range<usize>> {
    let range = match text[hit.clone()].to_ascii_lowercase().as_str() {
        "@tcp(" | "@unix(" | "@(" => before(text, hit.start, ':')?,
        "@//" => before(text, hit.start, '/')?,
        ":5432:" => of_pgpass(text, hit.end)?,
        _ => after(text, hit.end)?,
    };
    let written = &text[range.clone()];
    (value::is_given(written) || value::is_password(written)).then_some(range)
}

/// The password before `end`, behind the user and a separator.
fn before(text: &str, end: usize, separator: char) -> Option<Range<usize>> {
    let floor = text.floor_char_boundary(end.saturating_sub(LONGEST));
    let stop = |c: char| c.is_whitespace() || "\"'`<>=(,".contains(c);
    let start = text[floor..end].rfind(stop).map_or(floor, |at| {
        floor + at + text[floor + at..].chars().next().map_or(1, char::len_utf8)
    });
    let written = &text[start..end];
    let at = written.find(separator)?;
    let user = &written[..at];
    let range = start + at + 1..end;
    (!user.is_empty() && user != &text[range.clone()] && !user.contains('/')).then_some(range)
}

/// The password of `user/…@host` at `start`.
fn after(text: &str, start: usize) -> Option<Range<usize>> {
    let limit = text.floor_char_boundary((start + LONGEST).min(text.len()));
    let window = &text[start..limit];
    let window = &window[..window
        .find(|c: char| c.is_whitespace() || "\"'`<>".contains(c))
        .unwrap_or(window.len())];
    let slash = window.find('/')?;
    let at = window.rfind('@')?;
    (slash > 0 && slash + 1 < at && !window[..slash].contains('@'))
        .then_some(start + slash + 1..start + at)
}

/// The password of `host:5432:database:user:…`, up to the line's end.
fn of_pgpass(text: &str, start: usize) -> Option<Range<usize>> {
    let line = text[start..].lines().next()?;
    let mut fields = line.splitn(3, ':');
    let (database, user, password) = (fields.next()?, fields.next()?, fields.next()?);
    let is_name = |name: &str| !name.is_empty() && !name.contains(['/', ' ', '"']);
    let start = start + database.len() + user.len() + 2;
    let password = password.trim_end();
    (is_name(database) && is_name(user) && !password.contains([' ', '/', ':', '"']))
        .then(|| start..start + password.len())
}
