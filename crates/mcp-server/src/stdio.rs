//! One client, on standard input and output.

use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::stdio;
use rmcp::{ServerHandler, ServiceExt};
use tokio::runtime::Builder;

use crate::{LARGEST_REQUEST, ServeError};

/// The longest message, in bytes. Longer ones are skipped without a response, so it has room for the
/// largest request with every byte written as an escape (`\u001b`, six bytes), which gets one.
const LONGEST_MESSAGE: usize = 6 * LARGEST_REQUEST + (1 << 20);

/// Serves the client on standard input and output until it closes them.
///
/// # Errors
/// If the client doesn't speak MCP, or the runtime can't be started.
pub fn serve(service: impl ServerHandler) -> Result<(), ServeError> {
    let runtime =
        Builder::new_current_thread().enable_all().build().map_err(ServeError::Threads)?;
    let served = runtime.block_on(async {
        let (input, output) = stdio();
        let transport = AsyncRwTransport::new(input, output).with_max_line_length(LONGEST_MESSAGE);
        let service = service.serve(transport).await.map_err(Box::new)?;
        // It ends when the client disconnects; another end is a panic, which has been reported.
        let _ = service.waiting().await;
        Ok(())
    });
    // A thread that reads standard input can't be stopped; the process ends without it.
    runtime.shutdown_background();
    served
}
