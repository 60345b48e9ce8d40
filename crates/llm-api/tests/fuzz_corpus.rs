//! The corpora of the fuzz targets `splice_any` and `speak_any` in `fuzz/`, replayed without a fuzzer.

use std::path::Path;

mod laws;

#[test]
fn splice_any() {
    replay("splice_any", laws::splice_lawfully);
}

#[test]
fn speak_any() {
    replay("speak_any", laws::speak_lawfully);
}

fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut count = 0;
    for entry in folder.read_dir().expect("the corpus") {
        check(&std::fs::read(entry.expect("an entry").path()).expect("an input"));
        count += 1;
    }
    assert!(count >= 20, "{count} inputs");
}
