//! `headroom mcp`.

use clap::{Args, Subcommand};

use crate::environment;
use crate::store::StoreArgs;

/// `headroom mcp`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headroom mcp install --agent claude
  headroom mcp install --agent all --dry-run
  headroom mcp status
  headroom mcp uninstall --agent claude

Agents: claude, codex, cursor, gemini, opencode, vscode, windsurf, zed. Everything else in
an agent's config file stays as it is; the file as it was is kept beside it, and uninstall
gives it back.")]
pub(crate) struct McpArgs {
    #[command(subcommand)]
    pub(crate) command: McpCommand,
}

/// What to do about MCP.
#[derive(Debug, Subcommand)]
pub(crate) enum McpCommand {
    /// Tell agents to start `headroom mcp serve`
    Install(McpInstallArgs),
    /// Show which agents know of headroom, and whether the server answers
    Status(McpStatusArgs),
    /// Undo what install did
    Uninstall(McpUninstallArgs),
    /// Be the MCP server of the agent on standard input and output
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
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// Which agents.
#[derive(Debug, Args)]
pub(crate) struct McpAgentArgs {
    /// An agent, or `all` that are on this machine
    #[arg(long, value_name = "NAME|all", default_value = agents::install::ALL)]
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
