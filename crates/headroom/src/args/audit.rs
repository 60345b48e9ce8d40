//! `headroom audit`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::store::parse_time;

/// `headroom audit`
#[derive(Debug, Args)]
#[command(after_help = AUDIT)]
pub(crate) struct AuditArgs {
    /// Transcripts, or folders of them [default: those that agents keep on this machine]
    pub(crate) files: Vec<PathBuf>,

    /// Without FILES: how far back to read the agents' transcripts
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = parse_time)]
    pub(crate) since: Duration,

    /// Print the report as JSON
    #[arg(long)]
    pub(crate) json: bool,

    /// Also write the report to this file, as an HTML page
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

const AUDIT: &str = "\
Replays the sessions through the compression that `headroom serve` applies, and reports
what they would have cost with it. Nothing leaves this machine, and nothing is stored.
Prices are list prices; ~/.headroom/prices.toml overrides them.

Examples:
  headroom audit
  headroom audit --since 90d --html audit.html
  headroom audit ~/.claude/projects/-home-me-app";
