//! Packs, loose objects and histories of any content are read within bounds, and always in the same way.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder");
    checkout::laws::read_objects_lawfully(folder.path(), bytes);
});
