//! Errors of the proxy itself, in the shape of the provider that the client believes to talk to.

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER, UPGRADE};
use axum::http::{HeaderValue, Response, StatusCode};
use llm_api::provider::Provider;
use metrics::Unrecognized;
use serde_json::json;

use crate::forward::UpstreamError;

/// An error of this server, or on the way to the provider.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProxyError {
    /// The body is larger than this server takes.
    #[error("the request's body is larger than {bound} bytes")]
    TooLarge {
        /// The bound.
        bound: usize,
    },
    /// Too many requests are under way.
    #[error("too many requests at once; try again in a second")]
    Busy,
    /// The client's body broke off.
    #[error("the request's body could not be read: {0}")]
    Body(String),
    /// A WebSocket to a route that carries conversations.
    #[error(
        "this server forwards conversations over HTTP only: send the request as a POST (or start the \
         server with --websockets pass, which passes WebSockets through uncompressed)"
    )]
    WebSocket,
    /// The provider can't be reached, or broke off before its response began.
    #[error("the provider could not be reached: {0}")]
    Unreachable(String),
}

impl ProxyError {
    fn status(&self) -> StatusCode {
        match self {
            ProxyError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            ProxyError::Busy => StatusCode::SERVICE_UNAVAILABLE,
            ProxyError::Body(_) => StatusCode::BAD_REQUEST,
            ProxyError::WebSocket => StatusCode::UPGRADE_REQUIRED,
            ProxyError::Unreachable(_) => StatusCode::BAD_GATEWAY,
        }
    }

    /// The response for a client of `provider`.
    pub(crate) fn response(&self, provider: Provider) -> Response<Body> {
        let message = self.to_string();
        let body = match provider {
            Provider::Anthropic => {
                let kind = match self {
                    ProxyError::TooLarge { .. } => "request_too_large",
                    ProxyError::Busy => "overloaded_error",
                    ProxyError::Body(_) | ProxyError::WebSocket => "invalid_request_error",
                    ProxyError::Unreachable(_) => "api_error",
                };
                json!({"type": "error", "error": {"type": kind, "message": message}})
            }
            Provider::OpenAi | Provider::ChatGpt => {
                let (kind, code) = match self {
                    ProxyError::TooLarge { .. } => ("invalid_request_error", "request_too_large"),
                    ProxyError::Busy => ("server_error", "overloaded"),
                    ProxyError::Body(_) => ("invalid_request_error", "invalid_request"),
                    ProxyError::WebSocket => ("invalid_request_error", "upgrade_required"),
                    ProxyError::Unreachable(_) => ("server_error", "proxy_error"),
                };
                json!({"error": {"message": message, "type": kind, "param": null, "code": code}})
            }
            Provider::Gemini => {
                let status = match self {
                    ProxyError::Unreachable(_) | ProxyError::Busy => "UNAVAILABLE",
                    _ => "INVALID_ARGUMENT",
                };
                json!({"error": {"code": self.status().as_u16(), "message": message, "status": status}})
            }
        };
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if matches!(self, ProxyError::Busy) {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if matches!(self, ProxyError::WebSocket) {
            // RFC 9110, section 15.5.22: the protocol to be used.
            response.headers_mut().insert(UPGRADE, HeaderValue::from_static("HTTP/1.1"));
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
            response.extensions_mut().insert(Unrecognized::WebSocketRefused);
        }
        response
    }
}

impl From<UpstreamError> for ProxyError {
    fn from(error: UpstreamError) -> Self {
        ProxyError::Unreachable(error.to_string())
    }
}
