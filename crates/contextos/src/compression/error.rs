//! Errors of compression. Every message ends by saying how to proceed without it.

use thiserror::Error;

use crate::failure::Failure;

/// There is no Headroom to send a text to. These two texts are promised to users, to the letter.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum HeadroomUnavailable {
    /// Nothing listens at the default address, and there is no `headroom` to start.
    #[error(
        "\
Error: headroom-ai is not installed.
Run: pip install headroom-ai
Then: headroom serve

To proceed without compression, omit --compress."
    )]
    NotInstalled,
    /// It can't be reached, doesn't answer in time, or what answers is something else.
    #[error(
        "\
Error: Headroom proxy at {url} is not responding.
Ensure headroom serve is running.
HEADROOM_BASE_URL to override proxy URL.

To proceed without compression, omit --compress."
    )]
    NotResponding {
        /// The URL that was really used.
        url: String,
    },
}

/// Why a pack could not be compressed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum CompressionError {
    /// There is no Headroom.
    #[error(transparent)]
    Unavailable(#[from] HeadroomUnavailable),
    /// Headroom answered with an error.
    #[error("Error: Headroom proxy at {url} answered {status}{}\n\n{GO_ON}", after_colon(message))]
    Refused {
        /// The URL that was really used.
        url: String,
        /// The HTTP status, with its name.
        status: String,
        /// What the answer says.
        message: String,
    },
    /// What a setting says can't be used.
    #[error("Error: {0}\n\n{GO_ON}")]
    Setting(String),
    /// A command of the user's, or something else that has no server, failed.
    #[error("Error: {provider}: {why}\n\n{GO_ON}")]
    Failed {
        /// As `--compress` names it.
        provider: String,
        /// What went wrong.
        why: String,
    },
    /// What came back isn't that pack any more.
    #[error("Error: {provider} gave back something else than the pack: {why}\n\n{GO_ON}")]
    NotThePack {
        /// As `--compress` names it.
        provider: String,
        /// What is missing or too much.
        why: String,
    },
}

const GO_ON: &str = "To proceed without compression, omit --compress.";

fn after_colon(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

impl From<CompressionError> for Failure {
    fn from(error: CompressionError) -> Self {
        Self::quoted(error)
    }
}
