//! A scan that begins where an earlier one of a text with the same beginning was: of a conversation that is sent again
//! with one message more, only that message is read.

use crate::index::{Index, Kind, Node};
use crate::scan::{MAX_DEPTH, MAX_VALUES, ScanError, Scanner, checked};

/// What a scan found, without the text. It takes 16 bytes for each value.
#[derive(Debug, Clone)]
pub struct Scanned {
    nodes: Vec<Node>,
}

impl Scanned {
    /// The bytes that it takes.
    pub fn size(&self) -> usize {
        size_of_val(self.nodes.as_slice())
    }
}

impl Index<'_> {
    /// What was found, to be handed to [`scan_after`] with a later text. Only of an index by [`scan`](crate::scan).
    pub fn scanned(&self) -> Scanned {
        Scanned { nodes: self.nodes.clone() }
    }
}

/// The same as [`scan`](crate::scan) of `bytes`, whose first `same` bytes are those of the text that gave `earlier`.
///
/// # Errors
/// Those of [`scan`](crate::scan).
pub fn scan_after<'a>(
    bytes: &'a [u8],
    earlier: &Scanned,
    same: usize,
) -> Result<Index<'a>, ScanError> {
    let text = checked(bytes)?;
    let mut scanner = Scanner::<false>::new(text, MAX_DEPTH, MAX_VALUES);
    if let Some(place) = last_value(&earlier.nodes, same) {
        scanner.resume(&earlier.nodes[..place.nodes], place.open, place.at)?;
    } else {
        scanner.document()?;
    }
    Ok(Index::new(text, scanner.nodes))
}

/// A place behind a value that is complete.
struct Place {
    /// The containers that are open there, outermost first.
    open: Vec<u32>,
    /// The nodes before it.
    nodes: usize,
    /// Its byte.
    at: usize,
}

/// The last value that is complete within the first `same` bytes, as an element or as the value of a member.
fn last_value(nodes: &[Node], same: usize) -> Option<Place> {
    let mut open = Vec::new();
    let mut found = None;
    let mut container = 0;
    while let Some(node) = nodes.get(container as usize).filter(|node| is_open(node, same)) {
        open.push(container);
        let mut child = container + 1;
        let mut is_key = node.kind == Kind::Object;
        let mut inner = None;
        while child < node.next {
            let Some(value) = nodes.get(child as usize) else { break };
            if !is_complete(value, same) {
                inner = (!is_key).then_some(child);
                break;
            }
            if !is_key {
                let (nodes, at) = (value.next as usize, value.end as usize);
                found = Some((open.len(), nodes, at));
            }
            is_key = node.kind == Kind::Object && !is_key;
            child = value.next;
        }
        let Some(inner) = inner else { break };
        container = inner;
    }
    let (depth, nodes, at) = found?;
    open.truncate(depth);
    Some(Place { open, nodes, at })
}

/// Whether a value is complete within the first `same` bytes: a number that ends there may go on in the other text.
fn is_complete(value: &Node, same: usize) -> bool {
    let end = value.end as usize;
    let is_closed = matches!(value.kind, Kind::String | Kind::Array | Kind::Object);
    end < same || end == same && is_closed
}

/// Whether a node is a container in which the first `same` bytes end.
fn is_open(node: &Node, same: usize) -> bool {
    matches!(node.kind, Kind::Array | Kind::Object)
        && (node.start as usize) < same
        && node.end as usize >= same
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scan;

    fn same_bytes(one: &[u8], other: &[u8]) -> usize {
        one.iter().zip(other).take_while(|(a, b)| a == b).count()
    }

    /// The values of an index: kind, place, and where the next one is.
    fn values(index: &Index<'_>) -> Vec<(Kind, u32, u32, u32)> {
        index.nodes.iter().map(|node| (node.kind, node.start, node.end, node.next)).collect()
    }

    fn is_as_by_scan(before: &str, after: &[u8]) {
        let Ok(index) = scan(before.as_bytes()) else { return };
        let same = same_bytes(before.as_bytes(), after);
        for same in [same, same.saturating_sub(1), same / 2] {
            let resumed = scan_after(after, &index.scanned(), same);
            match (scan(after), resumed) {
                (Ok(whole), Ok(resumed)) => assert_eq!(values(&whole), values(&resumed)),
                (whole, resumed) => assert_eq!(whole.err(), resumed.err()),
            }
        }
    }

    #[test]
    fn a_conversation_goes_on() {
        let before = r#"{"a":{"b":[1,{"c":"d"}]},"messages":[{"x":1},{"y":[2,3]}],"tools":[]}"#;
        let longer = before.replace("]}],", "]},{\"z\":[4]}],");
        is_as_by_scan(before, longer.as_bytes());
        let same = same_bytes(before.as_bytes(), longer.as_bytes());
        let place = last_value(&scan(before.as_bytes()).unwrap().nodes, same).unwrap();
        assert_eq!(&before[..place.at], &before[..before.find("],\"tools").unwrap()]);
    }

    #[test]
    fn every_other_byte_at_every_place() {
        let before =
            r#" {"k\"": [12, -3.5e7, "a\u00e9\\", {"n": null, "t": [true, {}]}, []], "é": "ü"} "#;
        for at in 0..before.len() {
            for other in b"\"\\,:{}[]0e- \x01\xc3" {
                let mut after = before.as_bytes().to_vec();
                after[at] = *other;
                is_as_by_scan(before, &after);
                after.insert(at, *other);
                is_as_by_scan(before, &after);
                is_as_by_scan(before, &after[..at]);
            }
        }
        for text in ["[]", "{}", "1", "\"a\"", "[[[]]]", ""] {
            is_as_by_scan(text, before.as_bytes());
            is_as_by_scan(before, text.as_bytes());
        }
    }

    fn document() -> impl Strategy<Value = String> {
        let leaf =
            prop::sample::select(vec!["1", "-20.5", "true", "null", "\"a\"", "\"\\n,[\"", "\"é\""]);
        leaf.prop_map(str::to_owned).prop_recursive(5, 60, 5, |inner| {
            let items = prop::collection::vec(inner, 0..5);
            (items, any::<bool>(), prop::sample::select(vec!["", " "])).prop_map(
                |(items, is_array, blank)| {
                    let items: Vec<String> = match is_array {
                        true => items,
                        false => {
                            items.into_iter().map(|item| format!("\"k\":{blank}{item}")).collect()
                        }
                    };
                    let items = items.join(&format!("{blank},"));
                    if is_array {
                        format!("[{items}{blank}]")
                    } else {
                        format!("{{{blank}{items}}}")
                    }
                },
            )
        })
    }

    proptest! {
        #[test]
        fn it_is_the_same_as_a_scan_of_all(
            before in document(),
            other in document(),
            from in any::<prop::sample::Index>(),
            to in any::<prop::sample::Index>(),
        ) {
            let boundary = |text: &str, at: usize| text.floor_char_boundary(at);
            let from = boundary(&before, from.index(before.len() + 1));
            let to = boundary(&other, to.index(other.len() + 1));
            is_as_by_scan(&before, [&before[..from], &other[to..]].concat().as_bytes());
            is_as_by_scan(&before, [&before[..from], &other, &before[from..]].concat().as_bytes());
            is_as_by_scan(&before, before.as_bytes());
        }
    }
}
