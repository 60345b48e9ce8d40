//! JSON: of long arrays of objects the records that are unusual in a column stay, the first and the
//! last ones, and those that the task names, which are shown as they are written; very long strings
//! are cut.

use std::fmt::Write as _;
use std::ops::Range;

use super::values::{names, summary, unusual};
use super::{Context, Draft, Piece};
use crate::alarm;
use crate::forms::{self, JsonTables};
use crate::json::table::{Column, Shape};
use crate::json::{Json, Kind, Value};
use crate::lines::Lines;

/// Shorter arrays stay whole.
const FEWEST_RECORDS: usize = 24;
/// Records at the beginning of an array that stay, and at its end.
const FIRST: usize = 2;
const LAST: usize = 1;
/// A longer string, in bytes, is cut to so many.
const LONGEST_STRING: usize = 600;
const CUT_STRING: usize = 200;
/// The records that are left out are named when their names are short, on average in bytes.
const LONGEST_NAME: usize = 24;
/// If more than one in so many texts sounds like trouble, it says nothing.
const ALARM_SHARE: usize = 4;

pub(super) fn draft(part: &str, context: &Context) -> Option<Draft> {
    let text = part.trim();
    let json = Json::parse_any(text)?;
    let lines = Lines::of(text);
    let mut writer = Writer {
        json: &json,
        named: context.task.places(text, &lines).into_iter().map(|place| place.range).collect(),
        out: String::new(),
        told: String::new(),
        full: String::new(),
        records: 0,
        left_out: 0,
        cut: 0,
    };
    writer.write(json.root());
    let Writer { out, told, full, records, left_out, cut, .. } = writer;
    let shown = forms::propose(&JsonTables, &out).unwrap_or(out);
    let mut pieces = vec![Piece::Text(told), Piece::Text(format!("{shown}\n"))];
    if !full.is_empty() {
        pieces.push(Piece::Text(full));
    }
    let (unit, total, left_out) = match left_out {
        0 => ("lines' long strings", lines.count(), cut),
        _ => ("records", records, left_out),
    };
    (left_out > 0).then_some(Draft { pieces, unit, total, left_out, comment: None })
}

struct Writer<'j, 'a> {
    json: &'j Json<'a>,
    named: Vec<Range<usize>>,
    /// The document without what is left out.
    out: String,
    /// What all records of an array are like.
    told: String,
    /// The records that the task names, as they are written.
    full: String,
    records: usize,
    left_out: usize,
    cut: usize,
}

impl<'a> Writer<'_, 'a> {
    fn write(&mut self, value: Value) {
        let json = self.json;
        match json.kind(value) {
            Kind::Atom => self.out.push_str(json.raw(value)),
            Kind::String => self.string(value),
            Kind::Object => {
                self.out.push('{');
                for (i, (key, member)) in json.members(value).enumerate() {
                    let comma = if i > 0 { "," } else { "" };
                    // Writing to a String cannot fail.
                    let _ = write!(self.out, "{comma}\"{key}\":");
                    self.write(member);
                }
                self.out.push('}');
            }
            Kind::Array => self.array(value),
        }
    }

    fn array(&mut self, array: Value) {
        let items: Vec<Value> = self.json.children(array).collect();
        let shape = (items.len() >= FEWEST_RECORDS).then(|| Shape::of(self.json, &items)).flatten();
        let Some(shape) = shape else {
            self.out.push('[');
            for (i, item) in items.into_iter().enumerate() {
                self.out.push_str(if i > 0 { "," } else { "" });
                self.write(item);
            }
            self.out.push(']');
            return;
        };
        let stays = self.staying(&items, &shape);
        self.records += items.len();
        self.left_out += stays.iter().filter(|stays| !**stays).count();
        if stays.contains(&false) {
            self.tell(&shape, &stays);
        }
        self.out.push('[');
        let mut first = true;
        for (index, &item) in items.iter().enumerate().filter(|(index, _)| stays[*index]) {
            self.out.push_str(if first { "" } else { "," });
            first = false;
            let _ = write!(self.out, "{{\"#\":{index}");
            for (key, member) in self.json.members(item) {
                let _ = write!(self.out, ",\"{key}\":");
                self.write(member);
            }
            self.out.push('}');
        }
        self.out.push(']');
    }

    /// Which of the records stay. Those that the task names are also written as they are.
    fn staying(&mut self, items: &[Value], shape: &Shape<'a>) -> Vec<bool> {
        let count = items.len();
        let mut stays = vec![false; count];
        stays[..FIRST].fill(true);
        stays[count - LAST..].fill(true);
        for column in shape.columns() {
            let values = self.values(column);
            unusual(&values).into_iter().for_each(|index| stays[index] = true);
            let alarms: Vec<usize> = (0..count).filter(|&i| alarm::sounds(values[i])).collect();
            if alarms.len() * ALARM_SHARE <= count {
                alarms.into_iter().for_each(|index| stays[index] = true);
            }
        }
        for (index, &item) in items.iter().enumerate() {
            if self.is_named(self.json.range(item)) {
                stays[index] = true;
                let start = self.out.len();
                self.json.minify(item, &mut self.out);
                let written = self.out.split_off(start);
                let _ = writeln!(self.full, "#{index} {written}");
            }
        }
        stays
    }

    /// The cells of a column as they are written.
    fn values(&self, column: &Column<'a>) -> Vec<&'a str> {
        column.cells.iter().map(|cell| cell.map_or("", |cell| self.json.raw(cell))).collect()
    }

    /// Says what the records of an array are like, and what those are called that are left out.
    fn tell(&mut self, shape: &Shape<'a>, stays: &[bool]) {
        let columns: Vec<Vec<&str>> = shape.columns().iter().map(|c| self.values(c)).collect();
        let mut parts = Vec::new();
        for (column, values) in shape.columns().iter().zip(&columns) {
            let told = summary(values);
            if told.len() <= 100 && told.contains('<') && told != "<*>" {
                let mut name = String::new();
                column.write_name(&mut name);
                parts.push(format!("{name} {told}"));
            }
        }
        if !parts.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(self.told, "all {}: {}", stays.len(), parts.join("; "));
        }
        let short = |values: &[&str]| {
            values.iter().map(|value| value.len()).sum::<usize>() <= values.len() * LONGEST_NAME
        };
        if let Some(names) = names(&columns).filter(|names| short(names)) {
            let left_out = names.iter().zip(stays).filter(|(_, stays)| !**stays);
            let names: Vec<&str> = left_out.map(|(name, _)| name.trim_matches('"')).collect();
            let _ = writeln!(self.told, "left out: {}", names.join(", "));
        }
    }

    fn is_named(&self, range: Range<usize>) -> bool {
        let next = self.named.partition_point(|named| named.start < range.start);
        self.named.get(next).is_some_and(|named| named.end <= range.end)
    }

    fn string(&mut self, value: Value) {
        let raw = self.json.raw(value);
        if raw.len() <= LONGEST_STRING || self.is_named(self.json.range(value)) {
            return self.out.push_str(raw);
        }
        let mut end = raw.floor_char_boundary(CUT_STRING);
        // Not inside of an escape, the longest of which is `\u0000`.
        if let Some(escape) = raw[end - 6..end].rfind('\\') {
            end = end - 6 + escape;
            end -= usize::from(raw[..end].ends_with('\\'));
        }
        self.cut += 1;
        let _ = write!(self.out, "{}… (+{} bytes)\"", &raw[..end], raw.len() - end);
    }
}
