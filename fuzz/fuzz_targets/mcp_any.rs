//! Any messages of a client and of servers are relayed.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/mcp-relay/tests/laws/mod.rs"]
mod laws;

fuzz_target!(|bytes: &[u8]| laws::relay_lawfully(bytes));
