//! Errors of compression. Every message ends by saying how to proceed without it.

use thiserror::Error;

use crate::failure::Failure;

/// There is no Headroom server. The specification gives both messages word for word.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum HeadroomUnavailable {
    /// Nothing listens at the default address, and no `headroom` is installed.
    #[error(
        "\
Error: headroom-ai is not installed.
Run: pip install headroom-ai
Then: headroom serve

To proceed without compression, omit --compress."
    )]
    NotInstalled,
    /// The server can't be reached, doesn't respond in time, or isn't a Headroom.
    #[error(
        "\
Error: Headroom proxy at {url} is not responding.
Ensure headroom serve is running.
HEADROOM_BASE_URL to override proxy URL.

To proceed without compression, omit --compress."
    )]
    NotResponding {
        /// The URL that was used.
        url: String,
    },
}

/// Why a pack could not be compressed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum CompressionError {
    /// There is no Headroom server.
    #[error(transparent)]
    Unavailable(#[from] HeadroomUnavailable),
    /// Headroom responded with an error.
    #[error("Error: Headroom proxy at {url} answered {status}{}\n\n{GO_ON}", after_colon(message))]
    Refused {
        /// The URL that was used.
        url: String,
        /// The HTTP status, with its name.
        status: String,
        /// The message of the response; may be empty.
        message: String,
    },
    /// The value of a setting can't be used.
    #[error("Error: {0}\n\n{GO_ON}")]
    Setting(String),
    /// Another provider failed, such as a command of the user's.
    #[error("Error: {provider}: {why}\n\n{GO_ON}")]
    Failed {
        /// The provider's name, as in `--compress`.
        provider: String,
        /// What went wrong.
        why: String,
    },
    /// The compressed text isn't that pack any more.
    #[error("Error: {provider} returned a text that isn't the pack: {why}\n\n{GO_ON}")]
    NotThePack {
        /// The provider's name, as in `--compress`.
        provider: String,
        /// What is wrong with it.
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
