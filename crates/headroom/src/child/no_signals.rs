//! The counterpart of `signals` for systems without signals.

use std::io;
use std::process::{Child, ExitStatus};

/// Forwards nothing.
pub(super) struct Caught;

impl Caught {
    pub(super) fn begin() -> io::Result<Self> {
        Ok(Self)
    }

    /// Waits for the end of `child`.
    pub(super) fn pass_on_to(self, mut child: Child) -> io::Result<ExitStatus> {
        child.wait()
    }
}
