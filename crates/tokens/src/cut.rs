//! Cutting a text at a number of tokens.

use std::iter;

use crate::Encoding;
use crate::class::{BLANK, NEWLINE, ends_blank};
use crate::count::{Counter, for_each_token, with_counter};
use crate::split::run;
use crate::vocabulary::LONGEST;

/// Within this many bytes every place is tried; over more only the ends of tokens.
const WINDOW: usize = 256;

/// The longest prefix of `text` that ends at a character and is at most `max` tokens long when it is
/// counted alone.
///
/// Reads little more of the text than it returns. Where the limit falls into an unbroken run of more
/// than 256 bytes (of letters, of blanks, of signs), the cut is made where a token of the run ends: it
/// keeps to `max` all the same, but a prefix that ends within a token and is longer may fit too.
pub fn cut(encoding: Encoding, text: &str, max: usize) -> &str {
    with_counter(encoding, |counter| {
        let mut start = 0;
        let mut left = max;
        // The last place that is a piece's beginning however the text is cut after it, and what is
        // left there. Behind blanks it isn't: blanks go together otherwise at a text's end.
        let mut firm = (start, left);
        while start < text.len() {
            if !ends_blank(&text[..start]) {
                firm = (start, left);
            }
            let end = counter.piece_end(text, start);
            let too_long = (end - start).div_ceil(LONGEST) > left;
            let tokens = if too_long { usize::MAX } else { counter.count_piece(text, start, end) };
            if tokens > left {
                // A longer prefix holds this piece whole and has too many tokens, unless the piece
                // is part of a run of blanks that the cut may fall into.
                let longest = end.max(run(text.as_bytes(), start, BLANK | NEWLINE));
                return &text[..firm.0 + cut_tail(counter, &text[firm.0..longest], firm.1)];
            }
            left -= tokens;
            start = end;
        }
        text
    })
}

/// The length of a prefix of `tail` of at most `max` tokens: the longest, where all can be tried.
fn cut_tail(counter: &mut Counter, tail: &str, max: usize) -> usize {
    let tail = &tail[..tail.floor_char_boundary(max.saturating_mul(LONGEST))];
    let ends = match tail.len() {
        ..=WINDOW => (0..=tail.len()).filter(|&end| tail.is_char_boundary(end)).collect(),
        _ => token_ends(counter.encoding(), tail, max),
    };
    let fits = |end: &usize| counter.count(&tail[..*end]) <= max;
    if tail.len() <= WINDOW {
        return ends.into_iter().rev().find(fits).unwrap_or(0);
    }
    // Merging never looks past the end of a token, so the last of them fits, unless blanks are taken
    // otherwise where the text ends; then one further back does, sought in growing steps.
    let steps = iter::successors(Some(1), |step| Some(step * 2));
    let candidates = steps.map_while(|step| Some(ends[ends.len().checked_sub(step)?]));
    candidates.into_iter().find(fits).unwrap_or(0)
}

/// Where the first `max` tokens of `text` end, in bytes; without those that end within a character.
fn token_ends(encoding: Encoding, text: &str, max: usize) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut at = 0;
    for_each_token(encoding, text, |token| {
        at += token.len();
        ends.push(at);
    });
    ends.truncate(max);
    ends.retain(|&end| text.is_char_boundary(end));
    ends
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Encoding, count};
    use proptest::prelude::*;

    const ENCODINGS: [Encoding; 2] = [Encoding::O200kBase, Encoding::Cl100kBase];

    /// The definition, tried at every place.
    fn longest(encoding: Encoding, text: &str, max: usize) -> &str {
        let mut ends = (0..=text.len()).rev().filter(|&end| text.is_char_boundary(end));
        let end = ends.find(|&end| count(encoding, &text[..end]) <= max);
        &text[..end.unwrap_or(0)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn it_is_the_longest_prefix_that_fits(
            text in "([a-c ]|[A日ʰ\u{301}]|'(s|re|ll)|[\r\n/}\t\u{a0}\u{2028}]|[0-9]|\u{1f600}|foo|   ){0,24}",
            max in 0usize..24,
        ) {
            for encoding in ENCODINGS {
                prop_assert_eq!(cut(encoding, &text, max), longest(encoding, &text, max));
            }
        }

        #[test]
        fn it_never_exceeds_the_limit_and_uses_it(text in "(a{300}|[日本]{100}| {300}|\n{200}|=| ){1,4}", max in 0usize..200) {
            for encoding in ENCODINGS {
                let cut = cut(encoding, &text, max);
                let tokens = count(encoding, cut);
                prop_assert!(tokens <= max);
                prop_assert!(cut == text || tokens + 3 >= max, "{} of {}", tokens, max);
            }
        }
    }

    #[test]
    fn characters_are_whole_and_nothing_is_cut_that_fits() {
        for encoding in ENCODINGS {
            assert_eq!(cut(encoding, "", 0), "");
            assert_eq!(cut(encoding, "text", 0), "");
            assert_eq!(cut(encoding, "a text", usize::MAX), "a text");
            // Several tokens, no part of which is a character.
            assert_eq!(cut(encoding, "\u{1f9ff}", 1), "");
        }
    }

    /// More blanks may be fewer tokens, and before a word they are taken otherwise than at the end.
    #[test]
    fn blanks_before_a_word_are_cut_in_the_best_place() {
        for blank in [" ", "\t", "\n", "\n ", " \n", "\u{a0}"] {
            for length in 1..100 {
                let text = format!("a{}x", blank.repeat(length));
                for (encoding, max) in ENCODINGS.into_iter().flat_map(|e| [(e, 2), (e, 3)]) {
                    let longest = longest(encoding, &text, max);
                    assert_eq!(cut(encoding, &text, max), longest, "{length} × {blank:?}");
                }
            }
        }
    }

    #[test]
    fn a_long_unbroken_run_is_cut_too() {
        for run in ["a", " ", "\n", "\u{301}", "日", "="] {
            let text = run.repeat(100_000);
            for encoding in ENCODINGS {
                let cut = cut(encoding, &text, 500);
                let tokens = count(encoding, cut);
                assert!((499..=500).contains(&tokens), "{run:?}: {tokens} tokens");
            }
        }
    }
}
