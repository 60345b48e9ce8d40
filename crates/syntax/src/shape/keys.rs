//! YAML: keys, and what is indented below them.

use super::Section;

/// Keys inside each other that are sections.
const MAX_DEPTH: usize = 4;

pub(super) fn sections(lines: &[&str]) -> Vec<Section> {
    let mut out: Vec<Section> = Vec::new();
    // The keys that are open: place in `out`, and indentation.
    let mut open: Vec<(usize, usize)> = Vec::new();
    // The indentation that a text of several lines must have more of.
    let mut text_in: Option<usize> = None;
    // A comment at its end is about what comes next.
    let stands = |line: u32| {
        let text = lines[line as usize - 1].trim();
        !text.is_empty() && !text.starts_with('#')
    };
    let close = |out: &mut Vec<Section>, at: usize, end: u32| {
        let start = out[at].line;
        out[at].lines.end = (start..=end).rev().find(|&line| stands(line)).unwrap_or(start);
    };
    for (number, line) in (1..).zip(lines) {
        let text = line.trim_start();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let indentation = line.len() - text.len();
        if text_in.is_some_and(|around| indentation > around) {
            continue;
        }
        text_in = None;
        let item = text.strip_prefix("- ");
        // A list may stand below its key without more indentation; an item ends no such key.
        let closes = |above: usize, at: usize, out: &[Section]| match item {
            Some(_) => {
                above > indentation || above == indentation && out[at].title.starts_with("- ")
            }
            None => above >= indentation,
        };
        while let Some(&(last, above)) = open.last()
            && closes(above, last, &out)
        {
            close(&mut out, last, number - 1);
            open.pop();
        }
        let Some(value) = value_of(item.unwrap_or(text)) else { continue };
        if open.len() < MAX_DEPTH {
            let title = match item {
                Some(_) => text.trim_end(),
                None => text[..text.len() - value.len()]
                    .trim_end_matches([':', ' '])
                    .trim_matches(['"', '\'']),
            };
            open.push((out.len(), indentation));
            out.push(Section::new(title, number, number));
        }
        if value.trim_start().starts_with(['|', '>']) {
            text_in = Some(indentation);
        }
    }
    for (at, _) in open {
        close(&mut out, at, lines.len() as u32);
    }
    // A key on one line is a section at the top alone: below, that would be every line.
    out.retain(|section| {
        section.lines.end > section.line
            || !lines[section.line as usize - 1].starts_with([' ', '-'])
    });
    out
}

/// What follows the `key:` that a line begins with.
fn value_of(text: &str) -> Option<&str> {
    let end = match text.as_bytes().first()? {
        quote @ (b'"' | b'\'') => text[1..].find(*quote as char)? + 2,
        _ => text.find(": ").or_else(|| text.trim_end().strip_suffix(':').map(str::len))?,
    };
    let plain = text[..end].len() <= 120 && !text[..end].contains(['{', '[', ',']);
    text[end..].strip_prefix(':').filter(|_| plain)
}
