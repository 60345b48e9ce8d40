//! The LLM routes of the server: compresses what agents send to their providers, and relays the
//! responses.
//!
//! One request takes these steps, each a module:
//!
//! | step | module | what it does |
//! |---|---|---|
//! | route | `route` | finds the provider and the API by path and credentials |
//! | read | `client_body`, `encoding` | takes the body in, within a bound, and decodes it |
//! | rewrite | `rewrite` | compresses blocks, puts intercepted calls back, injects the retrieval tool |
//! | forward | `forward` | sends it to the provider |
//! | relay | `relay` | passes the response on, and answers calls of the injected tool |
//! | record | `recording` | hands a [`metrics::Exchange`] to the [`metrics::Recorder`] |
//!
//! A WebSocket takes them with each of its messages, in `socket`.
//!
//! Start reading at [`LlmProxy::handle`]. Whoever serves it has authorised the client before: access by
//! Host, Origin and token is the server's matter.
//!
//! Nothing here changes the response of a model that doesn't call the injected tool, sends a client's
//! request again, limits rates, or caches responses; no body, header or query goes to a log. The
//! environment is read for the proxies on the way to the providers (`HTTPS_PROXY`, `NO_PROXY`) alone.
//!
//! ```
//! use std::sync::{Arc, Mutex};
//!
//! use axum::body::Body;
//! use axum::http::{Request, StatusCode};
//! use blob_store::ReplayStore;
//! use llm_proxy::{LlmProxy, Settings, Targets};
//! use metrics::{Exchange, Recorder};
//! use testkit::provider::{ModelTurn, Provider, Reply, ContentBlock};
//!
//! #[derive(Default)]
//! struct Exchanges(Mutex<Vec<Exchange>>);
//!
//! impl Recorder for Exchanges {
//!     fn record(&self, exchange: Exchange) {
//!         self.0.lock().unwrap().push(exchange);
//!     }
//! }
//!
//! // A stand-in for the provider, on loopback.
//! let provider = Provider::start(|_| Reply::Turn(ModelTurn::new("id_1", [ContentBlock::text("hello")])));
//! let targets = Targets::new(Some(&provider.url()), None, None)?;
//! let exchanges = Arc::new(Exchanges::default());
//! let proxy = LlmProxy::new(Settings::new(targets), ReplayStore::in_memory(), None, exchanges.clone());
//!
//! let body = r#"{"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}"#;
//! let request = Request::post("/v1/messages").header("x-api-key", "made-up").body(Body::from(body))?;
//! let response = tokio::runtime::Runtime::new()?.block_on(async {
//!     let response = proxy.handle(request).await?;
//!     let status = response.status();
//!     axum::body::to_bytes(response.into_body(), 1 << 20).await?;
//!     Ok::<_, Box<dyn std::error::Error>>(status)
//! })?;
//! assert_eq!(response, StatusCode::OK);
//! assert_eq!(exchanges.0.lock().unwrap()[0].route, "/v1/messages");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod cache;
mod client_body;
mod encoding;
mod forward;
mod limits;
mod offline;
mod proxy;
mod proxy_error;
mod recording;
mod relay;
mod replay_entry;
mod rewrite;
mod route;
mod settings;
mod socket;
mod tool_result;

pub use limits::{CallPatterns, Limits};
pub use llm_api::provider::Provider;
pub use offline::{Offline, OfflineBlock, OfflineReplay, OfflineStep};
pub use proxy::LlmProxy;
pub use rewrite::COMPRESSION_VERSION;
pub use route::NoRoute;
pub use route::target::{Target, TargetError, Targets};
pub use settings::{Settings, WebSockets};
pub use socket::Shutdown;
pub use tool_result::{CompressedResult, ReferredResult, ResultCompressor};

#[cfg(test)]
mod tests;
