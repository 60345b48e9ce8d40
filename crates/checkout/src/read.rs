//! Reads a checkout from disk: lists, admits by path, reads, admits by content, redacts.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use private_fs::{Content, OpenFolder};
use rayon::prelude::*;
use select::SourceFile;
use thiserror::Error;

use crate::admit::{self, Admitted};
use crate::git::{Git, counted, named};
use crate::index::{self, IndexedTexts, Indexing};
use crate::walk::{self, Listed, Listing};
use crate::{SkipReason, Skipped, credential_paths};

/// What to read, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// Globs of the files to include; all, if empty. A glob without `/` matches names at any depth.
    pub include: Vec<String>,
    /// Globs of the files to exclude, even if they are included.
    pub exclude: Vec<String>,
    /// The maximum number of files: the first ones in order of their paths.
    pub max_files: usize,
    /// The maximum size of a file in bytes; larger ones are skipped.
    pub max_file_bytes: u64,
    /// The maximum size of all files in bytes; further files are skipped.
    pub max_total_bytes: u64,
    /// Whether to read credential files, and to leave credentials in texts.
    pub allow_sensitive: bool,
    /// Whether the path of the root was checked before, so that it must still be the same, without a link
    /// in any part. Otherwise, links lead to the root.
    pub is_resolved: bool,
}

impl Default for ReadOptions {
    /// Any number of files, up to 1 MiB each and 2 GiB together, redacted.
    fn default() -> Self {
        Self {
            include: Vec::new(),
            exclude: Vec::new(),
            max_files: usize::MAX,
            max_file_bytes: 1 << 20,
            max_total_bytes: 2 << 30,
            allow_sensitive: false,
            is_resolved: false,
        }
    }
}

/// A credential that was redacted in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFinding {
    /// The file's path from the root.
    pub path: String,
    /// Its line and rule.
    pub finding: secrets::Finding,
}

/// A file or folder that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreadable {
    /// Its path from the root.
    pub path: String,
    /// The system's reason.
    pub reason: String,
}

/// The text files of a checkout, and reports about the other files.
#[derive(Debug)]
pub struct Checkout {
    /// The root, absolute, without links; `None` for a tree that was read from git.
    pub root: Option<PathBuf>,
    /// Files in order of their paths, bytewise.
    pub files: Vec<SourceFile>,
    /// The files that were skipped, by reason.
    pub skipped: Skipped,
    /// The credentials that were redacted, by path and line.
    pub findings: Vec<FileFinding>,
    /// The files and folders that could not be read, by path. Also counted in `skipped`.
    pub unreadable: Vec<Unreadable>,
    /// Remarks about parts of the checkout that are missing (submodules, LFS content, sparse checkouts), a
    /// sentence each, without a full stop.
    pub remarks: Vec<String>,
    /// The include and exclude globs that match no file, even of those that are skipped for another reason.
    pub idle_globs: Vec<String>,
    /// Where the texts of its files are read from when they are used; `None` if they are at hand.
    pub texts: Option<Arc<IndexedTexts>>,
    /// Whether git tracks files of the cache, which therefore isn't used.
    pub is_cache_tracked: bool,
}

/// The progress of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The number of files that were read.
    pub read: usize,
    /// The number of files to read.
    pub total: usize,
}

/// Why a checkout could not be read.
#[derive(Debug, Error)]
pub enum CheckoutError {
    /// The path doesn't exist.
    #[error("{0}: no such folder")]
    Missing(PathBuf),
    /// The path is a file.
    #[error("{0}: not a folder; use the folder that contains it")]
    NotAFolder(PathBuf),
    /// The system reports an error.
    #[error("{0}: {1}")]
    Io(PathBuf, #[source] io::Error),
    /// The folder was replaced while it was read.
    #[error("{0}: moved or replaced while it was read")]
    Moved(PathBuf),
    /// An include or exclude glob is malformed.
    #[error("{0}: {1}; a glob is like `*.rs` or `src/**`")]
    Glob(String, String),
}

/// Reads every text file below `root` that may be selected from.
///
/// `progress` is called from several threads, once per file. Files that can't be read, or that disappear
/// after they were listed, are reported in the result; they are no error.
///
/// # Errors
/// When there is no folder at `root`, it can't be listed, or a glob is malformed.
pub fn read(
    root: &Path,
    options: &ReadOptions,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Checkout, CheckoutError> {
    let root = if options.is_resolved { root.to_owned() } else { canonical(root)? };
    let folder = OpenFolder::open(&root).map_err(|error| CheckoutError::Io(root.clone(), error))?;
    let mut listing = walk::list(&root, Git::open(&root).ok().as_ref());
    admit::by_path(&mut listing, options)?;

    let (read, total) = (AtomicUsize::new(0), listing.files.len());
    let admitted = std::mem::take(&mut listing.files)
        .into_par_iter()
        .map(|listed| {
            let admitted = admit_file(&folder, listed, options);
            progress(Progress { read: read.fetch_add(1, Ordering::Relaxed) + 1, total });
            admitted
        })
        .collect();
    // Files are read below the handle; what was listed by the path may be another folder's.
    if !folder.is_at(&root) {
        return Err(CheckoutError::Moved(root));
    }
    Ok(assemble(Some(root), admitted, listing))
}

/// As [`read`], by the index of the checkout: only files that have changed are read, and texts when they are used.
///
/// What is asked for beyond [`ReadOptions::default`] other than by paths isn't indexed, and read as by [`read`].
///
/// # Errors
/// Those of [`read`].
pub fn read_indexed(
    root: &Path,
    options: &ReadOptions,
    indexing: Indexing<'_>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Checkout, CheckoutError> {
    if options.allow_sensitive || options.max_file_bytes != ReadOptions::default().max_file_bytes {
        return read(root, options, progress);
    }
    let root = if options.is_resolved { root.to_owned() } else { canonical(root)? };
    index::read(&root, options, indexing, progress)
}

pub(crate) fn canonical(root: &Path) -> Result<PathBuf, CheckoutError> {
    let io_error = |error| CheckoutError::Io(root.to_owned(), error);
    match root.canonicalize() {
        Ok(canonical) if canonical.is_dir() => {
            // Otherwise a folder that can't be listed would be an empty checkout.
            canonical.read_dir().map_err(io_error)?;
            Ok(canonical)
        }
        Ok(_) => Err(CheckoutError::NotAFolder(root.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(CheckoutError::Missing(root.to_owned()))
        }
        Err(error) => Err(io_error(error)),
    }
}

/// Why a file isn't in the result.
#[derive(Debug)]
pub(crate) enum Refusal {
    Skipped(SkipReason, String),
    Unreadable(Unreadable),
}

fn admit_file(
    root: &OpenFolder,
    listed: Listed,
    options: &ReadOptions,
) -> Result<Admitted, Refusal> {
    let path = listed.path;
    match root.read_content(Path::new(&path), listed.state.size, admit::largest(&path, options)) {
        Ok(Content::Whole(bytes)) => admit::by_content(path.clone(), bytes, options)
            .map_err(|reason| Refusal::Skipped(reason, path)),
        Ok(Content::TooLarge) => Err(Refusal::Skipped(SkipReason::TooLarge, path)),
        Ok(Content::Special) => Err(Refusal::Skipped(SkipReason::Special, path)),
        Err(error) => Err(Refusal::Unreadable(Unreadable { path, reason: error.to_string() })),
    }
}

/// Makes a checkout from the result for each file, in the order in which they were listed.
pub(crate) fn assemble(
    root: Option<PathBuf>,
    fates: Vec<Result<Admitted, Refusal>>,
    listing: Listing,
) -> Checkout {
    let mut skipped = listing.skipped;
    let mut unreadable: Vec<Unreadable> =
        listing.unreadable.into_iter().map(|(path, reason)| Unreadable { path, reason }).collect();
    let (mut files, mut findings) = (Vec::with_capacity(fates.len()), Vec::new());
    let mut unknown: Vec<String> = Vec::new();
    for fate in fates {
        match fate {
            Ok(admitted) => {
                if admitted.unknown_encoding {
                    unknown.push(admitted.file.path.clone());
                }
                files.push(admitted.file);
                findings.extend(admitted.findings);
            }
            Err(Refusal::Skipped(reason, path)) => skipped.push((reason, path)),
            Err(Refusal::Unreadable(file)) => unreadable.push(file),
        }
    }
    let unreadable_paths = unreadable.iter_mut().map(|file| &mut file.path);
    credential_paths::redact_all(skipped.iter_mut().map(|(_, path)| path).chain(unreadable_paths));
    unreadable.sort_unstable();
    skipped.extend(unreadable.iter().map(|file| (SkipReason::Unreadable, file.path.clone())));
    let mut remarks = listing.remarks;
    remarks.extend(remark_on_pointers(&skipped));
    remarks.extend(remark_on_encodings(&unknown));
    Checkout {
        root,
        files,
        skipped: Skipped::summarise(skipped),
        findings,
        unreadable,
        remarks,
        idle_globs: listing.idle_globs,
        texts: None,
        is_cache_tracked: false,
    }
}

fn remark_on_pointers(skipped: &[(SkipReason, String)]) -> Option<String> {
    let pointers = skipped.iter().filter(|(reason, _)| *reason == SkipReason::LfsPointer);
    let mut paths: Vec<&String> = pointers.map(|(_, path)| path).collect();
    paths.sort_unstable();
    let count = counted(paths.len(), "file is", "files are");
    (!paths.is_empty()).then(|| {
        format!(
            "{count} only pointers of Git LFS here ({}); git lfs pull brings them",
            named(&paths)
        )
    })
}

fn remark_on_encodings(paths: &[String]) -> Option<String> {
    let count = counted(paths.len(), "file has", "files have");
    let named = named(&paths.iter().collect::<Vec<_>>());
    (!paths.is_empty()).then(|| {
        format!("{count} an encoding that could not be determined ({named}); what isn't ASCII there is shown as \u{fffd}")
    })
}
