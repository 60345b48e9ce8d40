//! What tools print that is nearly JSON: documents with `NaN`, JSON Lines, and documents that were cut off.

use crate::index::{Index, Kind, Node};
use crate::scan::Scanner;

/// Containers within containers that are followed; a deeper text isn't taken for JSON. By hand, not measured: what
/// programs write to be read is rarely ten levels deep, and whoever walks an index may do so recursively.
const MAX_DEPTH: usize = 100;

/// Bytes that may follow the last complete value of a truncated document without being JSON, such as a remark about the
/// truncation. By hand, not measured.
const MAX_REST: usize = 300;

type LenientScanner<'a> = Scanner<'a, true>;

/// Nothing of 4 GiB, whose offsets an index can't hold.
fn scanner(text: &str, max_depth: usize) -> Option<LenientScanner<'_>> {
    u32::try_from(text.len()).ok()?;
    Some(Scanner::new(text, max_depth, usize::MAX))
}

/// Indexes `text` as one document with white space around it.
pub fn document(text: &str) -> Option<Index<'_>> {
    let mut scanner = scanner(text, MAX_DEPTH)?;
    scanner.document().ok()?;
    Some(Index::new(text, scanner.nodes))
}

/// Indexes `text` as JSON Lines of objects and arrays: as an array of them.
pub fn lines(text: &str) -> Option<Index<'_>> {
    let mut scanner = scanner(text, MAX_DEPTH - 1)?;
    let array = scanner.begin(Kind::Array).ok()?;
    loop {
        matches!(scanner.peek()?, b'{' | b'[').then_some(())?;
        let start = scanner.at;
        scanner.value().ok()?;
        memchr::memchr(b'\n', &text.as_bytes()[start..scanner.at]).is_none().then_some(())?;
        match scanner.peek() {
            None => break,
            Some(b'\n') => scanner.at += 1,
            Some(_) => return None,
        }
    }
    scanner.end(array);
    Some(Index::new(text, scanner.nodes))
}

/// Indexes `text` as the end of an array whose beginning is missing: two items or more, with commas between them, each an
/// object or an array. What follows the last one is no part of it.
pub fn items(text: &str) -> Option<Index<'_>> {
    let mut scanner = scanner(text, MAX_DEPTH - 1)?;
    let array = scanner.begin(Kind::Array).ok()?;
    let (mut end, mut count) = (0, 0);
    while let Some(b'{' | b'[') = scanner.peek() {
        scanner.value().ok()?;
        (end, count) = (scanner.at, count + 1);
        let rest = text.get(end..)?.trim_start();
        let Some(next) = rest.strip_prefix(',') else { break };
        scanner.at = text.len() - next.trim_start().len();
    }
    scanner.at = end;
    scanner.end(array);
    (count > 1 && text.len() - end <= MAX_REST).then(|| Index::new(text, scanner.nodes))
}

/// Indexes `text`, an object or an array after white space, in any of these ways, or as the beginning of a truncated
/// document, whose last, broken value is dropped.
pub fn scan(text: &str) -> Option<Index<'_>> {
    let text = text.trim();
    text.starts_with(['{', '[']).then_some(())?;
    document(text).or_else(|| lines(text)).or_else(|| truncated(text)).or_else(|| items(text))
}

/// The length in bytes of the value at the beginning of `text`.
pub fn value_length(text: &str) -> Option<usize> {
    (!text.starts_with([' ', '\t', '\n', '\r'])).then_some(())?;
    let mut scanner = scanner(text, MAX_DEPTH)?;
    scanner.value().ok()?;
    Some(scanner.at)
}

fn truncated(text: &str) -> Option<Index<'_>> {
    let mut scanner = scanner(text, MAX_DEPTH)?;
    if scanner.value().is_ok() {
        return None;
    }
    let rest = &text.as_bytes()[scanner.at..];
    let is_open_string = |node: &Node| node.next == 0 && node.kind == Kind::String;
    let in_string = scanner.nodes.last().is_some_and(is_open_string);
    let is_at_end = in_string && memchr::memchr(b'\n', rest).is_none();
    (rest.len() <= MAX_REST || is_at_end).then_some(())?;
    let mut nodes = scanner.nodes;
    close_all(&mut nodes);
    Some(Index::new(text, nodes))
}

/// Drops the incomplete value, and ends the open arrays and objects after their last complete one.
fn close_all(nodes: &mut Vec<Node>) {
    let is_broken =
        |node: &Node| node.next == 0 && !matches!(node.kind, Kind::Array | Kind::Object);
    if nodes.last().is_some_and(is_broken) {
        nodes.pop();
    }
    let open: Vec<usize> = (0..nodes.len()).filter(|&node| nodes[node].next == 0).collect();
    for index in open.into_iter().rev() {
        let mut children = Vec::new();
        let mut at = index + 1;
        while at < nodes.len() {
            children.push(at);
            at = nodes[at].next as usize;
        }
        if nodes[index].kind == Kind::Object && children.len() % 2 == 1 {
            // A key whose value is missing.
            nodes.truncate(children.pop().unwrap_or(index + 1));
        }
        let end = children.last().map_or(nodes[index].start + 1, |&last| nodes[last].end);
        nodes[index].end = end;
        nodes[index].next = nodes.len() as u32;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn items_of_an_array_whose_beginning_is_missing() {
        let text = r#"{"a": 1}, {"a": [2]},{"a": 3}], "total": 3}"#;
        let index = items(text).unwrap();
        let raw: Vec<&[u8]> = index.root().items().map(|value| value.raw()).collect();
        assert_eq!(raw, [&br#"{"a": 1}"#[..], br#"{"a": [2]}"#, br#"{"a": 3}"#]);
        assert_eq!(index.rest(), r#"], "total": 3}"#);
        for text in ["", "{}", "{} {}", "{},", "{}, 1", "{}, {", "1, 2"] {
            assert!(items(text).is_none(), "{text}");
        }
        assert!(items(&format!("{{}}, {{}}{}", " and so on".repeat(40))).is_none());
    }

    #[test]
    fn documents_on_a_line_each() {
        let index = lines("{\"a\": 1}\n{\"a\": NaN}\n[]").unwrap();
        let raw: Vec<&[u8]> = index.root().items().map(|value| value.raw()).collect();
        assert_eq!(raw, [&b"{\"a\": 1}"[..], b"{\"a\": NaN}", b"[]"]);
        for text in ["", "1\n2", "{\n}\n{}", "{} \n{}", "{}\n"] {
            assert!(lines(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn a_document_that_was_cut_off() {
        for (text, left) in [
            (r#"{"a": [1, 2, {"b": "unfini"#, r#"{"a":[1,2,{}]}"#),
            (r#"[{"a": 1}, {"a": 2, "b""#, r#"[{"a":1},{"a":2}]"#),
            (r#"[{"a": 1}, {"a": tr"#, r#"[{"a":1},{}]"#),
            ("[1, 2,\n... (12 more)", "[1,2]"),
        ] {
            let index = scan(text).unwrap();
            let mut out = String::new();
            index.minify(index.root_id(), &mut out);
            assert_eq!(out, left);
        }
        assert!(scan("[this is no JSON at all]").is_none_or(|index| index.nodes.len() == 1));
        let long_rest = format!("[1, 2,\n{}", "... and more".repeat(MAX_REST));
        assert!(scan(&long_rest).is_none());
    }

    #[test]
    fn what_is_no_document() {
        for text in ["", "{", "[1,]", "{\"a\"}", "01", "1.", "\"\n\"", "\"\\x\"", "[1] 2", "{a:1}"]
        {
            assert!(document(text).is_none(), "{text}");
        }
        assert!(document(&"[".repeat(1_000_000)).is_none());
        for text in ["NaN", "[-Infinity, Infinity]", " \"\\u12\" ", "-0.5e+10"] {
            assert!(document(text).is_some(), "{text}");
        }
    }

    #[test]
    fn a_value_at_the_beginning() {
        assert_eq!(value_length("[1, 2] and more"), Some(6));
        assert_eq!(value_length("\"a\"b"), Some(3));
        assert_eq!(value_length(" 1"), None);
        assert_eq!(value_length(""), None);
    }

    proptest! {
        #[test]
        fn whatever_is_strictly_json_is_leniently_the_same(
            text in r#"[\[\]{}",:0-9a-f\\u.eE+\- \n]{0,40}"#
        ) {
            if let Ok(strict) = crate::scan(text.as_bytes()) {
                let lenient = document(&text).unwrap();
                prop_assert_eq!(format!("{:?}", strict.nodes), format!("{:?}", lenient.nodes));
            }
        }

        /// Every node of whatever is accepted lies in its text, and in the one that it is a part of.
        #[test]
        fn nodes_are_nested(text in r#"[\[{][\[\]{}",:0-9a-f\\u.NaIe\- \n]{0,60}"#) {
            if let Some(index) = scan(&text) {
                for (at, node) in index.nodes.iter().enumerate() {
                    prop_assert!(node.start <= node.end && node.end as usize <= index.text.len());
                    prop_assert!(at < node.next as usize && node.next as usize <= index.nodes.len());
                    let inside = &index.nodes[at + 1..node.next as usize];
                    prop_assert!(inside.iter().all(|n| node.start < n.start && n.end <= node.end));
                }
            }
        }
    }
}
