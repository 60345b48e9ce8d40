//! The history of a checkout as it is kept between runs.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cache_folder::CacheFolder;
use crate::compression;

/// The file's name in the cache's folder.
const FILE: &str = "history";
/// The maximum size of the file in bytes: 2,000 commits with messages of 16 KiB.
const LIMIT: u64 = 64 << 20;
/// The maximum size of its commits when they aren't compressed, in bytes. By hand, likewise.
const MOST: usize = 128 << 20;
/// The version of the file's format. Increase it when the same commits give another history.
const LAYOUT: &[u8] = b"contextos history 4";

/// The newest commits up to HEAD, and what they depend on besides HEAD.
#[derive(Debug)]
pub(crate) struct KeptHistory {
    pub(super) about: About,
    /// Newest first; compressed until they are asked for.
    commits: Vec<u8>,
}

/// What a history depends on, and what is asked of it without reading its commits.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct About {
    /// The root's path in the repository.
    pub(super) prefix: String,
    /// A hash of the list of commits at which the clone is cut off.
    pub(super) shallow: [u8; 32],
    /// The id of HEAD's commit.
    pub(super) head: String,
    /// Its committer time.
    pub(super) head_time: i64,
    /// Whether the clone is cut off after one of the commits.
    pub(super) is_cut: bool,
    /// The number of commits that say something about a task.
    pub(super) told: usize,
}

/// A commit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct KeptCommit {
    pub(super) id: String,
    /// Whether it has a parent in this clone.
    pub(super) parent: bool,
    /// What it says; `None` if that is nothing about a task.
    pub(super) told: Option<Told>,
}

/// What a commit says, redacted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) time: i64,
    pub(super) message: String,
    pub(super) paths: Vec<String>,
}

/// A history that was read and isn't kept yet, which takes a while and can be done beside something else.
#[derive(Debug)]
pub struct UnkeptHistory {
    root: PathBuf,
    about: About,
    /// Newest first.
    commits: Vec<u8>,
}

impl UnkeptHistory {
    /// The history of the checkout at `root` with these commits.
    pub(super) fn new(root: &Path, about: About, commits: &[KeptCommit]) -> Option<Self> {
        let commits = postcard::to_stdvec(commits).ok()?;
        Some(Self { root: root.to_owned(), about, commits })
    }

    /// Keeps it below `.contextos/cache`. Errors (a read-only checkout, a full disk) are ignored: it only saves time.
    pub fn keep(self) {
        let commits = compression::compressed(&self.commits);
        KeptHistory { about: self.about, commits }.keep(&self.root);
    }
}

impl KeptHistory {
    /// What was kept for the checkout at `root`, if that is intact and this program's own.
    pub(crate) fn open(root: &Path) -> Option<Self> {
        let folder = CacheFolder::open(root)?;
        Self::of(folder.read_checked(FILE, LAYOUT, LIMIT)?.content())
    }

    /// The commits, newest first; `None` if the bytes are damaged.
    pub(super) fn commits(&self) -> Option<Vec<KeptCommit>> {
        postcard::from_bytes(&compression::decompressed(&self.commits, MOST)?).ok()
    }

    /// What [`bytes`](Self::bytes) gave.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let (about, commits) = postcard::take_from_bytes(bytes).ok()?;
        Some(Self { about, commits: commits.to_vec() })
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        let mut bytes = postcard::to_stdvec(&self.about).ok()?;
        bytes.extend_from_slice(&self.commits);
        Some(bytes)
    }

    /// Keeps it. Errors are ignored, as those of [`UnkeptHistory::keep`] are.
    pub(crate) fn keep(&self, root: &Path) {
        if let Some(bytes) = self.bytes()
            && let Ok(folder) = CacheFolder::make(root)
        {
            let _ = folder.write_checked(FILE, LAYOUT, &bytes);
        }
    }
}
