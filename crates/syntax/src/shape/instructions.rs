//! Dockerfile: stages, and in them the instructions that take several lines.

use super::{Section, without_blanks};

/// Lines of a text that an instruction holds.
const MAX_LINES: usize = 500;

pub(super) fn sections(lines: &[&str]) -> Vec<Section> {
    let mut stages: Vec<Section> = Vec::new();
    let mut out: Vec<Section> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let (number, text) = (at as u32 + 1, lines[at].trim());
        let last = last_of(lines, at);
        at = last + 1;
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if text.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("from ")) {
            if let Some(stage) = stages.last_mut() {
                stage.lines.end = without_blanks(lines, stage.line, number - 1);
            }
            stages.push(Section::new(text, number, lines.len() as u32));
        } else if last as u32 + 1 > number {
            out.push(Section::new(text.trim_end_matches('\\'), number, last as u32 + 1));
        }
    }
    if let Some(stage) = stages.last_mut() {
        stage.lines.end = without_blanks(lines, stage.line, lines.len() as u32);
    }
    stages.extend(out);
    stages
}

/// The last line of the instruction that begins at `at`: lines go on after `\`, comments among them, and
/// up to the word that `<<` announces.
fn last_of(lines: &[&str], at: usize) -> usize {
    let text = lines[at].trim_end();
    if text.trim_start().starts_with('#') {
        return at;
    }
    if let Some((_, word)) = text.split_once("<<") {
        let word = word.trim_start_matches('-').trim_start_matches(['"', '\'']);
        let end = word.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(word.len());
        let word = &word[..end];
        let closing = lines[at + 1..].iter().take(MAX_LINES).position(|line| line.trim() == word);
        if let (Some(closing), false) = (closing, word.is_empty()) {
            return at + 1 + closing;
        }
    }
    let mut last = at;
    let goes_on = |line: &str| line.trim_end().ends_with('\\');
    while last + 1 < lines.len()
        && (goes_on(lines[last]) || last > at && lines[last].trim_start().starts_with('#'))
    {
        last += 1;
    }
    last
}
