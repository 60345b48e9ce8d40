//! The speed of compression for each kind of text, with and without counting tokens.

use std::fmt::Write as _;

use compress::{Options, compress, compress_counted};
use divan::Bencher;
use divan::counter::BytesCount;

fn main() {
    divan::main();
}

const KINDS: [&str; 6] = ["log", "json", "search", "listing", "diff", "code"];
const BYTES: usize = 1 << 20;
/// What one call of a tool usually returns.
const SMALL: [usize; 3] = [2 << 10, 8 << 10, 32 << 10];

/// About so many `bytes` of `kind`.
fn text(kind: &str, bytes: usize) -> String {
    let mut out = String::new();
    let mut n: u64 = 1;
    while out.len() < bytes {
        n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (a, b, c) = (n >> 33, (n >> 20) % 997, (n >> 40) % 61);
        // Writing to a String cannot fail.
        let _ = match kind {
            "log" => writeln!(
                out,
                "2026-03-01T08:{:02}:{c:02}Z INFO  worker-{} handled request id={a:08x} path=/api/v1/items/{b} status=200 ms={c}",
                b % 60,
                b % 8
            ),
            "json" => write!(
                out,
                "{}{{\"id\": {a}, \"name\": \"item-{b}\", \"state\": \"{}\", \"owner\": {{\"team\": \"core\", \"tier\": {}}}, \"price\": {b}.{c:02}}}",
                if out.is_empty() { "[" } else { ",\n" },
                if a % 500 == 0 { "lost" } else { "active" },
                c % 3
            ),
            "search" => writeln!(
                out,
                "./src/module_{}/file_{}.py:{b}:    def close(self, n={c}):",
                b % 40,
                c % 20
            ),
            "listing" => writeln!(
                out,
                "-rw-r--r--   1 root     root     {:>8} May {:>2}  2026 file_{a}.py",
                a % 900_000,
                c % 31
            ),
            "diff" => match n >> 60 {
                0 => writeln!(
                    out,
                    "--- a/src/f{b}.py\n+++ b/src/f{b}.py\n@@ -{b},3 +{b},4 @@ def f{c}\n before {a}\n same {a}\n+added {a}\n after {a}"
                ),
                _ => Ok(()),
            },
            _ => writeln!(
                out,
                "def function_{a}(value):\n    \"\"\"Does {b}.\"\"\"\n    if value > {c}:\n        return value * {b}\n    total = value + {a}\n    return total\n"
            ),
        };
    }
    if kind == "json" {
        out.push_str("]\n");
    }
    out
}

/// The options for each kind. For code the name of the file is usually known.
fn options(kind: &str) -> Options {
    Options {
        task: "find the lost item".to_owned(),
        kind: (kind == "code").then(|| "items.py".to_owned()),
        ..Options::default()
    }
}

/// Measures `work` on a text.
fn measure<R>(bencher: Bencher, text: &str, work: impl Fn(&str) -> R + Sync) {
    bencher.counter(BytesCount::of_str(text)).bench(|| work(divan::black_box(text)));
}

fn count(text: &str) -> usize {
    tokens::count(tokens::Encoding::O200kBase, text)
}

#[divan::bench(args = KINDS, sample_count = 30)]
fn whole(bencher: Bencher, kind: &str) {
    let options = options(kind);
    measure(bencher, &text(kind, BYTES), |text| compress(text, &options));
}

#[divan::bench(args = KINDS, consts = SMALL)]
fn small<const N: usize>(bencher: Bencher, kind: &str) {
    let options = options(kind);
    measure(bencher, &text(kind, N), |text| compress(text, &options));
}

#[divan::bench(args = KINDS, consts = SMALL)]
fn counting_small_once<const N: usize>(bencher: Bencher, kind: &str) {
    measure(bencher, &text(kind, N), count);
}

#[divan::bench(args = KINDS, sample_count = 30)]
fn without_counting(bencher: Bencher, kind: &str) {
    let options = options(kind);
    let work = |text: &str| compress_counted(text, &options, &|text| text.len() / 4);
    measure(bencher, &text(kind, BYTES), work);
}

#[divan::bench(args = KINDS, sample_count = 30)]
fn counting_once(bencher: Bencher, kind: &str) {
    measure(bencher, &text(kind, BYTES), count);
}

#[divan::bench(args = KINDS, sample_count = 5)]
fn counting_once_by_tiktoken(bencher: Bencher, kind: &str) {
    let reference = tiktoken_rs::o200k_base_singleton();
    measure(bencher, &text(kind, BYTES), |text| reference.encode_ordinary(text).len());
}
