//! The entries of git's index: the tracked files. The index is read but never refreshed, so that no filter
//! and no monitor of the checkout's configuration runs.

use std::io;
use std::path::Path;
use std::sync::OnceLock;

use crate::SkipReason;
use crate::git::history::read_field;
use crate::git::index_file::{self, EntryKind, IndexFile, MOST_ENTRIES, MOST_PATH_BYTES};
use crate::git::{Git, GitError};
use crate::paths;
use crate::walk::Listing;

/// The number of paths that a remark lists.
const NAMED: usize = 3;

/// The tracked files below the root.
#[derive(Debug, Default)]
pub(crate) struct Tracked {
    /// Files and links of the work tree, in order, when they are asked for first.
    files: OnceLock<Vec<String>>,
    /// What they are read from then: the index, and the root's path in the repository. Most checkouts have no ignored
    /// file that might be tracked, so that nobody asks.
    unread: Option<(IndexFile, String)>,
    /// Those that the sparse checkout excludes, in order.
    sparse: Vec<String>,
    /// Submodules, in order.
    submodules: Vec<String>,
}

/// The tracked files of a checkout.
///
/// # Errors
/// When git fails.
pub(crate) fn tracked(git: &Git) -> Result<Tracked, GitError> {
    let mut tracked = match read_index(git) {
        Some(tracked) => tracked,
        None => list(git)?,
    };
    order(&mut tracked.sparse);
    order(&mut tracked.submodules);
    Ok(tracked)
}

fn order(paths: &mut Vec<String>) {
    if !paths.is_sorted() {
        paths.sort_unstable();
    }
    paths.dedup();
}

/// By the index file; `None` if git has to be asked.
fn read_index(git: &Git) -> Option<Tracked> {
    let digits = git.head.as_ref()?.id.len();
    let file = index_file::read(&git.runner.folder()?, digits)?;
    let mut tracked = Tracked::default();
    file.each(|kind, path| {
        let paths = match kind {
            EntryKind::File => return,
            EntryKind::Sparse => &mut tracked.sparse,
            EntryKind::Submodule => &mut tracked.submodules,
        };
        paths.extend(inside(path, &git.prefix));
    })?;
    tracked.unread = Some((file, git.prefix.clone()));
    Some(tracked)
}

/// A path of the index as one relative to the root, whose path in the repository is `prefix`.
fn inside(path: &[u8], prefix: &str) -> Option<String> {
    let path = std::str::from_utf8(path.strip_prefix(prefix.as_bytes())?).ok()?;
    is_plain(path).then(|| path.to_owned())
}

/// By `git ls-files`.
fn list(git: &Git) -> Result<Tracked, GitError> {
    // Paths are relative to the folder of `.git`, whatever `core.worktree` says.
    let arguments = ["--work-tree=.", "ls-files", "-z", "--stage", "-t", "--full-name"];
    git.runner.run(&arguments, &[], |out| {
        let (mut tracked, mut files, mut entry) = (Tracked::default(), Vec::new(), Vec::new());
        let (mut entries, mut bytes) = (0, 0);
        while read_field(out, &mut entry)? {
            entries += 1;
            bytes += entry.len();
            if entries <= MOST_ENTRIES && bytes <= MOST_PATH_BYTES {
                tracked.add(git, &entry, &mut files);
            }
        }
        order(&mut files);
        tracked.files = OnceLock::from(files);
        io::Result::Ok(tracked)
    })
}

impl Tracked {
    /// Files and links of the work tree, in order.
    fn files(&self) -> &[String] {
        self.files.get_or_init(|| {
            let mut files = Vec::new();
            if let Some((file, prefix)) = &self.unread {
                // It was read to its end before.
                let _ = file.each(|kind, path| {
                    if kind == EntryKind::File {
                        files.extend(inside(path, prefix));
                    }
                });
            }
            order(&mut files);
            files
        })
    }

    /// Adds `H 100644 <id> 0\t<path>`; `S` instead of `H` is an entry outside of a sparse checkout.
    fn add(&mut self, git: &Git, entry: &[u8], files: &mut Vec<String>) {
        let Some(tab) = entry.iter().position(|&byte| byte == b'\t') else { return };
        let (about, path) = (&entry[..tab], &entry[tab + 1..]);
        let Some(path) = inside(path, &git.prefix) else { return };
        let mut fields = about.split(|&byte| byte == b' ');
        match (fields.next(), fields.next()) {
            (_, Some(b"160000")) => self.submodules.push(path),
            (Some(b"S"), _) => self.sparse.push(path),
            _ => files.push(path),
        }
    }

    /// Those that the sparse checkout excludes, in order.
    pub(super) fn into_sparse(self) -> Vec<String> {
        self.sparse
    }

    /// Whether the file at `path` is tracked.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.files().binary_search_by(|file| file.as_str().cmp(path)).is_ok()
    }

    /// Whether the folder at `path` contains a tracked file.
    pub(crate) fn has_below(&self, path: &str) -> bool {
        self.below(path).next().is_some()
    }

    /// The tracked files below the folder at `path`.
    pub(crate) fn below<'t>(&'t self, path: &str) -> impl Iterator<Item = &'t str> {
        let folder = format!("{path}/");
        let files = self.files();
        let from = files.partition_point(|file| *file < folder);
        let files = files[from..].iter().map(String::as_str);
        files.take_while(move |file| file.starts_with(&folder))
    }

    /// Adds to `listing`, as skipped and as remarks, the tracked files that are missing on disk: those outside a
    /// sparse checkout, and submodules.
    pub(crate) fn account_for_the_absent(&self, root: &Path, listing: &mut Listing) {
        let is_here = |path: &String| root.join(path).symlink_metadata().is_ok();
        let absent: Vec<&String> = self.sparse.iter().filter(|path| !is_here(path)).collect();
        if !absent.is_empty() {
            listing.remarks.push(format!(
                "{} outside the sparse checkout ({}); git sparse-checkout add FOLDER adds more",
                counted(absent.len(), "tracked file is", "tracked files are"),
                named(&absent),
            ));
        }
        listing.skipped.extend(absent.into_iter().map(|path| (SkipReason::Sparse, path.clone())));
        let (present, absent): (Vec<&String>, Vec<&String>) =
            self.submodules.iter().partition(|path| root.join(path).join(".git").exists());
        if !present.is_empty() {
            listing.remarks.push(format!(
                "{} not read ({}): a submodule is a repository of its own",
                counted(present.len(), "submodule is", "submodules are"),
                named(&present),
            ));
        }
        if !absent.is_empty() {
            listing.remarks.push(format!(
                "{} not checked out ({}); git submodule update --init fetches them",
                counted(absent.len(), "submodule is", "submodules are"),
                named(&absent),
            ));
        }
        let skipped =
            absent.into_iter().map(|path| (SkipReason::NestedRepository, format!("{path}/")));
        listing.skipped.extend(skipped);
    }
}

/// Whether `path` is a plain path below the root. The index of a hostile checkout can contain anything.
fn is_plain(path: &str) -> bool {
    paths::is_printable(path)
        && path.split('/').all(|part| !matches!(part, "" | "." | "..") && part != ".git")
}

/// `1 file is` or `2 files are`.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The first few of `paths`.
pub(crate) fn named(paths: &[&String]) -> String {
    let first: Vec<&str> = paths.iter().take(NAMED).map(|path| path.as_str()).collect();
    let more = if paths.len() > NAMED { ", …" } else { "" };
    format!("{}{more}", first.join(", "))
}
