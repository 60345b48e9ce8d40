//! What holds for every JSON text and every set of edits: checked on what fuzzing found
//! (`fuzz_corpus.rs`), and by the fuzz target itself.
#![allow(missing_docs, unreachable_pub, dead_code)]

use std::collections::BTreeMap;
use std::ops::Range;

use json_index::{Index, Value, scan};
use llm_api::request::read;
use llm_api::splice::{Edits, quote};
use llm_api::{APIS, Api};

/// Takes the first bytes for edits and the rest for a text, and makes the edits.
///
/// # Panics
/// Where more than the edited values differs.
pub fn splice_lawfully(bytes: &[u8]) {
    let Some((&count, rest)) = bytes.split_first() else { return };
    let Some((picks, text)) = rest.split_at_checked(usize::from(count % 9) * 2) else { return };
    let Ok(index) = scan(text) else { return };
    let chosen = chosen(&index, picks);
    let mut edits = Edits::default();
    // The order in which edits are given doesn't matter.
    for (range, with) in chosen.values().rev() {
        edits.replace(range.clone(), with.clone());
    }
    let out = edits.apply(text).expect("edits that lie apart");
    assert_eq!(edits.is_empty(), chosen.is_empty());
    differs_in(text, &out, chosen.values());
    let after = scan(&out).expect("JSON after the edits");
    assert_eq!(leaves(&after, &BTreeMap::new()), leaves(&index, &chosen));
    for api in APIS {
        appended_lawfully(api, &index, text);
    }
}

/// Values to be replaced, no two of which overlap, and what replaces them, by where they begin.
fn chosen(index: &Index<'_>, picks: &[u8]) -> BTreeMap<usize, (Range<usize>, Vec<u8>)> {
    let mut found = Vec::new();
    values(index.root(), &mut found);
    let mut chosen: BTreeMap<usize, (Range<usize>, Vec<u8>)> = BTreeMap::new();
    for pick in picks.chunks_exact(2) {
        let range = found[usize::from(pick[0]) * 7 % found.len()].range();
        let overlaps = |(other, _): &(Range<usize>, Vec<u8>)| {
            other.start < range.end && range.start < other.end
        };
        if !chosen.values().any(overlaps) {
            let with = ["", "a", "\"\\\n", "漢🦀\u{0}", "\u{7f}\u{2028}</script>"]
                [usize::from(pick[1] % 5)];
            let with = quote(&with.repeat(usize::from(pick[1] / 5)));
            chosen.insert(range.start, (range, with));
        }
    }
    chosen
}

/// Every value, each before those in it; keys are none.
fn values<'t>(value: Value<'t>, out: &mut Vec<Value<'t>>) {
    out.push(value);
    value.items().for_each(|item| values(item, out));
    value.members().for_each(|(_, member)| values(member, out));
}

/// Checks that `after` is `before` but for these edits.
fn differs_in<'e>(
    before: &[u8],
    after: &[u8],
    edits: impl Iterator<Item = &'e (Range<usize>, Vec<u8>)>,
) {
    let (mut old, mut new) = (0, 0);
    for (range, with) in edits {
        let kept = range.start - old;
        assert_eq!(before[old..range.start], after[new..new + kept]);
        new += kept;
        assert_eq!(after[new..new + with.len()], with[..]);
        (old, new) = (range.end, new + with.len());
    }
    assert_eq!(before[old..], after[new..]);
}

/// Keys, values without others in them, and what replaces values, in order.
fn leaves(index: &Index<'_>, chosen: &BTreeMap<usize, (Range<usize>, Vec<u8>)>) -> Vec<Vec<u8>> {
    fn add(
        value: Value<'_>,
        chosen: &BTreeMap<usize, (Range<usize>, Vec<u8>)>,
        out: &mut Vec<Vec<u8>>,
    ) {
        let range = value.range();
        if let Some((_, with)) = chosen.get(&range.start).filter(|(edited, _)| *edited == range) {
            return out.push(with.clone());
        }
        let (mut items, mut members) = (value.items().peekable(), value.members().peekable());
        if items.peek().is_none() && members.peek().is_none() {
            return out.push(value.raw().to_vec());
        }
        items.for_each(|item| add(item, chosen, out));
        members.for_each(|(key, member)| {
            out.push(key.raw().to_vec());
            add(member, chosen, out);
        });
    }
    let mut out = Vec::new();
    add(index.root(), chosen, &mut out);
    out
}

/// Appends a tool and a message where there is a conversation: the text is JSON after that, and what
/// it was before without what was added.
fn appended_lawfully(api: &'static dyn Api, index: &Index<'_>, text: &[u8]) {
    let Some(request) = read(api, index) else { return };
    let mut edits = Edits::default();
    request.insert_tool(request.tool_position(), b"{\"a\":1}", &mut edits);
    request.append(b"{\"b\":2}", &mut edits);
    let out = edits.apply(text).expect("appended");
    scan(&out).expect("JSON after appending");
    let mut rest = out.iter();
    assert!(text.iter().all(|byte| rest.any(|other| other == byte)), "something was taken away");
    for block in &request.blocks {
        block.fingerprint(&mut |_| {});
    }
}
