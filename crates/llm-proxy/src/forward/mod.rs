//! Sending requests to the providers.

pub(crate) mod headers;
mod quickack;
mod upstream;

use std::panic::resume_unwind;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::CONTENT_ENCODING;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, Uri};
use hyper::body::Incoming;

use crate::encoding;
use crate::rewrite::SentBody;
pub(crate) use upstream::{Upstream, UpstreamError};

/// A request to a provider, all but its body; it may be sent more than once.
pub(crate) struct PreparedRequest {
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    /// Whether bodies are encoded as zstd before they are sent.
    is_zstd: bool,
}

impl PreparedRequest {
    /// A request whose bodies are sent as they are given.
    pub(crate) fn new(
        upstream: Arc<Upstream>,
        method: Method,
        uri: Uri,
        headers: HeaderMap,
    ) -> Self {
        PreparedRequest { upstream, method, uri, headers, is_zstd: false }
    }

    /// The same, but bodies are encoded as zstd.
    pub(crate) fn with_zstd(mut self) -> Self {
        self.headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding::ZSTD));
        self.is_zstd = true;
        self
    }

    /// Sends it with this body.
    pub(crate) async fn send(
        &self,
        body: impl Into<SentBody>,
    ) -> Result<Response<Incoming>, UpstreamError> {
        let body = body.into();
        if !self.is_zstd {
            return self.send_body(Body::new(body)).await;
        }
        let encoding = tokio::task::spawn_blocking(move || encoding::encode(&body.whole()));
        // Encoding doesn't panic; if it does, the panic goes on in the task that asked for it.
        let encoded = encoding.await.unwrap_or_else(|error| resume_unwind(error.into_panic()));
        self.send_body(Body::from(encoded)).await
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
