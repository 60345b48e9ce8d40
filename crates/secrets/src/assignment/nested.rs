//! Secrets in an object or a table whose name says what its members are: `"passwords": {"staging": "…"}`.

use std::ops::Range;

use super::{Kind, Notation, is_secret, name};
use crate::parts::ahead;

/// The longest object, in bytes.
const LONGEST: usize = 600;

/// Members of packages in lock files, whose names may be plurals too: `"js-tokens": {"version": …, "integrity": …`.
#[rustfmt::skip]
const OF_PACKAGES: &[&str] =
    &["version", "resolved", "integrity", "resolution", "license", "checksum", "type", "description"];

/// Adds the values of the members of the object that `name`, a plural, is the name of.
pub(super) fn find(
    text: &str,
    name: &Range<usize>,
    hit: &Range<usize>,
    kind: Kind,
    found: &mut Vec<Range<usize>>,
) {
    let is_named =
        || name::kind_of(text, name, hit, kind).is_some_and(|kind| kind != Kind::OtherKey);
    let may_be_object = text[name.end..].starts_with(['"', '\'', ' ', ':', '='])
        // A package in a lock file.
        && !text[..name.start].ends_with(['/', '@']);
    // Few plurals are names of objects, so the whole name is looked at last.
    if !(may_be_object && text[name.clone()].ends_with(['s', 'S']) && is_named()) {
        return;
    }
    let rest = ahead(text, name.end, LONGEST);
    let object = rest.trim_start_matches(['"', '\'', ' ', ':', '=', '>', '\n', '\r', '\t']);
    let between = &rest[..rest.len() - object.len()];
    if !(object.starts_with('{') && between.contains([':', '='])) {
        return;
    }
    let start = name.end + between.len() + 1;
    let end = object.find('}').map_or(start, |at| start + at - 1);
    if OF_PACKAGES.iter().any(|member| text[start..end].contains(member)) {
        return;
    }
    for value in members(text, start..end) {
        if is_secret(kind, Notation::Neighbor, &text[value.clone()], &text[name.clone()]) {
            found.push(value);
        }
    }
}

/// The quoted values behind a colon or an equals sign in `range`.
fn members(text: &str, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut at = range.start;
    std::iter::from_fn(move || {
        loop {
            let operator = at + text[at..range.end].find([':', '='])? + 1;
            let value = text[operator..range.end].trim_start_matches(['>', ' ']);
            at = range.end - value.len();
            let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
                continue;
            };
            let length = value[1..].find(quote)?;
            let start = at + 1;
            at = start + length + 1;
            return Some(start..start + length);
        }
    })
}
