//! What holds for reading any task: checked on what fuzzing found (`fuzz_corpus.rs`), and by the fuzz target itself.

use select::Task;

/// Reads the text that the bytes are, with replacement characters, as a task.
///
/// # Panics
/// When a law doesn't hold.
pub(crate) fn read_lawfully(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let task = Task::new(&text);
    assert_eq!(task.text(), text, "the text stays");
}
