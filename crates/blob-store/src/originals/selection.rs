//! The selection of a part of an original: by JSON pointer, by lines, by a query, or by several of
//! these, each within the result of the one before.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use serde_json::value::RawValue;

use super::excerpts::{Excerpt, Excerpts, Place, excerpts};

/// The most steps of a pointer: each one parses the result of the one before. By hand: deeper than any
/// document seen.
const MOST_STEPS: usize = 64;
/// The most names that an error lists. By hand, so that the message stays short.
const MOST_NAMES: usize = 20;

/// The requested part. With nothing set, the whole original.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// A JSON pointer (RFC 6901): `/items/3/name`. If the original is a sequence of JSON values,
    /// the first step is the index of one.
    pub pointer: Option<String>,
    /// Lines of the original, or of the text that the pointer refers to.
    pub lines: Option<Lines>,
    /// Words to search for.
    pub query: Option<String>,
}

/// A range of lines, inclusive, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lines {
    first: usize,
    last: usize,
}

/// The error for an invalid range of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected lines as 10-40, 10 or 10-, counted from 1")]
pub struct NotLines;

/// Why a selection is empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Miss {
    /// The first requested line is beyond the last one.
    #[error("there is no line {asked}: the text has {count} line{}", if *count == 1 { "" } else { "s" })]
    Line {
        /// The requested line.
        asked: usize,
        /// How many there are.
        count: usize,
    },
    /// A pointer into a text that isn't JSON.
    #[error("the original isn't JSON: use lines or a query instead of a pointer")]
    NotJson,
    /// A pointer that doesn't begin with a slash, or has too many steps.
    #[error("not a JSON pointer: expected something like /items/3/name")]
    NotAPointer,
    /// A step of the pointer refers to nothing.
    #[error("nothing at {at}: {there}")]
    Nowhere {
        /// The pointer up to that step.
        at: String,
        /// What exists instead.
        there: String,
    },
}

impl Selection {
    /// Whether the whole original is requested.
    pub fn is_whole(&self) -> bool {
        self.pointer.is_none() && self.lines.is_none() && self.query.is_none()
    }

    /// The requested parts of `original`; empty if a query finds nothing.
    ///
    /// # Errors
    /// [`Miss`], with what exists instead.
    pub fn of(&self, original: &str) -> Result<Excerpts, Miss> {
        let pointed =
            self.pointer.as_deref().map(|pointer| follow(original, pointer)).transpose()?;
        let text = pointed.as_deref().unwrap_or(original);
        let (lines, range) = match self.lines {
            None => (None, 0..text.len()),
            Some(lines) => {
                let (last, range) = lines.of(text)?;
                (Some((lines.first, last)), range)
            }
        };
        let part = &text[range];
        let whole =
            |place| Excerpts { shown: vec![Excerpt { place, text: part.to_owned() }], more: 0 };
        Ok(match (&self.query, lines) {
            (Some(query), _) => {
                let skipped = lines.map_or(0, |(first, _)| first - 1);
                let mut found = excerpts(part, query);
                for excerpt in &mut found.shown {
                    excerpt.place = excerpt.place.after(skipped);
                }
                found
            }
            (None, Some((first, last))) => whole(Place::Lines(first, last)),
            (None, None) => whole(Place::Whole),
        })
    }
}

impl Place {
    /// The position in a text with `skipped` more lines before it.
    fn after(self, skipped: usize) -> Self {
        match self {
            Self::Lines(first, last) => Self::Lines(first + skipped, last + skipped),
            other => other,
        }
    }
}

impl Lines {
    /// The lines from `first` to `last`; `None` if the range is invalid.
    pub fn new(first: usize, last: usize) -> Option<Self> {
        (1 <= first && first <= last).then_some(Self { first, last })
    }

    /// The last of these lines that exists in `text`, and their bytes.
    fn of(self, text: &str) -> Result<(usize, Range<usize>), Miss> {
        let mut starts = vec![0];
        starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
        if text.is_empty() || text.ends_with('\n') {
            // The empty text after a final line end isn't a line.
            starts.pop();
        }
        let count = starts.len();
        if self.first > count {
            return Err(Miss::Line { asked: self.first, count });
        }
        let last = self.last.min(count);
        let end = starts.get(last).copied().unwrap_or(text.len());
        Ok((last, starts[self.first - 1]..end))
    }
}

impl FromStr for Lines {
    type Err = NotLines;

    fn from_str(text: &str) -> Result<Self, NotLines> {
        let number = |digits: &str| digits.trim().parse::<usize>().map_err(|_| NotLines);
        let (first, last) = match text.split_once('-') {
            None => (number(text)?, number(text)?),
            Some((first, last)) if last.trim().is_empty() => (number(first)?, usize::MAX),
            Some((first, last)) => (number(first)?, number(last)?),
        };
        Self::new(first, last).ok_or(NotLines)
    }
}

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.last {
            usize::MAX => write!(f, "{}-", self.first),
            last => write!(f, "{}-{last}", self.first),
        }
    }
}

/// The value that `pointer` refers to, as it is written; for a string, its text.
fn follow(original: &str, pointer: &str) -> Result<String, Miss> {
    let steps = match pointer.strip_prefix('/') {
        Some(steps) => steps.split('/').map(unescaped).collect(),
        None if pointer.is_empty() => Vec::new(),
        None => return Err(Miss::NotAPointer),
    };
    if steps.len() > MOST_STEPS {
        return Err(Miss::NotAPointer);
    }
    let joined;
    let mut value = match one_value(original) {
        Some(value) => value,
        None => {
            joined = as_array(original).ok_or(Miss::NotJson)?;
            &joined
        }
    };
    let mut at = String::new();
    for step in steps {
        at.push('/');
        at.push_str(&step);
        value = child(value, &step).map_err(|there| Miss::Nowhere { at: at.clone(), there })?;
    }
    Ok(serde_json::from_str::<String>(value).unwrap_or_else(|_| value.to_owned()))
}

fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

fn one_value(text: &str) -> Option<&str> {
    serde_json::from_str::<&RawValue>(text).ok().map(RawValue::get)
}

/// A sequence of values, separated by lines or commas, as an array.
fn as_array(text: &str) -> Option<String> {
    let inside = format!("[{}]", text.trim().trim_end_matches(','));
    if one_value(&inside).is_some() {
        return Some(inside);
    }
    let values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let values: Vec<&RawValue> = values.collect::<Result<_, _>>().ok()?;
    serde_json::to_string(&values).ok()
}

/// The member or item `step` of `value`, or a description of what exists instead.
fn child<'a>(value: &'a str, step: &str) -> Result<&'a str, String> {
    if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(value) {
        let item = step.parse::<usize>().ok().and_then(|index| items.get(index));
        return item.map(|item| item.get()).ok_or_else(|| match items.len() {
            0 => "the array is empty".to_owned(),
            count => format!("the array has items 0 to {}", count - 1),
        });
    }
    let Ok(members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(value) else {
        return Err("the value is neither an object nor an array".to_owned());
    };
    if let Some(member) = members.get(step) {
        return Ok(member.get());
    }
    let names: Vec<&str> = members.keys().take(MOST_NAMES).map(String::as_str).collect();
    let more = if members.len() > MOST_NAMES { ", …" } else { "" };
    Err(format!("the object has {}{more}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(text: &str) -> Lines {
        text.parse().unwrap()
    }

    fn selected(original: &str, selection: &Selection) -> Result<Vec<(Place, String)>, Miss> {
        let parts = selection.of(original)?.shown;
        Ok(parts.into_iter().map(|part| (part.place, part.text)).collect())
    }

    fn pointed(original: &str, pointer: &str) -> Result<String, Miss> {
        let selection = Selection { pointer: Some(pointer.to_owned()), ..Selection::default() };
        selected(original, &selection).map(|mut parts| parts.remove(0).1)
    }

    #[test]
    fn ranges_of_lines() {
        for (text, shown) in [("10-40", "10-40"), ("7", "7-7"), ("7-", "7-"), (" 1 - 2 ", "1-2")] {
            assert_eq!(lines(text).to_string(), shown);
        }
        for odd in ["", "-", "-4", "0", "0-3", "5-4", "a-b", "1-2-3", "1.5"] {
            assert_eq!(odd.parse::<Lines>(), Err(NotLines), "{odd}");
        }
    }

    #[test]
    fn lines_as_they_are() {
        let part = |text: &str, range: &str| {
            selected(text, &Selection { lines: Some(lines(range)), ..Selection::default() })
        };
        let text = "one\ntwo\r\n\nfour";
        assert_eq!(part(text, "2-3"), Ok(vec![(Place::Lines(2, 3), "two\r\n\n".to_owned())]));
        assert_eq!(part(text, "4-"), Ok(vec![(Place::Lines(4, 4), "four".to_owned())]));
        assert_eq!(part(text, "1-99"), Ok(vec![(Place::Lines(1, 4), text.to_owned())]));
        assert_eq!(part(text, "5"), Err(Miss::Line { asked: 5, count: 4 }));
        assert_eq!(part("a\n", "2"), Err(Miss::Line { asked: 2, count: 1 }));
        assert_eq!(part("", "1"), Err(Miss::Line { asked: 1, count: 0 }));
    }

    #[test]
    fn values_as_they_are_written() {
        let text = r#"{"items": [{"id": 1.0, "log": "a\nb\n"}, 2e400], "a/b": {"~": null}, "": 0}"#;
        assert_eq!(pointed(text, ""), Ok(text.to_owned()));
        assert_eq!(pointed(text, "/items/0/id"), Ok("1.0".to_owned()));
        assert_eq!(pointed(text, "/items/1"), Ok("2e400".to_owned()));
        assert_eq!(pointed(text, "/items/0/log"), Ok("a\nb\n".to_owned()));
        assert_eq!(pointed(text, "/a~1b/~0"), Ok("null".to_owned()));
        assert_eq!(pointed(text, "/"), Ok("0".to_owned()));
    }

    #[test]
    fn a_pointer_that_leads_nowhere_says_what_there_is() {
        let text = r#"{"items": [{"id": 1}], "none": []}"#;
        let said = |pointer: &str| pointed(text, pointer).unwrap_err().to_string();
        assert_eq!(said("/item"), "nothing at /item: the object has items, none");
        assert_eq!(said("/items/1/id"), "nothing at /items/1: the array has items 0 to 0");
        assert_eq!(said("/none/0"), "nothing at /none/0: the array is empty");
        assert_eq!(
            said("/items/0/id/x"),
            "nothing at /items/0/id/x: the value is neither an object nor an array"
        );
        assert_eq!(pointed(text, "items"), Err(Miss::NotAPointer));
        assert_eq!(pointed(text, &"/0".repeat(1000)), Err(Miss::NotAPointer));
        assert_eq!(pointed("no JSON", "/a"), Err(Miss::NotJson));
    }

    #[test]
    fn several_values_are_an_array() {
        for text in
            ["{\"a\": 1}\n{\"a\": 2}\n", "{\"a\": 1},\n{\"a\": 2},\n", "{\"a\":1}{\"a\": 2}"]
        {
            assert_eq!(pointed(text, "/1/a"), Ok("2".to_owned()), "{text}");
        }
    }

    #[test]
    fn one_within_another() {
        let text = r#"{"log": "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight three\n"}"#;
        let selection = Selection {
            pointer: Some("/log".to_owned()),
            lines: Some(lines("5-")),
            query: Some("three".to_owned()),
        };
        let found = selected(text, &selection).unwrap();
        assert_eq!(found, [(Place::Lines(6, 8), "six\nseven\neight three".to_owned())]);
    }

    proptest! {
        #[test]
        fn lines_put_together_are_the_text(text in "[a\\n\\r]{0,60}", at in 1usize..20) {
            let part = |range: Lines| {
                let part = Selection { lines: Some(range), ..Selection::default() }.of(&text);
                part.map_or_else(|_| String::new(), |found| found.shown[0].text.clone())
            };
            let both = part(Lines { first: 1, last: at }) + &part(Lines { first: at + 1, last: usize::MAX });
            prop_assert_eq!(both, text);
        }

        #[test]
        fn whatever_is_asked(text in "\\PC{0,80}", pointer in "[/a0~\\PC]{0,12}", query in "\\PC{0,5}") {
            let selection = Selection { pointer: Some(pointer), lines: Lines::new(1, 2), query: Some(query) };
            let _ = selection.of(&text);
        }
    }
}
