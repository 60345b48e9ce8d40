//! The corpus of the fuzz target `response_any` in `fuzz/`, replayed without a fuzzer.

use std::path::Path;

mod response_laws;

#[test]
fn response_any() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/response_any");
    let mut count = 0;
    for entry in folder.read_dir().expect("the corpus") {
        response_laws::relay_lawfully(
            &std::fs::read(entry.expect("an entry").path()).expect("an input"),
        );
        count += 1;
    }
    assert!(count >= 10, "{count} inputs");
}
