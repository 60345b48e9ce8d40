//! The paths of a checkout, looked up as a whole, by folder, or by suffix.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use crate::File;

/// The most files with the same suffix that are compared. By hand: it bounds the work.
const MAX_ALIKE: usize = 64;

/// The paths of a checkout.
pub(crate) struct Tree<'a> {
    paths: Vec<&'a str>,
    by_path: FxHashMap<&'a str, usize>,
    /// By folder: the files right in it.
    folders: FxHashMap<&'a str, Vec<usize>>,
    /// Paths with their parts in reverse order, sorted: those that end alike are neighbours. Made when it is asked for.
    reversed: OnceLock<Vec<(String, usize)>>,
}

impl<'a> Tree<'a> {
    pub(crate) fn new(files: &'a [File<'a>]) -> Self {
        let paths: Vec<&str> = files.iter().map(|file| file.path).collect();
        let mut folders: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
        for (at, path) in paths.iter().enumerate() {
            folders.entry(split(path).0).or_default().push(at);
            // A folder of folders is one as well.
            for folder in upwards(split(path).0).skip(1) {
                if folders.contains_key(folder) {
                    break;
                }
                folders.insert(folder, Vec::new());
            }
        }
        let by_path = paths.iter().enumerate().map(|(at, &path)| (path, at)).collect();
        Self { paths, by_path, folders, reversed: OnceLock::new() }
    }

    /// The path of a file.
    pub(crate) fn path(&self, file: usize) -> &'a str {
        self.paths[file]
    }

    /// The file at a path.
    pub(crate) fn at(&self, path: &str) -> Option<usize> {
        self.by_path.get(path).copied()
    }

    /// The first of these paths that is a file.
    pub(crate) fn first<I: IntoIterator<Item = String>>(&self, paths: I) -> Option<usize> {
        paths.into_iter().find_map(|path| self.at(&path))
    }

    /// The files right in a folder, in order; `None` where there is no such folder.
    pub(crate) fn folder(&self, folder: &str) -> Option<&[usize]> {
        self.folders.get(folder).map(Vec::as_slice)
    }

    /// Every folder that holds files, with these, in no order.
    pub(crate) fn folders(&self) -> impl Iterator<Item = (&'a str, &[usize])> {
        self.folders.iter().map(|(&folder, files)| (folder, files.as_slice()))
    }

    /// The file whose path is `suffix` or ends in `/suffix`; of several the one that is nearest to the
    /// file at `from`, and none where that is undecided.
    pub(crate) fn nearest_ending_in(&self, suffix: &str, from: usize) -> Option<usize> {
        let key = reverse(suffix);
        let reversed = self.reversed();
        let start = reversed.partition_point(|(path, _)| *path < key);
        let alike = reversed[start..].iter().take(MAX_ALIKE + 1).take_while(|(path, _)| {
            path.strip_prefix(&key).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        let alike: Vec<usize> = alike.map(|&(_, at)| at).collect();
        self.nearest(&alike, from)
    }

    fn reversed(&self) -> &[(String, usize)] {
        self.reversed.get_or_init(|| {
            let paths = self.paths.iter().enumerate();
            let mut reversed: Vec<_> = paths.map(|(at, path)| (reverse(path), at)).collect();
            reversed.sort_unstable();
            reversed
        })
    }

    /// Of some files, the one that shares most folders with the file at `from`; none where several do,
    /// or there are too many to tell.
    pub(crate) fn nearest(&self, files: &[usize], from: usize) -> Option<usize> {
        if files.len() > MAX_ALIKE {
            return None;
        }
        let shared = |&at: &usize| shared_folders(self.paths[at], self.paths[from]);
        let most = files.iter().map(shared).max()?;
        let mut best = files.iter().filter(|&at| shared(at) == most);
        let found = best.next().copied();
        if best.next().is_some() { None } else { found }
    }
}

fn reverse(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for part in path.rsplit('/') {
        if !out.is_empty() {
            out.push('/');
        }
        out.push_str(part);
    }
    out
}

/// How many folders two paths begin with.
pub(crate) fn shared_folders(a: &str, b: &str) -> usize {
    split(a)
        .0
        .split('/')
        .zip(split(b).0.split('/'))
        .take_while(|(a, b)| a == b && !a.is_empty())
        .count()
}

/// A path's folder (empty at the root) and name.
pub(crate) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// A path's name without its folder and its last ending.
pub(crate) fn stem(path: &str) -> &str {
    let name = split(path).1;
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// `relative` as seen from `folder`; `None` if it leads out of the checkout.
pub(crate) fn join(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// `folder` and every folder around it, innermost first, the root (empty) last.
pub(crate) fn upwards(folder: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(folder);
    std::iter::from_fn(move || {
        let now = next?;
        next = if now.is_empty() { None } else { Some(split(now).0) };
        Some(now)
    })
}

/// `name` in `folder`, either of which may be empty.
pub(crate) fn within(folder: &str, name: &str) -> String {
    match (folder.is_empty(), name.is_empty()) {
        (true, _) => name.to_owned(),
        (false, true) => folder.to_owned(),
        (false, false) => format!("{folder}/{name}"),
    }
}
