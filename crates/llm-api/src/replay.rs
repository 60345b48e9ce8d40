//! Replay: intercepted calls and their results, put back into the turns of later requests.
//!
//! The client sends a turn back as it saw it; the provider saw calls in it that the client didn't,
//! with their results. [`restore`] makes of the former the latter, and [`exchange`] is one round of it
//! at the end of a conversation, before the client has seen any of it. Both give the same values in
//! the same order, so that what was sent stays a prefix of what is sent later.

use json_index::Value;

use crate::api::Api;
use crate::request::Request;
use crate::response::{InterceptedCall, Round};
use crate::splice::Edits;

/// The result of an intercepted call.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CallResult {
    /// The text, or what went wrong.
    pub text: String,
    /// Whether it went wrong.
    pub is_error: bool,
}

/// Gives the result of an intercepted call.
pub type Retrieve<'r> = &'r mut dyn FnMut(&InterceptedCall) -> CallResult;

/// One round with results for all of its intercepted calls, as messages or items with commas between
/// them, to be appended to a conversation. `cache_mark`: one of [`Api::cache_mark`], for the last result.
pub fn exchange(
    api: &dyn Api,
    round: &Round,
    cache_mark: Option<&[u8]>,
    retrieve: Retrieve<'_>,
) -> Vec<u8> {
    let mut results = each_result(api, round, retrieve);
    if let Some(mark) = cache_mark
        && let Some(last) = results.pop()
    {
        results.push(api.with_cache_mark(last, mark));
    }
    api.exchange(round, &results.join(&b","[..]))
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
    retrieve: Retrieve<'_>,
    edits: &mut Edits,
) -> bool {
    request.api.restore(request, turn, rounds, retrieve, edits).is_some()
}

/// The results of a round's intercepted calls, with commas between them.
pub fn results(api: &dyn Api, round: &Round, retrieve: Retrieve<'_>) -> Vec<u8> {
    each_result(api, round, retrieve).join(&b","[..])
}

fn each_result(api: &dyn Api, round: &Round, retrieve: Retrieve<'_>) -> Vec<Vec<u8>> {
    let calls = round.intercepted.iter();
    calls.map(|call| api.tool_result(&call.id, &retrieve(call))).collect()
}

/// Which of the visible parts of each round are in the turn as the client sends it: all of them, or
/// all but the thinking, which clients may drop. `None` when the turn consists of other parts.
pub(crate) fn align(rounds: &[Round], kinds: &str) -> Option<Vec<Vec<bool>>> {
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
pub(crate) fn interleave<'t>(
    intercepted: &[InterceptedCall],
    row: &[bool],
    raw: impl Fn(Value<'t>) -> Vec<u8>,
    blocks: &[Value<'t>],
) -> Vec<Vec<u8>> {
    let mut blocks = blocks.iter();
    let mut out = Vec::new();
    for place in 0..=row.len() {
        let here = intercepted.iter().filter(|call| call.at == place);
        out.extend(here.map(|call| call.raw.as_bytes().to_vec()));
        if row.get(place) == Some(&true) {
            out.extend(blocks.next().map(|block| raw(*block)));
        }
    }
    out
}

#[cfg(test)]
mod tests;
