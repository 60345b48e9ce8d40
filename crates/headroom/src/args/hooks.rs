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

The hook turns a shell command of the agent into `headroom run -- SHELL -c COMMAND`. It
leaves alone what it can't wrap without changing what it does, and what a rule of the
agent's own permissions may be about. Everything else in the settings stays as it is.")]
pub(crate) struct HooksArgs {
    #[command(subcommand)]
    pub(crate) command: HooksCommand,
}

/// What to do about hooks.
#[derive(Debug, Subcommand)]
pub(crate) enum HooksCommand {
    /// Put the hook into the agent's settings
    Install(HooksHowArgs),
    /// Take it out again
    Uninstall(HooksHowArgs),
    /// Show whether it is there
    Status(HooksAgentArgs),
    /// Be the hook: a tool call on standard input, what to change on standard output
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
