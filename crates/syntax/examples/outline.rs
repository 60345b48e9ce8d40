//! Prints the outline of each file that is named: `cargo run -p syntax --example outline -- FILE…`.
//!
//! With `--references`, also what each file refers to. With `--measure`, instead of outlines, how many
//! bytes per second and how many definitions, over all files together.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it prints")]

use std::time::{Duration, Instant};

use syntax::{Language, outline};

fn main() {
    let (flags, paths): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let asked = |flag: &str| flags.iter().any(|asked| asked == flag);
    let (mut bytes, mut definitions, mut time) = (0, 0, Duration::ZERO);
    for path in &paths {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("{path}: {error}");
                continue;
            }
        };
        let language = Language::of(path, text.lines().next().unwrap_or_default());
        let started = Instant::now();
        let outline = outline(language, &text);
        time += started.elapsed();
        bytes += text.len();
        definitions += outline.definitions.len();
        if asked("--measure") {
            continue;
        }
        println!("{path}: {}", language.name());
        print!("{outline}");
        if asked("--references") {
            for reference in &outline.references {
                println!("{:>9} uses {}", reference.line, reference.name);
            }
        }
    }
    if asked("--measure") {
        let rate = bytes as f64 / 1e6 / time.as_secs_f64();
        println!("{bytes} bytes, {definitions} definitions, {time:.2?}, {rate:.1} MB/s");
    }
}
