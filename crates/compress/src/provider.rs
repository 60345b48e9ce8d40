//! Backends that compress: this crate, a server, a command.

use std::error::Error;

use crate::{Compressed, Options, compress};

/// A compression backend.
pub trait Provider {
    /// The name by which it is selected and reported: `builtin`, `headroom`.
    fn name(&self) -> &str;

    /// Compresses `text`. What an external provider doesn't report (omissions, chunks) is empty.
    ///
    /// # Errors
    /// If the provider can't be reached or its response is invalid; the error says what to do.
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
