//! `headroom mcp`.

use std::net::{IpAddr, Ipv4Addr};

use agent_config::install;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand, ValueEnum};

use crate::environment;
use crate::store::StoreArgs;

/// Where the MCP server listens over HTTP.
const MCP_PORT: u16 = 8788;

/// `headroom mcp`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headroom mcp install --agent claude
  headroom mcp install --agent all --dry-run
  headroom mcp status
  headroom mcp uninstall --agent claude

Everything else in an agent's config file stays as it is; the file as it was is kept beside
it, and uninstall gives it back.")]
pub(crate) struct McpArgs {
    #[command(subcommand)]
    pub(crate) command: McpCommand,
}

/// What to do about MCP.
#[derive(Debug, Subcommand)]
pub(crate) enum McpCommand {
    /// Add `headroom mcp serve` to the config files of agents
    Install(McpInstallArgs),
    /// Show which agents are configured, and whether the server answers
    Status(McpStatusArgs),
    /// Undo what install did
    Uninstall(McpUninstallArgs),
    /// Be the MCP server of the agent on standard input and output, or of several over HTTP
    Serve(McpServeArgs),
}

/// `headroom mcp install`
#[derive(Debug, Args)]
pub(crate) struct McpInstallArgs {
    #[command(flatten)]
    pub(crate) agent: McpAgentArgs,
    #[command(flatten)]
    pub(crate) how: McpHowArgs,
    /// Where the Headroom server is, if it isn't at its default address
    #[arg(long, value_name = "URL")]
    pub(crate) proxy_url: Option<String>,
}

/// `headroom mcp status`
#[derive(Debug, Args)]
pub(crate) struct McpStatusArgs {
    #[command(flatten)]
    pub(crate) agent: McpAgentArgs,
    /// Where the Headroom server is [default: HEADROOM_BASE_URL, else http://127.0.0.1:8787]
    #[arg(long, value_name = "URL", env = environment::PROXY_URL)]
    pub(crate) proxy_url: Option<String>,
}

/// `headroom mcp uninstall`
#[derive(Debug, Args)]
pub(crate) struct McpUninstallArgs {
    #[command(flatten)]
    pub(crate) agent: McpAgentArgs,
    #[command(flatten)]
    pub(crate) how: McpHowArgs,
}

/// `headroom mcp serve`
#[derive(Debug, Args)]
pub(crate) struct McpServeArgs {
    /// Where the Headroom server is [default: HEADROOM_BASE_URL, else http://127.0.0.1:8787]
    #[arg(long, value_name = "URL", env = environment::PROXY_URL)]
    pub(crate) proxy_url: Option<String>,
    /// How clients come: `stdio` for the agent that starts it, `http` for several, at /mcp
    #[arg(long, value_name = "stdio|http", default_value = "stdio", hide_possible_values = true)]
    pub(crate) transport: McpTransport,
    #[command(flatten)]
    pub(crate) http: McpHttpArgs,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// How clients come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum McpTransport {
    /// One, on standard input and output.
    Stdio,
    /// Any number, over HTTP.
    Http,
}

/// Where the MCP server listens, and whom it lets in.
#[derive(Debug, Args)]
#[command(next_help_heading = "With --transport http")]
pub(crate) struct McpHttpArgs {
    /// The address to listen on [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    host: Option<IpAddr>,
    /// The port to listen on; 0 takes a free one [default: 8788]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Another name by which clients may call this server; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<String>,
    /// What callers from other machines have to know [default: HEADROOM_API_KEY]
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// Let callers from other machines in without a token
    #[arg(long, conflicts_with = "token")]
    pub(crate) no_auth: bool,
}

impl McpHttpArgs {
    /// Whether any of this was said.
    pub(crate) fn is_given(&self) -> bool {
        let is_about_others = !self.allow_host.is_empty() || self.token.is_some() || self.no_auth;
        self.host.is_some() || self.port.is_some() || is_about_others
    }

    /// What callers from other machines have to know.
    pub(crate) fn token(&self) -> Option<String> {
        self.token.clone().or_else(environment::token).filter(|_| !self.no_auth)
    }

    /// The address to listen on.
    pub(crate) fn host(&self) -> IpAddr {
        self.host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }

    /// The port to listen on.
    pub(crate) fn port(&self) -> u16 {
        self.port.unwrap_or(MCP_PORT)
    }
}

/// Which agents.
#[derive(Debug, Args)]
pub(crate) struct McpAgentArgs {
    /// An agent, or `all` that are on this machine
    #[arg(long, value_name = "NAME", default_value = install::ALL)]
    #[arg(value_parser = PossibleValuesParser::new(install::names()))]
    pub(crate) agent: String,
}

/// How config files are changed.
#[derive(Debug, Args)]
pub(crate) struct McpHowArgs {
    /// Override an entry of another making, too
    #[arg(long)]
    pub(crate) force: bool,
    /// Change nothing; print what would be changed
    #[arg(long)]
    pub(crate) dry_run: bool,
}
