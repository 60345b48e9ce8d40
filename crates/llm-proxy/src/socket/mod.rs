//! WebSockets that carry conversations: the client's messages are rewritten as requests over HTTP are, and
//! the events that answer them are relayed as their streams are.
//!
//! The provider is asked first: what it says to the upgrade is what the client gets, a refusal included,
//! after which clients use HTTP. Neither side is offered an extension, so that messages are text and not
//! deflated.

mod conversation;
mod ends;
mod exchange;
mod frames;
mod message;
mod session;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::SEC_WEBSOCKET_EXTENSIONS;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Response};
use metrics::Recorder;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::forward::{PreparedRequest, headers};
use crate::proxy_error::ProxyError;
use crate::recording::Recording;
use crate::relay::{self, Granted, Upgrade};
use crate::rewrite::RequestRewriter;
use crate::route::Route;
pub(crate) use conversation::Conversations;
use session::Session;
use stream::socket;

/// Sockets that are open at one time. By hand: as many as the server has connections of other kinds.
pub(crate) const MAX_SOCKETS: usize = 4096;

/// The largest message of a provider. By hand: far more than any limit of output tokens.
const MAX_EVENT: usize = 64 << 20;

/// Tells the sockets that began with requests with this extension that the server is about to end. It
/// ends when none of them holds it any more.
#[derive(Debug, Clone)]
pub struct Shutdown(pub watch::Receiver<()>);

/// What sockets need to serve requests.
#[derive(Clone)]
pub(crate) struct Services {
    pub(crate) rewriter: Arc<RequestRewriter>,
    pub(crate) recorder: Arc<dyn Recorder>,
    /// Permits for requests that are under way.
    pub(crate) under_way: Arc<Semaphore>,
    /// Permits for requests that are rewritten.
    pub(crate) workers: Arc<Semaphore>,
    pub(crate) conversations: Arc<Conversations>,
    /// The most bytes of a message of a client.
    pub(crate) max_message: usize,
    pub(crate) retry_within: Duration,
}

/// What of a request's headers goes to the provider when it asks for a WebSocket that is served here.
pub(crate) fn upgrade_headers(headers: &HeaderMap) -> HeaderMap {
    let mut out = relay::upgrade_headers(headers);
    out.remove(SEC_WEBSOCKET_EXTENSIONS);
    out
}

/// Asks the provider for the same socket, and then serves it until either side ends it.
pub(crate) async fn serve(
    mut head: Parts,
    route: Route,
    prepared: PreparedRequest,
    services: Services,
    recording: Recording,
    permit: OwnedSemaphorePermit,
) -> Result<Response<Body>, ProxyError> {
    let shutdown = head.extensions.remove::<Shutdown>();
    let granted = match relay::request_upgrade(&mut head, prepared, recording).await? {
        Upgrade::Granted(granted) => *granted,
        Upgrade::Refused(response) => return Ok(response),
    };
    let Granted { client, provider, mut to_client, recording } = granted;
    // What is counted is the requests on it.
    recording.discard();
    to_client.headers_mut().remove(SEC_WEBSOCKET_EXTENSIONS);
    let client_name = headers::client(&head.headers);
    tokio::spawn(async move {
        let _permit = permit;
        let Ok((client, provider)) = futures_util::future::try_join(client, provider).await else {
            return;
        };
        let client = socket(client, Role::Server, services.max_message).await;
        let provider = socket(provider, Role::Client, MAX_EVENT).await;
        Session::new(services, route, client_name, client, provider).run(shutdown).await;
    });
    Ok(to_client)
}
