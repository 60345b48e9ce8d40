//! A budget in tokens: logs, listings and text are cut to it, as far as what must stay allows.

use compress::{Options, Retrieval};

mod laws;

fn options(kind: &str, budget: usize) -> Options {
    Options {
        kind: Some(kind.to_owned()),
        task: "where does the zebra come from?".to_owned(),
        budget: Some(budget),
        ..Options::default()
    }
}

/// So many lines, of which one matches the task, and one is a diagnostic.
fn text(count: usize, line: impl Fn(usize) -> String) -> String {
    let line = |n: usize| match n {
        40 => "src/a.rs:12: error: the disk is full\n".to_owned(),
        60 => "src/b.rs:60: the zebra is here\n".to_owned(),
        _ => line(n) + "\n",
    };
    (0..count).map(line).collect()
}

const WORDS: [&str; 7] = ["red", "blue", "slow", "old", "new", "wide", "flat"];

fn word(n: usize) -> &'static str {
    WORDS[n % WORDS.len()]
}

#[test]
fn logs_listings_and_text_are_cut_to_a_budget() {
    let cases = [
        ("app.log", text(400, |n| format!("{} {n} {} said {}", word(n), word(n / 7), word(n * 3)))),
        ("grep -rn zebra .", text(400, |n| format!("src/{}.rs:{n}: let x = {n};", word(n)))),
        ("text", text(400, |n| format!("{} and {} are {}", word(n), word(n * n), word(n / 3)))),
        ("make", text(400, |n| format!("cc -o {}{n}.o -c {}{n}.c", word(n), word(n)))),
    ];
    for (kind, text) in cases {
        for budget in [1500, 600, 300] {
            let result = laws::compress_lawfully(&text, &options(kind, budget));
            assert!(result.tokens_after <= budget, "{kind} {budget}: {}", result.tokens_after);
            assert!(result.text.contains("the zebra is here"), "{kind} {budget}");
            assert!(result.text.contains("the disk is full"), "{kind} {budget}");
            let last = text.lines().next_back().unwrap();
            assert!(result.text.contains(last), "{kind} {budget}: {}", result.text);
        }
    }
}

#[test]
fn what_may_not_be_elided_stays_whatever_the_budget() {
    let code: String = (0..200).map(|n| format!("fn f{n}() {{}}\n")).collect();
    let result = laws::compress_lawfully(&code, &options("src/a.rs", 50));
    assert_eq!(result.text, code);
    let log = text(400, |n| format!("{} {n}", word(n)));
    let none = Options { retrieval: Retrieval::None, ..options("app.log", 50) };
    let result = laws::compress_lawfully(&log, &none);
    assert_eq!(result.restore().unwrap(), log);
    assert!(result.omissions.is_empty());
}
