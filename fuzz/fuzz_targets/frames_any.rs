//! Any stream of WebSocket frames is between two messages where a reader of whole frames says so.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code)]
#[path = "../../crates/llm-proxy/src/socket/frames.rs"]
mod frames;

fuzz_target!(|bytes: &[u8]| frames::laws::advance_lawfully(bytes));
