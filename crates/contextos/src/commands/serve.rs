//! `contextos serve`: the MCP server, on standard input and output or over HTTP.

use std::net::SocketAddr;

use mcp_server::AccessPolicy;

use crate::args::{Global, ServeArgs};
use crate::failure::Failure;
use crate::mcp::{self, Service};
use crate::terminal::Terminal;

pub(super) fn run(global: &Global, args: ServeArgs, terminal: &Terminal) -> Result<(), Failure> {
    let root = global.repository(args.repo.as_deref());
    let service = Service::new(&root, args.allow_any_root, global.config.clone())?;
    if args.stdio {
        return mcp::serve_stdio(service);
    }
    let address = SocketAddr::new(args.host, args.port);
    let access = AccessPolicy::new(address, args.allow_host, args.token, args.no_auth);
    let access = access.map_err(Failure::usage)?;
    mcp::serve_http(service, access, terminal)
}
