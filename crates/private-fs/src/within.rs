//! Links in a folder that comes from others, a checkout, say: followed only where they stay in it.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::folder::MAX_LINKS;

/// A symbolic link that leads out of the folder that it lies in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkOutside {
    /// The link.
    pub link: PathBuf,
    /// What it holds.
    pub target: PathBuf,
    /// The folder that it leads out of.
    pub root: PathBuf,
}

impl fmt::Display for LinkOutside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Escaped: whoever made the link chose its name and target.
        let [link, target, root] = [&self.link, &self.target, &self.root]
            .map(|path| path.to_string_lossy().escape_debug().to_string());
        write!(f, "{link} is a link to {target}, which leads out of {root}")
    }
}

impl std::error::Error for LinkOutside {}

/// The path without links of what is at `path`, which lies below `root` and need not exist; or the link
/// by which it leads out of `root`, even if only to come back.
///
/// # Errors
/// If `root` can't be found, `path` doesn't lie below it, or there are more than 40 links, as in a circle.
pub fn resolve_within(root: &Path, path: &Path) -> io::Result<Result<PathBuf, LinkOutside>> {
    let real_root = root.canonicalize()?;
    let below = |path: &Path| {
        let inside = path.strip_prefix(root).or_else(|_| path.strip_prefix(&real_root));
        inside.ok().and_then(names)
    };
    let mut left = below(path).ok_or(io::ErrorKind::InvalidInput)?;
    let mut real = real_root.clone();
    let mut links = 0;
    let mut last = None;
    while let Some(name) = left.pop_front() {
        if name == ".." {
            if real == real_root {
                return last.map(Err).ok_or_else(|| io::ErrorKind::InvalidInput.into());
            }
            real.pop();
            continue;
        }
        let link = real.join(&name);
        let Ok(target) = fs::read_link(&link) else {
            real = link;
            continue;
        };
        links += 1;
        if links > MAX_LINKS {
            return Err(io::Error::other("too many links"));
        }
        let inside = if target.is_absolute() { below(&target) } else { names(&target) };
        if target.is_absolute() {
            real.clone_from(&real_root);
        }
        let outside = LinkOutside { link, target, root: real_root.clone() };
        let Some(mut names) = inside else { return Ok(Err(outside)) };
        names.append(&mut left);
        left = names;
        last = Some(outside);
    }
    Ok(Ok(real))
}

/// The parts of a relative path; `None` for another one.
fn names(path: &Path) -> Option<VecDeque<OsString>> {
    let name = |part: Component<'_>| match part {
        Component::Normal(_) | Component::ParentDir => Some(part.as_os_str().to_owned()),
        Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
    };
    let parts = path.components().filter(|part| *part != Component::CurDir);
    parts.map(name).collect()
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "a test that can't set up has nothing to say")]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_followed_within_the_folder_alone() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        let root = home.join("repo");
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::create_dir(home.join("outside")).unwrap();
        symlink(&root, home.join("way")).unwrap();
        let resolved = |link: &str, target: &str, path: &str| {
            let link = root.join(link);
            symlink(target, &link).unwrap();
            let resolved = resolve_within(&root, &root.join(path));
            fs::remove_file(link).unwrap();
            resolved
        };
        let absolute = root.join("a").to_string_lossy().into_owned();
        for (link, target, path, expected) in [
            ("l", "a/b", "l/new", "a/b/new"),
            ("l", "./a/../a/b/.", "l/new/er", "a/b/new/er"),
            ("a/l", "../missing", "a/l", "missing"),
            ("a/b/l", "../..", "a/b/l/a", "a"),
            ("l", absolute.as_str(), "l/b/c", "a/b/c"),
            ("l", "nowhere", "a/b", "a/b"),
        ] {
            let real = resolved(link, target, path).unwrap().unwrap();
            assert_eq!(real, root.join(expected), "{link} to {target}: {path}");
        }
        let outside = home.join("outside/x").to_string_lossy().into_owned();
        let way = home.join("way/a").to_string_lossy().into_owned();
        for (link, target, path) in [
            ("l", "../outside", "l/new"),
            ("l", "../outside/missing", "l"),
            ("a/l", "../../outside", "a/l/new"),
            ("a/b/l", "../../../repo/a", "a/b/l/new"),
            ("l", "a/../../outside", "l"),
            ("l", outside.as_str(), "l"),
            ("l", "/", "l/etc/passwd"),
            ("l", way.as_str(), "l"),
        ] {
            let error = resolved(link, target, path).unwrap().unwrap_err();
            assert_eq!(error.link, root.join(link), "{link} to {target}");
            assert!(error.to_string().contains(&format!("a link to {target}, which")), "{error}");
        }
        assert!(resolved("l", "l", "l").is_err(), "a circle");
        assert!(resolve_within(&root, &home.join("outside")).is_err());
        assert!(resolve_within(&root, &root.join("../outside")).is_err());
        let real = resolve_within(&home.join("way"), &home.join("way/a/new")).unwrap().unwrap();
        assert_eq!(real, root.join("a/new"), "the folder's own path may be a link");
    }

    #[test]
    fn a_link_chain_is_left_by_its_last_link() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("repo");
        fs::create_dir(&root).unwrap();
        symlink("second/x", root.join("first")).unwrap();
        symlink("..", root.join("second")).unwrap();
        let error = resolve_within(&root, &root.join("first")).unwrap().unwrap_err();
        assert!(error.link.ends_with("second"), "{error:?}");
    }
}
