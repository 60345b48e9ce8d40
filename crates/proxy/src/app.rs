//! What every request can reach: the configuration, the store, the figures and the limits.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use access::AccessPolicy;
use blob_store::Originals;
use metrics::{MetricsRecorder, Prices};

use crate::compress::Known;
use crate::limits::Limits;
use crate::server::LlmRoutes;
use blob_store::Compressor;
use llm_proxy::LlmProxy;

/// How the server behaves.
#[derive(Debug, Clone)]
pub struct Config {
    /// Who may use it, and by which names.
    pub access: AccessPolicy,
    /// Whether anything is made smaller.
    pub optimize: bool,
    /// The most bytes that a request's body may have.
    pub max_body: usize,
    /// The most bytes that the bodies of all requests may have at one time.
    pub max_bodies: usize,
    /// Requests with work to do that are taken in at one time.
    pub max_requests: usize,
    /// Texts that are worked on at one time; the other requests wait.
    pub workers: usize,
    /// What tokens cost.
    pub prices: Prices,
    /// The file in which figures are kept beyond the end of the process; nowhere without it.
    pub figures: Option<PathBuf>,
    /// The program's version.
    pub version: &'static str,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            access: AccessPolicy::default(),
            optimize: true,
            max_body: 100 << 20,
            max_bodies: 256 << 20,
            max_requests: 256,
            workers: std::thread::available_parallelism().map_or(2, usize::from),
            prices: Prices::known(),
            figures: None,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// The state that all routes share.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) originals: Arc<Originals>,
    pub(crate) compressor: Compressor,
    /// What came of texts lately.
    pub(crate) known: Known,
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<MetricsRecorder>,
    /// What agents send to their providers.
    pub(crate) llm: LlmProxy,
    pub(crate) started: Instant,
}

impl App {
    pub(crate) fn new(config: Config, originals: Arc<Originals>, llm: LlmRoutes) -> Self {
        let metrics = Arc::new(MetricsRecorder::new(
            config.optimize,
            config.prices.clone(),
            config.figures.as_ref(),
        ));
        let recorder = Arc::clone(&metrics) as Arc<_>;
        let llm =
            LlmProxy::new(llm.settings, llm.replay_store, Some(Arc::clone(&originals)), recorder);
        Self {
            compressor: Compressor::new(Arc::clone(&originals)),
            known: Known::new(),
            limits: Limits::new(&config),
            metrics,
            llm,
            started: Instant::now(),
            originals,
            config,
        }
    }
}
