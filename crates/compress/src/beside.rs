//! Work on a long text that another thread does meanwhile; what comes of it is the same.

/// Shorter texts, in bytes, are done with before another thread has begun.
const LONG: usize = 16 << 10;

/// What both return. Where the text they are about has many `bytes`, `first` runs on another thread
/// while `second` runs on this one, which then waits and takes up no other work: what it does may
/// not be mixed with that of another text.
///
/// # Panics
/// Where one of them does, after both have ended.
pub(crate) fn beside<A: Send, B>(
    bytes: usize,
    first: impl FnOnce() -> A + Send,
    second: impl FnOnce() -> B,
) -> (A, B) {
    if bytes < LONG {
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

#[cfg(test)]
mod tests {
    use super::*;

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
