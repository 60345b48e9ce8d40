//! The lines of a file that stand beside its path: `:22-40`, `#L22-L40`, `, line 22`, `第22到40行`.

use std::borrow::Cow;

use syntax::LineRange;

use super::{is_blank_or_quote, is_bracket};
use crate::terms::is_dense;

/// What is looked at behind a path to find its line, in bytes. By hand: a few words.
const AFTER_PATH: usize = 400;
/// The same before a path, in bytes. By hand: `in line 22 of the file`.
const BEFORE_PATH: usize = 60;
/// The most characters between a file and a line number in Chinese, Japanese and Korean (`文件的22行`).
/// By hand.
const PARTICLES: usize = 5;
/// The most words before a path that may say its lines (`between lines 22 and 40 of the file`). By hand.
const WORDS_BEFORE: usize = 8;

/// A range of one line.
pub(super) fn one(line: u32) -> LineRange {
    LineRange { start: line, end: line }
}

/// The lines at the beginning of `text`, and what follows them: `22`, `22-25`, `22-L25`, `22 to 25`.
pub(super) fn lines_from(text: &str) -> Option<(LineRange, &str)> {
    let (start, rest) = number(text)?;
    let end = range_end(rest).filter(|&(end, _)| end >= start);
    let (end, rest) = end.unwrap_or((start, rest));
    Some((LineRange { start, end }, rest))
}

/// `text` with a hyphen in place of the dashes between numbers that would end tokens: `22–40`, `22〜40行目`.
pub(super) fn with_plain_ranges(text: &str) -> Cow<'_, str> {
    let is_dash = |c| matches!(c, '\u{2010}'..='\u{2015}' | '\u{2026}' | '\u{301c}' | '\u{ff5e}');
    if !text.contains(is_dash) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut previous = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let is_after = previous.is_some_and(|c: char| c.is_ascii_digit() || "行目줄".contains(c));
        let is_before = chars.peek().is_some_and(|c| c.is_ascii_digit() || "第L ".contains(*c));
        out.push(if is_dash(c) && is_after && is_before { '-' } else { c });
        previous = Some(c);
    }
    Cow::Owned(out)
}

/// The last line of a range of which the first was read, and what follows it.
fn range_end(rest: &str) -> Option<(u32, &str)> {
    let rest = without_column(rest).trim_start_matches([' ', '\u{a0}']);
    let rest = LINE_SIGNS.iter().find_map(|sign| rest.strip_prefix(sign)).unwrap_or(rest);
    let rest = RANGE_SIGNS.iter().find_map(|sign| rest.trim_start().strip_prefix(sign))?;
    let rest = rest.trim_start_matches([' ', '\u{a0}']);
    let named = RANGE_LINES.iter().find_map(|name| rest.strip_prefix(name)).unwrap_or(rest);
    let (end, rest) = number(named)?;
    Some((end, without_column(rest)))
}

/// `text` without a column at its beginning: `C5`, `:5`.
fn without_column(text: &str) -> &str {
    let column = text.strip_prefix(['C', ':']).and_then(number);
    column.map_or(text, |(_, rest)| rest)
}

/// The lines that a fragment of an address names: `L22-L25`, `22`, `lines-22:25`, `L22C5`.
pub(super) fn lines_of_fragment(fragment: &str) -> Option<LineRange> {
    if let Some((start, end)) = fragment.strip_prefix("lines-").and_then(|at| at.split_once(':')) {
        let (start, end) = (number(start)?.0, number(end)?.0);
        return Some(LineRange { start, end: end.max(start) });
    }
    let fragment = fragment.strip_prefix("lines-").unwrap_or(fragment);
    let digits = fragment.trim_start_matches(['L', 'l', 'n', '-']);
    let rest = digits.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_lines = rest.chars().all(|c| c.is_ascii_digit() || "LCn-:,.".contains(c));
    is_lines.then(|| lines_from(digits))?.map(|(lines, _)| lines)
}

/// The positive number at the beginning of `text`, and what follows it.
fn number(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((digits.parse().ok().filter(|&line| line > 0)?, rest))
}

/// The lines that the words after a path name: `", line 22`, `(22,5)`, ` 第22行`, `","line":22`.
pub(super) fn lines_after(after: &str) -> Option<LineRange> {
    let after = &after[..after.floor_char_boundary(AFTER_PATH)];
    // `Cart.cs(22,5)`; of Maven `Cart.java:[22,5]`.
    let bracketed = after.strip_prefix(['(', '[']).and_then(lines_from).map(|(lines, _)| lines);
    if let Some(lines) = bracketed.or_else(|| line_in_column(after).map(one)) {
        return Some(lines);
    }
    if let Some(hunk) = after.strip_prefix("\n@@ -") {
        return line_of_hunk(hunk).map(one);
    }
    // The end of the element that the path is in, or of its line in YAML.
    let after =
        after.strip_prefix("</").and_then(|tag| Some(tag.split_once('>')?.1)).unwrap_or(after);
    let after = after
        .strip_prefix('\n')
        .filter(|next| next.trim_start().starts_with("line"))
        .unwrap_or(after);
    let after = after.trim_start_matches(|c: char| {
        c != '\n' && (is_blank_or_quote(c) || is_bracket(c) || matches!(c, ':' | '*'))
    });
    // `第22行`, `文件的22-25行`, `の22行目`, `의 22번째 줄`
    let dense = after.find(|c| !(is_dense(c) || c == ' ')).unwrap_or(after.len());
    let (particles, digits) = after.split_at(dense);
    if let Some((lines, rest)) = lines_from(digits)
        && particles.chars().count() <= PARTICLES
    {
        let rest = rest.trim_start();
        let rest = rest.strip_prefix("번째").unwrap_or(rest).trim_start();
        return (lines.end > lines.start && particles.ends_with('第')
            || rest.starts_with(['行', '줄']))
        .then_some(lines);
    }
    let mut rest = after.trim_start_matches([' ', '\u{a0}']);
    for _ in 0..2 {
        let (word, next) = rest.split_once([' ', '\u{a0}']).unwrap_or((rest, ""));
        if CONNECTORS.contains(&word) {
            rest = next.trim_start_matches([' ', '\u{a0}']);
        }
    }
    let joined = rest.strip_prefix('L').or_else(|| rest.strip_prefix("l.")).and_then(lines_from);
    joined.or_else(|| lines_named(rest)).map(|(lines, _)| lines)
}

/// The lines that the words before a path name: `line 22 of …`, `in Zeilen 22 bis 25 von …`.
pub(super) fn lines_before(before: &str) -> Option<LineRange> {
    let start = before.ceil_char_boundary(before.len().saturating_sub(BEFORE_PATH));
    let mut rest = before[start..].rsplit('\n').next()?;
    let is_between = |c: char| is_blank_or_quote(c) || is_bracket(c);
    if let Some(lines) = lines_before_dense(rest) {
        return Some(lines);
    }
    rest = rest.trim_start_matches(is_between);
    let words = rest.split(is_between).filter(|word| !word.is_empty()).count();
    for word in 0..words {
        let named = (word + WORDS_BEFORE >= words).then(|| lines_named(rest)).flatten();
        if let Some((lines, after)) = named {
            let mut after = after.split(is_between).filter(|word| !word.is_empty());
            let of = after.next();
            if of.is_none_or(|of| OF.contains(&of)) && after.next().is_none() {
                return Some(lines);
            }
        }
        rest = rest.trim_start_matches(|c| !is_between(c)).trim_start_matches(is_between);
    }
    None
}

/// The lines at the end of a text in Chinese, Japanese or Korean: `第22到40行的`, `22-40行目の`.
fn lines_before_dense(before: &str) -> Option<LineRange> {
    let range = |c: char| c.is_ascii_digit() || is_dense(c) || matches!(c, '-' | '~' | ' ');
    let other = before.char_indices().rev().find(|(_, c)| !range(*c));
    let text = before[other.map_or(0, |(at, c)| at + c.len_utf8())..].trim_end();
    let mut places = text.match_indices(|c: char| c.is_ascii_digit());
    let (lines, rest) = lines_from(&text[places.next()?.0..])?;
    let particles = rest.trim_start();
    let is_line = particles.starts_with(['行', '줄']) || particles.starts_with("번째 줄");
    (is_line && particles.chars().count() <= PARTICLES).then_some(lines)
}

/// The line in a column behind a path: between tabs, or as editors list places (`…|22 col 5|`).
fn line_in_column(after: &str) -> Option<u32> {
    let column = after.strip_prefix('\t').or_else(|| after.strip_prefix('|'))?;
    let (line, rest) = number(column)?;
    let ends = rest.starts_with(['\t', '|', '\n']) || rest.starts_with(" col ");
    ends.then_some(line)
}

/// The middle of the first hunk of a patch, of which `-22,7 +22,7 @@` without the first sign is the head.
fn line_of_hunk(head: &str) -> Option<u32> {
    let (_, new) = head.split_once('+')?;
    let (first, _) = number(new)?;
    let lines =
        new.split_once(',').and_then(|(_, lines)| number(lines)).map_or(1, |(lines, _)| lines);
    first.checked_add(lines / 2)
}

/// The lines in `line 22`, `lines: 22 to 25`, `line":22`, `lineno=22`, and what follows them.
fn lines_named(text: &str) -> Option<(LineRange, &str)> {
    let end = text.find([' ', '\u{a0}']).unwrap_or(text.len());
    let lower = text[..end].to_lowercase();
    let rest = LINE_WORDS.iter().find_map(|name| lower.strip_prefix(name))?;
    let end = rest.find(|c: char| !(c.is_alphabetic() || c == '_')).unwrap_or(rest.len());
    let (ending, _) = rest.split_at(end);
    if !LINE_ENDINGS.contains(&ending) {
        return None;
    }
    // The words for a line have as many characters in capitals.
    let said = lower[..lower.len() - rest.len() + end].chars().count();
    let after = text.char_indices().nth(said).map_or("", |(at, _)| &text[at..]);
    let after = after.trim_start_matches(['"', '\'', ':', '=', '#']);
    let after = after.trim_start_matches([' ', '\u{a0}']).trim_start_matches('#');
    lines_from(after)
}

/// What may stand between a path and the word for a line.
const CONNECTORS: &[&str] = &[
    "at", "on", "in", "near", "around", "from", "between", "à", "la", "en", "na", "bei", "на", "в",
    "alla",
];
/// What stands between a line and its file.
const OF: &[&str] = &["of", "in", "von", "de", "du", "del", "di", "do", "da", "в", "файла", "из"];
/// How words for a line end: in the plural, in other cases, in the names of fields.
const LINE_ENDINGS: &[&str] =
    &["", "s", "n", "no", "nr", "num", "number", "_no", "_num", "_number", "а", "е", "и", "у"];
/// Words for a line, or how they begin, in small letters.
const LINE_WORDS: &[&str] =
    &["line", "zeile", "ligne", "línea", "linea", "linha", "riga", "righe", "строк", "行"];
/// What may stand behind the first line of a range, besides its column.
const LINE_SIGNS: &[&str] = &["行目", "行", "번째 줄", "줄"];
/// What stands between the first and the last line of a range. The dash is the one of any width.
const RANGE_SIGNS: &[&str] = &[
    "-", "\u{2010}", "\u{2011}", "\u{2012}", "\u{2013}", "\u{2014}", "..=", "...", "..",
    "\u{2026}", "~", "\u{301c}", "\u{ff5e}", "to ", "and ", "through ", "until ", "bis ", "à ",
    "al ", "a ", "até ", "по ", "до ", "到", "至", "から", "부터",
];
/// What may stand before the last line of a range.
const RANGE_LINES: &[&str] = &["line ", "lines ", "Zeile ", "ligne ", "L", "#L", "l", "第"];
