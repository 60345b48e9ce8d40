//! The corpus of the fuzz target `task_any` in `fuzz/`, replayed without a fuzzer.

use std::path::Path;

mod laws;

#[test]
fn task_any() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/task_any");
    let mut count = 0;
    for entry in folder.read_dir().expect("the corpus") {
        laws::read_lawfully(&std::fs::read(entry.expect("an entry").path()).expect("an input"));
        count += 1;
    }
    assert!(count >= 5, "{count} inputs");
}
