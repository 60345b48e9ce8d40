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

Everything else in an agent's config file stays as it is. The original file is kept beside
it, and uninstall restores it.")]
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
    /// Remove the entries that install added
    Uninstall(McpUninstallArgs),
    /// Run the MCP server: for one agent on standard input and output, or for several over HTTP
    Serve(McpServeArgs),
}

/// `headroom mcp install`
#[derive(Debug, Args)]
pub(crate) struct McpInstallArgs {
    #[command(flatten)]
    pub(crate) agent: McpAgentArgs,
    #[command(flatten)]
    pub(crate) how: McpHowArgs,
    /// The URL of the Headroom server, if it isn't the default
    #[arg(long, value_name = "URL")]
    pub(crate) proxy_url: Option<String>,
}

/// `headroom mcp status`
#[derive(Debug, Args)]
pub(crate) struct McpStatusArgs {
    #[command(flatten)]
    pub(crate) agent: McpAgentArgs,
    /// The URL of the Headroom server [default: HEADROOM_BASE_URL, else http://127.0.0.1:8787]
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
    /// The URL of the Headroom server [default: HEADROOM_BASE_URL, else http://127.0.0.1:8787]
    #[arg(long, value_name = "URL", env = environment::PROXY_URL)]
    pub(crate) proxy_url: Option<String>,
    /// How clients connect: `stdio` for the agent that starts the server, `http` for several, at /mcp
    #[arg(long, value_name = "stdio|http", default_value = "stdio", hide_possible_values = true)]
    pub(crate) transport: McpTransport,
    #[command(flatten)]
    pub(crate) http: McpHttpArgs,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// How clients connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum McpTransport {
    /// One, on standard input and output.
    Stdio,
    /// Any number, over HTTP.
    Http,
}

/// Where the MCP server listens, and who may use it.
#[derive(Debug, Args)]
#[command(next_help_heading = "With --transport http")]
pub(crate) struct McpHttpArgs {
    /// The address to listen on [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    host: Option<IpAddr>,
    /// The port to listen on; 0 chooses a free one [default: 8788]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Another host name by which clients may address this server; may be given more than once
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<String>,
    /// The token that clients on other machines must send [default: HEADROOM_API_KEY]
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// Accept requests from other machines without a token
    #[arg(long, conflicts_with = "token")]
    pub(crate) no_auth: bool,
}

impl McpHttpArgs {
    /// Whether any of these flags was given.
    pub(crate) fn is_given(&self) -> bool {
        let is_about_others = !self.allow_host.is_empty() || self.token.is_some() || self.no_auth;
        self.host.is_some() || self.port.is_some() || is_about_others
    }

    /// The token that clients on other machines must send, from the flag or the environment.
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
    /// An agent, or `all` that are installed on this machine
    #[arg(long, value_name = "NAME", default_value = install::ALL)]
    #[arg(value_parser = PossibleValuesParser::new(install::names()))]
    pub(crate) agent: String,
}

/// How config files are changed.
#[derive(Debug, Args)]
pub(crate) struct McpHowArgs {
    /// Also replace or remove an entry that Headroom didn't write
    #[arg(long)]
    pub(crate) force: bool,
    /// Change nothing; print what would be changed
    #[arg(long)]
    pub(crate) dry_run: bool,
}
