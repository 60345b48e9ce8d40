//! One client, on standard input and output.

use rmcp::transport::stdio;
use rmcp::{ServerHandler, ServiceExt};
use tokio::runtime::Builder;

use crate::ServeError;

/// Serves the client on standard input and output until it closes them.
///
/// # Errors
/// If the client doesn't speak MCP, or the system gives no threads.
pub fn serve(service: impl ServerHandler) -> Result<(), ServeError> {
    let runtime =
        Builder::new_current_thread().enable_all().build().map_err(ServeError::Threads)?;
    let served = runtime.block_on(async {
        let service = service.serve(stdio()).await.map_err(Box::new)?;
        // It ends when the client goes; an end of another kind is a panic, reported where it was.
        let _ = service.waiting().await;
        Ok(())
    });
    // A reader of standard input can't be called back; the process ends without it.
    runtime.shutdown_background();
    served
}
