//! A command that runs below this program, as if this program weren't there: the same exit, the same
//! signals, the same streams. Only the output may be held back for a while, to be made smaller.
//!
//! Start reading at [`run`]. [`Stream`] is one of its two streams of output, `input` tells
//! whether it waits for input, `signals` passes on the signals that this program receives.

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

pub(crate) use signals::die_of;

/// How often it is looked whether output may be held any longer.
const TICK: Duration = Duration::from_millis(50);
/// How long a command has to be silent before it is asked whether it waits for input.
const SILENCE: Duration = Duration::from_millis(100);
/// The same where the system can't say what it waits for.
const LONG_SILENCE: Duration = Duration::from_secs(1);
/// How long output may come after the command's end before what has come is given out: a process that
/// the command left behind may keep the stream open for good.
const AFTERMATH: Duration = Duration::from_millis(200);

/// Makes a piece of output smaller, or leaves it as it is.
pub(crate) type Press = Arc<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

/// Runs `command` (a program and its arguments) to its end. Its output is held for `hold` at the
/// longest, given to `press` when the command has ended, and passed on as it is when it hasn't, or waits
/// for input. What goes to a terminal goes there directly.
///
/// # Errors
/// When it can't be started.
pub(crate) fn run(command: &[OsString], hold: Duration, press: Press) -> io::Result<ExitStatus> {
    let mut starting = starting(command)?;
    if io::stdout().is_terminal() {
        return directly(starting);
    }
    let caught = Caught::begin()?;
    let pipes = Pipes::connect(&mut starting)?;
    let child = starting.spawn()?;
    // With it go our ends of what the child writes to.
    drop(starting);
    let pid = child.id();
    let (tell, events) = channel();
    let streams = pipes.relay(&press, &tell);
    thread::spawn(move || {
        let ended = caught.pass_on_to(child);
        // Whoever listened may have seen enough.
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

/// Takes this process' place.
#[cfg(unix)]
fn directly(mut command: Command) -> io::Result<ExitStatus> {
    Err(std::os::unix::process::CommandExt::exec(&mut command))
}

/// Runs below this process, with all of its streams.
#[cfg(not(unix))]
fn directly(mut command: Command) -> io::Result<ExitStatus> {
    command.status()
}

/// What the child's output comes by, and where each goes.
struct Pipes(Vec<(PipeReader, stream::Output)>);

impl Pipes {
    /// A pipe for each stream that isn't a terminal's; one for both when both go to the same place, so
    /// that their order stays.
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

    /// Begins to read them, each in a thread of its own.
    fn relay(self, press: &Press, tell: &Sender<Event>) -> Vec<Arc<Stream>> {
        let begin = |(pipe, output)| {
            let stream = Arc::new(Stream::new(output, Arc::clone(press)));
            let (relayed, tell) = (Arc::clone(&stream), tell.clone());
            thread::spawn(move || {
                relayed.relay(pipe);
                // Whoever listened may have seen enough.
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
    /// A stream has: nobody can write to it any more.
    Closed,
}

/// Lets the streams go when they may not be held any longer; returns when all has ended.
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
            // Each thread sends an event before it ends.
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
