//! `contextos eval`

use std::path::PathBuf;

use clap::Args;

/// `contextos eval`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  contextos eval                           the last 100 commits, at 4,000 and 8,000 tokens
  contextos eval --terse --commits 30
  contextos eval --ablation --json > ablation.json
  contextos eval --fit                     weights for this repository, into your cache
  contextos pack --weights fitted --task \"fix auth bug\"
  contextos eval --fit=weights.toml ../a ../b ../c
  contextos eval --cases cases.jsonl ../a ../b

A file of cases has a JSON object a line: `parent_sha`, `task` and `gold_spans`, a list of
[path, first line, last line]. Each case is asked of the repository that has its parent.

Each commit's message is the task, its parent's tree and history are the repository, and what it
changed is the answer. Whole files by BM25 and by path stand beside for comparison.")]
pub(crate) struct EvalArgs {
    /// Repositories [default: here]
    #[arg(value_name = "REPO")]
    pub(crate) repos: Vec<PathBuf>,
    /// Replay this many commits of each, the newest first
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) commits: usize,
    /// Budgets in tokens
    #[arg(short, long = "budget", value_name = "TOKENS", value_delimiter = ',', default_values_t = [4_000, 8_000])]
    pub(crate) budgets: Vec<usize>,
    /// Cut each task down to what a hurried person writes
    #[arg(long)]
    pub(crate) terse: bool,
    /// Learn weights from the commits, and write them to FILE or into your cache
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    pub(crate) fit: Option<Option<PathBuf>>,
    /// Measure with each kind of evidence switched off in turn
    #[arg(long)]
    pub(crate) ablation: bool,
    /// Rank with the weights of this file, or with those fitted before
    #[arg(long, value_name = "FILE|fitted")]
    pub(crate) weights: Option<PathBuf>,
    /// Replay the cases of this file instead of the last commits
    #[arg(long, value_name = "FILE", conflicts_with = "fit")]
    pub(crate) cases: Option<PathBuf>,
    /// Print the figures as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
