//! Signals that this program receives are passed on to the command, and this program ends the way the
//! command did.

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

/// What is passed on. The others stop or continue both processes, or can't be caught.
const PASSED_ON: [c_int; 6] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];

/// Signals that wait for the child to whom they are passed on.
pub(super) struct Caught(SignalsInfo<WithOrigin>);

impl Caught {
    /// Signals are caught from now on. Those that this program was started to ignore stay ignored, by
    /// the child too.
    pub(super) fn begin() -> io::Result<Self> {
        let ignored = ignored();
        let caught = PASSED_ON.iter().filter(|signal| ignored & (1 << (**signal - 1)) == 0);
        Ok(Self(SignalsInfo::new(caught)?))
    }

    /// Passes them on to `child`, and waits for its end in the meantime.
    pub(super) fn pass_on_to(self, mut child: Child) -> io::Result<ExitStatus> {
        let pid = Pid::from_child(&child);
        let receiver = Arc::new(Mutex::new(Some(pid)));
        let told = Arc::clone(&receiver);
        thread::spawn(move || pass_on(self.0, &told));
        // Only looks: the number stays the child's until nobody sends to it any more.
        waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)?;
        receiver.lock().unwrap_or_else(PoisonError::into_inner).take();
        child.wait()
    }
}

fn pass_on(mut signals: SignalsInfo<WithOrigin>, child: &Mutex<Option<Pid>>) {
    for origin in signals.forever() {
        // What is typed at a terminal (and its end) reaches the child without us.
        if matches!(origin.cause, Cause::Kernel) {
            continue;
        }
        let child = child.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(child), Some(signal)) = (*child, Signal::from_named_raw(origin.signal)) {
            // It may have ended just now, or have become another user's.
            let _ = kill_process(child, signal);
        }
    }
}

/// The signals that this program was started to ignore (`nohup`), a bit for each; none where the system
/// doesn't say.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Ends this process by `signal`, as one that was killed by it. Returns when that can't be.
pub(crate) fn die_of(signal: i32) {
    // The command has left a core file if that was wanted.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    match Signal::from_named_raw(signal) {
        // Nobody can catch it, so there is no handler to be put aside.
        Some(Signal::KILL) => drop(kill_process(getpid(), Signal::KILL)),
        _ => drop(emulate_default_handler(signal)),
    }
}
