//! From sockets to requests: accept, serve each connection, and stop without cutting anyone off.

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
use metrics::{HistoryFileError, MetricsRecorder};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tower::ServiceExt as _;

use crate::app::{App, Config};
use crate::listen::Listeners;
use crate::stack;

/// Connections at one time; more wait in the system's queue.
const MOST_CONNECTIONS: usize = 4096;
/// How long a connection may be idle, or take to send the head of a request.
const LONGEST_IDLE: Duration = Duration::from_secs(5 * 60);
/// How long a client may take for the rest of a head after the server was told to stop. By hand: it
/// is long for a head that is on its way, and short for whoever waits for the server's end.
const LAST_HEAD: Duration = Duration::from_secs(1);
/// How long to wait before accepting again when the system is out of something.
const PAUSE: Duration = Duration::from_millis(50);

/// How often figures are written down.
const FLUSH_INTERVAL: Duration = Duration::from_secs(5);
/// Times that this is tried at the end, when another server is at the file.
const LAST_TRIES: usize = 40;

/// How requests to the providers are forwarded.
pub struct LlmRoutes {
    /// Where to, and what is done to them.
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
    /// A server that keeps originals in `originals`, and forwards what agents send to their providers.
    pub fn new(config: Config, originals: Arc<Originals>, llm: LlmRoutes) -> Self {
        let app = Arc::new(App::new(config, originals, llm));
        Self { metrics: Arc::clone(&app.metrics), router: stack::router(app) }
    }

    /// Answers requests until `stop` is done; then takes no more, and ends when all that were begun
    /// are answered, but after `drain` at the latest.
    ///
    /// # Errors
    /// When a socket can't be used.
    ///
    /// # Panics
    /// Outside of a Tokio runtime that has time and net enabled.
    pub async fn run(
        self,
        listeners: Listeners,
        stop: impl Future<Output = ()>,
        drain: Duration,
    ) -> io::Result<()> {
        let (last_call, heard) = watch::channel(());
        let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let mut accepting = JoinSet::new();
        for socket in listeners.sockets {
            let socket = TcpListener::from_std(socket)?;
            accepting.spawn(accept(socket, self.router.clone(), Arc::clone(&room), heard.clone()));
        }
        drop(heard);
        let flushing = tokio::spawn(flush(Arc::clone(&self.metrics)));
        stop.await;
        accepting.shutdown().await;
        last_call.send_replace(());
        // Every connection holds an ear until its end.
        if tokio::time::timeout(drain, last_call.closed()).await.is_err() {
            tracing::warn!("stopped with requests unanswered after {} s", drain.as_secs());
        }
        flushing.abort();
        flush_last(&self.metrics).await;
        Ok(())
    }
}

/// Writes figures down from time to time, so that they outlive the process however it ends.
async fn flush(metrics: Arc<MetricsRecorder>) {
    let mut ticks = tokio::time::interval(FLUSH_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_told = false;
    loop {
        ticks.tick().await;
        let worker = Arc::clone(&metrics);
        match tokio::task::spawn_blocking(move || worker.flush()).await {
            // Another server is at it: the next time will do.
            Ok(Ok(()) | Err(HistoryFileError::Busy)) => is_told = false,
            Ok(Err(error)) if !is_told => {
                tracing::warn!(%error, "figures can't be written down");
                is_told = true;
            }
            _ => {}
        }
    }
}

/// Writes down what is left at the end.
async fn flush_last(metrics: &Arc<MetricsRecorder>) {
    for _ in 0..LAST_TRIES {
        let worker = Arc::clone(metrics);
        match tokio::task::spawn_blocking(move || worker.flush()).await {
            Ok(Err(HistoryFileError::Busy)) => tokio::time::sleep(PAUSE).await,
            _ => return,
        }
    }
}

/// Serves the connections of one socket, each in a task of its own.
async fn accept(
    socket: TcpListener,
    router: Router,
    room: Arc<Semaphore>,
    last_call: watch::Receiver<()>,
) {
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        match socket.accept().await {
            Ok((stream, peer)) => {
                let Ok(local) = stream.local_addr() else { continue };
                let connection = Connection { peer, local: Some(local) };
                let (router, last_call) = (router.clone(), last_call.clone());
                tokio::spawn(serve(stream, connection, router, last_call, place));
            }
            // The client gave up, or the system is out of descriptors: a later one will do better.
            Err(error) => {
                tracing::debug!(%error, "accept");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Serves one connection. After the last call it ends with the answer to what was begun; a head of
/// which only a part has come is nothing that was begun.
async fn serve(
    stream: TcpStream,
    connection: Connection,
    router: Router,
    mut last_call: watch::Receiver<()>,
    _place: OwnedSemaphorePermit,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "nodelay");
    }
    let progress = Arc::new(Progress::default());
    let shared = Arc::clone(&progress);
    let service = tower::service_fn(move |mut request: Request<_>| {
        shared.step();
        request.extensions_mut().insert(connection);
        let answering = router.clone().oneshot(request);
        let progress = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(answering.await?.map(|body| Answer { body, progress })) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(LONGEST_IDLE)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades();
    let mut serving = pin!(serving);
    let served = tokio::select! {
        served = serving.as_mut() => served,
        _ = last_call.changed() => {
            serving.as_mut().graceful_shutdown();
            tokio::select! {
                served = serving.as_mut() => served,
                () = progress.nothing_begins() => Ok(()),
            }
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "connection");
    }
}

/// How far a connection is: a step where a request begins, and one where its answer ends. It is
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

    /// Done when no request is under way, and none begins within the time that the rest of a head
    /// may take.
    async fn nothing_begins(&self) {
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

/// The body of an answer, with whose end its request ends.
struct Answer {
    body: Body,
    progress: Arc<Progress>,
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.progress.step();
    }
}

impl HttpBody for Answer {
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
