//! Intercepted calls of earlier turns: found again, answered as before, and put back.

use std::collections::HashSet;

use std::sync::Arc;

use json_index::scan;
use llm_api::replay::{self, CallResult};
use llm_api::request::{Role, read};
use llm_api::response::{InterceptedCall, Round};
use llm_api::retrieval;
use llm_api::splice::Edits;

use super::continue_turn::{MAX_ROUNDS, OpenTurn};
use super::memo::{Memo, chain};
use super::traverse::{Traversal, TraversedBlock};
use super::{RequestReport, RequestRewriter, block, retrieval_results};
use crate::cache::Key;
use crate::replay_entry;
use blob_store::ReplayKey;

impl RequestRewriter {
    /// Puts intercepted calls back into the model's turns.
    pub(super) fn restore(
        &self,
        traversal: &Traversal<'_>,
        edits: &mut Edits,
        report: &mut RequestReport,
    ) {
        let request = traversal.request;
        let keys = TurnKey::of_all(traversal);
        let keys: Vec<(usize, &TurnKey)> = (keys.iter().enumerate())
            .filter_map(|(at, key)| Some((at, &key.as_ref()?.1)))
            .collect();
        let found = self.intercepted(&keys);
        for ((at, key), rounds) in keys.iter().zip(found) {
            let Some(rounds) = rounds else {
                report.replay_missing += usize::from(self.had_intercepted(key));
                continue;
            };
            let mut retrieve = self.retriever(traversal, &rounds);
            if replay::restore(request, *at, &rounds, &mut retrieve, edits) {
                report.replayed += 1;
            } else {
                report.replay_missing += 1;
            }
        }
    }

    /// The rounds of the turns with these keys, for turns in which calls were intercepted.
    fn intercepted(&self, keys: &[(usize, &TurnKey)]) -> Vec<Option<Arc<[Round]>>> {
        let mut found: Vec<_> = keys.iter().map(|(_, key)| self.memo.get(&key.entry.0)).collect();
        let unknown: Vec<usize> = (0..keys.len()).filter(|at| found[*at].is_none()).collect();
        let entries: Vec<ReplayKey> = unknown.iter().map(|at| keys[*at].1.entry).collect();
        // A store that can't be asked is as if it held nothing, but that isn't remembered.
        let stored =
            if entries.is_empty() { Ok(Vec::new()) } else { self.replay_store.get(&entries) };
        for (at, entry) in unknown.into_iter().zip(stored.unwrap_or_default()) {
            let rounds = entry.as_deref().and_then(replay_entry::decode).map(Arc::from);
            let memo = Memo::Turn(rounds);
            self.memo.put(keys[at].1.entry.0, memo.clone());
            found[at] = Some(memo);
        }
        let rounds = |memo| if let Some(Memo::Turn(rounds)) = memo { rounds } else { None };
        found.into_iter().map(rounds).collect()
    }

    /// Whether calls were intercepted in a turn with the same calls, whatever was before it.
    fn had_intercepted(&self, key: &TurnKey) -> bool {
        key.calls.is_some_and(|calls| matches!(self.memo.get(&calls), Some(Memo::Calls)))
    }

    /// Answers intercepted calls from the request, or from the originals that other programs keep.
    pub(super) fn retriever<'r>(
        &'r self,
        traversal: &'r Traversal<'_>,
        rounds: &[Round],
    ) -> impl FnMut(&InterceptedCall) -> CallResult + 'r {
        let late = rounds.iter().skip(MAX_ROUNDS).flat_map(|round| &round.intercepted);
        let late: HashSet<String> = late.map(|call| call.id.clone()).collect();
        move |call| {
            if late.contains(&call.id) {
                return retrieval_results::too_many();
            }
            if let Some(result) = &call.result {
                return result.clone();
            }
            let Some(hash) = retrieval::hash(&call.input) else {
                return retrieval_results::no_hash();
            };
            match self.original(traversal, &hash) {
                Some(text) => CallResult { text: text.to_string(), is_error: false },
                None => self.retrieve_original(&hash),
            }
        }
    }

    /// What another program of this project has elided under `hash` and kept: a hook, a command that
    /// was run through it, an MCP server.
    fn retrieve_original(&self, hash: &str) -> CallResult {
        match self.originals.as_ref().map(|originals| originals.get(hash)) {
            Some(Ok(Some(original))) => CallResult { text: original.text, is_error: false },
            Some(Err(blob_store::Error::Ambiguous(_))) => retrieval_results::ambiguous(),
            // A store that can't be asked is as if it held nothing.
            Some(Ok(None) | Err(_)) | None => retrieval_results::not_found(),
        }
    }

    /// Notes in `rounds` the results of their intercepted calls that this request doesn't hold. A store
    /// may have dropped an original by the time of a later request, which has to hold the same.
    pub(super) fn pin_results(&self, traversal: &Traversal<'_>, rounds: &mut [Round]) {
        for call in rounds.iter_mut().flat_map(|round| &mut round.intercepted) {
            if call.result.is_none()
                && let Some(hash) = retrieval::hash(&call.input)
                && self.original(traversal, &hash).is_none()
            {
                call.result = Some(self.retrieve_original(&hash));
            }
        }
    }

    /// What was elided from this request's blocks under `hash`, which may be its first digits.
    fn original(&self, traversal: &Traversal<'_>, hash: &str) -> Option<Arc<str>> {
        let holds = |block: &TraversedBlock| {
            block.compressed.hashes.iter().find(|known| known.starts_with(hash)).cloned()
        };
        let blocks = &traversal.blocks;
        let (block, whole) = blocks.iter().find_map(|block| Some((block, holds(block)?)))?;
        let key = chain(blake3::hash(b"original").as_bytes(), whole.as_bytes());
        if let Some(Memo::Original(text)) = self.memo.get(&key) {
            return Some(text);
        }
        let request = traversal.request;
        let context = self.context(request, block.at, traversal.injection, blocks);
        let original =
            block::original(&request.blocks[block.at], &context, &block.compressed, &whole);
        let text: Arc<str> = original?.into();
        self.memo.put(key, Memo::Original(text.clone()));
        Some(text)
    }

    /// Keeps the intercepted calls of a turn that is about to be delivered. `ids` and `text`: the calls
    /// and the text that the client saw.
    ///
    /// # Errors
    /// When the store can't keep them.
    pub(crate) fn record(
        &self,
        turn: &OpenTurn,
        mut rounds: Vec<Round>,
        ids: &[String],
        text: &str,
    ) -> Result<(), blob_store::Error> {
        if !turn.is_kept() {
            return Ok(());
        }
        self.pin_last_results(turn, &mut rounds);
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let key = TurnKey::new(&turn.before, &ids, text);
        if let Some(calls) = key.calls {
            self.memo.put(calls, Memo::Calls);
        }
        let entry = replay_entry::encode(&rounds);
        self.memo.put(key.entry.0, Memo::Turn(Some(rounds.into())));
        self.replay_store.put(&key.entry, &entry)
    }

    /// As [`pin_results`](Self::pin_results), for the calls of a round that no other one follows: the
    /// client's next request answers them.
    fn pin_last_results(&self, turn: &OpenTurn, rounds: &mut [Round]) {
        let is_open = |round: &Round| round.intercepted.iter().any(|call| call.result.is_none());
        if !rounds.last().is_some_and(is_open) {
            return;
        }
        if let Ok(index) = scan(&turn.body)
            && let Some(request) = read(turn.api, &index)
        {
            self.pin_results(&self.traverse(&request, None), rounds);
        }
    }
}

/// What the replay entry of a turn is found by.
#[derive(Debug, Clone, Copy)]
pub(super) struct TurnKey {
    entry: ReplayKey,
    /// A hash of the calls alone.
    calls: Option<Key>,
}

impl TurnKey {
    /// The key of a turn with these calls, or else with this text, after what `before` stands for.
    fn new(before: &Key, ids: &[&str], text: &str) -> Self {
        let own = if ids.is_empty() {
            format!("text\0{text}")
        } else {
            format!("ids\0{}", ids.join("\0"))
        };
        let own: Key = blake3::hash(own.as_bytes()).into();
        let entry = ReplayKey(chain(before, &own));
        TurnKey { entry, calls: (!ids.is_empty()).then_some(own) }
    }

    /// The keys of the model's turns, with the number of calls in each; `None` for another's turn.
    fn of_all<'t>(traversal: &'t Traversal<'_>) -> &'t [Option<(usize, Self)>] {
        let identities = &*traversal.identities;
        let earlier = traversal.earlier.map(|earlier| earlier.identities);
        let known = earlier.and_then(|earlier| {
            let same = identities.same_turns(earlier);
            earlier.turn_keys.get()?.get(..same)
        });
        identities.turn_keys.get_or_init(|| {
            let turns = traversal.request.turns.iter().enumerate();
            let keys = turns.map(|(at, turn)| {
                if turn.role != Role::Assistant {
                    return None;
                }
                let blocks = &traversal.request.blocks[turn.blocks.clone()];
                let calls = blocks.iter().map(|block| block.calls.len()).sum();
                match known.and_then(|known| known.get(at).copied().flatten()) {
                    Some((count, key)) if count == calls => Some((calls, key)),
                    _ => Some((calls, Self::of(traversal, at))),
                }
            });
            keys.collect()
        })
    }

    /// The key of the turn at `at`, as the client sends it.
    fn of(traversal: &Traversal<'_>, at: usize) -> Self {
        let request = traversal.request;
        let blocks = &request.blocks[request.turns[at].blocks.clone()];
        let ids: Vec<&str> =
            blocks.iter().flat_map(|block| &block.calls).map(|call| &*call.id).collect();
        let text = || -> String {
            blocks.iter().flat_map(|block| &block.texts).filter_map(|text| text.text()).collect()
        };
        let text = if ids.is_empty() { text() } else { String::new() };
        TurnKey::new(&traversal.identities.before[at], &ids, &text)
    }
}
