//! The memo of the rewriter: results of earlier requests, and the hashes they are found by.

use std::sync::Arc;

use compress::earlier::Grams;
use llm_api::request::{Block, Request};
use llm_api::response::{InterceptedCall, Round};

use super::block::CompressedBlock;
use crate::cache::{Key, Weigh};

/// A result that is remembered.
#[derive(Clone)]
pub(super) enum Memo {
    /// What a block becomes.
    Block(Arc<CompressedBlock>),
    /// The grams of a block that doesn't change.
    Grams(Arc<Grams>),
    /// An original that was elided.
    Original(Arc<str>),
    /// The rounds of a turn in which calls were intercepted; `None` for a turn without such.
    Turn(Option<Arc<[Round]>>),
    /// In a turn with these calls of the client's, others were intercepted.
    Calls,
    /// The position of the injected tool among the client's, in a conversation up to here; `None` where
    /// none was injected.
    Injection(Option<usize>),
}

impl Weigh for Memo {
    fn weight(&self) -> usize {
        let result = |call: &InterceptedCall| call.result.as_ref().map_or(0, |r| r.text.len());
        let round = |round: &Round| {
            round.content.len() + 64 + round.intercepted.iter().map(result).sum::<usize>()
        };
        match self {
            Memo::Block(block) => block.weight(),
            Memo::Grams(grams) => grams.weight(),
            Memo::Original(text) => text.len(),
            Memo::Turn(rounds) => rounds.iter().flat_map(|rounds| rounds.iter()).map(round).sum(),
            Memo::Calls | Memo::Injection(_) => 0,
        }
    }
}

/// The hash of what `before` stands for with `next` after it.
pub(super) fn chain(before: &Key, next: &[u8]) -> Key {
    // Most are two keys, for which no state of a hasher is needed.
    if let Ok(next) = Key::try_from(next) {
        let both: [Key; 2] = [*before, next];
        return blake3::hash(both.as_flattened()).into();
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update(before);
    hasher.update(next);
    hasher.finalize().into()
}

/// What identifies a block.
pub(super) fn fingerprint(block: &Block<'_>) -> Key {
    let mut hasher = blake3::Hasher::new();
    block.fingerprint(&mut |bytes| {
        hasher.update(bytes);
    });
    hasher.finalize().into()
}

/// A hash of the names of a request's tools.
pub(super) fn tool_names(request: &Request<'_>) -> Key {
    let mut hasher = blake3::Hasher::new();
    for tool in &request.tools {
        hasher.update(tool.name.as_bytes());
        hasher.update(&[0, u8::from(tool.is_deferred)]);
    }
    hasher.finalize().into()
}
