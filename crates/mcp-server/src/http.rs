//! Streamable HTTP at `/mcp`.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::serve::IncomingStream;
use rmcp::ServerHandler;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

use crate::access_policy::{AccessPolicy, Ends, OWN_ORIGINS, Refused};
use crate::{LARGEST_REQUEST, ServeError};

/// Serves clients, each with a server that `make` makes, until the process is told to end. `announce` is
/// called with the address as soon as clients may come.
///
/// # Errors
/// When the address can't be listened on, or the system gives no threads; or what `announce` answers.
pub fn serve<S: ServerHandler, E: From<ServeError>>(
    make: impl Fn() -> S + Send + Sync + 'static,
    access: AccessPolicy,
    announce: impl FnOnce(SocketAddr) -> Result<(), E>,
) -> Result<(), E> {
    let runtime = Builder::new_multi_thread().enable_all().build().map_err(ServeError::Threads)?;
    let served = runtime.block_on(async {
        let address = access.address;
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| ServeError::Listen { address, error })?;
        let address = listener.local_addr().unwrap_or(address);
        announce(address)?;
        let config = config();
        let sessions = config.cancellation_token.clone();
        let app = app(make, access, config).into_make_service_with_connect_info::<Ends>();
        let told_to_end = async move {
            // Where signals can't be listened to, they end the process by themselves.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
            // Clients keep a stream open for what the server may want to say; it would never end.
            sessions.cancel();
        };
        let served = axum::serve(listener, app).with_graceful_shutdown(told_to_end).await;
        served.map_err(|error| ServeError::Accept { address, error }.into())
    });
    // What was begun for clients that are gone isn't waited for.
    runtime.shutdown_background();
    served
}

fn config() -> StreamableHttpServerConfig {
    // The policy looks at `Host`: it knows the address that was reached.
    StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .with_allowed_origins(OWN_ORIGINS)
        .with_max_request_body_bytes(LARGEST_REQUEST)
}

fn app<S: ServerHandler>(
    make: impl Fn() -> S + Send + Sync + 'static,
    access: AccessPolicy,
    config: StreamableHttpServerConfig,
) -> Router {
    let sessions = Arc::new(LocalSessionManager::default());
    let service = StreamableHttpService::new(move || Ok(make()), sessions, config);
    Router::new()
        .nest_service("/mcp", service)
        .fallback(|| async { (StatusCode::NOT_FOUND, "the MCP server is at /mcp\n") })
        .layer(middleware::from_fn_with_state(Arc::new(access), admit))
}

async fn admit(
    State(access): State<Arc<AccessPolicy>>,
    ConnectInfo(ends): ConnectInfo<Ends>,
    request: Request,
    next: Next,
) -> Response {
    match verdict(&access, ends, request.headers()) {
        Ok(()) => next.run(request).await,
        Err(Refused::Host) => {
            let message = "this Host is none of this server's names; --allow-host adds one\n";
            (StatusCode::FORBIDDEN, message).into_response()
        }
        Err(Refused::Token) => {
            let message = "a token is needed: Authorization: Bearer …\n";
            (StatusCode::UNAUTHORIZED, message).into_response()
        }
    }
}

fn verdict(access: &AccessPolicy, ends: Ends, headers: &HeaderMap) -> Result<(), Refused> {
    let value = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    access.admit(ends, value(header::HOST), value(header::AUTHORIZATION))
}

impl Connected<IncomingStream<'_, TcpListener>> for Ends {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self { peer: *stream.remote_addr(), local: stream.io().local_addr().ok() }
    }
}
