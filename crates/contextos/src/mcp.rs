//! The MCP server, `contextos serve`: tools for agents over a checkout.
//!
//! [`service`] implements the tools without the protocol, [`tools`] describes them to a model; the
//! transports are in the crate `mcp-server`. A service serves one folder: no result is from outside it or
//! contains a credential.

mod checkout_cache;
mod notify;
mod service;
mod tools;
mod watch;

use std::net::SocketAddr;
use std::sync::Arc;

use access::AccessPolicy;
use mcp_server::ServeError;

use crate::args::ListedTools;
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(crate) use service::Service;

/// Serves the client on standard input and output until it closes them; `listed` are the tools that it
/// is told of.
///
/// # Errors
/// When the client doesn't speak MCP, or the system gives no threads.
pub(crate) fn serve_stdio(service: Service, listed: ListedTools) -> Result<(), Failure> {
    Ok(mcp_server::serve_stdio(tools::Tools::new(Arc::new(service), listed))?)
}

/// Serves clients over HTTP until the process is told to end; `listed` are the tools that they are told
/// of.
///
/// # Errors
/// When the address can't be listened on, or the system gives no threads.
pub(crate) fn serve_http(
    service: Service,
    listed: ListedTools,
    address: SocketAddr,
    access: AccessPolicy,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let service = Arc::new(service);
    let tools = move || tools::Tools::new(Arc::clone(&service), listed);
    mcp_server::serve_http(tools, address, access, |address| {
        terminal.print(&format!("contextos listens on http://{address}/mcp\n"))
    })
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        Self::new(error)
    }
}
