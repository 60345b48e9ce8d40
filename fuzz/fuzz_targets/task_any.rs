//! Any text is read as a task.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/select/tests/laws/mod.rs"]
mod laws;

fuzz_target!(|bytes: &[u8]| laws::read_lawfully(bytes));
