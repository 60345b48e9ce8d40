//! The index of a checkout as a file for others: for a team, or for the next job of a CI.
//!
//! Contents are compared by their hashes when the index is used, so that it serves any checkout of the same repository,
//! at whatever commit. What it says about redaction isn't relied on: texts that are shown are redacted again.

use std::path::Path;

use thiserror::Error;

use super::format::{put_text, take_text};
use super::{BASE, CHANGES, Index, LAYOUT, format};
use crate::cache::Cache;
use crate::cache_folder::{CacheFolder, Checked, Checksum, checksum};
use crate::file_state::FileState;
use crate::git::KeptHistory;

/// The first bytes of the file. The version is that of the format.
const MAGIC: &[u8] = b"contextos index 3\n";
/// The version of the program that wrote it: another one may read the same files in another way.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// Why an index can't be imported.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ImportError {
    /// The file is something else.
    #[error("not an index that `contextos scan --export` wrote")]
    Foreign,
    /// Another version wrote it.
    #[error("written by contextos {0}, and this is {PROGRAM}; export it anew")]
    Version(String),
    /// The file is damaged.
    #[error("damaged: its checksum is wrong")]
    Damaged,
    /// The cache's folder can't be written.
    #[error("the cache can't be written: {0}")]
    Unwritable(String),
}

/// The index of the checkout at `root`, its history and its outlines, to be imported elsewhere.
pub fn export(root: &Path) -> Vec<u8> {
    let mut index = Index::open(root);
    for entry in &mut index.entries {
        entry.state = FileState::default();
        entry.is_settled = false;
        entry.is_own = false;
    }
    let history = KeptHistory::open(root).and_then(|history| history.bytes()).unwrap_or_default();
    file_of([&index.into_base(), &history, &Cache::open(root).into_bytes()])
}

/// The file with these parts: files, history, outlines.
pub(super) fn file_of(parts: [&[u8]; 3]) -> Vec<u8> {
    let mut content = Vec::new();
    for part in parts {
        content.extend_from_slice(&(part.len() as u64).to_le_bytes());
        content.extend_from_slice(part);
    }
    let mut out = MAGIC.to_vec();
    put_text(PROGRAM, &mut out);
    out.extend_from_slice(&checksum(&content));
    out.append(&mut content);
    out
}

/// Takes over what [`export`] gave, in place of the index of the checkout at `root`; outlines are added to its own.
///
/// # Errors
/// When the bytes are no index of this version, or the cache can't be written.
pub fn import(root: &Path, bytes: &[u8]) -> Result<(), ImportError> {
    let mut bytes = bytes.strip_prefix(MAGIC).ok_or(ImportError::Foreign)?;
    let program = take_text(&mut bytes).ok_or(ImportError::Damaged)?;
    if program != PROGRAM {
        return Err(ImportError::Version(program.chars().take(20).collect()));
    }
    let (check, mut content) = bytes.split_first_chunk::<16>().ok_or(ImportError::Damaged)?;
    if checksum(content) != *check {
        return Err(ImportError::Damaged);
    }
    let mut part = || {
        let (length, rest) = content.split_first_chunk::<8>()?;
        let (part, rest) = rest.split_at_checked(u64::from_le_bytes(*length).try_into().ok()?)?;
        content = rest;
        Some(part)
    };
    let parts = (part(), part(), part());
    let (Some(files), Some(history), Some(outlines)) = parts else {
        return Err(ImportError::Damaged);
    };
    let file = Checked { check: Checksum::default(), bytes: files.to_vec(), start: 0 };
    let mut index = format::read_base(file).ok_or(ImportError::Damaged)?;
    // Whatever the file says, nothing of it was computed here.
    for entry in &mut index.entries {
        entry.is_own = false;
        entry.is_settled = false;
    }
    let unwritable = |error: std::io::Error| ImportError::Unwritable(error.to_string());
    let folder = CacheFolder::make(root).map_err(unwritable)?;
    folder.write_checked(BASE, LAYOUT, &format::base(&index)).map_err(unwritable)?;
    folder.remove(CHANGES);
    if let Some(history) = KeptHistory::of(history) {
        history.keep(root);
    }
    Cache::open(root).add_all(outlines).map_err(unwritable)
}
