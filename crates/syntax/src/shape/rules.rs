//! Makefile: rules with their recipes, and definitions of several lines.

use super::{Section, without_blanks};

/// Lines of a definition.
const MAX_LINES: usize = 500;

pub(super) fn sections(lines: &[&str]) -> Vec<Section> {
    let mut out: Vec<Section> = Vec::new();
    let mut open = false;
    let mut at = 0;
    while at < lines.len() {
        let (number, line) = (at as u32 + 1, lines[at]);
        let last = last_of(lines, at);
        at = last + 1;
        let is_recipe = line.starts_with('\t');
        if line.trim().is_empty() || line.starts_with('#') || is_recipe && !open {
            continue;
        }
        // Conditions may stand among the lines of a recipe.
        let condition =
            ["if", "else", "endif"].iter().any(|word| line.trim_start().starts_with(word));
        if (is_recipe || line.starts_with(' ') || condition) && open {
            if let Some(rule) = out.last_mut() {
                rule.lines.end = last as u32 + 1;
            }
            continue;
        }
        let title = title_of(line);
        open = title.is_some();
        let several = || last as u32 + 1 > number;
        if let Some(title) = title.or_else(|| several().then_some(line.trim_end_matches('\\'))) {
            let end = without_blanks(lines, number, last as u32 + 1);
            out.push(Section::new(title, number, end));
        }
    }
    out
}

/// The targets of a rule, if a line begins one.
fn title_of(line: &str) -> Option<&str> {
    let (targets, rest) = line.split_once(':')?;
    let assigns = rest.starts_with('=') || rest.starts_with(":=") || targets.contains('=');
    (!assigns && !line.starts_with([' ', '\t'])).then_some(targets)
}

/// The last line of what begins at `at`: lines go on after `\`, and up to `endef`.
fn last_of(lines: &[&str], at: usize) -> usize {
    if lines[at].starts_with("define ") {
        let end = lines[at..].iter().take(MAX_LINES).position(|line| line.trim() == "endef");
        return end.map_or(at, |length| at + length);
    }
    let more = lines[at..].iter().take_while(|line| line.trim_end().ends_with('\\')).count();
    (at + more).min(lines.len() - 1)
}
