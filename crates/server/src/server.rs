//! The server: its routes on its sockets, and the history of metrics beside them.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware;
use blob_store::{Originals, ReplayStore};
use connections::Served;
use metrics::{HistoryFileError, MetricsRecorder};
use tokio::time::MissedTickBehavior;

use crate::app::{App, Config};
use crate::listen::Listeners;
use crate::stack;

/// The delay before trying again to write the history. By hand, not measured.
const RETRY_DELAY: Duration = Duration::from_millis(50);

/// How often the history of metrics is written: what a process loses at most if it is killed.
const FLUSH_INTERVAL: Duration = Duration::from_secs(5);
/// How often this is tried at the end, while another server writes the file: two seconds in all.
const LAST_TRIES: usize = 40;

/// How requests to providers are forwarded.
pub struct LlmRoutes {
    /// Where to, and how they are compressed.
    pub settings: llm_proxy::Settings,
    /// Where replay entries are kept.
    pub replay_store: ReplayStore,
}

/// The server, not yet listening.
pub struct Server {
    router: Router,
    metrics: Arc<MetricsRecorder>,
}

impl Server {
    /// A server that keeps originals in `originals`, and forwards requests to providers as `llm` says.
    pub fn new(config: Config, originals: Arc<Originals>, llm: LlmRoutes) -> Self {
        let app = Arc::new(App::new(config, originals, llm));
        Self { metrics: Arc::clone(&app.metrics), router: stack::router(app) }
    }

    /// Serves requests until `stop` completes; then accepts no more, and returns when all that were begun
    /// are answered, but after `drain` at the latest.
    ///
    /// # Errors
    /// When a socket can't be registered with the runtime.
    ///
    /// # Panics
    /// Outside of a Tokio runtime that has time and net enabled.
    pub async fn run(
        self,
        listeners: Listeners,
        stop: impl Future<Output = ()>,
        drain: Duration,
    ) -> io::Result<()> {
        let flushing = tokio::spawn(flush(Arc::clone(&self.metrics)));
        let router = self.router.layer(middleware::map_request(with_shutdown));
        let served = connections::serve(listeners.sockets, router, stop, drain).await?;
        if served == Served::Unanswered {
            tracing::warn!("stopped with requests unanswered after {} s", drain.as_secs());
        }
        flushing.abort();
        flush_last(&self.metrics).await;
        Ok(())
    }
}

/// Tells the proxy of the shutdown, for which its WebSockets listen.
async fn with_shutdown(mut request: Request) -> Request {
    let extensions = request.extensions_mut();
    if let Some(connections::Shutdown(shutdown)) = extensions.get().cloned() {
        extensions.insert(llm_proxy::Shutdown(shutdown));
    }
    request
}

/// Writes the history of metrics periodically, so that it outlives the process however it ends.
async fn flush(metrics: Arc<MetricsRecorder>) {
    let mut ticks = tokio::time::interval(FLUSH_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_reported = false;
    loop {
        ticks.tick().await;
        let worker = Arc::clone(&metrics);
        match tokio::task::spawn_blocking(move || worker.flush()).await {
            // Another server is writing: the next time will do.
            Ok(Ok(()) | Err(HistoryFileError::Busy)) => is_reported = false,
            Ok(Err(error)) if !is_reported => {
                tracing::warn!(%error, "the history of metrics can't be written");
                is_reported = true;
            }
            _ => {}
        }
    }
}

/// Writes what is left at the end.
async fn flush_last(metrics: &Arc<MetricsRecorder>) {
    for _ in 0..LAST_TRIES {
        let worker = Arc::clone(metrics);
        match tokio::task::spawn_blocking(move || worker.flush()).await {
            Ok(Err(HistoryFileError::Busy)) => tokio::time::sleep(RETRY_DELAY).await,
            _ => return,
        }
    }
}
