//! Lists the files of a checkout: a parallel walk that respects ignore files and enters no other checkout.
//!
//! The rules of `.gitignore`, `.ignore` and `.contextosignore` inside the repository apply, and those of
//! its `.git/info/exclude`. The user's `core.excludesFile`, and ignore files above the repository, don't: the
//! result must be the same on every machine. A tracked file is listed even if a rule of git's matches it;
//! `.ignore` and `.contextosignore` are for programs like this one, so they exclude tracked files too.

use std::ffi::OsString;
use std::fs::FileType;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use crate::SkipReason;
use crate::file_state::FileState;
use crate::git::{self, Git, Layout, Tracked};
use crate::paths;
use crate::rules::{Rules, Verdict};

/// The maximum depth of folders. The cost of an ignore file grows with its depth, and every system limits
/// the length of paths anyway. By hand.
const DEPTH: usize = 200;

/// One regular file.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Listed {
    /// Its path relative to the root, with `/`.
    pub(crate) path: String,
    /// Its metadata when it was listed.
    pub(crate) state: FileState,
}

/// The result of the walk.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The files, in bytewise order of their paths.
    pub(crate) files: Vec<Listed>,
    /// The files and folders that were skipped.
    pub(crate) skipped: Vec<(SkipReason, String)>,
    /// The folders that could not be listed, with the system's reason.
    pub(crate) unreadable: Vec<(String, String)>,
    /// Remarks about missing parts of the checkout, a sentence each.
    pub(crate) remarks: Vec<String>,
    /// The include and exclude globs that match none of the files, once these were admitted by path.
    pub(crate) idle_globs: Vec<String>,
    /// The folders that were listed, in no order.
    pub(crate) folders: Vec<PathBuf>,
}

/// Lists the files below `root`, which must be canonical; `git` is its repository, if there is one that git opens.
pub(crate) fn list(root: &Path, git: Option<&Git>) -> Listing {
    let layout = Layout::of(root);
    if let Some(inside) = layout.git_directory() {
        return Listing { remarks: vec![inside], ..Listing::default() };
    }
    let tracked = git.and_then(|git| git::tracked(git).ok()).unwrap_or_default();
    let top = layout.top();
    let walk =
        Walk { top: top.unwrap_or(root), root, in_repository: top.is_some(), tracked: &tracked };
    let mut listing = walk.run(walk.rules_above(layout.exclude().as_deref()));
    // The user asked for the root, even if its repository ignores it.
    if listing.files.is_empty() && top.is_some_and(|top| top != root) {
        listing = Walk { top: root, ..walk }.run(Rules::none());
    }
    listing.remarks.extend(layout.bare());
    tracked.account_for_the_absent(root, &mut listing);
    listing.skipped.sort_unstable();
    listing.unreadable.sort_unstable();
    listing
}

/// One walk.
#[derive(Clone, Copy)]
struct Walk<'a> {
    /// The topmost folder whose ignore files apply.
    top: &'a Path,
    root: &'a Path,
    in_repository: bool,
    tracked: &'a Tracked,
}

/// A folder to enter.
struct Folder {
    path: PathBuf,
    /// From the root, with `/`; empty for the root.
    inside: String,
    /// The rules of the folders above it.
    rules: Arc<Rules>,
    /// Whether only its tracked files are listed.
    ignored: bool,
}

/// An entry of a folder.
struct Entry {
    name: OsString,
    kind: FileType,
    /// Of regular files; of others, nothing is needed.
    state: FileState,
}

impl Walk<'_> {
    /// The rules of the folders from the top of the repository to the parent of the root; none, if they
    /// ignore the root.
    fn rules_above(&self, exclude: Option<&Path>) -> Arc<Rules> {
        let mut rules = Rules::of_repository(self.top, exclude);
        let mut above: Vec<&Path> =
            self.root.ancestors().skip(1).take_while(|path| path.starts_with(self.top)).collect();
        above.reverse();
        let below = above.iter().skip(1).copied().chain([self.root]);
        for (folder, next) in above.iter().zip(below) {
            let has = |name: &str| folder.join(name).symlink_metadata().is_ok();
            rules = Rules::in_folder(&rules, self.top, folder, has).0;
            if rules.judge(next, true) != Verdict::Keep {
                return Rules::none();
            }
        }
        rules
    }

    /// Walks the tree level by level, with the folders of a level in parallel.
    fn run(&self, rules: Arc<Rules>) -> Listing {
        let mut listing = Listing::default();
        let root =
            Folder { path: self.root.to_owned(), inside: String::new(), rules, ignored: false };
        let mut level = vec![root];
        // By folder, in the order in which they are visited: what is in it.
        let mut contents: Vec<Vec<Item>> = Vec::new();
        while !level.is_empty() {
            let visited: Vec<Visited> =
                level.into_par_iter().map(|folder| self.visit(folder)).collect();
            level = Vec::new();
            let first = contents.len() + visited.len();
            for mut found in visited {
                listing.skipped.append(&mut found.skipped);
                listing.unreadable.append(&mut found.unreadable);
                listing.folders.push(std::mem::take(&mut found.path));
                contents.push(found.items(first + level.len()));
                level.append(&mut found.below);
            }
        }
        listing.files = in_order(contents);
        listing
    }

    /// Lists the files of a folder, and the folders in it that are to be entered.
    fn visit(&self, mut folder: Folder) -> Visited {
        let mut visited = Visited { path: folder.path.clone(), ..Visited::default() };
        let entries = match entries(&folder.path) {
            Ok(entries) => entries,
            Err(error) => {
                visited.unreadable.push((folder.shown(), error.to_string()));
                return visited;
            }
        };
        if let Some(reason) = self.foreign(&folder, &entries) {
            visited.skipped.push((reason, format!("{}/", folder.inside)));
            return visited;
        }
        self.read_rules(&mut folder, &entries, &mut visited);
        for entry in entries {
            self.visit_entry(&folder, entry, &mut visited);
        }
        visited
    }

    /// The reason if the files of a folder don't belong to the checkout.
    fn foreign(&self, folder: &Folder, entries: &[Entry]) -> Option<SkipReason> {
        let is = |name: &str, kind: fn(&FileType) -> bool| {
            entries.iter().any(|entry| entry.name == *name && kind(&entry.kind))
        };
        if folder.inside.is_empty() {
            None
        } else if self.in_repository && is(".git", |_| true) {
            Some(SkipReason::NestedRepository)
        } else if is("HEAD", |kind| !kind.is_dir())
            && is("objects", FileType::is_dir)
            && is("refs", FileType::is_dir)
        {
            Some(SkipReason::BareRepository)
        } else {
            None
        }
    }

    /// Adds the rules of the folder's own ignore files. If one can't be read (a pipe or device, a link that
    /// leads out of the repository, a huge file), only tracked files of the folder are listed. In the
    /// root, which the user asked for, such a file has no effect.
    fn read_rules(&self, folder: &mut Folder, entries: &[Entry], visited: &mut Visited) {
        let has = |name: &str| entries.iter().any(|entry| entry.name == *name);
        let (rules, unread) = Rules::in_folder(&folder.rules, self.top, &folder.path, has);
        folder.rules = rules;
        if let Some(name) = unread {
            let why = format!("its {name} is not a regular file of at most 1 MiB");
            visited.unreadable.push((folder.shown(), why));
            folder.ignored |= !folder.inside.is_empty();
        }
    }

    fn visit_entry(&self, folder: &Folder, entry: Entry, visited: &mut Visited) {
        let full = folder.path.join(&entry.name);
        let is_folder = entry.kind.is_dir();
        let verdict = folder.rules.judge(&full, is_folder);
        let ignored = folder.ignored || verdict == Verdict::GitIgnored;
        let path = folder.inside_path(&entry.name);
        let is_tracked = || {
            path.as_deref().is_some_and(|path| {
                if is_folder { self.tracked.has_below(path) } else { self.tracked.has(path) }
            })
        };
        if verdict == Verdict::Dropped || (ignored && !is_tracked()) || entry.name == *".git" {
            return;
        }
        let Some(path) = path else {
            let shown = full.strip_prefix(self.root).unwrap_or(&full).to_string_lossy();
            visited.skipped.push((SkipReason::Name, paths::escaped(&shown)));
            return;
        };
        if is_folder {
            let rules = Arc::clone(&folder.rules);
            self.visit_folder(Folder { path: full, inside: path, rules, ignored }, visited);
        } else if entry.kind.is_symlink() {
            visited.skipped.push((SkipReason::Link, path));
        } else if entry.kind.is_file() {
            visited.files.push(Listed { path, state: entry.state });
        } else {
            visited.skipped.push((SkipReason::Special, path));
        }
    }

    fn visit_folder(&self, folder: Folder, visited: &mut Visited) {
        let path = &folder.inside;
        let name = path.rsplit('/').next().unwrap_or(path);
        if path.matches('/').count() >= DEPTH {
            let why = format!("it is nested deeper than {DEPTH} folders");
            visited.unreadable.push((folder.inside, why));
        } else if paths::is_tool_state(name) {
            let tracked = self.tracked.below(path);
            visited.skipped.extend(tracked.map(|path| (SkipReason::ToolState, path.to_owned())));
        } else if paths::is_vendored_folder(name) {
            visited.skipped.push((SkipReason::Vendored, format!("{path}/")));
        } else {
            visited.below.push(folder);
        }
    }
}

/// The result of visiting a folder.
#[derive(Default)]
struct Visited {
    path: PathBuf,
    files: Vec<Listed>,
    /// The folders in it that are to be entered.
    below: Vec<Folder>,
    skipped: Vec<(SkipReason, String)>,
    unreadable: Vec<(String, String)>,
}

/// What is in a folder: a file, or a folder by its number.
enum Item {
    File(Listed),
    Folder(usize),
}

impl Item {
    /// The bytes of its path, and what follows them in a path below it: all items are in one folder. `below` are the
    /// folders in that, numbered from `first`.
    fn name<'i>(&'i self, below: &'i [Folder], first: usize) -> (&'i [u8], Option<u8>) {
        match self {
            Self::File(file) => (file.path.as_bytes(), None),
            Self::Folder(at) => (below[at - first].inside.as_bytes(), Some(b'/')),
        }
    }
}

impl Visited {
    /// Its files, which are taken out of it, and folders, in the bytewise order of the paths in them; `first` is the
    /// number of the first folder.
    fn items(&mut self, first: usize) -> Vec<Item> {
        let below = std::mem::take(&mut self.below);
        let mut items: Vec<Item> = self.files.drain(..).map(Item::File).collect();
        items.extend((first..).take(below.len()).map(Item::Folder));
        items.sort_unstable_by(|a, b| {
            let ((a, after_a), (b, after_b)) = (a.name(&below, first), b.name(&below, first));
            let shared = a.len().min(b.len());
            a[..shared].cmp(&b[..shared]).then_with(|| {
                a.get(shared).or(after_a.as_ref()).cmp(&b.get(shared).or(after_b.as_ref()))
            })
        });
        self.below = below;
        items
    }
}

/// The files of all folders, in the order of their paths; the first is the root.
fn in_order(mut contents: Vec<Vec<Item>>) -> Vec<Listed> {
    let mut files = Vec::with_capacity(contents.iter().map(Vec::len).sum());
    let mut open = Vec::from_iter(contents.first_mut().map(std::mem::take));
    open.iter_mut().for_each(|items| items.reverse());
    while let Some(items) = open.last_mut() {
        match items.pop() {
            Some(Item::File(file)) => files.push(file),
            Some(Item::Folder(at)) => {
                let mut items = contents.get_mut(at).map(std::mem::take).unwrap_or_default();
                items.reverse();
                open.push(items);
            }
            None => {
                open.pop();
            }
        }
    }
    files
}

impl Folder {
    /// The path of an entry relative to the root, with `/`, if it is UTF-8 and printable.
    fn inside_path(&self, name: &OsString) -> Option<String> {
        let name = name.to_str().filter(|name| paths::is_printable(name))?;
        Some(if self.inside.is_empty() {
            name.to_owned()
        } else {
            format!("{}/{name}", self.inside)
        })
    }

    /// The folder's path for messages.
    fn shown(&self) -> String {
        if self.inside.is_empty() { ".".to_owned() } else { self.inside.clone() }
    }
}

/// The entries of a folder, without those that have disappeared meanwhile.
fn entries(folder: &Path) -> std::io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in folder.read_dir()? {
        let entry = entry?;
        let Ok(kind) = entry.file_type() else { continue };
        let state = match kind.is_file() {
            true => entry.metadata().map(|data| FileState::of(&data)).unwrap_or_default(),
            false => FileState::default(),
        };
        entries.push(Entry { name: entry.file_name(), kind, state });
    }
    Ok(entries)
}
