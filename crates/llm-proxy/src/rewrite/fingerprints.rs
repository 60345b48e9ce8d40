//! The fingerprints of blocks, remembered: an agent sends its whole conversation with each request, and
//! most of the blocks were there the last time.
//!
//! A fingerprint must be the same on every replica and safe against made-up collisions, so it is a
//! cryptographic hash. What is remembered is found by XXH3 with a secret of this process, which is an order
//! of magnitude faster; who doesn't know the secret can't make two blocks that are taken for one.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use llm_api::request::Block;
use lru::LruCache;
use xxhash_rust::xxh3::xxh3_128_with_secret;

use super::memo::fingerprint;
use crate::cache::Key;

/// Fingerprints that are remembered, of about 100 bytes each. By hand: eighty conversations of two hundred
/// blocks.
const MOST: NonZeroUsize = NonZeroUsize::MIN.saturating_add((1 << 14) - 1);
/// The bytes of a secret of XXH3.
pub(super) const SECRET: usize = 192;

/// A secret of this process for XXH3.
pub(super) fn secret() -> [u8; SECRET] {
    // The standard library's source of randomness, which keys its hash maps.
    let random = || RandomState::new().build_hasher().finish().to_le_bytes();
    let mut hasher = blake3::Hasher::new();
    for _ in 0..4 {
        hasher.update(&random());
    }
    let mut secret = [0; SECRET];
    hasher.finalize_xof().fill(&mut secret);
    secret
}

/// The fingerprints of blocks that were seen.
pub(super) struct Fingerprints {
    secret: [u8; SECRET],
    known: Mutex<LruCache<u128, Key, foldhash::fast::RandomState>>,
}

impl Fingerprints {
    /// None yet, with a secret of its own.
    pub(super) fn new() -> Self {
        Self { secret: secret(), known: Mutex::new(LruCache::with_hasher(MOST, <_>::default())) }
    }

    /// The fingerprints of `blocks`.
    pub(super) fn of(&self, blocks: &[&Block<'_>]) -> Vec<Key> {
        let digests: Vec<u128> = blocks.iter().map(|block| self.digest(block)).collect();
        let known: Vec<Option<Key>> = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            digests.iter().map(|digest| known.get(digest).copied()).collect()
        };
        let mut new = Vec::new();
        let each = blocks.iter().zip(digests).zip(known).map(|((block, digest), known)| {
            known.unwrap_or_else(|| {
                let key = fingerprint(block);
                new.push((digest, key));
                key
            })
        });
        let all = each.collect();
        if !new.is_empty() {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            for (digest, key) in new {
                known.put(digest, key);
            }
        }
        all
    }

    fn digest(&self, block: &Block<'_>) -> u128 {
        let digest = xxh3_128_with_secret(block.value.raw(), &self.secret);
        digest ^ u128::from(block.role as u8)
    }
}

#[cfg(test)]
mod tests {
    use json_index::scan;
    use llm_api::MESSAGES;
    use llm_api::request::read;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_remembered_is_what_is_worked_out() {
        let all = Fingerprints::new();
        let body = |marked: bool| {
            let mut text = json!({"type": "text", "text": "fix it"});
            if marked {
                text["cache_control"] = json!({"type": "ephemeral"});
            }
            json!({"system": "fix it", "messages": [
                {"role": "user", "content": [text]},
                {"role": "assistant", "content": "fix it"},
                {"role": "user", "content": "fix it"}]})
            .to_string()
        };
        for marked in [false, true, false] {
            let body = body(marked);
            let index = scan(body.as_bytes()).unwrap();
            let request = read(MESSAGES, &index).unwrap();
            let worked_out: Vec<Key> = request.blocks.iter().map(fingerprint).collect();
            let blocks: Vec<&Block<'_>> = request.blocks.iter().collect();
            for _ in 0..2 {
                assert_eq!(all.of(&blocks), worked_out);
            }
        }
        assert_ne!(all.secret, Fingerprints::new().secret);
    }
}
