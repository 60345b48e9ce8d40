//! Values below a name: the columns of CSV, of Markdown's, Org's, LaTeX's and wikis' tables, of what databases' clients print,
//! of columns aligned with blanks and of HTML, and those of an SQL `INSERT`.

use std::ops::Range;

use super::{Kind, Notation, is_secret, name};
use crate::byte_set::ByteSet;
use crate::parts::{ahead, line_before, lines_behind, range_of};

/// The ASCII characters of headings, with separators between them and what is written around them.
const HEADINGS: ByteSet = ByteSet::alphanumeric_and(b" _-\"`*\r|\t;,");
const HEADINGS_OF_LATEX: ByteSet = ByteSet::alphanumeric_and(b" _-\r&\\{}");
/// What stands around a heading or a value: quotes, marks of Markdown, Org and wikis, LaTeX's macros.
#[rustfmt::skip]
const AROUND: &[(&str, &str)] = &[
    ("{{", "}}"), ("**", "**"), ("`", "`"), ("*", "*"), ("\"", "\""), ("'", "'"), ("=", "="), ("~", "~"), ("{", "}"),
    ("\\textbf{", "}"), ("\\texttt{", "}"), ("\\textit{", "}"), ("\\emph{", "}"), ("\\code{", "}"), ("\\verb|", "|"),
    ("\\verb+", "+"),
];
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
    if text[name.end..].starts_with("</th>") {
        in_html(text, name, hit, kind, found);
        return;
    }
    let next = text[name.end..].trim_start_matches([' ', '"', '`', '*', '\'']);
    // The end of a macro of LaTeX.
    let behind = next.strip_prefix('}').map(|next| next.trim_start_matches(' '));
    let next = behind.filter(|next| next.starts_with(['&', '\\'])).unwrap_or(next);
    let separator = match next.chars().next() {
        Some(c @ (',' | ';' | '|' | '\t' | ')' | '&')) => c,
        Some('\n' | '\r') => ',',
        Some('\\') if next.starts_with("\\\\") => '&',
        Some(c) if c.is_alphabetic() && text[name.end..].starts_with("  ") => ' ',
        Some('f' | 'F') if next.starts_with("from ") || next.starts_with("FROM ") => {
            in_query(text, name, hit, kind, found);
            return;
        }
        _ => return,
    };
    if separator == ',' {
        in_query(text, name, hit, kind, found);
    }
    if separator == '&' && in_row_of_latex(text, name, hit, kind, found) {
        return;
    }
    if separator == ')'
        || text[..name.start].trim_end_matches(['`', '"', ' ', '[']).ends_with(['(', ','])
    {
        let before = found.len();
        in_statement(text, name, kind, found);
        if found.len() > before {
            return;
        }
    }
    let headings = if separator == '&' { &HEADINGS_OF_LATEX } else { &HEADINGS };
    if separator != ')' && may_be_heading(text, name, headings) {
        in_rows(text, name, hit, kind, found);
    }
}

/// Whether the line of `name` has these characters of a table's heading alone, as far as a look at ASCII tells.
fn may_be_heading(text: &str, name: &Range<usize>, headings: &ByteSet) -> bool {
    let is_of_heading = |byte: &&u8| !byte.is_ascii() || headings.contains(**byte);
    let ends = |byte: Option<&u8>| byte.is_none_or(|byte| *byte == b'\n');
    let (before, after) = (&text.as_bytes()[..name.start], &text.as_bytes()[name.end..]);
    let skipped = after.iter().take(LONGEST_ROW).take_while(is_of_heading).count();
    if !(ends(after.get(skipped)) || skipped == LONGEST_ROW) {
        return false;
    }
    let skipped = before.iter().rev().take(LONGEST_ROW).take_while(is_of_heading).count();
    ends(before.iter().rev().nth(skipped)) || skipped == LONGEST_ROW
}

fn in_rows(
    text: &str,
    name: &Range<usize>,
    hit: &Range<usize>,
    kind: Kind,
    found: &mut Vec<Range<usize>>,
) {
    let floor = text.floor_char_boundary(name.start.saturating_sub(LONGEST_ROW));
    let Some(start) =
        text[floor..name.start].rfind('\n').map(|at| floor + at + 1).or((floor == 0).then_some(0))
    else {
        return;
    };
    let limit = text.floor_char_boundary((name.end + LONGEST_ROW).min(text.len()));
    let Some(end) = text[name.end..limit].find('\n').map(|at| name.end + at) else { return };
    let header = &text[start..end];
    let alone = || is_rule(text[end + 1..].lines().next()?).then_some(Separator::Alone);
    let Some(separator) = Separator::of(header).or_else(alone) else { return };
    // Some wikis write headings as `||user||password||`, and rows with single bars.
    let of_header = if header.starts_with("||") { Separator::Sign("||") } else { separator };
    let headings = of_header.cells(header);
    let is_heading =
        |cell: &&str| cell_text(cell).chars().all(|c| c.is_alphanumeric() || " _-".contains(c));
    let Some(column) = headings.iter().position(|cell| is_in(text, name.start, cell)) else {
        return;
    };
    let fewest = if matches!(separator, Separator::Alone) { 1 } else { 2 };
    if headings.len() < fewest
        || !headings.iter().all(is_heading)
        || name::kind_of(text, name, hit, kind).is_none()
    {
        return;
    }
    for line in text[end + 1..].split_inclusive('\n').take(MOST_ROWS) {
        if is_rule(line) {
            continue;
        }
        let cell = separator.cell(line.trim_end_matches(['\n', '\r']), column, headings.len());
        // The same heading begins a table of its own.
        let Some(cell) = cell.filter(|cell| line.len() <= LONGEST_ROW && *cell != headings[column])
        else {
            return;
        };
        add_cell(text, cell, name, kind, found);
    }
}

/// Adds what is in a cell, if it is a secret.
fn add_cell(
    text: &str,
    cell: &str,
    name: &Range<usize>,
    kind: Kind,
    found: &mut Vec<Range<usize>>,
) {
    let value = cell_text(cell);
    // LaTeX escapes its own signs.
    let plain = if value.contains('\\') { value.replace('\\', "") } else { value.to_owned() };
    if is_secret(kind, Notation::Neighbor, &plain, &text[name.clone()]) {
        found.push(range_of(text, value));
    }
}

/// What separates the cells of a row.
#[derive(Debug, Clone, Copy)]
enum Separator {
    Sign(&'static str),
    /// Two blanks or more, by which columns are aligned.
    Blanks,
    /// Nothing, where a rule below the heading shows that there is one column.
    Alone,
}

impl Separator {
    fn of(header: &str) -> Option<Self> {
        let signs = ["|", "\t", ";", ","].into_iter().find(|sign| header.contains(sign));
        if header.trim_end().ends_with("\\\\") && header.contains('&') {
            Some(Self::Sign("&"))
        } else {
            let is_aligned = || header.trim().as_bytes().windows(2).any(|two| two == b"  ");
            signs.map(Self::Sign).or_else(|| is_aligned().then_some(Self::Blanks))
        }
    }

    fn cells(self, line: &str) -> Vec<&str> {
        match self {
            Self::Sign(sign) => self.row(line).split(sign).collect(),
            Self::Blanks => cells_between_blanks(line).collect(),
            Self::Alone => vec![line],
        }
    }

    /// The cell in this column of a line that has as many cells.
    fn cell(self, line: &str, column: usize, cells: usize) -> Option<&str> {
        let line = self.row(line);
        match self {
            Self::Sign(sign) => {
                let signs = memchr::memchr_iter(sign.as_bytes()[0], line.as_bytes()).count();
                let has_all = signs / sign.len() + 1 == cells;
                if has_all { line.split(sign).nth(column) } else { None }
            }
            Self::Alone => (!line.trim().is_empty()).then_some(line),
            Self::Blanks => {
                let mut between = cells_between_blanks(line);
                let cell = between.nth(column)?;
                (column + 1 + between.count() == cells).then_some(cell)
            }
        }
    }

    /// A line without what ends a row.
    fn row(self, line: &str) -> &str {
        match self {
            Self::Sign("&") => line.trim_end().trim_end_matches("\\\\"),
            _ => line,
        }
    }
}

fn cells_between_blanks(line: &str) -> impl Iterator<Item = &str> {
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty())
}

/// Whether a position of `text` is in a part of it.
fn is_in(text: &str, at: usize, part: &str) -> bool {
    range_of(text, part).contains(&at)
}

/// Whether a line is a rule between rows: `----+----`, `+====+`, `|---|:-:|`, `\hline`.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("\\hline")
        || line.starts_with("\\midrule")
        || line.contains("---") && line.bytes().all(|byte| b"-+=|: \t".contains(&byte))
        || line.contains("===") && line.bytes().all(|byte| b"+=| ".contains(&byte))
}

/// A cell without the marks around what is in it.
fn cell_text(cell: &str) -> &str {
    let mut cell = cell.trim();
    while let Some(inner) = AROUND.iter().find_map(|(opening, closing)| {
        let inner = cell.strip_prefix(opening)?.strip_suffix(closing)?;
        (!inner.is_empty()).then_some(inner)
    }) {
        cell = inner.trim();
    }
    cell
}

/// Adds the value beside the name in a row of LaTeX's: `\textbf{Password} & \texttt{…} \\`.
fn in_row_of_latex(
    text: &str,
    name: &Range<usize>,
    hit: &Range<usize>,
    kind: Kind,
    found: &mut Vec<Range<usize>>,
) -> bool {
    let before = found.len();
    let line = line_before(text, name.start).len();
    let limit = text.floor_char_boundary((name.end + LONGEST_ROW).min(text.len()));
    let end = text[name.end..limit].find('\n').map_or(limit, |at| name.end + at);
    let row = text[name.start - line..end].trim_end();
    let cells = Separator::Sign("&").cells(row);
    if row.ends_with("\\\\")
        && cells.len() == 2
        && is_in(text, name.start, cells[0])
        && name::kind_of(text, name, hit, kind).is_some()
    {
        add_cell(text, cells[1], name, kind, found);
    }
    found.len() > before
}

/// Adds the secrets in the column of a table of HTML's: `<th>Password</th>`, and `<td>…</td>` in the rows below.
fn in_html(
    text: &str,
    name: &Range<usize>,
    hit: &Range<usize>,
    kind: Kind,
    found: &mut Vec<Range<usize>>,
) {
    const LONGEST_TABLE: usize = 8 << 10;
    let floor = text.floor_char_boundary(name.start.saturating_sub(LONGEST_ROW));
    let limit = text.floor_char_boundary((name.end + LONGEST_TABLE).min(text.len()));
    let Some(row) = text[floor..name.start].rfind("<tr").map(|at| floor + at) else { return };
    let column = text[row..name.start].matches("<th").count();
    let behind = text[name.end..limit].find("</tr>").map(|at| name.end + at);
    let Some(rows) = behind.filter(|_| name::kind_of(text, name, hit, kind).is_some()) else {
        return;
    };
    let table = text[rows..limit].split("</table>").next().unwrap_or_default();
    for row in table.split("<tr").skip(1).take(MOST_ROWS) {
        let cell = row.split("<td").nth(column).and_then(|cell| cell.split_once('>'));
        let content = cell.and_then(|(_, cell)| Some(cell.split_once("</td>")?.0));
        let inner = content.map(|cell| {
            let cell = cell.trim();
            let tagged = cell.strip_prefix('<').and_then(|cell| cell.split_once('>'));
            tagged.map_or(cell, |(_, inner)| inner.split('<').next().unwrap_or(inner))
        });
        if let Some(inner) = inner {
            add_cell(text, inner, name, kind, found);
        }
    }
}

/// The rows of PostgreSQL's `COPY users (name, password) FROM stdin;`, whose columns tabs separate.
fn in_copy(
    text: &str,
    name: &Range<usize>,
    column: usize,
    kind: Kind,
    found: &mut Vec<Range<usize>>,
) {
    let rows = lines_behind(text, name.end).take(MOST_ROWS);
    let rows = rows.map(|row| &text[row]).take_while(|row| !row.is_empty() && *row != "\\.");
    for cell in rows.filter_map(|row| row.split('\t').nth(column)) {
        add_cell(text, cell, name, kind, found);
    }
}

/// The cells of the rows below a query of which the heading isn't shown: `select login, password from accounts`.
fn in_query(
    text: &str,
    name: &Range<usize>,
    hit: &Range<usize>,
    kind: Kind,
    found: &mut Vec<Range<usize>>,
) {
    const FEW_ROWS: usize = 20;
    let before = line_before(text, name.start);
    let is_of_columns = |c: char| c.is_ascii_alphanumeric() || "_,. `".contains(c);
    let columns = before[before.trim_end_matches(is_of_columns).len()..].trim_start();
    let is_query = ["select ", "SELECT "].iter().any(|word| columns.starts_with(word));
    if !is_query {
        return;
    }
    let rest = ahead(text, name.end, LONGEST_ROW).split('\n').next().unwrap_or_default();
    let has_table = [" from ", " FROM "].iter().any(|from| rest.contains(from));
    if !has_table || name::kind_of(text, name, hit, kind).is_none() {
        return;
    }
    let column = columns.matches(',').count();
    let rows = lines_behind(text, name.end).take(FEW_ROWS).map(|row| text[row].trim());
    for row in rows.take_while(|row| row.contains('|') || is_rule(row)) {
        let row = row.strip_prefix('|').unwrap_or(row);
        if let Some(cell) = row.split('|').nth(column) {
            add_cell(text, cell, name, kind, found);
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
    if behind.starts_with("FROM stdin") && !text[open..close].contains(['\'', '=']) {
        in_copy(text, name, text[open..name.start].matches(',').count(), kind, found);
        return;
    }
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
