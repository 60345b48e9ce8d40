//! Any ignore file is read, and costs no line behind it.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code)]
#[path = "../../crates/checkout/src/rules.rs"]
mod rules;

fuzz_target!(|bytes: &[u8]| rules::laws::ignore_lawfully(bytes));
