//! Which files there are: a parallel walk that respects ignore files and enters nothing foreign.
//!
//! What is listed depends on the tree alone: `.gitignore`, `.ignore` and `.contextosignore` inside
//! the repository count, the user's own ignore files (`core.excludesFile`, `.git/info/exclude`) and
//! whatever stands above the repository don't, so that every clone gives the same pack. As the
//! files are told apart by name alone, one that is tracked although a `.gitignore` names it is not
//! listed.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};

use ignore::{DirEntry, WalkBuilder, WalkState};

use crate::SkipReason;
use crate::paths;

/// The ignore file of this program's own.
const CONTEXTOS_IGNORE: &str = ".contextosignore";
/// A folder with a larger ignore file is not entered.
const IGNORE_FILE_LIMIT: u64 = 1 << 20;

/// Folders that lie deeper are not entered: what an ignore file costs grows with depth, and paths end
/// somewhere beyond on every system.
const DEPTH: usize = 200;

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
    let folders = Folders {
        top: top.to_owned(),
        root: root.to_owned(),
        in_repository,
        found: sender.clone(),
    };
    if !folders.enter(top) {
        return gather(receiver, sender);
    }
    let walk = WalkBuilder::new(top)
        .hidden(false)
        .parents(false)
        .git_global(false)
        .git_exclude(false)
        .require_git(false)
        .follow_links(false)
        .add_custom_ignore_filename(CONTEXTOS_IGNORE)
        .filter_entry(move |entry| !is_folder(entry) || folders.enter(entry.path()))
        .threads(std::thread::available_parallelism().map_or(1, usize::from))
        .build_parallel();
    walk.run(|| {
        let sender = sender.clone();
        Box::new(move |entry| {
            let found = match entry {
                Ok(entry) if is_folder(&entry) => None,
                Ok(entry) => visit_file(&entry, root),
                Err(error) => unreadable(&error, root),
            };
            // The receiver outlives the walk.
            let _ = found.map(|found| sender.send(found));
            WalkState::Continue
        })
    });
    gather(receiver, sender)
}

fn is_folder(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_dir())
}

/// What the walk tells about one entry.
enum Found {
    File(Listed),
    Skipped(SkipReason, String),
    Unreadable(String, String),
}

/// Which folders are entered. This is asked before anything in a folder is opened, its ignore files
/// included.
struct Folders {
    top: PathBuf,
    root: PathBuf,
    in_repository: bool,
    found: Sender<Found>,
}

/// What becomes of a folder.
enum Verdict {
    Enter,
    /// It is not entered, and that isn't worth a word.
    Pass,
    /// It is not entered; this is why.
    Refuse(Found),
}

impl Folders {
    /// Whether the folder is entered; if it isn't, and that is worth saying, it is said.
    fn enter(&self, folder: &Path) -> bool {
        match self.judge(folder) {
            Verdict::Enter => true,
            Verdict::Pass => false,
            Verdict::Refuse(found) => {
                // The receiver outlives the walk.
                let _ = self.found.send(found);
                false
            }
        }
    }

    fn judge(&self, folder: &Path) -> Verdict {
        let Ok(inside) = folder.strip_prefix(&self.root) else {
            let above = self.root.starts_with(folder);
            return if above { self.judge_ignore_files(folder, ".") } else { Verdict::Pass };
        };
        if inside.as_os_str().is_empty() {
            return self.judge_ignore_files(folder, ".");
        }
        let Some(path) = portable(inside) else {
            let shown = inside.to_string_lossy().escape_debug().to_string();
            return Verdict::Refuse(Found::Skipped(SkipReason::Name, shown));
        };
        let name = path.rsplit('/').next().unwrap_or(&path);
        let skipped = |reason| Verdict::Refuse(Found::Skipped(reason, format!("{path}/")));
        if path.matches('/').count() >= DEPTH {
            let why = format!("it lies deeper than {DEPTH} folders");
            Verdict::Refuse(Found::Unreadable(path, why))
        } else if paths::is_tool_state(name) {
            Verdict::Pass
        } else if paths::is_vendored_folder(name) {
            skipped(SkipReason::Vendored)
        } else if self.in_repository && has_git(folder) {
            skipped(SkipReason::NestedRepository)
        } else {
            self.judge_ignore_files(folder, &path)
        }
    }

    /// Refuses a folder if one of its ignore files may not be opened: a pipe or device, whose end never
    /// comes; a link that leads out of the checkout; one far larger than people write.
    fn judge_ignore_files(&self, folder: &Path, path: &str) -> Verdict {
        let mut names = [".gitignore", ".ignore", CONTEXTOS_IGNORE].into_iter();
        match names.find(|name| self.is_bad_ignore_file(&folder.join(name))) {
            None => Verdict::Enter,
            Some(bad) => {
                let why = format!("its {bad} is not a plain file of at most a megabyte");
                Verdict::Refuse(Found::Unreadable(path.to_owned(), why))
            }
        }
    }

    fn is_bad_ignore_file(&self, file: &Path) -> bool {
        let Ok(metadata) = file.symlink_metadata() else { return false };
        let is_plain = |file: &Metadata| file.is_file() && file.len() <= IGNORE_FILE_LIMIT;
        if metadata.is_symlink() {
            let inside = file.canonicalize().is_ok_and(|file| file.starts_with(&self.top));
            !(inside && file.metadata().is_ok_and(|file| is_plain(&file)))
        } else {
            !is_plain(&metadata)
        }
    }
}

fn visit_file(entry: &DirEntry, root: &Path) -> Option<Found> {
    let inside = entry.path().strip_prefix(root).ok()?;
    let Some(path) = portable(inside) else {
        let shown = inside.to_string_lossy().escape_debug().to_string();
        return Some(Found::Skipped(SkipReason::Name, shown));
    };
    if entry.file_name() == ".git" {
        return None; // of a worktree or submodule
    }
    Some(match entry.file_type() {
        Some(kind) if kind.is_symlink() => Found::Skipped(SkipReason::Link, path),
        Some(kind) if kind.is_file() => match entry.metadata() {
            Ok(metadata) => Found::File(Listed { path, size: metadata.len() }),
            Err(error) => Found::Unreadable(path, error.to_string()),
        },
        _ => Found::Skipped(SkipReason::Special, path),
    })
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

fn gather(found: Receiver<Found>, sender: Sender<Found>) -> Listing {
    drop(sender);
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
