//! `--compress builtin`: the server's compressor, run in this process.

use std::error::Error;

use compress::{Compressed, Options, Provider, Retrieval};

/// The provider `builtin`.
pub(super) struct Builtin;

impl Provider for Builtin {
    fn name(&self) -> &str {
        "builtin"
    }

    /// Lines are only elided if they can be read in the checkout, by the path and lines in the marker. If
    /// a marker would need a hash, compression is lossless instead, because no store keeps originals here.
    fn compress(
        &self,
        text: &str,
        options: &Options,
    ) -> Result<Compressed, Box<dyn Error + Send + Sync>> {
        let smaller = compress::compress(text, options);
        if smaller.omissions.iter().all(|gap| gap.hash().is_none()) {
            return Ok(smaller);
        }
        let lossless = Options { retrieval: Retrieval::None, ..options.clone() };
        Ok(compress::compress(text, &lossless))
    }
}
