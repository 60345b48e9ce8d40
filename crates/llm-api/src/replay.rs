//! What was kept back of a turn, put back where it was.
//!
//! The client sends a turn as it saw it; the provider saw calls in it that the client didn't, with
//! their results. [`restore`] makes of the former the latter, and [`exchange`] is one round of it
//! at the end of a conversation, before the client has seen any of it. Both give the same values in
//! the same order, so that what was sent stays a prefix of what is sent later.

use crate::answer::{Hidden, Round};
use crate::json::{Kind, Value, scan};
use crate::request::{Api, Request, Role, Turn};
use crate::splice::{Edits, quote};

/// What an intercepted call gave.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Given {
    /// The text, or what went wrong.
    pub text: String,
    /// Whether it went wrong.
    pub is_error: bool,
}

/// One round with results for all of its intercepted calls, as messages or items with commas between
/// them, to be appended to a conversation. `mark`: the `cache_control` of the last result, for an API
/// that has such.
pub fn exchange(
    api: Api,
    round: &Round,
    mark: Option<&[u8]>,
    given: &mut dyn FnMut(&Hidden) -> Given,
) -> Vec<u8> {
    let mut results = results(api, round, given);
    if let Some(mark) = mark.filter(|_| api == Api::Messages && results.pop().is_some()) {
        results.extend_from_slice(&[br#","cache_control":"#, mark, b"}"].concat());
    }
    let said = round.said.as_bytes();
    match api {
        Api::Messages => {
            let assistant = [&br#"{"role":"assistant","content":["#[..], said, b"]}"].concat();
            [&assistant[..], b",", &user(&results)].concat()
        }
        Api::Chat | Api::Responses => [said, b",", &results].concat(),
    }
}

/// Puts the intercepted calls of `rounds` and their results back into the turn of the model at the place
/// `turn` of [`Request::turns`]. False, and nothing done, when the turn isn't the one that was
/// delivered.
///
/// A last round with intercepted calls is one that went on with the client's own calls: its results go
/// to the client's.
pub fn restore(
    request: &Request<'_>,
    turn: usize,
    rounds: &[Round],
    given: &mut dyn FnMut(&Hidden) -> Given,
    edits: &mut Edits,
) -> bool {
    let Some(whole) = request.turns.get(turn) else { return false };
    let next = request.turns.get(turn + 1);
    match request.api {
        Api::Messages => messages(request, whole, next, rounds, given, edits),
        Api::Chat => chat(request, whole, next, rounds, given, edits),
        Api::Responses => responses(request, whole, next, rounds, given, edits),
    }
    .is_some()
}

fn messages(
    request: &Request<'_>,
    turn: &Turn<'_>,
    next: Option<&Turn<'_>>,
    rounds: &[Round],
    given: &mut dyn FnMut(&Hidden) -> Given,
    edits: &mut Edits,
) -> Option<()> {
    let message = turn.message?;
    let blocks: Vec<Value<'_>> = request.blocks[turn.blocks.clone()]
        .iter()
        .map(|block| block.value)
        .filter(|block| !block.get("text").is_some_and(|text| text.is("")))
        .collect();
    let kinds: String = blocks.iter().map(|block| message_letter(*block)).collect();
    let rows = align(rounds, &kinds)?;
    let (head, tail) = around(message)?;

    // Results of the last round's calls stand before the client's own.
    let first_of_next = next
        .filter(|next| next.role == Role::User)
        .and_then(|next| request.blocks[next.blocks.clone()].first())
        .map(|block| block.value)
        .filter(|block| block.kind() == Kind::Object);
    let mut out = Vec::new();
    let mut place = 0;
    for (number, (round, row)) in rounds.iter().zip(&rows).enumerate() {
        let is_last = number + 1 == rounds.len();
        let drops_calls = is_last && first_of_next.is_none();
        let hidden = if drops_calls { &[][..] } else { &round.hidden[..] };
        let parts = interleave(
            hidden,
            row,
            |part| match part.kind() {
                Kind::String => [&br#"{"type":"text","text":"#[..], part.raw(), b"}"].concat(),
                _ => part.raw().to_vec(),
            },
            &blocks[place..place + row.iter().filter(|kept| **kept).count()],
        );
        place += row.iter().filter(|kept| **kept).count();
        if !parts.is_empty() {
            let comma: &[u8] = if out.is_empty() { b"" } else { b"," };
            out.extend_from_slice(&[comma, &head, &parts.join(&b","[..]), &tail].concat());
        }
        if !is_last {
            let results = results(Api::Messages, round, given);
            out.extend_from_slice(&[b",", &user(&results)[..]].concat());
        } else if let Some(first) = first_of_next.filter(|_| !hidden.is_empty()) {
            let results = results(Api::Messages, round, given);
            edits.insert(first.range().start, [&results[..], b","].concat());
        }
    }
    edits.replace(message.range(), out);
    Some(())
}

/// What stands before and after the blocks in a message whose content is a list, or is made one.
fn around(message: Value<'_>) -> Option<(Vec<u8>, Vec<u8>)> {
    let content = message.get("content")?.range();
    let start = message.range().start;
    let (head, tail) =
        (&message.raw()[..content.start - start], &message.raw()[content.end - start..]);
    Some(([head, b"["].concat(), [b"]", tail].concat()))
}

fn message_letter(block: Value<'_>) -> char {
    if block.kind() == Kind::String {
        return 'x';
    }
    let kind = block.get("type").and_then(Value::text).unwrap_or_default();
    crate::answer::message_letter(&kind)
}

fn chat(
    request: &Request<'_>,
    turn: &Turn<'_>,
    next: Option<&Turn<'_>>,
    rounds: &[Round],
    given: &mut dyn FnMut(&Hidden) -> Given,
    edits: &mut Edits,
) -> Option<()> {
    let message = turn.message?;
    let (last, alone) = rounds.split_last()?;
    let calls: Vec<_> = message.get("tool_calls").into_iter().flat_map(Value::items).collect();
    if calls.len() != last.kinds.len() {
        return None;
    }
    let mut said = String::new();
    for round in alone {
        let index = scan(round.said.as_bytes()).ok()?;
        said.push_str(&index.root().get("content").and_then(Value::text).unwrap_or_default());
    }
    if !said.is_empty() {
        let [text] = &request.blocks[turn.blocks.start].texts[..] else { return None };
        let whole = text.text()?;
        let rest = whole.strip_prefix(said.as_str())?;
        if rest.is_empty() && calls.is_empty() && last.said.is_empty() {
            // The round broke off before the client saw anything of it.
            let all: Vec<_> =
                alone.iter().map(|round| exchange(Api::Chat, round, None, given)).collect();
            edits.replace(message.range(), all.join(&b","[..]));
            return Some(());
        }
        match (rest.is_empty(), message.get("content")) {
            (true, Some(content)) if !calls.is_empty() => edits.replace(content.range(), *b"null"),
            _ => edits.replace(text.range(), quote(rest)),
        }
    }
    for round in alone {
        let both = [exchange(Api::Chat, round, None, given), b",".to_vec()].concat();
        edits.insert(message.range().start, both);
    }
    let is_answered = next.is_some_and(|next| next.role == Role::Tool) && !last.hidden.is_empty();
    if let Some(end) = calls.last().map(|call| call.range().end).filter(|_| is_answered) {
        for hidden in &last.hidden {
            match calls.get(hidden.at) {
                Some(call) => {
                    edits.insert(call.range().start, [hidden.raw.as_bytes(), b","].concat())
                }
                None => edits.insert(end, [b",", hidden.raw.as_bytes()].concat()),
            }
        }
        let results = results(Api::Chat, last, given);
        edits.insert(message.range().end, [b",", &results[..]].concat());
    }
    Some(())
}

fn responses(
    request: &Request<'_>,
    turn: &Turn<'_>,
    next: Option<&Turn<'_>>,
    rounds: &[Round],
    given: &mut dyn FnMut(&Hidden) -> Given,
    edits: &mut Edits,
) -> Option<()> {
    let items: Vec<Value<'_>> =
        request.blocks[turn.blocks.clone()].iter().map(|block| block.value).collect();
    let letter = |item: &Value<'_>| {
        let kind = item.get("type").and_then(Value::text).unwrap_or_default();
        crate::answer::response_letter(&kind)
    };
    let kinds: String = items.iter().map(letter).collect();
    let rows = align(rounds, &kinds)?;
    let end = items.last()?.range().end;
    let mut put = |place: usize, bytes: &[u8]| match items.get(place) {
        Some(item) => edits.insert(item.range().start, [bytes, b","].concat()),
        None => edits.insert(end, [b",", bytes].concat()),
    };
    let mut first = 0;
    for (number, (round, row)) in rounds.iter().zip(&rows).enumerate() {
        let is_last = number + 1 == rounds.len();
        if is_last && next.is_none_or(|next| next.role != Role::Tool) {
            break;
        }
        for hidden in &round.hidden {
            let before = row.iter().take(hidden.at).filter(|kept| **kept).count();
            put(first + before, hidden.raw.as_bytes());
        }
        first += row.iter().filter(|kept| **kept).count();
        if !round.hidden.is_empty() {
            put(first, &results(Api::Responses, round, given));
        }
    }
    Some(())
}

/// Which of the visible parts of each round are in the turn as the client sends it: all of them, or
/// all but the thinking, which clients may drop. `None` when the turn consists of other parts.
fn align(rounds: &[Round], kinds: &str) -> Option<Vec<Vec<bool>>> {
    let keep = |kept: &dyn Fn(char) -> bool| -> (Vec<Vec<bool>>, String) {
        let rows = rounds.iter().map(|round| round.kinds.chars().map(kept).collect()).collect();
        let all = rounds.iter().flat_map(|round| round.kinds.chars());
        (rows, all.filter(|kind| kept(*kind)).collect())
    };
    [keep(&|_| true), keep(&|kind| kind != 't')]
        .into_iter()
        .find_map(|(rows, expected)| (expected == kinds && !kinds.is_empty()).then_some(rows))
}

/// The parts of one round: those that the client has, and the intercepted calls between them.
fn interleave<'t>(
    hidden: &[Hidden],
    row: &[bool],
    raw: impl Fn(Value<'t>) -> Vec<u8>,
    blocks: &[Value<'t>],
) -> Vec<Vec<u8>> {
    let mut blocks = blocks.iter();
    let mut out = Vec::new();
    for place in 0..=row.len() {
        let here = hidden.iter().filter(|hidden| hidden.at == place);
        out.extend(here.map(|hidden| hidden.raw.as_bytes().to_vec()));
        if row.get(place) == Some(&true) {
            out.extend(blocks.next().map(|block| raw(*block)));
        }
    }
    out
}

fn user(results: &[u8]) -> Vec<u8> {
    [&br#"{"role":"user","content":["#[..], results, b"]}"].concat()
}

/// The results of a round's intercepted calls, with commas between them.
fn results(api: Api, round: &Round, given: &mut dyn FnMut(&Hidden) -> Given) -> Vec<u8> {
    let all: Vec<_> =
        round.hidden.iter().map(|hidden| result(api, &hidden.id, &given(hidden))).collect();
    all.join(&b","[..])
}

fn result(api: Api, id: &str, given: &Given) -> Vec<u8> {
    let (id, text) = (quote(id), quote(&given.text));
    let (head, middle): (&[u8], &[u8]) = match api {
        Api::Messages => (br#"{"type":"tool_result","tool_use_id":"#, br#","content":"#),
        Api::Chat => (br#"{"role":"tool","tool_call_id":"#, br#","content":"#),
        Api::Responses => (br#"{"type":"function_call_output","call_id":"#, br#","output":"#),
    };
    let tail: &[u8] = match api {
        Api::Messages if given.is_error => br#","is_error":true}"#,
        _ => b"}",
    };
    [head, &id, middle, &text, tail].concat()
}

#[cfg(test)]
mod tests;
