//! Servers in the background: started so that they outlive their terminal, found again by a file of
//! their own, and ended by the process id in it.
//!
//! The server itself writes the file once it listens, and removes it when it has ended. A file whose
//! server is gone, because it was killed, is recognised by asking the address in it: a process id may be
//! another program's by then.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
#[cfg(unix)]
use std::thread;
#[cfg(unix)]
use std::time::{Duration, Instant};

use private_fs::{Links, Writer};
use serde::{Deserialize, Serialize};

use crate::client::{self, Headroom, Probe};
use crate::failure::Failure;
use crate::store;

/// The largest of these files, in bytes; they have about a hundred.
const MAX_BYTES: u64 = 4096;
/// How often a server that was asked to stop is looked for.
#[cfg(unix)]
const INTERVAL: Duration = Duration::from_millis(50);
/// How long it may take: what was begun is answered for half a minute.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_secs(40);
/// What a server that can't start may say, in bytes.
const MAX_COMPLAINT: u64 = 64 << 10;

/// A server in the background.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Background {
    pub(crate) pid: u32,
    /// Where it is from this machine.
    pub(crate) url: String,
    pub(crate) port: u16,
}

/// The file of a server, which it removes when it ends.
pub(crate) struct Announcement(PathBuf);

impl Drop for Announcement {
    fn drop(&mut self) {
        // A file that stays is recognised as that of a server that is gone.
        let _ = fs::remove_file(&self.0);
    }
}

/// Writes that this process is a server at `url`.
pub(crate) fn announce(folder: &Path, url: &str, port: u16) -> std::io::Result<Announcement> {
    let background = Background { pid: std::process::id(), url: url.to_owned(), port };
    private_fs::create_dir(folder)?;
    let path = folder.join(file_name(port));
    Writer::new().write(&path, serde_json::to_string(&background)?.as_bytes())?;
    Ok(Announcement(path))
}

fn file_name(port: u16) -> String {
    format!("{port}.json")
}

/// Starts this command line without `-d` in the background, and waits until the server listens. What it
/// printed then.
///
/// # Errors
/// When the server can't start; with what it says.
pub(crate) fn start() -> Result<String, Failure> {
    let folder = store::servers()?;
    let fail = |error: std::io::Error| {
        let folder = folder.display();
        Failure::new(format!("the server can't be started from {folder}: {error}"))
    };
    private_fs::create_dir(&folder).map_err(fail)?;
    // A server that runs on has no terminal for its notes: they go to a file that nobody finds again.
    let path = folder.join(format!("start-{}.err", std::process::id()));
    let mut options = private_fs::open_options();
    let options = options.read(true).write(true).create(true).truncate(true);
    let mut complaints = options.open(&path).map_err(fail)?;
    let program = std::env::current_exe().map_err(fail)?;
    let args = std::env::args_os().skip(1).filter(|arg| arg != "-d" && arg != "--detach");
    let mut command = Command::new(program);
    command
        .args(args.collect::<Vec<OsString>>())
        .arg("--announce-in")
        .arg(&folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(complaints.try_clone().map_err(fail)?);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().map_err(fail)?;
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_line(&mut line).map_err(fail)?;
    }
    let mut said = String::new();
    complaints.rewind().map_err(fail)?;
    complaints.take(MAX_COMPLAINT).read_to_string(&mut said).map_err(fail)?;
    let _ = fs::remove_file(&path);
    if line.is_empty() {
        let status = child.wait().map_err(fail)?;
        let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
        return Err(Failure::with_code(said.trim().trim_start_matches("error: "), code));
    }
    Ok(line + &said)
}

/// The servers in the background that are there, by port. Files of others are removed.
///
/// # Errors
/// When there is no home directory.
pub(crate) fn all() -> Result<Vec<(Background, Headroom)>, Failure> {
    let Ok(entries) = fs::read_dir(store::servers()?) else { return Ok(Vec::new()) };
    let mut found: Vec<_> = entries.flatten().filter_map(|entry| running(&entry.path())).collect();
    found.sort_by_key(|(background, _)| background.port);
    Ok(found)
}

/// The server in the background that listens on `port`.
///
/// # Errors
/// When there is no home directory.
pub(crate) fn at(port: u16) -> Result<Option<Background>, Failure> {
    let path = store::servers()?.join(file_name(port));
    Ok(running(&path).map(|(background, _)| background))
}

/// The server whose file is at `path`, if it is there.
fn running(path: &Path) -> Option<(Background, Headroom)> {
    let text = private_fs::read_to_string(path, Links::Refuse, MAX_BYTES).ok()?;
    let background: Background = serde_json::from_str(&text).ok()?;
    match client::probe(&background.url) {
        Probe::Headroom(headroom) if headroom.pid == Some(u64::from(background.pid)) => {
            Some((background, headroom))
        }
        _ => {
            // It was killed. Should it only be slow, it is still there to be ended by its process id.
            let _ = fs::remove_file(path);
            None
        }
    }
}

/// Asks a server to end, and waits until it has.
///
/// # Errors
/// When it can't be asked, or takes too long.
#[cfg(unix)]
pub(crate) fn stop(background: &Background) -> Result<(), Failure> {
    use rustix::process::{Pid, Signal, kill_process};

    let Background { pid, url, port } = background;
    let fail = |error: &dyn std::fmt::Display| {
        Failure::new(format!("the server at {url} (process {pid}) can't be stopped: {error}"))
    };
    let id = i32::try_from(*pid).ok().and_then(Pid::from_raw);
    let id = id.ok_or_else(|| fail(&"no such process"))?;
    kill_process(id, Signal::TERM).map_err(|error| fail(&error))?;
    let file = store::servers()?.join(file_name(*port));
    let deadline = Instant::now() + PATIENCE;
    while file.exists() {
        if Instant::now() > deadline {
            return Err(fail(&"it goes on answering"));
        }
        thread::sleep(INTERVAL);
    }
    Ok(())
}

/// Where there are no signals, a server is ended by the means of the system.
#[cfg(not(unix))]
pub(crate) fn stop(background: &Background) -> Result<(), Failure> {
    let pid = background.pid;
    Err(Failure::new(format!("a server can't be asked to stop here: end the process {pid}")))
}
