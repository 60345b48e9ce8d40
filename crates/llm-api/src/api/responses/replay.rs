//! Intercepted calls among the model's items, and items with their results.

use json_index::Value;

use crate::replay::{Retrieve, align, results};
use crate::request::{Request, Role};
use crate::response::Round;
use crate::splice::Edits;

use super::Responses;
use super::response::letter;

pub(super) fn restore(
    request: &Request<'_>,
    turn: usize,
    rounds: &[Round],
    retrieve: Retrieve<'_>,
    edits: &mut Edits,
) -> Option<()> {
    let (turn, next) = (request.turns.get(turn)?, request.turns.get(turn + 1));
    let items: Vec<Value<'_>> =
        request.blocks[turn.blocks.clone()].iter().map(|block| block.value).collect();
    let letter =
        |item: &Value<'_>| letter(&item.get("type").and_then(Value::text).unwrap_or_default());
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
        for intercepted in &round.intercepted {
            let before = row.iter().take(intercepted.at).filter(|kept| **kept).count();
            put(first + before, intercepted.raw.as_bytes());
        }
        first += row.iter().filter(|kept| **kept).count();
        if !round.intercepted.is_empty() {
            put(first, &results(&Responses, round, retrieve));
        }
    }
    Some(())
}
