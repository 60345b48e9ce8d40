//! Values below a name: the columns of CSV and of Markdown's tables, and those of an SQL `INSERT`.

use std::ops::Range;

use super::{Kind, Notation, is_secret, name};
use crate::byte_set::ByteSet;

/// The ASCII characters of headings, with separators between them and what is written around them.
const HEADINGS: ByteSet = ByteSet::alphanumeric_and(b" _-\"`*\r|\t;,");
/// The longest row, in bytes, and the most rows.
const LONGEST_ROW: usize = 400;
const MOST_ROWS: usize = 200;

/// Adds the secrets in the column that is headed by `name`.
pub(super) fn find(
    text: &str,
    name: &Range<usize>,
    hit: &Range<usize>,
    kind: Kind,
    found: &mut Vec<Range<usize>>,
) {
    let next = text[name.end..].trim_start_matches([' ', '"', '`', '*', '\'']);
    let separator = match next.chars().next() {
        Some(c @ (',' | ';' | '|' | '\t' | ')')) => c,
        Some('\n' | '\r') => ',',
        _ => return,
    };
    if separator == ')'
        || text[..name.start].trim_end_matches(['`', '"', ' ', '[']).ends_with(['(', ','])
    {
        let before = found.len();
        in_statement(text, name, kind, found);
        if found.len() > before {
            return;
        }
    }
    if separator != ')'
        && may_be_heading(text, name)
        && name::kind_of(text, name, hit, kind).is_some()
    {
        in_rows(text, name, kind, found);
    }
}

/// Whether the line of `name` has the characters of a table's heading alone, as far as a look at ASCII tells.
fn may_be_heading(text: &str, name: &Range<usize>) -> bool {
    let is_of_heading = |byte: &&u8| !byte.is_ascii() || HEADINGS.contains(**byte);
    let ends = |byte: Option<&u8>| byte.is_none_or(|byte| *byte == b'\n');
    let (before, after) = (&text.as_bytes()[..name.start], &text.as_bytes()[name.end..]);
    let skipped = after.iter().take(LONGEST_ROW).take_while(is_of_heading).count();
    if !(ends(after.get(skipped)) || skipped == LONGEST_ROW) {
        return false;
    }
    let skipped = before.iter().rev().take(LONGEST_ROW).take_while(is_of_heading).count();
    ends(before.iter().rev().nth(skipped)) || skipped == LONGEST_ROW
}

fn in_rows(text: &str, name: &Range<usize>, kind: Kind, found: &mut Vec<Range<usize>>) {
    let floor = text.floor_char_boundary(name.start.saturating_sub(LONGEST_ROW));
    let Some(start) =
        text[floor..name.start].rfind('\n').map(|at| floor + at + 1).or((floor == 0).then_some(0))
    else {
        return;
    };
    let limit = text.floor_char_boundary((name.end + LONGEST_ROW).min(text.len()));
    let Some(end) = text[name.end..limit].find('\n').map(|at| name.end + at) else { return };
    let header = &text[start..end];
    let Some(separator) = ['|', '\t', ';', ','].into_iter().find(|c| header.contains(*c)) else {
        return;
    };
    let is_heading = |cell: &str| {
        cell.trim_matches([' ', '"', '`', '*', '\r'])
            .chars()
            .all(|c| c.is_alphanumeric() || " _-".contains(c))
    };
    if !header.split(separator).all(is_heading) {
        return;
    }
    // Some wikis write headings as `||user||password||`, and rows with single bars.
    let of_header = if header.starts_with("||") { "||" } else { &separator.to_string() };
    let column = text[start..name.start].matches(of_header).count();
    let columns = header.matches(of_header).count();
    let mut at = end + 1;
    for line in text[at..].split_inclusive('\n').take(MOST_ROWS) {
        if line.len() > LONGEST_ROW || line.matches(separator).count() != columns {
            return;
        }
        let mut cell_start = at;
        at += line.len();
        for (index, cell) in line.split(separator).enumerate() {
            if index == column {
                let trimmed = cell.trim_matches([' ', '"', '`', '*', '\'', '\r', '\n']);
                let offset = trimmed.as_ptr() as usize - cell.as_ptr() as usize;
                let range = cell_start + offset..cell_start + offset + trimmed.len();
                if is_secret(kind, Notation::Neighbor, trimmed, &text[name.clone()]) {
                    found.push(range);
                }
            }
            cell_start += cell.len() + separator.len_utf8();
        }
    }
}

/// `INSERT INTO users (name, password) VALUES ('a', '…')`
fn in_statement(text: &str, name: &Range<usize>, kind: Kind, found: &mut Vec<Range<usize>>) {
    let floor = text.floor_char_boundary(name.start.saturating_sub(LONGEST_ROW));
    let limit = text.floor_char_boundary((name.end + 2 * LONGEST_ROW).min(text.len()));
    let Some(open) = text[floor..name.start].rfind('(').map(|at| floor + at + 1) else { return };
    let Some(close) = text[name.end..limit].find(')').map(|at| name.end + at) else { return };
    let behind = text[close + 1..limit].trim_start();
    let is_insert = behind.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("values"));
    if !is_insert || text[open..close].contains(['\'', '=']) {
        return;
    }
    let column = text[open..name.start].matches(',').count();
    let Some(values) = behind.find('(').map(|at| limit - behind.len() + at + 1) else { return };
    let mut quote_start = None;
    let mut index = 0;
    for (at, byte) in text[values..limit].bytes().enumerate() {
        let at = values + at;
        match (quote_start, byte) {
            (None, b'\'' | b'"') => quote_start = Some(at + 1),
            (Some(start), b'\'' | b'"') => {
                let range = start..at;
                if index == column
                    && is_secret(kind, Notation::Quoted, &text[range.clone()], &text[name.clone()])
                {
                    found.push(range);
                }
                quote_start = None;
            }
            (None, b',') => index += 1,
            (None, b')') => index = 0,
            (None, b'(') => index = 0,
            (None, b';') => return,
            _ => {}
        }
    }
}
