//! `headroom wrap` and `headroom unwrap`.

use std::ffi::OsString;

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::wrap::agent;

/// `headroom wrap`
#[derive(Debug, Args)]
#[command(after_help = WRAP)]
pub(crate) struct WrapArgs {
    /// The agent
    #[arg(value_parser = PossibleValuesParser::new(agent::ids()))]
    pub(crate) agent: String,

    /// Write the base URL into the agent's settings instead of running the agent; for a server that
    /// always runs
    #[arg(long)]
    pub(crate) keep: bool,

    /// Arguments for the agent
    #[arg(last = true, value_name = "ARGS", conflicts_with = "keep")]
    pub(crate) args: Vec<OsString>,
}

const WRAP: &str = "\
Runs the agent with its requests sent through Headroom: through a server that is already
running, if it forwards to where the agent's requests go now, otherwise through one that
is started for the agent and stops with it. If a base URL is already set for the agent,
Headroom forwards the requests to it. The agent's files aren't changed. The exit code is
the agent's.

Examples:
  headroom wrap claude
  headroom wrap codex -- exec 'fix the failing test'
  ANTHROPIC_BASE_URL=https://gateway.example headroom wrap claude -- --model opus
  headroom wrap claude --keep     for a server that runs as a service
  headroom unwrap claude          undo --keep";

/// `headroom unwrap`
#[derive(Debug, Args)]
#[command(after_help = "\
Removes a base URL that points to Headroom from the agent's settings, and restores the one
from before `headroom wrap AGENT --keep`.")]
pub(crate) struct UnwrapArgs {
    /// The agent [default: all of them]
    #[arg(value_parser = PossibleValuesParser::new(agent::ids()))]
    pub(crate) agent: Option<String>,
}
