//! Any exported index is imported or refused, and changes no text that is read.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder");
    let _ = checkout::laws::import_lawfully(folder.path(), bytes);
});
