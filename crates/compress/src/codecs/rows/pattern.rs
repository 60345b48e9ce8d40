//! The pattern of a row: its constant text, and the fields for the cells.

use std::fmt::Write as _;

use super::malformed;
use crate::codecs::{ExpandError, Room, directory};

/// What the lines of a class have in common.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Pattern {
    pub items: Vec<Item>,
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    Literal(String),
    Field(Field),
}

/// A field, to be filled with a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub align: Align,
    pub rule: Rule,
}

/// How a cell is padded, to a width in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    None,
    /// With blanks before it.
    Right(u16),
    /// With blanks after it, at least one.
    Left(u16),
}

/// How the cell of a field is abbreviated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Not at all.
    Plain,
    /// An empty cell repeats the row above.
    Repeat,
    /// `./` stands for the directory of the row above.
    Directory,
    /// The field takes no cell: it counts up from this number.
    Count(u64),
}

impl Pattern {
    /// Appends constant text, merged with constant text before it.
    pub(super) fn push_literal(&mut self, text: &str) {
        match self.items.last_mut() {
            _ if text.is_empty() => {}
            Some(Item::Literal(literal)) => literal.push_str(text),
            _ => self.items.push(Item::Literal(text.to_owned())),
        }
    }

    /// The rules of the fields that take a cell.
    pub(super) fn rules(&self) -> impl Iterator<Item = Rule> {
        self.items.iter().filter_map(|item| match item {
            Item::Field(field) if !matches!(field.rule, Rule::Count(_)) => Some(field.rule),
            _ => None,
        })
    }

    /// Parses what [`Pattern`]'s `Display` writes.
    pub(super) fn parse(text: &str) -> Result<Self, ExpandError> {
        let mut pattern = Self::default();
        let mut rest = text;
        while let Some(at) = rest.find(['\\', '<']) {
            pattern.push_literal(&rest[..at]);
            rest = &rest[at..];
            let length = if let Some(escaped) = rest.strip_prefix('\\') {
                let sign = escaped.chars().next().ok_or(malformed("an escape"))?;
                let mut buffer = [0; 4];
                pattern.push_literal(if sign == 'n' {
                    "\n"
                } else {
                    sign.encode_utf8(&mut buffer)
                });
                1 + sign.len_utf8()
            } else {
                let end = rest.find('>').ok_or(malformed("a field"))?;
                pattern.items.push(Item::Field(Field::parse(&rest[1..end])?));
                end + 1
            };
            rest = &rest[length..];
        }
        pattern.push_literal(rest);
        Ok(pattern)
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for item in &self.items {
            match item {
                Item::Literal(text) => text.chars().try_for_each(|sign| match sign {
                    '\n' => f.write_str("\\n"),
                    '\\' | '<' => write!(f, "\\{sign}"),
                    _ => f.write_char(sign),
                })?,
                Item::Field(field) => {
                    f.write_char('<')?;
                    match field.align {
                        Align::None => {}
                        Align::Right(width) => write!(f, "r{width}")?,
                        Align::Left(width) => write!(f, "l{width}")?,
                    }
                    match field.rule {
                        Rule::Plain => {}
                        Rule::Repeat => f.write_char('^')?,
                        Rule::Directory => f.write_char('/')?,
                        Rule::Count(first) => write!(f, "+{first}")?,
                    }
                    f.write_char('>')?;
                }
            }
        }
        Ok(())
    }
}

impl Field {
    fn parse(text: &str) -> Result<Self, ExpandError> {
        let bad = malformed("a field");
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let (align, rest) = match text.as_bytes().first() {
            Some(side @ (b'r' | b'l')) => {
                let (width, rest) = text[1..].split_at(digits(&text[1..]));
                let width = width.parse().map_err(|_| bad.clone())?;
                (if *side == b'r' { Align::Right(width) } else { Align::Left(width) }, rest)
            }
            _ => (Align::None, text),
        };
        let rule = match rest {
            "" => Rule::Plain,
            "^" => Rule::Repeat,
            "/" => Rule::Directory,
            _ => Rule::Count(rest.strip_prefix('+').ok_or(bad.clone())?.parse().map_err(|_| bad)?),
        };
        Ok(Self { align, rule })
    }
}

/// Fills a pattern row by row.
#[derive(Debug)]
pub(super) struct Filler<'p> {
    pattern: &'p Pattern,
    /// The full text of each cell of the previous row.
    above: Vec<String>,
    row: u64,
}

impl<'p> Filler<'p> {
    pub(super) fn new(pattern: &'p Pattern) -> Self {
        Self { pattern, above: vec![String::new(); pattern.rules().count()], row: 0 }
    }

    /// Whether rows of this pattern have no cells, and so are not written.
    pub(super) fn without_cells(&self) -> bool {
        self.above.is_empty()
    }

    /// Writes the line, or lines, that `row` encodes.
    pub(super) fn fill(
        &mut self,
        row: &str,
        out: &mut String,
        room: &mut Room,
    ) -> Result<(), ExpandError> {
        let mut rest = row;
        let last = self.above.len();
        let mut cell = 0;
        for item in &self.pattern.items {
            let field = match item {
                Item::Literal(text) => {
                    room.take(text.len())?;
                    out.push_str(text);
                    continue;
                }
                Item::Field(field) => field,
            };
            let count;
            let value = if let Rule::Count(first) = field.rule {
                count = first.saturating_add(self.row).to_string();
                &count
            } else {
                cell += 1;
                let value = take_cell(&mut rest, cell == last)?;
                let above = &mut self.above[cell - 1];
                match field.rule {
                    Rule::Repeat if value.is_empty() => {}
                    Rule::Directory if value.starts_with("./") => {
                        above.truncate(directory(above).len());
                        room.take(value.len())?;
                        above.push_str(&value[2..]);
                    }
                    _ => *above = value,
                }
                &*above
            };
            let padding = |width: u16, least: usize| {
                usize::from(width).saturating_sub(value.chars().count()).max(least)
            };
            let (before, after) = match field.align {
                Align::None => (0, 0),
                Align::Right(width) => (padding(width, 0), 0),
                Align::Left(width) => (0, padding(width, 1)),
            };
            room.take(before + value.len() + after)?;
            out.extend(std::iter::repeat_n(' ', before));
            out.push_str(value);
            out.extend(std::iter::repeat_n(' ', after));
        }
        self.row += 1;
        if rest.is_empty() { Ok(()) } else { Err(malformed("a long row")) }
    }
}

/// Writes one cell; the last one of a row is written without quoting.
pub(super) fn push_cell(cell: &str, last: bool, out: &mut String) {
    if last {
        out.push_str(cell);
    } else if cell.contains(',') || cell.starts_with('"') {
        out.push('"');
        out.push_str(&cell.replace('"', "\"\""));
        out.push_str("\",");
    } else {
        out.push_str(cell);
        out.push(',');
    }
}

/// Reads what [`push_cell`] wrote from the beginning of `row`.
fn take_cell(row: &mut &str, last: bool) -> Result<String, ExpandError> {
    if last {
        return Ok(std::mem::take(row).to_owned());
    }
    let short = malformed("a short row");
    let Some(quoted) = row.strip_prefix('"') else {
        let (cell, rest) = row.split_once(',').ok_or(short)?;
        *row = rest;
        return Ok(cell.to_owned());
    };
    let mut cell = String::new();
    let mut rest = quoted;
    loop {
        let (text, after) = rest.split_once('"').ok_or(malformed("a quoted cell"))?;
        cell.push_str(text);
        match after.as_bytes().first() {
            Some(b'"') => cell.push('"'),
            Some(b',') => {
                *row = &after[1..];
                return Ok(cell);
            }
            _ => return Err(short),
        }
        rest = &after[1..];
    }
}
