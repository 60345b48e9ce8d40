//! Repositories by URL, for `--clone`: a shallow copy in the user's cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest as _, Sha256};

use crate::environment;
use crate::failure::Failure;

/// How many of the last commits are copied. By hand: most of what the history says, for little of its size.
const COMMITS: u32 = 200;
/// What the URLs of repositories begin with.
const SCHEMES: [&str; 4] = ["https://", "http://", "ssh://", "file://"];

/// Whether `argument` is the URL of a repository rather than a folder.
pub(crate) fn is_url(argument: &str) -> bool {
    let is_scp_like = || argument.starts_with("git@") && argument.contains(':');
    SCHEMES.iter().any(|scheme| argument.starts_with(scheme)) || is_scp_like()
}

/// Copies the last commits of the repository at `url`; the folder of the copy, which replaces an earlier one.
///
/// # Errors
/// When there is no cache folder or no git, or git fails.
pub(crate) fn copy(url: &str) -> Result<PathBuf, Failure> {
    let failed = |error: std::io::Error| Failure::new(format_args!("--clone {url}: {error}"));
    let cache = environment::cache_folder().ok_or_else(|| {
        Failure::new("--clone: there is no folder for the copy; set HOME or XDG_CACHE_HOME")
    })?;
    let folder = cache.join("repositories");
    private_fs::create_dir(&folder).map_err(failed)?;
    let name = name_of(url);
    let unfinished = folder.join(format!("{name}.{}.unfinished", std::process::id()));
    let _ = fs::remove_dir_all(&unfinished);
    let cloned = clone(url, &unfinished);
    let place = folder.join(&name);
    let moved = cloned.and_then(|()| {
        if place.exists() {
            fs::remove_dir_all(&place).map_err(failed)?;
        }
        fs::rename(&unfinished, &place).map_err(failed)
    });
    let _ = fs::remove_dir_all(&unfinished);
    moved.map(|()| place)
}

/// Runs git so that nothing in the repository is executed: no hook, no filter, no other transport.
fn clone(url: &str, folder: &Path) -> Result<(), Failure> {
    let depth = format!("--depth={COMMITS}");
    let output = Command::new("git")
        .args(["-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never"])
        .args(["-c", "filter.lfs.smudge=", "-c", "filter.lfs.required=false"])
        .args([
            "clone",
            "--quiet",
            "--single-branch",
            "--no-tags",
            "--template=",
            &depth,
            "--",
            url,
        ])
        .arg(folder)
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(Failure::new(format_args!("--clone {url}: git failed: {}", said.trim())))
        }
        Err(error) => Err(Failure::new(format_args!("--clone: git can't be run: {error}"))),
    }
}

/// A folder's name for a URL: the repository's own, and what tells it from others of that name.
fn name_of(url: &str) -> String {
    let last = url.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
    let last = last.strip_suffix(".git").unwrap_or(last);
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let name: String = last.chars().filter(is_plain).take(40).collect();
    let digest: String =
        Sha256::digest(url).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{digest}", if name.is_empty() { "repository" } else { &name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_told_from_folders() {
        for url in [
            "https://example.com/a/b",
            "ssh://git@example.com/a",
            "git@example.com:a/b.git",
            "file:///srv/a",
        ] {
            assert!(is_url(url), "{url}");
        }
        for folder in [".", "../a", "a/b", "C:\\a", "git@home", "ext::sh -c id", "https:"] {
            assert!(!is_url(folder), "{folder}");
        }
    }

    #[test]
    fn a_name_is_one_folder() {
        for url in [
            "https://example.com/a/..",
            "file:///",
            "git@example.com:a/b c.git",
            "https://example.com/%2e%2e/",
        ] {
            let name = name_of(url);
            assert!(
                name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')),
                "{name}"
            );
        }
        assert_ne!(name_of("https://example.com/a/b"), name_of("https://example.com/c/b"));
    }
}
