//! Runs two pieces of work in parallel if the text is long. The result doesn't depend on it.

use std::sync::OnceLock;

/// Below this many bytes the work takes less time than waking another thread. By hand, not
/// measured.
const LONG: usize = 16 << 10;

/// Returns the results of both. If the text has many `bytes`, `first` runs on another thread while
/// this one runs `second` and then waits for it. Work that already runs on a pool thread is not
/// divided again: while waiting, that thread would pick up work on some other text, and another
/// within that.
///
/// # Panics
/// If one of them panics, after both have ended.
pub(crate) fn join_if_long<A: Send, B>(
    bytes: usize,
    first: impl FnOnce() -> A + Send,
    second: impl FnOnce() -> B,
) -> (A, B) {
    if !is_divided(bytes) {
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

/// Whether [`join_if_long`] uses another thread for a text of so many bytes.
pub(crate) fn is_divided(bytes: usize) -> bool {
    bytes >= LONG
        && rayon::current_thread_index().is_none()
        && !is_forked()
        && process_limits::start_pool() > 0
}

/// Whether this process was forked from one that had started the pool: a fork has none of its
/// threads, so work given to them would never be done. Python programs fork like this.
fn is_forked() -> bool {
    static FIRST: OnceLock<u32> = OnceLock::new();
    let own = std::process::id();
    *FIRST.get_or_init(|| own) != own
}

/// Maps `items` in order; for a long text, the second half on another thread.
pub(crate) fn map_if_long<T: Sync, R: Send>(
    bytes: usize,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let (first, second) = items.split_at(items.len().div_ceil(2));
    let all = |items: &[T]| -> Vec<R> { items.iter().map(&work).collect() };
    let (second, mut first) = join_if_long(bytes, || all(second), || all(first));
    first.extend(second);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_in_order() {
        for bytes in [0, LONG] {
            assert_eq!(map_if_long(bytes, &[1, 2, 3], |n| n * n), [1, 4, 9]);
            assert_eq!(map_if_long(bytes, &[0; 0], |n| n * n), [0; 0]);
        }
    }

    #[test]
    fn both_are_returned_however_long_the_text() {
        for bytes in [0, LONG] {
            assert_eq!(join_if_long(bytes, || "first", || "second"), ("first", "second"));
        }
    }

    #[test]
    fn a_panic_of_either_is_not_lost() {
        for which in [0, 1] {
            let fails = |me| move || assert_ne!(which, me);
            let run = || join_if_long(LONG, fails(0), fails(1));
            assert!(std::panic::catch_unwind(run).is_err());
        }
    }
}
