//! How the LLM routes behave.

use std::time::Duration;

use crate::limits::Limits;
use crate::route::target::Targets;

/// How WebSocket connections on the routes for conversations are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WebSockets {
    /// They are served as requests over HTTP are: their conversations are compressed.
    #[default]
    Serve,
    /// They are rejected with 426. Clients then use HTTP, and their conversations are compressed.
    Refuse,
    /// They are passed through uncompressed.
    Pass,
}

/// How the LLM routes behave.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the providers are.
    pub targets: Targets,
    /// The most bytes that a request's body may have, decoded.
    pub max_body: usize,
    /// Whether anything is changed. If not, what would be saved is worked out all the same.
    pub optimize: bool,
    /// Whether nothing may be left out: only codecs and references, which lose nothing.
    pub lossless: bool,
    /// What the user doesn't want to have changed, or left out.
    pub limits: Limits,
    /// The share of conversations that is left alone for comparison, from 0 to 1.
    pub holdout: f64,
    /// Whether credentials in tool results are replaced.
    pub redact_secrets: bool,
    /// Whether the recorder is told what blocks say.
    pub log_messages: bool,
    /// How WebSocket connections on the routes for conversations are treated.
    pub websockets: WebSockets,
    /// Bytes of results that are remembered.
    pub cache_bytes: usize,
    /// The most requests that are under way at one time.
    pub max_requests: usize,
    /// The most requests that are rewritten at one time; the other ones wait for a moment.
    pub workers: usize,
    /// How long a request with the result of a retrieval may wait, in all, to be sent again after the
    /// provider failed.
    pub retry_within: Duration,
}

impl Settings {
    /// The settings of a server that compresses what it can.
    pub fn new(targets: Targets) -> Self {
        Settings {
            targets,
            max_body: 100 << 20,
            optimize: true,
            lossless: false,
            limits: Limits::default(),
            holdout: 0.0,
            redact_secrets: false,
            log_messages: false,
            websockets: WebSockets::default(),
            cache_bytes: 10 << 20,
            max_requests: 2048,
            workers: std::thread::available_parallelism().map_or(2, usize::from),
            retry_within: Duration::from_secs(30),
        }
    }
}
