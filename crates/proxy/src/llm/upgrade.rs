//! Connections that become something else: WebSockets, passed through.

use axum::body::Body;
use axum::http::header::{CONNECTION, UPGRADE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;

use super::fault::Fault;
use super::figures::{Ending, Recording};
use super::route::Route;
use super::{Llm, headers, tapped};

impl Llm {
    /// Asks the provider for the same upgrade, and then moves bytes both ways until either ends.
    pub(super) async fn upgrade(
        &self,
        mut head: Parts,
        route: Route,
        mut recording: Recording,
    ) -> Result<Response<Body>, Fault> {
        let client = head.extensions.remove::<OnUpgrade>();
        let mut to_send = headers::to_provider(&head.headers);
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
                // Whoever ends it, and however: then it is over for both.
                let _ = copy_bidirectional(&mut TokioIo::new(client), &mut TokioIo::new(provider))
                    .await;
                recording.ended(Ending::Done);
            }
        });
        Ok(response)
    }
}

/// Copies what asks for an upgrade, or grants it, which otherwise stays with its connection.
fn carry(from: &HeaderMap, to: &mut HeaderMap) {
    if let Some(protocol) = from.get(UPGRADE) {
        to.insert(UPGRADE, protocol.clone());
        to.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    }
}
