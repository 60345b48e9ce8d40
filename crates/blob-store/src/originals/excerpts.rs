//! The excerpts of an original that match a query: the matching lines with a few around them, or
//! the items if the original is a JSON array.
//!
//! Nothing is ranked. If any parts contain the whole query verbatim, those are returned; otherwise
//! those that contain all of its words; otherwise those that contain any.

use serde_json::value::RawValue;

/// The lines of context before and after a match. By hand, not measured.
const AROUND: usize = 2;
/// The most excerpts that are returned; a query that finds more is too broad for a reader. By hand.
const MOST: usize = 100;

/// An excerpt of an original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// Its position.
    pub place: Place,
    /// The text, as it is in the original.
    pub text: String,
}

/// The position of an excerpt in its original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The first and the last line, inclusive, from 1.
    Lines(usize, usize),
    /// The index of an item in a JSON array, from 0.
    Item(usize),
    /// The whole original.
    Whole,
}

/// The result of a query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Excerpts {
    /// The first hundred excerpts, in the order of the original.
    pub shown: Vec<Excerpt>,
    /// How many more there are.
    pub more: usize,
}

/// The excerpts of `original` that match `query`, ignoring case; none if it contains none of its
/// words.
pub fn excerpts(original: &str, query: &str) -> Excerpts {
    let found = match serde_json::from_str::<Vec<&RawValue>>(original) {
        Ok(items) => {
            let items: Vec<&str> = items.iter().map(|item| item.get()).collect();
            let matching = matching(&items, query).into_iter();
            matching.map(|i| (Place::Item(i), items[i..=i].to_vec())).collect()
        }
        Err(_) => windows(&original.lines().collect::<Vec<_>>(), query),
    };
    let more = found.len().saturating_sub(MOST);
    let shown = found
        .into_iter()
        .take(MOST)
        .map(|(place, parts)| Excerpt { place, text: parts.join("\n") })
        .collect();
    Excerpts { shown, more }
}

/// The windows of context around matching lines; adjacent windows are merged.
fn windows<'a>(lines: &[&'a str], query: &str) -> Vec<(Place, Vec<&'a str>)> {
    let mut windows: Vec<std::ops::Range<usize>> = Vec::new();
    for i in matching(lines, query) {
        let (start, end) = (i.saturating_sub(AROUND), (i + AROUND + 1).min(lines.len()));
        match windows.last_mut() {
            Some(last) if start <= last.end => last.end = end,
            _ => windows.push(start..end),
        }
    }
    windows
        .into_iter()
        .map(|window| (Place::Lines(window.start + 1, window.end), lines[window].to_vec()))
        .collect()
}

/// The indices of the parts with the best match, in order.
fn matching(parts: &[&str], query: &str) -> Vec<usize> {
    let query = query.trim().to_lowercase();
    let words: Vec<&str> = query.split_whitespace().collect();
    // 3: the query verbatim, 2: all words, 1: a word, 0: none.
    let grade = |part: &&str| {
        let part = part.to_lowercase();
        let held = words.iter().filter(|word| part.contains(**word)).count();
        match held {
            0 => 0,
            _ if held < words.len() => 1,
            _ if !part.contains(&query) => 2,
            _ => 3,
        }
    };
    let grades: Vec<u8> = parts.iter().map(grade).collect();
    let best = grades.iter().copied().max().unwrap_or(0);
    let matching = grades.iter().enumerate().filter(|(_, grade)| best > 0 && **grade == best);
    matching.map(|(i, _)| i).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(original: &str, query: &str) -> Vec<(Place, String)> {
        excerpts(original, query).shown.into_iter().map(|part| (part.place, part.text)).collect()
    }

    const LOG: &str = "a\nb\nc\nError: disk full\nd\ne\nf\ng\nh\nerror: no disk\ni\ndisk";

    #[test]
    fn a_line_with_its_neighbours() {
        assert_eq!(
            found(LOG, "DISK FULL"),
            [(Place::Lines(2, 6), "b\nc\nError: disk full\nd\ne".to_owned())]
        );
    }

    #[test]
    fn lines_with_all_words_before_lines_with_any() {
        let both = found(LOG, "disk error");
        assert_eq!(both.len(), 2);
        assert_eq!(both[1], (Place::Lines(8, 12), "g\nh\nerror: no disk\ni\ndisk".to_owned()));
        assert_eq!(found(LOG, "absent full"), found(LOG, "full"));
        assert_eq!(found(LOG, "nowhere"), []);
        assert_eq!(found(LOG, "  "), []);
    }

    #[test]
    fn windows_that_touch_are_one() {
        let lines: Vec<String> = (1..=20).map(|i| format!("line {i}")).collect();
        let text = lines.join("\n").replace("line 5", "hit").replace("line 9", "hit");
        assert_eq!(found(&text, "hit")[0].0, Place::Lines(3, 11));
    }

    #[test]
    fn items_of_an_array_as_they_are_written() {
        let array = r#"[{"id": 1, "ok": 1.0}, {"id": 2, "name": "Ada"}, "ada"]"#;
        assert_eq!(
            found(array, "ada"),
            [
                (Place::Item(1), r#"{"id": 2, "name": "Ada"}"#.to_owned()),
                (Place::Item(2), r#""ada""#.to_owned())
            ]
        );
    }

    #[test]
    fn too_many_are_counted() {
        let text = "hit\n\n\n\n\n\n\n".repeat(250);
        let excerpts = excerpts(&text, "hit");
        assert_eq!((excerpts.shown.len(), excerpts.more), (100, 150));
    }

    proptest! {
        #[test]
        fn every_excerpt_is_in_the_original_where_it_says(
            text in "[ab\\n]{0,200}", query in "[ab ]{0,4}",
        ) {
            let lines: Vec<&str> = text.lines().collect();
            for part in excerpts(&text, &query).shown {
                let Place::Lines(first, last) = part.place else { continue };
                prop_assert_eq!(lines[first - 1..last].join("\n"), part.text);
            }
        }
    }
}
