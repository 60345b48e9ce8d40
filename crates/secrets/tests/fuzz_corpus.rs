//! The corpus of the fuzz target `redact_any` in `fuzz/`, replayed without a fuzzer.

use std::path::Path;

mod laws;

#[test]
fn redact_any() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/redact_any");
    let mut count = 0;
    for entry in folder.read_dir().expect("the corpus") {
        laws::redact_lawfully(&std::fs::read(entry.expect("an entry").path()).expect("an input"));
        count += 1;
    }
    assert!(count >= 20, "{count} inputs");
}
