//! A reader of the compressed text alone can answer questions about it: for every codec, a few lines of
//! code that know no more than its header says, and 200 questions with known answers.

use std::collections::HashMap;

use compress::{Options, Retrieval, compress};
use proptest::prelude::*;
use proptest::sample::select;

/// `text` encoded by `codec`, without the header.
fn body(text: &str, kind: &str, codec: &str) -> String {
    let options =
        Options { kind: Some(kind.to_owned()), retrieval: Retrieval::None, ..Options::default() };
    let result = compress(text, &options);
    assert_eq!(result.transforms, [format!("{codec}/1")], "{text}");
    result.text.split_once('\n').expect("a body").1.to_owned()
}

/// The value at a row and a column of table `@1`.
fn in_table(body: &str, row: usize, column: &str) -> String {
    let mut lines = body.lines().skip_while(|line| !line.starts_with("@1 "));
    let header = lines.next().and_then(|line| line.split_once(": ")).expect("a header").1;
    let cells: Vec<&str> = lines.nth(row).expect("the row").split(',').collect();
    let mut at = 0;
    for title in header.split(',') {
        let name = title.split(['=', '?', '^', ':']).next().unwrap_or("");
        let rest = &title[name.len()..];
        if let Some(constant) = rest.strip_prefix('=') {
            if name == column {
                return constant.trim_matches('"').to_owned();
            }
            continue;
        }
        if name == column {
            let said = rest.split_once('"').and_then(|(_, said)| said.split_once('"'));
            return match (cells[at], &rest.get(..1)) {
                ("", Some("?")) => rest[2..].trim_matches('"').to_owned(),
                (cell, Some("^")) => format!("{}{cell}", said.map_or("", |(begins, _)| begins)),
                (cell, _) => cell.to_owned(),
            };
        }
        at += 1;
    }
    panic!("no column {column} in {header}")
}

/// The `n`-th line of the rows, by filling its cells into the pattern.
fn nth_row(body: &str, n: usize) -> String {
    let mut patterns = HashMap::new();
    let (mut lines, mut seen) = (body.lines().peekable(), 0);
    while let Some(line) = lines.next() {
        let control = line.strip_prefix('~');
        let defined = control.and_then(|control| control.split_once('='));
        if let Some((name, pattern)) = defined {
            patterns.insert(name.to_owned(), pattern.to_owned());
        } else if let Some((name, count)) = control.and_then(|control| control.split_once(' ')) {
            let mut above: Vec<String> = Vec::new();
            for index in 0..count.parse().expect("a count") {
                let row = written(&patterns[name], lines.next().expect("a row"), index, &mut above);
                if seen == n {
                    return row;
                }
                seen += 1;
            }
        } else {
            if seen == n {
                return line.to_owned();
            }
            seen += 1;
        }
    }
    panic!("no line {n}")
}

/// The row at `index` of its pattern, with its cells filled in. `above` has the cells of the
/// previous row, which an empty cell of `<^>` repeats.
fn written(pattern: &str, row: &str, index: usize, above: &mut Vec<String>) -> String {
    let mut cells = row.split(',').map(str::to_owned);
    let mut pieces = pattern.split('<');
    let mut out = pieces.next().unwrap_or("").to_owned();
    let mut values = Vec::new();
    for piece in pieces {
        let (field, literal) = piece.split_once('>').expect("a field");
        match field.strip_prefix('+').and_then(|from| from.parse::<usize>().ok()) {
            Some(from) => out.push_str(&(from + index).to_string()),
            None => {
                let cell = cells.next().expect("a cell");
                let repeats = cell.is_empty() && field.ends_with('^');
                let value = if repeats { above[values.len()].clone() } else { cell };
                out.push_str(&value);
                values.push(value);
            }
        }
        out.push_str(literal);
    }
    *above = values;
    out
}

/// The results: path, line number and text.
fn findings(body: &str) -> Vec<(String, u32, String)> {
    let (mut names, mut shared, mut path) = (HashMap::new(), String::new(), String::new());
    let mut found = Vec::new();
    for line in body.lines() {
        if let Some((name, text)) = line.strip_prefix('~').and_then(|line| line.split_once('=')) {
            match name {
                "0" => shared = text.to_owned(),
                _ => drop(names.insert(name.to_owned(), text.to_owned())),
            }
        } else if line.starts_with(|c: char| c.is_ascii_digit()) {
            let (numbers, text) = line.split_once(':').expect("a match");
            let text = text.strip_prefix('~').map_or(text, |name| &*names[name]);
            for number in numbers.split(',') {
                found.push((path.clone(), number.parse().expect("a line"), text.to_owned()));
            }
        } else {
            path = match line.strip_prefix("./") {
                Some(name) => format!("{}{name}", &path[..=path.rfind('/').expect("a folder")]),
                None => format!("{shared}{line}"),
            };
        }
    }
    found
}

/// Decodes what the codec `repeats` wrote.
fn repeated(body: &str) -> Vec<String> {
    let (mut named, mut out): (HashMap<String, (usize, usize)>, Vec<String>) = Default::default();
    for line in body.lines() {
        let Some(control) = line.strip_prefix('~') else {
            out.push(line.to_owned());
            continue;
        };
        if let Some(times) = control.strip_prefix('×') {
            let above = out.last().expect("a line").clone();
            out.extend(vec![above; times.parse().expect("a count")]);
            continue;
        }
        let (name, range) = control.split_once(' ').unwrap_or((control, ""));
        match (named.get(name).copied(), range.split_once('-')) {
            (None, _) => {
                named.insert(name.to_owned(), (out.len(), range.parse().expect("a length")));
            }
            (Some((start, length)), None) => out.extend_from_within(start..start + length),
            (Some((start, _)), Some((first, last))) => {
                let at = |n: &str| start + n.parse::<usize>().expect("a line");
                out.extend_from_within(at(first) - 1..at(last));
            }
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_value_at_a_row_and_a_column(
        rows in prop::collection::vec((0u32..99_999, "[a-z]{3,9}", 0u8..30), 24..40),
        row in 0usize..24,
        column in select(vec!["id", "user.name", "state", "url"]),
    ) {
        let written: Vec<String> = rows.iter().map(|(id, name, state)| {
            let state = if *state == 0 { "lost" } else { "open" };
            format!("{{\"id\": {id}, \"user\": {{\"name\": \"{name}\"}}, \"state\": \"{state}\", \"url\": \"https://example.org/{name}/{id}\"}}")
        }).collect();
        let (id, name, state) = &rows[row];
        let answer = match column {
            "id" => id.to_string(),
            "user.name" => name.clone(),
            "state" => if *state == 0 { "lost" } else { "open" }.to_owned(),
            _ => format!("https://example.org/{name}/{id}"),
        };
        let body = body(&format!("[{}]", written.join(", ")), "json", "json");
        prop_assert_eq!(in_table(&body, row, column), answer, "{}", body);
    }

    #[test]
    fn the_nth_line_of_a_log(
        values in prop::collection::vec((10u32..60, 0u32..7, 100u32..999), 20..40),
        line in 0usize..20,
    ) {
        let lines: Vec<String> = values.iter().enumerate().map(|(n, (second, worker, took))| {
            format!("2026-03-01T08:{:02}:{second}Z INFO worker-{worker} handled a request of the customer ms={took}", n % 60)
        }).collect();
        let body = body(&(lines.join("\n") + "\n"), "log", "rows");
        prop_assert_eq!(nth_row(&body, line), lines[line].as_str(), "{}", body);
    }

    #[test]
    fn where_something_was_found(
        places in prop::collection::vec((select(vec!["a.py", "b/c.py", "b/d.py", "e.py"]), select(vec!["def close(self):", "self.close()", "return None, None"])), 24..50),
        asked in 0usize..24,
    ) {
        let mut places = places;
        places.sort();
        let found: Vec<(String, u32, String)> = places.iter().zip(1..)
            .map(|((path, text), number)| (format!("./src/books/{path}"), number * 3, format!("    {text}")))
            .collect();
        let text: String = found.iter().map(|(p, n, t)| format!("{p}:{n}:{t}\n")).collect();
        let read = findings(&body(&text, "search", "search"));
        prop_assert!(read.contains(&found[asked]), "{:?}", found[asked]);
        prop_assert_eq!(read.len(), found.len());
    }

    #[test]
    fn which_folder_a_file_is_in(
        paths in prop::collection::btree_set(("(tests/integration/ledger|src/books/internal|docs)", "[a-z]{4,9}\\.py"), 30..60),
        asked in 0usize..30,
    ) {
        let text: String = paths.iter().map(|(folder, name)| format!("{folder}/{name}\n")).collect();
        let body = body(&text, "search", "paths");
        let (folder, name) = paths.iter().nth(asked).expect("a path");
        let said = body.lines().any(|line| {
            line.strip_prefix(&format!("{folder}/: ")).is_some_and(|names| names.split(' ').any(|n| n == name))
        });
        prop_assert!(said, "{folder} {name}\n{body}");
    }

    #[test]
    fn what_stands_under_the_nth_failure(
        failures in prop::collection::vec(0usize..3, 8..16),
        asked in 0usize..8,
    ) {
        let frames = |kind: usize| (0..6).map(move |n| {
            format!("  File \"/srv/books/module_{kind}.py\", line {}, in function_{n}", 10 * kind + n)
        });
        let lines: Vec<String> = failures.iter().enumerate().flat_map(|(n, &kind)| {
            std::iter::once(format!("ERROR the job {n} failed")).chain(frames(kind))
        }).collect();
        let read = repeated(&body(&(lines.join("\n") + "\n"), "trace", "repeats"));
        let heading = format!("ERROR the job {asked} failed");
        let at = read.iter().position(|line| *line == heading).expect("the failure");
        prop_assert_eq!(&read[at + 1..at + 7], &frames(failures[asked]).collect::<Vec<_>>()[..]);
    }
}

/// U+FEFF is a byte order mark only as the first character; elsewhere it would break the line.
#[test]
fn a_byte_order_mark_stays_first() {
    let function = |n: usize| {
        let body: String =
            (0..30).map(|i| format!("    total_{i} = rows_{n}[{i}] * 3\n")).collect();
        format!("def report_{n}(rows_{n}):\n{body}    return total_1\n\n")
    };
    let code: String = (0..30).map(function).collect();
    let log: String =
        (0..400).map(|n| format!("2026-01-02 INFO worker {n} took {} ms\n", n % 7)).collect();
    let table: String = (0..200).map(|n| format!("{n},name {n},{}\n", n % 3)).collect();
    let json: String =
        (0..200).map(|n| format!("{{\"id\":{n},\"name\":\"x\",\"ok\":true}}\n")).collect();
    let prose = "The quick brown fox jumps over the lazy dog. ".repeat(200);
    for (kind, text) in [
        ("prices.py", &code),
        ("docker logs w", &log),
        ("a.csv", &table),
        ("a.jsonl", &json),
        ("a.md", &prose),
    ] {
        for retrieval in [Retrieval::Offered, Retrieval::None] {
            let options = Options { kind: Some(kind.to_owned()), retrieval, ..Options::default() };
            let marked = format!("\u{feff}{text}");
            let result = compress(&marked, &options);
            assert_eq!(result.text.rfind('\u{feff}'), Some(0), "{kind}");
            assert_eq!(result.text[3..], compress(text, &options).text, "{kind}");
            assert_eq!(result.restore().expect("ours"), marked, "{kind}");
        }
    }
}
