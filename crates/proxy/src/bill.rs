//! What a request would have used with compression, or without it: estimates, from what the provider
//! said that it used.
//!
//! Tokens of blocks that were in the request before were read from the prefix cache, as far as
//! anything was; those of new blocks were written to it, or were plain input. So a cache that was lost
//! is lost in both. Where it isn't sure, the estimate is the one that makes compression look worse.

use llm_api::answer::Usage;

/// What compression takes from a request, or adds to it, in tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Change {
    /// Tokens that blocks lose which were in the request before.
    pub old: u64,
    /// Tokens that new blocks lose.
    pub new: u64,
    /// Tokens that are added: the tool by which the model asks for what was left out, and calls that
    /// are put back.
    pub added: u64,
}

/// One block, as far as it matters here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block {
    /// Tokens of what was sent for it.
    pub(crate) sent: u64,
    /// Tokens that it lost, or would have lost.
    pub(crate) saved: u64,
    /// Whether it is of the conversation's last step.
    pub(crate) is_last: bool,
}

/// Tells what the blocks of a request lose apart by whether they were read from the cache. `usage`: of
/// its first round.
pub(crate) fn change(blocks: &[Block], usage: &Usage, added: u64) -> Change {
    let mut change = Change { added, ..Change::default() };
    // What wasn't read from the cache is the end of the request.
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

/// What a request would have used with compression that used `usage` without. `is_first`: of its
/// conversation, as far as it is known.
pub fn lighter(usage: Usage, change: Change, is_first: bool) -> Usage {
    let mut out = usage;
    take(change.old, [&mut out.cache_read, &mut out.cache_write, &mut out.input]);
    take(change.new, [&mut out.cache_write, &mut out.input, &mut out.cache_read]);
    *place(&mut out, &usage, !is_first) += change.added;
    out
}

/// What a turn would have used without compression that used `rounds` with it: one round, as nothing
/// would have been asked for, with what was left out back in it. Its answer is that of the last round.
pub(crate) fn heavier(rounds: &[Usage], change: Change) -> Usage {
    let (Some(first), Some(last)) = (rounds.first(), rounds.last()) else {
        return Usage::default();
    };
    let mut out = Usage { output: last.output, ..*first };
    take(change.added, [&mut out.cache_read, &mut out.cache_write, &mut out.input]);
    *place(&mut out, first, true) += change.old;
    *place(&mut out, first, false) += change.new;
    out
}

/// Takes tokens from the first of these that has them.
fn take(mut tokens: u64, from: [&mut u64; 3]) {
    for part in from {
        let taken = tokens.min(*part);
        *part -= taken;
        tokens -= taken;
    }
}

/// Where tokens go that were in the request before (`is_old`), or are new.
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

    const USAGE: Usage = Usage { input: 10, cache_read: 1000, cache_write: 500, output: 7 };

    #[test]
    fn old_blocks_come_out_of_the_cache_and_new_ones_out_of_what_is_written() {
        let change = Change { old: 300, new: 200, added: 50 };
        let with = lighter(USAGE, change, false);
        assert_eq!(with, Usage { input: 10, cache_read: 750, cache_write: 300, output: 7 });
        // A cache that was lost: all was written again.
        let lost = Usage { input: 10, cache_read: 0, cache_write: 1500, output: 7 };
        let with = lighter(lost, change, false);
        assert_eq!(with, Usage { input: 10, cache_read: 0, cache_write: 1050, output: 7 });
        // No more is saved than was sent.
        let with = lighter(USAGE, Change { old: 1 << 40, new: 1 << 40, added: 0 }, true);
        assert_eq!((with.input, with.cache_read, with.cache_write), (0, 0, 0));
    }

    #[test]
    fn what_was_left_out_comes_back_where_it_would_have_been() {
        let change = Change { old: 300, new: 200, added: 50 };
        let without = heavier(&[USAGE], change);
        assert_eq!(without, Usage { input: 10, cache_read: 1250, cache_write: 700, output: 7 });
        assert_eq!(lighter(without, change, false), USAGE);
        // Without a cache all of it is plain input.
        let plain = Usage { input: 1000, output: 7, ..Usage::default() };
        assert_eq!(heavier(&[plain], change), Usage { input: 1450, output: 7, ..plain });
        // A retrieval is billed with compression only.
        let again = Usage { cache_read: 1500, output: 70, ..Usage::default() };
        let without = heavier(&[USAGE, again], change);
        assert_eq!((without.cache_read, without.output), (1250, 70));
        assert_eq!(heavier(&[], change), Usage::default());
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
