//! Values of any JSON are replaced: the rest is byte-identical.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/llm-api/tests/laws/mod.rs"]
mod laws;

fuzz_target!(|bytes: &[u8]| laws::splice_lawfully(bytes));
