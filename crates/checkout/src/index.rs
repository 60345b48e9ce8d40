//! The index of a checkout: what is known of each file, so that a run reads only those that have changed.
//!
//! A file is found by its path and known by its metadata. If that is as it was when the file was read, the result of
//! reading it is taken from the index: whether it is selected from, its language, the credentials that were redacted,
//! the packages that it declares, and how often it has each word. If not, the file is read, and if its content is the
//! same (by its hash), the result is still taken. Metadata that is so new that a later change might have the same
//! isn't relied on.
//!
//! The index never changes what a run gives: without one, the same is computed from the files. It holds words of
//! redacted texts only. Below `.contextos/cache` are two files of it: the base, and what is different since it was
//! written, which is all that a run writes that finds a few changes. See [`format`] for their bytes.

mod format;
mod keep;
#[cfg(any(test, fuzzing))]
pub(crate) mod laws;
mod portable;
mod texts;
mod update;

use std::path::Path;
use std::time::SystemTime;

use secrets::Finding;
use select::{FileKind, WordIndex};
use syntax::Language;

use crate::SkipReason;
use crate::cache_folder::{CacheFolder, Checksum};
use crate::credential_paths::Judged;
use crate::file_state::FileState;
use crate::git::Git;

pub use portable::{ImportError, export, import};
pub use texts::IndexedTexts;
pub(crate) use update::read;

/// The base's name in the cache's folder.
const BASE: &str = "files";
/// The name of what is different from the base.
const CHANGES: &str = "files-changed";
/// The maximum size of a file in bytes. By hand: ten times that of a checkout of 250,000 files.
const LIMIT: u64 = 2 << 30;
/// The version of the files' format, and of what is stored. Increase it when the result of reading the same file
/// changes.
const LAYOUT: &[u8] = b"contextos files 4";

/// A hash of a file's content as it is on disk.
type ContentHash = [u8; 32];

/// Everything known of a checkout's files.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// In order of their paths, bytewise.
    entries: Vec<Entry>,
    /// By entry: the number of its words.
    numbers: Vec<u32>,
    /// The words of the base's files, then those of changed ones.
    words: WordIndex,
    /// Which paths of the checkout contain a credential.
    judged: Judged,
    /// The base on disk.
    base: Option<Base>,
}

/// The base on disk, whose entries are in order of their paths, and their words in that order.
#[derive(Debug)]
struct Base {
    check: Checksum,
    /// The number of its entries.
    files: u32,
    /// By entry of the index: whether the base has it as it is.
    has: Vec<bool>,
}

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    path: String,
    state: FileState,
    /// Whether a later change would have shown in `state`.
    is_settled: bool,
    /// Whether this program computed the result here; else it was imported.
    is_own: bool,
    content: ContentHash,
    result: Result<Known, SkipReason>,
}

/// What is known of a file that may be selected from.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    /// BLAKE3 of its text.
    hash: [u8; 32],
    language: Language,
    kind: FileKind,
    unknown_encoding: bool,
    findings: Vec<Finding>,
    packages: Vec<String>,
}

/// How an index is used.
#[derive(Debug, Clone, Copy)]
pub struct Indexing<'a> {
    /// The checkout's repository, if there is one that git opens: it says which files are tracked.
    pub git: Option<&'a Git>,
    /// The time, or an earlier one: files that were written later, or shortly before, are read again the next time.
    pub now: SystemTime,
    /// Whether the index is written, if it has changed.
    pub is_kept: bool,
    /// Whether all files are read and compared, rather than those with changed metadata.
    pub is_verified: bool,
}

impl Index {
    /// The index of the checkout at `root`; empty if there is none that is intact and this program's own.
    fn open(root: &Path) -> Self {
        let stored = || {
            let folder = CacheFolder::open(root)?;
            let base = format::read_base(folder.read_checked(BASE, LAYOUT, LIMIT)?)?;
            Some(match folder.read_checked(CHANGES, LAYOUT, LIMIT) {
                Some(changes) => format::read_changes(base, changes),
                None => base,
            })
        };
        stored().unwrap_or_default()
    }
}
