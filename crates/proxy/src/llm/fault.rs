//! What a client is told when this server can't do what it asked: in the shape of its provider.

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER, UPGRADE};
use axum::http::{HeaderValue, Response, StatusCode};
use metrics::NotUnderstood;
use serde_json::json;

use llm_api::provider::Provider;

/// A fault of this server, or on the way to the provider.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
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
    /// A WebSocket where conversations are.
    #[error(
        "conversations are passed on over HTTP here: send this as a POST (headroom serve --websockets \
         pass lets WebSockets through as they are)"
    )]
    WebSocket,
    /// The provider can't be reached, or broke off before its answer began.
    #[error("the provider could not be reached: {0}")]
    Unreachable(String),
}

impl Fault {
    fn status(&self) -> StatusCode {
        match self {
            Fault::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Fault::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Fault::Body(_) => StatusCode::BAD_REQUEST,
            Fault::WebSocket => StatusCode::UPGRADE_REQUIRED,
            Fault::Unreachable(_) => StatusCode::BAD_GATEWAY,
        }
    }

    /// The answer for a client of `provider`.
    pub(super) fn response(&self, provider: Provider) -> Response<Body> {
        let message = self.to_string();
        let body = match provider {
            Provider::Anthropic => {
                let kind = match self {
                    Fault::TooLarge { .. } => "request_too_large",
                    Fault::Busy => "overloaded_error",
                    Fault::Body(_) | Fault::WebSocket => "invalid_request_error",
                    Fault::Unreachable(_) => "api_error",
                };
                json!({"type": "error", "error": {"type": kind, "message": message}})
            }
            Provider::OpenAi | Provider::ChatGpt => {
                let (kind, code) = match self {
                    Fault::TooLarge { .. } => ("invalid_request_error", "request_too_large"),
                    Fault::Busy => ("server_error", "overloaded"),
                    Fault::Body(_) => ("invalid_request_error", "invalid_request"),
                    Fault::WebSocket => ("invalid_request_error", "upgrade_required"),
                    Fault::Unreachable(_) => ("server_error", "proxy_error"),
                };
                json!({"error": {"message": message, "type": kind, "param": null, "code": code}})
            }
            Provider::Gemini => {
                let status = match self {
                    Fault::Unreachable(_) | Fault::Busy => "UNAVAILABLE",
                    _ => "INVALID_ARGUMENT",
                };
                json!({"error": {"code": self.status().as_u16(), "message": message, "status": status}})
            }
        };
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if matches!(self, Fault::Busy) {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if matches!(self, Fault::WebSocket) {
            // RFC 9110, section 15.5.22: the protocol to be used.
            response.headers_mut().insert(UPGRADE, HeaderValue::from_static("HTTP/1.1"));
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
            response.extensions_mut().insert(NotUnderstood::WebSocketRefused);
        }
        response
    }
}
