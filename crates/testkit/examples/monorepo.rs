//! `cargo run --release -p testkit --example monorepo FOLDER FILES [COMMITS]` makes a repository of this size.

use std::path::Path;

use testkit::monorepo::{Size, generate};

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: usize| {
        arguments.get(at).and_then(|number| number.parse().ok()).unwrap_or(default)
    };
    let folder = arguments.first().map_or("monorepo", String::as_str);
    generate(Path::new(folder), Size { files: number(1, 1_000), commits: number(2, 2_000) })
}
