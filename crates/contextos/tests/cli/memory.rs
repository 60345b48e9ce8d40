//! `contextos memory`.

use crate::support::{Sandbox, between};

/// Notes and decisions without their times.
fn timeless(text: &str) -> String {
    let text = between(text, "- **", "** — ", "[NOW]");
    let text = between(&text, "### [", "] Decision", "[DAY]");
    between(&text, "**Logged:** ", "\n", "[NOW]")
}

#[test]
fn notes_and_decisions_are_kept_and_listed() {
    let sandbox = Sandbox::new();
    sandbox.contextos(&["memory", "add", "the", "gateway refreshes"]).assert().success();
    sandbox.contextos(&["memory", "update", "on two\nlines"]).assert().success();
    let decide = ["memory", "decision", "use SQLite", "--status", "proposed"];
    sandbox.contextos(&decide).assert().success();
    insta::assert_snapshot!(timeless(&sandbox.run(&["memory", "list"])));
    let notes = sandbox.run(&["memory", "list", "--no-decisions"]);
    assert!(!notes.contains("Decision"), "{notes}");
}

#[test]
fn a_status_that_is_none_is_wrong_usage() {
    let sandbox = Sandbox::new();
    sandbox.contextos(&["memory", "decision", "x", "--status", "maybe"]).assert().code(2);
    sandbox.contextos(&["memory", "add"]).assert().code(2);
    sandbox.contextos(&["memory", "add", " "]).assert().code(2);
}

#[test]
fn credentials_are_refused_and_nothing_is_written() {
    let sandbox = Sandbox::new();
    let key = format!("AKIA{}", "IOSFODNN7EXAMPL2");
    let shown = sandbox.run(&["memory", "add", "the key is", &key]);
    assert!(
        shown
            .starts_with("exit: 1\n----- stderr\nerror: not saved: the text contains a credential")
    );
    assert!(!shown.contains(&key), "{shown}");
    assert!(!sandbox.state("MEMORY.md").exists());
    sandbox.contextos(&["memory", "decision", &format!("use {key}")]).assert().code(1);
    assert!(!sandbox.state("DECISIONS.md").exists());
}

#[test]
fn compacting_moves_duplicates_and_the_oldest_and_loses_nothing() {
    let sandbox = Sandbox::new();
    for note in ["one", "two", "One", "three", "four"] {
        sandbox.contextos(&["memory", "add", note]).assert().success();
    }
    insta::assert_snapshot!(sandbox.run(&["memory", "compact", "--keep", "3"]), @r"
    exit: 0
    ----- stderr
    1 duplicate and 1 old note moved to .contextos/MEMORY_ARCHIVE.md
    ");
    let notes = |file| {
        let text = timeless(&sandbox.read(file));
        let notes = text.lines().filter_map(|line| line.strip_prefix("- **[NOW]** — "));
        notes.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(notes("MEMORY.md"), ["One", "three", "four"]);
    assert_eq!(notes("MEMORY_ARCHIVE.md"), ["one", "two"]);
    let shown = sandbox.run(&["memory", "compact", "--keep", "3"]);
    assert_eq!(shown, "exit: 0\n----- stderr\nnothing to compact\n");
}

#[test]
fn a_file_that_the_python_program_wrote_is_kept_and_added_to() {
    let sandbox = Sandbox::new();
    let theirs = "# Project Memory\n\n## Notes\n\n- **2026-11-23T06:41:27+00:00** — theirs\n";
    sandbox.repo.write(".contextos/MEMORY.md", theirs);
    sandbox.contextos(&["memory", "add", "ours"]).assert().success();
    let text = sandbox.read("MEMORY.md");
    assert!(text.starts_with(theirs) && text.trim_end().ends_with("** — ours"), "{text}");
}

#[test]
fn nothing_to_list_is_said() {
    let shown = Sandbox::new().run(&["memory", "list"]);
    assert!(shown.starts_with("exit: 0\n----- stderr\nno notes yet"), "{shown}");
}
