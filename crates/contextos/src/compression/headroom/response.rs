//! Reads a server's response, and checks that it is one of a Headroom server.

use serde_json::Value;
use ureq::Body;
use ureq::http::StatusCode;

/// The most characters of a server's message that are shown. By hand.
const MAX_MESSAGE_CHARS: usize = 500;

/// A response with its whole body.
pub(super) struct ServerResponse {
    pub(super) status: StatusCode,
    /// Its body, if that is JSON.
    pub(super) json: Option<Value>,
}

impl ServerResponse {
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

    /// The response's message on one line: `error.message`, or `detail` as the Python package sends it.
    pub(super) fn message(&self) -> Option<String> {
        let json = self.json.as_ref()?;
        let text = json["error"]["message"].as_str().or_else(|| json["detail"].as_str())?;
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(line.chars().take(MAX_MESSAGE_CHARS).collect())
    }

    /// Whether an error may come from a Headroom, or from a gateway before one, rather than from another
    /// server that happens to listen there. Another server doesn't know the route or the method; Headroom
    /// does, and its errors have a message.
    pub(super) fn is_of_a_headroom(&self) -> bool {
        let explained = self.json.as_ref().is_some_and(|json| json["error"]["message"].is_string());
        match self.status.as_u16() {
            404 | 405 | 501 => explained,
            400 | 401 | 403 | 407 | 413 | 415 | 422 | 429 | 500 | 502..=504 => true,
            _ => explained,
        }
    }
}
