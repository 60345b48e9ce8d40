//! `contextos serve`: the MCP server, on standard input and output or over HTTP.

use std::net::SocketAddr;

use mcp_server::Door;

use crate::args::{Global, ServeArgs};
use crate::failure::Failure;
use crate::mcp::{self, Desk};
use crate::terminal::Terminal;

pub(super) fn run(global: &Global, args: ServeArgs, terminal: &Terminal) -> Result<(), Failure> {
    let root = global.repository(args.repo.as_deref());
    let desk = Desk::new(&root, args.allow_any_root, global.config.clone())?;
    if args.stdio {
        return mcp::serve_stdio(desk);
    }
    let address = SocketAddr::new(args.host, args.port);
    let door = Door::new(address, args.allow_host, args.token, args.no_auth);
    let door = door.map_err(Failure::usage)?;
    mcp::serve_http(desk, door, terminal)
}
