//! One stream of a command's output: held until it is known whether all of it can be made smaller.

use std::io::{self, Read, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Press;

/// Bytes that are read at once.
const CHUNK: usize = 64 << 10;
/// Bytes that are held at the most. More output than that is made smaller piece by piece.
const MOST_HELD: usize = 4 << 20;

/// Where a stream goes.
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
    press: Press,
    state: Mutex<State>,
}

struct State {
    /// What was read and not passed on; `None` when everything is passed on as it comes.
    held: Option<Vec<u8>>,
    /// When something came last.
    last: Instant,
}

impl Stream {
    pub(super) fn new(output: Output, press: Press) -> Self {
        let state = State { held: Some(Vec::new()), last: Instant::now() };
        Self { output, press, state: Mutex::new(state) }
    }

    /// Reads `from` to its end, or until nobody reads what is passed on: then the command finds its
    /// pipe closed, as it would without this program.
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

    /// Takes what was read: holds it, or passes it on.
    fn take(&self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        state.last = Instant::now();
        let Some(held) = &mut state.held else { return self.output.write(bytes) };
        held.extend_from_slice(bytes);
        if bytes.contains(&0) {
            // No text; nothing will make it smaller.
            let held = state.held.take().unwrap_or_default();
            return self.output.write(&held);
        }
        if held.len() < MOST_HELD {
            return Ok(());
        }
        let end = held.iter().rposition(|byte| *byte == b'\n').map_or(held.len(), |at| at + 1);
        let rest = held.split_off(end);
        let piece = std::mem::replace(held, rest);
        self.output.write(&(self.press)(&piece))
    }

    /// Passes on what is held as it is, and from now on everything as it comes.
    pub(super) fn release(&self) {
        self.let_go(|held| held);
    }

    /// Passes on what is held, made smaller, and from now on everything as it comes.
    pub(super) fn finish(&self) {
        self.let_go(|held| (self.press)(&held));
    }

    /// The lock is kept until it is written, so that nothing overtakes it.
    fn let_go(&self, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
        let mut state = self.state();
        if let Some(held) = state.held.take().filter(|held| !held.is_empty()) {
            // That nobody reads is found, and told to the command, when more comes.
            let _ = self.output.write(&change(held));
        }
    }

    /// How long nothing has come.
    pub(super) fn silence(&self) -> Duration {
        self.state().last.elapsed()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
