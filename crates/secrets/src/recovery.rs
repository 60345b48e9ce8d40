//! Codes by which an account is recovered, and the words of a wallet's seed, in the lines below what says so: `Recovery codes`,
//! `backup_codes = "…"`, `Security key: …`, `24 words`.

use std::ops::Range;

use crate::parts::{ahead, lines_behind, range_of};
use crate::value;

pub(crate) const RULE: &str = "recovery-code";
/// What stands before codes, keys and words, in small letters.
#[rustfmt::skip]
pub(crate) const KEYWORDS: &[&str] = &[
    "recovery code", "recovery-code", "recovery_code", "recoverycode", "backup code", "backup-code", "backup_code",
    "backupcode", "wiederherstellungscode", "wiederherstellungsschl", "recovery key", "security key", "24 words", "12 words",
    "scratch code", "emergency code", "backup words", "seed words", "recovery words", METAMASK, LEDGER, TREZOR,
];
/// Wallets, whose seeds stand beside their names.
const METAMASK: &str = "metamask";
const LEDGER: &str = "ledger nano";
const TREZOR: &str = "trezor";

/// The most lines below that are looked at, and the longest part of the first line, in bytes.
const MOST_LINES: usize = 30;
const LONGEST_LINE: usize = 300;

/// Adds the codes, keys or words behind `hit`.
pub(crate) fn find(text: &str, hit: &Range<usize>, found: &mut Vec<Range<usize>>) {
    let line = ahead(text, hit.end, LONGEST_LINE).split('\n').next().unwrap_or_default();
    let assigned = line.rfind([':', '=']).map_or(line.len(), |at| at + 1);
    let first = hit.end + assigned..hit.end + line.len();
    let keyword = text[hit.clone()].to_ascii_lowercase();
    if keyword.ends_with("words") || [METAMASK, LEDGER, TREZOR].contains(&&*keyword) {
        let behind = range_of(text, text[first].trim());
        match value::is_mnemonic(&text[behind.clone()]) {
            true => found.push(behind),
            false => words(text, hit.end, found),
        }
        return;
    }
    let said = text[hit.end..hit.end + line.len()].split(' ');
    let said = said.map(|word| word.trim_matches(['(', ')', ',', '.', '"', '\'', '`', ';', ':']));
    let said = said.filter(|word| word.contains('-') && is_recovery_code(word));
    found.extend(said.map(|word| range_of(text, word)));
    let rows = [first].into_iter().chain(rows(text, hit.end));
    let mut shape = None;
    for row in rows.take(MOST_LINES) {
        let before = found.len();
        codes(text, row.clone(), &mut shape, found);
        let is_heading = row.end == hit.end + line.len();
        if found.len() == before && !is_heading {
            return;
        }
    }
}

/// The lines below that have something, without rules.
fn rows(text: &str, at: usize) -> impl Iterator<Item = Range<usize>> {
    let is_rule = |line: &str| line.bytes().all(|byte| b"-=*_ ".contains(&byte));
    lines_behind(text, at)
        .take(MOST_LINES)
        .skip_while(move |line| is_rule(&text[line.clone()]))
        .take_while(|line| !line.is_empty())
}

/// Adds the codes of a line that has nothing else. The first tells how the others look, of which some are words.
fn codes(
    text: &str,
    row: Range<usize>,
    shape: &mut Option<Vec<usize>>,
    found: &mut Vec<Range<usize>>,
) {
    let written = text[row].trim().trim_matches(['"', '\'', '`', '[', ']', ';']);
    if is_grouped_by_blanks(written) {
        found.push(range_of(text, written));
        return;
    }
    let words = written.split(|c: char| c.is_ascii_whitespace() || matches!(c, ',' | '|'));
    let words =
        words.map(|word| word.trim_matches(['-', '*', '.', '"', '\'', '`', '(', ')', '[', ']']));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let is_number = |word: &str| word.len() <= 2 && word.parse::<u8>().is_ok();
    let is_code = |word: &str, shape: &Option<Vec<usize>>| {
        is_recovery_code(word)
            || shape.as_ref().is_some_and(|shape| is_of_code(word) && *shape == lengths(word))
    };
    let codes: Vec<&str> = words.iter().copied().filter(|word| !is_number(word)).collect();
    if codes.iter().any(|word| !is_code(word, shape)) {
        return;
    }
    if let Some(first) = codes.first() {
        shape.get_or_insert_with(|| lengths(first));
    }
    let codes = codes.iter().map(|word| range_of(text, word));
    let new: Vec<Range<usize>> = codes.filter(|code| !found.contains(code)).collect();
    found.extend(new);
}

fn lengths(word: &str) -> Vec<usize> {
    word.split('-').map(str::len).collect()
}

fn is_of_code(word: &str) -> bool {
    (8..=48).contains(&word.len())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Whether a word may be a code: letters and digits, perhaps in groups.
fn is_recovery_code(word: &str) -> bool {
    let groups = lengths(word);
    let are_alike = groups.iter().all(|length| Some(length) == groups.first());
    is_of_code(word)
        && (word.len() <= 24 || are_alike && (2..=8).contains(&groups[0]))
        && word.bytes().filter(u8::is_ascii_digit).count() >= 2
        && (word.bytes().any(|byte| byte.is_ascii_lowercase()) || !value::is_plain(word))
}

/// Whether a line is a code or a key in groups with blanks: `4710 1584`, `EsT1 NFuR 7XJ4 …`.
fn is_grouped_by_blanks(line: &str) -> bool {
    let is_group = |group: &str| {
        (4..=6).contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let groups = line.split(' ').count();
    let digits = line.bytes().filter(u8::is_ascii_digit).count();
    let is_of_digits = line.bytes().all(|byte| byte.is_ascii_digit() || byte == b' ');
    line.split(' ').all(is_group)
        && (groups == 2 && is_of_digits || (4..=16).contains(&groups) && digits >= 3)
}

/// Adds the words of a seed: a line of them, or one on each line.
fn words(text: &str, at: usize, found: &mut Vec<Range<usize>>) {
    const COUNTS: [usize; 5] = [12, 15, 18, 21, 24];
    let is_word = |line: &&Range<usize>| {
        let word = text[(*line).clone()]
            .trim_start_matches(|c: char| c.is_ascii_digit() || ".) ".contains(c));
        (3..=8).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    let rows: Vec<Range<usize>> = rows(text, at).take(MOST_LINES).collect();
    match rows.first() {
        Some(line) if value::is_mnemonic(&text[line.clone()]) => found.push(line.clone()),
        _ => {
            let words = rows.iter().take_while(is_word).count();
            if COUNTS.contains(&words) {
                found.extend(rows.into_iter().take(words));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let lower = text.to_ascii_lowercase();
        let hit = KEYWORDS.iter().find_map(|word| lower.find(word).map(|at| at..at + word.len()));
        let mut found = Vec::new();
        find(text, &hit.unwrap_or_default(), &mut found);
        found.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn codes_are_found_in_lines_and_lists() {
        assert_eq!(
            found("Recovery codes:\n2d717-181b8\nabcde-fghij\n\nx"),
            ["2d717-181b8", "abcde-fghij"]
        );
        assert_eq!(
            found("BACKUP CODES (a@b.c)\n4710 1584\n3816 6910\n"),
            ["4710 1584", "3816 6910"]
        );
        assert_eq!(
            found("backup_codes = \"hi2xw-rv2yr, wa5yi-dy99x\""),
            ["hi2xw-rv2yr", "wa5yi-dy99x"]
        );
        assert_eq!(found("Backup code: 6e8f-070e-2101"), ["6e8f-070e-2101"]);
        assert_eq!(found("Security Key\nEsT1 NFuR 7XJ4 e5AT Wjvw\n"), ["EsT1 NFuR 7XJ4 e5AT Wjvw"]);
    }

    #[test]
    fn a_seed_is_found_in_a_line_and_in_lines() {
        let words = "penalty chapter copper bike better canoe apart car usage grape wink eight";
        assert_eq!(found(&format!("12 words\n{words}\n")), [words]);
        let lines = words.replace(' ', "\n");
        assert_eq!(found(&format!("backup words\n---\n{lines}\n")).len(), 12);
    }

    #[test]
    fn other_lines_are_left_alone() {
        for text in [
            "Recovery codes: see 1Password",
            "recovery codes = generate(10, 8)",
            "backup codes:\n- print them\n- keep them safe",
            "12 words\nare enough for anybody who has a hat\n",
            "The security key: a device",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}
