//! Any bytes, taken for the kind that the first of them says, are compressed as promised.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/compress/tests/laws/mod.rs"]
mod laws;

fuzz_target!(|bytes: &[u8]| {
    if let Some((text, options)) = laws::from_bytes(bytes) {
        laws::compress_lawfully(&text, &options);
    }
});
