//! Codec for search results and compiler messages, `path:line:text`: each path once, repeated texts
//! once.
//!
//! ```text
//! ~0=./src/
//! ~1=    def close(self):
//! asyncio/events.py
//! 120,340:~1
//! 512:    self.close()
//! 513-    return
//! ./tasks.py
//! 9:~1
//! ```
//!
//! `~0=` is the common prefix of all paths. `./` is the directory of the path above. A line number
//! before `:` is a match, before `-` it is context. Other lines begin with `~~`.

use std::fmt::Write as _;
use std::ops::Range;

use rustc_hash::FxHashMap;

use super::{Codec, Encoded, ExpandError, Room, directory, shared_directory};
use crate::lines::split;

/// Shorter texts, in bytes, get no alias, however frequent. By hand, not measured.
const SHORTEST_NAMED: usize = 10;
/// Nor do less frequent ones. By hand, not measured.
const FEWEST_NAMED: usize = 4;

/// See the module.
pub(crate) struct Search;

impl Codec for Search {
    fn name(&self) -> &'static str {
        "search"
    }

    fn version(&self) -> u32 {
        1
    }

    fn restructured(&self) -> Option<&'static str> {
        Some("lines' repeated paths")
    }

    fn encode(&self, text: &str) -> Option<Encoded> {
        let lines: Vec<Line> = read(text);
        let paths = || lines.iter().filter_map(|line| line.path());
        let root = shared_directory(paths())?;
        let root = if paths().all(|path| is_head(&path[root.len()..])) { root } else { "" };
        if paths().any(|path| path[root.len()..].starts_with("./")) {
            return None;
        }
        let Grouped { groups, rows, texts } = Grouped::of(&lines);
        let names = Names::of(texts);
        let out = String::with_capacity(text.len() / 2);
        let mut writer = Writer { root, names: &names, out, is_shorter: false };
        writer.definitions();
        let mut above = "";
        for group in &groups {
            above = writer.group(group, &rows, above);
        }
        writer.out.pop();
        let hint = writer.hint(&rows);
        Some(Encoded { details: String::new(), hint: hint.into(), body: writer.out })
    }

    fn decode(&self, _details: &str, body: &str, room: &mut Room) -> Result<String, ExpandError> {
        let mut lines = split(body).peekable();
        let root = lines.next_if(|line| line.starts_with("~0=")).map_or("", |line| &line[3..]);
        let mut decoder = Decoder {
            root,
            names: Vec::new(),
            path: String::new(),
            rows: Vec::new(),
            // Paths and texts that stand once were there several times.
            out: String::with_capacity(2 * body.len()),
        };
        while let Some(text) =
            lines.peek().and_then(|line| definition(line, decoder.names.len() + 1))
        {
            decoder.names.push(text);
            lines.next();
        }
        for line in lines {
            decoder.line(line, room)?;
        }
        decoder.end_of_file();
        decoder.out.pop();
        Ok(decoder.out)
    }
}

/// Writes the body.
struct Writer<'w, 'a> {
    /// The common prefix of all paths.
    root: &'a str,
    names: &'w Names<'a>,
    out: String,
    /// Whether any path was written without its directory.
    is_shorter: bool,
}

impl<'a> Writer<'_, 'a> {
    fn definitions(&mut self) {
        if !self.root.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(self.out, "~0={}", self.root);
        }
        for (i, text) in self.names.texts.iter().enumerate() {
            let _ = writeln!(self.out, "~{}={text}", i + 1);
        }
    }

    /// Writes a group after the file `above`; returns the file it belongs to.
    fn group(&mut self, group: &Group<'a>, rows: &[Row<'a>], above: &'a str) -> &'a str {
        match group {
            Group::Other(text) => self.out.extend(["~~", text, "\n"]),
            Group::Separator => self.out.push_str("--\n"),
            Group::File { path, rows: range } => {
                let path = &path[self.root.len()..];
                match directory(path) {
                    dir if dir.is_empty() || dir != directory(above) => {
                        self.out.extend([path, "\n"]);
                    }
                    dir => {
                        self.is_shorter = true;
                        self.out.extend(["./", &path[dir.len()..], "\n"]);
                    }
                }
                rows[range.clone()].iter().for_each(|row| self.row(row));
                return path;
            }
        }
        above
    }

    fn row(&mut self, row: &Row) {
        self.out.push_str(row.number);
        for number in &row.others {
            self.out.extend([",", number]);
        }
        self.out.push(char::from(row.sign));
        match self.names.of_row(row) {
            Some(name) => self.out.push_str(name),
            None => {
                self.out.push_str(if row.text.starts_with('~') { "~" } else { "" });
                self.out.push_str(row.text);
            }
        }
        self.out.push('\n');
    }

    /// The hint for the reader: only the notation that the body uses.
    fn hint(&self, rows: &[Row]) -> String {
        let mut hint = String::from("path, then its matches by line number");
        for (holds, meaning) in [
            (rows.iter().any(|row| row.sign == b'-'), "; N- is context"),
            (self.is_shorter, "; ./ the directory of the path above"),
            (!self.root.is_empty(), "; ~0 begins every path"),
            (!self.names.texts.is_empty(), "; ~n is the text named so"),
        ] {
            if holds {
                hint.push_str(meaning);
            }
        }
        hint
    }
}

/// A line of the input.
enum Line<'a> {
    Found { path: &'a str, number: &'a str, sign: u8, text: &'a str },
    Separator,
    Other(&'a str),
}

impl<'a> Line<'a> {
    fn path(&self) -> Option<&'a str> {
        match self {
            Self::Found { path, .. } => Some(path),
            Self::Separator | Self::Other(_) => None,
        }
    }

    fn row(&self) -> Option<Row<'a>> {
        match *self {
            Self::Found { number, sign, text, .. } => {
                Some(Row { number, others: Vec::new(), sign, text, of_texts: None })
            }
            Self::Separator | Self::Other(_) => None,
        }
    }
}

/// Parses the lines of `text`.
fn read(text: &str) -> Vec<Line<'_>> {
    let line = |line| match a_match(line) {
        Some((path, number, text)) => Line::Found { path, number, sign: b':', text },
        None if line == "--" => Line::Separator,
        None => Line::Other(line),
    };
    let mut lines = Vec::with_capacity(memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1);
    lines.extend(split(text).map(line));
    // Most searches show nothing but matches.
    if lines.iter().any(|line| matches!(line, Line::Other(_))) {
        find_context(&mut lines);
    }
    lines
}

/// Finds the context among the other lines. Where the path of a context line ends is known from the match next to it.
fn find_context(lines: &mut [Line<'_>]) {
    let mut next: Vec<&str> = Vec::with_capacity(lines.len());
    let mut path = "";
    for line in lines.iter().rev() {
        path = line.path().unwrap_or(path);
        next.push(path);
    }
    let mut before = "";
    for (line, next) in lines.iter_mut().zip(next.into_iter().rev()) {
        match *line {
            Line::Found { path, .. } => before = path,
            Line::Separator => {}
            Line::Other(text) => {
                let found = context(text, before).or_else(|| context(text, next));
                if let Some((path, number, text)) = found {
                    *line = Line::Found { path, number, sign: b'-', text };
                }
            }
        }
    }
}

/// Splits `path:line:text`, if the path can be written as a head line.
pub(crate) fn a_match(line: &str) -> Option<(&str, &str, &str)> {
    /// The longest path of a match, in bytes, to bound the time. By hand, not measured.
    // In bytes, to bound the time. By hand, not measured.
    const LONGEST_PATH: usize = 500;
    let bytes = line.as_bytes();
    let mut from = 0;
    while let Some(colon) = memchr::memchr(b':', &bytes[from..bytes.len().min(LONGEST_PATH)]) {
        let digits = from + colon + 1;
        let length = bytes[digits..].iter().take(10).take_while(|b| b.is_ascii_digit()).count();
        if bytes.get(digits + length) == Some(&b':') && is_number(&line[digits..digits + length]) {
            let path = &line[..from + colon];
            return is_head(path)
                .then(|| (path, &line[digits..digits + length], &line[digits + length + 1..]));
        }
        from = digits;
        if from >= bytes.len().min(LONGEST_PATH) {
            break;
        }
    }
    None
}

fn context<'a>(line: &'a str, path: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let rest = line.strip_prefix(path).filter(|_| !path.is_empty())?.strip_prefix('-')?;
    let (number, text) = rest.split_once('-')?;
    is_number(number).then(|| (&line[..path.len()], number, text))
}

/// Whether `text` is a number in canonical form, so that parsing and printing it gives the same
/// text.
fn is_number(text: &str) -> bool {
    (1..=9).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_digit())
        && !text.starts_with('0')
}

/// Whether a line with only `path` is decoded as the head of a file.
fn is_head(path: &str) -> bool {
    !path.is_empty() && path != "--" && !path.starts_with('~') && row(path).is_none()
}

/// The results of one file, or a line that belongs to none.
enum Group<'a> {
    File { path: &'a str, rows: Range<usize> },
    Separator,
    Other(&'a str),
}

/// Results of one file with the same text.
struct Row<'a> {
    number: &'a str,
    /// The numbers of the other lines.
    others: Vec<&'a str>,
    sign: u8,
    text: &'a str,
    /// The index of the text; `None` for a short one.
    of_texts: Option<usize>,
}

/// The lines grouped by file; within a file, lines with the same text are grouped if the order
/// follows from their numbers.
#[derive(Default)]
struct Grouped<'a> {
    groups: Vec<Group<'a>>,
    rows: Vec<Row<'a>>,
    /// The texts long enough for an alias, and how many rows have each.
    texts: Vec<(&'a str, usize)>,
}

impl<'a> Grouped<'a> {
    fn of(lines: &[Line<'a>]) -> Self {
        let mut grouped = Self::default();
        grouped.rows.reserve(lines.len());
        let mut known: FxHashMap<&str, usize> = FxHashMap::default();
        for of_file in lines.chunk_by(|a, b| a.path().is_some() && a.path() == b.path()) {
            match of_file[0] {
                Line::Other(text) => grouped.groups.push(Group::Other(text)),
                Line::Separator => grouped.groups.push(Group::Separator),
                Line::Found { path, .. } => {
                    let start = grouped.rows.len();
                    grouped.rows.extend(of_file.iter().filter_map(Line::row));
                    merge(&mut grouped.rows, start);
                    let rows = start..grouped.rows.len();
                    grouped.name(rows.clone(), &mut known);
                    grouped.groups.push(Group::File { path, rows });
                }
            }
        }
        grouped
    }

    fn name(&mut self, rows: Range<usize>, known: &mut FxHashMap<&'a str, usize>) {
        for row in self.rows[rows].iter_mut().filter(|row| row.text.len() >= SHORTEST_NAMED) {
            let text = *known.entry(row.text).or_insert(self.texts.len());
            if text == self.texts.len() {
                self.texts.push((row.text, 0));
            }
            self.texts[text].1 += 1;
            row.of_texts = Some(text);
        }
    }
}

/// Groups the rows of one file, from `start` on, by text.
fn merge(rows: &mut Vec<Row>, start: usize) {
    let number = |row: &Row| row.number.parse::<u32>().unwrap_or(0);
    let of_file = &rows[start..];
    let ascending = of_file.windows(2).all(|pair| number(&pair[0]) < number(&pair[1]));
    if of_file.len() < 2 || !ascending || of_file.iter().any(|row| row.sign != b':') {
        return;
    }
    let mut first: FxHashMap<&str, usize> = FxHashMap::default();
    for row in rows.split_off(start) {
        match first.get(row.text) {
            Some(&at) => rows[at].others.push(row.number),
            None => {
                first.insert(row.text, rows.len());
                rows.push(row);
            }
        }
    }
}

/// The aliases of texts that many rows share.
struct Names<'a> {
    texts: Vec<&'a str>,
    /// For each text its alias, if it has one.
    names: Vec<Option<String>>,
}

impl<'a> Names<'a> {
    fn of(texts: Vec<(&'a str, usize)>) -> Self {
        let mut names = Self { texts: Vec::new(), names: Vec::with_capacity(texts.len()) };
        for (text, rows) in texts {
            let is_named = rows >= FEWEST_NAMED;
            names.texts.extend(is_named.then_some(text));
            names.names.push(is_named.then(|| format!("~{}", names.texts.len())));
        }
        names
    }

    /// The alias of the text of `row`, if it has one.
    fn of_row(&self, row: &Row) -> Option<&str> {
        self.names[row.of_texts?].as_deref()
    }
}

/// The text that `line` defines an alias for, if it is the alias with that number.
fn definition(line: &str, number: usize) -> Option<&str> {
    let (found, text) = line.strip_prefix('~')?.split_once('=')?;
    (found == number.to_string()).then_some(text)
}

/// Splits `12,15:text` into the numbers, the separator and the text.
fn row(line: &str) -> Option<(&str, u8, &str)> {
    let bytes = line.as_bytes();
    let mut length = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    if length > 0 && bytes.get(length) == Some(&b',') {
        length = bytes.iter().take_while(|b| b.is_ascii_digit() || **b == b',').count();
    }
    let sign = *bytes.get(length)?;
    let numbers = &line[..length];
    (length > 0 && matches!(sign, b':' | b'-') && numbers.split(',').all(is_number))
        .then(|| (numbers, sign, &line[length + 1..]))
}

struct Decoder<'a> {
    root: &'a str,
    names: Vec<&'a str>,
    path: String,
    /// The lines of the current file, with their numbers, parsed and as written.
    rows: Vec<(u32, &'a str, u8, &'a str)>,
    out: String,
}

impl<'a> Decoder<'a> {
    fn line(&mut self, line: &'a str, room: &mut Room) -> Result<(), ExpandError> {
        let bad = |what| ExpandError::Malformed { codec: "search", what };
        if let Some((numbers, sign, text)) = row(line) {
            let text = match text.strip_prefix('~') {
                Some(escaped) if escaped.starts_with('~') => escaped,
                Some(name) => {
                    let number = name.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
                    number.and_then(|n| self.names.get(n)).ok_or(bad("an unknown name"))?
                }
                None => text,
            };
            for number in numbers.split(',') {
                room.take(self.root.len() + self.path.len() + text.len() + 12)?;
                let value = number.parse().map_err(|_| bad("a line number"))?;
                self.rows.push((value, number, sign, text));
            }
            return Ok(());
        }
        self.end_of_file();
        room.take(line.len())?;
        if line == "--" {
            self.out.push_str("--\n");
        } else if let Some(other) = line.strip_prefix("~~") {
            self.out.extend([other, "\n"]);
        } else if let Some(name) = line.strip_prefix("./") {
            self.path.truncate(directory(&self.path).len());
            room.take(self.path.len())?;
            self.path.push_str(name);
        } else {
            line.clone_into(&mut self.path);
        }
        Ok(())
    }

    fn end_of_file(&mut self) {
        if self.rows.len() > 1 && self.rows.iter().all(|row| row.2 == b':') {
            self.rows.sort_by_key(|row| row.0);
        }
        for (_, number, sign, text) in self.rows.drain(..) {
            let sign = if sign == b':' { ":" } else { "-" };
            self.out.extend([self.root, &self.path, sign, number, sign, text, "\n"]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn body(text: &str) -> String {
        let Encoded { body, .. } = Search.encode(text).expect("a proposal");
        let decoded = Search.decode("", &body, &mut Room::of(text));
        assert_eq!(decoded.as_deref(), Ok(text), "{body}");
        body
    }

    #[test]
    fn paths_and_repeated_texts_stand_once() {
        insta::assert_snapshot!(body(
            "./a/b/x.py:3:    def close(self):\n./a/b/x.py:9:    def close(self):\n./a/b/x.py:12:    def close_now(self):\n./a/b/y.py:1:    def close(self):\n./a/c/z.py:7:    def close(self):\nBinary file ./a/q matches\n./a/c/z2.py:7:    def close(self):"
        ));
    }

    #[test]
    fn context_stays_where_it_is() {
        insta::assert_snapshot!(body(
            "a-1/x.rs-2-\na-1/x.rs:3:fn a() {\na-1/x.rs-4-}\n--\na-1/y.rs:7:~1 fn a() {"
        ));
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(lines in prop::collection::vec("(\\./)?[ab]/[x1-]{0,2}[:-][0-9]{1,2}[:-](def close|~|--)?|--|[~a0-9:]{0,3}", 1..20)) {
            let text = lines.join("\n");
            if let Some(encoded) = Search.encode(&text) {
                let decoded = Search.decode("", &encoded.body, &mut Room::of(&"x".repeat(9999)));
                // The pipeline rejects an encoding that decodes to something else; most must be
                // right.
                if decoded.as_deref() != Ok(text.as_str()) {
                    prop_assert!(lines.iter().any(|line| a_match(line).is_none()), "{}", encoded.body);
                }
            }
        }

        #[test]
        fn any_body_is_decoded_or_refused(body in "(~0=x\n)?(~1=y\n)?[~0-9a:,./\n-]{0,40}") {
            let _ = Search.decode("", &body, &mut Room::of(&body));
        }
    }
}
