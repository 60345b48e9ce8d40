//! One stream of a command's output, which is held until it is known whether it can be compressed as a whole.

use std::io::{self, Read, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Compress;

/// The size of the read buffer in bytes.
const CHUNK: usize = 64 << 10;
/// The maximum number of bytes that are held. Longer output is compressed in parts. By hand.
const MOST_HELD: usize = 4 << 20;

/// The destination of a stream.
#[derive(Debug, Clone, Copy)]
pub(super) enum Output {
    Stdout,
    Stderr,
}

impl Output {
    fn write(self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout => {
                let mut out = io::stdout().lock();
                out.write_all(bytes).and_then(|()| out.flush())
            }
            Self::Stderr => io::stderr().lock().write_all(bytes),
        }
    }
}

/// A stream.
pub(super) struct Stream {
    output: Output,
    compress: Compress,
    state: Mutex<State>,
}

struct State {
    /// The output that is held; `None` once output is passed on as it comes.
    held: Option<Vec<u8>>,
    /// The time of the latest output.
    last: Instant,
}

impl Stream {
    pub(super) fn new(output: Output, compress: Compress) -> Self {
        let state = State { held: Some(Vec::new()), last: Instant::now() };
        Self { output, compress, state: Mutex::new(state) }
    }

    /// Reads `from` to its end, or until the destination is closed: then the command finds its pipe closed, as
    /// it would without this program.
    pub(super) fn relay(&self, mut from: impl Read) {
        let mut chunk = vec![0; CHUNK];
        loop {
            match from.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => {
                    if self.take(&chunk[..read]).is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        self.finish();
    }

    /// Holds the bytes that were read, or passes them on.
    fn take(&self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        state.last = Instant::now();
        let Some(held) = &mut state.held else { return self.output.write(bytes) };
        held.extend_from_slice(bytes);
        if bytes.contains(&0) {
            // Binary output can't be compressed.
            let held = state.held.take().unwrap_or_default();
            return self.output.write(&held);
        }
        if held.len() < MOST_HELD {
            return Ok(());
        }
        let end = held.iter().rposition(|byte| *byte == b'\n').map_or(held.len(), |at| at + 1);
        let rest = held.split_off(end);
        let piece = std::mem::replace(held, rest);
        self.output.write(&(self.compress)(&piece))
    }

    /// Passes on the held output unchanged, and from now on everything as it comes.
    pub(super) fn release(&self) {
        self.let_go(|held| held);
    }

    /// Passes on the held output compressed, and from now on everything as it comes.
    pub(super) fn finish(&self) {
        self.let_go(|held| (self.compress)(&held));
    }

    /// The lock is held until the output is written, so that no later output overtakes it.
    fn let_go(&self, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
        let mut state = self.state();
        if let Some(held) = state.held.take().filter(|held| !held.is_empty()) {
            // A closed destination is noticed, and the command's pipe closed, with the next output.
            let _ = self.output.write(&change(held));
        }
    }

    /// The time since the latest output.
    pub(super) fn silence(&self) -> Duration {
        self.state().last.elapsed()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
