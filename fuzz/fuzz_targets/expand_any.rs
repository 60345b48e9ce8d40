//! Any bytes are expanded, or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/compress/tests/laws/mod.rs"]
mod laws;

fuzz_target!(|bytes: &[u8]| laws::expand_lawfully(&String::from_utf8_lossy(bytes)));
