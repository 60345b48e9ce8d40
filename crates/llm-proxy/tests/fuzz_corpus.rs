//! The corpus of the fuzz target `request_any` in `fuzz/`, replayed without a fuzzer.

use std::path::Path;

mod laws;

#[test]
fn request_any() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/request_any");
    let mut count = 0;
    for entry in folder.read_dir().expect("the corpus") {
        laws::rewrite_lawfully(&std::fs::read(entry.expect("an entry").path()).expect("an input"));
        count += 1;
    }
    assert!(count >= 10, "{count} inputs");
}
