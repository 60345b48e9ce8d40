//! Lines on their way to a server, and their bound: a client that sends faster than a server reads waits.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The most bytes that may wait for a server before the client has to. By hand: some pipes full.
const MOST_WAITING: usize = 1 << 20;

/// A queue of lines.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    is_closed: bool,
}

impl Outbox {
    /// Puts a line in. With `waits`, it is put in when there is room; without, at once: whoever also reads
    /// from the server must not wait for it to read.
    pub(crate) fn push(&self, line: Vec<u8>, waits: bool) {
        let mut queue = self.lock();
        while waits && queue.bytes > MOST_WAITING && !queue.is_closed {
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        if !queue.is_closed {
            queue.bytes += line.len();
            queue.lines.push_back(line);
            self.changed.notify_all();
        }
    }

    /// Takes the next line out, and waits for it; `None` when there will be none any more.
    pub(crate) fn pop(&self) -> Option<Vec<u8>> {
        let mut queue = self.lock();
        loop {
            if let Some(line) = queue.lines.pop_front() {
                queue.bytes -= line.len();
                self.changed.notify_all();
                return Some(line);
            }
            if queue.is_closed {
                return None;
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes no more lines. Those that are in can be taken out.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }

    /// A queue is right after a panic elsewhere, too.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    #[test]
    fn whoever_sends_faster_than_is_read_waits_and_nothing_is_lost() {
        let outbox = Arc::new(Outbox::default());
        let sender = Arc::clone(&outbox);
        let sending = thread::spawn(move || {
            for i in 0..40_u8 {
                sender.push(vec![i; MOST_WAITING / 8], true);
            }
            sender.close();
        });
        outbox.push(b"own".to_vec(), false);
        let lines: Vec<Vec<u8>> = std::iter::from_fn(|| outbox.pop()).collect();
        sending.join().unwrap();
        let numbers: Vec<u8> =
            lines.iter().filter(|line| line.len() > 3).map(|line| line[0]).collect();
        assert_eq!(numbers, (0..40).collect::<Vec<_>>());
        assert_eq!(lines.len(), 41);
        outbox.push(b"late".to_vec(), true);
        assert_eq!(outbox.pop(), None);
    }
}
