//! Streamable HTTP at `/mcp`, and who may come in.
//!
//! A page that a user opens in a browser can send requests to this machine, so `Host` must be a name of
//! it and `Origin`, if there is one, too. Who comes from another machine needs the token.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

use super::desk::Desk;
use super::tools::Tools;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Where the server listens, and whom it lets in.
pub(crate) struct Door {
    /// The address to listen on.
    pub(crate) host: IpAddr,
    /// The port; 0 is any.
    pub(crate) port: u16,
    /// Names by which clients may call this machine, beside its loopback names and the address itself.
    pub(crate) allowed_hosts: Vec<String>,
    /// What clients from other machines have to show.
    pub(crate) token: Option<String>,
}

/// Serves until the process is told to end.
///
/// # Errors
/// When the address can't be listened on, or the system gives no threads.
pub(crate) fn serve(desk: Desk, door: Door, terminal: &Terminal) -> Result<(), Failure> {
    let system = |error| Failure::new(format_args!("no threads to serve with: {error}"));
    let runtime = Builder::new_multi_thread().enable_all().build().map_err(system)?;
    runtime.block_on(async {
        let address = SocketAddr::new(door.host, door.port);
        let listener = TcpListener::bind(address).await.map_err(|error| {
            Failure::new(format_args!("{address}: {error}; choose another port with --port"))
        })?;
        let address = listener.local_addr().map_err(Failure::new)?;
        terminal.print(&format!("contextos listens on http://{address}/mcp\n"))?;
        let app = app(desk, door).into_make_service_with_connect_info::<SocketAddr>();
        let interrupted = async {
            // Where signals can't be listened to, they end the process by themselves.
            let _ = tokio::signal::ctrl_c().await;
        };
        axum::serve(listener, app)
            .with_graceful_shutdown(interrupted)
            .await
            .map_err(|error| Failure::new(format_args!("{address}: {error}")))
    })
}

fn app(desk: Desk, door: Door) -> Router {
    let desk = Arc::new(desk);
    let mut allowed_hosts: Vec<String> =
        ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    if !door.host.is_unspecified() {
        allowed_hosts.push(door.host.to_string());
    }
    allowed_hosts.extend(door.allowed_hosts.iter().cloned());
    let allowed_origins = ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"];
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts(allowed_hosts)
        .with_allowed_origins(allowed_origins);
    let service = StreamableHttpService::new(
        move || Ok(Tools::at(Arc::clone(&desk))),
        Arc::new(LocalSessionManager::default()),
        config,
    );
    Router::new()
        .nest_service("/mcp", service)
        .fallback(|| async { (StatusCode::NOT_FOUND, "the MCP server is at /mcp\n") })
        .layer(middleware::from_fn_with_state(door.token.map(Arc::<str>::from), admit))
}

/// Lets in who is on this machine, or has the token.
async fn admit(
    State(token): State<Option<Arc<str>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let admitted = match token {
        None => true,
        Some(token) => peer.ip().is_loopback() || shows(request.headers(), &token),
    };
    if admitted {
        next.run(request).await
    } else {
        (StatusCode::UNAUTHORIZED, "a token is needed: Authorization: Bearer …\n").into_response()
    }
}

/// Whether the token stands in the headers; compared without telling by the time where it differs.
fn shows(headers: &HeaderMap, token: &str) -> bool {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(shown) = shown.and_then(|value| value.strip_prefix("Bearer ")) else { return false };
    let differences = shown.bytes().zip(token.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    shown.len() == token.len() && differences == 0
}
