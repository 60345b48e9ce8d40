//! The scanner: one pass over the text, strict or lenient, iterative in both.

use memchr::memchr2;

use crate::eight_bytes::{equal, first, less};
use crate::index::{Index, Kind, Node};

/// Containers within containers that [`scan`] accepts.
pub const MAX_DEPTH: usize = 512;

/// Values that [`scan`] accepts, keys included. The index takes 16 bytes for each.
pub const MAX_VALUES: usize = 1 << 21;

/// Bytes of a string that are looked at in words of eight before a vectorised search begins, which takes longer to start:
/// most keys and values are shorter, and so is most of what is between two escapes. Measured on requests with logs in
/// them, whose strings have an escape at the end of each line: three in ten instructions fewer than with bytes.
const SHORT_STRING: usize = 64;

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

/// Indexes `bytes`, one JSON text as RFC 8259 has it, so that the text stays valid when values in it are replaced by
/// other values.
///
/// # Errors
/// [`ScanError`], when it isn't JSON or is over a bound.
pub fn scan(bytes: &[u8]) -> Result<Index<'_>, ScanError> {
    let text = checked(bytes)?;
    let mut scanner = Scanner::<false>::new(text, MAX_DEPTH, MAX_VALUES);
    scanner.document()?;
    Ok(Index::new(text, scanner.nodes))
}

/// `bytes` as text, if it is some, and its offsets fit into an index.
pub(crate) fn checked(bytes: &[u8]) -> Result<&str, ScanError> {
    if u32::try_from(bytes.len()).is_err() {
        return Err(ScanError::Size);
    }
    std::str::from_utf8(bytes).map_err(|e| ScanError::Encoding(e.valid_up_to()))
}

/// A pass over `text`. With `LENIENT`, it also accepts the `NaN` and `Infinity` that some programs write, and `\u`
/// before anything; it has to be a constant, because a test per byte would cost the strict scan some of its speed.
///
/// A byte that is objected to has been consumed, so that `at` is where reading could go on.
pub(crate) struct Scanner<'a, const LENIENT: bool> {
    bytes: &'a [u8],
    pub(crate) at: usize,
    pub(crate) nodes: Vec<Node>,
    /// Nodes of the containers that are open, outermost first.
    open: Vec<u32>,
    max_depth: usize,
    max_values: usize,
}

impl<'a, const LENIENT: bool> Scanner<'a, LENIENT> {
    /// A scanner of `text`, which has to be shorter than 4 GiB.
    pub(crate) fn new(text: &'a str, max_depth: usize, max_values: usize) -> Self {
        let bytes = text.as_bytes();
        // A guess that holds for requests of agents: most of their bytes are in long strings.
        let nodes = Vec::with_capacity(bytes.len() / 128 + 8);
        Self { bytes, at: 0, nodes, open: Vec::new(), max_depth, max_values }
    }

    /// Reads one value with white space around it, which has to be the whole text.
    pub(crate) fn document(&mut self) -> Result<(), ScanError> {
        self.value()?;
        self.blanks();
        if self.at == self.bytes.len() { Ok(()) } else { self.fail() }
    }

    /// The same from `at` on, behind a value in the innermost of the containers that are `open`. The values before it
    /// are `nodes`.
    pub(crate) fn resume(
        &mut self,
        nodes: &[Node],
        open: Vec<u32>,
        at: usize,
    ) -> Result<(), ScanError> {
        self.nodes.extend_from_slice(nodes);
        (self.open, self.at) = (open, at);
        if self.close()? {
            self.value()?;
        }
        self.blanks();
        if self.at == self.bytes.len() { Ok(()) } else { self.fail() }
    }

    /// Reads one value, after white space.
    pub(crate) fn value(&mut self) -> Result<(), ScanError> {
        while self.begin_value()? || self.close()? {}
        Ok(())
    }

    /// Reads one value, or only the beginning of a container that isn't empty: then true.
    fn begin_value(&mut self) -> Result<bool, ScanError> {
        self.blanks();
        let first = self.peek();
        let kind = kind_of(first);
        let node = self.begin(kind)?;
        match first {
            Some(open @ (b'{' | b'[')) => {
                if LENIENT && self.open.len() >= self.max_depth {
                    return Err(ScanError::Depth(self.at));
                }
                self.at += 1;
                self.blanks();
                // The closing bracket is two above the opening one, for either kind.
                if self.peek() != Some(open + 2) {
                    self.descend(node)?;
                    if kind == Kind::Object {
                        self.key()?;
                    }
                    return Ok(true);
                }
                self.at += 1;
            }
            Some(b'"') => self.string(node)?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.literal(b"true")?,
            Some(b'f') => self.literal(b"false")?,
            Some(b'n') => self.literal(b"null")?,
            Some(b'N') if LENIENT => self.literal(b"NaN")?,
            Some(b'I') if LENIENT => self.literal(b"Infinity")?,
            _ => return self.fail(),
        }
        self.end(node);
        Ok(false)
    }

    /// After a value: closes the containers that end here. True when another value follows, false
    /// when the outermost value has ended.
    fn close(&mut self) -> Result<bool, ScanError> {
        while let Some(&container) = self.open.last() {
            self.blanks();
            let kind = self.nodes[container as usize].kind;
            let Some(byte) = self.peek() else { return self.fail() };
            self.at += 1;
            match (byte, kind) {
                (b',', Kind::Object) => {
                    self.blanks();
                    self.key()?;
                    return Ok(true);
                }
                (b',', _) => return Ok(true),
                (b'}', Kind::Object) | (b']', Kind::Array) => {
                    self.open.pop();
                    self.end(container);
                }
                _ => return Err(ScanError::Syntax(self.at - 1)),
            }
        }
        Ok(false)
    }

    fn key(&mut self) -> Result<(), ScanError> {
        let first = self.peek();
        let node = self.begin(kind_of(first))?;
        if first != Some(b'"') {
            return self.fail();
        }
        self.string(node)?;
        self.end(node);
        self.blanks();
        if self.peek() != Some(b':') {
            return self.fail();
        }
        self.at += 1;
        Ok(())
    }

    /// Reads the string that `node` is.
    fn string(&mut self, node: u32) -> Result<(), ScanError> {
        self.at += 1;
        let mut has_escapes = false;
        loop {
            let rest = &self.bytes[self.at..];
            let Some(plain) = special_byte(rest) else {
                self.at = self.bytes.len();
                return self.fail();
            };
            self.at += plain + 1;
            let length = match (rest[plain], rest.get(plain + 1)) {
                (b'"', _) => {
                    self.nodes[node as usize].has_escapes = has_escapes;
                    return Ok(());
                }
                (b'\\', Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')) => 1,
                (b'\\', Some(b'u')) if LENIENT => 1,
                (b'\\', Some(b'u')) if has_four_digits(&rest[plain + 2..]) => 5,
                (b'\\', _) => return Err(ScanError::Syntax(self.at - 1)),
                // Where nothing could end the string, that is what is wrong with it.
                _ if !LENIENT && memchr2(b'"', b'\\', rest).is_none() => {
                    return Err(ScanError::Syntax(self.bytes.len()));
                }
                _ => return Err(ScanError::Syntax(self.at - 1)),
            };
            self.at += length;
            has_escapes = true;
        }
    }

    fn number(&mut self) -> Result<(), ScanError> {
        if self.peek() == Some(b'-') {
            if LENIENT && self.bytes[self.at..].starts_with(b"-Infinity") {
                return self.literal(b"-Infinity");
            }
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
            if LENIENT && matches!(self.peek(), Some(b'0'..=b'9')) {
                // All of its digits belong to what a truncated document loses.
                self.digits()?;
                return self.fail();
            }
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

    fn literal(&mut self, word: &[u8]) -> Result<(), ScanError> {
        if !self.bytes[self.at..].starts_with(word) {
            return self.fail();
        }
        self.at += word.len();
        Ok(())
    }

    /// Begins a node, and returns its index.
    pub(crate) fn begin(&mut self, kind: Kind) -> Result<u32, ScanError> {
        if self.nodes.len() >= self.max_values {
            return Err(ScanError::Size);
        }
        let node = self.nodes.len() as u32;
        self.nodes.push(Node { start: self.at as u32, end: 0, next: 0, kind, has_escapes: false });
        Ok(node)
    }

    fn descend(&mut self, node: u32) -> Result<(), ScanError> {
        if self.open.len() >= self.max_depth {
            return Err(ScanError::Depth(self.at));
        }
        self.open.push(node);
        Ok(())
    }

    /// Ends a node at the place that has been reached.
    pub(crate) fn end(&mut self, node: u32) {
        let next = self.nodes.len() as u32;
        let node = &mut self.nodes[node as usize];
        node.end = self.at as u32;
        node.next = next;
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The next byte.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn fail<T>(&self) -> Result<T, ScanError> {
        Err(ScanError::Syntax(self.at))
    }
}

/// The kind of a value that begins with `first`.
fn kind_of(first: Option<u8>) -> Kind {
    match first {
        Some(b'{') => Kind::Object,
        Some(b'[') => Kind::Array,
        Some(b'"') => Kind::String,
        Some(b't' | b'f') => Kind::Bool,
        Some(b'-' | b'0'..=b'9' | b'N' | b'I') => Kind::Number,
        _ => Kind::Null,
    }
}

/// Where the first byte is that isn't a plain character of a string: a quote, a backslash or a control character.
fn special_byte(text: &[u8]) -> Option<usize> {
    let (short, long) = text.split_at(text.len().min(SHORT_STRING));
    special_in_words(short).or_else(|| {
        let plain = memchr2(b'"', b'\\', long);
        let control = control_character(&long[..plain.unwrap_or(long.len())]);
        control.or(plain).map(|offset| short.len() + offset)
    })
}

/// The second bit of each byte of a word.
const FLIPPED: u64 = 0x0202_0202_0202_0202;

/// The same in a short text.
fn special_in_words(text: &[u8]) -> Option<usize> {
    // With its second bit flipped, a quote (0x22) is the next byte after the control characters, which stay among
    // themselves; so one comparison finds either.
    let marks = |word: u64| less(word ^ FLIPPED, 0x21) | equal(word, b'\\');
    first(text, marks, |byte| matches!(byte, b'"' | b'\\') || byte < 0x20)
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

fn has_four_digits(text: &[u8]) -> bool {
    text.get(..4).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_special_byte_is_found_wherever_it_is(
            text in prop::collection::vec(prop::sample::select(&b"aa\x7f\x80\xff!#[]\x20\x1f\n\"\\"[..]), 0..90),
            plain in 0usize..200,
        ) {
            let text = [vec![b'x'; plain], text].concat();
            let is_special = |byte: &u8| matches!(byte, b'"' | b'\\') || *byte < 0x20;
            prop_assert_eq!(special_byte(&text), text.iter().position(is_special));
        }
    }

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
    fn names_that_are_looked_up_together_are_as_one_by_one() {
        let text = br#"{"a":1,"\u0062":2,"c":3,"c":4,"\u0063":5,"\ud800":6,"d":{"a":7},"":8}"#;
        let index = scan(text).unwrap();
        let names = ["a", "b", "c", "d", "", "e", "aa"];
        let ranges = |values: &[Option<Value<'_>>]| -> Vec<_> {
            values.iter().map(|value| value.map(Value::range)).collect()
        };
        let one_by_one = names.map(|name| index.root().get(name));
        assert_eq!(ranges(&index.root().get_all(names)), ranges(&one_by_one));
        assert_eq!(one_by_one.iter().flatten().count(), 4);
        let d = index.root().get("d").unwrap();
        assert_eq!(ranges(&d.get_all(["a"])), ranges(&[d.get("a")]));
        assert_eq!(ranges(&d.get("a").unwrap().get_all(["a"])), [None]);
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
        fn a_string_is_what_it_says(
            inner in r#"([ab/]|\\\\|\\/|\\n|\\u006[12]|\\u005c){0,5}"#,
            other in r"[ab/\\n]{0,5}",
        ) {
            let quoted = format!("\"{inner}\"");
            let index = scan(quoted.as_bytes()).unwrap();
            let text = index.root().text().unwrap();
            prop_assert!(index.root().is(&text));
            prop_assert_eq!(index.root().is(&other), text == other);
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
