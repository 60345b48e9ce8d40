//! What holds for every JSON text and every set of edits: checked on what fuzzing found
//! (`fuzz_corpus.rs`), and by the fuzz target itself.
#![allow(missing_docs, unreachable_pub, dead_code)]

use std::collections::BTreeMap;
use std::ops::Range;

use json_index::{Index, Kind, Value, scan};
use llm_api::request::read;
use llm_api::socket::{Create, event, renamed};
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

/// Takes the first bytes for edits and the rest for a message of a WebSocket, behind what came before it
/// and a zero byte; makes the message whole, and edits both.
///
/// # Panics
/// Where the edited message isn't the edited whole without what came before.
pub fn speak_lawfully(bytes: &[u8]) {
    let Some((&count, rest)) = bytes.split_first() else { return };
    let Some((picks, rest)) = rest.split_at_checked(usize::from(count % 9) * 2) else { return };
    let end = rest.iter().position(|byte| *byte == 0).unwrap_or(0);
    let (past, message) = rest.split_at(end);
    let message = message.strip_prefix(b"\0").unwrap_or(message);
    event(message);
    renamed(message, "r1", "r2");
    let Ok(index) = scan(message) else { return };
    let Some(create) = Create::read(index.root()) else { return };
    let listed = [b"[", past, b"]"].concat();
    let (past, before) = match scan(&listed) {
        Ok(items) => (past, items.root().items().count()),
        Err(_) => (&b""[..], 0),
    };
    let past = if before == 0 { b"" } else { past };
    for is_partial in [false, true] {
        let whole = create.whole(message, past, is_partial).expect("the message that was read");
        let of_whole = scan(&whole.body).expect("JSON");
        let input = of_whole.root().get("input").expect("the input");
        let tools = of_whole.root().get("tools");
        let mut found = Vec::new();
        // A bare text becomes a message when something is before it.
        let is_list = index.root().get("input").is_some_and(|input| input.kind() == Kind::Array);
        let own = input.items().skip(if is_list { before } else { usize::MAX });
        own.for_each(|item| values(item, &mut found));
        tools.into_iter().flat_map(Value::items).for_each(|tool| values(tool, &mut found));
        let mut edits = Edits::default();
        for (range, with) in chosen_among(&found, picks).into_values() {
            edits.replace(range, with);
        }
        let edited = edits.apply(&whole.body).expect("edits that lie apart");
        let moved = edits.moved(|range| whole.place.in_message(range));
        let sent = moved.apply(message).expect("edits that lie apart");
        let sent_index = scan(&sent).expect("JSON");
        let again = Create::read(sent_index.root()).expect("a request");
        let again = again.whole(&sent, past, is_partial).expect("the message that was read");
        assert_eq!(String::from_utf8_lossy(&again.body), String::from_utf8_lossy(&edited));
    }
    let next = create.next(message, ("r9", b"1"), Some(7)).expect("the message that was read");
    let next = scan(&next).expect("JSON");
    let next = Create::read(next.root()).expect("a request");
    assert_eq!((next.previous().as_deref(), next.items()), (Some("r9"), b"1".to_vec()));
}

/// Values to be replaced, no two of which overlap, and what replaces them, by where they begin.
fn chosen(index: &Index<'_>, picks: &[u8]) -> BTreeMap<usize, (Range<usize>, Vec<u8>)> {
    let mut found = Vec::new();
    values(index.root(), &mut found);
    chosen_among(&found, picks)
}

/// The same among these values.
fn chosen_among(found: &[Value<'_>], picks: &[u8]) -> BTreeMap<usize, (Range<usize>, Vec<u8>)> {
    let picks = if found.is_empty() { &[] } else { picks };
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
