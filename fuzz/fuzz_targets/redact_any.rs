//! Any text is redacted as promised.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/secrets/tests/laws/mod.rs"]
mod laws;

fuzz_target!(|bytes: &[u8]| laws::redact_lawfully(bytes));
