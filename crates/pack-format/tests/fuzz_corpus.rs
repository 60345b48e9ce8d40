//! The corpus of the fuzz target `read_pack_any` in `fuzz/`, replayed without a fuzzer.

use std::path::Path;

mod laws;

#[test]
fn read_pack_any() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/read_pack_any");
    let mut count = 0;
    for entry in folder.read_dir().expect("the corpus") {
        laws::read_lawfully(&std::fs::read(entry.expect("an entry").path()).expect("an input"));
        count += 1;
    }
    assert!(count >= 10, "{count} inputs");
}
