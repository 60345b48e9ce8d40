//! The arguments of `contextos hooks`.

use agent_config::hook::Event;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

/// `contextos hooks`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  contextos hooks install --agent claude --dry-run
  contextos hooks install --agent claude
  contextos hooks uninstall --agent claude

Once in a session, the hook adds a pack of at most 1,000 tokens to a prompt of eight words or
more, if files of the repository clearly match it. Everything else in the settings stays as it
is.")]
pub(crate) struct HooksArgs {
    #[command(subcommand)]
    pub(crate) command: HooksCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HooksCommand {
    /// Put the hook into the agent's settings
    Install(HooksChangeArgs),
    /// Take it out again
    Uninstall(HooksChangeArgs),
    /// Show whether it is there
    Status(HooksAgentArgs),
    /// Be the hook: a prompt on standard input, what is added to it on standard output
    UserPromptSubmit,
}

/// What install and uninstall take.
#[derive(Debug, Args)]
pub(crate) struct HooksChangeArgs {
    #[command(flatten)]
    pub(crate) agent: HooksAgentArgs,
    /// Change nothing; print what would be changed
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Which agent.
#[derive(Debug, Args)]
pub(crate) struct HooksAgentArgs {
    /// The agent
    #[arg(long, value_name = "NAME")]
    #[arg(value_parser = PossibleValuesParser::new(Event::Prompt.agents()))]
    pub(crate) agent: String,

    /// The settings of the project in this folder, for everybody who works there, instead of your own
    #[arg(long)]
    pub(crate) project: bool,
}
