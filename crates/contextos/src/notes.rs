//! The notes in `.contextos/`: the current task, memory and decisions.
//!
//! Pure: parses and formats the files' text. They are plain Markdown that people edit by hand, in the
//! layout that the Python program of this name writes.

pub(crate) mod decisions;
pub(crate) mod memory;
pub(crate) mod task;

/// `text` on one line, as an entry of a list.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
