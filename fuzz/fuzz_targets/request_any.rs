//! The body of any request is rewritten, for each API.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/llm-proxy/tests/laws/mod.rs"]
mod laws;

fuzz_target!(|bytes: &[u8]| laws::rewrite_lawfully(bytes));
