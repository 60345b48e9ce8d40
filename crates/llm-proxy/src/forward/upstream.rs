//! HTTP clients for the providers: HTTP/1.1 and 2, TLS with the system's roots, through a proxy where
//! the environment names one.
//!
//! Nothing here ends a request that takes long: only connecting is bounded in time. A connection
//! that died is noticed by the keep-alive of TCP and of HTTP/2.

use std::error::Error as StdError;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::{self, Client};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tower::Service;

use super::quickack::QuickAck;

type BoxError = Box<dyn StdError + Send + Sync>;
type Boxed<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;

/// How long connecting may take, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// How often an idle connection is asked whether it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(90);

/// Clients of the providers, made when they are first needed: reading the system's roots takes
/// longer than all else that happens at the start.
pub(crate) struct Upstream {
    matcher: Arc<Matcher>,
    plain: OnceLock<Client<WithTimeout<Connector>, Body>>,
    tls: OnceLock<Client<WithTimeout<HttpsConnector<Connector>>, Body>>,
    /// For upgrades, which only HTTP/1.1 has.
    tls_http1: OnceLock<Client<WithTimeout<HttpsConnector<Connector>>, Body>>,
}

/// Why a provider didn't respond.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    /// The system's roots can't be read.
    #[error("no root certificates: {0}")]
    Roots(io::Error),
    /// No connection, or it broke off before the response began.
    #[error("{}", innermost(.0))]
    Request(legacy::Error),
}

/// The last cause of an error, which says what happened; those before it say only who noticed.
fn innermost(error: &legacy::Error) -> String {
    let mut cause: &dyn StdError = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

impl Upstream {
    /// Clients that use the proxies that the environment names: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`.
    pub(crate) fn from_env() -> Self {
        Upstream {
            matcher: Arc::new(Matcher::from_env()),
            plain: OnceLock::new(),
            tls: OnceLock::new(),
            tls_http1: OnceLock::new(),
        }
    }

    /// Sends a request. `upgradable`: its connection is to become something else.
    pub(crate) async fn send(
        &self,
        request: Request<Body>,
        upgradable: bool,
    ) -> Result<Response<Incoming>, UpstreamError> {
        let response = if request.uri().scheme_str() != Some("https") {
            self.plain.get_or_init(|| client(WithTimeout(self.connector()))).request(request)
        } else {
            let (slot, http2) =
                if upgradable { (&self.tls_http1, false) } else { (&self.tls, true) };
            let client = match slot.get() {
                Some(client) => client,
                None => {
                    let made =
                        client(WithTimeout(self.https(http2).map_err(UpstreamError::Roots)?));
                    slot.get_or_init(|| made)
                }
            };
            client.request(request)
        };
        response.await.map_err(UpstreamError::Request)
    }

    fn connector(&self) -> Connector {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_keepalive(Some(KEEP_ALIVE));
        http.set_connect_timeout(Some(CONNECT_TIMEOUT));
        Connector { http, matcher: self.matcher.clone() }
    }

    fn https(&self, http2: bool) -> io::Result<HttpsConnector<Connector>> {
        let provider = hyper_rustls_ring();
        let builder =
            HttpsConnectorBuilder::new().with_provider_and_native_roots(provider)?.https_or_http();
        Ok(if http2 {
            builder.enable_all_versions().wrap_connector(self.connector())
        } else {
            builder.enable_http1().wrap_connector(self.connector())
        })
    }
}

fn hyper_rustls_ring() -> rustls::crypto::CryptoProvider {
    rustls::crypto::ring::default_provider()
}

fn client<C>(connector: C) -> Client<C, Body>
where
    C: legacy::connect::Connect + Clone,
{
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .timer(TokioTimer::new())
        .http2_keep_alive_interval(KEEP_ALIVE)
        .http2_adaptive_window(true)
        .build(connector)
}

/// Connects to a host, or to the proxy before it.
#[derive(Clone)]
struct Connector {
    http: HttpConnector,
    matcher: Arc<Matcher>,
}

impl Service<Uri> for Connector {
    type Response = TokioIo<QuickAck>;
    type Error = BoxError;
    type Future = Boxed<Self::Response>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.http.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let is_local = to.host().is_some_and(is_loopback);
        let Some(proxy) = self.matcher.intercept(&to).filter(|_| !is_local) else {
            let connecting = self.http.call(to);
            return Box::pin(async { Ok(quick_ack(connecting.await?)) });
        };
        let mut tunnel = Tunnel::new(proxy.uri().clone(), self.http.clone());
        if let Some(auth) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(auth.clone());
        }
        Box::pin(async move { Ok(quick_ack(tunnel.call(to).await?)) })
    }
}

fn quick_ack(stream: TokioIo<TcpStream>) -> TokioIo<QuickAck> {
    TokioIo::new(QuickAck(stream.into_inner()))
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A connector with a timeout.
#[derive(Clone)]
struct WithTimeout<C>(C);

impl<C> Service<Uri> for WithTimeout<C>
where
    C: Service<Uri>,
    C::Future: Send + 'static,
    C::Response: 'static,
    C::Error: Into<BoxError>,
{
    type Response = C::Response;
    type Error = BoxError;
    type Future = Boxed<C::Response>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let connecting = tokio::time::timeout(CONNECT_TIMEOUT, self.0.call(to));
        Box::pin(async { connecting.await?.map_err(Into::into) })
    }
}
