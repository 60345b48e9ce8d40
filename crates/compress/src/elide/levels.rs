//! Finds the column of log levels and the lines whose level is rare, so that levels in languages
//! without a word list are recognised too.

use rustc_hash::FxHashMap;

use crate::lines::Lines;
use crate::word_table::WordTable;

/// The column is among the first this many words. By hand, not measured.
const MOST_WORDS: usize = 8;
/// Fewer lines that begin with a number are no evidence of columns. By hand, not measured.
const FEWEST: usize = 16;
/// With more distinct words than this it isn't a column of levels. By hand, not measured.
const MOST_LEVELS: usize = 10;
/// The percentage of lines that must have a word in the column, which follows the timestamp. By
/// hand, not measured.
const COLUMN_PERCENT: usize = 90;
/// A level is rare if at most this percentage of the lines have it. By hand, not measured.
const RARE_PERCENT: usize = 10;
/// Levels that never indicate a problem, however rare.
const ORDINARY: &[&str] =
    &["debug", "trace", "info", "notice", "verbose", "d", "i", "v", "t", "信息", "情報", "정보"];

/// The lines whose level is rare, in order; none if there is no column of levels.
pub(super) fn rare(lines: &Lines, words: &WordTable) -> Vec<usize> {
    let timed: Vec<usize> = (0..lines.count())
        .filter(|&line| {
            let first = lines.get(line).bytes().find(|byte| *byte != b'[');
            first.is_some_and(|byte| byte.is_ascii_digit())
        })
        .collect();
    if timed.len() < FEWEST {
        return Vec::new();
    }
    let Some(levels) = (1..MOST_WORDS).find_map(|column| levels(words, &timed, column)) else {
        return Vec::new();
    };
    let mut counts: FxHashMap<&str, usize> = FxHashMap::default();
    for equal in levels.chunk_by(|one, next| one == next) {
        let Some(level) = equal[0] else { continue };
        *counts.entry(level).or_default() += equal.len();
        if counts.len() > MOST_LEVELS {
            return Vec::new();
        }
    }
    // Without a known level the words may be anything, such as the first words of messages.
    let is_ordinary = |level: &str| ORDINARY.contains(&level.to_lowercase().as_str());
    let is_known = counts.keys().any(|level| is_ordinary(level));
    let is_usual = |count: usize| count * 100 > timed.len() * RARE_PERCENT;
    let are_levels = is_known || counts.keys().all(|level| is_shouted(level));
    if !are_levels || !counts.values().any(|&count| is_usual(count)) {
        return Vec::new();
    }
    counts.retain(|level, count| !is_usual(*count) && !is_ordinary(level));
    let is_rare = |level: &Option<&str>| level.is_some_and(|level| counts.contains_key(level));
    timed.iter().zip(&levels).filter(|(_, level)| is_rare(level)).map(|(line, _)| *line).collect()
}

/// What may be the level of each of the `timed` lines, at `column`; `None` if more than a few have nothing
/// there that may be one.
fn levels<'a>(
    words: &WordTable<'a>,
    timed: &[usize],
    column: usize,
) -> Option<Vec<Option<&'a str>>> {
    let mut may_fail = timed.len() * (100 - COLUMN_PERCENT) / 100;
    let mut levels = Vec::with_capacity(timed.len());
    for &line in timed {
        let level = words.word(line, column).and_then(level);
        if level.is_none() {
            may_fail = may_fail.checked_sub(1)?;
        }
        levels.push(level);
    }
    Some(levels)
}

/// The level that `word` may be: letters without digits, optionally in brackets.
fn level(word: &str) -> Option<&str> {
    let is_bare = |end: Option<&u8>| end.is_some_and(u8::is_ascii_alphanumeric);
    let word = match word.as_bytes() {
        bytes if is_bare(bytes.first()) && is_bare(bytes.last()) => word,
        _ => word.trim_matches(['[', ']', '(', ')', '<', '>', '|', ':', ',']),
    };
    let word = word.strip_prefix("level=").unwrap_or(word);
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    let is_level = match word.is_ascii() {
        true => word.bytes().all(is_letter),
        false => word.chars().all(|c| c.is_alphabetic() || c == '_'),
    };
    (is_level && !word.is_empty()).then_some(word)
}

/// Whether a word is in capitals, as levels are, or in a script without case.
fn is_shouted(word: &str) -> bool {
    !word.chars().any(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of a hundred lines are of a rare level, where two are.
    fn found(usual: &str, rare: &str, line: impl Fn(&str, usize) -> String) -> Vec<usize> {
        let level = |n: usize| if n == 40 || n == 70 { rare } else { usual };
        let text: String = (0..100).map(|n| line(level(n), n)).collect();
        let lines = Lines::of(&text);
        super::rare(&lines, &WordTable::of(&lines))
    }

    #[test]
    fn what_is_rare_among_levels() {
        let dated = |level: &str, n: usize| format!("2026-01-05 10:00:{n:02} {level} job {n}\n");
        for (usual, rare) in
            [("INFO", "VIRHE"), ("信息", "灾难"), ("TIEDOTE", "VIRHE"), ("info", "virhe")]
        {
            assert_eq!(found(usual, rare, dated), [40, 70], "{rare}");
        }
        let bracketed = |level: &str, n: usize| format!("[10:00:{n:02}] [{level}] job {n}\n");
        assert_eq!(found("INFO", "VIRHE", bracketed), [40, 70]);
        let android = |level: &str, n: usize| format!("01-05 10:00:00.0 {n} 7 {level} Tag: x\n");
        assert_eq!(found("I", "E", android), [40, 70]);
        let logfmt = |level: &str, n: usize| format!("1767607{n:03} level={level} msg={n}\n");
        assert_eq!(found("info", "virhe", logfmt), [40, 70]);
    }

    #[test]
    fn what_is_of_no_concern() {
        let dated = |level: &str, n: usize| format!("2026-01-05 10:00:{n:02} {level} job {n}\n");
        assert!(found("INFO", "DEBUG", dated).is_empty());
        assert!(found("took", "lost", dated).is_empty(), "words of a message");
        assert!(found("INFO", "VIRHE", |level, _| format!("{level} job\n")).is_empty());
    }
}
