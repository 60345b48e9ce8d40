//! What a program does where the system limits it: threads (`ulimit -u`, control groups), address space
//! (`ulimit -v`), the size of files (`ulimit -f`).
//!
//! - **Threads.** [`start_pool`] starts as many as there can be, instead of failing because not all can. A thread
//!   that is needed and can't be started is a panic in the standard library and in others; [`run`] turns it into a
//!   message.
//! - **Address space.** Where memory can't be allocated, a Rust program is aborted. So [`run`] refuses a limit with
//!   which that is certain, and fewer threads are started below a limit, since each takes some of it.
//! - **Size of files.** The signal that otherwise kills a process is caught, so that the write fails, with an error
//!   that says so.
//!
//! Nothing here is about the limit of open files, or full disks: both are errors already.

use std::any::Any;
use std::io::{self, Write as _};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::process::ExitCode;
#[cfg(unix)]
use std::sync::Arc;
#[cfg(unix)]
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, OnceLock};
use std::thread;

/// The address space that a thread takes: its stack, and what the allocator of the GNU C library reserves for it.
const OF_THREAD: u64 = 128 << 20;
/// The exit code of a command that failed.
const FAILED: u8 = 1;

/// Runs a program: `main`, if the address space isn't limited to less than `least` bytes. If a thread that is needed
/// can't be started, the message is one line, and the exit code 1.
///
/// # Panics
/// When `main` does for another reason.
pub fn run(least: u64, main: impl FnOnce() -> ExitCode) -> ExitCode {
    if let Some(limit) = address_space().filter(|limit| *limit < least) {
        complain(&format!(
            "the limit of address space is {} MB, and the minimum is {} MB (see `ulimit -v`)",
            limit >> 20,
            least >> 20,
        ));
        return ExitCode::from(FAILED);
    }
    fail_writes_beyond_limit();
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        match is_about_threads(info.payload()) {
            true => complain("no more threads can be started (see `ulimit -u` and `ulimit -v`)"),
            false => usual(info),
        }
    }));
    panic::catch_unwind(AssertUnwindSafe(main)).unwrap_or_else(|payload| {
        if !is_about_threads(&*payload) {
            panic::resume_unwind(payload);
        }
        ExitCode::from(FAILED)
    })
}

/// Starts the threads on which `rayon` works, one per processor or as many as there can be, and returns how many there
/// are. Later calls return the same. If it is 0, nothing may be given to `rayon`.
pub fn start_pool() -> usize {
    static THREADS: OnceLock<usize> = OnceLock::new();
    *THREADS.get_or_init(|| {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let within = address_space().map_or(u64::MAX, |limit| (limit / OF_THREAD / 2).max(1));
        let wanted = processors.min(usize::try_from(within).unwrap_or(usize::MAX));
        let threads = startable(wanted);
        if threads == 0 {
            return 0;
        }
        // Fails if somebody else has started the pool.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        threads
    })
}

/// How many of `wanted` threads can be started at once.
pub fn startable(wanted: usize) -> usize {
    let gate = Mutex::new(());
    thread::scope(|scope| {
        let closed = gate.lock();
        let starts = |_: &usize| {
            let waiting = || drop(gate.lock());
            thread::Builder::new().spawn_scoped(scope, waiting).is_ok()
        };
        let started = (0..wanted).take_while(starts).count();
        drop(closed);
        started
    })
}

fn complain(message: &str) {
    // If standard error is closed, there is nowhere to report it.
    let _ = writeln!(io::stderr(), "error: {message}");
}

/// Whether a panic says that a thread can't be started: that of the standard library's `spawn`, of `rayon` or of
/// `tokio`.
fn is_about_threads(payload: &(dyn Any + Send)) -> bool {
    let message = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or_default();
    ["failed to spawn thread", "ThreadPoolBuildError", "can't spawn worker thread"]
        .iter()
        .any(|text| message.contains(text))
}

/// The limit of address space in bytes, if there is one.
#[cfg(unix)]
fn address_space() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::As).current
}

#[cfg(not(unix))]
fn address_space() -> Option<u64> {
    None
}

/// Catches the signal of a write that makes a file larger than is allowed, so that it only fails.
#[cfg(unix)]
fn fail_writes_beyond_limit() {
    let beyond = Arc::new(AtomicBool::new(false));
    // If it can't be caught, it goes on killing.
    let _ = signal_hook::flag::register(rustix::process::Signal::XFSZ.as_raw(), beyond);
}

#[cfg(not(unix))]
fn fail_writes_beyond_limit() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_threads_can_be_started_where_nothing_is_limited() {
        assert_eq!(startable(3), 3);
        assert_eq!(startable(0), 0);
        assert!(start_pool() > 0);
        assert_eq!(start_pool(), rayon::current_num_threads());
    }

    #[test]
    fn panics_about_threads_are_told_from_others() {
        let payload: Box<dyn Any + Send> =
            Box::new("failed to spawn thread: Os { code: 11 }".to_owned());
        assert!(is_about_threads(&*payload));
        let payload: Box<dyn Any + Send> = Box::new("index out of bounds");
        assert!(!is_about_threads(&*payload));
    }
}
