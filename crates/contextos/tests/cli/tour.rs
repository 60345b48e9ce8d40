//! The README's tour: `TOUR=write cargo nextest run -p contextos tour` writes it anew.

use testkit::tour;

use crate::support::Sandbox;

const TASK: &str = "fix the refresh of tokens";
/// Lines of the pack that the README shows.
const PACK_LINES: usize = 22;

#[test]
fn the_tour_shows_what_the_program_prints() {
    let sandbox = Sandbox::new();
    // Standard output is a pipe here; the tour shows what a screen would.
    let mut command = sandbox.contextos(&["pack", ".", "--task", TASK, "--budget", "2k"]);
    let output = command.output().expect("it runs");
    let summary = String::from_utf8(output.stderr).expect("it is UTF-8");
    let summary: String = summary
        .lines()
        .filter(|line| !line.starts_with("time: "))
        .map(|line| format!("{line}\n"))
        .collect();
    tour::check("pack", &format!("$ contextos pack . --task \"{TASK}\" --budget 2k\n{summary}…"));

    let pack = sandbox.read("context_pack.md");
    let begins: Vec<&str> = pack.lines().take(PACK_LINES).collect();
    tour::check("written", &format!("{}\n…", begins.join("\n")));

    let mut command = sandbox.contextos(&["explain", "refresh", "--task", TASK]);
    let explained = String::from_utf8(command.output().expect("it runs").stdout).expect("UTF-8");
    tour::check("explain", &format!("$ contextos explain refresh --task \"{TASK}\"\n{explained}"));
}
