//! Which files there are: a parallel walk that respects ignore files and enters nothing foreign.
//!
//! What is listed depends on the tree alone: `.gitignore`, `.ignore` and `.contextosignore` inside
//! the repository count, the user's own ignore files (`core.excludesFile`, `.git/info/exclude`) and
//! whatever stands above the repository don't, so that every clone gives the same pack. As the
//! files are told apart by name alone, one that is tracked although a `.gitignore` names it is not
//! listed.

use std::path::{Path, PathBuf};
use std::sync::mpsc;

use ignore::{DirEntry, WalkBuilder, WalkState};

use crate::SkipReason;
use crate::paths;

/// One regular file.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Listed {
    /// From the root, with `/`.
    pub(crate) path: String,
    /// Bytes, when it was listed.
    pub(crate) size: u64,
}

/// What the walk found.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// In order of their paths, bytewise.
    pub(crate) files: Vec<Listed>,
    /// What was not entered or not listed.
    pub(crate) skipped: Vec<(SkipReason, String)>,
    /// What could not be listed, with the system's reason.
    pub(crate) unreadable: Vec<(String, String)>,
}

/// Lists the files below `root`, which must be canonical.
pub(crate) fn list(root: &Path) -> Listing {
    let top = enclosing_repository(root);
    let listing = list_from(top.as_deref().unwrap_or(root), root, top.is_some());
    // A root that its own repository ignores was still asked for by the user.
    let hidden = listing.files.is_empty() && top.as_deref().is_some_and(|top| top != root);
    if hidden { list_from(root, root, true) } else { listing }
}

/// The nearest folder at or above `root` that holds a `.git`.
pub(crate) fn enclosing_repository(root: &Path) -> Option<PathBuf> {
    root.ancestors().find(|folder| has_git(folder)).map(Path::to_owned)
}

fn has_git(folder: &Path) -> bool {
    folder.join(".git").symlink_metadata().is_ok()
}

/// Walks from `top`, for the sake of the ignore files between it and `root`, but enters only what
/// leads to `root` or lies below it.
fn list_from(top: &Path, root: &Path, in_repository: bool) -> Listing {
    let (sender, receiver) = mpsc::channel();
    let walk = WalkBuilder::new(top)
        .hidden(false)
        .parents(false)
        .git_global(false)
        .git_exclude(false)
        .require_git(false)
        .follow_links(false)
        .add_custom_ignore_filename(".contextosignore")
        .threads(std::thread::available_parallelism().map_or(1, usize::from))
        .build_parallel();
    walk.run(|| {
        let sender = sender.clone();
        Box::new(move |entry| {
            let (found, state) = match entry {
                Ok(entry) => visit(&entry, root, in_repository),
                Err(error) => (unreadable(&error, root), WalkState::Continue),
            };
            // The receiver outlives the walk.
            let _ = found.map(|found| sender.send(found));
            state
        })
    });
    drop(sender);
    gather(receiver)
}

/// What the walk tells about one entry.
enum Found {
    File(Listed),
    Skipped(SkipReason, String),
    Unreadable(String, String),
}

fn visit(entry: &DirEntry, root: &Path, in_repository: bool) -> (Option<Found>, WalkState) {
    let path = entry.path();
    let Ok(inside) = path.strip_prefix(root) else {
        let leads_to_root = root.starts_with(path);
        return (None, if leads_to_root { WalkState::Continue } else { WalkState::Skip });
    };
    if inside.as_os_str().is_empty() {
        return (None, WalkState::Continue);
    }
    let Some(name) = portable(inside) else {
        let shown = inside.to_string_lossy().escape_debug().to_string();
        return (Some(Found::Skipped(SkipReason::Name, shown)), WalkState::Skip);
    };
    let file_type = entry.file_type();
    if file_type.is_some_and(|kind| kind.is_dir()) {
        visit_folder(path, name, in_repository)
    } else {
        (Some(visit_file(entry, name)), WalkState::Continue)
    }
}

fn visit_folder(path: &Path, name: String, in_repository: bool) -> (Option<Found>, WalkState) {
    let last = name.rsplit('/').next().unwrap_or(&name);
    if paths::is_tool_state(last) {
        return (None, WalkState::Skip);
    }
    let reason = if paths::is_vendored_folder(last) {
        SkipReason::Vendored
    } else if in_repository && has_git(path) {
        SkipReason::NestedRepository
    } else {
        return (None, WalkState::Continue);
    };
    (Some(Found::Skipped(reason, format!("{name}/"))), WalkState::Skip)
}

fn visit_file(entry: &DirEntry, path: String) -> Found {
    match entry.file_type() {
        Some(kind) if kind.is_symlink() => Found::Skipped(SkipReason::Link, path),
        Some(kind) if kind.is_file() => match entry.metadata() {
            Ok(metadata) => Found::File(Listed { path, size: metadata.len() }),
            Err(error) => Found::Unreadable(path, error.to_string()),
        },
        _ => Found::Skipped(SkipReason::Special, path),
    }
}

/// `path` with `/`, if it is UTF-8 and can be shown as it is.
fn portable(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
    parts.map(|parts| parts.join("/")).filter(|path| paths::is_printable(path))
}

/// A folder that could not be listed, or an ignore file that could not be understood. The path is
/// taken out of the error, so that what is shown doesn't depend on where the checkout stands.
fn unreadable(error: &ignore::Error, root: &Path) -> Option<Found> {
    let (path, cause) = innermost(error, None);
    let inside = path.and_then(|path| path.strip_prefix(root).ok()).and_then(portable)?;
    let reason = cause.io_error().map_or_else(|| cause.to_string(), ToString::to_string);
    Some(Found::Unreadable(inside, reason))
}

/// The cause of `error` behind its context, and the path that the context names.
fn innermost<'e>(
    error: &'e ignore::Error,
    path: Option<&'e Path>,
) -> (Option<&'e Path>, &'e ignore::Error) {
    match error {
        ignore::Error::WithPath { path, err } => innermost(err, Some(path)),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            innermost(err, path)
        }
        cause => (path, cause),
    }
}

fn gather(found: mpsc::Receiver<Found>) -> Listing {
    let mut listing = Listing::default();
    for found in found {
        match found {
            Found::File(file) => listing.files.push(file),
            Found::Skipped(reason, path) => listing.skipped.push((reason, path)),
            Found::Unreadable(path, why) => listing.unreadable.push((path, why)),
        }
    }
    listing.files.sort_unstable();
    listing.skipped.sort_unstable();
    listing.unreadable.sort_unstable();
    listing
}
