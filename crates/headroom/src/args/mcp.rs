//! `headroom mcp`.

use std::net::{IpAddr, Ipv4Addr};

use agent_config::install;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand, ValueEnum};

use super::LimitArgs;
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
  headroom mcp wrap -- npx -y @modelcontextprotocol/server-github

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
    /// Relay between an agent and other MCP servers, and compress results and definitions of their tools
    #[command(after_help = WRAP)]
    Wrap(McpWrapArgs),
}

const WRAP: &str = "\
Results of tools are compressed. Originals of what was omitted are stored, and the agent
gets the tool headroom_retrieve for them. Everything else passes unchanged: resources,
prompts, sampling, elicitation, progress, cancellation, errors, structured content. Each
client has its own servers, which end with it; their standard error is passed through.

With several servers, the names of tools and prompts begin with the name of their server:
github__create_issue.

With --lazy, the definitions aren't in every request: the agent searches for a tool when
it needs one. Agents with a tool search of their own (Claude Code, Codex) don't need it.
An agent's permission rules then see call_tool only.

Examples:
  headroom mcp wrap -- npx -y @modelcontextprotocol/server-filesystem .
  headroom mcp wrap --lazy -- npx -y @playwright/mcp
  headroom mcp wrap --exclude-tools 'read_*' -- npx -y @modelcontextprotocol/server-filesystem .
  headroom mcp wrap --slim --name files -- npx -y @modelcontextprotocol/server-filesystem . \\
      -- docker run -i --rm -e GITHUB_TOKEN ghcr.io/github/github-mcp-server
  headroom mcp wrap --transport http --port 9000 -- uvx mcp-server-git

In an agent's config file, the server's command and arguments come after --:
  \"command\": \"headroom\",
  \"args\": [\"mcp\", \"wrap\", \"--\", \"npx\", \"-y\", \"@modelcontextprotocol/server-github\"]";

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

/// `headroom mcp wrap`
#[derive(Debug, Args)]
pub(crate) struct McpWrapArgs {
    /// List two tools instead of all: one searches the servers' tools, the other calls them
    #[arg(long)]
    pub(crate) lazy: bool,
    /// Shorten definitions of tools to what a call needs: the first sentences of descriptions, and
    /// schemas without titles, examples and defaults
    #[arg(long)]
    pub(crate) slim: bool,
    /// The agent's task: lines with its words are kept
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) task: String,
    /// The name of a server, where there are several; may be given once for each, in their order
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Vec<String>,
    /// Don't add headroom_retrieve: the agent has it from `headroom mcp serve`
    #[arg(long)]
    pub(crate) no_retrieve: bool,
    /// Leave the results of these tools as they are, with * for anything
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', help_heading = "Limits")]
    #[arg(env = environment::EXCLUDE_TOOLS)]
    pub(crate) exclude_tools: Vec<String>,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    /// The URL of the Headroom server [default: HEADROOM_BASE_URL, else http://127.0.0.1:8787]
    #[arg(long, value_name = "URL", env = environment::PROXY_URL)]
    pub(crate) proxy_url: Option<String>,
    /// How clients connect: `stdio` for the agent that starts the relay, `http` for several, at /mcp
    #[arg(long, value_name = "stdio|http", default_value = "stdio", hide_possible_values = true)]
    pub(crate) transport: McpTransport,
    #[command(flatten)]
    pub(crate) http: McpHttpArgs,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// The command of a server and its arguments; further servers each after another --
    #[arg(value_name = "SERVER", required = true, last = true, num_args = 1..)]
    server: Vec<String>,
}

impl McpWrapArgs {
    /// The command of each server.
    pub(crate) fn commands(&self) -> Vec<Vec<String>> {
        self.server.split(|word| word == "--").map(<[String]>::to_vec).collect()
    }
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

    /// The config file of the project in this folder, for everybody who works there, instead of your own
    #[arg(long)]
    pub(crate) project: bool,
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
