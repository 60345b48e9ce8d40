//! CSS, and languages with braces: what stands before a brace, and all up to the brace that closes it.

use super::Section;

/// Blocks inside each other that are sections.
const MAX_DEPTH: usize = 3;

pub(super) fn sections(text: &str, comment: Option<&str>) -> Vec<Section> {
    let mut scan = Scan::default();
    let mut found: Vec<(Section, usize)> = Vec::new();
    // The blocks that are open, by their place in `found`.
    let mut open: Vec<Option<usize>> = Vec::new();
    for (number, line) in (1..).zip(text.split('\n')) {
        let mut rest = line;
        while let Some((byte, after)) = scan.next_mark(rest, comment) {
            let before = &rest[..rest.len() - after.len() - 1];
            match byte {
                b'{' => {
                    scan.title(before, number);
                    let section = (open.len() < MAX_DEPTH && !scan.title.trim().is_empty())
                        .then(|| (Section::new(&scan.title, scan.line, number), open.len()));
                    open.push(section.as_ref().map(|_| found.len()));
                    found.extend(section);
                }
                b'}' => {
                    if let Some(block) = open.pop().flatten() {
                        found[block].0.lines.end = number;
                    }
                }
                _ => {}
            }
            scan.title.clear();
            rest = after;
        }
        scan.title(rest, number);
        scan.end_line(rest);
    }
    let last = text.lines().count().max(1) as u32;
    for block in open.into_iter().flatten() {
        found[block].0.lines.end = last;
    }
    found.retain(|(section, depth)| *depth == 0 || section.lines.end > section.line);
    found.into_iter().map(|(section, _)| section).collect()
}

/// What is known between one mark and the next.
#[derive(Default)]
struct Scan {
    in_comment: bool,
    /// What may turn out to be a block's title, and the line that it begins on.
    title: String,
    line: u32,
}

impl Scan {
    /// The next `{`, `}` or `;` that is in no comment and no string, and what follows it.
    fn next_mark<'l>(&mut self, line: &'l str, comment: Option<&str>) -> Option<(u8, &'l str)> {
        let bytes = line.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            if self.in_comment {
                self.in_comment = !rest.starts_with(b"*/");
                at += if self.in_comment { 1 } else { 2 };
                continue;
            }
            let after_blank = at == 0 || bytes[at - 1].is_ascii_whitespace();
            if rest.starts_with(b"/*") {
                self.in_comment = true;
            } else if after_blank && comment.is_some_and(|c| rest.starts_with(c.as_bytes())) {
                return None;
            }
            match bytes[at] {
                quote @ (b'"' | b'\'') => {
                    let length = rest[1..].iter().position(|&byte| byte == quote);
                    at += length.map_or(0, |length| length + 1);
                }
                mark @ (b'{' | b'}' | b';') => return Some((mark, &line[at + 1..])),
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// Adds to the title. A line that doesn't end in a comma isn't part of the next one's title, but
    /// for that of a brace alone on its line.
    fn title(&mut self, text: &str, line: u32) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        if !self.title.ends_with([',', '(']) {
            self.title.clear();
        }
        if self.title.is_empty() {
            self.line = line;
        }
        if self.title.len() < super::MAX_TITLE {
            self.title.push_str(if self.title.is_empty() { "" } else { " " });
            self.title.push_str(text);
        }
    }

    fn end_line(&mut self, rest: &str) {
        if self.in_comment || rest.trim_end().ends_with("*/") {
            self.title.clear();
        }
    }
}
