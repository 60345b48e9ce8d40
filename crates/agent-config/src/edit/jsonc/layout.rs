//! Changes of a JSONC text, laid out as what is there is laid out.

use jsonc_parser::common::Ranged;
use serde::Serialize;
use serde_json::Value;

use super::document::{Container, Document, Item, Kind};
use crate::edit::{Splice, line_start, newline};

/// What indentation is where a document shows none.
const INDENT: &str = "  ";

impl<'a> Document<'a> {
    /// A first value for a document that has none.
    pub(super) fn begin(&self, value: &Value) -> Vec<Splice> {
        let line_end = newline(self.body);
        let gap = if self.body.is_empty() || self.body.ends_with('\n') { "" } else { line_end };
        let value = self.spread_out(None, value, "", INDENT);
        vec![Splice::insert(self.body.len(), format!("{gap}{value}{line_end}"))]
    }

    /// The document without its value, `root`.
    pub(super) fn end(&self, root: &Container<'_>) -> Vec<Splice> {
        let rest = &self.body[root.close + 1..];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
        let blank = blank + usize::from(rest[blank..].starts_with('\n'));
        vec![Splice::delete(root.open..root.close + 1 + blank)]
    }

    pub(super) fn replace(
        &self,
        container: &Container<'_>,
        item: usize,
        value: &Value,
    ) -> Vec<Splice> {
        let item = &container.items[item];
        let text = if self.body[item.value.start()..item.end].contains('\n') {
            let base = self.indentation(item.start);
            self.spread_out(None, value, base, self.unit(container))
        } else {
            value.to_string()
        };
        vec![Splice { range: item.value.start()..item.end, text }]
    }

    pub(super) fn insert(
        &self,
        container: &Container<'_>,
        name: Option<&str>,
        value: &Value,
    ) -> Vec<Splice> {
        match container.items.last() {
            Some(last) => self.insert_after(container, last, name, value),
            None => self.insert_first(container, name, value),
        }
    }

    /// Behind the last item, its comma and the comments that follow it on its line.
    fn insert_after(
        &self,
        container: &Container<'_>,
        last: &Item<'_>,
        name: Option<&str>,
        value: &Value,
    ) -> Vec<Splice> {
        let comma = self.comma_after(last.end);
        let at = self.end_of_remarks(comma.unwrap_or(last.end));
        let mut text = if self.is_spread(container) {
            let indent = self.item_indentation(container, last);
            let item = self.spread_out(name, value, &indent, self.unit(container));
            format!("{}{indent}{item}", newline(self.body))
        } else {
            let packed = self.body[container.open + 1..].starts_with(['"', '{', '[']);
            format!("{}{}", if packed { "" } else { " " }, on_one_line(name, value))
        };
        let mut splices = Vec::new();
        match comma {
            Some(_) => text.push(','),
            None => splices.push(Splice::insert(last.end, ",".to_owned())),
        }
        splices.push(Splice::insert(at, text));
        splices
    }

    /// Into an empty container, behind the comments in it.
    fn insert_first(
        &self,
        container: &Container<'_>,
        name: Option<&str>,
        value: &Value,
    ) -> Vec<Splice> {
        let comments = self.tokens_in(container.open + 1..container.close);
        let at = comments.last().map_or(container.open + 1, |comment| comment.range.end);
        let ends_line = self.body[at..container.close].contains('\n');
        if !ends_line && !self.is_spread_document() {
            let gap = if comments.is_empty() { "" } else { " " };
            return vec![Splice::insert(at, format!("{gap}{}", on_one_line(name, value)))];
        }
        let outer = self.indentation(container.open);
        let unit = self.unit(container);
        let indent = format!("{outer}{unit}");
        let item = self.spread_out(name, value, &indent, unit);
        let line_end = newline(self.body);
        let close = if ends_line { String::new() } else { format!("{line_end}{outer}") };
        vec![Splice::insert(at, format!("{line_end}{indent}{item}{close}"))]
    }

    /// The inverse of [`Self::insert`].
    pub(super) fn remove(&self, container: &Container<'_>, at: usize) -> Vec<Splice> {
        let item = &container.items[at];
        if self.is_alone(container, at) {
            return vec![Splice::delete(container.open + 1..container.close)];
        }
        let comma = self.comma_after(item.end);
        let end = comma.unwrap_or(item.end);
        let mut splices = vec![Splice::delete(self.start_with_gap(item.start, end)..end)];
        if at > 0 && at + 1 == container.items.len() && comma.is_none() {
            let before = self.comma_after(container.items[at - 1].end);
            splices.extend(before.map(|end| Splice::delete(end - 1..end)));
        }
        splices
    }

    /// Where what is deleted up to `end` begins: with the blanks before the item at `start`, unless they
    /// end a line comment and nothing behind `end` would.
    fn start_with_gap(&self, start: usize, end: usize) -> usize {
        let index = self.tokens.partition_point(|token| token.range.start < start);
        let Some(before) = index.checked_sub(1).map(|index| &self.tokens[index]) else {
            return start;
        };
        let behind = &self.body[end..];
        let blanks = &behind[..behind.len() - behind.trim_start().len()];
        match before.kind == Kind::LineComment && !blanks.contains('\n') {
            true => start,
            false => before.range.end,
        }
    }

    /// Whether the items of a container, which has some, are on lines apart from its brackets.
    fn is_spread(&self, container: &Container<'_>) -> bool {
        let (Some(first), Some(last)) = (container.items.first(), container.items.last()) else {
            return false;
        };
        self.body[container.open..first.start].contains('\n')
            || self.body[last.end..container.close].contains('\n')
    }

    /// Whether new things in this document go on lines of their own: it has several lines, or so little
    /// in it that nothing is known.
    fn is_spread_document(&self) -> bool {
        let Some(root) = &self.root else { return true };
        let empty = Container::of(root, false).is_some_and(|root| root.items.is_empty());
        empty || self.body[root.start()..root.end()].contains('\n')
    }

    /// The blanks at the beginning of the line that holds `at`.
    fn indentation(&self, at: usize) -> &'a str {
        let line = &self.body[line_start(self.body, at)..];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    /// The indentation of the item that starts at `start`, if it is the first thing on its line.
    fn own_indentation(&self, start: usize) -> Option<&'a str> {
        let blanks = self.indentation(start);
        (line_start(self.body, start) + blanks.len() == start).then_some(blanks)
    }

    /// The indentation for a sibling of `last`.
    fn item_indentation(&self, container: &Container<'_>, last: &Item<'_>) -> String {
        self.own_indentation(last.start).map_or_else(
            || format!("{}{}", self.indentation(container.close), self.unit(container)),
            str::to_owned,
        )
    }

    /// What one level of indentation is: in this container, else at the top of the document.
    fn unit(&self, container: &Container<'_>) -> &'a str {
        let root = self.root.as_ref().and_then(|root| Container::of(root, false));
        let of = |container: &Container<'_>| {
            let item = self.own_indentation(container.items.first()?.start)?;
            let unit = item.strip_prefix(self.indentation(container.open))?;
            (!unit.is_empty()).then_some(unit)
        };
        of(container).or_else(|| root.and_then(|root| of(&root))).unwrap_or(INDENT)
    }

    /// An item over several lines, of which all but the first begin with `indent`.
    fn spread_out(&self, name: Option<&str>, value: &Value, indent: &str, unit: &str) -> String {
        let mut bytes = Vec::new();
        let formatter = serde_json::ser::PrettyFormatter::with_indent(unit.as_bytes());
        let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
        // Writing to a vector can't fail, and a `Value` has only strings as keys.
        let written = value.serialize(&mut serializer).map(|()| bytes);
        let text = written.ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.unwrap_or_else(|| value.to_string());
        let text = text.replace('\n', &format!("{}{indent}", newline(self.body)));
        match name {
            Some(name) => format!("{}: {text}", Value::from(name)),
            None => text,
        }
    }
}

/// An item without blanks.
fn on_one_line(name: Option<&str>, value: &Value) -> String {
    match name {
        Some(name) => format!("{}:{value}", Value::from(name)),
        None => value.to_string(),
    }
}
