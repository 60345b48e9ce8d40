//! The index, and two ways to walk it: by ids, which are small and can be kept, and by values, which know their index.

use std::borrow::Cow;
use std::ops::Range;

use crate::escapes::unescape;

/// What kind of value it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number of any length and precision; from a lenient scan, also `NaN` and the infinities.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// The index after the last node of this value; 0 while it hasn't ended.
    pub(crate) next: u32,
    pub(crate) kind: Kind,
    /// Whether it is a string with an escape in it.
    pub(crate) has_escapes: bool,
}

/// The index of one JSON text. Values are in the order of the text, each container before what is in it.
#[derive(Debug)]
pub struct Index<'a> {
    pub(crate) text: &'a str,
    pub(crate) nodes: Vec<Node>,
}

/// A value of an index, without the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ValueId(u32);

impl<'a> Index<'a> {
    /// `nodes` has at least one.
    pub(crate) fn new(text: &'a str, nodes: Vec<Node>) -> Self {
        Self { text, nodes }
    }

    /// The outermost value.
    pub fn root(&self) -> Value<'_> {
        self.value(self.root_id())
    }

    /// The id of the outermost value.
    pub fn root_id(&self) -> ValueId {
        ValueId(0)
    }

    /// The value with that id.
    pub fn value(&self, id: ValueId) -> Value<'_> {
        Value { index: self, node: id.0 }
    }

    /// The ids of all values, keys included, in the order of the text.
    pub fn ids(&self) -> impl Iterator<Item = ValueId> + use<> {
        (0..self.nodes.len() as u32).map(ValueId)
    }

    fn node(&self, id: ValueId) -> Node {
        self.nodes[id.0 as usize]
    }

    /// Whether a node is the string `text`.
    #[inline]
    fn is(&self, node: &Node, text: &str) -> bool {
        // Most names differ in their length.
        if !node.has_escapes && node.end - node.start != text.len() as u32 + 2 {
            return false;
        }
        let inner = || &self.text[node.start as usize + 1..node.end as usize - 1];
        node.kind == Kind::String
            && match node.has_escapes {
                true => unescape(inner()).as_deref() == Some(text),
                false => inner() == text,
            }
    }

    /// What kind of value it is.
    pub fn kind(&self, id: ValueId) -> Kind {
        self.node(id).kind
    }

    /// Where the value is written, quotes and brackets included.
    pub fn range(&self, id: ValueId) -> Range<usize> {
        let node = self.node(id);
        node.start as usize..node.end as usize
    }

    /// The value as it is written, quotes and brackets included.
    pub fn source(&self, id: ValueId) -> &'a str {
        &self.text[self.range(id)]
    }

    /// The inside of a string as it is written, escapes and all; `None` for any other kind.
    pub fn string_source(&self, id: ValueId) -> Option<&'a str> {
        let Range { start, end } = self.range(id);
        (self.kind(id) == Kind::String).then(|| &self.text[start + 1..end - 1])
    }

    /// The text after the outermost value; of a truncated document, after the last complete value in it.
    pub fn rest(&self) -> &'a str {
        &self.text[self.range(self.root_id()).end..]
    }

    /// The elements of an array; for an object, its keys and values alternately.
    pub fn children(&self, id: ValueId) -> impl Iterator<Item = ValueId> {
        let end = self.node(id).next;
        let mut at = id.0 + 1;
        std::iter::from_fn(move || {
            (at < end).then(|| {
                let child = ValueId(at);
                at = self.nodes[at as usize].next;
                child
            })
        })
    }

    /// The members of an object: the inside of each key as it is written, and its value.
    pub fn members(&self, id: ValueId) -> impl Iterator<Item = (&'a str, ValueId)> {
        let mut children = self.children(id);
        std::iter::from_fn(move || {
            let key = self.string_source(children.next()?)?;
            Some((key, children.next()?))
        })
    }
}

/// A value together with its index.
#[derive(Clone, Copy)]
pub struct Value<'t> {
    index: &'t Index<'t>,
    node: u32,
}

impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}@{:?}", self.kind(), self.range())
    }
}

impl<'t> Value<'t> {
    fn data(self) -> Node {
        self.index.nodes[self.node as usize]
    }

    /// What kind of value it is.
    pub fn kind(self) -> Kind {
        self.data().kind
    }

    /// Where it is in the text, quotes and brackets included.
    pub fn range(self) -> Range<usize> {
        let node = self.data();
        node.start as usize..node.end as usize
    }

    /// Its bytes, as they are in the text.
    pub fn raw(self) -> &'t [u8] {
        &self.index.text.as_bytes()[self.range()]
    }

    /// The values in an array, in order; nothing for any other kind.
    pub fn items(self) -> impl Iterator<Item = Value<'t>> {
        let mut next = self.node + 1;
        let end = if self.kind() == Kind::Array { self.data().next } else { next };
        std::iter::from_fn(move || {
            let value = (next < end).then_some(Value { index: self.index, node: next })?;
            next = value.data().next;
            Some(value)
        })
    }

    /// The keys and values of an object, in order and with duplicates; nothing for any other kind.
    pub fn members(self) -> impl Iterator<Item = (Value<'t>, Value<'t>)> {
        let mut next = self.node + 1;
        let end = if self.kind() == Kind::Object { self.data().next } else { next };
        std::iter::from_fn(move || {
            let key = (next < end).then_some(Value { index: self.index, node: next })?;
            let value = Value { index: self.index, node: next + 1 };
            next = value.data().next;
            Some((key, value))
        })
    }

    /// The member of that name. A name that occurs twice is as if it weren't there: parsers differ
    /// in which of the two they take.
    pub fn get(self, name: &str) -> Option<Value<'t>> {
        let nodes = &self.index.nodes[..];
        let object = nodes[self.node as usize];
        let end = if object.kind == Kind::Object { object.next } else { 0 };
        let (mut key, mut found) = (self.node + 1, None);
        while key < end {
            if self.index.is(&nodes[key as usize], name) {
                if found.is_some() {
                    return None;
                }
                found = Some(Value { index: self.index, node: key + 1 });
            }
            key = nodes[key as usize + 1].next;
        }
        found
    }

    /// The members of these names, each as by [`get`](Self::get), in one pass.
    pub fn get_all<const N: usize>(self, names: [&str; N]) -> [Option<Value<'t>>; N] {
        let mut found = [None; N];
        let mut is_twice = [false; N];
        for (key, value) in self.members() {
            let node = key.data();
            let inner = &key.raw()[1..(node.end - node.start) as usize - 1];
            let at = match node.has_escapes {
                true => names.iter().position(|name| self.index.is(&node, name)),
                false => names.iter().position(|name| name.as_bytes() == inner),
            };
            if let Some(at) = at {
                is_twice[at] |= found[at].is_some();
                found[at] = Some(value);
            }
        }
        for (found, is_twice) in found.iter_mut().zip(is_twice) {
            *found = found.filter(|_| !is_twice);
        }
        found
    }

    /// Whether it is the string `text`.
    pub fn is(self, text: &str) -> bool {
        self.index.is(&self.index.nodes[self.node as usize], text)
    }

    /// The text of a string; `None` for any other kind, and for a string with a lone surrogate,
    /// which no Unicode text can stand for.
    pub fn text(self) -> Option<Cow<'t, str>> {
        let inner = self.index.string_source(ValueId(self.node))?;
        match self.data().has_escapes {
            true => unescape(inner),
            false => Some(Cow::Borrowed(inner)),
        }
    }

    /// The number, where it is a whole one from 0 that fits.
    pub fn unsigned(self) -> Option<u64> {
        (self.kind() == Kind::Number)
            .then(|| std::str::from_utf8(self.raw()).ok()?.parse().ok())
            .flatten()
    }

    /// Whether it is `true`.
    pub fn is_true(self) -> bool {
        self.kind() == Kind::Bool && self.raw() == b"true"
    }

    /// Whether it is `null`.
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }
}
