//! Any response of a provider is relayed, for each API.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/llm-api/tests/response_laws/mod.rs"]
mod response_laws;

fuzz_target!(|bytes: &[u8]| response_laws::relay_lawfully(bytes));
