//! Any transcript of an agent is read and replayed.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, unused_imports)]
#[path = "../../crates/headroom/src/audit/mod.rs"]
mod audit;

fuzz_target!(|bytes: &[u8]| audit::laws::audit_lawfully(bytes));
