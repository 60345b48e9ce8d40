//! Codec for JSON: arrays of objects become tables, with the keys written once, and values that all
//! rows share written once.
//!
//! ```text
//! {"total":2,"items":@1}
//! ~1=some long text that is repeated
//! @1 3 rows: id:json,user.name,state="open",url^"https://example.org/",note?=null
//! 1,Ann,a/1,
//! 2,"Lee, Bo",a/2,~1
//! 3,Cy,a/3,
//! ```
//!
//! A cell is the value as JSON writes it. Strings lose their quotes in columns that hold nothing
//! else, except where a cell would be empty, holds a comma or begins with `~`. An empty cell means
//! that the member is absent, or has the value after `?=`.

use std::borrow::Cow;
use std::fmt::Write as _;

use json_index::{Index, Kind, Style, ValueId, lenient};
use rustc_hash::FxHashMap;

use super::{Codec, Encoded, ExpandError, Room};
use crate::columns::{Column, Shape};

/// Arrays of fewer objects aren't worth a table's head. By hand, not measured.
const FEWEST_ROWS: usize = 3;
/// Shorter cells, in bytes, never get an alias. By hand, not measured.
const SHORTEST_ALIASED: usize = 16;
/// A shorter common prefix of a column, in bytes, isn't moved to the head. By hand, not measured.
const SHORTEST_PREFIX: usize = 6;
/// A value becomes the default of a column if at least this percentage of its cells have it. By
/// hand, not measured.
const DEFAULT_PERCENT: usize = 80;

/// See the module.
pub(crate) struct JsonTables;

impl JsonTables {
    /// The codec's name.
    pub(crate) const NAME: &'static str = "json";
}

impl Codec for JsonTables {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn version(&self) -> u32 {
        1
    }

    fn encode(&self, text: &str) -> Option<Encoded> {
        let (json, lines) = match lenient::document(text) {
            Some(json) => (json, false),
            None => (lenient::lines(text)?, true),
        };
        let style = Style::of(&json, lines);
        if !matches!(json.kind(json.root_id()), Kind::Object | Kind::Array) {
            return None;
        }
        let mut writer = Writer { json: &json, tables: Vec::new(), skeleton: String::new() };
        writer.skeleton(json.root_id());
        let body = writer.finish();
        let hint = hint(&body);
        Some(Encoded { details: style.details(), hint, body })
    }

    fn decode(&self, details: &str, body: &str, room: &mut Room) -> Result<String, ExpandError> {
        let style = Style::from_details(details).ok_or(malformed("its white space"))?;
        let minified = Reader::new(body).document(room)?;
        let json = lenient::document(&minified).ok_or(malformed("the document"))?;
        if style.is_lines() && json.kind(json.root_id()) != Kind::Array {
            return Err(malformed("documents on lines are not an array"));
        }
        room.take(json.written_length(&style))?;
        let mut out = String::new();
        json.write(json.root_id(), &style, 0, &mut out);
        Ok(out)
    }
}

/// The hint for the reader: only the notation that the body uses.
fn hint(body: &str) -> Cow<'static, str> {
    if !body.contains("@1 ") {
        return "JSON without its white space".into();
    }
    let mut hint = String::from("JSON; @n is the array of the n-th table, a row per object");
    for (sign, meaning) in [
        ("=", ", name=value is the same in every row"),
        ("?=", ", name?=value where the cell is empty"),
        ("^\"", ", name^\"x\" begins every cell"),
    ] {
        let headers = body.lines().filter(|line| line.starts_with('@'));
        if headers.clone().any(|line| line.contains(sign)) {
            hint.push_str(meaning);
        }
    }
    if body.contains("\n~1=") {
        hint.push_str(", ~n is the text named so");
    }
    hint.into()
}

fn malformed(what: &'static str) -> ExpandError {
    ExpandError::Malformed { codec: "json", what }
}

// ---------------------------------------------------------------------------------- encoding

struct Writer<'j, 'a> {
    json: &'j Index<'a>,
    tables: Vec<Table<'a>>,
    skeleton: String,
}

/// One array of objects, its cells as they are written.
struct Table<'a> {
    rows: usize,
    header: String,
    /// The cells column by column, without the constant columns.
    cells: Vec<Vec<Cow<'a, str>>>,
}

impl<'a> Writer<'_, 'a> {
    /// Writes `value` minified, with a placeholder for each array that becomes a table.
    fn skeleton(&mut self, value: ValueId) {
        let json = self.json;
        match json.kind(value) {
            Kind::Array => match self.table(value) {
                Some(table) => {
                    self.tables.push(table);
                    // Writing to a String cannot fail.
                    let _ = write!(self.skeleton, "@{}", self.tables.len());
                }
                None => {
                    self.skeleton.push('[');
                    for (i, item) in json.children(value).enumerate() {
                        if i > 0 {
                            self.skeleton.push(',');
                        }
                        self.skeleton(item);
                    }
                    self.skeleton.push(']');
                }
            },
            Kind::Object => {
                self.skeleton.push('{');
                for (i, (key, member)) in json.members(value).enumerate() {
                    if i > 0 {
                        self.skeleton.push(',');
                    }
                    let _ = write!(self.skeleton, "\"{key}\":");
                    self.skeleton(member);
                }
                self.skeleton.push('}');
            }
            _ => self.skeleton.push_str(json.source(value)),
        }
    }

    fn table(&self, array: ValueId) -> Option<Table<'a>> {
        let rows: Vec<ValueId> = self.json.children(array).collect();
        if rows.len() < FEWEST_ROWS {
            return None;
        }
        let shape = Shape::of(self.json, &rows)?;
        let mut table = Table { rows: rows.len(), header: String::new(), cells: Vec::new() };
        for column in shape.columns() {
            if !table.header.is_empty() {
                table.header.push(',');
            }
            column.write_name(&mut table.header);
            if let Some(cells) = write_column(self.json, column, &mut table.header) {
                table.cells.push(cells);
            }
        }
        let written: usize = table.cells.iter().flatten().map(|cell| cell.len() + 1).sum();
        let range = self.json.range(array);
        (written + table.header.len() < range.len()).then_some(table)
    }

    fn finish(self) -> String {
        let mut aliases: FxHashMap<&str, (usize, usize)> = FxHashMap::default();
        let may_have_alias = |cell: &str| cell.len() >= SHORTEST_ALIASED;
        let cells = self.tables.iter().flat_map(|t| &t.cells).flatten();
        let cells = cells.filter(|cell| may_have_alias(cell));
        for cell in cells.clone() {
            aliases.entry(cell).or_default().0 += 1;
        }
        let mut out = self.skeleton;
        let mut named = 0;
        for cell in cells {
            if let Some((count, name)) = aliases.get_mut(&**cell).filter(|(count, _)| *count >= 3)
                && *name == 0
            {
                named += 1;
                *name = named;
                // A value with an alias already needs no other.
                *count = usize::MAX;
                let _ = write!(out, "\n~{named}={cell}");
            }
        }
        for (i, table) in self.tables.iter().enumerate() {
            let _ = write!(out, "\n@{} {} rows: {}", i + 1, table.rows, table.header);
            for row in 0..table.rows {
                for (i, column) in table.cells.iter().enumerate() {
                    out.push(if i == 0 { '\n' } else { ',' });
                    let cell = &*column[row];
                    match may_have_alias(cell).then(|| aliases.get(cell)).flatten() {
                        Some((_, name)) if *name > 0 => {
                            let _ = write!(out, "~{name}");
                        }
                        _ => out.push_str(cell),
                    }
                }
                if table.cells.is_empty() {
                    out.push('\n');
                }
            }
        }
        out
    }
}

/// Writes the head of `column` after its name; returns `None` if the column is constant, so that
/// its cells aren't written.
fn write_column<'a>(
    json: &Index<'a>,
    column: &Column<'a>,
    header: &mut String,
) -> Option<Vec<Cow<'a, str>>> {
    let raw = |value: ValueId| -> Cow<'a, str> {
        match json.kind(value) {
            Kind::Object | Kind::Array => {
                let mut out = String::new();
                json.minify(value, &mut out);
                out.into()
            }
            _ => json.source(value).into(),
        }
    };
    let values: Vec<Option<Cow<'a, str>>> = column.cells.iter().map(|cell| cell.map(raw)).collect();
    let strings = column.cells.iter().flatten().all(|&cell| json.kind(cell) == Kind::String);
    if !strings {
        header.push_str(":json");
    }
    if let Some(Some(first)) = values.first()
        && values.iter().all(|value| value.as_ref() == Some(first))
    {
        let _ = write!(header, "={first}");
        return None;
    }
    if let Some(default) = default_of(&values) {
        let _ = write!(header, "?={default}");
        return Some(
            values
                .iter()
                .flatten()
                .map(|value| if *value == default { "".into() } else { cell(value, strings, "") })
                .collect(),
        );
    }
    let prefix = if strings { prefix_of(&values) } else { "" };
    if !prefix.is_empty() {
        let _ = write!(header, "^\"{prefix}\"");
    }
    Some(
        values
            .iter()
            .map(|value| value.as_ref().map_or("".into(), |value| cell(value, strings, prefix)))
            .collect(),
    )
}

/// The most frequent value of a column without missing members.
fn default_of<'a>(values: &[Option<Cow<'a, str>>]) -> Option<Cow<'a, str>> {
    let mut counts: FxHashMap<&str, usize> = FxHashMap::default();
    for value in values {
        *counts.entry(value.as_deref()?).or_default() += 1;
    }
    let (most, count) = counts.into_iter().max_by_key(|&(value, count)| (count, value))?;
    (count * 100 >= values.len() * DEFAULT_PERCENT).then(|| most.to_owned().into())
}

/// The common prefix of all strings of a column, up to a natural boundary.
fn prefix_of<'v>(values: &'v [Option<Cow<str>>]) -> &'v str {
    let mut inner = values.iter().flatten().map(|value| &value[1..value.len() - 1]);
    let Some(mut prefix) = inner.next() else { return "" };
    for value in inner {
        let common = prefix.bytes().zip(value.bytes()).take_while(|(a, b)| a == b).count();
        prefix = &prefix[..prefix.floor_char_boundary(common)];
    }
    let prefix = &prefix[..prefix.find('\\').unwrap_or(prefix.len())];
    let cut = prefix.rfind(['/', ':', '-', '_', '.', ' ', '=', '@', '#']).map_or(0, |i| i + 1);
    if cut < SHORTEST_PREFIX { "" } else { &prefix[..cut] }
}

/// One cell, from its JSON.
fn cell<'a>(raw: &Cow<'a, str>, strings: bool, prefix: &str) -> Cow<'a, str> {
    if !strings {
        return raw.clone();
    }
    let range = 1 + prefix.len()..raw.len() - 1;
    let inner = &raw[range.clone()];
    if inner.is_empty() || inner.contains(',') || inner.starts_with('~') {
        return format!("\"{inner}\"").into();
    }
    match raw {
        Cow::Borrowed(raw) => raw[range].into(),
        Cow::Owned(raw) => raw[range].to_owned().into(),
    }
}

// ---------------------------------------------------------------------------------- decoding

struct Reader<'a> {
    lines: std::iter::Peekable<std::str::Split<'a, char>>,
    aliases: Vec<&'a str>,
}

/// A column as its head describes it.
struct Heading<'a> {
    path: Vec<&'a str>,
    strings: bool,
    rule: Rule<'a>,
}

enum Rule<'a> {
    Cells,
    Constant(&'a str),
    Default(&'a str),
    Prefix(&'a str),
}

impl<'a> Reader<'a> {
    fn new(body: &'a str) -> Self {
        Self { lines: body.split('\n').peekable(), aliases: Vec::new() }
    }

    /// The minified document.
    fn document(mut self, room: &mut Room) -> Result<String, ExpandError> {
        let skeleton = self.lines.next().ok_or(malformed("it is empty"))?;
        while let Some(line) = self.lines.next_if(|line| line.starts_with('~')) {
            let (name, text) = line[1..].split_once('=').ok_or(malformed("an alias"))?;
            if name.parse() != Ok(self.aliases.len() + 1) {
                return Err(malformed("the number of an alias"));
            }
            self.aliases.push(text);
        }
        let mut tables = Vec::new();
        while self.lines.peek().is_some() {
            tables.push(self.table(tables.len() + 1, room)?);
        }
        insert(skeleton, &tables, room)
    }

    fn table(&mut self, number: usize, room: &mut Room) -> Result<String, ExpandError> {
        let bad = malformed("the head of a table");
        let line = self.lines.next().ok_or(bad.clone())?;
        let (count, header) = line
            .strip_prefix(&format!("@{number} "))
            .and_then(|rest| rest.split_once(" rows: "))
            .ok_or(bad.clone())?;
        let count: usize = count.parse().map_err(|_| bad)?;
        let headings = headings(header)?;
        let mut out = String::from("[");
        for row in 0..count {
            let line = self.lines.next().ok_or(malformed("fewer rows than it says"))?;
            if row > 0 {
                out.push(',');
            }
            self.row(line, &headings, &mut out, room)?;
        }
        out.push(']');
        Ok(out)
    }

    fn row(
        &self,
        line: &str,
        headings: &[Heading],
        out: &mut String,
        room: &mut Room,
    ) -> Result<(), ExpandError> {
        let mut rest = Some(line);
        let mut members = Members::begin(out, room);
        for heading in headings {
            if let Rule::Constant(raw) = heading.rule {
                members.push(&heading.path, &[raw])?;
                continue;
            }
            let (cell, after) =
                self.cell(rest.ok_or(malformed("a short row"))?, heading.strings)?;
            rest = after;
            match heading.rule {
                Rule::Default(raw) if cell.is_empty() => members.push(&heading.path, &[raw])?,
                _ if cell.is_empty() => {}
                Rule::Prefix(prefix) => {
                    let inner = cell.strip_prefix('"').and_then(|c| c.strip_suffix('"'));
                    members.push(&heading.path, &["\"", prefix, inner.unwrap_or(cell), "\""])?;
                }
                _ if heading.strings && !cell.starts_with('"') => {
                    members.push(&heading.path, &["\"", cell, "\""])?;
                }
                _ => members.push(&heading.path, &[cell])?,
            }
        }
        members.end();
        match rest {
            Some(rest) if !rest.is_empty() => Err(malformed("a long row")),
            _ => Ok(()),
        }
    }

    /// The first cell of `line`, aliases resolved, and the rest after its comma.
    fn cell<'l>(
        &self,
        line: &'l str,
        strings: bool,
    ) -> Result<(&'l str, Option<&'l str>), ExpandError>
    where
        'a: 'l,
    {
        let value = || lenient::value_length(line).ok_or(malformed("a cell"));
        let length = match line.as_bytes().first() {
            None | Some(b',') => 0,
            Some(b'"') => value()?,
            Some(b'~') => line.find(',').unwrap_or(line.len()),
            _ if strings => line.find(',').unwrap_or(line.len()),
            _ => value()?,
        };
        let (cell, rest) = line.split_at(length);
        let rest = match rest.strip_prefix(',') {
            None if !rest.is_empty() => return Err(malformed("what follows a cell")),
            rest => rest,
        };
        let Some(name) = cell.strip_prefix('~') else { return Ok((cell, rest)) };
        let alias = name.parse::<usize>().ok().and_then(|n| self.aliases.get(n.checked_sub(1)?));
        Ok((alias.ok_or(malformed("an unknown alias"))?, rest))
    }
}

/// Writes the members of one object, with the objects they are nested in.
struct Members<'o, 'h> {
    out: &'o mut String,
    room: &'o mut Room,
    open: Vec<&'h str>,
}

impl<'o, 'h> Members<'o, 'h> {
    fn begin(out: &'o mut String, room: &'o mut Room) -> Self {
        out.push('{');
        Self { out, room, open: Vec::new() }
    }

    fn push(&mut self, path: &[&'h str], value: &[&str]) -> Result<(), ExpandError> {
        let bytes = path.iter().map(|key| key.len() + 5).sum::<usize>();
        self.room.take(bytes + value.iter().map(|piece| piece.len()).sum::<usize>())?;
        let Some((name, around)) = path.split_last() else { return Ok(()) };
        let shared = self.open.iter().zip(around).take_while(|(a, b)| a == b).count();
        while self.open.len() > shared {
            self.open.pop();
            self.out.push('}');
        }
        for key in &around[shared..] {
            self.key(key);
            self.out.push('{');
            self.open.push(key);
        }
        self.key(name);
        value.iter().for_each(|piece| self.out.push_str(piece));
        Ok(())
    }

    fn key(&mut self, key: &str) {
        if !self.out.ends_with('{') {
            self.out.push(',');
        }
        for piece in ["\"", key, "\":"] {
            self.out.push_str(piece);
        }
    }

    fn end(self) {
        self.out.extend(std::iter::repeat_n('}', self.open.len() + 1));
    }
}

/// Parses the columns in the head of a table.
fn headings(header: &str) -> Result<Vec<Heading<'_>>, ExpandError> {
    let bad = malformed("the name of a column");
    let mut headings = Vec::new();
    let mut rest = header;
    while !rest.is_empty() {
        let (path, after) = Column::read_name(rest).ok_or(bad.clone())?;
        let (strings, after) = match after.strip_prefix(":json") {
            Some(after) => (false, after),
            None => (true, after),
        };
        let value = |text: &'_ str| lenient::value_length(text).ok_or(bad.clone());
        let (rule, after) = if let Some(after) = after.strip_prefix('=') {
            let (raw, after) = after.split_at(value(after)?);
            (Rule::Constant(raw), after)
        } else if let Some(after) = after.strip_prefix("?=") {
            let (raw, after) = after.split_at(value(after)?);
            (Rule::Default(raw), after)
        } else if let Some(after) = after.strip_prefix('^') {
            let (raw, after) = after.split_at(value(after)?);
            let prefix = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"'));
            (Rule::Prefix(prefix.ok_or(bad.clone())?), after)
        } else {
            (Rule::Cells, after)
        };
        headings.push(Heading { path, strings, rule });
        rest = match after.strip_prefix(',') {
            Some(rest) if !rest.is_empty() => rest,
            None if after.is_empty() => after,
            _ => return Err(bad),
        };
    }
    Ok(headings)
}

/// `skeleton` with each placeholder replaced by its table's rows.
fn insert(skeleton: &str, tables: &[String], room: &mut Room) -> Result<String, ExpandError> {
    let mut out = String::new();
    let mut rest = skeleton;
    while let Some(at) = rest.find(['@', '"']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = if rest.starts_with('"') {
            let length = lenient::value_length(rest).ok_or(malformed("a string"))?;
            out.push_str(&rest[..length]);
            length
        } else {
            let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
            let table =
                rest[1..=digits].parse::<usize>().ok().and_then(|n| tables.get(n.checked_sub(1)?));
            let table = table.ok_or(malformed("a table that isn't there"))?;
            room.take(table.len())?;
            out.push_str(table);
            digits + 1
        };
        rest = &rest[length..];
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codecs::propose;
    use proptest::prelude::*;

    fn body(text: &str) -> String {
        let Encoded { details, body, .. } = JsonTables.encode(text).expect("a proposal");
        let decoded = JsonTables.decode(&details, &body, &mut Room::of(text));
        assert_eq!(decoded.as_deref(), Ok(text), "{body}");
        body
    }

    #[test]
    fn keys_and_constants_stand_once() {
        let rows: Vec<String> = (0..20)
            .map(|i| format!(r#"{{"id": {i}, "user": {{"name": "u{i}", "org": null}}, "n": 1.0}}"#))
            .collect();
        let body = body(&format!(r#"{{"items": [{}]}}"#, rows.join(", ")));
        assert!(
            body.starts_with("{\"items\":@1}\n@1 20 rows: id:json,user.name,user.org:json=null,n:json=1.0\n0,u0\n1,u1\n"),
            "{body}"
        );
    }

    #[test]
    fn numbers_duplicates_and_escapes_survive() {
        let text = r#"[{"a":1.0,"s":"x, y","t":""},{"a":1e400,"s":"~1","t":"\u00e9"},{"a":37778931862957161709568,"s":"é","t":"b"},{"a":-0.0,"s":"\"","t":"null"},{"a":null,"s":"long enough to be shorter","t":"c"}]"#;
        let body = body(text);
        assert!(body.contains("1.0,\"x, y\",\"\"\n"), "{body}");
        assert!(propose(&JsonTables, r#"{"a":1,"a":2,"a":3}"#).is_none());
    }

    /// Some JSON, as rows that share most of their keys, and other values in between.
    fn documents() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(serde_json::Value::from),
            any::<i64>().prop_map(serde_json::Value::from),
            any::<f64>().prop_map(serde_json::Value::from),
            "[a-c,~\"\\\\/.é]{0,3}".prop_map(serde_json::Value::from),
            Just(serde_json::Value::from("https://example.org/items/")),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
                prop::collection::vec(prop::collection::vec(inner.clone(), 3..4), 3..9).prop_map(
                    |rows| {
                        let row = |cells: Vec<serde_json::Value>| {
                            ["id", "a.b", "c"].into_iter().map(String::from).zip(cells).collect()
                        };
                        rows.into_iter()
                            .map(|cells| serde_json::Value::Object(row(cells)))
                            .collect()
                    }
                ),
                prop::collection::vec(("[a-c]{1,2}", inner), 0..4)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(document in documents(), pretty: bool) {
            let text = if pretty { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) };
            let text = text.unwrap();
            if let Some(encoded) = JsonTables.encode(&text) {
                let decoded = JsonTables.decode(&encoded.details, &encoded.body, &mut Room::of(&"x".repeat(text.len() + 99)));
                prop_assert_eq!(decoded.as_deref(), Ok(text.as_str()), "{}", encoded.body);
            }
        }

        #[test]
        fn any_body_is_decoded_or_refused(body in "[@~0-9a-c,:=?^\"\\[\\]{}\n rows]{0,80}", details in "inline|rows|indent=2 comma|lines") {
            let _ = JsonTables.decode(&details, &body, &mut Room::of(&body));
        }
    }
}
