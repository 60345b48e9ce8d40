//! Edits of JSON with comments and trailing commas.
//!
//! Objects and arrays are edited alike: a [`Container`] has items, and an item is a member (name and
//! value) or an element. Positions come from the parser's tree and from its tokens, comments included.

use std::ops::Range;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::tokens::Token;
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{EditError, Entry, Slot, Splice, apply, line_start, newline, split_mark};

/// JSON, comments, trailing commas; nothing else of what JSON5 adds.
const LANGUAGE: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// What indentation is where a document shows none.
const INDENT: &str = "  ";

pub(super) fn find(text: &str, slot: &Slot<'_>) -> Result<Option<Value>, EditError> {
    let document = Document::parse(text)?;
    let trail = document.follow(slot)?;
    Ok(trail.item.map(|item| trail.chain[trail.chain.len() - 1].items[item].value.clone().into()))
}

pub(super) fn depth(text: &str, slot: &Slot<'_>) -> Result<usize, EditError> {
    let document = Document::parse(text)?;
    Ok(document.follow(slot).map_or(0, |trail| trail.chain.len()))
}

pub(super) fn put(text: &str, slot: &Slot<'_>, value: &Value) -> Result<String, EditError> {
    let document = Document::parse(text)?;
    let trail = document.follow(slot)?;
    let splices = match (trail.chain.last(), trail.item, trail.missing.split_first()) {
        (None, _, _) => document.begin(&wrap(&slot.path, slot.entry, value)),
        (Some(container), Some(item), _) => document.replace(container, item, value),
        (Some(container), None, Some((key, keys))) => {
            document.insert(container, Some(key), &wrap(keys, slot.entry, value))
        }
        (Some(container), None, None) => document.insert(container, name(slot.entry), value),
    };
    Ok(document.edited(splices))
}

pub(super) fn take(text: &str, slot: &Slot<'_>, kept: usize) -> Result<String, EditError> {
    let document = Document::parse(text)?;
    let Trail { mut chain, item, .. } = document.follow(slot)?;
    let mut item = item;
    while let (Some(container), Some(at)) = (chain.pop(), item) {
        if chain.len() < kept || !document.is_alone(&container, at) {
            return Ok(document.edited(document.remove(&container, at)));
        }
        item = match chain.last() {
            Some(outer) => outer.items.iter().position(|item| item.value.start() == container.open),
            None => return Ok(document.edited(document.end(&container))),
        };
    }
    Ok(text.to_owned())
}

/// The tokens of `text`, comments among them, without what is between them; `None` if it is broken.
pub(super) fn lexemes(text: &str) -> Option<Vec<&str>> {
    let document = Document::parse(text).ok()?;
    Some(document.tokens.iter().map(|token| &document.body[token.range.clone()]).collect())
}

/// `value` as the entry of a container under `keys`.
fn wrap(keys: &[&str], entry: Entry<'_>, value: &Value) -> Value {
    let innermost = match entry {
        Entry::Member(name) => Value::Object(Map::from_iter([(name.to_owned(), value.clone())])),
        Entry::Element(_) => Value::Array(vec![value.clone()]),
    };
    keys.iter()
        .rev()
        .fold(innermost, |inner, key| Value::Object(Map::from_iter([((*key).to_owned(), inner)])))
}

fn name(entry: Entry<'_>) -> Option<&str> {
    match entry {
        Entry::Member(name) => Some(name),
        Entry::Element(_) => None,
    }
}

/// A text and what is where in it. All positions are in `body`.
struct Document<'a> {
    mark: &'a str,
    body: &'a str,
    tokens: Vec<Lexeme>,
    root: Option<ast::Value<'a>>,
}

struct Lexeme {
    range: Range<usize>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Comma,
    LineComment,
    BlockComment,
    Other,
}

impl Kind {
    fn is_comment(self) -> bool {
        matches!(self, Kind::LineComment | Kind::BlockComment)
    }
}

/// An object or an array.
struct Container<'d> {
    /// Where its opening bracket is.
    open: usize,
    /// Where its closing bracket is.
    close: usize,
    items: Vec<Item<'d>>,
}

/// A member or an element.
struct Item<'d> {
    name: Option<&'d str>,
    start: usize,
    end: usize,
    value: &'d ast::Value<'d>,
}

/// How far the keys of a slot lead.
struct Trail<'d, 's> {
    /// The containers that are there, the outermost first.
    chain: Vec<Container<'d>>,
    /// The keys under which nothing is.
    missing: &'s [&'s str],
    /// Which item of the last container is the entry.
    item: Option<usize>,
}

impl<'a> Document<'a> {
    fn parse(text: &'a str) -> Result<Self, EditError> {
        let (mark, body) = split_mark(text);
        let collect =
            CollectOptions { comments: CommentCollectionStrategy::AsTokens, tokens: true };
        let parsed =
            parse_to_ast(body, &collect, &LANGUAGE).map_err(|error| EditError::Broken {
                line: error.line_display(),
                message: error.kind().to_string().to_lowercase(),
            })?;
        let tokens = parsed.tokens.unwrap_or_default().into_iter().map(|token| {
            let range = token.range.start..token.range.end;
            match token.token {
                Token::Comma => Lexeme { range, kind: Kind::Comma },
                Token::CommentBlock(_) => Lexeme { range, kind: Kind::BlockComment },
                Token::CommentLine(_) => {
                    let end = range.start + body[range.clone()].trim_end().len();
                    Lexeme { range: range.start..end, kind: Kind::LineComment }
                }
                _ => Lexeme { range, kind: Kind::Other },
            }
        });
        Ok(Self { mark, body, tokens: tokens.collect(), root: parsed.value })
    }

    fn edited(&self, splices: Vec<Splice>) -> String {
        format!("{}{}", self.mark, apply(self.body, splices))
    }

    fn follow<'d, 's>(&'d self, slot: &'s Slot<'s>) -> Result<Trail<'d, 's>, EditError> {
        let mut chain: Vec<Container<'d>> = Vec::new();
        let mut value = self.root.as_ref();
        for level in 0..=slot.path.len() {
            let Some(here) = value else {
                let missing = &slot.path[level.saturating_sub(1)..];
                return Ok(Trail { chain, missing, item: None });
            };
            let wants_array = level == slot.path.len() && name(slot.entry).is_none();
            let container = Container::of(here, wants_array).ok_or_else(|| {
                let place = slot.path[..level].join(".");
                EditError::OtherShape {
                    place: if place.is_empty() { "the file".to_owned() } else { place },
                    wanted: if wants_array { "an array" } else { "an object" },
                }
            })?;
            value = slot
                .path
                .get(level)
                .and_then(|key| container.member(key))
                .map(|at| container.items[at].value);
            chain.push(container);
        }
        let item = chain.last().and_then(|container| match slot.entry {
            Entry::Member(name) => container.member(name),
            Entry::Element(is_it) => {
                container.items.iter().position(|item| is_it(&item.value.clone().into()))
            }
        });
        Ok(Trail { chain, missing: &[], item })
    }

    /// A first value for a document that has none.
    fn begin(&self, value: &Value) -> Vec<Splice> {
        let line_end = newline(self.body);
        let gap = if self.body.is_empty() || self.body.ends_with('\n') { "" } else { line_end };
        let value = self.spread_out(None, value, "", INDENT);
        vec![Splice::insert(self.body.len(), format!("{gap}{value}{line_end}"))]
    }

    /// The document without its value, `root`.
    fn end(&self, root: &Container<'_>) -> Vec<Splice> {
        let rest = &self.body[root.close + 1..];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
        let blank = blank + usize::from(rest[blank..].starts_with('\n'));
        vec![Splice::delete(root.open..root.close + 1 + blank)]
    }

    fn replace(&self, container: &Container<'_>, item: usize, value: &Value) -> Vec<Splice> {
        let item = &container.items[item];
        let text = if self.body[item.value.start()..item.end].contains('\n') {
            let base = self.indentation(item.start);
            self.spread_out(None, value, base, self.unit(container))
        } else {
            value.to_string()
        };
        vec![Splice { range: item.value.start()..item.end, text }]
    }

    fn insert(&self, container: &Container<'_>, name: Option<&str>, value: &Value) -> Vec<Splice> {
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
    fn remove(&self, container: &Container<'_>, at: usize) -> Vec<Splice> {
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

    /// Whether a container holds the item at `at`, and no other item and no comment.
    fn is_alone(&self, container: &Container<'_>, at: usize) -> bool {
        let item = &container.items[at];
        let silent = |range| self.tokens_in(range).iter().all(|token| !token.kind.is_comment());
        container.items.len() == 1
            && silent(container.open + 1..item.start)
            && silent(item.end..container.close)
    }

    fn tokens_in(&self, range: Range<usize>) -> &[Lexeme] {
        let first = self.tokens.partition_point(|token| token.range.start < range.start);
        let last = self.tokens.partition_point(|token| token.range.start < range.end);
        &self.tokens[first..last.max(first)]
    }

    fn tokens_from(&self, start: usize) -> &[Lexeme] {
        self.tokens_in(start..self.body.len())
    }

    /// The end of the comma that follows the item which ends at `end`.
    fn comma_after(&self, end: usize) -> Option<usize> {
        let next = self.tokens_from(end).iter().find(|token| !token.kind.is_comment())?;
        (next.kind == Kind::Comma).then_some(next.range.end)
    }

    /// The end of the comments that follow `end` on its line.
    fn end_of_remarks(&self, end: usize) -> usize {
        let mut at = end;
        for token in self.tokens_from(end) {
            if !token.kind.is_comment() || self.body[at..token.range.start].contains('\n') {
                break;
            }
            at = token.range.end;
        }
        at
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

impl<'d> Container<'d> {
    /// `value` as a container: an array if `array`, else an object; `None` if it is something else.
    fn of(value: &'d ast::Value<'d>, array: bool) -> Option<Self> {
        let items = match value {
            ast::Value::Object(object) if !array => object.properties.iter().map(member).collect(),
            ast::Value::Array(list) if array => list.elements.iter().map(element).collect(),
            _ => return None,
        };
        Some(Self { open: value.start(), close: value.end() - 1, items })
    }

    /// The last member of that name, which is the one that readers of the file see.
    fn member(&self, name: &str) -> Option<usize> {
        self.items.iter().rposition(|item| item.name == Some(name))
    }
}

fn member<'d>(property: &'d ast::ObjectProp<'d>) -> Item<'d> {
    Item {
        name: Some(property.name.as_str()),
        start: property.start(),
        end: property.end(),
        value: &property.value,
    }
}

fn element<'d>(value: &'d ast::Value<'d>) -> Item<'d> {
    Item { name: None, start: value.start(), end: value.end(), value }
}
