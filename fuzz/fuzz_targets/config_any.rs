//! An entry is put into any config file, and taken out again.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/agent-config/tests/laws/mod.rs"]
mod laws;

fuzz_target!(|bytes: &[u8]| laws::edit_lawfully(bytes));
