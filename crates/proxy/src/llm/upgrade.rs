//! Connections that become something else: WebSockets, passed through.

use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONNECTION, UPGRADE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use metrics::Ending;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, split};
use tokio::time::timeout;

use super::fault::Fault;
use super::figures::Recording;
use super::route::Route;
use super::{Llm, headers, tapped};

/// How long the other side of a WebSocket may go on when one has ended.
const LAST_WORDS: Duration = Duration::from_secs(10);

impl Llm {
    /// Asks the provider for the same upgrade, and then moves bytes both ways until either ends.
    pub(super) async fn upgrade(
        &self,
        mut head: Parts,
        route: Route,
        mut recording: Recording,
    ) -> Result<Response<Body>, Fault> {
        let client = head.extensions.remove::<OnUpgrade>();
        let mut to_send = headers::for_body(&head.headers, false, false);
        carry(&head.headers, &mut to_send);
        let line = self.line(&head, route, to_send)?;
        let mut request = Request::new(Body::empty());
        *request.method_mut() = line.method;
        *request.uri_mut() = line.uri;
        *request.headers_mut() = line.headers;
        recording.sent();
        let sending = self.upstream.send(request, true).await;
        let mut answer = sending.inspect_err(|_| recording.ended(Ending::ProviderBroke))?;
        recording.answered(answer.status().as_u16());
        let (true, Some(client)) = (answer.status() == StatusCode::SWITCHING_PROTOCOLS, client)
        else {
            return Ok(tapped(answer, None, None, recording));
        };
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        *response.headers_mut() = headers::to_client(answer.headers());
        carry(answer.headers(), response.headers_mut());
        let provider = hyper::upgrade::on(&mut answer);
        tokio::spawn(async move {
            if let (Ok(client), Ok(provider)) = futures_util::future::join(client, provider).await {
                move_bytes(TokioIo::new(client), TokioIo::new(provider)).await;
                recording.ended(Ending::Done);
            }
        });
        Ok(response)
    }
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
