//! The Headroom server, as far as MCP speaks to it: is it there, and has it an original that isn't here.

use std::time::Duration;

use serde::Deserialize;

use crate::client::{self, Probe};

/// How long an original of a server elsewhere may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer that is read, in bytes.
const LONGEST_ANSWER: u64 = 64 << 20;

/// A Headroom server by its address. Nothing is connected until something is asked.
pub(crate) struct Server {
    url: String,
    token: Option<String>,
}

/// The address isn't one.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not an address such as http://127.0.0.1:8787")]
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
    /// If `url` isn't an address that begins with `http://`.
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

    /// The same, with the token that it asks callers from other machines for.
    pub(crate) fn with_token(self, token: Option<String>) -> Self {
        Self { token, ..self }
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Whether a Headroom server answers there.
    pub(crate) fn answers(&self) -> bool {
        matches!(client::probe(&self.url), Probe::Headroom(_))
    }

    /// The original that `name`, a hash or the beginning of one, names there, and its whole hash;
    /// `None` as well if nobody answers.
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
