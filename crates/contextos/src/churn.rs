//! Churn: how often files changed recently.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use rmcp::schemars::{self, JsonSchema};
use select::{Commit, History};
use serde::Serialize;

use crate::clock;

const SECONDS_A_DAY: i64 = 24 * 60 * 60;

/// The files that changed most.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Churn {
    /// The number of days before now that were counted.
    pub(crate) days: u32,
    /// The number of commits in these days.
    pub(crate) commits: usize,
    /// Files, most changed first.
    pub(crate) files: Vec<Changed>,
}

/// A file that changed.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Changed {
    /// Its path.
    pub(crate) path: String,
    /// The number of commits that changed it.
    pub(crate) commits: usize,
    /// The day of the last change.
    pub(crate) last: String,
}

/// The `top` files that most commits of the `days` before `now` changed.
pub(crate) fn churn(history: &History, days: u32, top: usize, now: i64) -> Churn {
    let since = now.saturating_sub(i64::from(days) * SECONDS_A_DAY);
    let recent: Vec<&Commit> =
        history.commits.iter().filter(|commit| commit.time >= since).collect();
    let mut files: BTreeMap<&str, (usize, i64)> = BTreeMap::new();
    for commit in &recent {
        for path in &commit.paths {
            let (commits, last) = files.entry(path).or_insert((0, i64::MIN));
            *commits += 1;
            *last = (*last).max(commit.time);
        }
    }
    let mut files: Vec<(&str, (usize, i64))> = files.into_iter().collect();
    files.sort_by_key(|&(path, (commits, last))| (std::cmp::Reverse((commits, last)), path));
    let changed = |(path, (commits, last)): (&str, (usize, i64))| Changed {
        path: path.to_owned(),
        commits,
        last: day(last),
    };
    Churn { days, commits: recent.len(), files: files.into_iter().take(top).map(changed).collect() }
}

/// The day, in UTC, of a time in seconds since 1970.
fn day(seconds: i64) -> String {
    let since = Duration::from_secs(seconds.max(0).unsigned_abs());
    let time = SystemTime::UNIX_EPOCH.checked_add(since).unwrap_or(SystemTime::UNIX_EPOCH);
    clock::day(&humantime::format_rfc3339_seconds(time).to_string()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_changed_come_first_and_old_commits_do_not_count() {
        let commit = |time: i64, paths: &[&str]| Commit {
            id: String::new(),
            time,
            message: String::new(),
            paths: paths.iter().map(|&path| path.to_owned()).collect(),
        };
        let now = 100 * SECONDS_A_DAY;
        let history = History {
            commits: vec![
                commit(now - 10, &["b", "a"]),
                commit(now - SECONDS_A_DAY, &["b", "c"]),
                commit(now - 40 * SECONDS_A_DAY, &["c", "c2"]),
            ],
            ..History::default()
        };
        let churn = churn(&history, 30, 2, now);
        assert_eq!(churn.commits, 2);
        let files: Vec<_> = churn.files.iter().map(|f| (f.path.as_str(), f.commits)).collect();
        assert_eq!(files, [("b", 2), ("a", 1)]);
        assert_eq!(churn.files[0].last, "1970-04-10");
    }
}
