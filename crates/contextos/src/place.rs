//! The place where a command works: a repository, or one folder of it.
//!
//! A folder belongs to the repository around it: settings, the current task and `.contextos/` are the
//! repository's, and paths start at its top. Only the selection is restricted to the folder.

use std::path::{Path, PathBuf};

use crate::context_dir::ContextDir;
use crate::failure::Failure;
use crate::settings::REPOSITORY_FILE;

/// A repository, and perhaps one folder of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The repository's top folder; the given folder, if it is in no repository.
    pub(crate) root: PathBuf,
    /// The given folder, relative to `root`, with `/`; `None` for all of the repository.
    pub(crate) within: Option<String>,
}

impl Place {
    /// The place that `folder` is.
    ///
    /// # Errors
    /// When it isn't a folder.
    pub(crate) fn of(folder: &Path) -> Result<Self, Failure> {
        ContextDir::of(folder)?;
        let alone = Self { root: folder.to_owned(), within: None };
        let Ok(canonical) = folder.canonicalize() else { return Ok(alone) };
        let Some(top) = top(&canonical) else { return Ok(alone) };
        let inside = canonical.strip_prefix(top).unwrap_or(Path::new(""));
        let parts: Option<Vec<&str>> = inside.iter().map(|part| part.to_str()).collect();
        Ok(match parts {
            Some(parts) if !parts.is_empty() => {
                Self { root: top.to_owned(), within: Some(parts.join("/")) }
            }
            // A folder whose name isn't Unicode can't be written in a pack's paths.
            _ => alone,
        })
    }

    /// What people call the repository: the name of its folder.
    pub(crate) fn name(&self) -> String {
        let root = self.root.canonicalize().unwrap_or_else(|_| self.root.clone());
        root.file_name().unwrap_or(root.as_os_str()).to_string_lossy().into_owned()
    }

    /// `path`, as the user gave it, relative to the repository's top: with `/`, without `./`.
    pub(crate) fn path_from_top(&self, path: &str) -> String {
        let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
        let absolute =
            Path::new(&path).is_absolute().then(|| self.root.canonicalize().ok()).flatten();
        if let Some(inside) = absolute.and_then(|root| {
            Path::new(&path).strip_prefix(root).ok().and_then(Path::to_str).map(str::to_owned)
        }) {
            return inside.trim_matches('/').to_owned();
        }
        let path = path.trim_start_matches("./").trim_end_matches('/');
        if path == "." { String::new() } else { path.to_owned() }
    }

    /// The paths that `path` may mean, relative to the repository's top: first that below the given
    /// folder, then that below the top.
    pub(crate) fn readings(&self, path: &str) -> Vec<String> {
        let path = self.path_from_top(path);
        let within = self.within.as_deref().map(|folder| {
            if path.is_empty() { folder.to_owned() } else { format!("{folder}/{path}") }
        });
        within.into_iter().chain([path]).collect()
    }
}

/// The top folder for `folder`: the nearest one up to the repository's top that has a settings file, or
/// the repository's top.
fn top(folder: &Path) -> Option<&Path> {
    let repository = folder.ancestors().find(|above| is_repository(above))?;
    if !same_owner(folder, repository) {
        return None;
    }
    let in_repository = |above: &&Path| above.starts_with(repository);
    let own = folder
        .ancestors()
        .take_while(in_repository)
        .find(|above| above.join(REPOSITORY_FILE).is_file());
    Some(own.unwrap_or(repository))
}

/// Whether git regards the folder as the top of a checkout: `.git` is a folder with a HEAD, or the file
/// of a worktree or submodule.
pub(crate) fn is_repository(folder: &Path) -> bool {
    let git = folder.join(".git");
    git.is_file() || git.join("HEAD").is_file()
}

/// A repository above that belongs to another user (as somebody could make in `/tmp`) is ignored.
#[cfg(unix)]
fn same_owner(folder: &Path, above: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let owner = |path: &Path| path.metadata().map(|metadata| metadata.uid()).ok();
    owner(folder) == owner(above)
}

#[cfg(not(unix))]
fn same_owner(_: &Path, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folders() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("app/src/auth")).unwrap();
        root
    }

    #[test]
    fn a_folder_belongs_to_the_repository_around_it() {
        let root = folders();
        let folder = root.path().join("app/src/auth");
        let alone = Place { root: folder.clone(), within: None };
        assert_eq!(Place::of(&folder).unwrap(), alone, "there is no repository");

        fs::create_dir(root.path().join(".git")).unwrap();
        assert_eq!(Place::of(&folder).unwrap(), alone, "an empty `.git` is none");

        fs::write(root.path().join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
        let top = root.path().canonicalize().unwrap();
        let place = Place::of(&folder).unwrap();
        assert_eq!((&place.root, place.within.as_deref()), (&top, Some("app/src/auth")));
        assert_eq!(place.readings("./token.rs"), ["app/src/auth/token.rs", "token.rs"]);
        assert_eq!(place.readings("."), ["app/src/auth", ""]);
        let absolute = top.join("app/src/");
        assert_eq!(place.path_from_top(absolute.to_str().unwrap()), "app/src");
        assert_eq!(Place::of(root.path()).unwrap().within, None);
    }

    #[test]
    fn a_folder_with_settings_of_its_own_is_a_top() {
        let root = folders();
        let app = root.path().join("app");
        fs::write(app.join(REPOSITORY_FILE), "").unwrap();
        let src = app.join("src");
        assert_eq!(Place::of(&src).unwrap().root, src, "settings above no repository don't count");

        fs::write(root.path().join(".git"), "gitdir: elsewhere\n").unwrap();
        let place = Place::of(&src).unwrap();
        assert_eq!(place.root, app.canonicalize().unwrap());
        assert_eq!(place.within.as_deref(), Some("src"));
    }

    #[test]
    fn what_is_no_folder_is_an_error() {
        let root = folders();
        assert!(Place::of(&root.path().join("gone")).is_err());
    }
}
