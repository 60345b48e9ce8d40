//! Search results and compiler messages, `path:line:text`: each path once, what several lines say
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
//! `~0=` is what every path begins with. `./` is the directory of the path above. A line number
//! before `:` is a match, before `-` it is context. Other lines begin with `~~`.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::{Encoded, ExpandError, Form, Room, directory, shared_directory};

/// A shorter text isn't named, however often it is found.
const SHORTEST_NAMED: usize = 10;
/// Nor is one that is found less often.
const FEWEST_NAMED: usize = 4;

/// See the module.
pub(crate) struct Search;

impl Form for Search {
    fn name(&self) -> &'static str {
        "search"
    }

    fn version(&self) -> u32 {
        1
    }

    fn takes_apart(&self) -> Option<&'static str> {
        Some("lines' paths")
    }

    fn encode(&self, text: &str) -> Option<Encoded> {
        let lines: Vec<Line> = read(text);
        let paths = || lines.iter().filter_map(|line| line.path());
        let root = shared_directory(paths())?;
        let root = if paths().all(|path| is_head(&path[root.len()..])) { root } else { "" };
        if paths().any(|path| path[root.len()..].starts_with("./")) {
            return None;
        }
        let groups = grouped(&lines);
        let names = Names::of(&groups);
        let mut out = String::new();
        if !root.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "~0={root}");
        }
        for (i, text) in names.texts.iter().enumerate() {
            let _ = writeln!(out, "~{}={text}", i + 1);
        }
        let mut above = "";
        for group in &groups {
            match group {
                Group::Other(text) => out.extend(["~~", text, "\n"]),
                Group::Separator => out.push_str("--\n"),
                Group::File { path, rows } => {
                    let path = &path[root.len()..];
                    match directory(path) {
                        "" => out.extend([path, "\n"]),
                        dir if dir != directory(above) => out.extend([path, "\n"]),
                        dir => out.extend(["./", &path[dir.len()..], "\n"]),
                    }
                    above = path;
                    rows.iter().for_each(|row| names.push_row(row, &mut out));
                }
            }
        }
        out.pop();
        Some(Encoded { details: String::new(), hint: hint(&out).into(), body: out })
    }

    fn decode(&self, _details: &str, body: &str, room: &mut Room) -> Result<String, ExpandError> {
        let mut lines = body.split('\n').peekable();
        let root = lines.next_if(|line| line.starts_with("~0=")).map_or("", |line| &line[3..]);
        let mut decoder = Decoder {
            root,
            names: Vec::new(),
            path: String::new(),
            rows: Vec::new(),
            out: String::new(),
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

/// How the body is read, as far as it uses what has to be said.
fn hint(body: &str) -> String {
    let mut hint = String::from("path, then its matches by line number");
    let begins = |sign: &str| body.starts_with(sign) || body.contains(&format!("\n{sign}"));
    let is_context = |line: &str| {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ',');
        rest.len() < line.len() && rest.starts_with('-')
    };
    for (holds, meaning) in [
        (body.lines().any(is_context), "; N- is context"),
        (begins("./"), "; ./ the directory of the path above"),
        (begins("~0="), "; ~0 begins every path"),
        (begins("~1="), "; ~n is the text named so"),
    ] {
        if holds {
            hint.push_str(meaning);
        }
    }
    hint
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
            _ => None,
        }
    }
}

/// The lines of `text`. Which part of a context line is its path is known from the match next to it.
fn read(text: &str) -> Vec<Line<'_>> {
    let matches: Vec<Option<(&str, &str, &str)>> = text.split('\n').map(a_match).collect();
    let mut next: Vec<&str> = Vec::with_capacity(matches.len());
    let mut path = "";
    for found in matches.iter().rev() {
        path = found.map_or(path, |(path, ..)| path);
        next.push(path);
    }
    let mut before = "";
    text.split('\n')
        .zip(matches)
        .zip(next.into_iter().rev())
        .map(|((line, found), next)| {
            if let Some((path, number, text)) = found {
                before = path;
                return Line::Found { path, number, sign: b':', text };
            }
            if line == "--" {
                return Line::Separator;
            }
            let context = context(line, before).or_else(|| context(line, next));
            let Some((path, number, text)) = context else { return Line::Other(line) };
            Line::Found { path, number, sign: b'-', text }
        })
        .collect()
}

/// Splits `path:line:text`, where the path is one that a head line can show.
pub(crate) fn a_match(line: &str) -> Option<(&str, &str, &str)> {
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

/// Whether `text` is a number that is written as its value is.
fn is_number(text: &str) -> bool {
    (1..=9).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_digit())
        && !text.starts_with('0')
}

/// Whether a line that holds only `path` is read as the head of a file.
fn is_head(path: &str) -> bool {
    !path.is_empty() && path != "--" && !path.starts_with('~') && row(path).is_none()
}

/// Lines of one file, or a line that belongs to none.
enum Group<'a> {
    File { path: &'a str, rows: Vec<Row<'a>> },
    Separator,
    Other(&'a str),
}

/// Lines of a file that say the same.
struct Row<'a> {
    numbers: Vec<&'a str>,
    sign: u8,
    text: &'a str,
}

/// The lines by file; within a file the lines that say the same together, where their numbers alone
/// tell the order.
fn grouped<'a>(lines: &[Line<'a>]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group> = Vec::new();
    for line in lines {
        match *line {
            Line::Other(text) => groups.push(Group::Other(text)),
            Line::Separator => groups.push(Group::Separator),
            Line::Found { path, number, sign, text } => {
                let row = Row { numbers: vec![number], sign, text };
                match groups.last_mut() {
                    Some(Group::File { path: last, rows }) if *last == path => rows.push(row),
                    _ => groups.push(Group::File { path, rows: vec![row] }),
                }
            }
        }
    }
    for group in &mut groups {
        if let Group::File { rows, .. } = group {
            merge(rows);
        }
    }
    groups
}

fn merge(rows: &mut Vec<Row>) {
    let number = |row: &Row| row.numbers[0].parse::<u32>().unwrap_or(0);
    let ascending = rows.windows(2).all(|pair| number(&pair[0]) < number(&pair[1]));
    if !ascending || rows.iter().any(|row| row.sign != b':') {
        return;
    }
    let mut first: HashMap<&str, usize> = HashMap::new();
    let mut merged: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows.drain(..) {
        match first.get(row.text) {
            Some(&at) => merged[at].numbers.extend(row.numbers),
            None => {
                first.insert(row.text, merged.len());
                merged.push(row);
            }
        }
    }
    *rows = merged;
}

/// Texts that many rows have, which are named once.
struct Names<'a> {
    texts: Vec<&'a str>,
    numbers: HashMap<&'a str, usize>,
}

impl<'a> Names<'a> {
    fn of(groups: &[Group<'a>]) -> Self {
        let rows = || {
            groups.iter().flat_map(|group| match group {
                Group::File { rows, .. } => rows.as_slice(),
                _ => &[],
            })
        };
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for row in rows().filter(|row| row.text.len() >= SHORTEST_NAMED) {
            *counts.entry(row.text).or_default() += 1;
        }
        let mut names = Self { texts: Vec::new(), numbers: HashMap::new() };
        for row in rows() {
            let often = counts.get(row.text).is_some_and(|&count| count >= FEWEST_NAMED);
            if often && !names.numbers.contains_key(row.text) {
                names.texts.push(row.text);
                names.numbers.insert(row.text, names.texts.len());
            }
        }
        names
    }

    fn push_row(&self, row: &Row, out: &mut String) {
        for (i, number) in row.numbers.iter().enumerate() {
            out.push_str(if i > 0 { "," } else { "" });
            out.push_str(number);
        }
        out.push(char::from(row.sign));
        match self.numbers.get(row.text) {
            Some(number) => {
                let _ = write!(out, "~{number}");
            }
            None => {
                out.push_str(if row.text.starts_with('~') { "~" } else { "" });
                out.push_str(row.text);
            }
        }
        out.push('\n');
    }
}

/// The text that `line` names, if it names the one with that number.
fn definition(line: &str, number: usize) -> Option<&str> {
    let (found, text) = line.strip_prefix('~')?.split_once('=')?;
    (found == number.to_string()).then_some(text)
}

/// Splits `12,15:text`: the numbers, the sign, the text.
fn row(line: &str) -> Option<(&str, u8, &str)> {
    let length = line.bytes().take_while(|b| b.is_ascii_digit() || *b == b',').count();
    let sign = *line.as_bytes().get(length)?;
    let numbers = &line[..length];
    (length > 0 && matches!(sign, b':' | b'-') && numbers.split(',').all(is_number))
        .then(|| (numbers, sign, &line[length + 1..]))
}

struct Decoder<'a> {
    root: &'a str,
    names: Vec<&'a str>,
    path: String,
    /// The lines of the file at hand, with their numbers.
    rows: Vec<(u32, u8, &'a str)>,
    out: String,
}

impl<'a> Decoder<'a> {
    fn line(&mut self, line: &'a str, room: &mut Room) -> Result<(), ExpandError> {
        let bad = |what| ExpandError::Malformed { form: "search", what };
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
                self.rows.push((number.parse().map_err(|_| bad("a line number"))?, sign, text));
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
        if self.rows.iter().all(|row| row.1 == b':') {
            self.rows.sort_by_key(|row| row.0);
        }
        for (number, sign, text) in self.rows.drain(..) {
            let sign = char::from(sign);
            let _ = writeln!(self.out, "{}{}{sign}{number}{sign}{text}", self.root, self.path);
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
                // The frame refuses what the decoder reads otherwise; most of it must be right.
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
