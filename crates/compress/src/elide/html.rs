//! HTML: the text that a browser would render is kept, and links; lines that the task names are
//! kept verbatim.

use super::{Context, Draft, Segment};
use crate::lines::Lines;

/// A longer line, in bytes, is rendered as text even if the task names it.
const LONGEST_AS_WRITTEN: usize = 1000;
/// Elements whose content isn't rendered.
const HIDDEN: &[&str] = &["script", "style", "svg", "template", "noscript"];

pub(crate) fn draft(lines: &Lines, context: &Context) -> Option<Draft> {
    let named = context.task.lines(lines);
    let mut shown = String::new();
    let mut reader = Reader::default();
    let mut changed = 0;
    for (index, line) in lines.iter().enumerate() {
        let text = reader.line(line);
        if named.binary_search(&index).is_ok() && line.len() <= LONGEST_AS_WRITTEN {
            shown.push_str(line);
            shown.push('\n');
            continue;
        }
        changed += usize::from(text != line);
        if !text.trim().is_empty() {
            shown.push_str(text.trim_end());
            shown.push('\n');
        }
    }
    let segments = vec![Segment::Text(shown)];
    let unit = "lines' markup";
    (changed > 0).then_some(Draft {
        segments,
        unit,
        total: lines.count(),
        elided: changed,
        comment: None,
    })
}

/// Reads lines element by element, as a browser does.
#[derive(Default)]
struct Reader {
    /// The element whose content is being skipped, or `!` for a comment.
    hidden: Option<&'static str>,
    /// Whether a tag continues on the next line.
    in_tag: bool,
}

impl Reader {
    fn line(&mut self, line: &str) -> String {
        let mut out = String::new();
        let mut rest = line;
        while !rest.is_empty() {
            if let Some(name) = self.hidden {
                let end = if name == "!" {
                    rest.find("-->").map(|at| at + 3)
                } else {
                    find_close(rest, name)
                };
                let Some(end) = end else { return out };
                rest = &rest[end..];
                self.hidden = None;
            } else if self.in_tag {
                let Some(end) = rest.find('>') else { return out };
                rest = &rest[end + 1..];
                self.in_tag = false;
            } else {
                let start = rest.find('<').unwrap_or(rest.len());
                decode_entities(&rest[..start], &mut out);
                rest = &rest[start..];
                if let Some(comment) = rest.strip_prefix("<!--") {
                    self.hidden = Some("!");
                    rest = comment;
                } else if !rest.is_empty() {
                    rest = self.tag(rest, &mut out);
                }
            }
        }
        out
    }

    /// Reads the tag at the beginning of `text`; returns the rest.
    fn tag<'t>(&mut self, text: &'t str, out: &mut String) -> &'t str {
        let name = text[1..].trim_start_matches('/');
        if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!' || c == '?') {
            out.push('<');
            return &text[1..];
        }
        let (tag, rest) = match text.find('>') {
            Some(end) => (&text[..end], &text[end + 1..]),
            None => {
                self.in_tag = true;
                (text, "")
            }
        };
        let name: String = name
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        if let Some(address) = link(tag) {
            out.extend(["<", address, "> "]);
        }
        match name.as_str() {
            "br" | "p" | "div" | "tr" | "li" | "td" | "th"
                if !out.is_empty() && !out.ends_with(' ') =>
            {
                out.push(' ')
            }
            _ => {}
        }
        if !tag.starts_with("</") && !tag.ends_with('/') {
            self.hidden = HIDDEN.iter().find(|hidden| **hidden == name).copied();
        }
        rest
    }
}

/// The URL that a tag links to, if it is external to the page.
fn link(tag: &str) -> Option<&str> {
    let at = tag.find("href=")?;
    let value = &tag[at + 5..];
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let address = value[1..].split(quote).next()?;
    (address.starts_with("http") || address.starts_with('/')).then_some(address)
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

/// Appends `text` with its character references resolved (the common ones of HTML 5, 13.5).
fn decode_entities(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.as_bytes().iter().take(10).position(|&b| b == b';');
        let decoded = end.and_then(|end| entity(&rest[1..end]).map(|sign| (sign, end + 1)));
        let (sign, length) = decoded.unwrap_or(('&', 1));
        out.push(sign);
        rest = &rest[length..];
    }
    out.push_str(rest);
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "nbsp" => ' ',
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        "mdash" => '—',
        "ndash" => '–',
        "hellip" => '…',
        "rsquo" | "lsquo" => '’',
        "copy" => '©',
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code).filter(|c| !c.is_control())?
        }
    })
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
}
