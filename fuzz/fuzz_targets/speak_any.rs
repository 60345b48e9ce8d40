//! Any message of a WebSocket is made whole with what came before it, and edited.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/llm-api/tests/laws/mod.rs"]
mod laws;

fuzz_target!(|bytes: &[u8]| laws::speak_lawfully(bytes));
