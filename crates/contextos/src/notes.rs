//! The notes in `.contextos/`: the current task, memory and decisions.
//!
//! Pure: parses and formats the files' text. They are plain Markdown that people edit by hand, in the
//! layout that the Python program of this name writes.

pub(crate) mod decisions;
pub(crate) mod memory;
pub(crate) mod task;

/// `text` without HTML comments, which contain hints for people who edit the file.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("<!--") {
        out.push_str(before);
        rest = comment.split_once("-->").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

/// `text` on one line, as an entry of a list.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
