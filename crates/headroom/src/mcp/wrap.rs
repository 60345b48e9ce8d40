//! `headroom mcp wrap`: results of other servers' tools are compressed, with the store of this machine.

use std::net::SocketAddr;
use std::sync::Arc;

use access::AccessPolicy;
use mcp_relay::{Headroom, HttpSessions, RelayError, Setup};

use super::service::Service;
use super::tools;
use crate::failure::Failure;
use crate::output;

/// Compresses results and retrieves their originals.
struct Results {
    service: Arc<Service>,
    task: String,
}

impl Headroom for Results {
    fn compress(&self, text: &str, kind: Option<&str>) -> Option<String> {
        self.service.shorten(text, &self.task, kind)
    }

    fn retrieve(&self, arguments: &str) -> String {
        tools::retrieve(&self.service, arguments)
    }
}

/// Relays between clients and the servers of `setup`: one client on standard input and output, or, with an
/// address, any number over HTTP.
///
/// # Errors
/// If a server can't be started or ends, or the address can't be listened on.
pub(crate) fn wrap(
    setup: Setup,
    service: Arc<Service>,
    task: &str,
    http: Option<(SocketAddr, AccessPolicy)>,
) -> Result<(), Failure> {
    let results = Arc::new(Results { service, task: task.to_owned() });
    let Some((address, access)) = http else {
        return Ok(mcp_relay::serve_stdio(&setup, results)?);
    };
    let sessions = HttpSessions::new(setup, results);
    let router = sessions.router();
    let until = Arc::clone(&sessions).until_told_to_end();
    let served = mcp_server::serve_router(router, address, access, until, |address| {
        output::print(&format!("Headroom's MCP relay listens on http://{address}/mcp\n"))
    });
    sessions.close();
    served
}

impl From<RelayError> for Failure {
    fn from(error: RelayError) -> Self {
        Self::new(error)
    }
}
