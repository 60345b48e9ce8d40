//! The text of HTML, line by line, as a browser would read it.
//!
//! No tokenizer of a library: all of them read documents, and what a line shows is needed here, with the lines that
//! the task names left as they are. What is taken from a library is the table of character references.

/// Elements whose content isn't rendered.
const HIDDEN: &[&str] = &["script", "style", "svg", "template", "noscript"];
/// Elements that separate what is before them from what is after them.
const DIVIDING: &[&str] = &["br", "p", "div", "tr", "li", "td", "th"];
/// The most bytes of a tag that are searched for its link: longer ones hold scripts or data. By
/// hand, not measured.
const MAX_TAG: usize = 4096;
/// The bytes of the longest character reference: `&CounterClockwiseContourIntegral;`.
const LONGEST_REFERENCE: usize = 33;

/// Reads lines element by element.
#[derive(Default)]
pub(super) struct Reader {
    /// The element whose content is being skipped, or `!` for a comment.
    hidden: Option<&'static str>,
    /// The tag that continues on the next line.
    tag: Option<Tag>,
}

impl Reader {
    /// What the next line, without its end, shows.
    pub(super) fn line(&mut self, line: &str) -> String {
        let mut out = String::new();
        let mut rest = line;
        while !rest.is_empty() {
            if let Some(name) = self.hidden {
                let end = match name {
                    "!" => rest.find("-->").map(|at| at + 3),
                    name => find_close(rest, name),
                };
                let Some(end) = end else { return out };
                rest = &rest[end..];
                self.hidden = None;
            } else if let Some(mut tag) = self.tag.take() {
                let Some(end) = tag.place.end_of_tag(rest) else {
                    tag.push(rest);
                    self.tag = Some(tag);
                    return self.with_line_ended(out);
                };
                tag.push(&rest[..end]);
                self.end_tag(&tag.text, &mut out);
                rest = &rest[end + 1..];
            } else {
                let start = rest.find('<').unwrap_or(rest.len());
                push_decoded(&rest[..start], &mut out);
                rest = &rest[start..];
                if let Some(comment) = rest.strip_prefix("<!--") {
                    self.hidden = Some("!");
                    rest = comment;
                } else if is_tag(rest) {
                    let mut place = Place::default();
                    let Some(end) = place.end_of_tag(rest) else {
                        let mut tag = Tag { place, text: String::new() };
                        tag.push(rest);
                        self.tag = Some(tag);
                        return self.with_line_ended(out);
                    };
                    let inner = &rest[..end];
                    self.end_tag(&inner[..inner.floor_char_boundary(MAX_TAG)], &mut out);
                    rest = &rest[end + 1..];
                } else if let Some(text) = rest.strip_prefix('<') {
                    out.push('<');
                    rest = text;
                }
            }
        }
        self.with_line_ended(out)
    }

    /// `shown`, after the end of the line was read.
    fn with_line_ended(&mut self, shown: String) -> String {
        if let Some(tag) = &mut self.tag {
            tag.end_line();
        }
        shown
    }

    /// Shows what a tag stands for, which is without its `>`.
    fn end_tag(&mut self, tag: &str, out: &mut String) {
        let name = tag.trim_start_matches(['<', '/']);
        let end = name.bytes().position(|byte| !byte.is_ascii_alphanumeric());
        let name = &name[..end.unwrap_or(name.len())];
        let is_one_of = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        if let Some(address) = link(tag) {
            out.push('<');
            push_decoded(address, out);
            out.push_str("> ");
        }
        if is_one_of(DIVIDING) && !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
        if !tag.starts_with("</") && !tag.ends_with('/') {
            self.hidden = HIDDEN.iter().find(|hidden| hidden.eq_ignore_ascii_case(name)).copied();
        }
    }
}

/// Whether `text`, which begins with `<`, begins with a tag.
fn is_tag(text: &str) -> bool {
    let name = text.strip_prefix('<').map(|name| name.trim_start_matches('/'));
    name.is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!' || c == '?')
    })
}

/// A tag, as far as it has been read.
#[derive(Default)]
struct Tag {
    text: String,
    place: Place,
}

/// Where in a tag the next byte is (HTML 5, 13.2.5.32 and following): only outside of quoted values does `>` end it.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In a name, or between attributes.
    #[default]
    Names,
    /// After an equals sign.
    Equals,
    /// In a value without quotes.
    Value,
    /// In a value with these quotes.
    Quoted(u8),
}

impl Tag {
    /// Adds `text`, as far as there is room.
    fn push(&mut self, text: &str) {
        let room = text.floor_char_boundary(MAX_TAG.saturating_sub(self.text.len()));
        self.text.push_str(&text[..room]);
    }

    /// Reads the end of a line.
    fn end_line(&mut self) {
        self.place.pass(b'\n');
        if self.text.len() < MAX_TAG {
            self.text.push('\n');
        }
    }
}

impl Place {
    /// Reads on in `text`; returns where the `>` is that ends the tag, if it is there.
    fn end_of_tag(&mut self, text: &str) -> Option<usize> {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            // What doesn't change the place is passed over.
            let rest = &bytes[at..];
            at += match *self {
                Self::Names => memchr::memchr2(b'>', b'=', rest)?,
                Self::Quoted(quote) => memchr::memchr(quote, rest)?,
                Self::Equals | Self::Value => 0,
            };
            if bytes[at] == b'>' && !matches!(self, Self::Quoted(_)) {
                return Some(at);
            }
            self.pass(bytes[at]);
            at += 1;
        }
        None
    }

    /// Passes `byte`, which doesn't end the tag.
    fn pass(&mut self, byte: u8) {
        *self = match (*self, byte) {
            (Self::Quoted(quote), byte) if byte == quote => Self::Names,
            (Self::Names, b'=') => Self::Equals,
            (Self::Equals, b'"' | b'\'') => Self::Quoted(byte),
            (Self::Equals, byte) if !byte.is_ascii_whitespace() => Self::Value,
            (Self::Value, byte) if byte.is_ascii_whitespace() => Self::Names,
            (place, _) => place,
        };
    }
}

/// The address that a tag links to, as it is written, if it leads out of the page.
fn link(tag: &str) -> Option<&str> {
    let mut rest = tag.split_once(|c: char| c.is_ascii_whitespace())?.1;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        let end = rest.find(|c: char| c.is_ascii_whitespace() || c == '=')?;
        let (name, after) = rest.split_at(end);
        rest = after.trim_ascii_start();
        let Some(value) = rest.strip_prefix('=') else { continue };
        let value = value.trim_ascii_start();
        let is_blank = |c: char| c.is_ascii_whitespace();
        let (value, after) = match value.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            Some(quote) => value[1..].split_once(quote)?,
            None => value.split_once(is_blank).unwrap_or((value, "")),
        };
        if name.eq_ignore_ascii_case("href") {
            return (value.starts_with("http") || value.starts_with('/')).then_some(value);
        }
        rest = after;
    }
}

/// Where the closing tag of `name` ends.
fn find_close(text: &str, name: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text[from..].find("</") {
        let start = from + at + 2;
        let close = text.get(start..start + name.len());
        if close.is_some_and(|close| close.eq_ignore_ascii_case(name)) {
            return text[start..].find('>').map(|end| start + end + 1);
        }
        from = start;
    }
    None
}

/// Appends `text` with its character references resolved (HTML 5, 13.5).
fn push_decoded(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let name = rest.bytes().skip(1).take(LONGEST_REFERENCE);
        let length = name.take_while(|b| b.is_ascii_alphanumeric() || *b == b'#').count();
        let reference = rest.get(..length + 2).filter(|reference| reference.ends_with(';'));
        let reference = reference.unwrap_or("&");
        let decoded = htmlize::unescape(reference);
        match decoded.as_ref() {
            // What a reader takes for a blank should be one.
            "\u{a0}" => out.push(' '),
            decoded if decoded == reference || decoded.contains(char::is_control) => {
                out.push('&');
                rest = &rest[1..];
                continue;
            }
            decoded => out.push_str(decoded),
        }
        rest = &rest[reference.len()..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_shows() {
        let mut reader = Reader::default();
        for (line, shown) in [
            (
                "<p>a&nbsp;&lt;b&gt; &amp; c <a href=\"https://example.org/x\">d</a></p>",
                "a <b> & c <https://example.org/x> d",
            ),
            ("<script>var a = '<b>';", ""),
            ("</script>after<!-- no -->wards", "afterwards"),
            ("<div", ""),
            ("class=\"x\">in</div> 1 < 2 &unknown; &#65;", "in  1 < 2 &unknown; A"),
        ] {
            assert_eq!(reader.line(line).trim(), shown, "{line}");
        }
    }

    #[test]
    fn quoted_values_may_hold_what_ends_a_tag() {
        let mut reader = Reader::default();
        for (line, shown) in [
            ("<a title=\"a>b\" href='/x'>c</a>", "</x> c"),
            ("<img alt='1 > 0, \"so\"'>after", "after"),
            ("<p title = \">\">text", "text"),
            ("<p title=it's>text</p>", "text"),
            ("<a data-href=\"/no\" HREF=/yes?a=1&amp;b=2>c", "</yes?a=1&b=2> c"),
            ("<input value=\"a", ""),
            ("b > c\">shown", "shown"),
            ("<a", ""),
            ("  href=\"https://example.org/\">here</a>", "<https://example.org/> here"),
            ("<br/>x<hr>", "x"),
        ] {
            assert_eq!(reader.line(line).trim(), shown, "{line}");
        }
    }

    #[test]
    fn every_character_reference_is_known() {
        let mut out = String::new();
        let text = "&lsquo;&rsquo; &notin; &NotEqualTilde; &CounterClockwiseContourIntegral; &eacute;\
                    &#x1F600; &#7; &copy &amp;lt; & &;";
        push_decoded(text, &mut out);
        assert_eq!(out, "‘’ ∉ ≂̸ ∳ é😀 &#7; &copy &lt; & &;");
    }
}
