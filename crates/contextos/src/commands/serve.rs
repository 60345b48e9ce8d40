//! `contextos serve`: the MCP server, on standard input and output or over HTTP.

use std::net::SocketAddr;

use access::{AccessPolicy, RemoteAccess};

use crate::args::{Global, ServeArgs};
use crate::failure::Failure;
use crate::mcp::{self, Service};
use crate::terminal::Terminal;

pub(super) fn run(global: &Global, args: ServeArgs, terminal: &Terminal) -> Result<(), Failure> {
    let root = global.repository(args.repo.as_deref());
    let service = Service::new(&root, args.allow_any_root, global.config.clone())?;
    if args.stdio {
        return mcp::serve_stdio(service, args.tools);
    }
    let address = SocketAddr::new(args.host, args.port);
    let remote = RemoteAccess::new(args.host, args.token, args.no_auth).map_err(Failure::usage)?;
    let access = AccessPolicy::new(args.allow_host, remote);
    mcp::serve_http(service, args.tools, address, access, terminal)
}
