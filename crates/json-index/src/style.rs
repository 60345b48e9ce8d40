//! Writing an indexed document again, in one of the layouts that programs write JSON in.

use crate::index::{Index, Kind, Node, ValueId};

/// How the items of an array or object are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
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
pub struct Style {
    layout: Layout,
    spaced_comma: bool,
    spaced_colon: bool,
}

impl Style {
    /// Without any white space.
    pub const COMPACT: Self =
        Self { layout: Layout::Inline, spaced_comma: false, spaced_colon: false };

    /// The style that `json` seems to be written in; the caller has to verify it by writing and
    /// comparing.
    pub fn of(json: &Index<'_>, lines: bool) -> Self {
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
    pub fn details(&self) -> String {
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
    pub fn from_details(details: &str) -> Option<Self> {
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
    pub fn is_lines(&self) -> bool {
        self.layout == Layout::JsonLines
    }
}

/// The position of the first comma on one line with its items.
fn first_comma(json: &Index<'_>) -> Option<usize> {
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

impl Index<'_> {
    /// The index of the first node inside `object`, which is not empty.
    fn index_after(&self, object: &Node) -> usize {
        // Nodes are ordered by their start, so the first one that starts later is inside.
        self.nodes.partition_point(|n| n.start <= object.start)
    }
}

impl Index<'_> {
    /// Writes `value` to `out` minified.
    pub fn minify(&self, value: ValueId, out: &mut String) {
        self.write(value, &Style::COMPACT, 0, out);
    }

    /// An upper bound of the bytes that the document takes in `style`.
    pub fn written_length(&self, style: &Style) -> usize {
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
    pub fn write(&self, value: ValueId, style: &Style, depth: usize, out: &mut String) {
        let kind = self.kind(value);
        let (open, close) = match kind {
            Kind::Object => ('{', '}'),
            Kind::Array => ('[', ']'),
            _ => return out.push_str(self.source(value)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lenient;

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
            let json = lenient::document(text).unwrap();
            let style = Style::of(&json, false);
            let mut out = String::new();
            json.write(json.root_id(), &style, 0, &mut out);
            assert_eq!(out, text, "{style:?}");
            assert_eq!(Style::from_details(&style.details()), Some(style));
        }
    }

    #[test]
    fn documents_on_a_line_each() {
        let text = "{\"a\": 1}\n{\"a\": 2}\n[]";
        let json = lenient::lines(text).unwrap();
        let mut out = String::new();
        json.write(json.root_id(), &Style::of(&json, true), 0, &mut out);
        assert_eq!(out, text);
    }
}
