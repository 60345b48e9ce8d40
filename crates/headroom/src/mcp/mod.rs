//! The MCP server, `headroom mcp serve`: three tools.
//!
//! [`desk`] is what the tools do, [`tools`] how models see them, [`server`] the Headroom server that
//! may run beside it; how a client gets there is the crate `mcp-server`'s.

mod desk;
mod server;
mod tools;

use std::sync::Arc;

use mcp_server::{Door, ServeError};

use crate::failure::Failure;
use crate::screen;

pub(crate) use desk::Desk;
pub(crate) use server::Server;

/// Serves the client on standard input and output until it closes them.
///
/// # Errors
/// If the client doesn't speak MCP, or the system gives no threads.
pub(crate) fn serve_stdio(desk: Desk) -> Result<(), Failure> {
    Ok(mcp_server::serve_stdio(tools::Tools::at(Arc::new(desk)))?)
}

/// Serves clients over HTTP until the process is told to end.
///
/// # Errors
/// If the address can't be listened on, or the system gives no threads.
pub(crate) fn serve_http(desk: Desk, door: Door) -> Result<(), Failure> {
    let desk = Arc::new(desk);
    let tools = move || tools::Tools::at(Arc::clone(&desk));
    mcp_server::serve_http(tools, door, |address| {
        screen::print(&format!("Headroom's MCP server listens on http://{address}/mcp\n"))
    })
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        Self::new(error)
    }
}
