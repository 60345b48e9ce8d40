//! What identifies the blocks and the turns of a request. Of a request that goes on with an earlier one, only
//! what is new is worked out; for the rest, what was worked out for the earlier one still holds.

use std::sync::OnceLock;

use llm_api::request::{Block, Request, Role};

use super::memo::chain;
use super::replay::TurnKey;
use crate::cache::Key;

/// What identifies the parts of one request.
#[derive(Debug, Default)]
pub(super) struct Identities {
    /// The API, by its id.
    api: u8,
    /// Where each block is in the body, and who it is from.
    places: Vec<(u32, u32, Role)>,
    /// What identifies each block.
    pub(super) fingerprints: Vec<Key>,
    /// What the first of `chained` begins with.
    seed: Key,
    /// For each block a hash of the seed and of all blocks up to this one.
    pub(super) chained: Vec<Key>,
    /// For each turn its first block, and the block after its last one.
    turns: Vec<(u32, u32)>,
    /// For each turn what identifies everything before it, and one more for the end.
    pub(super) before: Vec<Key>,
    /// What the replay entries of the model's turns are found by, once they are looked for: of all turns, each with
    /// the number of its calls.
    pub(super) turn_keys: OnceLock<Vec<Option<(usize, TurnKey)>>>,
}

/// An earlier request with the same beginning.
#[derive(Clone, Copy)]
pub(super) struct EarlierRequest<'e> {
    pub(super) identities: &'e Identities,
    /// The bytes at the beginning of both that are the same, at least.
    pub(super) same: usize,
}

impl EarlierRequest<'_> {
    /// What identifies `block`, the one at `at` in a request of `api`, if it is in the bytes that are the same.
    fn fingerprint(&self, api: u8, at: usize, block: &Block<'_>) -> Option<Key> {
        let is_same = self.identities.api == api
            && self.identities.places.get(at) == Some(&place(block))
            && block.value.range().end <= self.same;
        is_same.then(|| self.identities.fingerprints[at])
    }
}

fn place(block: &Block<'_>) -> (u32, u32, Role) {
    let range = block.value.range();
    (range.start as u32, range.end as u32, block.role)
}

impl Identities {
    /// Bytes that they take.
    pub(super) fn size(&self) -> usize {
        let turn_keys = self.turn_keys.get().map_or(0, |keys| size_of_val(&keys[..]));
        size_of_val(&self.places[..])
            + size_of_val(&self.turns[..])
            + size_of::<Key>() * (self.fingerprints.len() + self.chained.len() + self.before.len())
            + turn_keys
    }

    /// Those of a request, whose blocks' fingerprints are those of `earlier` or by `fingerprints_of`.
    pub(super) fn of(
        request: &Request<'_>,
        earlier: Option<EarlierRequest<'_>>,
        fingerprints_of: impl FnOnce(&[&Block<'_>]) -> Vec<Key>,
    ) -> Self {
        let api = request.api.id();
        let known: Vec<Option<Key>> = (request.blocks.iter().enumerate())
            .map(|(at, block)| earlier.and_then(|earlier| earlier.fingerprint(api, at, block)))
            .collect();
        let unknown: Vec<&Block<'_>> = request
            .blocks
            .iter()
            .zip(&known)
            .filter(|(_, key)| key.is_none())
            .map(|(b, _)| b)
            .collect();
        let mut new = fingerprints_of(&unknown).into_iter();
        let fingerprints = known.into_iter().filter_map(|key| key.or_else(|| new.next())).collect();
        let mut identities = Self {
            api,
            places: request.blocks.iter().map(place).collect(),
            fingerprints,
            turns: request
                .turns
                .iter()
                .map(|turn| (turn.blocks.start as u32, turn.blocks.end as u32))
                .collect(),
            ..Self::default()
        };
        identities.before = identities.before_turns(request, earlier.map(|one| one.identities));
        identities
    }

    /// For each turn what identifies everything that was said before it, and one more for the end. Tools are no part
    /// of it: clients load and drop them.
    fn before_turns(&self, request: &Request<'_>, earlier: Option<&Self>) -> Vec<Key> {
        let mut before = Vec::with_capacity(request.turns.len() + 1);
        match earlier.map(|earlier| (earlier, self.same_turns(earlier))) {
            Some((earlier, same)) if same > 0 => {
                before.extend_from_slice(&earlier.before[..=same]);
            }
            _ => before.push(chain(&[0; 32], &[self.api])),
        }
        for turn in &request.turns[before.len() - 1..] {
            let said =
                turn.blocks.clone().filter(|at| request.blocks[*at].role != Role::Definition);
            let last = before.last().copied().unwrap_or_default();
            before.push(said.fold(last, |said, at| chain(&said, &self.fingerprints[at])));
        }
        before
    }

    /// How many turns, from the first one on, are the same as those of `earlier`.
    pub(super) fn same_turns(&self, earlier: &Self) -> usize {
        if self.api != earlier.api {
            return 0;
        }
        let is_same = |((start, end), other): &(&(u32, u32), &(u32, u32))| {
            let blocks = *start as usize..*end as usize;
            (*start, *end) == **other
                && self.fingerprints.get(blocks.clone()) == earlier.fingerprints.get(blocks)
        };
        self.turns.iter().zip(&earlier.turns).take_while(is_same).count()
    }

    /// Works out the hashes of the blocks up to each one, which begin with `seed`.
    pub(super) fn chain(&mut self, seed: Key, earlier: Option<&Self>) {
        self.seed = seed;
        self.chained = Vec::with_capacity(self.fingerprints.len());
        if let Some(earlier) = earlier.filter(|earlier| earlier.seed == seed) {
            let both = self.fingerprints.iter().zip(&earlier.fingerprints);
            let same = both.take_while(|(one, other)| one == other).count();
            self.chained.extend_from_slice(&earlier.chained[..same]);
        }
        for fingerprint in &self.fingerprints[self.chained.len()..] {
            let last = self.chained.last().unwrap_or(&self.seed);
            self.chained.push(chain(last, fingerprint));
        }
    }
}

#[cfg(test)]
mod tests {
    use llm_api::request::read;
    use llm_api::{Api, CHAT, MESSAGES};
    use serde_json::{Value, json};

    use super::super::memo::fingerprint;
    use super::super::recent::{Continuation, RecentBodies};
    use super::*;

    /// A conversation long enough to be remembered.
    fn conversation(turns: usize) -> Value {
        let said = |at: usize| format!("{at} {}", "word ".repeat(800));
        let result = |at: usize| json!({"type": "tool_result", "tool_use_id": format!("t{at}"), "content": said(at)});
        let call = |at: usize| json!({"type": "tool_use", "id": format!("t{at}"), "name": "a", "input": {}});
        let mut messages = vec![json!({"content": "fix it", "role": "user"})];
        for at in 0..turns {
            messages.push(json!({"role": "assistant", "content": [call(at)]}));
            messages.push(json!({"role": "user", "content": [result(at)]}));
        }
        json!({"model": "m", "system": "be brief", "messages": messages, "tools": [{"name": "a"}]})
    }

    /// Compares what is worked out for `body` with what is without an earlier request.
    fn is_as_without_earlier(
        recent: &RecentBodies,
        api: &'static dyn Api,
        body: &Value,
        seed: Key,
    ) {
        let text = body.to_string();
        let (index, continuation) = recent.scan(text.as_bytes()).unwrap();
        let request = read(api, &index).unwrap();
        let identities = |earlier: Option<EarlierRequest<'_>>| {
            let all = |blocks: &[&Block<'_>]| blocks.iter().map(|one| fingerprint(one)).collect();
            let mut found = Identities::of(&request, earlier, all);
            found.chain(seed, earlier.map(|one| one.identities));
            found
        };
        let (found, fresh) = (identities(continuation.earlier()), identities(None));
        assert_eq!(found.fingerprints, fresh.fingerprints);
        assert_eq!(found.chained, fresh.chained);
        assert_eq!(found.before, fresh.before);
        Continuation::keep(&continuation, &found.into());
    }

    #[test]
    fn what_is_taken_over_is_what_is_worked_out() {
        let recent = RecentBodies::new();
        for turns in [20, 21, 21, 24, 30] {
            is_as_without_earlier(&recent, MESSAGES, &conversation(turns), [1; 32]);
        }
        // The same bytes, but something behind them makes another of the last ones.
        let mut other = conversation(30);
        other["messages"][29]["content"][0]["cache_control"] = json!({"type": "ephemeral"});
        is_as_without_earlier(&recent, MESSAGES, &other, [1; 32]);
        other["messages"][40]["content"][0]["content"] = json!("an edit");
        is_as_without_earlier(&recent, MESSAGES, &other, [2; 32]);
        other["tools"] = json!([{"name": "a"}, {"name": "b"}]);
        is_as_without_earlier(&recent, MESSAGES, &other, [2; 32]);
        is_as_without_earlier(&recent, CHAT, &other, [2; 32]);
        other["messages"][60]["role"] = json!("assistant");
        is_as_without_earlier(&recent, CHAT, &other, [2; 32]);
    }
}
