//! What a model used later of what would have been elided: words of a result that it writes although
//! nothing that it would have been shown has them, and lines that it replaces by an edit.
//!
//! It had seen them, so it would have had to retrieve them. What it would have understood less well, or
//! retrieved for nothing, no transcript shows.

use std::collections::{BTreeMap, HashMap, HashSet};

use llm_proxy::OfflineStep;
use serde_json::Value;

/// The shortest and the longest words that are looked for, in bytes: shorter ones occur by chance, longer
/// ones are data.
const WORD_BYTES: std::ops::RangeInclusive<usize> = 6..=200;
/// The shortest line of an edit that is looked for, in bytes: shorter ones, such as brackets, are everywhere.
const MIN_LINE_BYTES: usize = 8;

/// Arguments of editing tools that hold the present text of a file.
const OLD_TEXTS: [&str; 4] = ["old_string", "old_str", "oldText", "oldString"];

/// A block of which something was used later that would have been elided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LaterUse {
    /// The block's place among those that may be compressed.
    pub(super) block: usize,
    /// Where that which the model said begins in the body, in bytes.
    pub(super) said_at: usize,
}

/// The blocks of which something was used later, each once, by where it was first used.
pub(super) fn later_uses(steps: &[OfflineStep]) -> Vec<LaterUse> {
    let mut seen = Seen::default();
    let mut found: BTreeMap<usize, usize> = BTreeMap::new();
    for step in steps {
        match step {
            OfflineStep::Said { at, text } => {
                let said = strings(text);
                let missing: Vec<usize> = seen.missing(&said).chain(seen.edited(text)).collect();
                for block in missing {
                    found.entry(block).or_insert(*at);
                }
                seen.show(&said);
            }
            OfflineStep::Shown { text } => seen.show(text),
            OfflineStep::Result { block, before, after, .. } => {
                let shown = after.as_ref().unwrap_or(before);
                seen.show(shown);
                if let (Some(block), Some(after)) = (block, after) {
                    seen.elide(*block, before, after);
                }
            }
        }
    }
    found.into_iter().map(|(block, said_at)| LaterUse { block, said_at }).collect()
}

/// What the model would have seen so far.
#[derive(Default)]
struct Seen {
    text: String,
    words: HashSet<Box<str>>,
    /// The words and the lines that were elided, each with the last block that it was elided from.
    elided: HashMap<Box<str>, usize>,
}

impl Seen {
    fn show(&mut self, text: &str) {
        self.words.extend(words(text).map(Box::from));
        self.text.push('\n');
        self.text.push_str(text);
    }

    fn elide(&mut self, block: usize, before: &str, after: &str) {
        let (before, after) = (strings(before), strings(after));
        let shown: HashSet<&str> = words(&after).chain(lines(&after)).collect();
        let gone = words(&before).chain(lines(&before)).filter(|text| !shown.contains(text));
        for text in gone {
            self.elided.insert(text.into(), block);
        }
    }

    /// The blocks whose elided words are in what the model says.
    fn missing<'s>(&'s self, said: &'s str) -> impl Iterator<Item = usize> + 's {
        let words = words(said).filter(|word| !self.words.contains(*word) && !self.has_parts(word));
        words.filter_map(|word| self.elided_from(word))
    }

    /// The blocks whose elided lines the model replaces, if `said` are the arguments of an editing tool.
    fn edited(&self, said: &str) -> Vec<usize> {
        let mut old = String::new();
        match serde_json::from_str(said) {
            Ok(arguments) => add_old_texts(&arguments, &mut old),
            Err(_) => add_old_lines(said, &mut old),
        }
        lines(&old).filter_map(|line| self.elided_from(line)).collect()
    }

    /// The block from which a text was elided that is in sight nowhere.
    fn elided_from(&self, text: &str) -> Option<usize> {
        let block = self.elided.get(text)?;
        (!self.text.contains(text)).then_some(*block)
    }

    /// Whether the parts of a path or an address are in sight, so that a reader can put it together.
    fn has_parts(&self, word: &str) -> bool {
        let parts = || word.split(['/', ':']).filter(|part| !part.is_empty());
        parts().nth(1).is_some()
            && self.elided.contains_key(word)
            && parts().all(|part| self.text.contains(part))
    }
}

/// The strings of a JSON document, each on lines of its own; a text that is none as it is.
fn strings(text: &str) -> String {
    fn add(value: &Value, out: &mut String) {
        match value {
            Value::String(text) => {
                out.push_str(text);
                out.push('\n');
            }
            Value::Array(items) => items.iter().for_each(|item| add(item, out)),
            Value::Object(members) => members.iter().for_each(|(name, value)| {
                out.push_str(name);
                out.push('\n');
                add(value, out);
            }),
            Value::Number(_) | Value::Bool(_) => {
                out.push_str(&value.to_string());
                out.push('\n');
            }
            Value::Null => {}
        }
    }
    let document =
        text.trim_start().starts_with(['{', '[']).then(|| serde_json::from_str(text).ok());
    let Some(document) = document.flatten() else { return text.to_owned() };
    let mut out = String::new();
    add(&document, &mut out);
    out
}

/// Adds the texts that the arguments of an editing tool expect in a file.
fn add_old_texts(arguments: &Value, old: &mut String) {
    match arguments {
        Value::String(text) => add_old_lines(text, old),
        Value::Array(items) => items.iter().for_each(|item| add_old_texts(item, old)),
        Value::Object(members) => {
            for (name, value) in members {
                match value.as_str().filter(|_| OLD_TEXTS.contains(&name.as_str())) {
                    Some(text) => {
                        old.push_str(text);
                        old.push('\n');
                    }
                    None => add_old_texts(value, old),
                }
            }
        }
        _ => {}
    }
}

/// Adds the lines that a patch in Codex's format expects in a file.
fn add_old_lines(patch: &str, old: &mut String) {
    if !patch.contains("*** Begin Patch") {
        return;
    }
    for line in patch.lines().filter_map(|line| line.strip_prefix([' ', '-'])) {
        old.push_str(line);
        old.push('\n');
    }
}

/// The words of a text that say what they are about: with a digit, a sign that names are made of, or
/// capitals inside.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_inside = |c: char| c.is_ascii_alphanumeric() || "_$@#./:-".contains(c);
    let is_end = |c: char| c.is_ascii_alphanumeric() || "_$@#".contains(c);
    let trim = move |word: &'_ str| -> std::ops::Range<usize> {
        let start = word.find(is_end).unwrap_or(word.len());
        let end = word.rfind(is_end).map_or(start, |end| end + 1);
        start..end
    };
    text.split(move |c: char| !is_inside(c))
        .filter_map(move |word| word.get(trim(word)))
        .filter(|word| WORD_BYTES.contains(&word.len()) && is_distinctive(word))
}

fn is_distinctive(word: &str) -> bool {
    let bytes = word.as_bytes();
    let is_sign = |byte: &u8| byte.is_ascii_digit() || b"_/.:$#@".contains(byte);
    let has_hump =
        bytes.windows(2).any(|two| two[0].is_ascii_lowercase() && two[1].is_ascii_uppercase());
    bytes.iter().any(is_sign) || has_hump
}

/// The lines of a text that are long enough, without numbers before them and marks of a patch.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(unnumbered).filter(|line| line.len() >= MIN_LINE_BYTES)
}

/// A line without the number that a listing puts before it, or the mark of a patch.
fn unnumbered(line: &str) -> &str {
    let line = line.trim();
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let after = (rest.len() < line.len())
        .then(|| ['→', '\t', ':', '|'].iter().find_map(|sign| rest.strip_prefix(*sign)))
        .flatten();
    let line = after.unwrap_or(line);
    line.strip_prefix(['-', '+']).unwrap_or(line).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(block: usize, before: &str, after: &str) -> OfflineStep {
        OfflineStep::Result {
            at: 0,
            block: Some(block),
            tokens: 0,
            before: before.to_owned(),
            after: Some(after.to_owned()),
        }
    }

    fn said(at: usize, text: &str) -> OfflineStep {
        OfflineStep::Said { at, text: text.to_owned() }
    }

    fn uses(steps: &[OfflineStep]) -> Vec<(usize, usize)> {
        later_uses(steps).into_iter().map(|used| (used.block, used.said_at)).collect()
    }

    #[test]
    fn a_word_that_is_in_sight_nowhere_is_missing_once() {
        let steps = [
            result(0, "open request_1789 of userName", "open"),
            said(7, "{\"pattern\": \"request_1789\"}"),
            said(8, "request_1789 and userName"),
        ];
        assert_eq!(uses(&steps), [(0, 7)]);
        // Seen elsewhere, or made of parts that are.
        let shown = OfflineStep::Shown { text: "see request_1789".to_owned() };
        assert_eq!(uses(&[shown, result(0, "request_1789", ""), said(7, "request_1789")]), []);
        let steps = [
            result(0, "src/main.rs:17 a\nsrc/\nmain.rs\n17", "src/\nmain.rs\n17"),
            said(7, "src/main.rs:17"),
        ];
        assert_eq!(uses(&steps), []);
        // Plain words are everywhere.
        assert_eq!(uses(&[result(0, "nothing special", ""), said(7, "nothing special")]), []);
    }

    #[test]
    fn a_line_that_is_edited_is_missing_if_it_was_elided() {
        let before = "  12→\tlet total = a + b;\n  13→\treturn total\n";
        let call =
            |old: &str| serde_json::json!({"old_string": old, "new_string": "x"}).to_string();
        let steps =
            [result(3, before, "  13→\treturn total\n"), said(9, &call("let total = a + b;"))];
        assert_eq!(uses(&steps), [(3, 9)]);
        let patch = "*** Begin Patch\n*** Update File: a.rs\n-let total = a + b;\n+let total = a;\n*** End Patch";
        assert_eq!(uses(&[result(3, before, ""), said(9, patch)]), [(3, 9)]);
        let steps = [result(3, before, before), said(9, &call("let total = a + b;"))];
        assert_eq!(uses(&steps), []);
        // What is written anew isn't taken from anywhere.
        assert_eq!(uses(&[result(3, before, ""), said(9, "let total = a + b;")]), []);
    }
}
