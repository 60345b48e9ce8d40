//! `headroom run`.

use std::ffi::OsString;
use std::time::Duration;

use clap::Args;

use super::LimitArgs;
use crate::store::{StoreArgs, parse_time};

/// `headroom run`
#[derive(Debug, Args)]
#[command(after_help = "\
The command runs as it would without Headroom: with the same input, exit code and signals,
and with standard output and standard error apart. Output to a terminal isn't compressed.
Output is passed through unchanged as soon as it is known that the command runs longer
than --hold, waits for input, or writes something other than text.

Examples:
  headroom run -- cargo test
  headroom run --task 'why does login fail?' -- git log --stat
  headroom run -- sh -c 'make 2>&1 | tail -500'")]
pub(crate) struct RunArgs {
    /// What the reader is working on; lines that match it are kept
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) task: String,

    /// How long output may be held back to be compressed as a whole
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_time)]
    pub(crate) hold: Duration,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,

    #[command(flatten)]
    pub(crate) store: StoreArgs,

    /// The command and its arguments
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true)]
    #[arg(allow_hyphen_values = true)]
    pub(crate) command: Vec<OsString>,
}
