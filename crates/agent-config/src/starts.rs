//! The executable that is named in config files: where it is, and whether it starts.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How long `--version` may take. A cold start from a slow disk with a virus scanner in between is seconds.
const LIMIT: Duration = Duration::from_secs(20);

/// The time between two looks at whether a program has ended.
const RETRY: Duration = Duration::from_millis(10);

/// How much of its output is read, in bytes.
const MAX_OUTPUT: u64 = 4096;

/// Why an executable must not be named in a config file.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It can't be started.
    #[error("{command} can't be started: {source}")]
    Start {
        /// The executable.
        command: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It started and failed, or is another program.
    #[error("`{command} --version` printed {answer}")]
    Answer {
        /// The executable.
        command: String,
        /// Its exit status or its output.
        answer: String,
    },
    /// It didn't end in time.
    #[error("`{command}` didn't end within 20 seconds")]
    Time {
        /// The executable and its arguments.
        command: String,
    },
}

/// The running program's own executable, by the path that will last: where `path`, the directories that
/// commands are looked for in, has an entry of its name that leads to it, that entry. (What it leads to
/// may be a directory of one version, gone with the next.)
///
/// # Errors
/// If the system doesn't say.
pub fn own_executable(path: impl IntoIterator<Item = PathBuf>) -> std::io::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let real = own.canonicalize()?;
    let Some(name) = own.file_name() else { return Ok(own) };
    let mut entries = path.into_iter().filter(|directory| directory.is_absolute());
    let entry = entries.find_map(|directory| {
        let entry = directory.join(name);
        (entry.canonicalize().ok()? == real).then_some(entry)
    });
    Ok(entry.unwrap_or(own))
}

/// Starts `command --version` and waits for its answer, which must begin with `name`.
///
/// # Errors
/// If it doesn't start, doesn't end in 20 seconds, fails, or answers something else.
pub fn check(command: &Path, name: &str) -> Result<(), StartError> {
    let shown = || command.display().to_string();
    let child = Command::new(command)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = child.map_err(|source| StartError::Start { command: shown(), source })?;
    let output = first_output(&mut child);
    let Some(output) = output else {
        // It may have ended by itself just now; then there is nothing to stop.
        let _ = child.kill();
        let _ = child.wait();
        return Err(StartError::Time { command: format!("{} --version", shown()) });
    };
    let answer = match child.wait() {
        Ok(status) if !status.success() => status.to_string(),
        Ok(_) if output.split_whitespace().next() == Some(name) => return Ok(()),
        Ok(_) => format!("`{}`", output.lines().next().unwrap_or_default().escape_debug()),
        Err(error) => error.to_string(),
    };
    Err(StartError::Answer { command: shown(), answer })
}

/// Runs `command` with `args`, an empty input and its output discarded; whether it succeeds.
///
/// # Errors
/// If it doesn't start, or doesn't end in 20 seconds; then it is killed.
pub fn succeeds(command: &Path, args: &[&str]) -> Result<bool, StartError> {
    let shown = || command.display().to_string();
    let failed = |source| StartError::Start { command: shown(), source };
    let mut child = Command::new(command)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let end = Instant::now() + LIMIT;
    loop {
        match child.try_wait().map_err(failed)? {
            Some(status) => return Ok(status.success()),
            None if Instant::now() < end => thread::sleep(RETRY),
            None => {
                // It may have ended by itself just now; then there is nothing to stop.
                let _ = child.kill();
                let _ = child.wait();
                return Err(StartError::Time {
                    command: format!("{} {}", shown(), args.join(" ")),
                });
            }
        }
    }
}

/// What `child` writes until it closes its output; `None` if it takes too long.
fn first_output(child: &mut Child) -> Option<String> {
    let stdout = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stdout.take(MAX_OUTPUT).read_to_end(&mut bytes);
        // Nobody listens any more if the time was up.
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver.recv_timeout(LIMIT).ok()
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn script(body: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("program");
        fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        (directory, path)
    }

    #[test]
    fn a_program_that_tells_its_name_and_version_starts() {
        let (_directory, path) = script("[ \"$1\" = --version ] && echo headroom 1.2.3");
        check(&path, "headroom").unwrap();
    }

    #[test]
    fn the_own_executable_is_named_by_the_link_in_the_path() {
        let own = std::env::current_exe().unwrap();
        assert_eq!(own_executable([]).unwrap(), own);
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join(own.file_name().unwrap());
        std::os::unix::fs::symlink(&own, &link).unwrap();
        let path = [PathBuf::from("relative"), directory.path().to_owned()];
        assert_eq!(own_executable(path).unwrap(), link);
    }

    #[test]
    fn success_is_an_exit_code_of_zero() {
        let (_directory, path) = script("[ \"$1 $2\" = \"serve --help\" ]");
        assert!(succeeds(&path, &["serve", "--help"]).unwrap());
        assert!(!succeeds(&path, &["serve"]).unwrap());
        assert!(succeeds(Path::new("/nowhere/headroom"), &[]).is_err());
    }

    #[test]
    fn others_are_told_apart() {
        let (_directory, other) = script("echo something else");
        let error = check(&other, "headroom").unwrap_err().to_string();
        assert!(error.ends_with("printed `something else`"), "{error}");
        let (_directory, failing) = script("echo headroom; exit 3");
        assert!(check(&failing, "headroom").unwrap_err().to_string().contains('3'));
        let missing = check(Path::new("/nowhere/headroom"), "headroom").unwrap_err();
        assert!(missing.to_string().starts_with("/nowhere/headroom can't be started"));
    }
}
