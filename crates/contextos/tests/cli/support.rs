//! What every test needs: a checkout, a home of its own, and the program run in them.

pub(crate) mod mcp;
pub(crate) mod stub;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use testkit::TempRepo;

/// A checkout and an empty home.
pub(crate) struct Sandbox {
    pub(crate) repo: TempRepo,
    pub(crate) home: TempRepo,
    pub(crate) program: Alone,
}

/// The program with nothing beside it: a `headroom` in the folder of the running program counts as
/// installed.
pub(crate) struct Alone(tempfile::TempDir);

impl Alone {
    fn new() -> Self {
        let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let program = assert_cmd::cargo::cargo_bin!("contextos");
        fs::hard_link(program, folder.path().join("contextos")).expect("on one file system");
        Self(folder)
    }
}

impl Sandbox {
    /// A checkout without files.
    pub(crate) fn empty() -> Self {
        Self { repo: TempRepo::new(), home: TempRepo::folder(), program: Alone::new() }
    }

    /// A small checkout with a commit.
    pub(crate) fn new() -> Self {
        let sandbox = Self::empty();
        sandbox
            .repo
            .write("src/auth/token.py", TOKEN)
            .write("src/auth/session.py", SESSION)
            .write("src/report.py", REPORT)
            .write("tests/test_token.py", TEST_TOKEN)
            .write("README.md", "# Sample\n\nA sample with tokens and reports.\n");
        sandbox.repo.commit("First version");
        sandbox
    }

    /// Where the program is.
    pub(crate) fn program(&self) -> PathBuf {
        self.program.0.path().join("contextos")
    }

    /// The program, in the checkout, with nothing of the caller's environment but `PATH`, for git.
    pub(crate) fn contextos(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program());
        command.current_dir(self.repo.path()).env_clear().args(arguments);
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", self.home.path());
        command
    }

    /// Runs the program and shows all that it wrote.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        self.shown(self.contextos(arguments))
    }

    /// Runs a command and shows all that it wrote, with what differs between machines left out.
    pub(crate) fn shown(&self, mut command: Command) -> String {
        self.show(&command.output().expect("the program runs"))
    }

    /// What a command wrote, with what differs between machines left out.
    pub(crate) fn show(&self, output: &Output) -> String {
        let code = output.status.code().map_or("a signal".into(), |code| code.to_string());
        let mut out = format!("exit: {code}\n");
        for (name, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            if !bytes.is_empty() {
                out.push_str(&format!("----- {name}\n{}", String::from_utf8_lossy(bytes)));
                if !out.ends_with('\n') {
                    out.push_str("(no newline)\n");
                }
            }
        }
        self.portable(&out)
    }

    /// `text` without folders and times.
    pub(crate) fn portable(&self, text: &str) -> String {
        let mut out = text
            .replace(&*self.repo.path().to_string_lossy(), "[REPO]")
            .replace(&*self.home.path().to_string_lossy(), "[HOME]")
            .replace(env!("CARGO_PKG_VERSION"), "[VERSION]");
        for (before, after, with) in [("time: ", " s\n", "[TIME]"), ("**Set:** ", "\n", "[NOW]")] {
            out = between(&out, before, after, with);
        }
        out
    }

    /// A file below `.contextos/`.
    pub(crate) fn state(&self, file: &str) -> PathBuf {
        self.repo.path().join(".contextos").join(file)
    }

    /// The text of a file below `.contextos/`.
    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.state(file)).expect("the file is there")
    }

    /// Writes the user's own configuration.
    pub(crate) fn configure(&self, text: &str) {
        self.home.write(".config/contextos/config.toml", text);
    }

    /// An executable in the user's home.
    #[cfg(unix)]
    pub(crate) fn install(&self, path: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        self.home.write(path, script);
        let path = self.home.path().join(path);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("is ours");
    }
}

/// Every file below `folder` with its bytes, to be compared.
pub(crate) fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            out.extend(tree(&path));
        } else {
            out.push((path.clone(), fs::read(&path).expect("readable")));
        }
    }
    out.sort();
    out
}

/// Replaces what stands between `before` and `after`, wherever both stand on a line.
pub(crate) fn between(text: &str, before: &str, after: &str, with: &str) -> String {
    let mut parts = text.split(before);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(before);
        match part.split_once(after) {
            Some((replaced, rest)) if !replaced.contains('\n') => {
                out.push_str(with);
                out.push_str(after);
                out.push_str(rest);
            }
            _ => out.push_str(part),
        }
    }
    out
}

const TOKEN: &str = r#""""Tokens that prove who a user is."""

import time

from auth.session import Session


class TokenStore:
    """Keeps the tokens of all sessions."""

    def __init__(self, lifetime):
        self.lifetime = lifetime
        self.tokens = {}

    def issue(self, session: Session) -> str:
        """Issues a token for a session."""
        token = session.sign(time.time())
        self.tokens[token] = session
        return token

    def refresh(self, token: str) -> str:
        """Replaces a token that is about to expire."""
        session = self.tokens.pop(token)
        return self.issue(session)
"#;

const SESSION: &str = r#""""Sessions of users."""

import hashlib


class Session:
    """A user who has logged in."""

    def __init__(self, user):
        self.user = user

    def sign(self, now):
        """A digest of the user and the time."""
        return hashlib.sha256(f"{self.user}:{now}".encode()).hexdigest()

    def expired(self, now, lifetime):
        """Whether the session is too old."""
        return now > lifetime
"#;

const REPORT: &str = r#""""Monthly reports."""


def monthly(rows):
    """Sums the rows by month."""
    totals = {}
    for row in rows:
        totals[row.month] = totals.get(row.month, 0) + row.amount
    return totals


def render(totals):
    """Writes totals as lines."""
    return "\n".join(f"{month}: {amount}" for month, amount in sorted(totals.items()))
"#;

const TEST_TOKEN: &str = r#"from auth.session import Session
from auth.token import TokenStore


def test_refresh_gives_a_new_token():
    store = TokenStore(lifetime=60)
    first = store.issue(Session("ann"))
    assert store.refresh(first) != first
"#;
