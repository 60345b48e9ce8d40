//! Repositories by URL, for `--clone`: a shallow copy in the user's cache.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest as _, Sha256};

use crate::environment;
use crate::failure::Failure;

/// How many of the last commits are copied. By hand: most of what the history says, for little of its size.
const COMMITS: u32 = 200;
/// What the URLs of repositories begin with.
const SCHEMES: [&str; 4] = ["https://", "http://", "ssh://", "file://"];

/// What stands for a secret where a URL is shown.
const MASK: &str = "***";

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
    let shown = without_credentials(url);
    let failed = |error: std::io::Error| Failure::new(format_args!("--clone {shown}: {error}"));
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

/// Runs git so that nothing in the repository is executed: no hook, no filter, no other transport. A user's name
/// and password reach git by its environment, so that neither the copy's configuration nor the list of processes
/// has them.
fn clone(url: &str, folder: &Path) -> Result<(), Failure> {
    let depth = format!("--depth={COMMITS}");
    let address = without_user(url);
    let output = Command::new("git")
        .envs(rewritten(&address, url))
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
            &address,
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
            let shown = without_credentials(url);
            let said = String::from_utf8_lossy(&output.stderr);
            let said = masked(said.trim(), url);
            Err(Failure::new(format_args!("--clone {shown}: git failed: {said}")))
        }
        Err(error) => Err(Failure::new(format_args!("--clone: git can't be run: {error}"))),
    }
}

/// `url` for messages: `***` in place of the user's name and password, which may be a token, and without query.
pub(crate) fn without_credentials(url: &str) -> String {
    let shown = match user_info(url) {
        Some(user) => [&url[..user.start], MASK, &url[user.end..]].concat(),
        None => url.to_owned(),
    };
    match shown.split_once('?') {
        Some((path, _)) => format!("{path}?{MASK}"),
        None => shown,
    }
}

/// The user's name and password in a URL, without the `@` after them. The `git@` of an address as ssh takes
/// it is neither secret nor, there, followed by a password.
fn user_info(url: &str) -> Option<Range<usize>> {
    let start = url.find("://")? + "://".len();
    let rest = &url[start..];
    let host = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    // A password may contain a slash, and a path an `@`.
    let ends_in_path = || {
        let (_, behind) = rest[..host].split_once(':')?;
        let is_port = behind.bytes().all(|byte| byte.is_ascii_digit());
        if is_port { None } else { rest.rfind('@') }
    };
    let end = rest[..host].rfind('@').or_else(ends_in_path)?;
    (&rest[..end] != "git").then_some(start..start + end)
}

/// `url` without the user's name and password: what the repository is known by.
fn without_user(url: &str) -> String {
    match user_info(url) {
        Some(user) => [&url[..user.start], &url[user.end + 1..]].concat(),
        None => url.to_owned(),
    }
}

/// Variables that have git use `url` for `address`, beside the settings that the environment has already.
fn rewritten(address: &str, url: &str) -> Vec<(String, String)> {
    if address == url {
        return Vec::new();
    }
    let count = std::env::var("GIT_CONFIG_COUNT").ok().and_then(|count| count.parse().ok());
    let count: u32 = count.unwrap_or(0);
    vec![
        ("GIT_CONFIG_COUNT".to_owned(), count.saturating_add(1).to_string()),
        (format!("GIT_CONFIG_KEY_{count}"), format!("url.{url}.insteadOf")),
        (format!("GIT_CONFIG_VALUE_{count}"), address.to_owned()),
    ]
}

/// What git said, without the URL's secrets, which some of its messages repeat.
fn masked(said: &str, url: &str) -> String {
    let said = said.replace(url, &without_credentials(url));
    let Some(user) = user_info(url) else { return said };
    let user = &url[user];
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let said = said.replace(&format!("{name}@"), &format!("{MASK}@"));
    let secrets = [user, password].into_iter().filter(|secret| !secret.is_empty());
    secrets.fold(said, |said, secret| said.replace(secret, MASK))
}

/// A folder's name for a URL: the repository's own, and what tells it from others of that name.
fn name_of(url: &str) -> String {
    let last = url.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
    let last = last.strip_suffix(".git").unwrap_or(last);
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let name: String = last.chars().filter(is_plain).take(40).collect();
    // With another password, it is the same repository.
    let address = without_user(url);
    let digest: String =
        Sha256::digest(&address).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
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
    fn credentials_are_not_shown() {
        for (url, shown) in [
            ("https://example.com/a/b.git", "https://example.com/a/b.git"),
            ("https://u:made-up@h/x.git", "https://***@h/x.git"),
            ("https://made-up@h/x.git", "https://***@h/x.git"),
            ("https://u:ma/de@up@h/x.git", "https://***@h/x.git"),
            ("ssh://u:made-up@h:22/x", "ssh://***@h:22/x"),
            ("ssh://git@h/x", "ssh://git@h/x"),
            ("https://h/@team/x.git", "https://h/@team/x.git"),
            ("https://h:8080/@team/x.git", "https://h:8080/@team/x.git"),
            ("git@h:a/x.git", "git@h:a/x.git"),
            ("https://h/x?token=made-up", "https://h/x?***"),
            ("https://u:made-up@h", "https://***@h"),
        ] {
            assert_eq!(without_credentials(url), shown);
            assert_eq!(masked(&format!("fatal: '{url}'"), url), format!("fatal: '{shown}'"));
        }
        let said =
            masked("no access to u:made-up, made-up or 'https://u@h'", "https://u:made-up@h/x");
        assert_eq!(said, "no access to ***, *** or 'https://***@h'");
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
        assert_ne!(name_of("https://example.com/@a/b"), name_of("https://example.org/@a/b"));
        assert_eq!(name_of("https://u:x@example.com/a/b"), name_of("https://example.com/a/b"));
    }
}
