//! Intercepted calls in the model's contents, and their results in the user's.
//!
//! Clients join the texts that come in one response, so that a turn of several rounds comes back with
//! their texts as one. The rounds before the last are put back as the model said them; what is left of
//! the client's turn is the last one.

use json_index::{Value, scan};

use super::Gemini;
use super::request::{function_call, is_thought};
use crate::replay::{self, Retrieve};
use crate::request::{Request, Role, Turn};
use crate::response::{Round, edited};
use crate::splice::{Edits, quote};

/// The model's content and the user's with the results.
pub(super) fn exchange(round: &Round, results: &[u8]) -> Vec<u8> {
    [
        &br#"{"role":"model","parts":["#[..],
        round.content.as_bytes(),
        br#"]},{"role":"user","parts":["#,
        results,
        b"]}",
    ]
    .concat()
}

pub(super) fn restore(
    request: &Request<'_>,
    turn: usize,
    rounds: &[Round],
    retrieve: Retrieve<'_>,
    edits: &mut Edits,
) -> Option<()> {
    let (turn, next) = (request.turns.get(turn)?, request.turns.get(turn + 1));
    let content = turn.message?;
    let (last, before) = rounds.split_last()?;
    let parts = request.blocks[turn.blocks.clone()].iter().map(|block| block.value);
    let rest = after(parts, before)?;
    is_of(&rest, last).then_some(())?;

    let mut out: Vec<Vec<u8>> =
        before.iter().map(|round| replay::exchange(&Gemini, round, None, retrieve)).collect();
    let results = next.map(|next| results(request, next)).unwrap_or_default();
    let is_answered = !results.is_empty() && !last.intercepted.is_empty();
    let parts = if is_answered { with_calls(&rest, last) } else { raw(&rest) };
    if !parts.is_empty() || before.is_empty() {
        let list = content.get("parts")?.range();
        let (start, whole) = (content.range().start, content.raw());
        let (head, tail) = (&whole[..list.start - start], &whole[list.end - start..]);
        out.push([head, b"[", &parts.join(&b","[..]), b"]", tail].concat());
    }
    edits.replace(content.range(), out.join(&b","[..]));
    if is_answered {
        put_results(&results, last, retrieve, edits);
    }
    Some(())
}

/// A part of the client's turn.
struct Part {
    raw: Vec<u8>,
    kind: PartKind,
}

#[derive(PartialEq)]
enum PartKind {
    Text(String),
    Call,
    /// What clients may drop: a summary of thoughts, an empty text.
    Silent,
    Other,
}

impl Part {
    fn of(value: Value<'_>) -> Self {
        let text = value.get("text").and_then(Value::text);
        let kind = match text {
            _ if function_call(value).is_some() => PartKind::Call,
            Some(text) if !is_thought(value) && !text.is_empty() => {
                PartKind::Text(text.into_owned())
            }
            Some(_) => PartKind::Silent,
            None => PartKind::Other,
        };
        Part { raw: value.raw().to_vec(), kind }
    }
}

/// What the client's parts have after those of the rounds `before` the last; `None` when they don't
/// begin with those.
fn after<'t>(parts: impl Iterator<Item = Value<'t>>, before: &[Round]) -> Option<Vec<Part>> {
    let said = said(before)?;
    let mut left = said.as_str();
    let mut others: usize = before.iter().map(|round| round.kinds.matches('o').count()).sum();
    let mut rest = Vec::new();
    for value in parts {
        let part = Part::of(value);
        if left.is_empty() && others == 0 {
            rest.push(part);
            continue;
        }
        match &part.kind {
            PartKind::Silent => {}
            PartKind::Call => return None,
            PartKind::Other => others = others.checked_sub(1)?,
            PartKind::Text(text) => {
                if let Some(more) = left.strip_prefix(text.as_str()) {
                    left = more;
                } else {
                    rest.push(without_beginning(value, text.strip_prefix(left)?));
                    left = "";
                }
            }
        }
    }
    (left.is_empty() && others == 0).then_some(rest)
}

/// A part with the rest of its text.
fn without_beginning(value: Value<'_>, rest: &str) -> Part {
    let raw = edited(value.raw(), |part, edits| {
        if let Some(text) = part.get("text") {
            edits.replace(text.range(), quote(rest));
        }
    });
    Part { raw, kind: PartKind::Text(rest.to_owned()) }
}

/// The text of some rounds.
fn said(rounds: &[Round]) -> Option<String> {
    let mut out = String::new();
    for round in rounds {
        let content = [b"[", round.content.as_bytes(), b"]"].concat();
        let index = scan(&content).ok()?;
        for part in index.root().items().map(Part::of) {
            if let PartKind::Text(text) = part.kind {
                out.push_str(&text);
            }
        }
    }
    Some(out)
}

/// Whether the parts are those of `round`, as far as the client saw it.
fn is_of(parts: &[Part], round: &Round) -> bool {
    let count = |kind: &PartKind| parts.iter().filter(|part| part.kind == *kind).count();
    let texts = parts.iter().map(|part| match &part.kind {
        PartKind::Text(text) => text.len(),
        _ => 0,
    });
    count(&PartKind::Call) == round.kinds.matches('c').count()
        && count(&PartKind::Other) == round.kinds.matches('o').count()
        && texts.sum::<usize>() == round.text
}

fn raw(parts: &[Part]) -> Vec<Vec<u8>> {
    parts.iter().map(|part| part.raw.clone()).collect()
}

/// The parts with the intercepted calls of `round` between them.
fn with_calls(parts: &[Part], round: &Round) -> Vec<Vec<u8>> {
    let mut calls = round.intercepted.iter().peekable();
    let mut out = Vec::new();
    let (mut place, mut is_in_text) = (0, false);
    for part in parts {
        let is_text = matches!(part.kind, PartKind::Text(_));
        // Texts in a row count as one, whatever is silent between them.
        if part.kind != PartKind::Silent {
            if !(is_text && is_in_text) {
                while let Some(call) = calls.next_if(|call| call.at <= place) {
                    out.push(call.raw.as_bytes().to_vec());
                }
                place += 1;
            }
            is_in_text = is_text;
        }
        out.push(part.raw.clone());
    }
    out.extend(calls.map(|call| call.raw.as_bytes().to_vec()));
    out
}

/// The results among the parts of the content after the model's.
fn results<'t>(request: &Request<'t>, turn: &Turn<'t>) -> Vec<Value<'t>> {
    let blocks = request.blocks[turn.blocks.clone()].iter();
    blocks.filter(|block| block.role == Role::Tool).map(|block| block.value).collect()
}

/// Puts the results of the intercepted calls among the client's, in the order of the calls: where
/// calls have no ids, their results are known by that.
fn put_results(client: &[Value<'_>], round: &Round, retrieve: Retrieve<'_>, edits: &mut Edits) {
    for call in &round.intercepted {
        let result = super::tool::result(&call.id, &retrieve(call));
        let calls = round.kinds.chars().take(call.at).filter(|kind| *kind == 'c').count();
        match (client.get(calls), client.last()) {
            (Some(next), _) => edits.insert(next.range().start, [&result[..], b","].concat()),
            (None, Some(last)) => edits.insert(last.range().end, [b",", &result[..]].concat()),
            (None, None) => {}
        }
    }
}
