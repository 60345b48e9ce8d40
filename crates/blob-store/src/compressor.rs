//! The rule that ties compression to the store: what is elided must be retrievable, so a marker is only
//! handed out once the store has acknowledged its original; where it can't, compression is lossless.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use compress::{Compressed, Limits, Options, Retrieval};

use crate::{Error, Originals};

/// Compresses texts and keeps the originals of what it elides.
#[derive(Clone)]
pub struct Compressor {
    /// `None`: there is no store, so nothing is elided.
    originals: Option<Arc<Originals>>,
    limits: Option<Arc<Limits>>,
}

/// The result of compressing a text, and of storing its originals.
#[derive(Debug)]
pub struct CompressionResult {
    /// The compressed text, and what was done.
    pub compressed: Compressed,
    /// Why compression was lossless although lines might have been elided: the store wouldn't keep an
    /// original.
    pub not_kept: Option<Error>,
    /// Whether a part of the text, or all of it, stayed as it was because compressing it failed.
    pub failed: bool,
}

impl Compressor {
    /// A compressor that keeps originals in `originals`.
    pub fn new(originals: Arc<Originals>) -> Self {
        Self { originals: Some(originals), limits: None }
    }

    /// A compressor without a store: it elides nothing, whatever the options say.
    pub fn lossless() -> Self {
        Self { originals: None, limits: None }
    }

    /// The same within `limits`, in place of those of the options.
    pub fn within(self, limits: Option<Arc<Limits>>) -> Self {
        Self { limits, ..self }
    }

    /// Compresses `text`, and keeps the original of every omission. If one can't be kept (it holds a
    /// credential, the disk is full), nothing is elided at all. Never fails: what can't be compressed
    /// comes back as it was.
    pub fn compress(&self, text: &str, options: &Options) -> CompressionResult {
        if self.originals.is_none() {
            let lossless = Options { retrieval: Retrieval::None, ..options.clone() };
            return self.simulate(text, &lossless);
        }
        self.keep_or_redo(self.simulate(text, options), text, options)
    }

    /// `result`, what [`simulate`](Self::simulate) made of `text`, with the originals of its omissions
    /// kept; where one can't be, `text` compressed losslessly.
    pub fn keep_or_redo(
        &self,
        result: CompressionResult,
        text: &str,
        options: &Options,
    ) -> CompressionResult {
        match self.keep(&result.compressed) {
            Ok(()) => result,
            Err(error) => {
                let lossless = Options { retrieval: Retrieval::None, ..options.clone() };
                CompressionResult { not_kept: Some(error), ..self.simulate(text, &lossless) }
            }
        }
    }

    /// As [`compress`](Self::compress), but keeps nothing: the hashes of omissions lead nowhere.
    pub fn simulate(&self, text: &str, options: &Options) -> CompressionResult {
        // The compressor catches what fails in a part; this is for what fails around the parts.
        let limited =
            self.limits.clone().map(|limits| Options { limits: Some(limits), ..options.clone() });
        let options = limited.as_ref().unwrap_or(options);
        let result = catch_unwind(AssertUnwindSafe(|| compress::compress(text, options)));
        let failed = result.as_ref().map_or(true, |compressed| compressed.failures > 0);
        let compressed = result
            .unwrap_or_else(|_| Compressed { text: text.to_owned(), ..Compressed::default() });
        CompressionResult { compressed, not_kept: None, failed }
    }

    /// Keeps, or keeps again, the originals of what was elided from a text.
    ///
    /// # Errors
    /// As [`Originals::put_all`].
    pub fn keep(&self, compressed: &Compressed) -> Result<(), Error> {
        match &self.originals {
            Some(originals) => originals.put_all(compressed.originals()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bounds;

    /// Repeated lines with a few that are special: something to elide.
    fn log() -> String {
        (0..2000)
            .map(|i| match i % 700 {
                699 => format!("2024-05-01T10:00:00Z ERROR request {i} failed: disk full\n"),
                _ => format!("2024-05-01T10:00:00Z INFO request {i} done in {} ms\n", i * 7 % 13),
            })
            .collect()
    }

    #[test]
    fn every_hash_that_is_handed_out_can_be_retrieved() {
        let originals = Arc::new(Originals::in_memory(Bounds::default()));
        let result = Compressor::new(Arc::clone(&originals)).compress(&log(), &Options::default());
        assert!(result.not_kept.is_none() && !result.failed);
        assert!(!result.compressed.omissions.is_empty());
        for omission in &result.compressed.omissions {
            let original = originals.get(omission.hash().unwrap()).unwrap().unwrap();
            assert_eq!(original.text, omission.original);
        }
    }

    #[test]
    fn nothing_is_elided_when_nothing_can_be_kept() {
        let bounds = Bounds { bytes: 1, ..Bounds::default() };
        let originals = Arc::new(Originals::in_memory(bounds));
        let result = Compressor::new(originals).compress(&log(), &Options::default());
        assert!(matches!(result.not_kept, Some(Error::TooLarge { .. })));
        assert!(result.compressed.omissions.is_empty());
        assert_eq!(result.compressed.restore().unwrap(), log());
    }

    #[test]
    fn nothing_is_elided_without_a_store() {
        let result = Compressor::lossless().compress(&log(), &Options::default());
        assert!(result.not_kept.is_none() && result.compressed.omissions.is_empty());
        assert_eq!(result.compressed.restore().unwrap(), log());
    }
}
