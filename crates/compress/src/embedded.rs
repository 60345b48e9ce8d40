//! Texts inside the strings of a JSON document: the output of a command in `{"output": …}`, a stack
//! trace in a record, the body of an issue. Each is compressed by its own kind, as it would be
//! outside, and escaped again in the style of its string.

use std::borrow::Cow;
use std::ops::Range;

use json_index::{Index, JsonEscapes, Kind, ValueId, lenient, unescape};

use crate::compressed::Omission;
use crate::cut::{self, InString};
use crate::lines::Lines;

/// The deepest nesting of documents in strings of documents. By hand, not measured.
pub(crate) const DEEPEST: usize = 4;
/// Shorter texts, in bytes, are kept: a marker would cost as much. By hand, not measured.
const SHORTEST: usize = 200;
/// Texts with fewer line ends are kept: there is no line to elide. By hand, not measured.
const FEWEST_LINE_ENDS: usize = 3;

/// The longest hint, in bytes: only its beginning matters. By hand, not measured.
const LONGEST_HINT: usize = 1024;
/// How many words of a command given as a list are read. By hand, not measured.
const MOST_WORDS: usize = 64;

/// Members that hold the content of a file, if its name is next to them.
const CONTENTS: [&str; 5] = ["content", "contents", "text", "source", "data"];
/// Members that hold a command's error output.
const COMPLAINTS: [&str; 5] = ["stderr", "error", "errors", "traceback", "stack"];

/// Whether a member with that name holds the command which wrote the texts next to it.
fn names_command(key: &str) -> bool {
    matches!(key, "command" | "cmd" | "script")
}

/// Whether a member with that name holds the name of the file whose content is next to it.
fn names_file(key: &str) -> bool {
    matches!(
        key,
        "file_path"
            | "filePath"
            | "path"
            | "absolute_path"
            | "target_file"
            | "filename"
            | "file"
            | "uri"
    )
}

/// A text inside a string.
pub(crate) struct Embedded {
    /// The bytes of the document inside the quotes.
    pub range: Range<usize>,
    /// The text, unescaped.
    pub text: String,
    /// How the string is escaped.
    pub escapes: JsonEscapes,
    /// The hint at its kind: from the document, or else the hint at the document.
    pub hint: Option<String>,
}

/// The texts inside the strings of the document that `lines` are, in order; `hint` is the hint at the document.
pub(crate) fn texts(lines: &Lines, hint: Option<&str>) -> Vec<Embedded> {
    let document = lines.text();
    let start = document.len() - document.trim_start().len();
    let document = document.trim();
    if let Some(InString { mended, gap }) = cut::in_string(document) {
        let json = lenient::scan(&mended);
        return json.map_or_else(Vec::new, |json| found(&json, document, start, Some(&gap), hint));
    }
    lines.json().map_or_else(Vec::new, |json| found(json, document, start, None, hint))
}

/// The texts inside the strings of `document`, which is indexed by `json`; that around `gap` is two.
fn found(
    json: &Index<'_>,
    document: &str,
    start: usize,
    gap: Option<&Range<usize>>,
    hint: Option<&str>,
) -> Vec<Embedded> {
    let is_long =
        |value: ValueId| json.kind(value) == Kind::String && json.range(value).len() >= SHORTEST;
    if !json.ids().any(is_long) {
        return Vec::new();
    }
    let mut finder = Finder { json, document, start, gap, found: Vec::new() };
    finder.value(json.root_id(), &Origin { command: hint.map(Into::into), file: None });
    finder.found
}

/// The hints that apply to an object and what is nested in it.
#[derive(Clone)]
struct Origin<'a> {
    command: Option<Cow<'a, str>>,
    /// Applies to the object itself only.
    file: Option<Cow<'a, str>>,
}

struct Finder<'j, 'a> {
    json: &'j Index<'a>,
    /// What the index is of, or the same with what an agent has put in the place of something cut out.
    document: &'j str,
    /// The length of the white space before the document.
    start: usize,
    /// What is in the place of that, and no part of a text.
    gap: Option<&'j Range<usize>>,
    found: Vec<Embedded>,
}

impl<'a> Finder<'_, 'a> {
    fn value(&mut self, value: ValueId, origin: &Origin<'a>) {
        let json = self.json;
        match json.kind(value) {
            Kind::String => self.string(value, origin.command.as_deref()),
            Kind::Array => {
                let inner = Origin { file: None, ..origin.clone() };
                json.children(value).for_each(|item| self.value(item, &inner));
            }
            Kind::Object => {
                let inner = self.origin(value, origin);
                for (key, member) in json.members(value) {
                    match json.kind(member) {
                        Kind::String => self.string(member, inner.of(key)),
                        _ => self.value(member, &inner),
                    }
                }
            }
            Kind::Null | Kind::Bool | Kind::Number => {}
        }
    }

    /// The hints in the members of `object`, or else those of the enclosing one.
    fn origin(&self, object: ValueId, outer: &Origin<'a>) -> Origin<'a> {
        let mut origin = Origin { command: None, file: None };
        for (key, member) in self.json.members(object) {
            if names_command(key) && origin.command.is_none() {
                origin.command = self.words(member);
            } else if names_file(key) && origin.file.is_none() {
                origin.file = self.words(member);
            }
        }
        origin.command = origin.command.or_else(|| outer.command.clone());
        origin
    }

    /// A string, or the words of a list; of `sh -c script` only the script.
    fn words(&self, value: ValueId) -> Option<Cow<'a, str>> {
        let said = |value: ValueId| self.json.string_source(value).and_then(unescape);
        let said = match self.json.kind(value) {
            Kind::Array => {
                let words: Vec<Cow<'a, str>> =
                    self.json.children(value).take(MOST_WORDS).map_while(said).collect();
                match &words[..] {
                    [shell, flag, script] if shell.ends_with("sh") && flag.starts_with('-') => {
                        script.clone()
                    }
                    words => words.join(" ").into(),
                }
            }
            _ => said(value)?,
        };
        let end = said.floor_char_boundary(LONGEST_HINT);
        (end > 0).then(|| if end == said.len() { said } else { said[..end].to_owned().into() })
    }

    fn string(&mut self, value: ValueId, hint: Option<&str>) {
        let range = self.json.range(value);
        let (start, end) = (range.start + 1, range.end - 1);
        match self.gap.filter(|gap| start <= gap.start && gap.end <= end) {
            Some(gap) => {
                self.written(start..gap.start, hint);
                self.written(gap.end..end, hint);
            }
            None => self.written(start..end, hint),
        }
    }

    /// A string, or a part of one, as it is written at `range`.
    fn written(&mut self, range: Range<usize>, hint: Option<&str>) {
        let Some(written) = self.document.get(range.clone()).filter(|text| text.len() >= SHORTEST)
        else {
            return;
        };
        let Some(text) = unescape(written).filter(|text| is_text(text)) else { return };
        let Some(escapes) = JsonEscapes::of(written, &text) else { return };
        self.found.push(Embedded {
            range: self.start + range.start..self.start + range.end,
            text: text.into_owned(),
            escapes,
            hint: hint.map(str::to_owned),
        });
    }
}

impl Origin<'_> {
    /// The hint for the string under `key`.
    fn of(&self, key: &str) -> Option<&str> {
        match &self.file {
            _ if COMPLAINTS.contains(&key) => None,
            Some(file) if CONTENTS.contains(&key) => Some(file),
            _ => self.command.as_deref(),
        }
    }
}

/// Whether a string holds several lines, or a document.
fn is_text(text: &str) -> bool {
    text.len() >= SHORTEST
        && (memchr::memchr_iter(b'\n', text.as_bytes()).nth(FEWEST_LINE_ENDS - 1).is_some()
            || text.trim_start().starts_with(['{', '[']))
}

/// A document with omissions in its texts, under construction.
#[derive(Default)]
pub(crate) struct EmbeddedResult {
    pub text: String,
    pub omissions: Vec<Omission>,
    /// How many bytes of the document have been copied to `text`.
    at: usize,
}

impl EmbeddedResult {
    /// Appends `document` up to `embedded`, and `text` with its `omissions` in place of it, on
    /// `line` of the document.
    pub(crate) fn add(
        &mut self,
        document: &str,
        embedded: &Embedded,
        (text, omissions): (&str, Vec<Omission>),
        line: usize,
    ) {
        self.text.push_str(&document[self.at..embedded.range.start]);
        self.at = embedded.range.end;
        let mut done = 0;
        let mut write = |to: usize, out: &mut String| {
            out.push_str(&embedded.escapes.write(&text[done..to]));
            done = to;
            out.len()
        };
        for mut omission in omissions {
            let start = write(omission.at.start, &mut self.text);
            omission.at = start..write(omission.at.end, &mut self.text);
            omission.lines = (line, line);
            omission.escapes.push(embedded.escapes);
            self.omissions.push(omission);
        }
        write(text.len(), &mut self.text);
    }

    /// The finished document, if filling its omissions restores `document`.
    pub(crate) fn finish(mut self, document: &str) -> Option<(String, Vec<Omission>)> {
        if self.omissions.is_empty() {
            return None;
        }
        self.text.push_str(&document[self.at..]);
        let mut restored = String::with_capacity(document.len());
        let mut at = 0;
        for omission in &self.omissions {
            restored.push_str(self.text.get(at..omission.at.start)?);
            restored.push_str(&omission.written());
            at = omission.at.end;
        }
        restored.push_str(self.text.get(at..)?);
        (restored == document).then_some((self.text, self.omissions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text of several lines, and its hint.
    fn hints(document: &str, hint: Option<&str>) -> Vec<(char, Option<String>)> {
        let document = document.replace("TEXT", &"x\\n".repeat(100));
        let first = |embedded: &Embedded| {
            let before = document[..embedded.range.start].trim_end_matches('"');
            before.chars().rev().find(char::is_ascii_alphabetic).unwrap_or(' ')
        };
        let lines = Lines::with_json(&document, lenient::scan(&document));
        texts(&lines, hint).into_iter().map(|one| (first(&one), one.hint)).collect()
    }

    #[test]
    fn texts_are_found_at_any_depth() {
        let found = hints(r#" {"a": [{"b": {"c": "TEXT"}}, "TEXT"], "d": "x", "e": "TEXT"}"#, None);
        let keys: String = found.iter().map(|(key, _)| *key).collect();
        assert_eq!(keys.len(), 3);
        assert!(hints("[1, 2]", None).is_empty() && hints("TEXT", None).is_empty());
        assert_eq!(hints("{\"a\": \"TEXT\"}\n{\"b\": \"TEXT\"}\n", None).len(), 2);
    }

    #[test]
    fn the_document_says_what_wrote_a_text() {
        for (document, hint, expected) in [
            (r#"{"a": "TEXT"}"#, Some("ls -l"), Some("ls -l")),
            (r#"{"command": "git log", "a": "TEXT"}"#, Some("ls -l"), Some("git log")),
            (r#"{"a": "TEXT", "cmd": ["bash", "-lc", "cargo test"]}"#, None, Some("cargo test")),
            (r#"{"cmd": ["git", "log"], "result": {"a": "TEXT"}}"#, None, Some("git log")),
            (r#"{"path": "a.py", "content": "TEXT"}"#, None, Some("a.py")),
            (r#"{"path": "a.py", "a": "TEXT"}"#, None, None),
            (r#"{"path": "a.py", "traceback": "TEXT"}"#, Some("ls"), None),
            (r#"{"command": "cat a.py", "stderr": "TEXT"}"#, None, None),
            (r#"{"command": "", "a": "TEXT"}"#, None, None),
            (r#"{"command": 7, "path": [], "content": "TEXT"}"#, None, None),
        ] {
            let found = hints(document, hint);
            assert_eq!(found.len(), 1, "{document}");
            assert_eq!(found[0].1.as_deref(), expected, "{document}");
        }
    }
}
