//! JSON: keys, by the brackets around them.

use super::Section;

/// Keys inside each other that are sections.
const MAX_DEPTH: usize = 4;

pub(super) fn sections(text: &str) -> Vec<Section> {
    let mut found: Vec<(Section, usize)> = Vec::new();
    // By depth: the key whose value is open, by its place in `found`.
    let mut open: Vec<Option<usize>> = Vec::new();
    let mut line = 1;
    // The line of the last byte that is no blank.
    let mut last = 1;
    let mut string: Option<(usize, usize)> = None;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\n' => line += 1,
            b'"' => {
                let length = string_length(&text.as_bytes()[at + 1..]);
                string = Some((at + 1, at + 1 + length));
                // The bytes of the string and its closing quote.
                let skipped = bytes.by_ref().take(length + 1);
                line += skipped.filter(|&(_, byte)| byte == b'\n').count() as u32;
            }
            b':' => {
                if let (Some((start, end)), depth @ 1..=MAX_DEPTH) = (string.take(), open.len()) {
                    let title = text.get(start..end).unwrap_or_default();
                    open[depth - 1] = Some(found.len());
                    found.push((Section::new(title, line, line), depth));
                }
            }
            b'{' | b'[' => open.push(None),
            b',' | b'}' | b']' => {
                if let Some(key) = open.last_mut().and_then(Option::take) {
                    found[key].0.lines.end = last;
                }
                if byte != b',' {
                    open.pop();
                }
            }
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            last = line;
        }
    }
    for key in open.into_iter().flatten() {
        found[key].0.lines.end = last;
    }
    // Several keys on a line are one thing. A key on one line is a section at the top alone: below,
    // that would be every line.
    found.dedup_by_key(|(section, _)| section.line);
    found.retain(|(section, depth)| *depth == 1 || section.lines.end > section.line);
    found.into_iter().map(|(section, _)| section).collect()
}

/// How long a string is that began before `bytes`.
fn string_length(bytes: &[u8]) -> usize {
    let mut escaped = false;
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'"' if !escaped => return at,
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    bytes.len()
}
