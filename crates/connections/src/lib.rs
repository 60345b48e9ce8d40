//! From sockets to requests: accepts connections, serves each of them, and shuts down without breaking off
//! responses.
//!
//! Both servers over HTTP use it, so that the same holds for both: a connection that sends no request, or only
//! a part of a head, ends after [`LONGEST_IDLE`], and at once where there is no room for another one. So
//! thousands of them keep nobody else out.

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
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

/// Connections at one time; more wait in the system's queue. By hand: below the usual limits of descriptors.
const MOST_CONNECTIONS: usize = 4096;
/// How long a connection may be idle, or take to send the head of a request. By hand, not measured.
pub const LONGEST_IDLE: Duration = Duration::from_secs(5 * 60);
/// How long a client may take for the rest of a head after the shutdown began, or when there is no room for
/// another connection. By hand: long for a head that is on its way, and short for whoever waits.
const LAST_HEAD: Duration = Duration::from_secs(1);
/// The delay before accepting again when the system is out of descriptors. By hand, not measured.
const RETRY_DELAY: Duration = Duration::from_millis(50);

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    /// All requests that were begun are answered.
    Answered,
    /// Some weren't when the time was over.
    Unanswered,
}

/// Changes when the server shuts down. It is among the extensions of each request, for what outlives the request,
/// such as a WebSocket; whoever holds one is waited for.
#[derive(Debug, Clone)]
pub struct Shutdown(pub watch::Receiver<()>);

/// Serves `router` on `sockets` until `stop` completes; then accepts no more, and returns when all requests
/// that were begun are answered, but after `drain` at the latest. Each request has the [`Connection`] that it
/// came over among its extensions.
///
/// # Errors
/// When a socket can't be registered with the runtime.
///
/// # Panics
/// Outside of a Tokio runtime that has time and net enabled.
pub async fn serve(
    sockets: Vec<std::net::TcpListener>,
    router: Router,
    stop: impl Future<Output = ()>,
    drain: Duration,
) -> io::Result<Served> {
    serve_at_most(MOST_CONNECTIONS, sockets, router, stop, drain).await
}

async fn serve_at_most(
    most: usize,
    sockets: Vec<std::net::TcpListener>,
    router: Router,
    stop: impl Future<Output = ()>,
    drain: Duration,
) -> io::Result<Served> {
    let (shutdown, receiver) = watch::channel(());
    let permits = Arc::new(Semaphore::new(most));
    let crowded = watch::Sender::new(());
    let mut accepting = JoinSet::new();
    for socket in sockets {
        let socket = TcpListener::from_std(socket)?;
        accepting.spawn(accept(
            socket,
            router.clone(),
            Arc::clone(&permits),
            Signals { shutdown: receiver.clone(), crowded: crowded.subscribe() },
            crowded.clone(),
        ));
    }
    drop((receiver, router));
    stop.await;
    accepting.shutdown().await;
    shutdown.send_replace(());
    // Every connection holds a shutdown receiver until its end.
    match tokio::time::timeout(drain, shutdown.closed()).await {
        Ok(()) => Ok(Served::Answered),
        Err(_) => Ok(Served::Unanswered),
    }
}

/// What a connection listens for.
#[derive(Debug, Clone)]
struct Signals {
    /// The server shuts down.
    shutdown: watch::Receiver<()>,
    /// There is no room for another connection: those that serve no request make some.
    crowded: watch::Receiver<()>,
}

/// Serves the connections of one socket, each in a task of its own.
async fn accept(
    socket: TcpListener,
    router: Router,
    permits: Arc<Semaphore>,
    signals: Signals,
    crowded: watch::Sender<()>,
) {
    loop {
        let Some(permit) = permit(&permits, &crowded).await else { return };
        match socket.accept().await {
            Ok((stream, peer)) => {
                let Ok(local) = stream.local_addr() else { continue };
                let connection = Connection { peer, local: Some(local) };
                let (router, signals) = (router.clone(), signals.clone());
                tokio::spawn(serve_one(stream, connection, router, signals, permit));
            }
            // The client gave up, or the system is out of descriptors: both pass.
            Err(error) => {
                tracing::debug!(%error, "accept");
                crowded.send_replace(());
                tokio::time::sleep(RETRY_DELAY).await;
            }
        }
    }
}

/// The permit for another connection; asks for room while there is none.
async fn permit(
    permits: &Arc<Semaphore>,
    crowded: &watch::Sender<()>,
) -> Option<OwnedSemaphorePermit> {
    if let Ok(permit) = Arc::clone(permits).try_acquire_owned() {
        return Some(permit);
    }
    loop {
        crowded.send_replace(());
        let acquired = tokio::time::timeout(LAST_HEAD, Arc::clone(permits).acquire_owned()).await;
        if let Ok(acquired) = acquired {
            return acquired.ok();
        }
    }
}

/// Serves one connection. After the shutdown began it ends with the response to the request that is
/// under way; a request of whose head only a part has come isn't.
async fn serve_one(
    stream: TcpStream,
    connection: Connection,
    router: Router,
    mut signals: Signals,
    _permit: OwnedSemaphorePermit,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "nodelay");
    }
    let progress = Arc::new(Progress::default());
    let shared = Arc::clone(&progress);
    let shutdown = Shutdown(signals.shutdown.clone());
    let service = tower::service_fn(move |mut request: Request<_>| {
        shared.step();
        request.extensions_mut().insert(connection);
        request.extensions_mut().insert(shutdown.clone());
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
    signals.crowded.mark_unchanged();
    let served = loop {
        tokio::select! {
            served = serving.as_mut() => break served,
            _ = signals.shutdown.changed() => {
                serving.as_mut().graceful_shutdown();
                break tokio::select! {
                    served = serving.as_mut() => served,
                    () = progress.is_idle() => Ok(()),
                };
            }
            Ok(()) = signals.crowded.changed() => tokio::select! {
                served = serving.as_mut() => break served,
                is_idle = progress.stays_idle() => if is_idle { break Ok(()) },
            },
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
        if !self.stays_idle().await {
            std::future::pending().await
        }
    }

    /// Whether no request is under way, and none begins within that time.
    async fn stays_idle(&self) -> bool {
        let before = self.steps();
        if !before.is_multiple_of(2) {
            return false;
        }
        tokio::time::sleep(LAST_HEAD).await;
        self.steps() == before
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that can't set up has nothing to say")]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::oneshot;

    use super::*;

    async fn connect(address: std::net::SocketAddr, sent: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(sent).await.unwrap();
        stream
    }

    #[tokio::test]
    async fn half_sent_heads_keep_nobody_out() {
        const MOST: usize = 8;
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let address = socket.local_addr().unwrap();
        let router = Router::new().fallback(|| async { "here" });
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            let until = async move { drop(stopped.await) };
            serve_at_most(MOST, vec![socket], router, until, Duration::from_secs(60)).await
        });
        let mut halves = Vec::new();
        for _ in 0..3 * MOST {
            halves.push(connect(address, b"GET / HTTP/1.1\r\nHost: x\r\n").await);
        }
        let request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        let mut response = String::new();
        connect(address, request).await.read_to_string(&mut response).await.unwrap();
        assert!(response.ends_with("here"), "{response}");
        stop.send(()).unwrap();
        assert_eq!(serving.await.unwrap().unwrap(), Served::Answered);
    }
}
