//! An index of a JSON text: where each value begins and ends, and what kind it is.
//!
//! Values are not decoded and nothing is built from them; a number keeps whatever digits it has.
//! The scanner is strict (RFC 8259), so that a text it accepts stays valid when values in it are
//! replaced by other values. It is iterative, linear in the length of the text, and bounded in
//! depth and in the number of values.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr2;

/// Containers within containers that a text may have.
pub const MAX_DEPTH: usize = 512;

/// Values that a text may have, keys included. The index takes 16 bytes for each.
pub const MAX_VALUES: usize = 1 << 21;

/// What kind of value it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number of any length and precision.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// Why a text could not be indexed. Offsets are in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// It isn't JSON.
    #[error("not JSON at byte {0}")]
    Syntax(usize),
    /// It isn't UTF-8.
    #[error("not UTF-8 at byte {0}")]
    Encoding(usize),
    /// Deeper than [`MAX_DEPTH`].
    #[error("more than {MAX_DEPTH} levels deep at byte {0}")]
    Depth(usize),
    /// More than [`MAX_VALUES`] values, or 4 GiB.
    #[error("more values than are indexed")]
    Size,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    start: u32,
    end: u32,
    /// The index after the last node of this value.
    next: u32,
    kind: Kind,
}

/// The index of one JSON text.
#[derive(Debug)]
pub struct Index<'a> {
    bytes: &'a [u8],
    nodes: Vec<Node>,
}

/// Indexes `bytes`.
///
/// # Errors
/// [`ScanError`], when it isn't JSON or is over a bound.
pub fn scan(bytes: &[u8]) -> Result<Index<'_>, ScanError> {
    if u32::try_from(bytes.len()).is_err() {
        return Err(ScanError::Size);
    }
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err(ScanError::Encoding(error.valid_up_to()));
    }
    let mut scanner = Scanner { bytes, at: 0, nodes: Vec::new(), open: Vec::new() };
    scanner.document()?;
    Ok(Index { bytes, nodes: scanner.nodes })
}

impl Index<'_> {
    /// The outermost value.
    pub fn root(&self) -> Value<'_> {
        Value { index: self, node: 0 }
    }
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
    /// Nodes of the containers that are open, outermost first.
    open: Vec<u32>,
}

impl Scanner<'_> {
    fn document(&mut self) -> Result<(), ScanError> {
        loop {
            if self.value()? {
                continue;
            }
            if !self.close()? {
                return if self.at == self.bytes.len() { Ok(()) } else { self.fail() };
            }
        }
    }

    /// Reads one value, or only the beginning of a container that isn't empty: then true.
    fn value(&mut self) -> Result<bool, ScanError> {
        self.blanks();
        let node = self.begin()?;
        let kind = match self.peek() {
            Some(b'{') => {
                self.at += 1;
                self.blanks();
                if self.peek() != Some(b'}') {
                    self.descend(node, Kind::Object)?;
                    self.key()?;
                    return Ok(true);
                }
                self.at += 1;
                Kind::Object
            }
            Some(b'[') => {
                self.at += 1;
                self.blanks();
                if self.peek() != Some(b']') {
                    self.descend(node, Kind::Array)?;
                    return Ok(true);
                }
                self.at += 1;
                Kind::Array
            }
            Some(b'"') => {
                self.string()?;
                Kind::String
            }
            Some(b'-' | b'0'..=b'9') => {
                self.number()?;
                Kind::Number
            }
            Some(b't') => self.literal(b"true", Kind::Bool)?,
            Some(b'f') => self.literal(b"false", Kind::Bool)?,
            Some(b'n') => self.literal(b"null", Kind::Null)?,
            _ => return self.fail(),
        };
        self.end(node, kind);
        Ok(false)
    }

    /// After a value: closes the containers that end here. True when another value follows, false
    /// when the outermost value has ended.
    fn close(&mut self) -> Result<bool, ScanError> {
        loop {
            self.blanks();
            let Some(&container) = self.open.last() else { return Ok(false) };
            let kind = self.nodes[container as usize].kind;
            match (self.peek(), kind) {
                (Some(b','), _) => {
                    self.at += 1;
                    if kind == Kind::Object {
                        self.blanks();
                        self.key()?;
                    }
                    return Ok(true);
                }
                (Some(b'}'), Kind::Object) | (Some(b']'), Kind::Array) => {
                    self.at += 1;
                    self.open.pop();
                    self.end(container, kind);
                }
                _ => return self.fail(),
            }
        }
    }

    fn key(&mut self) -> Result<(), ScanError> {
        let node = self.begin()?;
        if self.peek() != Some(b'"') {
            return self.fail();
        }
        self.string()?;
        self.end(node, Kind::String);
        self.blanks();
        if self.peek() != Some(b':') {
            return self.fail();
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<(), ScanError> {
        self.at += 1;
        loop {
            let rest = &self.bytes[self.at..];
            let Some(plain) = memchr2(b'"', b'\\', rest) else {
                self.at = self.bytes.len();
                return self.fail();
            };
            if let Some(control) = control_character(&rest[..plain]) {
                self.at += control;
                return self.fail();
            }
            self.at += plain;
            if self.bytes[self.at] == b'"' {
                self.at += 1;
                return Ok(());
            }
            self.at += match self.bytes.get(self.at + 1) {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
                Some(b'u') if hex4(self.bytes, self.at + 2).is_some() => 6,
                _ => return self.fail(),
            };
        }
    }

    fn number(&mut self) -> Result<(), ScanError> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), ScanError> {
        let first = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == first { self.fail() } else { Ok(()) }
    }

    fn literal(&mut self, word: &[u8], kind: Kind) -> Result<Kind, ScanError> {
        if !self.bytes[self.at..].starts_with(word) {
            return self.fail();
        }
        self.at += word.len();
        Ok(kind)
    }

    fn begin(&mut self) -> Result<u32, ScanError> {
        if self.nodes.len() == MAX_VALUES {
            return Err(ScanError::Size);
        }
        let node = self.nodes.len() as u32;
        self.nodes.push(Node { start: self.at as u32, end: 0, next: 0, kind: Kind::Null });
        Ok(node)
    }

    fn descend(&mut self, node: u32, kind: Kind) -> Result<(), ScanError> {
        if self.open.len() == MAX_DEPTH {
            return Err(ScanError::Depth(self.at));
        }
        self.nodes[node as usize].kind = kind;
        self.open.push(node);
        Ok(())
    }

    fn end(&mut self, node: u32, kind: Kind) {
        let next = self.nodes.len() as u32;
        let node = &mut self.nodes[node as usize];
        node.kind = kind;
        node.end = self.at as u32;
        node.next = next;
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn fail<T>(&self) -> Result<T, ScanError> {
        Err(ScanError::Syntax(self.at))
    }
}

/// Where the first control character is. The smallest byte of a chunk is found without a branch
/// per byte, so that long strings cost little more than reading them.
fn control_character(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    for chunk in text.chunks(256) {
        if chunk.iter().fold(0xff, |least, &byte| least.min(byte)) < 0x20 {
            return chunk.iter().position(|&byte| byte < 0x20).map(|offset| at + offset);
        }
        at += chunk.len();
    }
    None
}

fn hex4(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0u16, |sum, &digit| {
        let digit = char::from(digit).to_digit(16)?;
        Some(sum << 4 | digit as u16)
    })
}

/// One value of an indexed text.
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
        &self.index.bytes[self.range()]
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
        let mut found = self.members().filter(|(key, _)| key.is(name));
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value)
    }

    /// Whether it is the string `text`.
    pub fn is(self, text: &str) -> bool {
        if self.kind() != Kind::String {
            return false;
        }
        let inner = self.inner();
        inner == text.as_bytes()
            || (memchr::memchr(b'\\', inner).is_some() && self.text().as_deref() == Some(text))
    }

    /// The text of a string; `None` for any other kind, and for a string with a lone surrogate,
    /// which no Unicode text can stand for.
    pub fn text(self) -> Option<Cow<'t, str>> {
        (self.kind() == Kind::String).then(|| unescape(self.inner())).flatten()
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

    /// A string's bytes without the quotes.
    fn inner(self) -> &'t [u8] {
        let range = self.range();
        &self.index.bytes[range.start + 1..range.end - 1]
    }
}

/// The text that an already checked string stands for.
fn unescape(inner: &[u8]) -> Option<Cow<'_, str>> {
    let text = std::str::from_utf8(inner).ok()?;
    let next = |rest: &str| memchr::memchr(b'\\', rest.as_bytes());
    let Some(first) = next(text) else { return Some(Cow::Borrowed(text)) };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut at = first;
    loop {
        out.push_str(&rest[..at]);
        let (character, length) = escape(&rest.as_bytes()[at..])?;
        out.push(character);
        rest = &rest[at + length..];
        match next(rest) {
            Some(next) => at = next,
            None => {
                out.push_str(rest);
                return Some(Cow::Owned(out));
            }
        }
    }
}

/// The character that an escape at the beginning of `bytes` stands for, and the escape's length.
fn escape(bytes: &[u8]) -> Option<(char, usize)> {
    let simple = |character| Some((character, 2));
    match bytes.get(1)? {
        b'n' => simple('\n'),
        b't' => simple('\t'),
        b'r' => simple('\r'),
        b'b' => simple('\u{8}'),
        b'f' => simple('\u{c}'),
        b'u' => {
            let high = hex4(bytes, 2)?;
            if let Some(character) = char::from_u32(u32::from(high)) {
                return Some((character, 6));
            }
            let low = (bytes.get(6..8)? == b"\\u").then(|| hex4(bytes, 8)).flatten()?;
            let character = char::decode_utf16([high, low]).next()?.ok()?;
            Some((character, 12))
        }
        &other => simple(char::from(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ok(text: &str) -> bool {
        scan(text.as_bytes()).is_ok()
    }

    #[test]
    fn finds_values_by_name_and_place() {
        let text = br#" { "a" : [1, {"b": "x\ny"}, null] , "n":1e400 } "#;
        let index = scan(text).unwrap();
        let items: Vec<_> = index.root().get("a").unwrap().items().collect();
        assert_eq!(items.len(), 3);
        assert_eq!(items[1].get("b").unwrap().text().unwrap(), "x\ny");
        assert!(items[2].is_null());
        assert_eq!(index.root().get("n").unwrap().raw(), b"1e400");
        assert_eq!(index.root().range(), 1..text.len() - 1);
    }

    #[test]
    fn a_name_that_occurs_twice_is_absent() {
        let index = scan(br#"{"a":1,"\u0061":2,"b":3}"#).unwrap();
        assert!(index.root().get("a").is_none());
        assert_eq!(index.root().get("b").unwrap().unsigned(), Some(3));
    }

    #[test]
    fn is_as_strict_as_the_standard() {
        for bad in [
            "",
            " ",
            "{",
            "}",
            "[1,]",
            "{,}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "[1 2]",
            "01",
            "1.",
            ".5",
            "-",
            "+1",
            "1e",
            "1.2.3",
            "tru",
            "nulll",
            "NaN",
            "Infinity",
            "'a'",
            "\"a\nb\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\\u12",
            "\"abc",
            "[1]]",
            "{\"a\":1}{}",
            "{1:2}",
            "[}",
            "{]",
            "\u{feff}{}",
        ] {
            assert!(!ok(bad), "{bad:?}");
        }
        for good in ["0", "-0.5e+10", "\"\"", "[]", "{}", "[[],{}]", "true", "\"\\ud800\""] {
            assert!(ok(good), "{good:?}");
        }
        assert_eq!(scan(b"\"\xff\"").unwrap_err(), ScanError::Encoding(1));
    }

    #[test]
    fn strings_are_decoded_and_lone_surrogates_are_not() {
        let index =
            scan(br#"["\ud83e\udd80 \u00e9\/\"","\ud83e","\ud83ex\udd80","\udd80"]"#).unwrap();
        let texts: Vec<_> = index.root().items().map(Value::text).collect();
        assert_eq!(texts[0].as_deref(), Some("🦀 é/\""));
        assert_eq!(texts[1..], [None, None, None]);
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let deep = "[".repeat(MAX_DEPTH) + &"]".repeat(MAX_DEPTH);
        assert!(ok(&deep));
        assert!(matches!(scan("[".repeat(100_000).as_bytes()), Err(ScanError::Depth(_))));
        let wide = format!("[{}1]", "1,".repeat(MAX_VALUES));
        assert_eq!(scan(wide.as_bytes()).unwrap_err(), ScanError::Size);
    }

    proptest! {
        #[test]
        fn agrees_with_another_parser_on_any_text(text in r#"[\[\]{}",:0-9a-f\\u.eE+\- \n]{0,40}"#) {
            // The other parser refuses lone surrogates and numbers that no f64 holds.
            if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
                prop_assert!(ok(&text));
            } else if ok(&text) {
                prop_assert!(text.contains("\\u") || text.contains(['e', 'E']));
            }
        }

        #[test]
        fn never_panics_on_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = scan(&bytes);
        }

        #[test]
        fn decodes_what_was_encoded(text in any::<String>()) {
            let quoted = serde_json::to_string(&text).unwrap();
            let index = scan(quoted.as_bytes()).unwrap();
            prop_assert_eq!(index.root().text().unwrap(), text);
        }
    }
}
