//! A piece's tokens: byte-pair merging, the pair of lowest rank first, the leftmost of equals.
//!
//! Two ways to the same result. Short pieces, which nearly all are, go by a plain loop over an array
//! on the stack; for long ones that loop is quadratic, so they go by a heap.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Up to this many bytes the plain loop is the faster way.
const SHORT: usize = 32;

/// Not the rank of any pair.
const NONE: u32 = u32::MAX;

/// Calls `token` with the bytes of each token of `piece` in order. `rank` tells a token's rank; it
/// is asked at most three times per byte, whatever the piece.
pub(crate) fn merge(piece: &[u8], rank: impl Fn(&[u8]) -> Option<u32>, token: impl FnMut(&[u8])) {
    let rank = |bytes: &[u8]| rank(bytes).unwrap_or(NONE);
    if piece.len() <= SHORT {
        merge_short(piece, rank, token);
    } else {
        merge_long(piece, rank, token);
    }
}

fn merge_short(piece: &[u8], rank: impl Fn(&[u8]) -> u32, mut token: impl FnMut(&[u8])) {
    // Where each part begins, with the piece's end after the last; and the rank of the token that
    // each part and the next would make.
    let mut starts = [0usize; SHORT + 1];
    let mut ranks = [NONE; SHORT + 1];
    let mut parts = piece.len();
    for (at, start) in starts[..=parts].iter_mut().enumerate() {
        *start = at;
    }
    for (at, pair) in piece.windows(2).enumerate() {
        ranks[at] = rank(pair);
    }
    loop {
        let mut best = (NONE, 0);
        for (at, &rank) in ranks[..parts].iter().enumerate() {
            if rank < best.0 {
                best = (rank, at);
            }
        }
        let (lowest, at) = best;
        if lowest == NONE {
            break;
        }
        starts.copy_within(at + 2..=parts, at + 1);
        ranks.copy_within(at + 2..=parts, at + 1);
        parts -= 1;
        let pair = |at: usize| match at + 2 <= parts {
            true => rank(&piece[starts[at]..starts[at + 2]]),
            false => NONE,
        };
        ranks[at] = pair(at);
        if at > 0 {
            ranks[at - 1] = pair(at - 1);
        }
    }
    for part in starts[..=parts].windows(2) {
        token(&piece[part[0]..part[1]]);
    }
}

/// A part of a long piece, kept at the index of its first byte.
#[derive(Clone, Copy)]
struct Part {
    /// Where the part before begins; its own beginning for the first.
    previous: usize,
    /// Where the part ends, which is where the next begins.
    end: usize,
    /// The rank of the token that it and the next part would make. A pair in the heap with another
    /// rank is out of date.
    rank: u32,
}

/// More than any place in a piece.
const PLACE: u64 = 1 << 40;

/// A pair as one number, which makes the heap half as large: the lower the rank and then the place,
/// the earlier its turn.
fn pair(rank: u32, at: usize) -> Reverse<u64> {
    Reverse(u64::from(rank) * PLACE + at as u64)
}

fn merge_long(piece: &[u8], rank: impl Fn(&[u8]) -> u32, mut token: impl FnMut(&[u8])) {
    let mut parts: Vec<Part> = (0..piece.len())
        .map(|at| Part {
            previous: at.saturating_sub(1),
            end: at + 1,
            rank: piece.get(at..at + 2).map_or(NONE, &rank),
        })
        .collect();
    let mut pairs: BinaryHeap<_> = (parts.iter().enumerate())
        .filter(|(_, part)| part.rank != NONE)
        .map(|(at, part)| pair(part.rank, at))
        .collect();
    while let Some(Reverse(first)) = pairs.pop() {
        let (lowest, at) = ((first / PLACE) as u32, (first % PLACE) as usize);
        if parts[at].rank != lowest {
            continue;
        }
        let middle = parts[at].end;
        let end = parts[middle].end;
        parts[middle].rank = NONE;
        parts[at].end = end;
        if let Some(next) = parts.get_mut(end) {
            next.previous = at;
        }
        let previous = parts[at].previous;
        for left in [at, previous] {
            let right = parts[left].end;
            parts[left].rank = parts.get(right).map_or(NONE, |next| rank(&piece[left..next.end]));
            if parts[left].rank != NONE {
                pairs.push(pair(parts[left].rank, left));
            }
            if at == 0 {
                break; // the first part is its own previous one
            }
        }
    }
    let mut at = 0;
    while let Some(part) = parts.get(at) {
        token(&piece[at..part.end]);
        at = part.end;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::Encoding;
    use crate::split::piece_end;
    use crate::vocabulary::Vocabulary;

    const ENCODINGS: [Encoding; 2] = [Encoding::O200kBase, Encoding::Cl100kBase];

    /// The tokens of a text and how often a rank was asked for, which bounds the merges and the
    /// heap's pairs too: each of them comes from one such question.
    fn tokens_and_steps(encoding: Encoding, text: &str) -> (usize, usize) {
        let (mut tokens, steps) = (0, Cell::new(0));
        let rank = |bytes: &[u8]| {
            steps.set(steps.get() + 1);
            Vocabulary::of(encoding).rank(bytes)
        };
        let mut start = 0;
        while start < text.len() {
            let end = piece_end(encoding, text.as_bytes(), start);
            merge(&text.as_bytes()[start..end], rank, |_| tokens += 1);
            start = end;
        }
        (tokens, steps.get())
    }

    #[test]
    fn a_megabyte_of_anything_takes_a_bounded_number_of_steps() {
        const MEGABYTE: usize = 1 << 20;
        let base64: String = (0..MEGABYTE as u32)
            .map(|n| n.wrapping_mul(2_654_435_761).rotate_left(9) as usize % 64)
            .map(|n| {
                char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[n])
            })
            .collect();
        let runs = ["a", " ", "\n", "\u{301}", "=", "\u{a0}", "ab", "漢"];
        let texts = runs.iter().map(|run| run.repeat(MEGABYTE / run.len())).chain([base64]);
        for text in texts {
            for encoding in ENCODINGS {
                let (tokens, steps) = tokens_and_steps(encoding, &text);
                let start: String = text.chars().take(4).collect();
                assert!(steps <= 3 * text.len(), "{start:?}: {steps} steps");
                assert!(tokens > 0 && tokens < text.len(), "{start:?}: {tokens} tokens");
            }
        }
    }

    #[test]
    fn both_ways_give_the_same() {
        let letters = b"etaoin shrdlu\xe6\x97\xa5\xcc\x81aaaaee";
        let mut seed = 1u32;
        for length in 0..=SHORT {
            for _ in 0..50 {
                let piece: Vec<u8> = (0..length)
                    .map(|_| {
                        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        letters[(seed >> 16) as usize % letters.len()]
                    })
                    .collect();
                for encoding in ENCODINGS {
                    let rank = |bytes: &[u8]| Vocabulary::of(encoding).rank(bytes).unwrap_or(NONE);
                    let (mut short, mut long) = (Vec::new(), Vec::new());
                    merge_short(&piece, rank, |token| short.push(token.to_vec()));
                    merge_long(&piece, rank, |token| long.push(token.to_vec()));
                    assert_eq!(short, long, "{piece:?}");
                    assert_eq!(short.concat(), piece);
                }
            }
        }
    }
}
