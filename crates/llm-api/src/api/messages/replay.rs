//! Intercepted calls in the model's messages, and their results in the user's.

use json_index::{Kind, Value};

use crate::replay::{Retrieve, align, interleave, results};
use crate::request::{Request, Role};
use crate::response::Round;
use crate::splice::Edits;

use super::Messages;
use super::response::letter;

/// The model's message and the user's with the results.
pub(super) fn exchange(round: &Round, results: &[u8]) -> Vec<u8> {
    let content = round.content.as_bytes();
    let assistant = [&br#"{"role":"assistant","content":["#[..], content, b"]}"].concat();
    [&assistant[..], b",", &user(results)].concat()
}

fn user(results: &[u8]) -> Vec<u8> {
    [&br#"{"role":"user","content":["#[..], results, b"]}"].concat()
}

pub(super) fn restore(
    request: &Request<'_>,
    turn: usize,
    rounds: &[Round],
    retrieve: Retrieve<'_>,
    edits: &mut Edits,
) -> Option<()> {
    let (turn, next) = (request.turns.get(turn)?, request.turns.get(turn + 1));
    let message = turn.message?;
    let blocks: Vec<Value<'_>> = request.blocks[turn.blocks.clone()]
        .iter()
        .map(|block| block.value)
        .filter(|block| !block.get("text").is_some_and(|text| text.is("")))
        .collect();
    let kinds: String = blocks.iter().map(|block| letter_of(*block)).collect();
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
        let intercepted = if drops_calls { &[][..] } else { &round.intercepted[..] };
        let visible = row.iter().filter(|kept| **kept).count();
        let parts = interleave(intercepted, row, raw_block, &blocks[place..place + visible]);
        place += visible;
        if !parts.is_empty() {
            let comma: &[u8] = if out.is_empty() { b"" } else { b"," };
            out.extend_from_slice(&[comma, &head, &parts.join(&b","[..]), &tail].concat());
        }
        if !is_last {
            let results = results(&Messages, round, retrieve);
            out.extend_from_slice(&[b",", &user(&results)[..]].concat());
        } else if let Some(first) = first_of_next.filter(|_| !intercepted.is_empty()) {
            let results = results(&Messages, round, retrieve);
            edits.insert(first.range().start, [&results[..], b","].concat());
        }
    }
    edits.replace(message.range(), out);
    Some(())
}

/// A block as a list of blocks has it.
fn raw_block(block: Value<'_>) -> Vec<u8> {
    match block.kind() {
        Kind::String => [&br#"{"type":"text","text":"#[..], block.raw(), b"}"].concat(),
        _ => block.raw().to_vec(),
    }
}

/// What stands before and after the blocks in a message whose content is a list, or is made one.
fn around(message: Value<'_>) -> Option<(Vec<u8>, Vec<u8>)> {
    let content = message.get("content")?.range();
    let start = message.range().start;
    let (head, tail) =
        (&message.raw()[..content.start - start], &message.raw()[content.end - start..]);
    Some(([head, b"["].concat(), [b"]", tail].concat()))
}

fn letter_of(block: Value<'_>) -> char {
    if block.kind() == Kind::String {
        return 'x';
    }
    letter(&block.get("type").and_then(Value::text).unwrap_or_default())
}
