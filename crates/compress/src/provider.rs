//! Whoever compresses: this program, a server, a command.

use std::error::Error;

use crate::{Compressed, Options, compress};

/// Something that makes texts shorter.
pub trait Provider {
    /// The name it is chosen by, and reported under: `builtin`, `headroom`.
    fn name(&self) -> &str;

    /// `text`, shorter. What a provider elsewhere doesn't tell (gaps, parts) is empty.
    ///
    /// # Errors
    /// When the provider can't be reached or gives no valid answer; the error says what to do.
    fn compress(
        &self,
        text: &str,
        options: &Options,
    ) -> Result<Compressed, Box<dyn Error + Send + Sync>>;
}

/// The compressor of this crate, in process. Never fails.
#[derive(Debug, Clone, Copy, Default)]
pub struct Builtin;

impl Provider for Builtin {
    fn name(&self) -> &str {
        "builtin"
    }

    fn compress(
        &self,
        text: &str,
        options: &Options,
    ) -> Result<Compressed, Box<dyn Error + Send + Sync>> {
        Ok(compress(text, options))
    }
}
