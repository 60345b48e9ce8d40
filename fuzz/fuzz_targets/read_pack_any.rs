//! Any text is read as a pack of each format without a panic, and spans that are mapped to themselves leave it as it is.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/pack-format/tests/laws/mod.rs"]
mod laws;

fuzz_target!(|bytes: &[u8]| laws::read_lawfully(bytes));
