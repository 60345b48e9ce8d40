//! `headroom hooks`.

use agent_config::agent;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

/// `headroom hooks`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headroom hooks install --agent claude --dry-run
  headroom hooks install --agent claude
  headroom hooks status --agent claude
  headroom hooks uninstall --agent claude

The hook rewrites a shell command of the agent to `headroom run -- SHELL -c COMMAND`. It
doesn't change a command that might then behave differently, or to which one of the agent's
own permission rules may apply. Everything else in the settings stays as it is.")]
pub(crate) struct HooksArgs {
    #[command(subcommand)]
    pub(crate) command: HooksCommand,
}

/// What to do about hooks.
#[derive(Debug, Subcommand)]
pub(crate) enum HooksCommand {
    /// Add the hook to the agent's settings
    Install(HooksHowArgs),
    /// Remove the hook from the agent's settings
    Uninstall(HooksHowArgs),
    /// Show whether the hook is installed
    Status(HooksAgentArgs),
    /// The hook itself: read a tool call from standard input, write the change to standard output
    PreToolUse,
}

/// Which agent.
#[derive(Debug, Args)]
pub(crate) struct HooksAgentArgs {
    /// The agent
    #[arg(long, value_name = "NAME")]
    #[arg(value_parser = PossibleValuesParser::new(agent::ids(|agent| agent.hook.is_some())))]
    pub(crate) agent: String,
}

/// How settings are changed.
#[derive(Debug, Args)]
pub(crate) struct HooksHowArgs {
    #[command(flatten)]
    pub(crate) agent: HooksAgentArgs,
    /// Change nothing; print what would be changed
    #[arg(long)]
    pub(crate) dry_run: bool,
}
