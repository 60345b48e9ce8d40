//! Markdown and reStructuredText: a heading and all that follows, up to the next of its rank.

use super::{Section, without_blanks};

/// How a heading is marked; the earlier a mark is met, the higher it ranks where nothing else says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// So many `#`.
    Hashes(usize),
    /// A line of this character below it.
    Underline(u8),
}

pub(super) fn sections(lines: &[&str]) -> Vec<Section> {
    let mut out: Vec<Section> = Vec::new();
    // The headings that are open: place in `out`, and rank.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut underlines: Vec<u8> = Vec::new();
    let mut fence: Option<&str> = None;
    let close = |out: &mut Vec<Section>, at: usize, end: u32| {
        let start = out[at].line;
        out[at].lines.end = without_blanks(lines, start, end.max(start));
    };
    for (at, line) in lines.iter().enumerate() {
        let number = at as u32 + 1;
        let text = line.trim();
        if let Some(mark) = fence {
            let closes = text.starts_with(mark) && text.bytes().all(|b| mark.as_bytes()[0] == b);
            fence = fence.filter(|_| !closes);
            continue;
        }
        fence = ["```", "~~~"].into_iter().find(|mark| text.starts_with(mark));
        let Some((title, mark)) = heading(lines, at) else { continue };
        let rank = match mark {
            Mark::Hashes(count) => count,
            Mark::Underline(byte) => match underlines.iter().position(|&known| known == byte) {
                Some(at) => at + 1,
                None => {
                    underlines.push(byte);
                    underlines.len()
                }
            },
        };
        while let Some(&(last, above)) = open.last()
            && above >= rank
        {
            close(&mut out, last, number - 1);
            open.pop();
        }
        open.push((out.len(), rank));
        out.push(Section::new(title, number, number));
    }
    for (at, _) in open {
        close(&mut out, at, lines.len() as u32);
    }
    out
}

fn heading<'a>(lines: &[&'a str], at: usize) -> Option<(&'a str, Mark)> {
    let line = lines[at];
    if line.starts_with('#') {
        let hashes = line.bytes().take_while(|&byte| byte == b'#').count();
        let title = line[hashes..].trim_end();
        let spaced = title.starts_with([' ', '\t']) && hashes <= 6;
        return spaced.then(|| (title.trim_end_matches('#'), Mark::Hashes(hashes)));
    }
    let below = lines.get(at + 1)?.trim_end();
    let first = *below.as_bytes().first()?;
    let underlined = below.len() >= 3
        && b"=-~^\"'`*+#".contains(&first)
        && below.bytes().all(|byte| byte == first)
        && below.len() + 3 >= line.trim_end().chars().count();
    let is_title = line.starts_with(|c: char| !c.is_whitespace() && !"-*>|=~+`#".contains(c));
    (underlined && is_title).then_some((line, Mark::Underline(first)))
}
