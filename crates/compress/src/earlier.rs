//! References to earlier texts in the conversation: an agent that lists the same folder again, or
//! reads the same file, gets a line that says where those lines already are.
//!
//! ```text
//! [lines 3-49 of the result of toolu_01AbC, word for word]
//! ```
//!
//! Only lines that occur verbatim in an earlier text are replaced, never a reference, and never a
//! line with a marker, which the reader needs where it is. [`resolve`] restores the lines.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use crate::attached;
use crate::lines::Lines;
use crate::marker;

/// Shorter runs, in lines, aren't replaced. By hand, not measured.
const FEWEST_LINES: usize = 8;
/// Nor are fewer bytes: a reference alone costs part of that. By hand, not measured.
const FEWEST_BYTES: usize = 240;
/// The longest name of an earlier text, in bytes. By hand, not measured.
const LONGEST_NAME: usize = 100;

const OPENS: &str = "[lines ";
const OF: &str = " of the result of ";
const CLOSES: &str = ", word for word]";

/// The earlier texts of a conversation, in order, by name.
#[derive(Debug, Default)]
pub struct Earlier {
    texts: Vec<Text>,
    /// The position (text, line) of every run of `FEWEST_LINES` lines, by a hash of them.
    chunks: HashMap<u64, (u32, u32)>,
}

#[derive(Debug)]
struct Text {
    name: String,
    text: String,
    /// The byte offset of each line, and of the end.
    starts: Vec<usize>,
}

impl Text {
    fn line(&self, at: usize) -> Option<&str> {
        let range = *self.starts.get(at)?..*self.starts.get(at + 1)?;
        Some(without_end(&self.text[range]))
    }
}

impl Earlier {
    /// Adds the text shown under `name`. A name that can't be written in a reference, or that is
    /// already taken, is ignored.
    pub fn add(&mut self, name: &str, text: String) {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':');
        let is_known = self.texts.iter().any(|text| text.name == name);
        if is_known || name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(plain) {
            return;
        }
        let lines = Lines::of(&text);
        let hashes = hashes(&lines);
        let number = self.texts.len() as u32;
        for at in 0..(hashes.len() + 1).saturating_sub(FEWEST_LINES) {
            if let Some(chunk) = chunk(&hashes[at..at + FEWEST_LINES]) {
                self.chunks.entry(chunk).or_insert((number, at as u32));
            }
        }
        let mut starts = vec![0];
        starts.extend((0..lines.count()).scan(0, |end, line| {
            *end += lines.slice(line..line + 1).len();
            Some(*end)
        }));
        self.texts.push(Text { name: name.to_owned(), text, starts });
    }

    /// `text` with references in place of the lines that were shown before; `None` if there are
    /// none, or if a line of `text` looks like a reference. What an agent attached stays.
    pub fn refer(&self, text: &str) -> Option<String> {
        if self.chunks.is_empty() || text.lines().any(|line| parse(line).is_some()) {
            return None;
        }
        let content = attached::whole_lines(text);
        let lines = Lines::of(&text[content.clone()]);
        let hashes = hashes(&lines);
        let mut out = text[..content.start].to_owned();
        let (mut at, mut found) = (0, false);
        while at < lines.count() {
            match self.longest(&lines, &hashes, at) {
                Some((source, from, count)) => {
                    let name = &source.name;
                    out.push_str(&format!(
                        "{OPENS}{}-{}{OF}{name}{CLOSES}",
                        from + 1,
                        from + count
                    ));
                    out.push_str(end_of(lines.slice(at + count - 1..at + count)));
                    at += count;
                    found = true;
                }
                None => {
                    out.push_str(lines.slice(at..at + 1));
                    at += 1;
                }
            }
        }
        out.push_str(&text[content.end..]);
        found.then_some(out)
    }

    /// The earlier text that contains the lines from `at` on, the line at which they begin there,
    /// and how many they are.
    fn longest(
        &self,
        lines: &Lines,
        hashes: &[Option<u64>],
        at: usize,
    ) -> Option<(&Text, usize, usize)> {
        let gram = chunk(hashes.get(at..at + FEWEST_LINES)?)?;
        let &(number, from) = self.chunks.get(&gram)?;
        let (source, from) = (self.texts.get(number as usize)?, from as usize);
        let count = (0..lines.count() - at)
            .take_while(|i| {
                hashes[at + i].is_some() && source.line(from + i) == Some(lines.get(at + i))
            })
            .count();
        let is_long = count >= FEWEST_LINES && lines.slice(at..at + count).len() >= FEWEST_BYTES;
        is_long.then_some((source, from, count))
    }
}

/// `text` with its references replaced by the lines they refer to, from `shown` by name; `None` if
/// a reference can't be resolved.
pub fn resolve<'s>(text: &str, shown: impl Fn(&str) -> Option<&'s str>) -> Option<String> {
    let lines = Lines::of(text);
    let mut out = String::new();
    for (at, line) in lines.iter().enumerate() {
        let Some((name, range)) = parse(line) else {
            out.push_str(lines.slice(at..at + 1));
            continue;
        };
        let source = Lines::of(shown(name)?);
        if range.end > source.count() {
            return None;
        }
        for line in range.clone() {
            out.push_str(source.get(line));
            out.push_str(if line + 1 < range.end { "\n" } else { end_of(lines.slice(at..at + 1)) });
        }
    }
    Some(out)
}

/// Parses a reference: the name and the lines, from 0.
fn parse(line: &str) -> Option<(&str, Range<usize>)> {
    let inner = line.strip_prefix(OPENS)?.strip_suffix(CLOSES)?;
    let (range, name) = inner.split_once(OF)?;
    let (first, last) = range.split_once('-')?;
    let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
    (first >= 1 && first <= last && !name.contains(' ')).then_some((name, first - 1..last))
}

/// A hash of each line; `None` for a line that must not be replaced.
fn hashes(lines: &Lines) -> Vec<Option<u64>> {
    let hash = |line: &str| {
        let stays = parse(line).is_some() || marker::contains(line);
        (!stays).then(|| {
            let mut hasher = DefaultHasher::new();
            line.hash(&mut hasher);
            hasher.finish()
        })
    };
    lines.iter().map(hash).collect()
}

/// A hash of several lines; `None` if one of them must not be replaced.
fn chunk(hashes: &[Option<u64>]) -> Option<u64> {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    hashes.iter().try_fold(0u64, |all, hash| Some(all.wrapping_mul(FACTOR).wrapping_add((*hash)?)))
}

fn without_end(line: &str) -> &str {
    line.strip_suffix('\n').unwrap_or(line)
}

fn end_of(line: &str) -> &'static str {
    if line.ends_with('\n') { "\n" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn listing(from: usize, to: usize) -> String {
        (from..to).map(|n| format!("-rw-r--r-- 1 root root 1234 file-{n}.txt\n")).collect()
    }

    #[test]
    fn lines_that_were_shown_are_referred_to() {
        let mut earlier = Earlier::default();
        earlier.add("call_1", listing(0, 40));
        let text = format!("total 7\n{}new\n", listing(10, 30));
        let referred = earlier.refer(&text).unwrap();
        assert_eq!(
            referred,
            "total 7\n[lines 11-30 of the result of call_1, word for word]\nnew\n"
        );
        let shown = listing(0, 40);
        assert_eq!(resolve(&referred, |_| Some(&shown)), Some(text));
    }

    #[test]
    fn references_and_markers_are_never_referred_to() {
        let marker = "[7 lines left out. Retrieve more: hash=0f1e2d3c4b5a69788796a5b4]\n";
        let text = listing(0, 20) + marker + &listing(20, 40);
        let mut earlier = Earlier::default();
        earlier.add("call_1", text.clone());
        let referred = earlier.refer(&text).unwrap();
        assert_eq!(referred.lines().count(), 3);
        assert_eq!(referred.lines().nth(1), Some(marker.trim_end()));
        earlier.add("call_2", referred.clone());
        assert_eq!(earlier.refer(&referred), None);
    }

    #[test]
    fn a_few_lines_or_an_invalid_name_are_not_replaced() {
        let mut earlier = Earlier::default();
        earlier.add("call 1]", listing(0, 40));
        assert_eq!(earlier.refer(&listing(0, 40)), None);
        earlier.add("call_1", listing(0, 40));
        assert_eq!(earlier.refer(&listing(0, 7)), None);
        assert_eq!(earlier.refer(&"}\n".repeat(50)), None);
    }

    proptest! {
        #[test]
        fn what_is_referred_to_is_given_back(
            texts in prop::collection::vec("((long line [ab] of a listing in which nothing else is|b|\\[lines 1-2 of the result of t0, word for word\\])\n){0,40}x?", 1..4),
            text in "((long line [ab] of a listing in which nothing else is|b)\n){0,60}x?",
        ) {
            let mut earlier = Earlier::default();
            for (at, text) in texts.iter().enumerate() {
                earlier.add(&format!("t{at}"), text.clone());
            }
            if let Some(referred) = earlier.refer(&text) {
                prop_assert!(referred.len() < text.len());
                let shown = |name: &str| Some(texts[name[1..].parse::<usize>().ok()?].as_str());
                prop_assert_eq!(resolve(&referred, shown), Some(text));
            }
        }
    }
}
