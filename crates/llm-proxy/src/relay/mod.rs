//! Passing the provider's response on to the client.

mod retry;
mod rounds;
mod stream;
mod usage_body;
mod websocket;

use axum::body::Body;
use axum::http::Response;
use hyper::body::Incoming;
use llm_api::Api;

use crate::forward::headers;
use crate::recording::Recording;
pub(crate) use retry::Retries;
pub(crate) use rounds::{Next, TurnRelay};
use usage_body::UsageObservingBody;
pub(crate) use websocket::{Granted, Upgrade, request_upgrade, upgrade, upgrade_headers};

/// A response that nobody changes. `api`: none where the response isn't a model's, or the API is unknown.
pub(crate) fn unchanged(
    response: Response<Incoming>,
    api: Option<&'static dyn Api>,
    recording: Recording,
) -> Response<Body> {
    let (parts, body) = response.into_parts();
    let body = UsageObservingBody::new(body, api, &parts.headers, recording);
    let mut response = Response::new(Body::new(body));
    *response.status_mut() = parts.status;
    *response.headers_mut() = headers::to_client(&parts.headers);
    response
}
