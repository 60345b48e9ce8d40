//! TOML and INI: tables that a line in brackets opens, up to the next.

use super::{Section, without_blanks};

pub(super) fn sections(lines: &[&str]) -> Vec<Section> {
    let mut out: Vec<Section> = Vec::new();
    let mut quote: Option<&str> = None;
    for (number, line) in (1..).zip(lines) {
        // Texts of several lines may hold anything.
        if let Some(mark) = quote {
            quote = quote.filter(|_| !line.contains(mark));
            continue;
        }
        let opened = ["\"\"\"", "'''"].into_iter().find(|mark| line.matches(mark).count() % 2 == 1);
        quote = opened;
        let text = line.trim();
        let name = text.strip_prefix('[').and_then(|rest| rest.split(']').next());
        if opened.is_none()
            && !line.starts_with([' ', '\t'])
            && let Some(name) = name
        {
            let name = name.trim_start_matches('[');
            close(&mut out, lines, number - 1);
            out.push(Section::new(name, number, number));
        }
    }
    close(&mut out, lines, lines.len() as u32);
    out
}

fn close(sections: &mut [Section], lines: &[&str], end: u32) {
    if let Some(last) = sections.last_mut() {
        last.lines.end = without_blanks(lines, last.line, end.max(last.line));
    }
}
