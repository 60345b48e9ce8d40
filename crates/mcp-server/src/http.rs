//! Streamable HTTP at `/mcp`.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use access::{AccessPolicy, Connection, Denied, TokenSource};
use axum::Extension;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use rmcp::ServerHandler;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::runtime::Builder;

use crate::sessions::Sessions;
use crate::{LARGEST_REQUEST, ServeError};

/// How long what was begun may take after an interrupt. By hand: the longest that somebody waits for a program.
const LONGEST_END: Duration = Duration::from_secs(10);

/// Serves the clients that `access` admits at `address`, each with a server that `make` makes, until the
/// process receives an interrupt. `announce` is called with the bound address as soon as clients can
/// connect; port 0 is any free one.
///
/// # Errors
/// When the address can't be bound, or no threads can be started; and the error of `announce`.
pub fn serve<S: ServerHandler, E: From<ServeError>>(
    make: impl Fn() -> S + Send + Sync + 'static,
    address: SocketAddr,
    access: AccessPolicy,
    announce: impl FnOnce(SocketAddr) -> Result<(), E>,
) -> Result<(), E> {
    let config = config();
    let sessions = config.cancellation_token.clone();
    let interrupted = async move {
        // Where signals can't be received, they end the process by themselves.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        // Clients keep a stream open for the server's notifications; it would never end.
        sessions.cancel();
    };
    serve_router(routes(make, config), address, access, interrupted, announce)
}

/// Serves `router`, which has a route `/mcp`, to the clients that `access` admits at `address`, until `until` is
/// ready and what was begun is answered. `announce` is called with the bound address as soon as clients can
/// connect.
///
/// # Errors
/// As [`serve`].
pub fn serve_router<E: From<ServeError>>(
    router: Router,
    address: SocketAddr,
    access: AccessPolicy,
    until: impl Future<Output = ()> + Send + 'static,
    announce: impl FnOnce(SocketAddr) -> Result<(), E>,
) -> Result<(), E> {
    let runtime = Builder::new_multi_thread().enable_all().build().map_err(ServeError::Threads)?;
    let served = runtime.block_on(async {
        let listener = bind(address).map_err(|error| ServeError::Listen { address, error })?;
        let address = listener.local_addr().unwrap_or(address);
        announce(address)?;
        let served = connections::serve(vec![listener], app(router, access), until, LONGEST_END);
        // Requests that are still unanswered then are those of clients that don't read.
        served.await.map(|_| ()).map_err(|error| ServeError::Accept { address, error }.into())
    });
    // Work for clients that have disconnected isn't waited for.
    runtime.shutdown_background();
    served
}

fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn config() -> StreamableHttpServerConfig {
    // The access policy checks Host and Origin: it knows the address that the client reached.
    StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .disable_allowed_origins()
        .with_max_request_body_bytes(LARGEST_REQUEST)
}

fn routes<S: ServerHandler>(
    make: impl Fn() -> S + Send + Sync + 'static,
    config: StreamableHttpServerConfig,
) -> Router {
    let sessions = Arc::new(Sessions::new());
    let service = StreamableHttpService::new(move || Ok(make()), sessions, config);
    Router::new().nest_service("/mcp", service)
}

fn app(router: Router, access: AccessPolicy) -> Router {
    router
        .fallback(|| async { (StatusCode::NOT_FOUND, "the MCP server is at /mcp\n") })
        .layer(middleware::from_fn_with_state(Arc::new(access), admit))
}

async fn admit(
    State(access): State<Arc<AccessPolicy>>,
    Extension(connection): Extension<Connection>,
    request: Request,
    next: Next,
) -> Response {
    match access.check(connection, &request, TokenSource::Bearer) {
        Ok(()) => next.run(request).await,
        Err(denied) => {
            let mut response = (denied.status(), format!("{denied}\n")).into_response();
            if denied == Denied::NoToken {
                let scheme = HeaderValue::from_static("Bearer");
                response.headers_mut().insert(WWW_AUTHENTICATE, scheme);
            }
            response
        }
    }
}

#[cfg(test)]
mod tests {
    use testkit::access::{ALLOWED_HOSTS, ATTEMPTS, Attempt, TOKEN};
    use tower::ServiceExt as _;

    use super::*;

    struct NoTools;

    impl ServerHandler for NoTools {}

    fn request(attempt: &Attempt) -> Request {
        let mut request =
            Request::builder().uri(attempt.target).version(match attempt.is_http_1_0 {
                true => axum::http::Version::HTTP_10,
                false => axum::http::Version::HTTP_11,
            });
        for (name, value) in attempt.headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(axum::body::Body::empty()).unwrap();
        let connection = Connection {
            peer: attempt.peer.parse().unwrap(),
            local: Some(attempt.local.parse().unwrap()),
        };
        request.extensions_mut().insert(connection);
        request
    }

    #[tokio::test]
    async fn hostile_requests_are_denied() {
        let hosts = ALLOWED_HOSTS.map(str::to_owned).to_vec();
        let policy = AccessPolicy::new(hosts, access::RemoteAccess::Token(TOKEN.to_owned()));
        let app = app(routes(|| NoTools, config()), policy);
        for attempt in ATTEMPTS {
            let response = app.clone().oneshot(request(attempt)).await.unwrap();
            // There is no such route: whoever is admitted learns that.
            let expected = attempt.denied.unwrap_or(404);
            assert_eq!(response.status().as_u16(), expected, "{}", attempt.what);
        }
    }
}
