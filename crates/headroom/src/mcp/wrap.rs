//! `headroom mcp wrap`: results of other servers' tools are compressed, with the store of this machine.

use std::net::SocketAddr;
use std::sync::Arc;

use access::AccessPolicy;
use compress::{Options, Retrieval};
use mcp_relay::{Headroom, HttpSessions, RelayError, Setup};

use super::service::Service;
use super::tools;
use crate::failure::Failure;
use crate::output;

/// Compresses results and retrieves their originals.
pub(crate) struct Results {
    service: Arc<Service>,
    task: String,
    is_lossless: bool,
}

impl Results {
    /// Of an agent with this task; with `is_lossless`, nothing is omitted.
    pub(crate) fn new(service: Arc<Service>, task: &str, is_lossless: bool) -> Self {
        Self { service, task: task.to_owned(), is_lossless }
    }
}

impl Headroom for Results {
    fn compress(&self, text: &str, kind: Option<&str>) -> Option<String> {
        let retrieval = match self.is_lossless {
            true => Retrieval::None,
            false => Retrieval::Offered,
        };
        let options = Options {
            task: self.task.clone(),
            kind: kind.map(str::to_owned),
            retrieval,
            every_line: true,
            ..Options::default()
        };
        self.service.shorten(text, &options)
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
    results: Results,
    http: Option<(SocketAddr, AccessPolicy)>,
) -> Result<(), Failure> {
    let results = Arc::new(results);
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
