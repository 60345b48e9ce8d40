//! The arguments of commands about the repository that need no task: `scan`, `secrets`, `churn`.

use std::path::PathBuf;

use clap::Args;

/// `contextos scan`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  contextos scan
  contextos scan ../service --json
  contextos scan --max-files 5000 --no-index
  contextos scan --export index.bin    in a job of your CI; the same with --import in others

Writes file_summaries.json, dependency_graph.json and PROJECT_INDEX.md to .contextos/, and completes
the index in .contextos/cache, by which packs read only files that have changed.")]
pub(crate) struct ScanArgs {
    /// The repository [default: the current folder]
    #[arg(value_name = "REPO")]
    pub(crate) repo: Option<PathBuf>,
    /// Read at most N files, in the order of their paths; 0 reads all
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) max_files: usize,
    /// Don't write PROJECT_INDEX.md
    #[arg(long)]
    pub(crate) no_index: bool,
    /// Don't list the languages
    #[arg(long)]
    pub(crate) no_languages: bool,
    /// List the languages (the default)
    #[arg(long, hide = true, conflicts_with = "no_languages")]
    pub(crate) languages: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Afterwards, write the index to FILE, for other checkouts of this repository
    #[arg(long, value_name = "FILE")]
    pub(crate) export: Option<PathBuf>,
    /// First, take over the index that --export wrote to FILE
    #[arg(long, value_name = "FILE")]
    pub(crate) import: Option<PathBuf>,
    /// Read every file again, even if its metadata is as it was at the last run
    #[arg(long)]
    pub(crate) verify: bool,
}

/// `contextos secrets`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  contextos secrets
  contextos secrets --check        fails with exit code 3 if there are any: for CI and pre-commit
  contextos secrets --json
  contextos secrets --sarif > secrets.sarif

Prints the path, line, rule and fingerprint of each credential, never the credential itself. If
one is none, allow it by its fingerprint in your own ~/.config/contextos/config.toml; a repository
can't:

  [secrets]
  allow = [\"0123456789abcdef\"]

Packs go on without it all the same.")]
pub(crate) struct SecretsArgs {
    /// The repository [default: the current folder]
    #[arg(value_name = "REPO")]
    pub(crate) repo: Option<PathBuf>,
    /// Fail with exit code 3 if there are any
    #[arg(long)]
    pub(crate) check: bool,
    /// Print them as JSON
    #[arg(long, conflicts_with = "sarif")]
    pub(crate) json: bool,
    /// Print them as SARIF 2.1.0, for code scanning
    #[arg(long)]
    pub(crate) sarif: bool,
}

/// `contextos churn`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  contextos churn
  contextos churn --days 90 --top 30
  contextos churn --json")]
pub(crate) struct ChurnArgs {
    /// The repository [default: the current folder]
    #[arg(value_name = "REPO")]
    pub(crate) repo: Option<PathBuf>,
    /// How many days to look back
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub(crate) days: u32,
    /// How many files to list
    #[arg(long, value_name = "N", default_value_t = 15, alias = "top-n")]
    pub(crate) top: usize,
    /// Print them as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
