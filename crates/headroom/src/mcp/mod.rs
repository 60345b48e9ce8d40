//! The MCP server, `headroom mcp serve`: three tools over standard input and output.
//!
//! [`desk`] is what the tools do, [`tools`] how models see them, [`server`] the Headroom server that
//! may run beside it. Start reading at [`serve`].

mod desk;
mod schema;
mod server;
mod tools;

use rmcp::ServiceExt;
use rmcp::transport::stdio;

pub(crate) use desk::Desk;
pub(crate) use server::Server;

/// Why serving ended before the client did.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The client didn't begin as the protocol says.
    #[error("the client on standard input is not an MCP client: {0}")]
    Client(#[from] Box<rmcp::service::ServerInitializeError>),
    /// The system gives no threads or pipes.
    #[error("{0}")]
    System(#[from] std::io::Error),
}

/// Serves the client on standard input and output until it closes them.
///
/// # Errors
/// If the client doesn't speak MCP, or the system gives no threads.
pub(crate) fn serve(desk: Desk) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let service = tools::Tools::new(desk).serve(stdio()).await.map_err(Box::new)?;
        // An end of the task other than the client's leaving is a panic, reported where it was.
        let _ = service.waiting().await;
        Ok(())
    })
}
