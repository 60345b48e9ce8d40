//! What holds for the body of every request, rewritten for each API: checked on what fuzzing found
//! (`fuzz_corpus.rs`), and by the fuzz target itself.

use std::sync::LazyLock;

use bytes::Bytes;
use llm_api::APIS;
use llm_proxy::{Limits, Offline, OfflineStep, ResultCompressor};

static OFFLINE: LazyLock<Offline> =
    LazyLock::new(|| Offline::new().expect("the providers' addresses"));
static COMPRESSOR: LazyLock<ResultCompressor> = LazyLock::new(|| {
    ResultCompressor::new(None, Limits::default()).expect("the providers' addresses")
});

/// Takes the first byte for an API and the rest for a request's body.
///
/// # Panics
/// When a law doesn't hold.
pub(crate) fn rewrite_lawfully(bytes: &[u8]) {
    let Some((&first, body)) = bytes.split_first() else { return };
    let api = APIS[usize::from(first) % APIS.len()];
    let body = Bytes::copy_from_slice(body);
    let Some(replay) = OFFLINE.replay(api, &body) else { return };
    for block in &replay.blocks {
        assert!(block.at < body.len(), "a block is in the body");
        assert!(block.report.after <= block.report.before, "{:?}", block.report);
    }
    for step in &replay.steps {
        if let OfflineStep::Result { block, before, after, .. } = step {
            assert!(block.is_none_or(|block| block < replay.blocks.len()));
            assert!(after.is_none() || block.is_some(), "only a block is compressed");
            assert_ne!(after.as_ref(), Some(before));
        }
    }
    let again = OFFLINE.replay(api, &body).expect("the same body");
    assert_eq!(again.blocks, replay.blocks, "not deterministic");
    let Some(result) = COMPRESSOR.compress(api, &body, None, false) else { return };
    assert!(result.report.after <= result.report.before, "{:?}", result.report);
}
