//! Literals: in quotes of all kinds, in calls that leave them what they are, in elements of XML, and without quotes.

use std::borrow::Cow;
use std::ops::Range;

use super::reader::{Notation, Reader, Value};
use crate::byte_set::ByteSet;
use crate::value;

const QUOTE_BEGINNINGS: ByteSet = ByteSet::of(b"\\\"'`&\xe2");
/// Characters of the functions around a literal.
const CALLEES: ByteSet = ByteSet::alphanumeric_and(b"_.:[]<>*&@- ");
/// Functions around a literal that leave it what it is.
#[rustfmt::skip]
const WRAPPERS: &[&str] = &[
    "some", "from", "secretstr", "secretstring", "secret", "securestring", "string", "str", "bytes", "byte",
    "b64decode", "atob", "new", "valueof", "quote", "ok", "just", "literal", "password", "token", "sensitive", "_t",
    "cstring", "of", "into", "stringify", "hash", "hashsync", "make_password", "generate_password_hash", "md5", "sha1", "sha2", "sha256", "crypt", "password_hash", "secretvalue", "plaintext", "base64decode", "unsafeplaintext",
];
/// Functions around the hexadecimal digits of a literal.
const FROM_HEX: &[&str] =
    &["fromhex", "unhexlify", "unhex", "decode_hex", "hex2bin", "fromhexstring", "decodestring"];
/// Quotes, also as written inside other texts.
pub(super) const QUOTES: &[&str] = &[
    "\\\\\"", "\\\\\\\"", "\"", "'", "`", "\\\"", "\\'", "&quot;", "&#34;", "&#39;", "\\u0022",
    "“", "’",
];

impl Reader<'_> {
    /// A quoted value, perhaps with escaped quotes, or with a string prefix such as `b`.
    pub(super) fn quoted(&mut self) -> Option<Value> {
        if ["q", "%q", "%Q"].iter().any(|open| self.rest().starts_with(open)) {
            return self.quoted_as_in_perl();
        }
        let start = self.at;
        let prefix = self
            .rest()
            .bytes()
            .take(2)
            .take_while(|byte| b"bBrRuUfFlL@$&NE".contains(byte))
            .count();
        if self.rest()[prefix..].starts_with(['"', '\'', '`', '\\', '&', '“']) {
            self.at += prefix;
        }
        if self.eat("%w[") || self.eat("%w(") {
            let range = self.until(|c| matches!(c, ']' | ')') || c.is_whitespace())?;
            return Some(Value { range, notation: Notation::Quoted });
        }
        if self.eat("[[") {
            // A long string of Lua.
            let range = self.until(|c| c == ']' || c.is_whitespace())?;
            let is_closed = self.text[range.end..].starts_with("]]");
            return is_closed.then_some(Value { range, notation: Notation::Quoted });
        }
        if self.eat("\"\"\"") || self.eat("'''") {
            self.skip_white_space();
            let range = self.until(|c| c.is_whitespace() || c == '"' || c == '\'')?;
            return Some(Value { range, notation: Notation::Quoted });
        }
        let is_quote = self.next_byte().is_some_and(|byte| QUOTE_BEGINNINGS.contains(byte));
        let quote = QUOTES.iter().filter(|_| is_quote).find(|quote| self.eat(quote));
        let Some(quote) = quote else {
            self.at = start;
            return None;
        };
        let closing = if *quote == "“" { "”" } else { quote };
        let window = self.window();
        let end = if quote.len() == 1 { unescaped(window, quote) } else { window.find(closing) };
        let is_on_line = |end: &usize| !without_continuations(&window[..*end]).contains('\n');
        let Some(end) = end.filter(is_on_line) else {
            self.at = start;
            return None;
        };
        let range = self.at..self.at + end;
        self.at = range.end + closing.len();
        (!range.is_empty()).then_some(Value { range, notation: Notation::Quoted })
    }

    /// `q{…}`, `qq(…)`, and `%q(…)` of Ruby.
    pub(super) fn quoted_as_in_perl(&mut self) -> Option<Value> {
        let (start, pairs) = (self.at, [('{', '}'), ('(', ')'), ('[', ']'), ('|', '|')]);
        self.eat("%");
        self.skip_while(2, |c| matches!(c, 'q' | 'Q'));
        let open = self.rest().chars().next();
        let value =
            pairs.iter().find(|(opening, _)| Some(*opening) == open).and_then(|(_, closing)| {
                self.at += 1;
                let range = self.until(|c| c == *closing || c.is_whitespace())?;
                self.at = range.end;
                let closed = self.rest().starts_with(*closing);
                closed.then_some(Value { range, notation: Notation::Quoted })
            });
        if value.is_none() {
            self.at = start;
        }
        value
    }

    /// A literal inside a function that leaves it what it is: `Some("…")`, `SecretStr("…")`.
    pub(super) fn wrapped(&mut self) -> Option<Value> {
        let start = self.at;
        let window = self.ahead(48);
        let end = CALLEES.find_other(window)?;
        let callee = &window[..end];
        let last = callee
            .trim_end_matches([' ', ']', '-'])
            .rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let is_list = callee.is_empty() || callee == "[" || callee.trim_end() == "[";
        let called = window[end..].starts_with('(');
        let is_hex = called && FROM_HEX.contains(&&*last);
        let is_wrapper = is_hex
            || WRAPPERS.iter().any(|wrapper| *wrapper == last) && (called || callee.ends_with(' '));
        if !(is_wrapper || (is_list && (called || callee.contains('[')))) {
            return None;
        }
        self.at += end + usize::from(called);
        self.skip_white_space();
        // Digits that are no text are a key's or a test's.
        let text = self.text;
        let is_text =
            |value: &Value| !is_hex || value::decoded_hex(&text[value.range.clone()]).is_some();
        let value = self.quoted().filter(is_text);
        if value.is_none() {
            self.at = start;
        }
        value
    }

    /// An unquoted value, if only an end or a comment follows it, or a blank where only a literal
    /// is possible.
    pub(super) fn bare(&mut self, certain: bool) -> Option<Value> {
        if self.rest().starts_with('{') {
            let range = self.until(|c| c == '}' || c.is_whitespace())?;
            let range = range.start..range.end + 1;
            return (certain
                && self.text.get(range.clone()).is_some_and(|text| text.ends_with('}')))
            .then_some(Value { range, notation: Notation::Bare { certain } });
        }
        let is_listed = self.place.behind_semicolon();
        let range = self.until(|c| ends_bare(c) && !(is_listed && c == '&'))?;
        let (range, is_marked_up) = self.before_markup(range);
        let rest = &self.text[range.end..];
        let next = rest.chars().next();
        let behind = rest.trim_start_matches([' ', '\t', '\r']);
        let behind_blanks = behind.chars().next();
        // A call or an index that a literal ends: `b64encode("…")`.
        let is_expression = matches!(next, Some('"' | '\'' | '`'))
            && self.text[range.clone()].contains(['(', '[', '{']);
        // Another name, with its value in quotes.
        let is_name = next == Some('"')
            && self.text[range.clone()].ends_with('=')
            && !self.text[range.clone()].ends_with("==");
        if is_expression || is_name {
            return None;
        }
        let ends = is_marked_up
            || matches!(next, None | Some('"' | '\'' | '`' | ';' | '&' | '<' | '\\' | '\t'))
            || matches!(behind_blanks, None | Some('\n' | '#' | ';' | '|'))
            || ["//", "--", "*/", "]]>"].iter().any(|mark| behind.starts_with(mark))
            || (certain && matches!(next, Some('}' | ')' | ',' | ']')))
            || (certain && next.is_some_and(char::is_whitespace));
        ends.then_some(Value { range, notation: Notation::Bare { certain } })
    }

    /// A value without quotes in the middle of a line: a blank, a comma or a bracket ends it. It can't
    /// be a variable where it is `certain` that it isn't a program's.
    pub(super) fn bare_among_words(&self, certain: bool) -> Option<Value> {
        let (range, _) = self.before_markup(self.until(ends_bare)?);
        // What is called or looked up is a program's: `password=found[2]`.
        let is_expression = self.text[range.clone()].contains(['(', '[', '{']);
        (!is_expression).then_some(Value { range, notation: Notation::Bare { certain } })
    }

    /// A value without the mark that ends a block of Jira's markup, and whether there is one.
    fn before_markup(&self, range: Range<usize>) -> (Range<usize>, bool) {
        let written = &self.text[range.clone()];
        let mark = memchr::memrchr(b'{', written.as_bytes())
            .filter(|at| *at > 0 && matches!(&written[*at..], "{code" | "{noformat"));
        (range.start..mark.map_or(range.end, |at| range.start + at), mark.is_some())
    }

    /// What a shell decodes: `$(echo … | base64 -d)`.
    pub(super) fn echoed_to_decoder(&mut self) -> Option<Value> {
        const DECODERS: [&str; 4] =
            ["base64 -d", "base64 --decode", "base64 -D", "openssl base64 -d"];
        let start = self.at;
        self.eat("\"");
        let is_echoed = ["$(echo ", "`echo ", "$(printf "].iter().any(|echo| self.eat(echo));
        let value = if is_echoed {
            let _ = self.eat("-n ") || self.eat("%s ");
            self.quoted().or_else(|| self.bare_among_words(true))
        } else {
            None
        };
        let decoded = value.filter(|value| {
            let behind = self.text[value.range.end..].trim_start_matches(['"', '\'', ' ']);
            let piped = behind.strip_prefix('|').map(|piped| piped.trim_start_matches(' '));
            piped.is_some_and(|piped| DECODERS.iter().any(|decoder| piped.starts_with(decoder)))
        });
        if decoded.is_none() {
            self.at = start;
        }
        decoded.map(|value| Value { notation: Notation::Quoted, ..value })
    }

    /// An argument without quotes that is no name: `password(4vWkfARJak)` of Stata.
    pub(super) fn bare_argument(&self) -> Option<Value> {
        let range = self.until(|c| c == ')' || c.is_whitespace())?;
        let written = &self.text[range.clone()];
        let is_literal = written.starts_with(|c: char| c.is_ascii_digit())
            && written.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && value::is_password(written);
        let is_closed = self.text[range.end..].starts_with(')');
        (is_literal && is_closed)
            .then_some(Value { range, notation: Notation::Bare { certain: false } })
    }

    /// The content of an XML element, up to its end tag.
    pub(super) fn element(&mut self) -> Option<Value> {
        if self.eat("<![CDATA[") {
            let window = self.window();
            let end = window.find("]]>").filter(|&end| end > 0)?;
            let is_word = !window[..end].contains(char::is_whitespace);
            let range = self.at..self.at + end;
            return is_word.then_some(Value { range, notation: Notation::Quoted });
        }
        let range = self.until(|c| c == '<' || c == ']' || c.is_whitespace())?;
        let rest = &self.text[range.end..];
        let closes = ["</", "]]>", "\\u003c/"].iter().any(|end| rest.starts_with(end));
        (closes || rest.trim_ascii_start().starts_with("</"))
            .then_some(Value { range, notation: Notation::Quoted })
    }

    /// A quote, perhaps an escaped one.
    pub(super) fn eat_quote(&mut self) -> bool {
        self.next_byte().is_some_and(|byte| QUOTE_BEGINNINGS.contains(byte))
            && QUOTES.iter().any(|quote| self.eat(quote))
    }
}

/// Whether a character ends an unquoted value.
pub(super) fn ends_bare(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | ',' | ';' | ')' | '}' | ']' | '<' | '>' | '&' | '|' | '\\')
        || c.is_whitespace()
}

/// A string without the backslashes before line ends, by which it goes on in the next line.
pub(super) fn without_continuations(text: &str) -> Cow<'_, str> {
    match text.contains("\\\n") || text.contains("\\\r\n") {
        true => Cow::Owned(text.replace("\\\r\n", "").replace("\\\n", "")),
        false => Cow::Borrowed(text),
    }
}

/// The position of the first `quote` that no backslash escapes.
fn unescaped(window: &str, quote: &str) -> Option<usize> {
    let mut skip = false;
    for (at, byte) in window.bytes().enumerate() {
        if std::mem::take(&mut skip) {
            continue;
        }
        match byte {
            b'\n' => return None,
            b'\\' => skip = true,
            byte if byte == quote.as_bytes()[0] => return Some(at),
            _ => {}
        }
    }
    None
}
