//! Writes the table of words of code that go with words of tasks (`crates/select/data/task-words.tsv`) from clones:
//! `cargo run --release -p checkout --example task_words CLONE… > crates/select/data/task-words.tsv`.

mod clones;

use std::error::Error;
use std::io::Write;
use std::process::Command;

use select::TaskWords;

/// What the table begins with.
const HEAD: &str = "\
# Terms of commit messages, and the terms that the code of their changes has more often than others: the logarithm of
# how much more often, in tenths. From the latest 1,500 commits without merges of these repositories. Made by:
# cargo run --release -p checkout --example task_words CLONE…
";

/// The endings of files of source code. Tests among them are told by their paths.
const SOURCES: &[&str] = &[
    "rs", "go", "py", "js", "ts", "tsx", "jsx", "java", "kt", "c", "h", "cc", "cpp", "hpp", "cs",
    "rb", "php", "svelte", "vue", "mjs", "cjs",
];
/// Commits of a repository that are read.
const COMMITS: &str = "1500";
/// Changed lines: a commit with more is a move or a release.
const MAX_CHANGED: usize = 300;
/// Lines of code of a commit that are read, and bytes of its message and of a line.
const MAX_LINES: usize = 600;
const MAX_MESSAGE: usize = 3_000;
const MAX_LINE: usize = 4_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = TaskWords::default();
    let mut out = std::io::stdout().lock();
    out.write_all(HEAD.as_bytes())?;
    clones::read(&mut out, |clone, _, _| {
        let commits = commits(&log(clone)?);
        words.add(commits.iter().map(|(message, code)| (message.as_str(), code.as_str())));
        Ok(())
    })?;
    for line in words.lines() {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// The latest commits of a clone with their patches, each message between the characters 1 and 2.
fn log(clone: &str) -> Result<String, Box<dyn Error>> {
    let options = ["--no-merges", "--no-color", "--no-ext-diff", "--format=%x01%n%B%x02"];
    let output = Command::new("git")
        .args(["-C", clone, "log", "-p", "-U3", "-n", COMMITS])
        .args(options)
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The messages of commits, each with the code before its change and around it.
fn commits(log: &str) -> Vec<(String, String)> {
    let mut commits = Vec::new();
    for commit in log.split('\u{1}').skip(1) {
        let Some((message, patch)) = commit.split_once('\u{2}') else { continue };
        let mut code = String::new();
        let (mut is_source, mut lines, mut changed) = (false, 0, 0);
        for line in patch.lines().filter(|line| line.len() <= MAX_LINE) {
            if let Some(path) = line.strip_prefix("diff --git ") {
                let path = path.to_lowercase();
                let ending = path.rsplit('.').next().unwrap_or_default();
                is_source =
                    SOURCES.contains(&ending) && !path.contains("test") && !path.contains("spec");
                continue;
            }
            if !is_source || line.starts_with("--- ") || line.starts_with("+++ ") {
                continue;
            }
            changed += usize::from(line.starts_with(['+', '-']));
            let before = match line.strip_prefix("@@") {
                Some(heading) => heading.split_once("@@").map(|(_, heading)| heading),
                None => line.strip_prefix([' ', '-']),
            };
            if let Some(before) = before.filter(|_| lines < MAX_LINES) {
                lines += 1;
                code.push_str(before);
                code.push('\n');
            }
        }
        let message: String = message.trim().chars().take(MAX_MESSAGE).collect();
        if !message.is_empty() && lines > 0 && changed <= MAX_CHANGED {
            commits.push((message, code));
        }
    }
    commits
}
