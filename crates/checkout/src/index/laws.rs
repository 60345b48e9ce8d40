//! What holds for an index that is imported, whatever it contains: checked on what fuzzing found, and by the fuzz target
//! itself.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use select::{Corpus, History, Matches, Query, Task};

use super::portable::file_of;
use super::{Indexing, import};
use crate::{Checkout, ReadOptions, read, read_indexed};

/// The files of the checkout into which indexes are imported.
const FILES: [(&str, &str); 3] = [
    ("a.rs", "fn refresh_token() {}\n"),
    ("b.py", "password = \"pR8vXq2LmT4z\"\n"),
    ("c.md", "# Größe\n"),
];

/// Takes the bytes for the content of an exported index: two parts, each after its length in two bytes, and the rest;
/// imports it into a checkout in `folder`, and reads that. Whether it is an index.
///
/// # Panics
/// When a law doesn't hold.
pub fn import_lawfully(folder: &Path, bytes: &[u8]) -> bool {
    for (name, text) in FILES {
        if !folder.join(name).exists() {
            fs::write(folder.join(name), text).expect("a file");
        }
    }
    let (files, rest) = part(bytes);
    let (history, outlines) = part(rest);
    if import(folder, &file_of([files, history, outlines])).is_err() {
        return false;
    }
    let options = ReadOptions::default();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 33);
    let indexing = Indexing { git: None, now, is_kept: true, is_verified: false };
    let fresh = texts(read(folder, &options, &|_| {}).expect("a checkout"));
    for _ in 0..2 {
        let checkout = read_indexed(folder, &options, indexing, &|_| {}).expect("a checkout");
        ask(&checkout);
        let indexed = checkout.texts.clone();
        let read = texts(checkout);
        // What the index tells otherwise isn't given, and the caller is told to read everything.
        let is_outdated = indexed.is_some_and(|texts| texts.is_outdated());
        let is_own =
            |text: &(String, String)| fresh.contains(text) || is_outdated && text.1.is_empty();
        assert!(read.iter().all(is_own), "the files' own texts, redacted: {read:?}");
    }
    true
}

fn part(bytes: &[u8]) -> (&[u8], &[u8]) {
    let Some((length, rest)) = bytes.split_first_chunk() else { return (bytes, &[]) };
    rest.split_at(usize::from(u16::from_le_bytes(*length)).min(rest.len()))
}

fn texts(checkout: Checkout) -> Vec<(String, String)> {
    checkout.files.into_iter().map(|file| (file.path, file.text.to_string())).collect()
}

/// Looks for a task's words.
fn ask(checkout: &Checkout) {
    let files = checkout.files.clone();
    let corpus = Corpus { files, history: History::default() };
    let task = Task::new("refresh the tokn");
    let query = Query::new(&task, Matches::default(), &corpus.history, &[]);
    let survey = select::survey(&corpus, &query, &[], 1_000);
    select::corrections(&corpus, &query, &survey);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corpus_of_index_any_holds() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/index_any");
        let (mut count, mut imported) = (0, 0);
        for entry in corpus.read_dir().unwrap() {
            let folder = tempfile::tempdir().unwrap();
            let bytes = fs::read(entry.unwrap().path()).unwrap();
            imported += usize::from(import_lawfully(folder.path(), &bytes));
            count += 1;
        }
        assert!(count >= 5 && imported >= 2, "{count} inputs, {imported} imported");
    }
}
