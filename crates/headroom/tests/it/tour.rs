//! The README's tour: `TOUR=write cargo nextest run -p headroom tour` writes it anew.

use testkit::tour;

use crate::client::Home;

/// What `cargo nextest run -p select` once printed.
const TEST_RUN: &str = include_str!("tour/nextest.txt");
/// Lines of the smaller text that the README shows, and their length there.
const LINES: usize = 8;
const LONGEST: usize = 110;

#[test]
fn the_tour_shows_what_the_program_prints() {
    let home = Home::new();
    let arguments = ["compress", "--kind", "cargo nextest run", "--explain"];
    let output = home.run(&arguments, TEST_RUN);
    let smaller = String::from_utf8(output.stdout).unwrap();
    let mut shown = format!(
        "$ cargo nextest run -p select 2>&1 | headroom compress --kind \"cargo nextest run\" --explain\n{}",
        String::from_utf8(output.stderr).unwrap()
    );
    for line in smaller.lines().take(LINES) {
        let start: String = line.chars().take(LONGEST).collect();
        shown.push_str(&format!("{start}{}\n", if start == line { "" } else { "…" }));
    }
    shown.push_str("…\n");

    let (_, rest) = smaller.split_once("hash=").expect("something is left out");
    let hash = &rest[..12];
    let found = home.run(&["retrieve", hash, "--query", "neighbours are joined"], "");
    let found = String::from_utf8(found.stdout).unwrap();
    let found: Vec<&str> = found.lines().take(6).collect();
    shown.push_str(&format!(
        "\n$ headroom retrieve {hash} --query \"neighbours are joined\"\n{}\n",
        found.join("\n")
    ));
    tour::check("headroom", &shown);
}
