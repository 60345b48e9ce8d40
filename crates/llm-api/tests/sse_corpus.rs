//! The corpus of the fuzz target `sse_any` in `fuzz/`, replayed without a fuzzer.

use std::path::Path;

mod sse_laws;

#[test]
fn sse_any() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/sse_any");
    let mut count = 0;
    for entry in folder.read_dir().expect("the corpus") {
        sse_laws::cut_lawfully(&std::fs::read(entry.expect("an entry").path()).expect("an input"));
        count += 1;
    }
    assert!(count >= 10, "{count} inputs");
}
