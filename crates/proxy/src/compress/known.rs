//! What came of the texts that were compressed lately. Clients send a conversation whole each time, so
//! most of its texts were here before.

use std::sync::Arc;

use compress::Options;

use blob_store::{CompressionResult, Compressor};
use llm_proxy::cache::{Cache, Key, Weigh};

/// Shorter texts, in bytes, are compressed again: that takes as long as to look them up.
const SHORTEST: usize = 2 << 10;
/// Bytes that outcomes may take.
const BYTES: usize = 16 << 20;

/// See the module.
pub(crate) struct Known {
    outcomes: Cache<Remembered>,
}

impl Known {
    pub(crate) fn new() -> Self {
        Self { outcomes: Cache::new(BYTES) }
    }

    /// What `compressor` makes of `text`. Where that is known, it is only made sure that the originals
    /// are kept: they may have been swept meanwhile, and count as new now.
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
        if let Some(Remembered(known)) = self.outcomes.get(&key)
            && compressor.keep(&known.compressed).is_ok()
        {
            return known;
        }
        let outcome = Arc::new(compressor.compress(text, options));
        if outcome.not_kept.is_none() && !outcome.failed {
            self.outcomes.put(key, Remembered(Arc::clone(&outcome)));
        }
        outcome
    }
}

/// A hash of all that an outcome depends on.
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
            compressed.omissions.iter().map(|gap| gap.original.len() + 128).sum();
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
        let known = Known::new();
        let of = |options: &Options| known.compress(&compressor, &log(), options);
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
    fn originals_that_are_gone_are_kept_again() {
        let bounds = Bounds { bytes: 40_000, ..Bounds::default() };
        let originals = Arc::new(Originals::in_memory(bounds));
        let compressor = Compressor::new(Arc::clone(&originals));
        let known = Known::new();
        let hash = |outcome: &CompressionResult| {
            outcome.compressed.omissions[0].hash().unwrap().to_owned()
        };
        let first = hash(&known.compress(&compressor, &log(), &Options::default()));
        originals.put(&"another text\n".repeat(3000)).unwrap();
        assert_eq!(originals.get(&first).unwrap(), None);
        assert_eq!(hash(&known.compress(&compressor, &log(), &Options::default())), first);
        assert!(originals.get(&first).unwrap().is_some());
    }
}
