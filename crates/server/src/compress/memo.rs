//! The results of recent texts. Clients send a conversation whole each time, so most of its texts were
//! compressed before.

use std::sync::Arc;

use compress::Options;

use blob_store::{CompressionResult, Compressor};
use llm_proxy::cache::{Cache, Key, Weigh};

/// Texts of fewer bytes are compressed again: that takes as long as looking them up. By hand, not
/// measured.
const SHORTEST: usize = 2 << 10;
/// Bytes that all results may take. By hand: some long conversations.
const BYTES: usize = 16 << 20;

/// The results of recent texts by a hash of all that they depend on.
pub(crate) struct CompressionMemo {
    results: Cache<Remembered>,
}

impl CompressionMemo {
    pub(crate) fn new() -> Self {
        Self { results: Cache::new(BYTES) }
    }

    /// Compresses `text`. Where the result is known, only its originals are kept again: they may have
    /// been evicted meanwhile, and count as new now.
    pub(super) fn compress(
        &self,
        compressor: &Compressor,
        text: &str,
        options: &Options,
    ) -> Arc<CompressionResult> {
        if text.len() < SHORTEST {
            return Arc::new(compressor.compress(text, options));
        }
        let key = key(text, options);
        if let Some(Remembered(result)) = self.results.get(&key)
            && compressor.keep(&result.compressed).is_ok()
        {
            return result;
        }
        let result = Arc::new(compressor.compress(text, options));
        if result.not_kept.is_none() && !result.failed {
            self.results.put(key, Remembered(Arc::clone(&result)));
        }
        result
    }
}

/// A hash of all that a result depends on.
fn key(text: &str, options: &Options) -> Key {
    let mut hasher = blake3::Hasher::new();
    hasher.update(format!("{options:?}").as_bytes()).update(b"\n").update(text.as_bytes());
    hasher.finalize().into()
}

/// A result in the cache.
#[derive(Clone)]
struct Remembered(Arc<CompressionResult>);

impl Weigh for Remembered {
    fn weight(&self) -> usize {
        let compressed = &self.0.compressed;
        let originals: usize =
            compressed.omissions.iter().map(|omission| omission.original.len() + 128).sum();
        compressed.text.len() + originals + compressed.chunks.len() * 128
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use blob_store::{Bounds, Originals};
    use compress::Retrieval;

    use super::*;

    fn log() -> String {
        (0..400).map(|i| format!("2024-05-01T10:00:00Z INFO request {i} done in 3 ms\n")).collect()
    }

    #[test]
    fn a_text_is_compressed_once_for_the_same_options() {
        let compressor = Compressor::new(Arc::new(Originals::in_memory(Bounds::default())));
        let memo = CompressionMemo::new();
        let of = |options: &Options| memo.compress(&compressor, &log(), options);
        let first = of(&Options::default());
        assert!(Arc::ptr_eq(&first, &of(&Options::default())));
        for options in [
            Options { task: "request 7".to_owned(), ..Options::default() },
            Options { budget: Some(50), ..Options::default() },
            Options { retrieval: Retrieval::None, ..Options::default() },
        ] {
            let other = of(&options);
            assert!(!Arc::ptr_eq(&first, &other));
            let anew = compressor.compress(&log(), &options);
            assert_eq!(other.compressed, anew.compressed);
        }
    }

    #[test]
    fn originals_that_were_evicted_are_kept_again() {
        let bounds = Bounds { bytes: 40_000, ..Bounds::default() };
        let originals = Arc::new(Originals::in_memory(bounds));
        let compressor = Compressor::new(Arc::clone(&originals));
        let memo = CompressionMemo::new();
        let hash = |outcome: &CompressionResult| {
            outcome.compressed.omissions[0].hash().unwrap().to_owned()
        };
        let first = hash(&memo.compress(&compressor, &log(), &Options::default()));
        originals.put(&"another text\n".repeat(3000)).unwrap();
        assert_eq!(originals.get(&first).unwrap(), None);
        assert_eq!(hash(&memo.compress(&compressor, &log(), &Options::default())), first);
        assert!(originals.get(&first).unwrap().is_some());
    }
}
