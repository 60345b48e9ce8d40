//! JSON: of many records, those with unusual values are kept, the first and last ones, and those
//! that the task names, which are shown verbatim. Long encoded data is truncated, text never.
//! Records are the objects, or rows, of an array, and the objects under the keys of an object.
//! Strings are searched with their escapes resolved, which would hide word boundaries.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

use json_index::{Index, Kind, Unescaped, ValueId};

use super::values::{Values, names};
use super::{Context, Draft, Segment};
use crate::codecs::{self, JsonTables};
use crate::columns::{Column, Shape};
use crate::diagnostic;
use crate::lines::Lines;
use crate::words::line_signature;

/// Arrays of fewer records are kept whole. By hand, not measured.
const FEWEST_RECORDS: usize = 24;
/// The number of records kept at the beginning of an array and at its end. By hand, not measured.
const FIRST: usize = 2;
const LAST: usize = 1;
/// A string of encoded data that is longer than the first, in bytes, is truncated to the second,
/// which shows what it is. By hand, not measured.
const LONGEST_DATA: usize = 600;
const CUT_DATA: usize = 200;
/// Encoded data has runs without blanks of at least this many bytes on average: base64 in lines, as
/// in PEM and MIME, has 64 and 76.
const DATA_RUN: usize = 60;
/// Elided records are listed by name if the names have at most this many bytes on average. By hand,
/// not measured.
const LONGEST_NAME: usize = 24;
/// Longer rows, in values, aren't records. By hand, not measured.
const MOST_CELLS: usize = 64;
/// If more than one in this many texts is a diagnostic, they are sampled: of each template only
/// this many at both ends are kept. By hand, not measured.
const DIAGNOSTIC_SHARE: usize = 4;
const SAMPLES_PER_END: usize = 3;

pub(crate) fn draft(lines: &Lines, context: &Context) -> Option<Draft> {
    let text = lines.text().trim();
    let json = lines.json().filter(|json| may_elide(json))?;
    let unescaped = Unescaped::of(text);
    let places = context.task.places(&Lines::of(unescaped.text())).into_iter();
    let in_document = |at| unescaped.in_document(at);
    let mut writer = Writer {
        json,
        named: places.map(|at| in_document(at.range.start)..in_document(at.range.end)).collect(),
        out: String::new(),
        summaries: String::new(),
        full: String::new(),
        total: 0,
        elided: Vec::new(),
        cut: Vec::new(),
    };
    writer.write(json.root_id());
    let Writer { out, summaries, full, total, elided, cut, .. } = writer;
    if elided.is_empty() && cut.is_empty() {
        return None;
    }
    let shown = codecs::proposed(&JsonTables, &out).unwrap_or(out);
    let mut segments = vec![Segment::Text(summaries), Segment::Text(format!("{shown}\n"))];
    if !full.is_empty() {
        segments.push(Segment::Text(full));
    }
    // A truncated document ends in a partial value, which may be what matters.
    let rest = json.rest().trim_start_matches([',', ' ', '\n']);
    if !rest.is_empty() {
        segments.push(Segment::Text(format!("{rest}\n")));
    }
    let (unit, total, mut places) = match elided.is_empty() {
        true => ("lines' encoded data", Lines::of(text).count(), cut),
        false => ("records", total, elided),
    };
    places.sort_unstable();
    let start = lines.text().len() - lines.text().trim_start().len();
    let elided_at: Vec<usize> = places.iter().map(|place| lines.at(start + place)).collect();
    let elided = elided_at.len();
    Some(Draft { segments, unit: unit.into(), total, elided, elided_at, comment: None })
}

/// Whether a document has anything that may be elided: many items in one place, or a long string.
fn may_elide(json: &Index<'_>) -> bool {
    json.ids().any(|value| match json.kind(value) {
        Kind::Array => json.children(value).nth(FEWEST_RECORDS - 1).is_some(),
        Kind::Object => json.children(value).nth(2 * FEWEST_RECORDS - 1).is_some(),
        Kind::String => json.range(value).len() > LONGEST_DATA,
        Kind::Null | Kind::Bool | Kind::Number => false,
    })
}

/// The items of an array, or the members of an object.
fn entries<'a>(json: &Index<'a>, value: ValueId) -> Vec<(Option<&'a str>, ValueId)> {
    match json.kind(value) {
        Kind::Object => json.members(value).map(|(key, member)| (Some(key), member)).collect(),
        _ => json.children(value).map(|item| (None, item)).collect(),
    }
}

fn brackets(kind: Kind) -> (char, char) {
    if kind == Kind::Object { ('{', '}') } else { ('[', ']') }
}

/// Records with the same columns.
struct Records<'a> {
    /// The records, with their keys if they are members of an object.
    items: Vec<(Option<&'a str>, ValueId)>,
    /// The name of each column, and its cells as they are written.
    columns: Vec<(String, Values<'a>)>,
}

impl<'a> Records<'a> {
    /// The records in `value`; `None` if there are few, or they have little in common.
    fn of(json: &Index<'a>, value: ValueId) -> Option<Self> {
        let items = entries(json, value);
        if items.len() < FEWEST_RECORDS {
            return None;
        }
        let values: Vec<ValueId> = items.iter().map(|(_, value)| *value).collect();
        let columns = match json.kind(values[0]) {
            Kind::Object => {
                let shape = Shape::of(json, &values)?;
                let raw = |column: &Column<'a>| {
                    let cells = column.cells.iter();
                    Values::new(
                        cells.map(|cell| cell.map_or("", |cell| json.source(cell))).collect(),
                    )
                };
                let name = |column: &Column<'a>| {
                    let mut name = String::new();
                    column.write_name(&mut name);
                    name
                };
                shape.columns().iter().map(|column| (name(column), raw(column))).collect()
            }
            Kind::Array => Self::rows(json, &values)?,
            _ => return None,
        };
        Some(Self { items, columns })
    }

    /// The columns of arrays of the same length.
    fn rows(json: &Index<'a>, rows: &[ValueId]) -> Option<Vec<(String, Values<'a>)>> {
        let width = json.children(rows[0]).count();
        if !(2..=MOST_CELLS).contains(&width) {
            return None;
        }
        let mut columns: Vec<(String, Vec<&str>)> =
            (0..width).map(|index| (format!("[{index}]"), Vec::new())).collect();
        for &row in rows {
            let cells: Vec<ValueId> = json.children(row).collect();
            (json.kind(row) == Kind::Array && cells.len() == width).then_some(())?;
            for ((_, column), cell) in columns.iter_mut().zip(cells) {
                column.push(json.source(cell));
            }
        }
        Some(columns.into_iter().map(|(name, cells)| (name, Values::new(cells))).collect())
    }
}

struct Writer<'j, 'a> {
    json: &'j Index<'a>,
    named: Vec<Range<usize>>,
    /// The document without the omissions.
    out: String,
    /// The summaries of arrays.
    summaries: String,
    /// The records that the task names, verbatim.
    full: String,
    total: usize,
    /// Where each elided record begins.
    elided: Vec<usize>,
    /// Where each truncated string begins.
    cut: Vec<usize>,
}

impl<'a> Writer<'_, 'a> {
    fn write(&mut self, value: ValueId) {
        let json = self.json;
        match json.kind(value) {
            Kind::String => self.string(value),
            Kind::Object | Kind::Array => match Records::of(json, value) {
                Some(records) => self.records(value, &records),
                None => self.members(value),
            },
            Kind::Null | Kind::Bool | Kind::Number => self.out.push_str(json.source(value)),
        }
    }

    /// Writes an array or an object in full.
    fn members(&mut self, value: ValueId) {
        let json = self.json;
        let (open, close) = brackets(json.kind(value));
        self.out.push(open);
        for (i, (key, member)) in entries(json, value).into_iter().enumerate() {
            self.out.push_str(if i > 0 { "," } else { "" });
            if let Some(key) = key {
                // Writing to a String cannot fail.
                let _ = write!(self.out, "\"{key}\":");
            }
            self.write(member);
        }
        self.out.push(close);
    }

    /// Writes the kept records of an array or an object.
    fn records(&mut self, value: ValueId, records: &Records<'a>) {
        let json = self.json;
        let stays = self.staying(value, records);
        self.total += stays.len();
        let elided = records.items.iter().zip(&stays).filter(|(_, stays)| !**stays);
        self.elided.extend(elided.map(|((_, item), _)| json.range(*item).start));
        if stays.contains(&false) {
            self.summarize(records, &stays);
        }
        let (open, close) = brackets(json.kind(value));
        self.out.push(open);
        let mut first = true;
        for (index, &(key, item)) in
            records.items.iter().enumerate().filter(|(index, _)| stays[*index])
        {
            self.out.push_str(if first { "" } else { "," });
            first = false;
            // Writing to a String cannot fail.
            let _ = match (key, json.kind(item)) {
                (Some(key), _) => write!(self.out, "\"{key}\":{{"),
                (None, Kind::Object) => write!(self.out, "{{\"#\":{index}"),
                (None, _) => write!(self.out, "{{\"#\":{index},\"row\":"),
            };
            if json.kind(item) == Kind::Array {
                self.members(item);
            } else {
                for (i, (name, member)) in json.members(item).enumerate() {
                    self.out.push_str(if i > 0 || key.is_none() { "," } else { "" });
                    let _ = write!(self.out, "\"{name}\":");
                    self.write(member);
                }
            }
            self.out.push('}');
        }
        self.out.push(close);
    }

    /// Which of the records to keep. Those that the task names are also written verbatim.
    fn staying(&mut self, value: ValueId, records: &Records<'a>) -> Vec<bool> {
        let count = records.items.len();
        let mut stays = vec![false; count];
        stays[..FIRST].fill(true);
        stays[count - LAST..].fill(true);
        for (_, values) in &records.columns {
            values.unusual().into_iter().for_each(|index| stays[index] = true);
            diagnostics(values).into_iter().for_each(|index| stays[index] = true);
        }
        let mut start = self.json.range(value).start;
        for (index, &(key, item)) in records.items.iter().enumerate() {
            let end = self.json.range(item).end;
            if self.is_named(start..end) {
                stays[index] = true;
                let from = self.out.len();
                self.json.minify(item, &mut self.out);
                let written = self.out.split_off(from);
                // Writing to a String cannot fail.
                let _ = match key {
                    Some(key) => writeln!(self.full, "\"{key}\":{written}"),
                    None => writeln!(self.full, "#{index} {written}"),
                };
            }
            start = end;
        }
        stays
    }

    /// Summarizes the records, and lists the names of the elided ones.
    fn summarize(&mut self, records: &Records<'a>, stays: &[bool]) {
        let mut parts = Vec::new();
        for (name, values) in &records.columns {
            let summary = values.summary();
            if summary.len() <= 100 && summary.contains('<') && summary != "<*>" {
                parts.push(format!("{name} {summary}"));
            }
        }
        if !parts.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(self.summaries, "all {}: {}", stays.len(), parts.join("; "));
        }
        let short = |values: &[&str]| {
            values.iter().map(|value| value.len()).sum::<usize>() <= values.len() * LONGEST_NAME
        };
        let keys: Option<Vec<&str>> = records.items.iter().map(|(key, _)| *key).collect();
        let keys = keys.map(Values::new);
        let columns = keys.iter().chain(records.columns.iter().map(|(_, values)| values));
        // Names that count up are already summarized by their range.
        let is_news = |names: &&Values| short(names.as_slice()) && !names.are_counted();
        if let Some(names) = names(columns).filter(is_news) {
            let elided = names.as_slice().iter().zip(stays).filter(|(_, stays)| !**stays);
            let names: Vec<&str> = elided.map(|(name, _)| name.trim_matches('"')).collect();
            let _ = writeln!(self.summaries, "left out: {}", names.join(", "));
        }
    }

    fn is_named(&self, range: Range<usize>) -> bool {
        let next = self.named.partition_point(|named| named.start < range.start);
        self.named.get(next).is_some_and(|named| named.end <= range.end)
    }

    fn string(&mut self, value: ValueId) {
        let raw = self.json.source(value);
        if raw.len() <= LONGEST_DATA || !is_data(raw) || self.is_named(self.json.range(value)) {
            return self.out.push_str(raw);
        }
        let mut end = raw.floor_char_boundary(CUT_DATA);
        // Never inside an escape, the longest of which is `\u0000`.
        let from = end.saturating_sub(6);
        if let Some(escape) = raw.get(from..end).and_then(|last| last.rfind('\\')) {
            end = from + escape;
            end -= usize::from(raw[..end].ends_with('\\'));
        }
        self.cut.push(self.json.range(value).start);
        // Writing to a String cannot fail.
        let _ = write!(self.out, "{}… (+{} bytes)\"", &raw[..end], raw.len() - end);
    }
}

/// The indices of diagnostics: all of them if they are few, otherwise some of each template at both
/// ends.
fn diagnostics(values: &Values) -> Vec<usize> {
    let sounds = values.which(|text| {
        diagnostic::may_be_diagnostic(text) && diagnostic::is_diagnostic(Unescaped::of(text).text())
    });
    if sounds.len() * DIAGNOSTIC_SHARE <= values.as_slice().len() {
        return sounds;
    }
    let mut templates: HashMap<u64, Vec<usize>> = HashMap::new();
    for index in sounds {
        let template = line_signature(values.as_slice()[index]);
        templates.entry(template).or_default().push(index);
    }
    let mut stays: Vec<usize> = templates
        .into_values()
        .flat_map(|all| {
            let ends = all.len().saturating_sub(SAMPLES_PER_END);
            let is_end = move |place: usize| place < SAMPLES_PER_END || place >= ends;
            all.into_iter().enumerate().filter(move |(place, _)| is_end(*place))
        })
        .map(|(_, index)| index)
        .collect();
    stays.sort_unstable();
    stays
}

/// Whether a string, as written, is encoded data and not text: long runs of ASCII letters and
/// digits.
fn is_data(raw: &str) -> bool {
    let inner = raw.trim_matches('"');
    let inner = match inner.split_once(";base64,") {
        Some((head, data)) if head.starts_with("data:") => data,
        _ => inner,
    };
    let is_encoded =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_');
    let mut runs = 0;
    let is_data = inner.split("\\n").filter(|run| !run.is_empty()).all(|run| {
        runs += 1;
        run.trim_end_matches("\\r").replace("\\/", "/").bytes().all(is_encoded)
    });
    is_data && inner.len() >= runs * DATA_RUN
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Task;

    fn shown(text: &str, task: &str) -> Option<String> {
        let task = Task::of(task);
        let context = Context { task: &task, tight: false, every_line: false };
        let draft = draft(&Lines::with_json(text, json_index::lenient::scan(text)), &context)?;
        let text = |segment: &Segment| match segment {
            Segment::Text(text) => text.clone(),
            _ => String::new(),
        };
        Some(draft.segments.iter().map(text).collect())
    }

    #[test]
    fn encoded_data_is_cut_and_no_text_is() {
        let data = "QUJD+/".repeat(300);
        for data in [data.clone(), format!("data:image/png;base64,{data}"), "ab12\\/".repeat(200)] {
            let text = format!("{{\"image\": \"{data}\"}}");
            assert!(shown(&text, "").is_some_and(|shown| shown.len() < 400), "{data:.40}");
            let is_named = !data.contains('\\') && shown(&text, &data[..119]).is_none();
            assert!(is_named || data.contains('\\'), "{data:.40}");
        }
        for said in ["가 나다 라마바 사", "one two ", "\\ud55c\\n", "令牌", "a\\\\b\\\"", "x.y(z);"]
        {
            let text = format!("{{\"said\": \"{}\"}}", said.repeat(300));
            assert_eq!(shown(&text, ""), None, "{said}");
        }
    }

    #[test]
    fn what_is_said_behind_an_escape_is_seen() {
        let records = |odd: &str| -> String {
            let record = |n: usize| {
                let text = if n == 31 { odd } else { "went well" };
                format!("{{\"id\": {n}, \"text\": \"job {n}\\n{text}\"}}\n")
            };
            (0..60).map(record).collect()
        };
        for (odd, task) in [
            ("error: no room", ""),
            ("the quux is on", "why is quux on?"),
            ("\\ud1a0\\ud070 made", "토큰을 보자"),
        ] {
            let shown = shown(&records(odd), task).unwrap();
            assert!(shown.contains(odd) && !shown.contains("\"#\":32"), "{shown}");
        }
    }

    #[test]
    fn of_a_flood_of_errors_each_template_stays() {
        let record = |n: usize| match n % 3 {
            0 => format!(
                "{{\"id\": {n}, \"text\": \"error: job {n} is late by far, as it was before\"}}"
            ),
            _ if n == 31 => "{\"id\": 31, \"text\": \"error: disk full on /var\"}".to_owned(),
            _ => format!(
                "{{\"id\": {n}, \"text\": \"job {n} went well and in time, as it should\"}}"
            ),
        };
        let text: Vec<String> = (0..90).map(record).collect();
        let shown = shown(&text.join("\n"), "").unwrap();
        assert!(shown.contains("disk full") && shown.contains("job 0 is late"), "{shown}");
        assert!(!shown.contains("job 45 is late"));
    }

    #[test]
    fn a_document_that_was_cut_off_keeps_its_end() {
        let records: String =
            (0..60).map(|n| format!("{{\"id\": {n}, \"state\": \"ok\"}}, ")).collect();
        let shown = shown(&format!("[{records}{{\"id\": 60, \"error\": \"disk is fu"), "").unwrap();
        assert!(shown.contains("\"error\": \"disk is fu"), "{shown}");
    }
}
