//! Any call of a hook is responded to, or left alone.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, unused_imports)]
#[path = "../../crates/headroom/src/hook/mod.rs"]
mod hook;

fuzz_target!(|bytes: &[u8]| hook::laws::respond_lawfully(bytes));
