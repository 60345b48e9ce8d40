//! The usage that a request would have had with compression, or without it: an estimate from the usage
//! that the provider reported.
//!
//! Tokens of blocks that were in the request before are taken to have been read from the prefix cache,
//! as far as anything was; those of new blocks to have been written to it, or to be plain input. So a
//! cache that was lost is lost in both cases. Where this leaves a doubt, the estimate is the one that
//! makes compression look worse.

use llm_api::response::Usage;

/// The tokens that compression removes from a request and adds to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Change {
    /// Tokens removed from blocks that were in the request before.
    pub old: u64,
    /// Tokens removed from new blocks.
    pub new: u64,
    /// Tokens added: the injected tool and replayed calls.
    pub added: u64,
}

/// One block of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block {
    /// Tokens of what was sent for it.
    pub(crate) sent: u64,
    /// Tokens that compression removed from it, or would have removed.
    pub(crate) saved: u64,
    /// Whether it comes after the model's last turn.
    pub(crate) is_last: bool,
}

/// Divides what compression removes from the blocks of a request into old and new, by whether they were
/// read from the prefix cache. `usage`: of its first round.
pub(crate) fn change(blocks: &[Block], usage: &Usage, added: u64) -> Change {
    let mut change = Change { added, ..Change::default() };
    // The part that wasn't read from the cache is the end of the request.
    let fresh = usage.input + usage.cache_write;
    let mut after = 0;
    for block in blocks.iter().rev() {
        let is_fresh = block.is_last && after + block.sent / 2 <= fresh;
        if usage.cache_read == 0 || is_fresh {
            change.new += block.saved;
        } else {
            change.old += block.saved;
        }
        after += block.sent;
    }
    change
}

/// The usage with compression of a request whose usage without it was `usage`. `is_first`: whether it is
/// the first of its conversation, as far as is known.
pub fn with_compression(usage: Usage, change: Change, is_first: bool) -> Usage {
    let mut out = usage;
    take(change.old, [&mut out.cache_read, &mut out.cache_write, &mut out.input]);
    take(change.new, [&mut out.cache_write, &mut out.input, &mut out.cache_read]);
    *place(&mut out, &usage, !is_first) += change.added;
    out.cache_write_1h = written_1h(&usage, out.cache_write);
    out
}

/// The usage without compression of a turn whose rounds with it used `rounds`. It would have been one
/// round, as there would have been nothing to retrieve; its input is that of the first round with the
/// elided tokens back in it, its output that of the last.
pub(crate) fn without_compression(rounds: &[Usage], change: Change) -> Usage {
    let (Some(first), Some(last)) = (rounds.first(), rounds.last()) else {
        return Usage::default();
    };
    let mut out = Usage { output: last.output, ..*first };
    take(change.added, [&mut out.cache_read, &mut out.cache_write, &mut out.input]);
    *place(&mut out, first, true) += change.old;
    *place(&mut out, first, false) += change.new;
    out.cache_write_1h = written_1h(first, out.cache_write);
    out
}

/// How many of `written` tokens the cache keeps for an hour, if the share is that of `usage`.
fn written_1h(usage: &Usage, written: u64) -> u64 {
    let share = usage.cache_write_1h as f64 / usage.cache_write.max(1) as f64;
    (written as f64 * share.min(1.0)).round() as u64
}

/// Subtracts tokens from these, in this order, as far as they go.
fn take(mut tokens: u64, from: [&mut u64; 3]) {
    for part in from {
        let taken = tokens.min(*part);
        *part -= taken;
        tokens -= taken;
    }
}

/// The part of a usage that counts tokens which were in the request before (`is_old`), or are new.
fn place<'u>(out: &'u mut Usage, usage: &Usage, is_old: bool) -> &'u mut u64 {
    if is_old && usage.cache_read > 0 {
        &mut out.cache_read
    } else if usage.cache_write > 0 {
        &mut out.cache_write
    } else {
        &mut out.input
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USAGE: Usage =
        Usage { input: 10, cache_read: 1000, cache_write: 500, output: 7, cache_write_1h: 0 };

    #[test]
    fn old_blocks_come_out_of_the_cache_and_new_ones_out_of_what_is_written() {
        let change = Change { old: 300, new: 200, added: 50 };
        let with = with_compression(USAGE, change, false);
        assert_eq!(
            with,
            Usage { input: 10, cache_read: 750, cache_write: 300, output: 7, ..Usage::default() }
        );
        // A cache that was lost: all was written again.
        let lost =
            Usage { input: 10, cache_read: 0, cache_write: 1500, output: 7, ..Usage::default() };
        let with = with_compression(lost, change, false);
        assert_eq!(
            with,
            Usage { input: 10, cache_read: 0, cache_write: 1050, output: 7, ..Usage::default() }
        );
        // What is written for an hour stays so.
        let hour = Usage { cache_write_1h: 250, ..USAGE };
        assert_eq!(with_compression(hour, change, false).cache_write_1h, 150);
        // No more is saved than was sent.
        let with = with_compression(USAGE, Change { old: 1 << 40, new: 1 << 40, added: 0 }, true);
        assert_eq!((with.input, with.cache_read, with.cache_write), (0, 0, 0));
    }

    #[test]
    fn elided_tokens_come_back_where_they_would_have_been() {
        let change = Change { old: 300, new: 200, added: 50 };
        let without = without_compression(&[USAGE], change);
        assert_eq!(
            without,
            Usage { input: 10, cache_read: 1250, cache_write: 700, output: 7, ..Usage::default() }
        );
        assert_eq!(with_compression(without, change, false), USAGE);
        // Without a cache all of it is plain input.
        let plain = Usage { input: 1000, output: 7, ..Usage::default() };
        assert_eq!(
            without_compression(&[plain], change),
            Usage { input: 1450, output: 7, ..plain }
        );
        // A retrieval is billed with compression only.
        let again = Usage { cache_read: 1500, output: 70, ..Usage::default() };
        let without = without_compression(&[USAGE, again], change);
        assert_eq!((without.cache_read, without.output), (1250, 70));
        assert_eq!(without_compression(&[], change), Usage::default());
    }

    #[test]
    fn only_the_end_of_a_request_is_new() {
        let block = |sent, saved, is_last| Block { sent, saved, is_last };
        let blocks = [block(100, 1000, false), block(200, 2000, true), block(300, 3000, true)];
        let split = |usage: &Usage| {
            let change = change(&blocks, usage, 5);
            assert_eq!(change.added, 5);
            (change.old, change.new)
        };
        assert_eq!(split(&USAGE), (1000, 5000));
        // Sent again, all of it was in the cache.
        assert_eq!(split(&Usage { cache_write: 0, ..USAGE }), (6000, 0));
        // Of the last step, only the last block wasn't.
        assert_eq!(split(&Usage { cache_write: 300, ..USAGE }), (3000, 3000));
        // Nothing was.
        assert_eq!(split(&Usage { cache_read: 0, ..USAGE }), (0, 6000));
    }
}
