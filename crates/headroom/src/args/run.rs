//! `headroom run`.

use std::ffi::OsString;
use std::time::Duration;

use clap::Args;

use crate::store::{StoreArgs, parse_time};

/// `headroom run`
#[derive(Debug, Args)]
#[command(after_help = "\
The command runs as it would without this: the same input, the same exit code, the same
signals, standard output and standard error apart. What goes to a terminal goes there as
it is. Output of a command that runs longer than --hold, that waits for input, or that
isn't text, comes as it is, as soon as that is known.

Examples:
  headroom run -- cargo test
  headroom run --task 'why does login fail?' -- git log --stat
  headroom run -- sh -c 'make 2>&1 | tail -500'")]
pub(crate) struct RunArgs {
    /// What the reader is doing: words that must stay findable
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) task: String,

    /// How long output is held back to make it smaller
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_time)]
    pub(crate) hold: Duration,

    #[command(flatten)]
    pub(crate) store: StoreArgs,

    /// The command and its arguments
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true)]
    #[arg(allow_hyphen_values = true)]
    pub(crate) command: Vec<OsString>,
}
