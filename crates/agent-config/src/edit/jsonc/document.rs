//! What is where in a JSONC text: its tokens, comments included, its containers and their items.

use std::ops::Range;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::tokens::Token;
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast};

use super::name;
use crate::edit::{EditError, Entry, Slot, Splice, apply, split_mark};

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

/// A text and what is where in it. All positions are in `body`.
pub(super) struct Document<'a> {
    mark: &'a str,
    pub(super) body: &'a str,
    pub(super) tokens: Vec<Lexeme>,
    pub(super) root: Option<ast::Value<'a>>,
}

pub(super) struct Lexeme {
    pub(super) range: Range<usize>,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Comma,
    LineComment,
    BlockComment,
    Other,
}

impl Kind {
    pub(super) fn is_comment(self) -> bool {
        matches!(self, Kind::LineComment | Kind::BlockComment)
    }
}

/// An object or an array.
pub(super) struct Container<'d> {
    /// Where its opening bracket is.
    pub(super) open: usize,
    /// Where its closing bracket is.
    pub(super) close: usize,
    pub(super) items: Vec<Item<'d>>,
}

/// A member or an element.
pub(super) struct Item<'d> {
    pub(super) name: Option<&'d str>,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) value: &'d ast::Value<'d>,
}

/// How far the keys of a slot lead.
pub(super) struct Trail<'d, 's> {
    /// The containers that are there, the outermost first.
    pub(super) chain: Vec<Container<'d>>,
    /// The keys under which nothing is.
    pub(super) missing: &'s [&'s str],
    /// Which item of the last container is the entry.
    pub(super) item: Option<usize>,
}

impl<'a> Document<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, EditError> {
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

    pub(super) fn edited(&self, splices: Vec<Splice>) -> String {
        format!("{}{}", self.mark, apply(self.body, splices))
    }

    pub(super) fn follow<'d, 's>(&'d self, slot: &'s Slot<'s>) -> Result<Trail<'d, 's>, EditError> {
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

    /// Whether a container holds the item at `at`, and no other item and no comment.
    pub(super) fn is_alone(&self, container: &Container<'_>, at: usize) -> bool {
        let item = &container.items[at];
        let silent = |range| self.tokens_in(range).iter().all(|token| !token.kind.is_comment());
        container.items.len() == 1
            && silent(container.open + 1..item.start)
            && silent(item.end..container.close)
    }

    pub(super) fn tokens_in(&self, range: Range<usize>) -> &[Lexeme] {
        let first = self.tokens.partition_point(|token| token.range.start < range.start);
        let last = self.tokens.partition_point(|token| token.range.start < range.end);
        &self.tokens[first..last.max(first)]
    }

    fn tokens_from(&self, start: usize) -> &[Lexeme] {
        self.tokens_in(start..self.body.len())
    }

    /// The end of the comma that follows the item which ends at `end`.
    pub(super) fn comma_after(&self, end: usize) -> Option<usize> {
        let next = self.tokens_from(end).iter().find(|token| !token.kind.is_comment())?;
        (next.kind == Kind::Comma).then_some(next.range.end)
    }

    /// The end of the comments that follow `end` on its line.
    pub(super) fn end_of_remarks(&self, end: usize) -> usize {
        let mut at = end;
        for token in self.tokens_from(end) {
            if !token.kind.is_comment() || self.body[at..token.range.start].contains('\n') {
                break;
            }
            at = token.range.end;
        }
        at
    }
}

impl<'d> Container<'d> {
    /// `value` as a container: an array if `array`, else an object; `None` if it is something else.
    pub(super) fn of(value: &'d ast::Value<'d>, array: bool) -> Option<Self> {
        let items = match value {
            ast::Value::Object(object) if !array => object.properties.iter().map(member).collect(),
            ast::Value::Array(list) if array => list.elements.iter().map(element).collect(),
            _ => return None,
        };
        Some(Self { open: value.start(), close: value.end() - 1, items })
    }

    /// The last member of that name, which is the one that readers of the file see.
    pub(super) fn member(&self, name: &str) -> Option<usize> {
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
