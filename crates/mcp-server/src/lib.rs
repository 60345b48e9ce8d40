//! How both programs serve the Model Context Protocol: over standard input and output
//! ([`serve_stdio`]), or over streamable HTTP ([`serve_http`]) to the clients that an
//! [`access::AccessPolicy`] admits. Their tools have schemas that every client reads ([`plain`]), and
//! arguments whose errors say which one is wrong ([`Named`]).
//!
//! Which tools there are, and what they do, is up to the programs.
//!
//! ```
//! use mcp_server::Named;
//! use serde_json::json;
//!
//! #[derive(Debug, serde::Deserialize)]
//! struct Arguments {
//!     budget: usize,
//! }
//!
//! let arguments: Named<Arguments> = serde_json::from_value(json!({"budget": 8000}))?;
//! assert_eq!(arguments.0.budget, 8000);
//!
//! let error = serde_json::from_value::<Named<Arguments>>(json!({"budget": "many"})).unwrap_err();
//! assert!(error.to_string().starts_with("`budget`: invalid type"));
//! # Ok::<_, serde_json::Error>(())
//! ```

mod arguments;
mod http;
mod schema;
mod sessions;
mod stdio;

use std::io;
use std::net::SocketAddr;

pub use arguments::Named;
pub use http::{serve as serve_http, serve_router};
pub use schema::plain;
pub use stdio::serve as serve_stdio;

/// The largest request, in bytes, over either transport; it may contain a text to compress. By hand, as
/// large as what `headroom serve` takes.
pub const LARGEST_REQUEST: usize = 100 << 20;

/// Why serving failed.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The client on standard input didn't begin with the protocol's handshake.
    #[error("the client on standard input is not an MCP client: {0}")]
    Client(#[from] Box<rmcp::service::ServerInitializeError>),
    /// The runtime's threads can't be started.
    #[error("can't start the server's threads: {0}")]
    Threads(io::Error),
    /// The address can't be bound.
    #[error("{address}: {error}; choose another port with --port")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The error of the operating system.
        error: io::Error,
    },
    /// Connections can't be accepted any more.
    #[error("{address}: {error}")]
    Accept {
        /// The address.
        address: SocketAddr,
        /// The error of the operating system.
        error: io::Error,
    },
}
