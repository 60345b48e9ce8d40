//! Edits of JSON with comments and trailing commas.
//!
//! Objects and arrays are edited alike: a container has items, and an item is a member (name and
//! value) or an element. `document` knows what is where, `layout` how a change is written.

mod document;
mod layout;

use jsonc_parser::common::Ranged;
use serde_json::{Map, Value};

use self::document::{Document, Trail};
use super::{EditError, Entry, Slot};

pub(super) fn find(text: &str, slot: &Slot<'_>) -> Result<Option<Value>, EditError> {
    let document = Document::parse(text)?;
    let trail = document.follow(slot)?;
    Ok(trail.item.map(|item| trail.chain[trail.chain.len() - 1].items[item].value.clone().into()))
}

pub(super) fn depth(text: &str, slot: &Slot<'_>) -> Result<usize, EditError> {
    let document = Document::parse(text)?;
    Ok(document.follow(slot).map_or(0, |trail| trail.chain.len()))
}

pub(super) fn put(text: &str, slot: &Slot<'_>, value: &Value) -> Result<String, EditError> {
    let document = Document::parse(text)?;
    let trail = document.follow(slot)?;
    let splices = match (trail.chain.last(), trail.item, trail.missing.split_first()) {
        (None, _, _) => document.begin(&wrap(&slot.path, slot.entry, value)),
        (Some(container), Some(item), _) => document.replace(container, item, value),
        (Some(container), None, Some((key, keys))) => {
            document.insert(container, Some(key), &wrap(keys, slot.entry, value))
        }
        (Some(container), None, None) => document.insert(container, name(slot.entry), value),
    };
    Ok(document.edited(splices))
}

pub(super) fn take(text: &str, slot: &Slot<'_>, kept: usize) -> Result<String, EditError> {
    let document = Document::parse(text)?;
    let Trail { mut chain, item, .. } = document.follow(slot)?;
    let mut item = item;
    while let (Some(container), Some(at)) = (chain.pop(), item) {
        if chain.len() < kept || !document.is_alone(&container, at) {
            return Ok(document.edited(document.remove(&container, at)));
        }
        item = match chain.last() {
            Some(outer) => outer.items.iter().position(|item| item.value.start() == container.open),
            None => return Ok(document.edited(document.end(&container))),
        };
    }
    Ok(text.to_owned())
}

/// The tokens of `text`, comments among them, without what is between them; `None` if it is broken.
pub(super) fn lexemes(text: &str) -> Option<Vec<&str>> {
    let document = Document::parse(text).ok()?;
    Some(document.tokens.iter().map(|token| &document.body[token.range.clone()]).collect())
}

/// `value` as the entry of a container under `keys`.
fn wrap(keys: &[&str], entry: Entry<'_>, value: &Value) -> Value {
    let innermost = match entry {
        Entry::Member(name) => Value::Object(Map::from_iter([(name.to_owned(), value.clone())])),
        Entry::Element(_) => Value::Array(vec![value.clone()]),
    };
    keys.iter()
        .rev()
        .fold(innermost, |inner, key| Value::Object(Map::from_iter([((*key).to_owned(), inner)])))
}

fn name(entry: Entry<'_>) -> Option<&str> {
    match entry {
        Entry::Member(name) => Some(name),
        Entry::Element(_) => None,
    }
}
