//! A folder that is gone when the test is, with a git repository in it if the test wants one.

use std::ffi::OsStr;
use std::fs;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;

/// The committer time of the first commit: 2024-01-01T00:00:00Z.
const FIRST_COMMIT: u64 = 1_704_067_200;
/// Seconds from one commit to the next.
const BETWEEN_COMMITS: u64 = 3_600;

/// A temporary folder, removed when dropped.
#[derive(Debug)]
pub struct TempRepo {
    /// Removed with this value.
    _dir: TempDir,
    root: PathBuf,
    commits: AtomicU64,
}

impl TempRepo {
    /// An empty folder without git.
    pub fn folder() -> Self {
        let dir = TempDir::new().expect("a temporary folder");
        let root = dir.path().canonicalize().expect("the folder was just made");
        Self { _dir: dir, root, commits: AtomicU64::new(0) }
    }

    /// An empty git repository, its branch called `main`.
    pub fn new() -> Self {
        Self::with_object_format("sha1")
    }

    /// An empty git repository whose object ids are `sha1` or `sha256`.
    pub fn with_object_format(format: &str) -> Self {
        let repo = Self::folder();
        repo.git(&["init", "-q", "-b", "main", &format!("--object-format={format}")]);
        repo
    }

    /// A clone of `origin` with `arguments` to `git clone`: `&["--depth=2"]`. It goes by a `file:` URL, as
    /// a clone by path ignores the depth.
    pub fn clone_of(origin: &Self, arguments: &[&str]) -> Self {
        let repo = Self::folder();
        let url = format!("file://{}", origin.root.display());
        repo.git(&[&["clone", "-q"], arguments, &["--", &url, "."]].concat());
        repo
    }

    /// The folder, without links in its path.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Writes a file and the folders above it.
    pub fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> &Self {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("folders");
        fs::write(&path, content).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        self
    }

    /// Removes a file.
    pub fn remove(&self, path: impl AsRef<Path>) -> &Self {
        fs::remove_file(self.root.join(path)).expect("the file is there");
        self
    }

    /// Commits everything that is not ignored, one hour after the commit before; returns the id.
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        let count = self.commits.fetch_add(1, Ordering::Relaxed);
        let date = format!("{} +0000", FIRST_COMMIT + count * BETWEEN_COMMITS);
        let mut command = self.command();
        command.env("GIT_AUTHOR_DATE", &date).env("GIT_COMMITTER_DATE", &date);
        command.args(["commit", "-q", "--allow-empty", "--no-verify", "-m", message]);
        succeed(command);
        self.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// Runs git in the folder and returns what it printed.
    pub fn git(&self, arguments: &[impl AsRef<OsStr>]) -> String {
        let mut command = self.command();
        command.args(arguments);
        String::from_utf8_lossy(&succeed(command).stdout).into_owned()
    }

    /// The same, with `input` on git's standard input.
    pub fn git_with(&self, arguments: &[impl AsRef<OsStr>], input: &[u8]) -> String {
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(input).and_then(|()| file.rewind()).expect("the file is written");
        let mut command = self.command();
        command.args(arguments).stdin(file);
        String::from_utf8_lossy(&succeed(command).stdout).into_owned()
    }

    /// Git in the folder, with a configuration of its own.
    fn command(&self) -> Command {
        let mut command = Command::new("git");
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("GIT_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(&self.root)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_AUTHOR_NAME", "Ada")
            .env("GIT_AUTHOR_EMAIL", "ada@example.org")
            .env("GIT_COMMITTER_NAME", "Ada")
            .env("GIT_COMMITTER_EMAIL", "ada@example.org")
            .env("TZ", "UTC")
            .env("LC_ALL", "C")
            .args(["-c", "core.autocrlf=false", "-c", "protocol.file.allow=always"]);
        command
    }
}

impl Default for TempRepo {
    fn default() -> Self {
        Self::new()
    }
}

fn succeed(mut command: Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_calls_give_the_same_ids() {
        let ids = || {
            let repo = TempRepo::new();
            repo.write("a/b.txt", "one\n").commit("first");
            let id = repo.write("a/b.txt", "two\n").commit("second");
            (id, repo.git(&["log", "-1", "--format=%ct"]))
        };
        assert_eq!(ids(), ids());
        assert_eq!(ids().1.trim(), (FIRST_COMMIT + BETWEEN_COMMITS).to_string());
    }

    #[test]
    fn a_shallow_clone_is_shallow() {
        let origin = TempRepo::new();
        for n in 0..3 {
            origin.write("a.txt", n.to_string()).commit("next");
        }
        let clone = TempRepo::clone_of(&origin, &["--depth=2"]);
        assert_eq!(clone.git(&["rev-list", "--count", "HEAD"]).trim(), "2");
    }
}
