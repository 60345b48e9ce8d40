//! A server that was started here: its pipes, and its end.

use std::io::{self, BufRead, BufReader, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::LONGEST_MESSAGE;
use crate::outbox::Outbox;

/// How long a server that was told to end may take, before it is killed.
const PATIENCE: Duration = Duration::from_secs(2);
/// The time between two looks at whether a server has ended.
const RETRY: Duration = Duration::from_millis(5);
/// A buffer that grew larger than this for one line isn't kept for the next, in bytes.
const KEPT_BUFFER: usize = 1 << 20;

/// A server's process.
pub(crate) struct Process {
    child: Mutex<Child>,
    outbox: Arc<Outbox>,
}

impl Process {
    /// Starts a server, in a process group of its own where there are such, so that what it starts ends with
    /// it. It reads the lines of `outbox`; `each` is called for each line that it writes.
    ///
    /// # Errors
    /// If it can't be started, or there are no threads.
    pub(crate) fn start(
        command: &[String],
        outbox: Arc<Outbox>,
        each: impl FnMut(&[u8]) + Send + 'static,
        at_end: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
        let (program, arguments) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let process = Self { child: Mutex::new(child), outbox: Arc::clone(&outbox) };
        let started = process.pump(stdin, stdout, each, at_end);
        if started.is_err() {
            process.end(Duration::ZERO);
        }
        started.map(|()| process)
    }

    fn pump(
        &self,
        stdin: Option<impl io::Write + Send + 'static>,
        stdout: Option<impl io::Read + Send + 'static>,
        mut each: impl FnMut(&[u8]) + Send + 'static,
        at_end: impl FnOnce() + Send + 'static,
    ) -> io::Result<()> {
        let outbox = Arc::clone(&self.outbox);
        let threads = thread::Builder::new();
        threads.name("to server".to_owned()).spawn(move || {
            let Some(mut stdin) = stdin else { return };
            while let Some(mut line) = outbox.pop() {
                line.push(b'\n');
                if stdin.write_all(&line).and_then(|()| stdin.flush()).is_err() {
                    // It reads no more. Its end is seen where it is read from.
                    outbox.close();
                }
            }
        })?;
        let threads = thread::Builder::new();
        threads.name("from server".to_owned()).spawn(move || {
            if let Some(stdout) = stdout {
                // A pipe that can't be read any more is at its end.
                let _ = read_lines(BufReader::with_capacity(1 << 16, stdout), &mut each);
            }
            at_end();
        })?;
        Ok(())
    }

    /// Ends it: its input is closed, and if it hasn't ended after `grace`, it is terminated, and then killed.
    pub(crate) fn end(&self, grace: Duration) {
        self.outbox.close();
        if self.wait(grace).is_some() {
            return;
        }
        #[cfg(unix)]
        {
            self.signal(rustix::process::Signal::TERM);
            if self.wait(PATIENCE).is_some() {
                return;
            }
            self.signal(rustix::process::Signal::KILL);
        }
        #[cfg(not(unix))]
        let _ = self.child().kill();
        self.wait(PATIENCE);
    }

    /// Signals the group of a process that hasn't been waited for, so that its number is nobody else's.
    #[cfg(unix)]
    fn signal(&self, signal: rustix::process::Signal) {
        let mut child = self.child();
        if let Ok(None) = child.try_wait() {
            let group = rustix::process::Pid::from_child(&child);
            // A group that is gone needs no signal.
            let _ = rustix::process::kill_process_group(group, signal);
        }
    }

    /// How it has ended, if it does so within `patience`.
    pub(crate) fn wait(&self, patience: Duration) -> Option<ExitStatus> {
        let end = Instant::now() + patience;
        loop {
            if let Ok(Some(status)) = self.child().try_wait() {
                return Some(status);
            }
            if Instant::now() >= end {
                return None;
            }
            thread::sleep(RETRY);
        }
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Calls `each` with each line that isn't empty, without its end. Lines of more than [`LONGEST_MESSAGE`]
/// bytes are skipped, and that is said on standard error.
///
/// # Errors
/// If `reader` can't be read.
pub(crate) fn read_lines(reader: impl BufRead, each: &mut impl FnMut(&[u8])) -> io::Result<()> {
    read_lines_up_to(LONGEST_MESSAGE, reader, each)
}

fn read_lines_up_to(
    longest: usize,
    mut reader: impl BufRead,
    each: &mut impl FnMut(&[u8]),
) -> io::Result<()> {
    let mut line = Vec::new();
    let mut is_too_long = false;
    loop {
        let read = match reader.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        let end = memchr::memchr(b'\n', read);
        let part = &read[..end.unwrap_or(read.len())];
        let is_last = read.is_empty();
        let used = end.map_or(read.len(), |end| end + 1);
        is_too_long |= line.len() + part.len() > longest;
        if !is_too_long {
            line.extend_from_slice(part);
        }
        reader.consume(used);
        if end.is_some() || is_last {
            if is_too_long {
                note(&format!("a message of more than {} MiB was dropped", longest >> 20));
            } else if !line.trim_ascii().is_empty() {
                each(&line);
            }
            is_too_long = false;
            line.clear();
            line.shrink_to(KEPT_BUFFER);
        }
        if is_last {
            return Ok(());
        }
    }
}

/// Says something to people; standard output is the protocol's.
pub(crate) fn note(message: &str) {
    // Without standard error there is nowhere to say it.
    let _ = writeln!(io::stderr(), "headroom: {message}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_whole_and_bounded() {
        let mut lines = Vec::new();
        let text: &[u8] = b"one\r\n\n  \ntwo\ntoo long a line\nthree\nlast";
        let reader = BufReader::with_capacity(4, text);
        read_lines_up_to(8, reader, &mut |line| lines.push(line.to_vec())).unwrap();
        assert_eq!(
            lines,
            [b"one\r".to_vec(), b"two".to_vec(), b"three".to_vec(), b"last".to_vec()]
        );
    }
}
