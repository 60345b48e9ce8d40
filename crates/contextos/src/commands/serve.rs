//! `contextos serve`: the MCP server, on standard input and output or over HTTP.

use crate::args::{Global, ServeArgs};
use crate::failure::Failure;
use crate::mcp::{self, Desk, Door};
use crate::terminal::Terminal;

pub(super) fn run(global: &Global, args: ServeArgs, terminal: &Terminal) -> Result<(), Failure> {
    let root = global.repository(args.repo.as_deref());
    let desk = Desk::new(&root, args.allow_any_root, global.config.clone())?;
    if args.stdio {
        return mcp::serve_stdio(desk);
    }
    if !args.host.is_loopback() && args.token.is_none() && !args.no_auth {
        return Err(Failure::usage(format_args!(
            "--host {} lets other machines in: give them a --token, or say --no-auth",
            args.host
        )));
    }
    let door = Door {
        host: args.host,
        port: args.port,
        allowed_hosts: args.allow_host,
        token: args.token,
    };
    mcp::serve_http(desk, door, terminal)
}
