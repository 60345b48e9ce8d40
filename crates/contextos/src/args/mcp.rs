//! The arguments of `contextos mcp`.

use agent_config::install;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

/// `contextos mcp`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  contextos mcp install --agent claude
  contextos mcp install --agent all --dry-run
  contextos mcp status
  contextos mcp uninstall --agent claude

Everything else in an agent's config file stays as it is. The original file is kept beside it, and
uninstall restores it.")]
pub(crate) struct McpArgs {
    #[command(subcommand)]
    pub(crate) command: McpCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum McpCommand {
    /// Add `contextos serve --stdio` to the config files of agents
    Install(McpChangeArgs),
    /// Show which agents are configured
    Status(McpAgentArgs),
    /// Remove the entries that install added
    Uninstall(McpChangeArgs),
}

/// The arguments of install and uninstall.
#[derive(Debug, Args)]
pub(crate) struct McpChangeArgs {
    #[command(flatten)]
    pub(crate) agent: McpAgentArgs,
    /// Also replace or remove an entry that ContextOS didn't write
    #[arg(long)]
    pub(crate) force: bool,
    /// Change nothing; print what would be changed
    #[arg(long)]
    pub(crate) dry_run: bool,
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
