//! `headroom hooks`.

use agent_config::hook::Event;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

use super::LimitArgs;
use crate::environment;
use crate::store::StoreArgs;

/// `headroom hooks`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  headroom hooks install --agent claude --dry-run
  headroom hooks install --agent claude
  headroom hooks install --agent claude --project
  headroom hooks status --agent claude
  headroom hooks uninstall --agent claude

The hook compresses the results of the agent's tools after each tool has run. It rewrites no
command, affects no permission, and needs no proxy. With --rewrite-commands, another hook
rewrites a shell command of the agent to `headroom run -- SHELL -c COMMAND` instead. That
one doesn't change a command that might then behave differently, or to which one of the
agent's own permission rules may apply. Everything else in the settings stays as it is.")]
pub(crate) struct HooksArgs {
    #[command(subcommand)]
    pub(crate) command: HooksCommand,
}

/// What to do about hooks.
#[derive(Debug, Subcommand)]
pub(crate) enum HooksCommand {
    /// Add the hook to the agent's settings
    Install(HooksInstallArgs),
    /// Remove all hooks of Headroom from the agent's settings
    Uninstall(HooksHowArgs),
    /// Show which hooks are installed
    Status(HooksAgentArgs),
    /// The hook for commands: read a tool call from standard input, write the change to standard output
    PreToolUse,
    /// The hook for results: read a tool's result from standard input, write its replacement to standard output
    PostToolUse(HooksResultArgs),
}

/// Which agent.
#[derive(Debug, Args)]
pub(crate) struct HooksAgentArgs {
    /// The agent
    #[arg(long, value_name = "NAME")]
    #[arg(value_parser = PossibleValuesParser::new(agents()))]
    pub(crate) agent: String,

    /// Use the settings of the project in the current folder instead of your own
    #[arg(long)]
    pub(crate) project: bool,
}

/// The agents that take one of Headroom's hooks.
fn agents() -> Vec<&'static str> {
    let mut agents = [Event::Result.agents(), Event::Command.agents()].concat();
    agents.sort_unstable();
    agents.dedup();
    agents
}

/// `headroom hooks install`
#[derive(Debug, Args)]
pub(crate) struct HooksInstallArgs {
    #[command(flatten)]
    pub(crate) how: HooksHowArgs,

    /// Install the hook that rewrites shell commands instead of the one that compresses results
    #[arg(long)]
    pub(crate) rewrite_commands: bool,
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

/// `headroom hooks post-tool-use`
#[derive(Debug, Args)]
pub(crate) struct HooksResultArgs {
    /// The agent whose result it is
    #[arg(long, value_name = "NAME", default_value = "claude")]
    #[arg(value_parser = PossibleValuesParser::new(Event::Result.agents()))]
    pub(crate) agent: String,

    /// Leave the results of these tools as they are, with * for anything
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', help_heading = "Limits")]
    #[arg(env = environment::EXCLUDE_TOOLS)]
    pub(crate) exclude_tools: Vec<String>,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}
