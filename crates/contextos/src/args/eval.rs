//! The arguments of `contextos eval`.

use std::path::PathBuf;

use clap::Args;

use super::pack::parse_amount;

/// The budgets of one `--budget`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Budgets(pub(crate) Vec<usize>);

/// Reads a list like `4000,8k`, and `4,000` too: three digits after a comma belong to the number before
/// it if one of the two alone would be below the minimum budget.
fn parse_budgets(text: &str) -> Result<Budgets, String> {
    let mut budgets: Vec<String> = Vec::new();
    for part in text.split(',') {
        let part = part.trim();
        let is_group = part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit());
        let is_budget = |text: &str| parse_amount(text).is_ok_and(|n| n >= pack::MIN_BUDGET);
        match budgets.last_mut() {
            Some(last)
                if is_group && (last.contains(',') || !(is_budget(last) && is_budget(part))) =>
            {
                *last = format!("{last},{part}");
            }
            _ => budgets.push(part.to_owned()),
        }
    }
    let budgets: Vec<usize> =
        budgets.iter().map(|text| parse_amount(text)).collect::<Result<_, _>>()?;
    match budgets.iter().any(|&budget| budget < pack::MIN_BUDGET) {
        true => Err(format!("the minimum is {}", pack::MIN_BUDGET)),
        false => Ok(Budgets(budgets)),
    }
}

/// `contextos eval`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  contextos eval                           the last 100 commits, at 4,000 and 8,000 tokens
  contextos eval --terse --commits 30
  contextos eval --budget 2k,8k,32k
  contextos eval --ablation --json > ablation.json
  contextos eval --fit                     weights for this repository, into your cache
  contextos pack --weights fitted --task \"fix auth bug\"
  contextos eval --fit=weights.toml ../a ../b ../c
  contextos eval --cases cases.jsonl ../a ../b

For each commit, its message is the task, the tree and history of its parent are the repository, and
the lines that it changed are the expected result. A file counts as found only if its code is shown;
files that the pack only lists under \"Also likely\" have a column of their own. For comparison, two
baselines fill the same budget with whole files, ranked by BM25 and by path.

A file of cases has a JSON object per line: `parent_sha`, `task` and `gold_spans`, a list of
[path, first line, last line]. Each case is run on the repository that contains its parent commit.")]
pub(crate) struct EvalArgs {
    /// Repositories [default: the current folder]
    #[arg(value_name = "REPO")]
    pub(crate) repos: Vec<PathBuf>,
    /// Replay the latest N commits of each repository
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) commits: usize,
    /// One or more budgets in tokens
    #[arg(short, long = "budget", value_name = "TOKENS", value_parser = parse_budgets)]
    #[arg(default_value = "4000,8000")]
    pub(crate) budgets: Vec<Budgets>,
    /// Shorten each task to its first line, without identifiers, paths and flags
    #[arg(long)]
    pub(crate) terse: bool,
    /// Learn weights from the commits, and write them to FILE or into your cache
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    pub(crate) fit: Option<Option<PathBuf>>,
    /// Also measure with each family of evidence switched off in turn
    #[arg(long)]
    pub(crate) ablation: bool,
    /// Rank with the weights in FILE, or with those that --fit learned for this repository
    #[arg(long, value_name = "FILE|fitted")]
    pub(crate) weights: Option<PathBuf>,
    /// Replay the cases in FILE instead of the latest commits
    #[arg(long, value_name = "FILE", conflicts_with = "fit")]
    pub(crate) cases: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_told_from_groups_of_digits() {
        for (text, budgets) in [
            ("4000", &[4_000][..]),
            ("4000,8000", &[4_000, 8_000]),
            ("4,000", &[4_000]),
            ("4,000,8,000", &[4_000, 8_000]),
            ("12,500, 8k", &[12_500, 8_000]),
            ("500,800", &[500, 800]),
            ("500,1000", &[500, 1_000]),
            ("200,000", &[200_000]),
            ("1,048,576", &[1_048_576]),
            ("8_000,16_000", &[8_000, 16_000]),
        ] {
            assert_eq!(parse_budgets(text), Ok(Budgets(budgets.to_vec())), "{text}");
        }
        for text in ["", ",", "4000,", "many", "4,00"] {
            assert!(parse_budgets(text).is_err(), "{text}");
        }
    }
}
