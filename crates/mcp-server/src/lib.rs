//! How a server of the Model Context Protocol gets to its clients: over pipes ([`serve_stdio`]) or
//! streamable HTTP ([`serve_http`]), with tools whose schemas every client reads ([`plain`]) and whose
//! arguments are named where they are wrong ([`Named`]).
//!
//! What the tools are and do is the programs' business.

mod arguments;
mod http;
mod schema;
mod stdio;

use std::io;
use std::net::SocketAddr;

pub use arguments::Named;
pub use http::serve as serve_http;
pub use schema::plain;
pub use stdio::serve as serve_stdio;

/// The largest request, in bytes, whatever it comes over; a text to compress is part of one.
pub const LARGEST_REQUEST: usize = 100 << 20;

/// Why serving ended before the client did, or didn't begin.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The client on standard input didn't begin as the protocol says.
    #[error("the client on standard input is not an MCP client: {0}")]
    Client(#[from] Box<rmcp::service::ServerInitializeError>),
    /// The system gives no threads.
    #[error("no threads to serve with: {0}")]
    Threads(io::Error),
    /// The address can't be listened on.
    #[error("{address}: {error}; choose another port with --port")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        error: io::Error,
    },
    /// Clients can't be let in any more.
    #[error("{address}: {error}")]
    Accept {
        /// The address.
        address: SocketAddr,
        /// Why not.
        error: io::Error,
    },
}
