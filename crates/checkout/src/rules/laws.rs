//! What holds for every ignore file: checked on what fuzzing found, and by the fuzz target itself.

use std::path::Path;

use super::compile;

/// The folder of the rules.
const FOLDER: &str = "/r";
/// A name that a random file hardly has, and a path to it.
const NAME: &str = "nobody-has-such-a-name";
const PATHS: [&str; 5] = ["a", "src/a.rs", "src/deep/er/b.log", "target", "\u{e4}/\u{fffd}"];

/// Takes the bytes for an ignore file.
///
/// # Panics
/// When a law doesn't hold.
pub(crate) fn ignore_lawfully(bytes: &[u8]) {
    let folder = Path::new(FOLDER);
    let rules = compile(folder, bytes);
    for path in PATHS {
        for is_folder in [false, true] {
            let verdict = rules.matched(folder.join(path), is_folder);
            let again = compile(folder, bytes);
            let again = again.matched(folder.join(path), is_folder);
            assert_eq!(verdict.is_ignore(), again.is_ignore(), "the same bytes, the same rules");
        }
    }
    // Whatever a file has, a line behind it counts, and what it says last holds.
    let is_ignored = |last: &str| {
        let rules = compile(folder, &[bytes, b"\n", last.as_bytes(), b"\n"].concat());
        rules.matched(folder.join(NAME), false).is_ignore()
    };
    assert!(is_ignored(&format!("/{NAME}")), "a line is lost");
    assert!(!is_ignored(&format!("/{NAME}\n!/{NAME}")), "an exception is lost");
}

#[cfg(test)]
#[test]
fn the_corpus_of_ignore_any_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/ignore_any");
    let mut count = 0;
    for entry in folder.read_dir().unwrap() {
        ignore_lawfully(&std::fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count >= 5, "{count} inputs");
}
