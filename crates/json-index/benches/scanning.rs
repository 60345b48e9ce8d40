//! The speed of both scans: of a request, whose strings are long, and of records, whose strings are short.

use std::fmt::Write as _;

use divan::Bencher;
use divan::counter::BytesCount;
use json_index::{lenient, scan};

fn main() {
    divan::main();
}

const TEXTS: [&str; 3] = ["request", "records", "indented"];
const BYTES: usize = 1 << 20;

/// About a megabyte of JSON.
fn text(name: &str) -> String {
    let mut out = String::from("[");
    let mut n = 0_u32;
    while out.len() < BYTES {
        n += 1;
        let comma = if n == 1 { "" } else { "," };
        // Writing to a String cannot fail.
        let _ = match name {
            "request" => {
                let output =
                    r"drwxr-xr-x 2 root root 4096 May  1 08:12 src\n\tlet x = 1;\n".repeat(40);
                write!(
                    out,
                    r#"{comma}{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"toolu_{n}","content":"{output}"}}]}}"#
                )
            }
            "records" => write!(
                out,
                r#"{comma}{{"id": {n}, "name": "item-{n}", "state": "active", "owner": {{"team": "core", "tier": {}}}, "price": {n}.25}}"#,
                n % 3
            ),
            _ => write!(
                out,
                "{comma}\n  {{\n    \"id\": {n},\n    \"name\": \"item-{n}\",\n    \"tags\": [\n      \"a\",\n      \"b\"\n    ],\n    \"ok\": true\n  }}"
            ),
        };
    }
    out.push(']');
    out
}

#[divan::bench(args = TEXTS, sample_count = 50)]
fn strict(bencher: Bencher, name: &str) {
    let text = text(name);
    bencher.counter(BytesCount::of_str(&text)).bench(|| scan(divan::black_box(text.as_bytes())));
}

#[divan::bench(args = TEXTS, sample_count = 50)]
fn lenient(bencher: Bencher, name: &str) {
    let text = text(name);
    bencher.counter(BytesCount::of_str(&text)).bench(|| lenient::document(divan::black_box(&text)));
}
