//! Codec for repetition: consecutive equal lines, and blocks of lines that occurred before, such as
//! the frames of a stack trace.
//!
//! ```text
//! first
//! ~A 3
//!   at one
//!   at two
//! ~×17
//! second
//! ~A
//! third
//! ~A 2-3
//! ```
//!
//! `~A 3` names the next three lines; `~A` repeats all of them, `~A 2-3` some of them. `~×17`
//! repeats the line above 17 more times. Lines that begin with `~` get a second one.

use std::borrow::Cow;
use std::fmt::Write as _;

use rustc_hash::FxHashMap;

use super::{Codec, Encoded, ExpandError, Room};

/// Runs of fewer equal lines aren't counted: the count would cost as much as a line. By hand, not
/// measured.
const FEWEST_TIMES: usize = 3;
/// Shorter blocks, in lines, aren't named. By hand, not measured.
const FEWEST_LINES: usize = 3;
/// Nor are smaller ones, in bytes. By hand, not measured.
const FEWEST_BYTES: usize = 60;

/// See the module.
pub(crate) struct Repeats;

impl Codec for Repeats {
    fn name(&self) -> &'static str {
        "repeats"
    }

    fn version(&self) -> u32 {
        1
    }

    fn encode(&self, text: &str) -> Option<Encoded> {
        let lines = counted(text);
        let plan = Plan::of(&lines);
        let mut out = String::new();
        let mut at = 0;
        let mut named = 0;
        while at < lines.len() {
            if let Some(&length) = plan.named.get(&at) {
                named += 1;
                // Writing to a String cannot fail.
                let _ = writeln!(out, "~{} {length}", name(named - 1));
            }
            match plan.again.get(&at) {
                Some(&(block, from, to)) => {
                    let whole = (from, to) == (1, plan.lengths[block]);
                    let order = plan.order[block];
                    let _ = match whole {
                        true => writeln!(out, "~{}", name(order)),
                        false => writeln!(out, "~{} {from}-{to}", name(order)),
                    };
                    at += to + 1 - from;
                }
                None => {
                    out.extend([&lines[at], "\n"]);
                    at += 1;
                }
            }
        }
        out.pop();
        let hint = "~A N names the next N lines, ~A is them again, ~A a-b some of them, ~×N the line above N more times";
        (lines.len() < memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1
            || !plan.again.is_empty())
        .then(|| Encoded { details: String::new(), hint: hint.into(), body: out })
    }

    fn decode(&self, _details: &str, body: &str, room: &mut Room) -> Result<String, ExpandError> {
        decode(body, room)
    }
}

/// The lines of `text`, with `~×N` for runs of equal lines.
fn counted(text: &str) -> Vec<Cow<'_, str>> {
    let mut out: Vec<Cow<str>> = Vec::new();
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        let escape = line.starts_with('~');
        let shown = || if escape { format!("~{line}").into() } else { Cow::Borrowed(line) };
        out.push(shown());
        let mut more = 0;
        while lines.next_if_eq(&line).is_some() {
            more += 1;
        }
        match more {
            _ if more + 1 >= FEWEST_TIMES => out.push(format!("~×{more}").into()),
            _ => out.extend((0..more).map(|_| shown())),
        }
    }
    out
}

/// Which blocks are named, and where they are repeated.
#[derive(Default)]
struct Plan {
    /// The number of lines of each block.
    lengths: Vec<usize>,
    /// The rank of each block by its position in the text.
    order: Vec<usize>,
    /// The length of the block that begins at a line.
    named: FxHashMap<usize, usize>,
    /// Where a block is repeated: which one, and its first and last line, from 1.
    again: FxHashMap<usize, (usize, usize, usize)>,
}

impl Plan {
    fn of(lines: &[Cow<str>]) -> Self {
        let mut known: FxHashMap<&str, u32> = FxHashMap::default();
        let ids: Vec<u32> = lines
            .iter()
            .map(|line| {
                let next = known.len() as u32;
                *known.entry(line).or_insert(next)
            })
            .collect();
        let mut plan = Self::default();
        // For each line, its block and its position there, from 1; and whether the line is written
        // out.
        let mut blocks: Vec<Option<(usize, usize)>> = vec![None; lines.len()];
        let mut written = vec![true; lines.len()];
        let mut first: FxHashMap<[u32; FEWEST_LINES], usize> = FxHashMap::default();
        let mut starts: Vec<usize> = Vec::new();
        let mut at = 0;
        while at < lines.len() {
            let gram = ids.get(at..at + FEWEST_LINES).and_then(|ids| ids.try_into().ok());
            let Some(gram) = gram else { break };
            let source = *first.entry(gram).or_insert(at);
            let length = (0..(at - source).min(lines.len() - at))
                .take_while(|&i| {
                    let apart = blocks[source + i].map(|(block, _)| block)
                        == blocks[source].map(|(block, _)| block);
                    ids[source + i] == ids[at + i] && written[source + i] && apart
                })
                .count();
            let bytes: usize = lines[at..at + length].iter().map(|line| line.len() + 1).sum();
            if length < FEWEST_LINES || bytes < FEWEST_BYTES {
                at += 1;
                continue;
            }
            let (block, from) = *blocks[source].get_or_insert_with(|| {
                plan.lengths.push(length);
                starts.push(source);
                (starts.len() - 1, 1)
            });
            for (i, place) in blocks[source..source + length].iter_mut().enumerate() {
                *place = Some((block, from + i));
            }
            plan.again.insert(at, (block, from, from + length - 1));
            written[at..at + length].fill(false);
            at += length;
        }
        let mut sorted: Vec<usize> = (0..starts.len()).collect();
        sorted.sort_by_key(|&block| starts[block]);
        plan.order = vec![0; starts.len()];
        for (order, &block) in sorted.iter().enumerate() {
            plan.order[block] = order;
            plan.named.insert(starts[block], plan.lengths[block]);
        }
        plan
    }
}

/// The name of the `order`-th block from 0: A to Z, then AA and so on.
fn name(order: usize) -> String {
    let letter = char::from(b'A' + (order % 26) as u8);
    match order / 26 {
        0 => letter.to_string(),
        more => format!("{}{letter}", name(more - 1)),
    }
}

fn decode(body: &str, room: &mut Room) -> Result<String, ExpandError> {
    let bad = |what| ExpandError::Malformed { codec: "repeats", what };
    // First the repeated blocks, then the runs of equal lines.
    let mut lines: Vec<&str> = Vec::new();
    let mut blocks: FxHashMap<&str, (usize, usize)> = FxHashMap::default();
    for line in body.split('\n') {
        let control = line.strip_prefix('~').filter(|rest| !rest.starts_with(['~', '×']));
        let Some(control) = control else {
            room.take(line.len() + 1)?;
            lines.push(line);
            continue;
        };
        let (name, lengths) = match control.split_once(' ') {
            Some((name, lengths)) => (name, Some(lengths)),
            None => (control, None),
        };
        let number = |text: &str| text.parse::<usize>().map_err(|_| bad("a count of lines"));
        let (from, to) = match (lengths, blocks.get(name)) {
            (Some(count), None) => {
                blocks.insert(name, (lines.len(), number(count)?));
                continue;
            }
            (_, None) => return Err(bad("an unknown name")),
            (None, Some(&(_, length))) => (1, length),
            (Some(range), Some(_)) => {
                let (from, to) = range.split_once('-').ok_or(bad("a range of lines"))?;
                (number(from)?, number(to)?)
            }
        };
        let (start, length) = blocks[name];
        if from == 0 || from > to || to > length || start + to > lines.len() {
            return Err(bad("a range of lines"));
        }
        for i in start + from - 1..start + to {
            room.take(lines[i].len() + 1)?;
            lines.push(lines[i]);
        }
    }
    let mut out = String::new();
    let mut above: Option<&str> = None;
    for line in lines {
        if let Some(count) = line.strip_prefix("~×") {
            let above = above.ok_or(bad("nothing to repeat"))?;
            let count: usize = count.parse().map_err(|_| bad("a count of lines"))?;
            room.take(count.saturating_mul(above.len() + 1))?;
            (0..count).for_each(|_| out.extend([above, "\n"]));
            continue;
        }
        let line = line.strip_prefix('~').unwrap_or(line);
        out.extend([line, "\n"]);
        above = Some(line);
    }
    out.pop();
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn frames_stand_once() {
        let frames = "  at first place where it was\n  at another place\n  at deep\n  at deep\n  at deep\n  at deep\n  at main";
        let tail = frames.split_once('\n').unwrap().1;
        let text = format!("first\n{frames}\nsecond\n{frames}\nthird\n{tail}\nend");
        let Encoded { body, .. } = Repeats.encode(&text).expect("a proposal");
        assert_eq!(decode(&body, &mut Room::of(&text)).as_deref(), Ok(text.as_str()));
        insta::assert_snapshot!(body);
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(lines in prop::collection::vec("[ab]|~|~×2|~A|a long line that is worth it|another long line", 1..60)) {
            let text = lines.join("\n");
            if let Some(encoded) = Repeats.encode(&text) {
                let decoded = decode(&encoded.body, &mut Room::of(&"x".repeat(9999)));
                prop_assert_eq!(decoded.as_deref(), Ok(text.as_str()), "{}", encoded.body);
            }
        }

        #[test]
        fn any_body_is_decoded_or_refused(body in "(~A [0-9]\n)?[~×A0-9a \n-]{0,40}") {
            let _ = decode(&body, &mut Room::of(&body));
        }
    }
}
