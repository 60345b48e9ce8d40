//! The next round of a turn: the same request again, with the model's intercepted calls and their
//! results at its end.

use std::ops::Range;

use bytes::Bytes;
use json_index::scan;
use llm_api::Api;
use llm_api::replay;
use llm_api::request::{Request, read};
use llm_api::response::Round;
use llm_api::splice::Edits;

use super::RequestRewriter;
use crate::cache::Key;

/// Rounds of one turn in which calls are answered; the next one gets an error, and then the turn is
/// closed. By hand, not measured.
pub(crate) const MAX_ROUNDS: usize = 8;

/// Tokens of a response that are to be left beside those for thinking. By hand, not measured.
const MIN_AFTER_THINKING: u64 = 1024;

/// A turn of the model that may take several rounds.
pub(crate) struct OpenTurn {
    pub(crate) api: &'static dyn Api,
    /// The client's body.
    pub(super) body: Bytes,
    /// What was changed in it.
    edits: Edits,
    /// What identifies everything before the turn.
    pub(super) before: Key,
    /// Whether the provider keeps the response.
    pub(crate) is_stored: bool,
    /// The client's limit of output tokens, and where it stands in the body.
    limit: Option<(Range<usize>, u64)>,
    thinking_budget: Option<u64>,
    /// The message that was sent, where the turn is on a WebSocket.
    message: Option<OpenMessage>,
}

/// A message that was sent over a WebSocket, from which those of later rounds are made.
struct OpenMessage {
    sent: Bytes,
    /// The id of the last round's response.
    answered_by: Option<String>,
    /// Whether something came before the turn that isn't known.
    is_partial: bool,
}

/// The next round of a turn.
pub(crate) struct NextRound {
    /// The body to be sent.
    pub(crate) body: Bytes,
    /// Calls of the last round that got an error.
    pub(crate) failed: usize,
}

/// The limit of output tokens of another round.
enum Limit {
    /// As the client limits the whole turn.
    AsGiven,
    /// So many tokens.
    Lowered(u64),
    /// Nothing is left.
    Spent,
}

impl OpenTurn {
    /// The turn that follows `request`, whose body was changed by `edits`; `before` identifies it.
    pub(super) fn new(request: &Request<'_>, body: Bytes, edits: Edits, before: Key) -> Self {
        let limit = request.output_limit.and_then(|limit| Some((limit.range(), limit.unsigned()?)));
        OpenTurn {
            api: request.api,
            body,
            edits,
            before,
            is_stored: request.is_stored,
            limit,
            thinking_budget: request.thinking_budget,
            message: None,
        }
    }

    /// The same turn on a WebSocket, over which `sent` was sent. `is_partial`: something came before it
    /// that isn't known.
    pub(super) fn over_socket(mut self, sent: Bytes, is_partial: bool) -> Self {
        self.message = Some(OpenMessage { sent, answered_by: None, is_partial });
        self
    }

    /// Notes the id of the response that ends a round on a WebSocket.
    pub(crate) fn answered_by(&mut self, id: Option<String>) {
        if let Some(message) = &mut self.message {
            message.answered_by = id;
        }
    }

    /// The message that was sent, and the id of the last response to it.
    pub(super) fn sent_message(&self) -> Option<(&Bytes, &str)> {
        let message = self.message.as_ref()?;
        Some((&message.sent, message.answered_by.as_deref()?))
    }

    /// Whether later requests may hold the turn in the same place.
    pub(super) fn is_kept(&self) -> bool {
        self.message.as_ref().is_none_or(|message| !message.is_partial)
    }

    /// How much is left for another round of the client's limit, after `spent` tokens.
    fn limit_after(&self, spent: u64) -> Limit {
        let Some((_, limit)) = &self.limit else { return Limit::AsGiven };
        let left = limit.saturating_sub(spent);
        let min = match self.thinking_budget {
            // The provider refuses a limit that thinking alone may reach.
            Some(budget) => budget.saturating_add(MIN_AFTER_THINKING),
            None if left == 0 => return Limit::Spent,
            None => self.api.min_output_limit(),
        };
        if left >= min { Limit::Lowered(left) } else { Limit::AsGiven }
    }
}

impl RequestRewriter {
    /// The request for another round, with the results of all intercepted calls so far, of which those
    /// that the request doesn't hold are noted in `rounds`. `None` when no tokens are left for it.
    /// `spent`: output tokens so far.
    pub(crate) fn next_round(
        &self,
        turn: &OpenTurn,
        rounds: &mut [Round],
        spent: u64,
    ) -> Option<NextRound> {
        let index = scan(&turn.body).ok()?;
        let request = read(turn.api, &index)?;
        if turn.message.is_some() {
            let limit = match turn.limit_after(spent) {
                Limit::Spent => return None,
                Limit::Lowered(left) => Some(left),
                Limit::AsGiven => None,
            };
            return self.next_message(turn, &request, rounds, limit);
        }
        let traversal = self.traverse(&request, None);
        self.pin_results(&traversal, rounds);
        let rounds = &*rounds;
        let cache_mark = turn.api.cache_mark(&request);
        let mut retrieve = self.retriever(&traversal, rounds);
        let mut failed = 0;
        let mut exchanges = Vec::new();
        for (number, round) in rounds.iter().enumerate() {
            failed = 0;
            let mark = cache_mark.filter(|_| number + 1 == rounds.len());
            exchanges.push(replay::exchange(turn.api, round, mark, &mut |call| {
                let result = retrieve(call);
                failed += usize::from(result.is_error);
                result
            }));
        }
        let mut edits = turn.edits.clone();
        request.append(&exchanges.join(&b","[..]), &mut edits);
        match (turn.limit_after(spent), &turn.limit) {
            (Limit::Spent, _) => return None,
            (Limit::Lowered(left), Some((range, _))) => {
                edits.replace(range.clone(), left.to_string());
            }
            _ => {}
        }
        Some(NextRound { body: edits.apply(&turn.body).ok()?.into(), failed })
    }
}
