//! HTML and XML: elements, by their tags.

use memchr::memchr;

use super::Section;

/// Elements inside each other that are sections.
const MAX_DEPTH: usize = 6;
/// Elements that are never closed.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];
/// Elements whose content is no markup.
const RAW: [&str; 4] = ["script", "style", "textarea", "title"];
/// Attributes that name an element, the best first.
const NAMES: [&str; 4] = ["id", "name", "key", "class"];
/// Elements are looked for in so many that are open when one is closed.
const MAX_LOOK: usize = 32;

struct Open<'t> {
    tag: &'t str,
    /// Its place among the sections, if it is one.
    section: Option<usize>,
}

pub(super) fn sections(text: &str) -> Vec<Section> {
    let mut out: Vec<Section> = Vec::new();
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut lines = Lines { text, at: 0, line: 1 };
    let mut at = 0;
    while let Some(found) = memchr(b'<', &text.as_bytes()[at..]) {
        let start = at + found;
        let rest = &text[start..];
        if rest.starts_with("<!--") {
            at = rest.find("-->").map_or(text.len(), |end| start + end + 3);
            continue;
        }
        let Some(tag) = Tag::read(rest) else {
            at = start + 1;
            continue;
        };
        at = start + tag.length;
        if tag.closes {
            let near = open.iter().rev().take(MAX_LOOK).position(|o| o.tag == tag.name);
            let Some(depth) = near else { continue };
            let end = lines.of(at - 1);
            for closed in open.drain(open.len() - 1 - depth..) {
                close(&mut out, closed.section, end);
            }
            continue;
        }
        let line = lines.of(start);
        let section = (open.len() < MAX_DEPTH).then_some(out.len());
        if section.is_some() {
            out.push(Section::new(&tag.title(), line, line));
        }
        if tag.alone || VOID.iter().any(|void| tag.name.eq_ignore_ascii_case(void)) {
            let end = lines.of(at - 1);
            close(&mut out, section, end);
            continue;
        }
        open.push(Open { tag: tag.name, section });
        if RAW.contains(&tag.name) {
            let closing = format!("</{}", tag.name);
            at = text[at..].find(&closing).map_or(text.len(), |length| at + length);
        }
    }
    let end = lines.of(text.trim_end().len().saturating_sub(1));
    for left in open {
        close(&mut out, left.section, end);
    }
    // An element on one line is its parent's business.
    out.retain(|section| section.lines.end > section.line);
    out
}

fn close(sections: &mut [Section], section: Option<usize>, end: u32) {
    if let Some(at) = section {
        sections[at].lines.end = end.max(sections[at].line);
    }
}

/// Lines of offsets that only grow.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: u32,
}

impl Lines<'_> {
    fn of(&mut self, offset: usize) -> u32 {
        if let Some(between) = self.text.as_bytes().get(self.at..offset) {
            self.line += memchr::memchr_iter(b'\n', between).count() as u32;
            self.at = offset;
        }
        self.line
    }
}

/// A tag as it is written.
struct Tag<'t> {
    name: &'t str,
    attributes: &'t str,
    closes: bool,
    alone: bool,
    length: usize,
}

impl<'t> Tag<'t> {
    /// The tag that a text begins with.
    fn read(text: &'t str) -> Option<Self> {
        /// Bytes of a tag, attributes included.
        const MOST: usize = 4096;
        let closes = text.starts_with("</");
        let inner = &text[if closes { 2 } else { 1 }..];
        let ends = |c: char| !(c.is_alphanumeric() || "-_:.".contains(c));
        let name = &inner[..inner.find(ends).unwrap_or(inner.len())];
        if !name.starts_with(|c: char| c.is_alphabetic()) {
            return None;
        }
        let mut quote = None;
        let rest = &inner.as_bytes()[name.len()..];
        let end = rest.iter().take(MOST).position(|&byte| match (quote, byte) {
            (None, b'>' | b'<') => true,
            (None, b'"' | b'\'') => {
                quote = Some(byte);
                false
            }
            (Some(open), _) if open == byte => {
                quote = None;
                false
            }
            _ => false,
        })?;
        if rest[end] == b'<' {
            return None;
        }
        let attributes = &inner[name.len()..name.len() + end];
        let length = text.len() - inner.len() + name.len() + end + 1;
        Some(Self { name, attributes, closes, alone: attributes.ends_with('/'), length })
    }

    /// The tag's name, and what names the element among others.
    fn title(&self) -> String {
        let named = NAMES.iter().find_map(|attribute| {
            let starts = self.attributes.match_indices(attribute);
            let value = starts.filter_map(|(at, _)| {
                let alone = self.attributes[..at].ends_with(char::is_whitespace);
                let value = self.attributes[at + attribute.len()..].strip_prefix("=\"")?;
                alone.then(|| value.split('"').next()).flatten()
            });
            value.into_iter().next().filter(|value| !value.is_empty())
        });
        match named {
            Some(named) => format!("{} {named}", self.name),
            None => self.name.to_owned(),
        }
    }
}
