//! `--compress builtin`: the compressor of the server, run in this process.

use std::error::Error;

use compress::{Compressed, Options, Provider, Retrieval};

/// The compressor in process.
pub(super) struct Builtin;

impl Provider for Builtin {
    fn name(&self) -> &str {
        "builtin"
    }

    /// What is left out can be read in the checkout, by the path and lines that its marker names. If
    /// anything could only be asked for by a hash, nothing is left out: nobody here keeps originals.
    fn compress(
        &self,
        text: &str,
        options: &Options,
    ) -> Result<Compressed, Box<dyn Error + Send + Sync>> {
        let smaller = compress::compress(text, options);
        if smaller.omissions.iter().all(|gap| gap.hash().is_none()) {
            return Ok(smaller);
        }
        let reversible = Options { retrieval: Retrieval::None, ..options.clone() };
        Ok(compress::compress(text, &reversible))
    }
}
