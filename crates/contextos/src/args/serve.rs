//! The arguments of `contextos serve`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `contextos serve`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  contextos serve --stdio
  contextos serve ../service --port 8000
  contextos mcp install --agent claude       add the server to an agent's configuration

Over HTTP the server is at /mcp.")]
pub(crate) struct ServeArgs {
    /// The repository [default: the current folder]
    #[arg(value_name = "REPO")]
    pub(crate) repo: Option<PathBuf>,
    /// Serve one client on standard input and output, instead of HTTP
    #[arg(long, conflicts_with_all = ["host", "port", "allow_host", "token", "no_auth"])]
    pub(crate) stdio: bool,
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) host: IpAddr,
    /// The port to listen on; 0 chooses a free one
    #[arg(long, short, value_name = "PORT", default_value_t = 8000)]
    pub(crate) port: u16,
    /// Another host name by which clients may address this server; may be given more than once
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<String>,
    /// The token that clients on other machines must send
    #[arg(long, value_name = "TOKEN")]
    pub(crate) token: Option<String>,
    /// Accept requests from other machines without a token
    #[arg(long, conflicts_with = "token")]
    pub(crate) no_auth: bool,
    /// The tools that are listed to clients; each costs tokens in every request of an agent
    #[arg(long, value_enum, value_name = "WHICH", default_value_t)]
    pub(crate) tools: ListedTools,
    /// Let clients name repositories outside this one
    #[arg(long)]
    pub(crate) allow_any_root: bool,
}

/// The tools that clients are told of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListedTools {
    /// What an agent needs for a task; calls of the others are answered, too
    #[default]
    Core,
    /// All eight
    All,
}
