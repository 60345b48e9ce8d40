//! Codec for lines of a few patterns: what the lines share is written once, what differs as rows.
//!
//! ```text
//! ~1=<> INFO  worker-<> handled request id=<> status=200 ms=<>
//! server starts
//! ~1 2
//! 08:00:01,3,9f86d081,12
//! 08:00:02,7,88421133,4
//! ~1:08:01:40,2,0b6f2c10,55
//! ```
//!
//! `~n N` announces N rows of pattern n, `~n:` is one. A pattern may span lines (`\n` in it). In
//! patterns `<>` takes a cell, `<r8>` and `<l8>` pad it to 8 columns, `<^>` repeats the row above
//! where the cell is empty, `</>` is a path that `./` puts into the directory of the row above, and
//! `<+7>` counts from 7 and takes no cell. Lines that begin with `~` get a second one.

mod fit;
mod pattern;

use std::fmt::Write as _;

use rustc_hash::FxHashMap;

use self::fit::Fit;
use self::pattern::{Filler, Pattern, Rule, push_cell};
use super::{Codec, Encoded, ExpandError, Room, directory};
use crate::words::{Words, column_count, signature};

/// Patterns of fewer lines aren't worth their definition. By hand, not measured.
const FEWEST_ROWS: usize = 3;
/// Lines of more words stay as they are. By hand, not measured.
const MOST_WORDS: usize = 48;
/// The most lines that a pattern may span. By hand, not measured.
const MOST_LINES: usize = 8;

/// Encodes lines as rows of patterns; see the module.
pub(crate) struct Rows<'n> {
    /// Whether the lines are a table: one pattern by columns instead of several by words.
    pub columns: bool,
    /// Whether cells are never split within a word, so that each value is shown as it was and can
    /// be searched for.
    pub whole: bool,
    /// Lines that are not encoded, in order: those that the task names.
    pub named: &'n [usize],
}

impl<'n> Rows<'n> {
    /// The codec's name.
    pub(crate) const NAME: &'static str = "rows";

    /// Rows of words that are separated by blanks, of lines that aren't `named`.
    pub(crate) fn words(named: &'n [usize]) -> Self {
        Self { columns: false, whole: false, named }
    }

    /// Rows of words, none of which is split, so that each value stands as it was.
    pub(crate) fn whole_words(named: &'n [usize]) -> Self {
        Self { columns: false, whole: true, named }
    }

    /// Rows of columns that are aligned, of lines that aren't `named`.
    pub(crate) fn columns(named: &'n [usize]) -> Self {
        Self { columns: true, whole: false, named }
    }
}

impl Codec for Rows<'_> {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn version(&self) -> u32 {
        1
    }

    fn restructured(&self) -> Option<&'static str> {
        Some("lines' repeated words")
    }

    fn encode(&self, text: &str) -> Option<Encoded> {
        let lines: Vec<&str> = text.split('\n').collect();
        let classes = Classes::of(&lines, self)?;
        let (runs, keys) = classes.runs(lines.len());
        let patterns = Patterns::of(&classes, &runs, keys, self.whole);
        patterns.any().then(|| patterns.write(&lines, &runs))
    }

    fn decode(&self, _details: &str, body: &str, room: &mut Room) -> Result<String, ExpandError> {
        decode(body, room)
    }
}

fn malformed(what: &'static str) -> ExpandError {
    ExpandError::Malformed { codec: "rows", what }
}

/// The classes of lines that share a pattern.
struct Classes<'a> {
    fits: Vec<Fit<'a>>,
    /// For each line, its class and its index in it.
    places: Vec<Option<(u32, u32)>>,
}

impl<'a> Classes<'a> {
    /// By columns: all lines with at least as many columns as nine tenths of the lines, the last
    /// one being the rest of the line. By words: lines whose words are equal except for those that
    /// look like values.
    fn of(lines: &[&'a str], &Rows { columns, whole, named }: &Rows) -> Option<Self> {
        let most = if columns { column_count(lines.iter().copied())? } else { MOST_WORDS };
        let mut members: Vec<(Vec<u32>, Vec<Words<'a>>)> = Vec::new();
        let mut known: FxHashMap<(u64, usize), usize> = FxHashMap::default();
        for (index, line) in lines.iter().enumerate() {
            let words = Words::of(line, most);
            let key = match columns {
                _ if words.len() == 0 || named.binary_search(&index).is_ok() => continue,
                true if words.len() < most => continue,
                true => (0, most),
                false => (signature(&words), words.len()),
            };
            let class = *known.entry(key).or_insert(members.len());
            if class == members.len() {
                members.push(Default::default());
            }
            members[class].0.push(index as u32);
            members[class].1.push(words);
        }
        let mut classes = Self { fits: Vec::new(), places: vec![None; lines.len()] };
        for (indices, words) in members.iter().filter(|(lines, _)| lines.len() >= FEWEST_ROWS) {
            let Some(fit) = Fit::of(words, whole) else { continue };
            for (place, &line) in indices.iter().enumerate() {
                classes.places[line as usize] = Some((classes.fits.len() as u32, place as u32));
            }
            classes.fits.push(fit);
        }
        (!classes.fits.is_empty()).then_some(classes)
    }

    /// Runs of lines of the same class, or of the same few classes in turn; and the classes that
    /// make up each kind of run.
    fn runs(&self, lines: usize) -> (Vec<Run>, Vec<Vec<u32>>) {
        let class = |line: usize| self.places.get(line).copied().flatten().map(|(class, _)| class);
        let mut keys: Vec<Vec<u32>> = Vec::new();
        let mut known: FxHashMap<Vec<u32>, usize> = FxHashMap::default();
        let mut runs = Vec::new();
        let mut line = 0;
        while line < lines {
            if class(line).is_none() {
                line += 1;
                continue;
            }
            let (height, rows) = (1..=MOST_LINES)
                .map(|height| (height, repetitions(line, height, &class)))
                .filter(|&(height, rows)| height == 1 || rows >= FEWEST_ROWS)
                .max_by_key(|&(height, rows)| (height * rows, std::cmp::Reverse(height)))
                .unwrap_or((1, 1));
            let key: Vec<u32> = (line..line + height).filter_map(class).collect();
            let pattern = *known.entry(key.clone()).or_insert(keys.len());
            if pattern == keys.len() {
                keys.push(key);
            }
            runs.push(Run { pattern, line, height, rows });
            line += height * rows;
        }
        (runs, keys)
    }
}

/// How many times the classes of the `height` lines from `line` on occur in a row.
fn repetitions(line: usize, height: usize, class: &impl Fn(usize) -> Option<u32>) -> usize {
    if (line..line + height).any(|line| class(line).is_none()) {
        return 0;
    }
    let mut at = line + height;
    while class(at).is_some() && class(at) == class(at - height) {
        at += 1;
    }
    (at - line) / height
}

/// Consecutive rows of one pattern.
struct Run {
    pattern: usize,
    /// The first line.
    line: usize,
    /// The number of lines per row.
    height: usize,
    rows: usize,
}

/// The patterns worth their definition, with all their rows.
struct Patterns<'a> {
    patterns: Vec<Option<Table<'a>>>,
}

/// A pattern and the cells of its rows.
type Table<'a> = (Pattern, Vec<Vec<&'a str>>);

impl<'a> Patterns<'a> {
    fn of(classes: &Classes<'a>, runs: &[Run], keys: Vec<Vec<u32>>, whole: bool) -> Self {
        let mut rows: Vec<Vec<Vec<&'a str>>> = vec![Vec::new(); keys.len()];
        for run in runs {
            for row in 0..run.rows {
                let first = run.line + row * run.height;
                let places = (first..first + run.height).filter_map(|line| classes.places[line]);
                rows[run.pattern].push(
                    places
                        .flat_map(|(class, place)| {
                            &classes.fits[class as usize].cells[place as usize]
                        })
                        .copied()
                        .collect(),
                );
            }
        }
        let patterns = keys.iter().zip(rows).map(|(key, mut rows)| {
            let mut pattern = Pattern::default();
            for (i, &class) in key.iter().enumerate() {
                if i > 0 {
                    pattern.push_literal("\n");
                }
                for item in &classes.fits[class as usize].pattern.items {
                    match item {
                        pattern::Item::Literal(text) => pattern.push_literal(text),
                        field => pattern.items.push(field.clone()),
                    }
                }
            }
            if rows.len() < FEWEST_ROWS {
                return None;
            }
            fit::rules(&mut pattern, &mut rows, whole);
            let shared = pattern.to_string().len();
            let saved = shared.saturating_sub(6) * rows.len();
            (saved > 2 * shared).then_some((pattern, rows))
        });
        Self { patterns: patterns.collect() }
    }

    fn any(&self) -> bool {
        self.patterns.iter().any(Option::is_some)
    }

    fn write(self, lines: &[&str], runs: &[Run]) -> Encoded {
        let mut out = String::new();
        let mut number = 0;
        let mut numbers = Vec::new();
        for pattern in &self.patterns {
            number += usize::from(pattern.is_some());
            numbers.push(number);
            if let Some((pattern, _)) = pattern {
                // Writing to a String cannot fail.
                let _ = writeln!(out, "~{number}={pattern}");
            }
        }
        let hint = hint(&out);
        let mut writers: Vec<Option<Rowwise>> = self.patterns.iter().map(Rowwise::of).collect();
        let mut at = 0;
        let raw = |lines: &[&str], out: &mut String| {
            for line in lines {
                if line.starts_with('~') {
                    out.push('~');
                }
                out.push_str(line);
                out.push('\n');
            }
        };
        for run in runs {
            let Some(writer) = writers[run.pattern].as_mut() else { continue };
            raw(&lines[at..run.line], &mut out);
            at = run.line + run.height * run.rows;
            let number = numbers[run.pattern];
            let _ = if run.rows == 1 && !writer.without_cells() {
                write!(out, "~{number}:")
            } else {
                writeln!(out, "~{number} {}", run.rows)
            };
            for _ in 0..run.rows {
                writer.row(&mut out);
            }
        }
        raw(&lines[at..], &mut out);
        out.pop();
        Encoded { details: String::new(), hint: hint.into(), body: out }
    }
}

/// Writes the rows of one pattern, in order.
struct Rowwise<'p, 'a> {
    rules: Vec<Rule>,
    rows: std::slice::Iter<'p, Vec<&'a str>>,
    above: Option<&'p Vec<&'a str>>,
}

impl<'p, 'a> Rowwise<'p, 'a> {
    fn of(table: &'p Option<Table<'a>>) -> Option<Self> {
        let (pattern, rows) = table.as_ref()?;
        Some(Self { rules: pattern.rules().collect(), rows: rows.iter(), above: None })
    }

    fn without_cells(&self) -> bool {
        self.rules.is_empty()
    }

    /// Writes the next row with its line end; nothing if rows have no cells.
    fn row(&mut self, out: &mut String) {
        let Some(cells) = self.rows.next().filter(|_| !self.without_cells()) else { return };
        for (i, (&cell, rule)) in cells.iter().zip(&self.rules).enumerate() {
            let above = self.above.map_or("", |above| above[i]);
            let last = i + 1 == cells.len();
            match rule {
                Rule::Repeat if cell == above => push_cell("", last, out),
                Rule::Directory if !above.is_empty() && directory(cell) == directory(above) => {
                    push_cell(&format!("./{}", &cell[directory(cell).len()..]), last, out);
                }
                _ => push_cell(cell, last, out),
            }
        }
        out.push('\n');
        self.above = Some(cells);
    }
}

/// The hint for the reader: only the notation that the patterns (`definitions`) use.
fn hint(definitions: &str) -> String {
    let mut hint = String::from("~n=pattern, ~n N: N rows of cells for its <>");
    for (sign, meaning) in [
        ("^>", ", an empty cell for <^> repeats the row above"),
        ("/>", ", ./ in </> is the directory of the row above"),
    ] {
        if definitions.contains(sign) {
            hint.push_str(meaning);
        }
    }
    let counted = |(at, _)| definitions[..at].ends_with(|c: char| c == '<' || c.is_ascii_digit());
    if definitions.match_indices('+').any(counted) {
        hint.push_str(", <+1> counts the rows from 1");
    }
    hint
}

fn decode(body: &str, room: &mut Room) -> Result<String, ExpandError> {
    let mut lines = body.split('\n').peekable();
    let mut patterns = Vec::new();
    while let Some(definition) = lines.peek().and_then(|line| definition(line, patterns.len() + 1))
    {
        room.take(definition.len())?;
        patterns.push(Pattern::parse(definition)?);
        lines.next();
    }
    let mut fillers: Vec<Filler> = patterns.iter().map(Filler::new).collect();
    let mut out = String::new();
    while let Some(line) = lines.next() {
        let Some(control) = line.strip_prefix('~') else {
            room.take(line.len())?;
            out.extend([line, "\n"]);
            continue;
        };
        if control.starts_with('~') {
            room.take(control.len())?;
            out.extend([control, "\n"]);
            continue;
        }
        let digits = control.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = control.split_at(digits);
        let number: usize = number.parse().map_err(|_| malformed("the number of a pattern"))?;
        let filler = number.checked_sub(1).and_then(|n| fillers.get_mut(n));
        let filler = filler.ok_or(malformed("an unknown pattern"))?;
        if let Some(row) = rest.strip_prefix(':') {
            filler.fill(row, &mut out, room)?;
            out.push('\n');
            continue;
        }
        let rows = rest.strip_prefix(' ').and_then(|n| n.parse::<usize>().ok());
        for _ in 0..rows.ok_or(malformed("the number of rows"))? {
            let row = if filler.without_cells() { Some("") } else { lines.next() };
            filler.fill(row.ok_or(malformed("fewer rows than it says"))?, &mut out, room)?;
            room.take(1)?;
            out.push('\n');
        }
    }
    out.pop();
    Ok(out)
}

/// Parses the pattern that `line` defines, if it is the one with that number.
fn definition(line: &str, number: usize) -> Option<&str> {
    let (found, pattern) = line.strip_prefix('~')?.split_once('=')?;
    (found == number.to_string()).then_some(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn body(text: &str, columns: bool) -> String {
        let Encoded { body, .. } =
            Rows { columns, whole: false, named: &[] }.encode(text).expect("a proposal");
        assert_eq!(decode(&body, &mut Room::of(text)).as_deref(), Ok(text), "{body}");
        body
    }

    #[test]
    fn what_is_the_same_in_all_lines_stands_once() {
        let lines: Vec<String> = (0..6)
            .map(|i| {
                format!(
                    "08:00:0{i} INFO worker-{} took request id={:04x} ms={}",
                    i % 3,
                    i * 7919,
                    i * 9
                )
            })
            .collect();
        let text = format!("starts\n{}\nends", lines.join("\n"));
        insta::assert_snapshot!(body(&text, false));
    }

    #[test]
    fn columns_keep_their_padding() {
        let text = "total 9\n-rw-r--r-- 1 ann  dev   120 May  9 2026 a.py\n-rwxr-xr-x 1 bo   dev 13936 May 10 2026 with blanks.py\n-rw-r--r-- 1 anna dev     7 May 10 2026 c,d.py\n-rw-r--r-- 1 anna dev 1234567 May 10 2026 ~x";
        insta::assert_snapshot!(body(text, true));
    }

    #[test]
    fn records_of_several_lines_are_one_row() {
        let lines: Vec<String> = (1..9)
            .map(|i| {
                format!(
                    "# Subtest: n {}\nok {i} - n {}\n  ---\n  duration_ms: 0.{i}\n  ...",
                    i * 37,
                    i * 37
                )
            })
            .collect();
        insta::assert_snapshot!(body(&lines.join("\n"), false));
    }

    #[test]
    fn numbered_lines_are_counted() {
        let lines: Vec<String> =
            (98..=103).map(|i| format!("{i:6}\tlet x{i} = \"a, b\";")).collect();
        insta::assert_snapshot!(body(&lines.join("\n"), false));
    }

    #[test]
    fn directories_stand_once() {
        let text = "1 /usr/lib/python3/a.py\n4 /usr/lib/python3/b.py\n9 /usr/lib/python3/c.py\n3 /usr/lib/python3/x/d.py\n7 /usr/lib/python3/x/e.py";
        insta::assert_snapshot!(body(text, false));
    }

    #[test]
    fn whole_words_stand_as_they_were() {
        let line =
            |n: usize| format!("{} 4 -rw-r--r-- root ./src/deep/file-{n}.rs", 10_880_000 + n * 7);
        let text = (0..20).map(line).collect::<Vec<_>>().join("\n");
        let Encoded { body, .. } =
            Rows { columns: true, whole: true, named: &[] }.encode(&text).expect("a proposal");
        assert!(body.len() * 3 < text.len() * 2);
        for words in text.lines().map(|line| line.split(' ')) {
            assert!(words.into_iter().all(|word| body.contains(word)), "{body}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(lines in prop::collection::vec("[a-b1]{0,2}( {1,3}|,|\t)[~\"/a1]{0,3} {0,2}[x<\\\\]{0,2}(n=[0-9]{1,2})? ?", 3..30), columns: bool, whole: bool) {
            let text = lines.join("\n");
            if let Some(encoded) = (Rows { columns, whole, named: &[] }).encode(&text) {
                let decoded = decode(&encoded.body, &mut Room::of(&"x".repeat(9999)));
                prop_assert_eq!(decoded.as_deref(), Ok(text.as_str()), "{}", encoded.body);
            }
        }

        #[test]
        fn any_body_is_decoded_or_refused(body in "(~1=[<>^/+rl0-9\\\\a]{0,12}\n)?[~0-9a:,\"\n ]{0,40}") {
            let _ = decode(&body, &mut Room::of(&body));
        }
    }
}
