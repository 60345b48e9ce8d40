//! How long a megabyte of hostile text takes in each language: `cargo run --release -p syntax --example
//! hostile -- [LANGUAGE…]`. Prints the slowest pattern of each language, and all that take over a
//! second.

#![allow(clippy::print_stdout, reason = "it prints")]

use std::time::{Duration, Instant};

use syntax::{Language, outline};

const BYTES: usize = 1 << 20;

/// Pieces that are repeated: openings without an end, what looks like the beginning of much.
const PIECES: &[&str] = &[
    "(",
    "[",
    "{",
    "<",
    "\"",
    "'",
    "`",
    "/*",
    "//",
    "#",
    "@",
    "\\",
    "\n",
    " \n",
    "\t",
    "a ",
    "a.",
    "a:",
    "a: ",
    "- ",
    "- a:\n",
    "a:\n ",
    "{a",
    "{\"a\":",
    "[[",
    "[a]\n",
    "<a",
    "<a ",
    "<a>",
    "</a>",
    "<a \"",
    "<!--",
    "<script",
    "<script>",
    "</script>",
    "```\n",
    "# a\n",
    "a\n=\n",
    "a {\n",
    "a{}",
    "a;{",
    "}\n",
    "FROM a\n",
    "RUN a \\\n",
    "RUN <<A\n",
    "define a\n",
    "a:\n\tb\n",
    "if (a) {\n",
    "def a(",
    "class A ",
    "class A {\n",
    "fun a() = ",
    "fn a() {",
    "func a() {",
    "begin\n",
    "<<A\n",
    "\"\"\"",
    "'''",
    "#{",
    "${",
    "`${",
    "a<a<",
    "a(a(",
    "a ? a : ",
    "@a(",
    "#if a\n",
    "import a.",
    "use a::{",
    "=> ",
    "-> ",
    "$a = ",
    "select (",
    "case a: ",
    "\u{0}",
    "é",
    "\u{feff}",
    "𝒳",
];

fn main() {
    let mut texts: Vec<(String, String)> = PIECES
        .iter()
        .map(|piece| (format!("{piece:?} again and again"), piece.repeat(BYTES / piece.len())))
        .collect();
    // A generator of fixed numbers (Knuth's MMIX constants), so that every run has the same bytes.
    let mut state = 1_u64;
    let mut next = move |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut pieces = String::new();
    while pieces.len() < BYTES {
        pieces.push_str(PIECES[next(PIECES.len())]);
    }
    let ascii = (0..BYTES).map(|_| char::from(32 + next(95) as u8)).collect();
    let deep = (0..1_400).map(|depth| format!("{}class A {{\n", " ".repeat(depth))).collect();
    let php: Vec<_> = texts
        .iter()
        .map(|(name, text)| (format!("{name}, after <?php"), format!("<?php\n{text}")))
        .collect();
    texts.extend(php);
    texts.push(("pieces in any order".to_owned(), pieces));
    texts.push(("printable bytes".to_owned(), ascii));
    texts.push(("a staircase".to_owned(), deep));
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let is_asked =
        |language: &Language| asked.is_empty() || asked.iter().any(|name| name == language.name());
    for language in Language::all().filter(is_asked) {
        let mut slowest = (Duration::ZERO, "");
        for (name, text) in &texts {
            if !asked.is_empty() {
                println!("{:>12} {name}", language.name());
            }
            let started = Instant::now();
            let found = outline(language, text);
            let time = started.elapsed();
            if time > Duration::from_secs(1) {
                println!("{:>12} {time:>8.2?} {name}: over a second", language.name());
            }
            if time > slowest.0 {
                slowest = (time, name);
            }
            drop(found);
        }
        println!("{:>12} {:>8.2?} {}", language.name(), slowest.0, slowest.1);
    }
}
