//! Any index, configuration, `HEAD` and `.git` file of a repository is read, or left to git.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder");
    checkout::laws::read_files_lawfully(folder.path(), bytes);
});
