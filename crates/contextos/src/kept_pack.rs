//! Packs that are kept, for the same request of the same tree and history.
//!
//! A pack is a function of these, so that one that was kept is the one that would be made. It is kept beside outlines and
//! patches (`checkout/src/cache.rs`), and like these it is dropped when it isn't used.

use checkout::{Cache, CacheKey, content_key};
use pack::Pack;
use select::{Confidence, Correction, Ranking};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::pipeline::{PackRequest, Packed, ReadTree};

/// A pack, and what its summary says besides.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeptPack {
    task: String,
    pack: Pack,
    confidence: Confidence,
    corrections: Vec<Correction>,
    chunks_in_all: usize,
}

/// The key of the pack for a request; `None` where it depends on more than tree and history, more than the pack is asked
/// for, or the tree has no index.
pub(crate) fn key(request: &PackRequest, tree: &ReadTree) -> Option<CacheKey> {
    let is_function = request.embeddings.is_none() && request.changes.is_none();
    if !(request.is_pack_enough && request.timestamp.is_none() && is_function && tree.is_cached) {
        return None;
    }
    let history = &tree.corpus.history;
    let about_tree = (
        tree.digest()?,
        &tree.commit,
        (&history.status, history.head_time, history.commits.len()),
        history.commits.last().map(|commit| &commit.id),
        tree.findings.iter().map(|found| (&found.path, &found.finding)).collect::<Vec<_>>(),
        &tree.remarks,
    );
    Some(content_key(format!("pack 2\0{request:?}\0{about_tree:?}").as_bytes()))
}

/// The pack under a key.
pub(crate) fn get(key: &CacheKey, cache: &Cache) -> Option<KeptPack> {
    cache.get(key)
}

/// Keeps a pack, once the cache is saved.
pub(crate) fn keep(key: &CacheKey, packed: &Packed, cache: &Cache) {
    let kept = KeptPack {
        task: packed.task.clone(),
        pack: packed.pack.clone(),
        confidence: packed.ranking.confidence,
        corrections: packed.ranking.corrections.clone(),
        chunks_in_all: packed.chunks_in_all,
    };
    cache.add([(key, &kept)]);
}

impl KeptPack {
    /// The result of a run on `tree`, without the chunks that the pack was chosen from.
    pub(crate) fn packed(self, tree: Arc<ReadTree>, request: &PackRequest) -> Packed {
        Packed {
            task: self.task,
            pack: self.pack,
            read: tree,
            ranking: Ranking {
                chunks: Vec::new(),
                corrections: self.corrections,
                confidence: self.confidence,
            },
            chunks_in_all: self.chunks_in_all,
            weights: request.weights.clone(),
            changes: None,
            embeddings_error: None,
        }
    }
}
