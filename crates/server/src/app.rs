//! The state that all routes share: configuration, store, metrics and limits.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use access::AccessPolicy;
use blob_store::Originals;
use metrics::{MetricsRecorder, Prices};

use crate::compress::CompressionMemo;
use crate::limits::Limits;
use crate::server::LlmRoutes;
use blob_store::Compressor;
use llm_proxy::LlmProxy;

/// How the server behaves.
#[derive(Debug, Clone)]
pub struct Config {
    /// Who may use it, and by which names.
    pub access: AccessPolicy,
    /// Whether texts are compressed.
    pub optimize: bool,
    /// The largest body of a request, in bytes.
    pub max_body: usize,
    /// The most bytes that the bodies of all requests may have at one time together.
    pub max_bodies: usize,
    /// Requests that are worked on, or wait for that, at one time; the others are answered 503.
    pub max_requests: usize,
    /// Requests that are worked on at one time; the others wait.
    pub workers: usize,
    /// The prices of models.
    pub prices: Prices,
    /// The file that keeps the history of metrics beyond the end of the process; none without it.
    pub history: Option<PathBuf>,
    /// The program's version.
    pub version: &'static str,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            access: AccessPolicy::default(),
            optimize: true,
            // All three by hand: larger than any request seen, and less memory than a developer's
            // machine can spare.
            max_body: 100 << 20,
            max_bodies: 256 << 20,
            max_requests: 256,
            workers: std::thread::available_parallelism().map_or(2, usize::from),
            prices: Prices::known(),
            history: None,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// The state that all routes share.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) originals: Arc<Originals>,
    pub(crate) compressor: Compressor,
    /// Results of recent texts.
    pub(crate) memo: CompressionMemo,
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<MetricsRecorder>,
    /// The routes to the providers.
    pub(crate) llm: LlmProxy,
    pub(crate) started: Instant,
}

impl App {
    pub(crate) fn new(config: Config, originals: Arc<Originals>, llm: LlmRoutes) -> Self {
        let metrics = Arc::new(MetricsRecorder::new(
            config.optimize,
            config.prices.clone(),
            config.history.as_ref(),
        ));
        let recorder = Arc::clone(&metrics) as Arc<_>;
        let texts = llm.settings.limits.texts.clone();
        let llm =
            LlmProxy::new(llm.settings, llm.replay_store, Some(Arc::clone(&originals)), recorder);
        Self {
            compressor: Compressor::new(Arc::clone(&originals)).within(texts),
            memo: CompressionMemo::new(),
            limits: Limits::new(&config),
            metrics,
            llm,
            started: Instant::now(),
            originals,
            config,
        }
    }
}
