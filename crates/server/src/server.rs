//! From sockets to requests: accept, serve each connection, and shut down without breaking off responses.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use access::Connection;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use blob_store::{Originals, ReplayStore};
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use llm_proxy::Shutdown;
use metrics::{HistoryFileError, MetricsRecorder};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tower::ServiceExt as _;

use crate::app::{App, Config};
use crate::listen::Listeners;
use crate::stack;

/// Connections at one time; more wait in the system's queue. By hand: below the usual limits of descriptors.
const MOST_CONNECTIONS: usize = 4096;
/// How long a connection may be idle, or take to send the head of a request. By hand, not measured.
const LONGEST_IDLE: Duration = Duration::from_secs(5 * 60);
/// How long a client may take for the rest of a head after the shutdown began. By hand: long for a head
/// that is on its way, and short for whoever waits for the server's end.
const LAST_HEAD: Duration = Duration::from_secs(1);
/// The delay before accepting again when the system is out of descriptors, and before trying again to
/// write the history. By hand, not measured.
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
        let (shutdown, receiver) = watch::channel(());
        let permits = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let mut accepting = JoinSet::new();
        for socket in listeners.sockets {
            let socket = TcpListener::from_std(socket)?;
            accepting.spawn(accept(
                socket,
                self.router.clone(),
                Arc::clone(&permits),
                receiver.clone(),
            ));
        }
        drop(receiver);
        let flushing = tokio::spawn(flush(Arc::clone(&self.metrics)));
        stop.await;
        accepting.shutdown().await;
        shutdown.send_replace(());
        // Every connection holds a shutdown receiver until its end.
        if tokio::time::timeout(drain, shutdown.closed()).await.is_err() {
            tracing::warn!("stopped with requests unanswered after {} s", drain.as_secs());
        }
        flushing.abort();
        flush_last(&self.metrics).await;
        Ok(())
    }
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

/// Serves the connections of one socket, each in a task of its own.
async fn accept(
    socket: TcpListener,
    router: Router,
    permits: Arc<Semaphore>,
    shutdown: watch::Receiver<()>,
) {
    loop {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        match socket.accept().await {
            Ok((stream, peer)) => {
                let Ok(local) = stream.local_addr() else { continue };
                let connection = Connection { peer, local: Some(local) };
                let (router, shutdown) = (router.clone(), shutdown.clone());
                tokio::spawn(serve(stream, connection, router, shutdown, permit));
            }
            // The client gave up, or the system is out of descriptors: both pass.
            Err(error) => {
                tracing::debug!(%error, "accept");
                tokio::time::sleep(RETRY_DELAY).await;
            }
        }
    }
}

/// Serves one connection. After the shutdown began it ends with the response to the request that is
/// under way; a request of whose head only a part has come isn't.
async fn serve(
    stream: TcpStream,
    connection: Connection,
    router: Router,
    mut shutdown: watch::Receiver<()>,
    _permit: OwnedSemaphorePermit,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "nodelay");
    }
    let progress = Arc::new(Progress::default());
    let shared = Arc::clone(&progress);
    let sockets = Shutdown(shutdown.clone());
    let service = tower::service_fn(move |mut request: Request<_>| {
        shared.step();
        request.extensions_mut().insert(connection);
        request.extensions_mut().insert(sockets.clone());
        let responding = router.clone().oneshot(request);
        let progress = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(responding.await?.map(|body| ResponseBody { body, progress })) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(LONGEST_IDLE)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades();
    let mut serving = pin!(serving);
    let served = tokio::select! {
        served = serving.as_mut() => served,
        _ = shutdown.changed() => {
            serving.as_mut().graceful_shutdown();
            tokio::select! {
                served = serving.as_mut() => served,
                () = progress.is_idle() => Ok(()),
            }
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "connection");
    }
}

/// How far a connection is: a step where a request begins, and one where its response ends. It is
/// between two requests when the number is even.
#[derive(Debug, Default)]
struct Progress(AtomicUsize);

impl Progress {
    fn step(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn steps(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Completes when no request is under way, and none begins within the time that the rest of a head
    /// may take.
    async fn is_idle(&self) {
        let before = self.steps();
        if before.is_multiple_of(2) {
            tokio::time::sleep(LAST_HEAD).await;
            if self.steps() == before {
                return;
            }
        }
        std::future::pending().await
    }
}

/// The body of a response, with whose end its request ends.
struct ResponseBody {
    body: Body,
    progress: Arc<Progress>,
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        self.progress.step();
    }
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
