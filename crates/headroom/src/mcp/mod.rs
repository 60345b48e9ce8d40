//! The MCP server, `headroom mcp serve`: three tools.
//!
//! [`service`] is what the tools do, [`tools`] how models see them, [`server`] the Headroom server that
//! may run beside it; how a client gets there is the crate `mcp-server`'s.

mod server;
mod service;
mod tools;

use std::net::SocketAddr;
use std::sync::Arc;

use access::AccessPolicy;
use mcp_server::ServeError;

use crate::failure::Failure;
use crate::output;

pub(crate) use server::Server;
pub(crate) use service::Service;

/// Serves the client on standard input and output until it closes them.
///
/// # Errors
/// If the client doesn't speak MCP, or the system gives no threads.
pub(crate) fn serve_stdio(service: Service) -> Result<(), Failure> {
    Ok(mcp_server::serve_stdio(tools::Tools::at(Arc::new(service)))?)
}

/// Serves clients over HTTP until the process is told to end.
///
/// # Errors
/// If the address can't be listened on, or the system gives no threads.
pub(crate) fn serve_http(
    service: Service,
    address: SocketAddr,
    access: AccessPolicy,
) -> Result<(), Failure> {
    let service = Arc::new(service);
    let tools = move || tools::Tools::at(Arc::clone(&service));
    mcp_server::serve_http(tools, address, access, |address| {
        output::print(&format!("Headroom's MCP server listens on http://{address}/mcp\n"))
    })
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        Self::new(error)
    }
}
