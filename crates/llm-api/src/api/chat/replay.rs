//! Intercepted calls in the model's message, and messages of the tool with their results.

use json_index::{Value, scan};

use crate::replay::{Retrieve, exchange, results};
use crate::request::{Request, Role};
use crate::response::Round;
use crate::splice::{Edits, quote};

use super::Chat;

pub(super) fn restore(
    request: &Request<'_>,
    turn: usize,
    rounds: &[Round],
    retrieve: Retrieve<'_>,
    edits: &mut Edits,
) -> Option<()> {
    let (turn, next) = (request.turns.get(turn)?, request.turns.get(turn + 1));
    let message = turn.message?;
    let (last, before) = rounds.split_last()?;
    let calls: Vec<_> = message.get("tool_calls").into_iter().flat_map(Value::items).collect();
    if calls.len() != last.kinds.len() {
        return None;
    }
    let said = text_of(before)?;
    if !said.is_empty() {
        let [text] = &request.blocks[turn.blocks.start].texts[..] else { return None };
        let whole = text.text()?;
        let rest = whole.strip_prefix(said.as_str())?;
        if rest.is_empty() && calls.is_empty() && last.content.is_empty() {
            // The round broke off before the client saw anything of it.
            let all: Vec<_> =
                before.iter().map(|round| exchange(&Chat, round, None, retrieve)).collect();
            edits.replace(message.range(), all.join(&b","[..]));
            return Some(());
        }
        match (rest.is_empty(), message.get("content")) {
            (true, Some(content)) if !calls.is_empty() => edits.replace(content.range(), *b"null"),
            _ => edits.replace(text.range(), quote(rest)),
        }
    }
    for round in before {
        let both = [exchange(&Chat, round, None, retrieve), b",".to_vec()].concat();
        edits.insert(message.range().start, both);
    }
    let is_followed_by_results = next.is_some_and(|next| next.role == Role::Tool);
    if is_followed_by_results && !last.intercepted.is_empty() {
        restore_last(message, &calls, last, retrieve, edits);
    }
    Some(())
}

/// The text of some rounds, which the client has as the beginning of one message.
fn text_of(rounds: &[Round]) -> Option<String> {
    let mut text = String::new();
    for round in rounds {
        let index = scan(round.content.as_bytes()).ok()?;
        text.push_str(&index.root().get("content").and_then(Value::text).unwrap_or_default());
    }
    Some(text)
}

/// Puts the intercepted calls of the last round among the client's, and their results before its.
fn restore_last(
    message: Value<'_>,
    calls: &[Value<'_>],
    last: &Round,
    retrieve: Retrieve<'_>,
    edits: &mut Edits,
) {
    let Some(end) = calls.last().map(|call| call.range().end) else { return };
    for intercepted in &last.intercepted {
        match calls.get(intercepted.at) {
            Some(call) => {
                edits.insert(call.range().start, [intercepted.raw.as_bytes(), b","].concat());
            }
            None => edits.insert(end, [b",", intercepted.raw.as_bytes()].concat()),
        }
    }
    let results = results(&Chat, last, retrieve);
    edits.insert(message.range().end, [b",", &results[..]].concat());
}
