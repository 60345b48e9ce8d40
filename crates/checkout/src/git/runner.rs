//! Runs git with an empty configuration, without prompts, network and locks, and with a deadline.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use private_fs::Links;

use crate::git::database::{self, Database, Id};
use crate::git::{GitError, config_file, layout};

/// The time limit of a command. By hand: a git that takes longer hangs, for instance on a pipe to which a link in
/// `.git` points.
const DEADLINE: Duration = Duration::from_secs(120);
/// The time limit for reading the user's own settings. By hand.
const SETTINGS_DEADLINE: Duration = Duration::from_secs(10);
/// The maximum size of these settings in bytes. By hand.
const SETTINGS_LIMIT: u64 = 1 << 20;
/// The maximum size of the list of commits at which a clone is cut off, in bytes. By hand: 400,000 commits.
const SHALLOW_LIMIT: u64 = 16 << 20;
/// The length in bytes to which git's error messages are truncated. By hand.
const COMPLAINT: u64 = 2_000;

/// Settings that override the repository's own configuration and attributes.
const SETTINGS: &[&str] = &[
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.quotePath=false",
    "advice.graftFileDeprecated=false",
    // Larger files count as binary, which bounds the time for a patch.
    "core.bigFileThreshold=1m",
    "diff.suppressBlankEmpty=false",
];

/// The empty tree, in either object format. It is built into git, so it always exists.
const EMPTY_TREES: [&str; 2] = [
    "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
];

/// Whether there is a `git` in PATH.
pub(super) fn is_installed() -> bool {
    let name = format!("git{}", std::env::consts::EXE_SUFFIX);
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(&name).is_file()))
}

/// Runs git in one repository.
///
/// The user's and the system's configuration are replaced by an empty one, except for the folders that the
/// user declared safe. Inherited `GIT_*` variables are removed. Replacements and grafts, which are local
/// to a clone, are switched off. Nothing is fetched, even in a partial clone.
#[derive(Debug, Clone)]
pub(super) struct Runner {
    top: PathBuf,
    safe: Vec<String>,
    attributes: Option<&'static str>,
}

impl Runner {
    /// Git for the repository whose `.git` is in `top`.
    pub(super) fn at(top: &Path) -> Self {
        Self { top: top.to_owned(), safe: Vec::new(), attributes: None }
    }

    /// Reads the safe folders from the user's and the system's configuration.
    pub(super) fn allow_what_the_user_allows(&mut self) -> Result<(), GitError> {
        for scope in ["--system", "--global"] {
            let mut command = without_inherited(Command::new("git"));
            // Run outside the checkout, whose own configuration must have no effect.
            command.current_dir(std::env::temp_dir());
            command.args(["config", scope, "--includes", "-z", "--get-all", "safe.directory"]);
            let mut values = Vec::new();
            let read = |out: &mut BufReader<ChildStdout>| {
                out.take(SETTINGS_LIMIT).read_to_end(&mut values).map(drop)
            };
            match self.finish(command, &[], SETTINGS_DEADLINE, read) {
                // It also fails if nothing is set.
                Ok(()) | Err(GitError::Failed(_)) => {}
                Err(error) => return Err(error),
            }
            let values = String::from_utf8_lossy(&values);
            self.safe.extend(values.split_terminator('\0').map(str::to_owned));
        }
        Ok(())
    }

    /// The folder with the index and HEAD of the work tree.
    pub(super) fn folder(&self) -> Option<PathBuf> {
        layout::git_directories(&self.top).into_iter().next()
    }

    /// A hash of the list of commits at which the clone is cut off; the same wherever there is none.
    pub(super) fn shallow(&self) -> [u8; 32] {
        *blake3::hash(&self.shallow_list()).as_bytes()
    }

    /// Whether the clone is cut off somewhere.
    pub(super) fn is_shallow(&self) -> bool {
        !self.shallow_list().is_empty()
    }

    /// The commits at which the clone is cut off; `None` if the list isn't of the usual kind.
    pub(super) fn shallow_ids(&self) -> Option<HashSet<Id>> {
        let list = self.shallow_list();
        let lines = list.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        lines.map(database::id_of).collect()
    }

    /// The repository's database; `None` if git has to be asked what is in it.
    pub(super) fn database(&self) -> Option<Database> {
        let folders = layout::git_directories(&self.top);
        let is_plain = config_file::is_plain(folders.iter().map(PathBuf::as_path));
        Database::open(folders.last().filter(|_| is_plain)?)
    }

    fn shallow_list(&self) -> Vec<u8> {
        let folder = layout::git_directories(&self.top).pop();
        let list = folder.and_then(|folder| {
            private_fs::read(&folder.join("shallow"), Links::Follow, SHALLOW_LIMIT).ok()
        });
        list.unwrap_or_default()
    }

    /// Makes git read attributes from the empty tree instead of the work tree. `id` is any full object id of the
    /// repository, from which its object format is known.
    pub(super) fn ignore_attributes(&mut self, id: &str) {
        self.attributes = EMPTY_TREES.into_iter().find(|tree| tree.len() == id.len());
    }

    /// Runs `git ARGUMENTS`, writes `lines` to its standard input, each with a line end, and lets `read` read
    /// its output.
    ///
    /// # Errors
    /// When there is no git, when it fails or takes too long, or when `read` fails.
    pub(super) fn run<T>(
        &self,
        arguments: &[&str],
        lines: &[&str],
        read: impl FnOnce(&mut BufReader<ChildStdout>) -> io::Result<T>,
    ) -> Result<T, GitError> {
        let mut command = self.command();
        command.args(arguments);
        self.finish(command, lines, DEADLINE, read)
    }

    fn finish<T>(
        &self,
        mut command: Command,
        lines: &[&str],
        deadline: Duration,
        read: impl FnOnce(&mut BufReader<ChildStdout>) -> io::Result<T>,
    ) -> Result<T, GitError> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => GitError::NoGit,
            _ => GitError::Io(error),
        })?;
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(GitError::Io(io::ErrorKind::BrokenPipe.into()));
        };
        let child = Mutex::new(child);
        let (done, is_done) = mpsc::channel::<()>();
        let child = &child;
        let watched = thread::scope(|scope| -> io::Result<_> {
            let start = || thread::Builder::new();
            let begun = (|| -> io::Result<_> {
                start().spawn_scoped(scope, || write_lines(stdin, lines))?;
                let complaint = start().spawn_scoped(scope, || complaint(stderr))?;
                let late = start().spawn_scoped(scope, move || {
                    let late = is_done.recv_timeout(deadline) == Err(RecvTimeoutError::Timeout);
                    if late {
                        kill(child);
                    }
                    late
                })?;
                Ok((complaint, late))
            })();
            // Without git, the threads that were started end.
            let (complaint, late) = begun.inspect_err(|_| kill(child))?;
            let result = read(&mut BufReader::with_capacity(1 << 16, stdout));
            if result.is_err() {
                kill(child);
            }
            let complaint = complaint.join().unwrap_or_default();
            drop(done);
            Ok((result, complaint, late.join().unwrap_or(false)))
        });
        let status = child.lock().unwrap_or_else(PoisonError::into_inner).wait()?;
        let (result, complaint, late) = watched?;
        if late || (result.is_ok() && !status.success()) {
            return Err(self.failure(&complaint, late.then_some(deadline)));
        }
        Ok(result?)
    }

    fn command(&self) -> Command {
        let mut command = without_inherited(Command::new("git"));
        command
            .current_dir(&self.top)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_GRAFT_FILE", "/dev/null")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_ALLOW_PROTOCOL", "")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_LITERAL_PATHSPECS", "1")
            .env("TZ", "UTC")
            .env("LC_ALL", "C")
            .args(["--no-pager", "--no-replace-objects"]);
        if let Some(above) = self.top.parent() {
            command.env("GIT_CEILING_DIRECTORIES", above);
        }
        if let Some(tree) = self.attributes {
            command.env("GIT_ATTR_SOURCE", tree);
        }
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        for folder in &self.safe {
            command.args(["-c", &format!("safe.directory={folder}")]);
        }
        command
    }

    fn failure(&self, complaint: &str, late: Option<Duration>) -> GitError {
        if let Some(deadline) = late {
            return GitError::Failed(format!("no result after {} seconds", deadline.as_secs()));
        }
        if complaint.contains("dubious ownership") {
            return GitError::Refused(self.top.clone());
        }
        let line =
            complaint.lines().find(|line| !line.trim().is_empty()).unwrap_or("no reason given");
        GitError::Failed(line.strip_prefix("fatal: ").unwrap_or(line).escape_debug().to_string())
    }
}

/// Writes the lines. Errors are ignored: git may end before it has read everything, and its exit code says
/// why.
fn write_lines(mut stdin: ChildStdin, lines: &[&str]) {
    let _ = lines.iter().try_for_each(|line| writeln!(stdin, "{line}"));
}

/// The beginning of git's error messages. The rest is read and dropped, so that git doesn't block on a full
/// pipe.
fn complaint(mut stderr: ChildStderr) -> String {
    let mut said = Vec::new();
    let _ = stderr.by_ref().take(COMPLAINT).read_to_end(&mut said);
    let _ = io::copy(&mut stderr, &mut io::sink());
    String::from_utf8_lossy(&said).into_owned()
}

fn kill(child: &Mutex<Child>) {
    // Killing fails if git has ended already.
    let _ = child.lock().unwrap_or_else(PoisonError::into_inner).kill();
}

/// `command` without the `GIT_*` variables of this process, which may point to another repository.
fn without_inherited(mut command: Command) -> Command {
    let inherited = std::env::vars_os().map(|(name, _)| name);
    for name in inherited.filter(|name: &OsString| name.to_string_lossy().starts_with("GIT_")) {
        command.env_remove(name);
    }
    command
}
