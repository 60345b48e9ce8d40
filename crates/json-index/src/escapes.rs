//! The text of JSON strings, and the escaping styles of JSON writers.

use std::borrow::Cow;

/// The escaping style of a JSON writer. What every writer has to escape (quotes, backslashes,
/// controls) is the same in all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonEscapes {
    /// Nothing else: JavaScript, serde, `jq`, `ensure_ascii=False`.
    Needed,
    /// Everything but ASCII: Python's default.
    NonAscii,
    /// Also characters special to HTML and JavaScript: Go.
    Html,
    /// Slashes, and everything but ASCII: PHP.
    SlashesAndNonAscii,
    /// Slashes: PHP with `JSON_UNESCAPED_UNICODE`.
    Slashes,
}

impl JsonEscapes {
    /// All of them, the likeliest first.
    const ALL: [Self; 5] =
        [Self::Needed, Self::NonAscii, Self::Html, Self::SlashesAndNonAscii, Self::Slashes];

    /// The style in which `written`, the inside of a string, escapes `text`; `None` if it is none
    /// of these.
    pub fn of(written: &str, text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|escapes| escapes.write(text) == written)
    }

    /// Escapes `text` as the inside of a string. The escapes of a concatenation are the
    /// concatenation of the escapes.
    pub fn write(self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + text.len() / 16);
        let mut plain = 0;
        for (at, c) in text.char_indices().filter(|(_, c)| self.escapes(*c)) {
            out.push_str(&text[plain..at]);
            plain = at + c.len_utf8();
            push_escape(c, &mut out);
        }
        out.push_str(&text[plain..]);
        out
    }

    fn escapes(self, c: char) -> bool {
        match c {
            '"' | '\\' | '\0'..='\u{1f}' => true,
            '/' => matches!(self, Self::Slashes | Self::SlashesAndNonAscii),
            '<' | '>' | '&' => self == Self::Html,
            '\u{2028}' | '\u{2029}' => self != Self::Needed,
            _ => !c.is_ascii() && matches!(self, Self::NonAscii | Self::SlashesAndNonAscii),
        }
    }
}

fn push_escape(c: char, out: &mut String) {
    let short = match c {
        '"' | '\\' | '/' => Some(c),
        '\u{8}' => Some('b'),
        '\u{c}' => Some('f'),
        '\n' => Some('n'),
        '\r' => Some('r'),
        '\t' => Some('t'),
        _ => None,
    };
    if let Some(short) = short {
        out.extend(['\\', short]);
        return;
    }
    for unit in c.encode_utf16(&mut [0; 2]) {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

/// The text that `written`, the inside of a string, stands for; `None` if an escape stands for no
/// character, such as half of a surrogate pair.
pub fn unescape(written: &str) -> Option<Cow<'_, str>> {
    if memchr::memchr(b'\\', written.as_bytes()).is_none() {
        return Some(Cow::Borrowed(written));
    }
    let mut out = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        let (c, length) = escape(&rest[at..])?;
        out.push(c);
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    Some(Cow::Owned(out))
}

/// The character of the escape at the beginning of `rest`, and the length of the escape in bytes.
fn escape(rest: &str) -> Option<(char, usize)> {
    let c = match rest.as_bytes().get(1)? {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'u' => {
            let first = unit(rest)?;
            if let Some(c) = char::from_u32(u32::from(first)) {
                return Some((c, 6));
            }
            let pair = [first, unit(rest.get(6..)?)?];
            return Some((char::decode_utf16(pair).next()?.ok()?, 12));
        }
        other @ (b'"' | b'\\' | b'/') => char::from(*other),
        _ => return None,
    };
    Some((c, 2))
}

/// The number in the `\uXXXX` at the beginning of `rest`.
fn unit(rest: &str) -> Option<u16> {
    let digits = rest.strip_prefix("\\u")?.get(..4)?;
    let are_digits = digits.bytes().all(|b| b.is_ascii_hexdigit());
    are_digits.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

/// A document with every escape replaced by its character, so that words next to one are found. It
/// is only searched, never shown.
#[derive(Debug)]
pub struct Unescaped<'a> {
    text: Cow<'a, str>,
    /// The position after each escape, in the text and in the document.
    places: Vec<(usize, usize)>,
}

impl<'a> Unescaped<'a> {
    /// Escapes that stand for no character stay as they are.
    pub fn of(document: &'a str) -> Self {
        let mut unescaped = Self { text: Cow::Borrowed(document), places: Vec::new() };
        if memchr::memchr(b'\\', document.as_bytes()).is_none() {
            return unescaped;
        }
        let mut out = String::with_capacity(document.len());
        let mut at = 0;
        while let Some(offset) = memchr::memchr(b'\\', &document.as_bytes()[at..]) {
            out.push_str(&document[at..at + offset]);
            at += offset;
            match escape(&document[at..]) {
                Some((c, length)) => {
                    out.push(c);
                    at += length;
                }
                None => {
                    out.push('\\');
                    at += 1;
                }
            }
            unescaped.places.push((out.len(), at));
        }
        out.push_str(&document[at..]);
        unescaped.text = Cow::Owned(out);
        unescaped
    }

    /// The document with its escapes replaced.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The byte of the document that corresponds to byte `at` of the text.
    pub fn in_document(&self, at: usize) -> usize {
        let next = self.places.partition_point(|(in_text, _)| *in_text <= at);
        match next.checked_sub(1).map(|last| self.places[last]) {
            Some((in_text, in_document)) => in_document + (at - in_text),
            None => at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_writers_write_is_known() {
        let text = "a/b <c> \"q\" \\ \n\t\u{1}\u{7f}é한😀\u{2028}";
        for (written, escapes) in [
            ("a/b <c> \\\"q\\\" \\\\ \\n\\t\\u0001\u{7f}é한😀\u{2028}", JsonEscapes::Needed),
            (
                "a/b <c> \\\"q\\\" \\\\ \\n\\t\\u0001\u{7f}\\u00e9\\ud55c\\ud83d\\ude00\\u2028",
                JsonEscapes::NonAscii,
            ),
            (
                "a/b \\u003cc\\u003e \\\"q\\\" \\\\ \\n\\t\\u0001\u{7f}é한😀\\u2028",
                JsonEscapes::Html,
            ),
            (
                "a\\/b <c> \\\"q\\\" \\\\ \\n\\t\\u0001\u{7f}\\u00e9\\ud55c\\ud83d\\ude00\\u2028",
                JsonEscapes::SlashesAndNonAscii,
            ),
        ] {
            assert_eq!(unescape(written).as_deref(), Some(text));
            assert_eq!(JsonEscapes::of(written, text), Some(escapes));
        }
        for broken in ["\\ud83d", "\\ud83dx", "\\ude00", "\\u12", "\\u00é", "\\", "\\x", "\\u+123"]
        {
            assert_eq!(unescape(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_word_behind_an_escape_is_a_word() {
        let document = r#"{"a":"x\nerror \ud55c\uad6d \ud83d end"}"#;
        let unescaped = Unescaped::of(document);
        assert_eq!(unescaped.text(), "{\"a\":\"x\nerror 한국 \\ud83d end\"}");
        let at = unescaped.text().find("end").unwrap();
        assert_eq!(&document[unescaped.in_document(at)..], "end\"}");
        assert_eq!(unescaped.in_document(0), 0);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(text: String) {
            for escapes in JsonEscapes::ALL {
                let written = escapes.write(&text);
                let read = unescape(&written);
                prop_assert_eq!(read.as_deref(), Some(text.as_str()));
                let quoted = format!("\"{written}\"");
                prop_assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text.as_str());
            }
        }

        #[test]
        fn any_document_is_unescaped(document in "(\\\\|\\\\u[0-9a-f]{0,4}|[a-z\"é한]){0,40}") {
            let unescaped = Unescaped::of(&document);
            for at in 0..=unescaped.text().len() {
                if unescaped.text().is_char_boundary(at) {
                    prop_assert!(document.get(unescaped.in_document(at)..).is_some());
                }
            }
        }
    }
}
