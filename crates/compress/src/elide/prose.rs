//! Prose: paragraphs whose every sentence occurred before, verbatim, are elided. Whatever is said
//! only once is kept, be it a number, a name or a negation.

use std::collections::HashSet;
use std::ops::Range;

use super::keep::Keep;
use super::{Context, Draft};
use crate::lines::Lines;

/// Shorter paragraphs, in bytes, are kept: headings, items, and what costs less than the sign for
/// it. By hand, not measured.
const FEWEST_BYTES: usize = 160;

pub(crate) fn draft(lines: &Lines, context: &Context) -> Option<Draft> {
    let mut keep = Keep::of(lines, context);
    let mut said: HashSet<String> = HashSet::new();
    let mut at = 0;
    for paragraph in paragraphs(lines) {
        (at..paragraph.start).for_each(|blank| keep.add(blank));
        at = paragraph.end;
        let text = lines.slice(paragraph.clone());
        let mut repeats = text.len() >= FEWEST_BYTES;
        for sentence in sentences(text) {
            repeats &= !said.insert(sentence);
        }
        if !repeats {
            paragraph.for_each(|line| keep.add(line));
        }
    }
    (at..lines.count()).for_each(|blank| keep.add(blank));
    keep.draft(lines)
}

/// The runs of lines between blank lines.
fn paragraphs(lines: &Lines) -> Vec<Range<usize>> {
    let mut paragraphs: Vec<Range<usize>> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        match paragraphs.last_mut() {
            _ if line.trim().is_empty() => {}
            Some(last) if last.end == index => last.end = index + 1,
            _ => paragraphs.push(index..index + 1),
        }
    }
    paragraphs
}

/// The sentences of a paragraph, each with single blanks between its words.
fn sentences(text: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut sentence = String::new();
    for word in text.split_whitespace() {
        if !sentence.is_empty() {
            sentence.push(' ');
        }
        sentence.push_str(word);
        if word.ends_with(['.', '!', '?', ':']) {
            sentences.push(std::mem::take(&mut sentence));
        }
    }
    if !sentence.is_empty() {
        sentences.push(sentence);
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Task;

    const NOTICE: &str = "The service may be slow while an index is made. Nothing is lost by it, and\n\
        whoever asks in that time gets an answer of the older index, not an error, in every case.\n";

    fn elided(text: &str, task: &str) -> Option<usize> {
        let task = Task::of(task);
        draft(&Lines::of(text), &Context { task: &task, tight: false, every_line: false })
            .map(|draft| draft.elided)
    }

    #[test]
    fn what_was_said_before_goes() {
        let rewrapped = NOTICE.replace('\n', " ").replace("lost by it, ", "lost by it,\n");
        let text =
            format!("# A\n\n{NOTICE}\n# B\n\nOther.\n\n{rewrapped}\n\n# C\n\nAn end.\n\nx\n");
        assert_eq!(elided(&text, ""), Some(2));
        assert_eq!(elided(&text, "why is the index slow?"), None);
    }

    #[test]
    fn what_differs_in_a_number_a_name_or_a_negation_stays() {
        for (from, to) in [("may be", "may not be"), ("an index", "index 7"), ("service", "Store")]
        {
            let other = NOTICE.replacen(from, to, 1);
            assert_ne!(other, NOTICE);
            let text = format!("# A\n\n{NOTICE}\n# B\n\n{other}\n# C\n\nAn end.\n\nx\n");
            assert_eq!(elided(&text, ""), None, "{to}");
        }
    }
}
