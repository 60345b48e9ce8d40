//! Packs in XML 1.0: each span is a CDATA section.

use crate::Origin;

/// The beginning of the root's start tag; the version and the other attributes follow.
pub const PACK: &str = "<context_pack version=\"";
/// The beginning of a file's start tag; the path follows, escaped.
pub const FILE: &str = "<file path=\"";
/// The beginning of a span's start tag; the number of its first line follows.
pub const SPAN: &str = "<span start=\"";
/// What opens a span's section. The line end is not part of the span.
pub const OPEN: &str = "<![CDATA[\n";
/// What closes a span's section.
pub const CLOSE: &str = "]]></span>";
/// What ends a section, and so can't be written in one as it is.
const SECTION_END: &str = "]]>";
/// How [`SECTION_END`] is written within a section: as two sections.
const SECTION_END_ESCAPED: &str = "]]]]><![CDATA[>";

/// Whether `text` begins as a pack does.
pub fn is_pack(text: &str) -> bool {
    text.starts_with(PACK)
}

/// `text` for an attribute or an element; characters that XML 1.0 can't hold become U+FFFD.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(allowed(c)),
        }
    }
    out
}

/// The text that [`escape`] escaped.
fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// `text` for a span's section; characters that XML 1.0 can't hold become U+FFFD.
pub fn section(text: &str) -> String {
    let text: String = text.chars().map(allowed).collect();
    text.replace(SECTION_END, SECTION_END_ESCAPED)
}

fn allowed(c: char) -> char {
    let outside = c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{7f}'..='\u{9f}')
        || matches!(c, '\u{fffe}' | '\u{ffff}');
    if outside { '\u{fffd}' } else { c }
}

/// The pack with the text of each span replaced by what `replace` makes of it.
///
/// # Errors
/// The first error of `replace`.
pub fn map_spans<E>(
    pack: &str,
    mut replace: impl FnMut(&str, Origin) -> Result<String, E>,
) -> Result<String, E> {
    let mut out = String::with_capacity(pack.len());
    let mut path = String::new();
    let mut rest = pack;
    while let Some((tags, after)) = rest.split_once(OPEN) {
        let Some((section, after)) = after.split_once(CLOSE) else { break };
        if let Some(quoted) = attribute(tags, FILE) {
            path = unescape(quoted);
        }
        let first_line = attribute(tags, SPAN).and_then(|n| n.parse().ok()).unwrap_or(1);
        let text = section.replace(SECTION_END_ESCAPED, SECTION_END);
        let text = replace(&text, Origin { path: path.clone(), first_line })?;
        out.push_str(tags);
        out.push_str(OPEN);
        out.push_str(&text.replace(SECTION_END, SECTION_END_ESCAPED));
        out.push_str(CLOSE);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// The value of the last attribute in `tags` that `before` opens.
fn attribute<'t>(tags: &'t str, before: &str) -> Option<&'t str> {
    let (_, after) = tags.rsplit_once(before)?;
    Some(after.split_once('"')?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_replaced_and_stay_sections() {
        let pack = "<context_pack>\n<files>\n<file path=\"a&amp;b.xml\" language=\"xml\" rank=\"1\">\n\
            <span start=\"7\" end=\"9\" evidence=\"\"><![CDATA[\nx ]]]]><![CDATA[></span>\n]]></span>\n\
            <span start=\"12\" end=\"12\" evidence=\"\"><![CDATA[\ny\n]]></span>\n</file>\n</files>\n";
        let mut seen = Vec::new();
        let out = map_spans(pack, |text, origin| {
            seen.push((origin.path, origin.first_line, text.to_owned()));
            Ok::<_, ()>(text.to_uppercase())
        })
        .unwrap();
        let path = "a&b.xml".to_owned();
        assert_eq!(seen, [(path.clone(), 7, "x ]]></span>\n".into()), (path, 12, "y\n".into())]);
        let expected = pack
            .replace("\nx ]]]]><![CDATA[></span>\n", "\nX ]]]]><![CDATA[></SPAN>\n")
            .replace("\ny\n", "\nY\n");
        assert_eq!(out, expected);
    }

    #[test]
    fn what_is_escaped_comes_back() {
        for text in ["a&b", "<a href=\"x\">", "&amp;lt;", "plain"] {
            assert_eq!(unescape(&escape(text)), text);
        }
        assert_eq!(escape("a\u{1}\u{ffff}"), "a\u{fffd}\u{fffd}");
        assert_eq!(section("x]]>\u{0}"), "x]]]]><![CDATA[>\u{fffd}");
    }
}
