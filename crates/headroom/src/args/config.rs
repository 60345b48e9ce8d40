//! `headroom config`.

use clap::{Args, Subcommand};

/// `headroom config`
#[derive(Debug, Args)]
#[command(after_help = CONFIG)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

/// What to do with the settings.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting, its value, and where that comes from
    #[command(after_help = "\
Examples:
  headroom config show
  headroom config show --json | jq '.settings[] | select(.origin != \"default\")'")]
    Show {
        /// Print a JSON object
        #[arg(long)]
        json: bool,
    },
}

const CONFIG: &str = "\
A flag counts before a variable, and that before ~/.headroom/config.toml, where everything
is optional:

  lossless = false              # leave nothing out of anything
  redact_secrets = false        # replace credentials in what headroom serve sends

  [exclude]                     # results that stay as they are
  tools = [\"mcp__db__*\"]        # * stands for anything
  commands = [\"git diff\"]       # also git diff --stat
  paths = [\"*.env\"]             # by the end of the path

  [lossless_for]                # results of which nothing is left out
  tools = [\"Read\"]
  commands = []
  paths = [\"*.md\"]
  kinds = [\"log\"]               # as headroom compress --explain names them

  [keep]                        # lines with one of these are never left out
  texts = [\"ORA-\", \"TEAM BLUE\"]

These hold for serve, run, compress, hooks and the MCP servers alike; excludes need to know
the call, which compress and the tool headroom_compress don't.

Examples:
  headroom config show
  headroom config show --json";
