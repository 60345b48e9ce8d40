//! A text's pieces: the stretches that are merged into tokens on their own, never across.
//!
//! The encodings define them by a regular expression; here the same is written by hand, which is
//! ten times as fast and linear on any text. Each function names the alternative that it stands
//! for. Where an alternative could give back what it took (`?`, `*`, `+` before something that then
//! fails), the comment says what the expression ends up with.

use crate::Encoding;
use crate::class::{BLANK, CASELESS, Class, LOWER, MARK, NEWLINE, NUMBER, OTHER, UPPER, class_at};

/// The end of the piece that begins at byte `start`, which is before the text's end.
///
/// What comes before `start` doesn't matter to it. `text` is UTF-8.
#[inline]
pub(crate) fn piece_end(encoding: Encoding, text: &[u8], start: usize) -> usize {
    match encoding {
        Encoding::O200kBase => o200k_piece_end(text, start),
        Encoding::Cl100kBase => cl100k_piece_end(text, start),
    }
}

fn o200k_piece_end(text: &[u8], start: usize) -> usize {
    let first = class_at(text, start);
    // No other alternative begins with a number.
    if let Some(end) = numbers(text, start, first) {
        return end;
    }
    cased_word(text, start, first).or_else(|| punctuation(text, start, b"\r\n/")).unwrap_or_else(
        || {
            let run = blank_run(text, start);
            run.newline.unwrap_or(run.before_word)
        },
    )
}

fn cl100k_piece_end(text: &[u8], start: usize) -> usize {
    let first = class_at(text, start);
    // '(?i:[sdmt]|ll|ve|re)
    match contraction(text, start) {
        0 => {}
        length => return start + length,
    }
    word(text, start, first)
        .or_else(|| numbers(text, start, first))
        .or_else(|| punctuation(text, start, b"\r\n"))
        .unwrap_or_else(|| {
            let run = blank_run(text, start);
            // \s++$ comes before \s*[\r\n] here: at the text's end newlines and blanks are one.
            match run.newline {
                Some(newline) if run.end < text.len() => newline,
                _ => run.before_word,
            }
        })
}

/// Where a run of characters of the set ends that begins at `at`.
#[inline]
pub(crate) fn run(text: &[u8], mut at: usize, set: Class) -> usize {
    loop {
        let (class, width) = class_at(text, at);
        if class & set == 0 {
            return at;
        }
        at += width;
    }
}

/// Where the letters from `a` to `z` end that begin at `at`, which most words have nothing else of; it may be before that
/// near the end of the text. Looks at eight bytes at a time.
#[inline]
fn lower_case(text: &[u8], mut at: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHEST: u64 = 0x8080_8080_8080_8080;
    while let Some(word) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*word);
        // Adding to seven bits carries into the eighth from a character on.
        let from = |first: u8| (word & !HIGHEST) + ONES * u64::from(0x80 - first);
        let others = !(from(b'a') & !from(b'z' + 1) & !word) & HIGHEST;
        let letters = others.trailing_zeros() as usize / 8;
        at += letters;
        if letters < 8 {
            break;
        }
    }
    at
}

/// The length of `[^\r\n\p{L}\p{N}]?` at a character of that class and length.
fn lead((class, width): (Class, usize)) -> usize {
    if class & (MARK | BLANK | OTHER) != 0 { width } else { 0 }
}

/// o200k's two alternatives for words, with U = `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`,
/// L = `[\p{Ll}\p{Lm}\p{Lo}\p{M}]` and C = `(?i:'s|'t|'re|'ve|'m|'ll|'d)`:
/// `[^\r\n\p{L}\p{N}]?U*L+C?` and `[^\r\n\p{L}\p{N}]?U+L*C?`.
#[inline]
fn cased_word(text: &[u8], start: usize, first: (Class, usize)) -> Option<usize> {
    if first.0 & (NUMBER | NEWLINE) != 0 {
        return None;
    }
    let body = start + lead(first);
    let mut at = body;
    let mut after_caseless = None;
    let stop = loop {
        let (class, width) = class_at(text, at);
        if class & (UPPER | CASELESS | MARK) == 0 {
            break class;
        }
        at += width;
        if class & UPPER == 0 {
            after_caseless = Some(at);
        }
    };
    let end = if stop & LOWER != 0 {
        run(text, lower_case(text, at), LOWER | CASELESS | MARK)
    } else if let Some(end) = after_caseless {
        // U* gives back until L+ has something: the last letter without case, or the last mark.
        end
    } else if first.0 & MARK != 0 {
        // The mark that was taken for the lead is given back and is all of L+.
        body
    } else if at > body {
        at // the second alternative: capitals alone
    } else {
        return None;
    };
    Some(end + contraction(text, end))
}

/// cl100k's `[^\r\n\p{L}\p{N}]?+\p{L}++`.
#[inline]
fn word(text: &[u8], start: usize, first: (Class, usize)) -> Option<usize> {
    let body = start + lead(first);
    let end = run(text, lower_case(text, body), UPPER | LOWER | CASELESS);
    (end > body).then_some(end)
}

/// The length of `(?i:'s|'t|'re|'ve|'m|'ll|'d)` at `at`, or 0. The long s is an s to `(?i:)`.
#[inline]
fn contraction(text: &[u8], at: usize) -> usize {
    if text.get(at) != Some(&b'\'') {
        return 0;
    }
    match text[at + 1..] {
        [b's' | b'S' | b't' | b'T' | b'm' | b'M' | b'd' | b'D', ..] => 2,
        [b'r' | b'R' | b'v' | b'V', b'e' | b'E', ..] | [b'l' | b'L', b'l' | b'L', ..] => 3,
        [0xc5, 0xbf, ..] => 3,
        _ => 0,
    }
}

/// `\p{N}{1,3}`.
#[inline]
fn numbers(text: &[u8], start: usize, first: (Class, usize)) -> Option<usize> {
    if first.0 & NUMBER == 0 {
        return None;
    }
    let mut at = start + first.1;
    for _ in 0..2 {
        let (class, width) = class_at(text, at);
        if class & NUMBER == 0 {
            break;
        }
        at += width;
    }
    Some(at)
}

/// ` ?[^\s\p{L}\p{N}]+`, then any number of the bytes of `tail`.
#[inline]
fn punctuation(text: &[u8], start: usize, tail: &[u8]) -> Option<usize> {
    let body = start + usize::from(text[start] == b' ');
    let end = run(text, body, OTHER | MARK);
    let more = |end: usize| text[end..].iter().take_while(|byte| tail.contains(byte)).count();
    (end > body).then(|| end + more(end))
}

/// A run of `\s`.
struct BlankRun {
    /// Where it ends: at the text's end, or at something that isn't blank.
    end: usize,
    /// The end of its last `\r` or `\n`, where `\s*[\r\n]+` (o200k) and `\s*[\r\n]` (cl100k) end.
    newline: Option<usize>,
    /// Where `\s+(?!\S)|\s+` (o200k) and `\s++$|\s+(?!\S)|\s` (cl100k) end.
    before_word: usize,
}

fn blank_run(text: &[u8], start: usize) -> BlankRun {
    let mut at = start;
    let mut last = start;
    let mut newline = None;
    loop {
        let (class, width) = class_at(text, at);
        if class & (BLANK | NEWLINE) == 0 {
            break;
        }
        last = at;
        at += width;
        if class & NEWLINE != 0 {
            newline = Some(at);
        }
    }
    // Before a word all but the last go together, since that one is the word's lead or stands
    // alone; a single one stands alone too.
    let before_word = if at == text.len() || last == start { at } else { last };
    BlankRun { end: at, newline, before_word }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use fancy_regex::Regex;
    use proptest::prelude::*;

    use super::*;

    static O200K_BASE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(tiktoken_rs::O200K_BASE_PAT_STR).expect("the reference's own pattern")
    });

    static CL100K_BASE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+|",
            r" ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
        ))
        .expect("a valid pattern")
    });

    fn assert_same_pieces(text: &str) {
        let patterns = [(Encoding::O200kBase, &*O200K_BASE), (Encoding::Cl100kBase, &*CL100K_BASE)];
        for (encoding, pattern) in patterns {
            let expected =
                pattern.find_iter(text).map(|piece| piece.expect("a bounded text").end());
            let expected: Vec<usize> = expected.collect();
            let ends = std::iter::successors(Some(0), |&start| {
                (start < text.len()).then(|| piece_end(encoding, text.as_bytes(), start))
            });
            let ends: Vec<usize> = ends.skip(1).collect();
            assert_eq!(ends, expected, "{encoding:?} {text:?}");
        }
    }

    #[test]
    fn what_the_expressions_give_back() {
        for text in [
            "",
            "\n",
            "a\n  ",
            "\n \n ",
            "  x",
            "\u{a0} !",
            " \u{301}a",
            "日ABC",
            "日ABc",
            "\u{301}ABC",
            "!\u{301}'s",
            "\u{301}\u{301}'ll",
            "o'ſt",
            "''s",
            "A'REb",
            "}\n/\n//",
            "}\r\n /",
            "1234५",
            "\tif",
        ] {
            assert_same_pieces(text);
        }
    }

    #[test]
    fn words_end_at_the_same_byte_wherever_that_is() {
        for length in 0..20 {
            for end in
                ["", "{", "`", "A", "1", " ", "é", "\u{301}", "日", "'s", "\n", "\0", "\u{7f}"]
            {
                for letters in ["z", "a", "za"] {
                    let word: String = letters.chars().cycle().take(length).collect();
                    assert_same_pieces(&format!("{word}{end}"));
                    assert_same_pieces(&format!(" {word}{end}and words behind it"));
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]

        /// Stronger than equal tokens: where pieces differ, tokens often are the same by chance.
        #[test]
        fn pieces_are_those_of_the_expressions(
            text in r"([abAB]|'[sSdtmTrRvVlL]?[eElL]?|ſ|[日ʰǅ\u{301}\u{20dd}]|[0५²]|[\r\n/!}]|[ \t\u{a0}\u{85}\u{2028}\u{3000}]|\PC){0,24}",
        ) {
            assert_same_pieces(&text);
        }
    }
}
