//! `headroom audit`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::store::parse_time;

/// `headroom audit`
#[derive(Debug, Args)]
#[command(after_help = AUDIT)]
pub(crate) struct AuditArgs {
    /// Transcripts, or folders of them; without it those that agents keep here
    pub(crate) files: Vec<PathBuf>,

    /// How far back transcripts are taken that agents keep here
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = parse_time)]
    pub(crate) since: Duration,

    /// Print a JSON object
    #[arg(long)]
    pub(crate) json: bool,

    /// Write one page that a browser shows to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

const AUDIT: &str = "\
Replays the sessions through the compression that `headroom serve` applies, and says what
they would have cost with it. Nothing leaves this machine, and nothing is kept. The prices
are list prices; other ones go into ~/.headroom/prices.toml.

Examples:
  headroom audit
  headroom audit --since 90d --html audit.html
  headroom audit ~/.claude/projects/-home-me-app";
