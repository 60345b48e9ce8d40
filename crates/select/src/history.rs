//! The commits of a checkout as selection sees them: plain data.

use serde::{Deserialize, Serialize};

/// How much of the history could be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum HistoryStatus {
    /// Nothing was read: not a git checkout, no commit yet, or switched off.
    #[default]
    None,
    /// Git refused the checkout or failed; the text says what the user can do about it.
    Refused(String),
    /// The clone is shallow: the commits that it has were read.
    Shallow,
    /// Read to the root or to the limit.
    Full,
}

/// One commit without its patch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The full object id, in hex.
    pub id: String,
    /// Committer time, seconds since 1970 (UTC).
    pub time: i64,
    /// The whole message, redacted.
    pub message: String,
    /// The paths it changed, with `/`; commits over 30 paths are not listed at all.
    pub paths: Vec<String>,
}

/// The newest commits up to HEAD, newest first, without merges.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// At most 2,000.
    pub commits: Vec<Commit>,
    /// HEAD's committer time: ages count from here, never from the clock.
    pub head_time: i64,
    /// How much could be read.
    pub status: HistoryStatus,
}

/// One hunk of a patch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hunk {
    /// The path in the newer tree.
    pub path: String,
    /// The hunk's section heading, which git prints after the second `@@`: the line of the enclosing
    /// function, or empty.
    pub heading: String,
    /// The older file's line at which it begins, from 1; where nothing was removed, the line before what
    /// was added (0 at the top of a file).
    pub old_start: u32,
    /// Lines that were removed, without their `-`.
    pub removed: Vec<String>,
    /// Lines that were added, without their `+`.
    pub added: Vec<String>,
}

/// A commit's patch. Patches are read only for commits that [`matching_commits`](crate::matching_commits) names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patch {
    /// The commit's id.
    pub commit: String,
    /// Its hunks in git's order, at most 400; text redacted.
    pub hunks: Vec<Hunk>,
}
