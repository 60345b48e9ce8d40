//! The corpus of the fuzz targets in `fuzz/`, replayed without a fuzzer.

use std::path::Path;

mod laws;

/// Every input kept for `target`.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        std::fs::read(entry.expect("an entry").path()).expect("an input")
    };
    let inputs: Vec<_> = folder.read_dir().expect("the corpus").map(read).collect();
    assert!(inputs.len() >= 20, "{} inputs for {target}", inputs.len());
    inputs
}

#[test]
fn compress_any() {
    for input in corpus("compress_any") {
        if let Some((text, options)) = laws::from_bytes(&input) {
            laws::compress_lawfully(&text, &options);
        }
    }
}

#[test]
fn expand_any() {
    for input in corpus("expand_any") {
        laws::expand_lawfully(&String::from_utf8_lossy(&input));
    }
}
