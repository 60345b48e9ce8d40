//! Compression that keeps what it leaves out: a marker is only ever handed out when its original
//! has been acknowledged by the store.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use compress::{Compressed, Options, Retrieval};
use originals::Originals;

/// Makes texts shorter and keeps their originals.
#[derive(Clone)]
pub struct Compressor {
    originals: Arc<Originals>,
}

/// What came of a text.
#[derive(Debug)]
pub struct Outcome {
    /// The shorter text, and what was done.
    pub compressed: Compressed,
    /// Why nothing was left out although it might have been: the store wouldn't keep an original.
    pub not_kept: Option<originals::Error>,
    /// Whether a part of the text, or all of it, stayed as it was because compressing it failed.
    pub failed: bool,
}

impl Compressor {
    /// A compressor that keeps what it leaves out in `originals`.
    pub fn new(originals: Arc<Originals>) -> Self {
        Self { originals }
    }

    /// `text`, shorter, with the original of every gap kept. If one can't be kept (a credential in
    /// it, a disk that is full) nothing is left out at all. Never fails: what can't be compressed
    /// comes back as it was.
    pub fn compress(&self, text: &str, options: &Options) -> Outcome {
        let outcome = self.simulate(text, options);
        match self.keep(&outcome.compressed) {
            Ok(()) => outcome,
            Err(error) => {
                let reversible = Options { retrieval: Retrieval::None, ..options.clone() };
                Outcome { not_kept: Some(error), ..self.simulate(text, &reversible) }
            }
        }
    }

    /// As [`compress`](Self::compress), but nothing is kept: the hashes of gaps lead nowhere.
    pub fn simulate(&self, text: &str, options: &Options) -> Outcome {
        // The compressor catches what fails in a part; this is for what fails around them.
        let result = catch_unwind(AssertUnwindSafe(|| compress::compress(text, options)));
        let failed = result.as_ref().map_or(true, |compressed| compressed.failures > 0);
        let compressed = result
            .unwrap_or_else(|_| Compressed { text: text.to_owned(), ..Compressed::default() });
        Outcome { compressed, not_kept: None, failed }
    }

    /// Keeps what was left out.
    pub(crate) fn keep(&self, compressed: &Compressed) -> Result<(), originals::Error> {
        self.originals.put_all(compressed.originals())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use originals::{Bounds, Memory};

    /// Repeated lines with a few that are special: something to leave out.
    fn log() -> String {
        (0..2000)
            .map(|i| match i % 700 {
                699 => format!("2024-05-01T10:00:00Z ERROR request {i} failed: disk full\n"),
                _ => format!("2024-05-01T10:00:00Z INFO request {i} done in {} ms\n", i * 7 % 13),
            })
            .collect()
    }

    #[test]
    fn every_hash_that_is_handed_out_answers() {
        let originals = Arc::new(Originals::new(Memory::new(Bounds::default())));
        let outcome = Compressor::new(Arc::clone(&originals)).compress(&log(), &Options::default());
        assert!(outcome.not_kept.is_none() && !outcome.failed);
        for gap in &outcome.compressed.omissions {
            let kept = originals.get(gap.hash().unwrap()).unwrap().unwrap();
            assert_eq!(kept.text, gap.original);
        }
    }

    #[test]
    fn nothing_is_left_out_when_nothing_can_be_kept() {
        let bounds = Bounds { bytes: 1, ..Bounds::default() };
        let originals = Arc::new(Originals::new(Memory::new(bounds)));
        let outcome = Compressor::new(originals).compress(&log(), &Options::default());
        assert!(outcome.compressed.omissions.is_empty());
        assert_eq!(outcome.compressed.restore().unwrap(), log());
    }
}
