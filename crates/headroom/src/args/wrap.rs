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

    /// Write it into the agent's own settings instead of running it, for a server that always runs
    #[arg(long)]
    pub(crate) keep: bool,

    /// What the agent is started with
    #[arg(last = true, value_name = "ARGS", conflicts_with = "keep")]
    pub(crate) args: Vec<OsString>,
}

const WRAP: &str = "\
Runs the agent with its requests sent through Headroom: through the server that runs
already, if it forwards to where the agent's requests go now, else through one that is
started for the agent and ends with it. A base URL that is already set for the agent is
where the requests go on to. Nothing is written to the agent's files. Its exit code is the
agent's.

Examples:
  headroom wrap claude
  headroom wrap codex -- exec 'fix the failing test'
  ANTHROPIC_BASE_URL=https://gateway.example headroom wrap claude -- --model opus
  headroom wrap claude --keep     for a server that runs as a service; undo: unwrap claude";

/// `headroom unwrap`
#[derive(Debug, Args)]
#[command(after_help = "\
Takes a base URL that leads to Headroom out of the agent's settings, and puts back what was
there before `headroom wrap AGENT --keep`.")]
pub(crate) struct UnwrapArgs {
    /// The agent; all of them without it
    #[arg(value_parser = PossibleValuesParser::new(agent::ids()))]
    pub(crate) agent: Option<String>,
}
