//! An index of a JSON document by byte ranges, so that the notation of numbers, escapes, and the
//! order and duplication of keys are preserved. Values are not interpreted beyond that.

pub(crate) mod table;
pub(crate) mod text;

use std::ops::Range;

/// The deepest nesting; deeper text isn't treated as JSON.
const DEEPEST: usize = 100;

/// A truncated document may be followed by at most this many bytes that aren't JSON, such as a
/// remark about the truncation.
const LONGEST_REST: usize = 300;

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    Array,
    String,
    /// A number, `true`, `false`, `null`, and the `NaN` and `Infinity` that some programs write.
    Atom,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    kind: Kind,
    start: u32,
    end: u32,
    /// The index of the next node that isn't inside this one.
    next: u32,
}

/// The index of a value in its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Value(u32);

/// One document, or JSON Lines, which are treated as one array.
#[derive(Debug)]
pub(crate) struct Json<'a> {
    text: &'a str,
    nodes: Vec<Node>,
}

impl<'a> Json<'a> {
    /// Parses `text` as one document, surrounded by white space.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut parser = Parser::new(text)?;
        parser.blanks();
        parser.value(0)?;
        parser.blanks();
        (parser.at == text.len()).then_some(Self { text, nodes: parser.nodes })
    }

    /// Parses `text` as JSON Lines of objects or arrays.
    pub(crate) fn parse_lines(text: &'a str) -> Option<Self> {
        let mut parser = Parser::new(text)?;
        parser.push(Kind::Array, 0);
        loop {
            matches!(parser.peek()?, b'{' | b'[').then_some(())?;
            let start = parser.at;
            parser.value(1)?;
            memchr::memchr(b'\n', &text.as_bytes()[start..parser.at]).is_none().then_some(())?;
            match parser.peek() {
                None => break,
                Some(b'\n') => parser.at += 1,
                Some(_) => return None,
            }
        }
        parser.close(0);
        Some(Self { text, nodes: parser.nodes })
    }

    /// Parses `text` in any of these ways, or as the beginning of a truncated document, whose last,
    /// broken value is dropped.
    pub(crate) fn parse_any(text: &'a str) -> Option<Self> {
        let text = text.trim();
        text.starts_with(['{', '[']).then_some(())?;
        Self::parse(text).or_else(|| Self::parse_lines(text)).or_else(|| Self::parse_cut(text))
    }

    fn parse_cut(text: &'a str) -> Option<Self> {
        let mut parser = Parser::new(text)?;
        if parser.value(0).is_some() {
            return None;
        }
        let rest = text.len() - parser.at;
        let in_string =
            parser.nodes.last().is_some_and(|node| node.next == 0 && node.kind == Kind::String);
        let at_end = in_string && memchr::memchr(b'\n', &text.as_bytes()[parser.at..]).is_none();
        (rest <= LONGEST_REST || at_end).then_some(())?;
        parser.close_all();
        Some(Self { text, nodes: parser.nodes })
    }

    /// The length of the value at the beginning of `text`.
    pub(crate) fn value_length(text: &str) -> Option<usize> {
        let mut parser = Parser::new(text)?;
        parser.value(0)?;
        Some(parser.at)
    }

    pub(crate) fn root(&self) -> Value {
        Value(0)
    }

    pub(crate) fn kind(&self, value: Value) -> Kind {
        self.nodes[value.0 as usize].kind
    }

    /// The value as it is written, quotes included.
    pub(crate) fn raw(&self, value: Value) -> &'a str {
        &self.text[self.range(value)]
    }

    /// Where the value is written.
    pub(crate) fn range(&self, value: Value) -> Range<usize> {
        let node = self.nodes[value.0 as usize];
        node.start as usize..node.end as usize
    }

    /// The inside of a string as it is written; `None` for any other value.
    pub(crate) fn written(&self, value: Value) -> Option<&'a str> {
        match self.kind(value) {
            Kind::String => self.raw(value).strip_prefix('"')?.strip_suffix('"'),
            _ => None,
        }
    }

    /// The text after the last complete value of a truncated document.
    pub(crate) fn rest(&self) -> &'a str {
        &self.text[self.range(self.root()).end..]
    }

    /// The elements of an array; for an object, its keys and values alternately.
    pub(crate) fn children(&self, value: Value) -> impl Iterator<Item = Value> {
        let end = self.nodes[value.0 as usize].next;
        let mut at = value.0 + 1;
        std::iter::from_fn(move || {
            (at < end).then(|| {
                let child = Value(at);
                at = self.nodes[at as usize].next;
                child
            })
        })
    }

    /// The members of an object: keys as written without their quotes, and values.
    pub(crate) fn members(&self, value: Value) -> impl Iterator<Item = (&'a str, Value)> {
        let mut children = self.children(value);
        std::iter::from_fn(move || {
            let key = self.raw(children.next()?);
            Some((&key[1..key.len() - 1], children.next()?))
        })
    }

    /// Writes `value` to `out` minified.
    pub(crate) fn minify(&self, value: Value, out: &mut String) {
        self.write(value, &Style::COMPACT, 0, out);
    }

    /// An upper bound of the bytes that the document takes in `style`.
    pub(crate) fn written_length(&self, style: &Style) -> usize {
        let mut open: Vec<u32> = Vec::new();
        let mut length = self.text.len();
        for (index, node) in self.nodes.iter().enumerate() {
            while open.last().is_some_and(|&end| end as usize <= index) {
                open.pop();
            }
            length += 2 * (style.indent_length(open.len()) + 2);
            if matches!(node.kind, Kind::Object | Kind::Array) {
                open.push(node.next);
            }
        }
        length
    }

    /// Writes `value` to `out` with the white space of `style`.
    pub(crate) fn write(&self, value: Value, style: &Style, depth: usize, out: &mut String) {
        let kind = self.kind(value);
        let (open, close) = match kind {
            Kind::Object => ('{', '}'),
            Kind::Array => ('[', ']'),
            Kind::String | Kind::Atom => return out.push_str(self.raw(value)),
        };
        let lines = style.layout == Layout::JsonLines && depth == 0;
        let mut children = self.children(value).peekable();
        if !lines {
            out.push(open);
        }
        let empty = children.peek().is_none();
        let mut first = true;
        while let Some(child) = children.next() {
            if !first && !lines {
                out.push(',');
            }
            style.before_item(depth, first, out);
            first = false;
            self.write(child, style, depth + 1, out);
            if kind == Kind::Object {
                out.push_str(if style.spaced_colon { ": " } else { ":" });
                if let Some(member) = children.next() {
                    self.write(member, style, depth + 1, out);
                }
            }
        }
        if !empty {
            style.before_close(depth, out);
        }
        if !lines {
            out.push(close);
        }
    }
}

/// How the items of an array or object are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// On one line.
    Inline,
    /// On a line each, indented by this many spaces per level.
    Spaces(u8),
    /// On a line each, indented by a tab per level.
    Tabs,
    /// Those of the root on a line each without indentation, the rest on one line.
    Rows,
    /// JSON Lines.
    JsonLines,
}

/// The formatting of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    layout: Layout,
    spaced_comma: bool,
    spaced_colon: bool,
}

impl Style {
    pub(crate) const COMPACT: Self =
        Self { layout: Layout::Inline, spaced_comma: false, spaced_colon: false };

    /// The style that `json` seems to be written in; the caller has to verify it by writing and
    /// comparing.
    pub(crate) fn of(json: &Json, lines: bool) -> Self {
        let text = json.text;
        let members = json.nodes.iter().find(|n| n.kind == Kind::Object && n.end - n.start > 2);
        let spaced_colon = members.is_some_and(|object| {
            let after = json.nodes[json.index_after(object)].end as usize;
            text[after..].starts_with(": ")
        });
        let inline = |text: &str| Self {
            layout: Layout::Inline,
            spaced_comma: first_comma(json).is_some_and(|at| text[at..].starts_with(", ")),
            spaced_colon,
        };
        if lines {
            return Self { layout: Layout::JsonLines, ..inline(text) };
        }
        let Some(root) = json.nodes.first().filter(|root| root.next > 1) else {
            return inline(text);
        };
        let gap = &text[root.start as usize + 1..json.nodes[1].start as usize];
        let layout = match gap.strip_prefix('\n') {
            Some("\t") => Layout::Tabs,
            Some(blanks) if !blanks.is_empty() => Layout::Spaces(blanks.len().min(16) as u8),
            _ if text[..root.end as usize].contains('\n') => Layout::Rows,
            _ => return inline(text),
        };
        let spaced_comma = layout == Layout::Rows && inline(text).spaced_comma;
        Self { layout, spaced_comma, spaced_colon }
    }

    fn indent_length(&self, depth: usize) -> usize {
        match self.layout {
            Layout::Spaces(n) => usize::from(n) * depth,
            Layout::Tabs => depth,
            _ => 0,
        }
    }

    fn before_item(&self, depth: usize, first: bool, out: &mut String) {
        match self.layout {
            Layout::Spaces(n) => indent(' ', usize::from(n) * (depth + 1), out),
            Layout::Tabs => indent('\t', depth + 1, out),
            Layout::Rows | Layout::JsonLines if depth == 0 => {
                if !first {
                    out.push('\n');
                }
            }
            _ if first || !self.spaced_comma => {}
            _ => out.push(' '),
        }
    }

    fn before_close(&self, depth: usize, out: &mut String) {
        match self.layout {
            Layout::Spaces(n) => indent(' ', usize::from(n) * depth, out),
            Layout::Tabs => indent('\t', depth, out),
            _ => {}
        }
    }

    /// The style as parameters of a codec's header.
    pub(crate) fn details(&self) -> String {
        let mut words = match self.layout {
            Layout::Inline => "inline".to_owned(),
            Layout::Spaces(n) => format!("indent={n}"),
            Layout::Tabs => "indent=tab".to_owned(),
            Layout::Rows => "rows".to_owned(),
            Layout::JsonLines => "lines".to_owned(),
        };
        for (set, word) in [(self.spaced_comma, " comma"), (self.spaced_colon, " colon")] {
            if set {
                words.push_str(word);
            }
        }
        words
    }

    /// Parses what [`Style::details`] writes.
    pub(crate) fn from_details(details: &str) -> Option<Self> {
        let mut words = details.split(' ');
        let layout = match words.next()? {
            "inline" => Layout::Inline,
            "indent=tab" => Layout::Tabs,
            "rows" => Layout::Rows,
            "lines" => Layout::JsonLines,
            word => {
                Layout::Spaces(word.strip_prefix("indent=")?.parse().ok().filter(|n| *n <= 16)?)
            }
        };
        let mut style = Self { layout, spaced_comma: false, spaced_colon: false };
        for word in words {
            match word {
                "comma" => style.spaced_comma = true,
                "colon" => style.spaced_colon = true,
                _ => return None,
            }
        }
        Some(style)
    }

    /// Whether it is JSON Lines.
    pub(crate) fn is_lines(&self) -> bool {
        self.layout == Layout::JsonLines
    }
}

/// The position of the first comma on one line with its items.
fn first_comma(json: &Json) -> Option<usize> {
    let bytes = json.text.as_bytes();
    json.nodes
        .iter()
        .map(|n| n.end as usize)
        .find(|&end| bytes.get(end) == Some(&b',') && !matches!(bytes.get(end + 1), Some(b'\n')))
}

fn indent(blank: char, count: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n(blank, count));
}

impl Json<'_> {
    /// The index of the first node inside `object`, which is not empty.
    fn index_after(&self, object: &Node) -> usize {
        // Nodes are ordered by their start, so the first one that starts later is inside.
        self.nodes.partition_point(|n| n.start <= object.start)
    }
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Option<Self> {
        u32::try_from(text.len()).ok()?;
        Some(Self { text, bytes: text.as_bytes(), at: 0, nodes: Vec::new() })
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn push(&mut self, kind: Kind, start: usize) -> usize {
        self.nodes.push(Node { kind, start: start as u32, end: 0, next: 0 });
        self.nodes.len() - 1
    }

    fn close(&mut self, node: usize) {
        self.nodes[node].end = self.at as u32;
        self.nodes[node].next = self.nodes.len() as u32;
    }

    /// Closes the open arrays and objects, and drops the incomplete value.
    fn close_all(&mut self) {
        let broken = |node: &Node| node.next == 0 && matches!(node.kind, Kind::String | Kind::Atom);
        if self.nodes.last().is_some_and(broken) {
            self.nodes.pop();
        }
        for index in
            (0..self.nodes.len()).rev().filter(|&i| self.nodes[i].next == 0).collect::<Vec<_>>()
        {
            let mut children = Vec::new();
            let mut at = index + 1;
            while at < self.nodes.len() {
                children.push(at);
                at = self.nodes[at].next as usize;
            }
            if self.nodes[index].kind == Kind::Object && children.len() % 2 == 1 {
                // A key whose value is missing.
                self.nodes.truncate(children.pop().unwrap_or(index + 1));
            }
            let end =
                children.last().map_or(self.nodes[index].start + 1, |&last| self.nodes[last].end);
            self.nodes[index].end = end;
            self.nodes[index].next = self.nodes.len() as u32;
        }
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        let kind = match self.peek()? {
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            b'"' => Kind::String,
            _ => Kind::Atom,
        };
        let node = self.push(kind, self.at);
        match kind {
            Kind::String => self.string()?,
            Kind::Atom => self.atom()?,
            Kind::Object | Kind::Array => self.items(kind, depth)?,
        }
        self.close(node);
        Some(())
    }

    fn items(&mut self, kind: Kind, depth: usize) -> Option<()> {
        let close = if kind == Kind::Object { b'}' } else { b']' };
        (depth < DEEPEST).then_some(())?;
        self.at += 1;
        self.blanks();
        if self.peek()? == close {
            self.at += 1;
            return Some(());
        }
        loop {
            if kind == Kind::Object {
                (self.peek()? == b'"').then_some(())?;
                self.value(depth + 1)?;
                self.blanks();
                (self.peek()? == b':').then_some(())?;
                self.at += 1;
                self.blanks();
            }
            self.value(depth + 1)?;
            self.blanks();
            let found = self.peek()?;
            self.at += 1;
            match found {
                b',' => self.blanks(),
                _ if found == close => return Some(()),
                _ => return None,
            }
        }
    }

    fn string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            let rest = &self.bytes[self.at..];
            let offset = rest.iter().position(|&b| matches!(b, b'"' | b'\\') || b < 0x20)?;
            self.at += offset + 1;
            match rest[offset] {
                b'"' => return Some(()),
                b'\\' => {
                    let escaped = self.peek()?;
                    matches!(
                        escaped,
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u'
                    )
                    .then_some(())?;
                    self.at += 1;
                }
                _ => return None,
            }
        }
    }

    fn atom(&mut self) -> Option<()> {
        let rest = &self.text[self.at..];
        for word in ["true", "false", "null", "NaN", "Infinity", "-Infinity"] {
            if rest.starts_with(word) {
                self.at += word.len();
                return Some(());
            }
        }
        self.at += usize::from(self.peek() == Some(b'-'));
        match self.digits()? {
            1 => {}
            _ if rest.trim_start_matches('-').starts_with('0') => return None,
            _ => {}
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<usize> {
        let count = self.bytes[self.at..].iter().take_while(|b| b.is_ascii_digit()).count();
        self.at += count;
        (count > 0).then_some(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_in_a_style_is_written_again() {
        for text in [
            "{\"a\":1,\"b\":[1,2]}",
            "{\"a\": 1, \"b\": [1, 2]}",
            "{\n  \"a\": 1.0,\n  \"b\": [\n    {},\n    []\n  ]\n}",
            "[\n\t1e400,\n\t{\n\t\t\"a\": \"\\u00e9\"\n\t}\n]",
            "[{\"a\":1,\"b\":2},\n{\"a\":1,\"b\":3}]",
            "[{\"a\": 1, \"b\": 2},\n{\"a\": 1, \"b\": 3}]",
        ] {
            let json = Json::parse(text).unwrap();
            let style = Style::of(&json, false);
            let mut out = String::new();
            json.write(json.root(), &style, 0, &mut out);
            assert_eq!(out, text, "{style:?}");
            assert_eq!(Style::from_details(&style.details()), Some(style));
        }
    }

    #[test]
    fn documents_on_a_line_each() {
        let text = "{\"a\": 1}\n{\"a\": 2}\n[]";
        let json = Json::parse_lines(text).unwrap();
        let mut out = String::new();
        json.write(json.root(), &Style::of(&json, true), 0, &mut out);
        assert_eq!(out, text);
        assert!(Json::parse_lines("{\n}\n{}").is_none());
    }

    #[test]
    fn a_document_that_was_cut_off() {
        for (text, left) in [
            (r#"{"a": [1, 2, {"b": "unfini"#, r#"{"a":[1,2,{}]}"#),
            (r#"[{"a": 1}, {"a": 2, "b""#, r#"[{"a":1},{"a":2}]"#),
            (r#"[{"a": 1}, {"a": tr"#, r#"[{"a":1},{}]"#),
            ("[1, 2,\n... (12 more)", "[1,2]"),
        ] {
            let json = Json::parse_any(text).unwrap();
            let mut out = String::new();
            json.minify(json.root(), &mut out);
            assert_eq!(out, left);
        }
        assert!(
            Json::parse_any("[this is no JSON at all]").is_none_or(|json| json.nodes.len() == 1)
        );
    }

    #[test]
    fn what_is_no_json() {
        for text in ["", "{", "[1,]", "{\"a\"}", "01", "1.", "\"\n\"", "\"\\x\"", "[1] 2", "{a:1}"]
        {
            assert!(Json::parse(text).is_none(), "{text}");
        }
        assert!(Json::parse(&"[".repeat(1_000_000)).is_none());
    }
}
