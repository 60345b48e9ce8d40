//! Sending requests to the providers.

pub(crate) mod headers;
mod quickack;
mod upstream;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, Response, Uri};
use bytes::Bytes;
use hyper::body::Incoming;

pub(crate) use upstream::{Upstream, UpstreamError};

/// A request to a provider, all but its body; it may be sent more than once.
pub(crate) struct PreparedRequest {
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
}

impl PreparedRequest {
    /// Sends it with this body.
    pub(crate) async fn send(&self, body: Bytes) -> Result<Response<Incoming>, UpstreamError> {
        self.send_body(Body::from(body)).await
    }

    /// Sends it with a body that may still be coming in.
    pub(crate) async fn send_body(&self, body: Body) -> Result<Response<Incoming>, UpstreamError> {
        self.upstream.send(self.request(body), false).await
    }

    /// Sends it without a body, on a connection that may become something else.
    pub(crate) async fn send_upgrade(&self) -> Result<Response<Incoming>, UpstreamError> {
        self.upstream.send(self.request(Body::empty()), true).await
    }

    fn request(&self, body: Body) -> Request<Body> {
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }
}
