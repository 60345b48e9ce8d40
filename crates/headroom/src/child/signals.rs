//! Forwards the signals that this program receives to the command, and ends this program by the signal that
//! ended the command.

use std::io;
use std::os::raw::c_int;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustix::process::{
    Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions, getpid, kill_process, setrlimit, waitid,
};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::emulate_default_handler;
use signal_hook::low_level::siginfo::Cause;

/// The signals that are forwarded. The others stop or continue both processes, or can't be caught.
const PASSED_ON: [c_int; 6] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];

/// Caught signals, to be forwarded to a child that isn't started yet.
pub(super) struct Caught(SignalsInfo<WithOrigin>);

impl Caught {
    /// Catches signals from now on. Those that this program inherited as ignored stay ignored, also by the
    /// child.
    pub(super) fn begin() -> io::Result<Self> {
        let ignored = ignored();
        let caught = PASSED_ON.iter().filter(|signal| ignored & (1 << (**signal - 1)) == 0);
        Ok(Self(SignalsInfo::new(caught)?))
    }

    /// Forwards them to `child`, and waits for it to end.
    pub(super) fn pass_on_to(self, mut child: Child) -> io::Result<ExitStatus> {
        let pid = Pid::from_child(&child);
        let receiver = Arc::new(Mutex::new(Some(pid)));
        let told = Arc::clone(&receiver);
        thread::spawn(move || pass_on(self.0, &told));
        // Waits without reaping the child: its process id isn't reused while a signal may still be sent to it.
        waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)?;
        receiver.lock().unwrap_or_else(PoisonError::into_inner).take();
        child.wait()
    }
}

fn pass_on(mut signals: SignalsInfo<WithOrigin>, child: &Mutex<Option<Pid>>) {
    for origin in signals.forever() {
        // The terminal sends its own signals (Ctrl-C, hang-up) to the child as well.
        if matches!(origin.cause, Cause::Kernel) {
            continue;
        }
        let child = child.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(child), Some(signal)) = (*child, Signal::from_named_raw(origin.signal)) {
            // Fails if the child has just ended, or runs as another user.
            let _ = kill_process(child, signal);
        }
    }
}

/// The signals that this program inherited as ignored (`nohup`), a bit for each; none if the system can't tell.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Ends this process by `signal`, as if it was killed by it. Returns only if that fails.
pub(crate) fn die_of(signal: i32) {
    // The command has written a core file, if core files are enabled; this process must not write another.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    match Signal::from_named_raw(signal) {
        // It can't be caught, so there is no handler to reset.
        Some(Signal::KILL) => drop(kill_process(getpid(), Signal::KILL)),
        _ => drop(emulate_default_handler(signal)),
    }
}
