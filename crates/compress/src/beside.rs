//! Work on a long text that another thread does meanwhile; what comes of it is the same.

use std::sync::OnceLock;

/// Shorter texts, in bytes, are done with before another thread has begun.
const LONG: usize = 16 << 10;

/// What both return. Where the text they are about has many `bytes`, `first` runs on another thread
/// while `second` runs on this one, which then waits. Work that is done for another thread is never
/// divided again: while it waited it would take up work on some other text, and on another within
/// that.
///
/// # Panics
/// Where one of them does, after both have ended.
pub(crate) fn beside<A: Send, B>(
    bytes: usize,
    first: impl FnOnce() -> A + Send,
    second: impl FnOnce() -> B,
) -> (A, B) {
    if bytes < LONG || rayon::current_thread_index().is_some() || is_forked() {
        return (first(), second());
    }
    let mut of_first = None;
    let of_second = rayon::in_place_scope(|scope| {
        scope.spawn(|_| of_first = Some(first()));
        second()
    });
    #[allow(clippy::expect_used, reason = "the scope ends after everything spawned in it")]
    (of_first.expect("it ran"), of_second)
}

/// Whether this process is the copy of one that had threads: they aren't in it, and nothing that is
/// left to them is ever done. Python programs make such copies.
fn is_forked() -> bool {
    static FIRST: OnceLock<u32> = OnceLock::new();
    let own = std::process::id();
    *FIRST.get_or_init(|| own) != own
}

/// What `work` returns for each of `items`, in order; of a long text the second half of them is done
/// on another thread.
pub(crate) fn each<T: Sync, R: Send>(
    bytes: usize,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let (first, second) = items.split_at(items.len().div_ceil(2));
    let all = |items: &[T]| -> Vec<R> { items.iter().map(&work).collect() };
    let (second, mut first) = beside(bytes, || all(second), || all(first));
    first.extend(second);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_in_order() {
        for bytes in [0, LONG] {
            assert_eq!(each(bytes, &[1, 2, 3], |n| n * n), [1, 4, 9]);
            assert_eq!(each(bytes, &[0; 0], |n| n * n), [0; 0]);
        }
    }

    #[test]
    fn both_are_returned_however_long_the_text() {
        for bytes in [0, LONG] {
            assert_eq!(beside(bytes, || "first", || "second"), ("first", "second"));
        }
    }

    #[test]
    fn a_panic_of_either_is_not_lost() {
        for which in [0, 1] {
            let fails = |me| move || assert_ne!(which, me);
            let run = || beside(LONG, fails(0), fails(1));
            assert!(std::panic::catch_unwind(run).is_err());
        }
    }
}
