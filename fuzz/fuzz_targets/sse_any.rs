//! Any stream is cut into the same events wherever its chunks end.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/llm-api/tests/sse_laws/mod.rs"]
mod sse_laws;

fuzz_target!(|bytes: &[u8]| sse_laws::cut_lawfully(bytes));
