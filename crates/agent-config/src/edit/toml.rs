//! Edits of TOML. A new entry with members is a table of its own at the end of the file, as people write
//! it; a new value is a statement behind the others of its table, which for the file's own members is
//! before the first table. Where its container is an inline table, an entry goes into that.

use std::ops::Range;

use serde_json::{Map, Value};
use toml_edit::{Document, InlineTable, Item, Key, Table, TableLike};
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

use super::{
    EditError, Entry, Slot, Splice, apply, line_end, line_of, line_start, newline, split_mark,
};

pub(super) fn find(text: &str, slot: &Slot<'_>) -> Result<Option<Value>, EditError> {
    let document = parse(split_mark(text).1)?;
    let (container, name) = follow(&document, slot)?;
    Ok(container.and_then(|container| member(container, name)).map(value_of))
}

pub(super) fn put(text: &str, slot: &Slot<'_>, value: &Value) -> Result<String, EditError> {
    let (mark, text) = split_mark(text);
    let document = parse(text)?;
    let (container, name) = follow(&document, slot)?;
    let edited = match container.and_then(|container| Some((container, member(container, name)?))) {
        Some((_, Item::Value(old))) => {
            let range = old.span().ok_or(EditError::NoSafeEdit)?;
            apply(text, vec![Splice { range, text: inline(value).to_string() }])
        }
        // What makes room may take the container along, so that the rest is looked at anew.
        Some((container, old)) => {
            put(&apply(text, delete(text, container, name, old)), slot, value)?
        }
        None => match container.and_then(Item::as_inline_table) {
            Some(table) => apply(text, insert_inline(table, name, value)?),
            None if value.is_object() => append(text, slot, name, value)?,
            None => insert_statement(text, container, slot, name, value)?,
        },
    };
    Ok(format!("{mark}{edited}"))
}

pub(super) fn take(text: &str, slot: &Slot<'_>) -> Result<String, EditError> {
    let (mark, text) = split_mark(text);
    let document = parse(text)?;
    let (container, name) = follow(&document, slot)?;
    let Some((container, old)) =
        container.and_then(|container| Some((container, member(container, name)?)))
    else {
        return Ok(format!("{mark}{text}"));
    };
    let splices = match container.as_inline_table() {
        Some(table) => delete_inline(table, name).ok_or(EditError::NoSafeEdit)?,
        None => delete(text, container, name, old),
    };
    Ok(format!("{mark}{}", apply(text, splices)))
}

/// The tokens of `text`, comments among them, without blanks and line ends.
pub(super) fn lexemes(text: &str) -> Vec<&str> {
    let (_, body) = split_mark(text);
    let blank = [TokenKind::Whitespace, TokenKind::Newline, TokenKind::Eof];
    let tokens = Source::new(body).lex().filter(|token| !blank.contains(&token.kind()));
    tokens.map(|token| &body[token.span().start()..token.span().end()]).collect()
}

/// What is in `text`, which has no byte order mark (the parser would let one pass).
fn parse(text: &str) -> Result<Document<&str>, EditError> {
    if text.starts_with('\u{feff}') {
        return Err(EditError::Broken { line: 1, message: "a second byte order mark".to_owned() });
    }
    Document::parse(text).map_err(|error| EditError::Broken {
        line: line_of(text, error.span().map_or(0, |span| span.start)),
        message: error.message().replace('\n', ", "),
    })
}

/// The container of the slot's entry, if it is there, and the entry's name.
fn follow<'d, 's>(
    document: &'d Document<&str>,
    slot: &Slot<'s>,
) -> Result<(Option<&'d Item>, &'s str), EditError> {
    let other_shape = |depth: usize, wanted| EditError::OtherShape {
        place: slot.path[..depth].join("."),
        wanted,
    };
    let Entry::Member(name) = slot.entry else {
        return Err(other_shape(slot.path.len(), "a list that can be edited"));
    };
    let mut item = document.as_item();
    for (depth, key) in slot.path.iter().enumerate() {
        match member(item, key) {
            Some(inner) if inner.is_table_like() => item = inner,
            Some(_) => return Err(other_shape(depth + 1, "a table")),
            None => return Ok((None, name)),
        }
    }
    Ok((Some(item), name))
}

fn member<'d>(container: &'d Item, name: &str) -> Option<&'d Item> {
    container.as_table_like()?.get(name)
}

/// A table for the entry, behind everything else.
fn append(text: &str, slot: &Slot<'_>, name: &str, value: &Value) -> Result<String, EditError> {
    let members = value.as_object().ok_or(EditError::NoSafeEdit)?;
    let line_end = newline(text);
    let gap = gap(text);
    let keys = slot.path.iter().copied().chain([name]).map(key).collect::<Vec<_>>().join(".");
    let mut table = format!("{text}{gap}[{keys}]{line_end}");
    for (name, value) in members {
        table.push_str(&format!("{} = {}{line_end}", key(name), inline(value)));
    }
    Ok(table)
}

/// A statement for the entry, behind the last one of the table that is its container.
fn insert_statement(
    text: &str,
    container: Option<&Item>,
    slot: &Slot<'_>,
    name: &str,
    value: &Value,
) -> Result<String, EditError> {
    let line_end_used = newline(text);
    let statement = format!("{} = {}{line_end_used}", key(name), inline(value));
    let Some(Item::Table(table)) = container.filter(|item| has_lines_of_its_own(item, slot)) else {
        // A table that isn't written, or only as the beginning of other tables' names.
        let header = slot.path.iter().copied().map(key).collect::<Vec<_>>().join(".");
        return Ok(format!("{text}{}[{header}]{line_end_used}{statement}", gap(text)));
    };
    let header = table.span().filter(|_| !slot.path.is_empty());
    let at = statements(text, table)
        .into_iter()
        .chain(header.map(|header| line_start(text, header.start)..line_end(text, header.end)))
        .map(|lines| lines.end)
        .max()
        .unwrap_or(0);
    // The last line of a file may have no end.
    let before = if at > 0 && !text[..at].ends_with('\n') { line_end_used } else { "" };
    Ok(apply(text, vec![Splice::insert(at, format!("{before}{statement}"))]))
}

/// Whether statements of a container can stand by themselves: in the file's own table, or below a header.
fn has_lines_of_its_own(container: &Item, slot: &Slot<'_>) -> bool {
    let written = |table: &Table| !table.is_implicit() && !table.is_dotted();
    slot.path.is_empty() || container.as_table().is_some_and(written)
}

/// The lines of the statements of `table`, without those of the tables below it.
fn statements(text: &str, table: &Table) -> Vec<Range<usize>> {
    let mut lines = Lines { text, ranges: Vec::new() };
    for (name, item) in table.iter() {
        match item {
            Item::Value(_) => lines.member(table, name, item),
            // Its keys are written with dots here; a table with a header may be below it, too.
            Item::Table(dotted) if dotted.is_dotted() => {
                lines.ranges.append(&mut statements(text, dotted));
            }
            _ => {}
        }
    }
    lines.ranges
}

/// What sets a new table apart from `text`.
fn gap(text: &str) -> String {
    let line_end = newline(text);
    match text {
        "" => String::new(),
        _ if text.ends_with('\n') => line_end.to_owned(),
        _ => line_end.repeat(2),
    }
}

fn key(name: &str) -> String {
    Key::new(name).display_repr().into_owned()
}

/// Behind the last member of an inline table.
fn insert_inline(table: &InlineTable, name: &str, value: &Value) -> Result<Vec<Splice>, EditError> {
    let member = format!("{} = {}", key(name), inline(value));
    let last =
        table.iter().filter_map(|(name, _)| extent(table, name)).map(|range| range.end).max();
    let span = table.span().ok_or(EditError::NoSafeEdit)?;
    Ok(vec![match last {
        Some(end) => Splice::insert(end, format!(", {member}")),
        None => Splice::insert(span.start + 1, format!(" {member} ")),
    }])
}

/// The inverse of [`insert_inline`].
fn delete_inline(table: &InlineTable, name: &str) -> Option<Vec<Splice>> {
    let own = extent(table, name)?;
    let others = || table.iter().map(|(name, _)| name).filter(|other| *other != name);
    let others = || others().filter_map(|name| extent(table, name));
    let before = others().map(|range| range.end).filter(|end| *end <= own.start).max();
    let behind = others().map(|range| range.start).filter(|start| *start >= own.end).min();
    let range = match (before, behind) {
        (Some(before), _) => before..own.end,
        (None, Some(behind)) => own.start..behind,
        (None, None) => {
            let table = table.span()?;
            table.start + 1..table.end - 1
        }
    };
    Some(vec![Splice::delete(range)])
}

/// Where the member of an inline table is, from its key to the end of its value.
fn extent(table: &InlineTable, name: &str) -> Option<Range<usize>> {
    let (key, item) = table.get_key_value(name)?;
    let end = match item.as_inline_table().filter(|inner| inner.is_dotted()) {
        Some(inner) => inner.iter().filter_map(|(name, _)| Some(extent(inner, name)?.end)).max()?,
        None => item.span()?.end,
    };
    Some(key.span()?.start..end)
}

/// The lines of a member that isn't in an inline table: its statements, its table and the tables below
/// it, with the blank line that sets a table apart.
fn delete(text: &str, container: &Item, name: &str, old: &Item) -> Vec<Splice> {
    let mut lines = Lines { text, ranges: Vec::new() };
    if let Some(container) = container.as_table_like() {
        lines.member(container, name, old);
    }
    disjoint(lines.ranges).into_iter().map(Splice::delete).collect()
}

/// `ranges` in order; two tables may claim the blank line between them.
fn disjoint(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| range.start);
    let mut disjoint: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match disjoint.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => disjoint.push(range),
        }
    }
    disjoint
}

/// Collects the whole lines of statements and tables.
struct Lines<'a> {
    text: &'a str,
    ranges: Vec<Range<usize>>,
}

impl Lines<'_> {
    fn member(&mut self, container: &dyn TableLike, name: &str, item: &Item) {
        match item {
            Item::Table(table) if table.is_dotted() || table.is_implicit() => {
                for (name, item) in table.iter() {
                    self.member(table, name, item);
                }
            }
            Item::Table(table) => self.table(table),
            Item::ArrayOfTables(tables) => tables.iter().for_each(|table| self.table(table)),
            Item::Value(value) => {
                let key = container.key(name).and_then(Key::span);
                if let (Some(key), Some(value)) = (key, value.span()) {
                    self.ranges.push(self.whole(key.start..value.end));
                }
            }
            Item::None => {}
        }
    }

    /// A table with a header: one range from the header to its last statement, and the tables below it.
    fn table(&mut self, table: &Table) {
        let Some(header) = table.span() else { return };
        let (mut statements, mut below) = (Vec::new(), Vec::new());
        for (name, item) in table.iter() {
            let dotted = item.as_table().is_some_and(Table::is_dotted);
            let mut lines = Lines { text: self.text, ranges: Vec::new() };
            lines.member(table, name, item);
            let own = if item.is_value() || dotted { &mut statements } else { &mut below };
            own.append(&mut lines.ranges);
        }
        let last = statements.iter().map(|range| range.end).max();
        let whole = self.whole(header);
        let end = last.map_or(whole.end, |last| last.max(whole.end));
        self.ranges.push(self.with_gap(whole.start..end));
        self.ranges.append(&mut below);
    }

    fn whole(&self, range: Range<usize>) -> Range<usize> {
        line_start(self.text, range.start)..line_end(self.text, range.end)
    }

    /// Lines with the blank line before them; at the beginning of the file, with the one after them.
    fn with_gap(&self, lines: Range<usize>) -> Range<usize> {
        let is_blank = |line: &str| line.trim().is_empty() && !line.is_empty();
        if lines.start > 0 {
            let before = line_start(self.text, lines.start - 1);
            let blank = is_blank(&self.text[before..lines.start]);
            return if blank { before } else { lines.start }..lines.end;
        }
        let after = line_end(self.text, lines.end);
        let blank = is_blank(&self.text[lines.end..after]);
        0..if blank { after } else { lines.end }
    }
}

fn inline(value: &Value) -> toml_edit::Value {
    match value {
        Value::Null => toml_edit::Value::from(""),
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => match number.as_i64() {
            Some(number) => number.into(),
            None => number.as_f64().unwrap_or_default().into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => items.iter().map(inline).collect(),
        Value::Object(members) => {
            let pairs = members.iter().map(|(name, value)| (name.as_str(), inline(value)));
            toml_edit::Value::InlineTable(pairs.collect())
        }
    }
}

fn value_of(item: &Item) -> Value {
    if let Some(table) = item.as_table_like() {
        let members = table.iter().map(|(name, item)| (name.to_owned(), value_of(item)));
        return Value::Object(members.collect::<Map<_, _>>());
    }
    if let Some(tables) = item.as_array_of_tables() {
        return tables.iter().map(|table| value_of(&Item::Table(table.clone()))).collect();
    }
    match item.as_value() {
        Some(toml_edit::Value::String(text)) => Value::from(text.value().as_str()),
        Some(toml_edit::Value::Integer(number)) => Value::from(*number.value()),
        Some(toml_edit::Value::Float(number)) => Value::from(*number.value()),
        Some(toml_edit::Value::Boolean(value)) => Value::from(*value.value()),
        Some(toml_edit::Value::Datetime(moment)) => Value::from(moment.value().to_string()),
        Some(toml_edit::Value::Array(items)) => {
            items.iter().map(|item| value_of(&Item::Value(item.clone()))).collect()
        }
        Some(toml_edit::Value::InlineTable(_)) | None => Value::Null,
    }
}
