//! Runs a command as a child of this program, transparently: with the same exit code, signals and streams.
//! Only its output may be held back for a while, to be compressed as a whole.
//!
//! Start reading at [`run`]. [`Stream`] is one of the two streams of output, `input` detects whether the
//! command waits for input, `signals` forwards the signals that this program receives.

mod input;
#[cfg(unix)]
mod signals;
#[cfg(not(unix))]
#[path = "no_signals.rs"]
mod signals;
mod stream;

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, PipeReader};
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use signals::Caught;
use stream::Stream;

#[cfg(unix)]
pub(crate) use signals::die_of;

/// The interval at which it is checked whether output may be held any longer. By hand, not measured.
const TICK: Duration = Duration::from_millis(50);
/// How long a command must be silent before it is checked whether it waits for input. By hand, not measured.
const SILENCE: Duration = Duration::from_millis(100);
/// How long a command must be silent to count as waiting for input, on systems where that can't be checked. By
/// hand, not measured.
const LONG_SILENCE: Duration = Duration::from_secs(1);
/// How long to wait for further output after the command has ended: a background process of the command may
/// keep the stream open forever. By hand, not measured.
const AFTERMATH: Duration = Duration::from_millis(200);

/// Compresses a part of the output, or returns it unchanged.
pub(crate) type Compress = Arc<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

/// Runs `command` (a program and its arguments) to its end. Its output is held for at most `hold`: if the
/// command has ended by then, it is compressed with `compress`; if the command still runs, or waits for input,
/// it is passed on unchanged. Output to a terminal isn't held.
///
/// # Errors
/// When it can't be started.
pub(crate) fn run(
    command: &[OsString],
    hold: Duration,
    compress: Compress,
) -> io::Result<ExitStatus> {
    let mut starting = starting(command)?;
    if io::stdout().is_terminal() {
        return directly(starting);
    }
    let caught = Caught::begin()?;
    let pipes = Pipes::connect(&mut starting)?;
    let child = starting.spawn()?;
    // Dropping it closes this process's copies of the ends to which the child writes.
    drop(starting);
    let pid = child.id();
    let (tell, events) = channel();
    let streams = pipes.relay(&compress, &tell);
    thread::spawn(move || {
        let ended = caught.pass_on_to(child);
        // The reader may have closed its end.
        let _ = tell.send(Event::Exited(ended));
    });
    supervise(pid, &streams, &events, hold)
}

fn starting(words: &[OsString]) -> io::Result<Command> {
    let (program, args) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    command.args(args);
    Ok(command)
}

/// Replaces this process.
#[cfg(unix)]
fn directly(mut command: Command) -> io::Result<ExitStatus> {
    Err(std::os::unix::process::CommandExt::exec(&mut command))
}

/// Runs as a child, with all streams of this process.
#[cfg(not(unix))]
fn directly(mut command: Command) -> io::Result<ExitStatus> {
    command.status()
}

/// The pipes of the child's output, and the destination of each.
struct Pipes(Vec<(PipeReader, stream::Output)>);

impl Pipes {
    /// A pipe for each stream that isn't a terminal. If both streams have the same destination, they share one
    /// pipe, so that the order of their output is preserved.
    fn connect(command: &mut Command) -> io::Result<Self> {
        let (out, out_end) = io::pipe()?;
        if io::stderr().is_terminal() {
            command.stdout(out_end);
            return Ok(Self(vec![(out, stream::Output::Stdout)]));
        }
        if is_one_place() {
            command.stdout(out_end.try_clone()?).stderr(out_end);
            return Ok(Self(vec![(out, stream::Output::Stdout)]));
        }
        let (err, err_end) = io::pipe()?;
        command.stdout(out_end).stderr(err_end);
        Ok(Self(vec![(out, stream::Output::Stdout), (err, stream::Output::Stderr)]))
    }

    /// Starts a reader thread for each pipe.
    fn relay(self, compress: &Compress, tell: &Sender<Event>) -> Vec<Arc<Stream>> {
        let begin = |(pipe, output)| {
            let stream = Arc::new(Stream::new(output, Arc::clone(compress)));
            let (relayed, tell) = (Arc::clone(&stream), tell.clone());
            thread::spawn(move || {
                relayed.relay(pipe);
                // The reader may have closed its end.
                let _ = tell.send(Event::Closed);
            });
            stream
        };
        self.0.into_iter().map(begin).collect()
    }
}

/// Whether standard output and standard error are the same file, pipe or socket.
#[cfg(unix)]
fn is_one_place() -> bool {
    let place = |stat: rustix::fs::Stat| (stat.st_dev, stat.st_ino);
    let out = rustix::fs::fstat(io::stdout()).map(place);
    out.is_ok() && out == rustix::fs::fstat(io::stderr()).map(place)
}

#[cfg(not(unix))]
fn is_one_place() -> bool {
    false
}

enum Event {
    /// The child has ended.
    Exited(io::Result<ExitStatus>),
    /// A stream has ended: no process can write to it any more.
    Closed,
}

/// Releases the streams when they may not be held any longer; returns when child and streams have ended.
fn supervise(
    pid: u32,
    streams: &[Arc<Stream>],
    events: &Receiver<Event>,
    hold: Duration,
) -> io::Result<ExitStatus> {
    let began = Instant::now();
    let mut open = streams.len();
    let mut exited = None;
    let mut holding = true;
    loop {
        match events.recv_timeout(TICK) {
            Ok(Event::Exited(ended)) => exited = Some((ended?, Instant::now())),
            Ok(Event::Closed) => open -= 1,
            Err(RecvTimeoutError::Timeout) => {}
            // Unreachable: each thread sends an event before it ends.
            Err(RecvTimeoutError::Disconnected) => return Err(io::ErrorKind::BrokenPipe.into()),
        }
        match exited {
            Some((status, _)) if open == 0 => return Ok(status),
            Some((_, at)) if holding && at.elapsed() >= AFTERMATH => {
                streams.iter().for_each(|stream| stream.finish());
                holding = false;
            }
            None if holding && (began.elapsed() >= hold || is_asking(pid, streams)) => {
                streams.iter().for_each(|stream| stream.release());
                holding = false;
            }
            _ => {}
        }
    }
}

/// Whether the command seems to wait for input.
fn is_asking(pid: u32, streams: &[Arc<Stream>]) -> bool {
    let silence = streams.iter().map(|stream| stream.silence()).min().unwrap_or_default();
    if silence < SILENCE {
        return false;
    }
    match input::is_awaited(pid) {
        Some(awaited) => awaited,
        None => silence >= LONG_SILENCE && input::can_come(),
    }
}
