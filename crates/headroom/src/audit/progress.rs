//! How far the work is, on a terminal, where it takes longer than people wait without a word.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long nothing is shown. The time after which people wonder, by hand.
const SILENT: Duration = Duration::from_secs(1);
/// How often it is shown again, in milliseconds. By hand: as fast as people read numbers.
const EVERY_MS: u64 = 200;

/// A count of transcripts on standard error, on a line that is removed at the end.
pub(super) struct Progress {
    what: &'static str,
    total: usize,
    done: AtomicUsize,
    started: Instant,
    /// When it was last shown, in milliseconds after the start; 0 if it wasn't.
    shown: AtomicU64,
    is_on: bool,
}

impl Progress {
    pub(super) fn new(what: &'static str, total: usize) -> Self {
        Self {
            what,
            total,
            done: AtomicUsize::new(0),
            started: Instant::now(),
            shown: AtomicU64::new(0),
            is_on: stderr().is_terminal(),
        }
    }

    /// One more is done.
    pub(super) fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let now = self.started.elapsed();
        let shown = self.shown.load(Ordering::Relaxed);
        let now_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        if !self.is_on || now < SILENT || now_ms < shown.saturating_add(EVERY_MS) {
            return;
        }
        let order = (Ordering::Relaxed, Ordering::Relaxed);
        if self.shown.compare_exchange(shown, now_ms, order.0, order.1).is_ok() {
            // The terminal may be gone; the work goes on.
            let _ = write!(stderr(), "\r{} {done} of {} transcripts", self.what, self.total);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.load(Ordering::Relaxed) > 0 {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
