//! The MCP server, `contextos serve`: what agents may ask about a checkout.
//!
//! [`desk`] is what the tools do, without the protocol; [`tools`] how a model sees them; [`http`] and
//! [`serve_stdio`] how a client gets there. A desk serves one folder, and nothing it answers lies
//! outside of it or holds a credential.

mod desk;
mod http;
mod notify;
mod schema;
mod shelf;
mod tools;

use rmcp::ServiceExt;
use rmcp::transport::stdio;
use tokio::runtime::Builder;

use crate::failure::Failure;

pub(crate) use desk::Desk;
pub(crate) use http::{Door, serve as serve_http};

/// Serves the client on standard input and output until it closes them.
///
/// # Errors
/// When the client doesn't speak MCP, or the system gives no threads.
pub(crate) fn serve_stdio(desk: Desk) -> Result<(), Failure> {
    let system = |error| Failure::new(format_args!("no threads to serve with: {error}"));
    let runtime = Builder::new_current_thread().enable_all().build().map_err(system)?;
    runtime.block_on(async {
        let service = tools::Tools::new(desk).serve(stdio()).await.map_err(|error| {
            Failure::new(format_args!("the client on standard input speaks no MCP: {error}"))
        })?;
        // It ends when the client goes; why it went is the client's business.
        let _ = service.waiting().await;
        Ok::<(), Failure>(())
    })?;
    // A reader of standard input can't be called back; the process ends without it.
    runtime.shutdown_background();
    Ok(())
}
