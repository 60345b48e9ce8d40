//! Reads a server's response, and checks that it is one of a Headroom server.

use serde_json::Value;
use ureq::Body;
use ureq::http::StatusCode;

/// Characters of a server's message that users are shown. By hand.
const MAX_MESSAGE_CHARS: usize = 500;

/// A whole answer.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// Its body, if that is JSON.
    pub(super) json: Option<Value>,
}

impl Answer {
    /// Reads a body of at most `most` bytes.
    ///
    /// # Errors
    /// When it breaks off, takes too long or is longer.
    pub(super) fn read(
        status: StatusCode,
        body: &mut Body,
        most: u64,
    ) -> Result<Self, ureq::Error> {
        let bytes = body.with_config().limit(most).read_to_vec()?;
        Ok(Self { status, json: serde_json::from_slice(&bytes).ok() })
    }

    /// What the answer says, on one line: `error.message`, or `detail` as the Python package has it.
    pub(super) fn message(&self) -> Option<String> {
        let json = self.json.as_ref()?;
        let text = json["error"]["message"].as_str().or_else(|| json["detail"].as_str())?;
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(line.chars().take(MAX_MESSAGE_CHARS).collect())
    }

    /// Whether an error could be a Headroom's, or of something that stands before one, rather than of
    /// another server that happens to listen there. That one doesn't know the route or the method;
    /// Headroom does, and explains its errors.
    pub(super) fn is_of_a_headroom(&self) -> bool {
        let explained = self.json.as_ref().is_some_and(|json| json["error"]["message"].is_string());
        match self.status.as_u16() {
            404 | 405 | 501 => explained,
            400 | 401 | 403 | 407 | 413 | 415 | 422 | 429 | 500 | 502..=504 => true,
            _ => explained,
        }
    }
}
