//! The client of the Headroom server for the MCP server: whether it runs, and its originals.

use std::time::Duration;

use serde::Deserialize;

use crate::client::{self, Probe};

/// The time limit for retrieving an original from the server.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest response that is read, in bytes.
const LONGEST_ANSWER: u64 = 64 << 20;

/// A Headroom server by its URL. It is connected to only for a request.
pub(crate) struct Server {
    url: String,
    token: Option<String>,
}

/// The URL is invalid.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a URL like http://127.0.0.1:8787")]
pub(crate) struct NotAnAddress(String);

#[derive(Deserialize)]
struct Original {
    hash: String,
    original_content: String,
}

impl Server {
    /// The server at `url`; a path and a slash at its end are fine.
    ///
    /// # Errors
    /// If `url` isn't a URL that begins with `http://`.
    pub(crate) fn at(url: &str) -> Result<Self, NotAnAddress> {
        let url = url.trim().trim_end_matches('/');
        let uri = url.parse::<ureq::http::Uri>().ok();
        let is_http =
            uri.is_some_and(|uri| uri.scheme_str() == Some("http") && uri.host().is_some());
        match is_http {
            true => Ok(Self { url: url.to_owned(), token: None }),
            false => Err(NotAnAddress(url.to_owned())),
        }
    }

    /// The same, with the token that it requires from other machines.
    pub(crate) fn with_token(self, token: Option<String>) -> Self {
        Self { token, ..self }
    }

    /// Its URL.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Whether a Headroom server responds there.
    pub(crate) fn answers(&self) -> bool {
        matches!(client::probe(&self.url), Probe::Headroom(_))
    }

    /// The server's original for `name`, a hash or the beginning of one, and its whole hash; `None` also if no
    /// server responds.
    pub(crate) fn original(&self, name: &str) -> Option<(String, String)> {
        let agent = ureq::Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .build()
            .new_agent();
        let mut request = agent.get(format!("{}/v1/retrieve/{name}", self.url));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut response = request.call().ok()?;
        let body = response.body_mut().with_config().limit(LONGEST_ANSWER).read_to_vec().ok()?;
        let found: Original = serde_json::from_slice(&body).ok()?;
        Some((found.hash, found.original_content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(Server::at(" http://127.0.0.1:8787/ ").unwrap().url(), "http://127.0.0.1:8787");
        assert_eq!(Server::at("http://a/b/").unwrap().url(), "http://a/b");
        for odd in ["", "127.0.0.1:8787", "ftp://a", "http://", "file:///etc/passwd"] {
            assert!(Server::at(odd).is_err(), "{odd}");
        }
    }
}
