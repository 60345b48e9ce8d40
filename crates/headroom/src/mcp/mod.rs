//! The MCP server, `headroom mcp serve`: three tools. And `headroom mcp wrap`, which relays between
//! agents and other servers.
//!
//! [`service`] implements the tools, [`tools`] describes them to a model, [`server`] is a client of the
//! Headroom server, which may run as well; [`mod@wrap`] compresses the results of other servers. The transports
//! are in the crate `mcp-server`, and messages are relayed by `mcp-relay`.

mod server;
mod service;
mod tools;
mod wrap;

use std::net::SocketAddr;
use std::sync::Arc;

use access::AccessPolicy;
use mcp_server::ServeError;

use crate::failure::Failure;
use crate::output;

pub(crate) use server::Server;
pub(crate) use service::Service;
pub(crate) use tools::retrieve_definition;
pub(crate) use wrap::{Results, wrap};

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
