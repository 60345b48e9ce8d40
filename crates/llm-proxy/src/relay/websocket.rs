//! WebSockets, passed through.

use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONNECTION, UPGRADE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use metrics::Ending;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, split};
use tokio::time::timeout;

use crate::forward::{PreparedRequest, headers};
use crate::proxy_error::ProxyError;
use crate::recording::Recording;

/// How long the other side of a WebSocket may go on when one has ended.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// What of a request's headers goes to the provider when it asks for an upgrade.
pub(crate) fn upgrade_headers(headers: &HeaderMap) -> HeaderMap {
    let mut out = headers::for_body(headers, false, false);
    carry(headers, &mut out);
    out
}

/// What a provider answers when it is asked for an upgrade.
pub(crate) enum Upgrade {
    /// It grants it.
    Granted(Box<Granted>),
    /// It doesn't: its response, for the client.
    Refused(Response<Body>),
}

/// Both sides of an upgrade that a provider has granted.
pub(crate) struct Granted {
    pub(crate) client: OnUpgrade,
    pub(crate) provider: OnUpgrade,
    /// What the client is answered.
    pub(crate) to_client: Response<Body>,
    pub(crate) recording: Recording,
}

/// Asks the provider for the upgrade that the client asks for.
pub(crate) async fn request_upgrade(
    head: &mut Parts,
    prepared: PreparedRequest,
    mut recording: Recording,
) -> Result<Upgrade, ProxyError> {
    let client = head.extensions.remove::<OnUpgrade>();
    recording.sent();
    let sending = prepared.send_upgrade().await;
    let mut response = sending.inspect_err(|_| recording.ended(Ending::ProviderBroke))?;
    recording.responded(response.status().as_u16());
    let is_upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    let Some(client) = client.filter(|_| is_upgraded) else {
        return Ok(Upgrade::Refused(super::unchanged(response, None, recording)));
    };
    let to_client = upgraded(&response);
    let provider = hyper::upgrade::on(&mut response);
    Ok(Upgrade::Granted(Box::new(Granted { client, provider, to_client, recording })))
}

/// Asks the provider for the same upgrade, and then moves bytes both ways until either ends.
pub(crate) async fn upgrade(
    mut head: Parts,
    prepared: PreparedRequest,
    recording: Recording,
) -> Result<Response<Body>, ProxyError> {
    let granted = match request_upgrade(&mut head, prepared, recording).await? {
        Upgrade::Granted(granted) => *granted,
        Upgrade::Refused(response) => return Ok(response),
    };
    let Granted { client, provider, to_client, mut recording } = granted;
    tokio::spawn(async move {
        if let (Ok(client), Ok(provider)) = futures_util::future::join(client, provider).await {
            move_bytes(TokioIo::new(client), TokioIo::new(provider)).await;
            recording.ended(Ending::Done);
        }
    });
    Ok(to_client)
}

/// The response to the client where the provider has granted an upgrade with `response`.
fn upgraded<B>(response: &Response<B>) -> Response<Body> {
    let mut to_client = Response::new(Body::empty());
    *to_client.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    *to_client.headers_mut() = headers::to_client(response.headers());
    carry(response.headers(), to_client.headers_mut());
    to_client
}

/// Moves bytes both ways until either side ends. The other one then has a while to say its last: a
/// WebSocket has no half that goes on alone.
async fn move_bytes(client: impl AsyncRead + AsyncWrite, provider: impl AsyncRead + AsyncWrite) {
    let (from_client, to_client) = split(client);
    let (from_provider, to_provider) = split(provider);
    let (sent, received) = (one_way(from_client, to_provider), one_way(from_provider, to_client));
    let (mut sent, mut received) = (pin!(sent), pin!(received));
    // Whether it ends well or badly: it is over.
    let _ = tokio::select! {
        () = &mut sent => timeout(LAST_WORDS, received).await,
        () = &mut received => timeout(LAST_WORDS, sent).await,
    };
}

async fn one_way(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
    let _ = tokio::io::copy(&mut from, &mut to).await;
    let _ = to.shutdown().await;
}

/// Copies what asks for an upgrade, or grants it, which otherwise stays with its connection.
fn carry(from: &HeaderMap, to: &mut HeaderMap) {
    if let Some(protocol) = from.get(UPGRADE) {
        to.insert(UPGRADE, protocol.clone());
        to.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    }
}
