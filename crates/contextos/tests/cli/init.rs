//! `contextos init`.

use std::fs;

use crate::support::{Sandbox, tree};

#[test]
fn init_writes_what_people_fill_in() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(sandbox.run(&["init"]), @r"
    exit: 0
    ----- stderr
    written  .contextos/CURRENT_TASK.md
    written  .contextos/MEMORY.md
    written  .contextos/DECISIONS.md
    written  .contextos/PROJECT_INDEX.md
    written  contextos.toml
    ");
    insta::assert_snapshot!(
        "contextos.toml",
        fs::read_to_string(sandbox.repo.path().join("contextos.toml")).unwrap()
    );
    sandbox.contextos(&["config", "show"]).assert().success();
}

#[test]
fn a_second_time_nothing_changes_unless_forced() {
    let sandbox = Sandbox::new();
    sandbox.contextos(&["init", "--quiet"]).assert().success().stderr("");
    sandbox.contextos(&["memory", "add", "mine"]).assert().success();
    let before = tree(&sandbox.repo.path().join(".contextos"));
    let shown = sandbox.run(&["init"]);
    assert_eq!(shown.matches("kept     ").count(), 5, "{shown}");
    assert_eq!(tree(&sandbox.repo.path().join(".contextos")), before);
    sandbox.contextos(&["init", "--force"]).assert().success();
    assert!(!sandbox.read("MEMORY.md").contains("mine"));
}

#[test]
fn packs_and_exports_leave_git_status_as_it_was() {
    let sandbox = Sandbox::new();
    sandbox.contextos(&["pack", "--task", "fix auth"]).assert().success();
    sandbox.contextos(&["export", "all", "--task", "fix auth"]).assert().success();
    assert_eq!(sandbox.repo.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_folder_elsewhere() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.repo.path().join("service")).unwrap();
    sandbox.contextos(&["init", "service"]).assert().success();
    assert!(sandbox.repo.path().join("service/.contextos/CURRENT_TASK.md").exists());
    sandbox.contextos(&["init", "nowhere"]).assert().code(1);
}

/// A checkout may come from anyone: what it links to stays untouched.
#[cfg(unix)]
#[test]
fn links_in_the_checkout_are_not_followed() {
    let sandbox = Sandbox::new();
    let outside = sandbox.home.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("MEMORY.md"), "private\n").unwrap();
    std::os::unix::fs::symlink(&outside, sandbox.repo.path().join(".contextos")).unwrap();
    for arguments in [
        &["init"][..],
        &["task", "x"],
        &["task", "show"],
        &["memory", "add", "x"],
        &["memory", "list"],
        &["pack", "--task", "fix auth"],
        &["scan"],
    ] {
        let shown = sandbox.run(arguments);
        assert!(shown.starts_with("exit: 1\n"), "{arguments:?}: {shown}");
        assert!(shown.contains("a symbolic link"), "{arguments:?}: {shown}");
        assert!(!shown.contains("private"), "{arguments:?}: {shown}");
    }
    assert_eq!(tree(&outside).len(), 1);
    assert_eq!(fs::read_to_string(outside.join("MEMORY.md")).unwrap(), "private\n");

    fs::remove_file(sandbox.repo.path().join(".contextos")).unwrap();
    let config = sandbox.repo.path().join("contextos.toml");
    std::os::unix::fs::symlink(outside.join("MEMORY.md"), config).unwrap();
    let shown = sandbox.run(&["pack", "--task", "fix auth"]);
    assert!(shown.starts_with("exit: 1\n") && !shown.contains("private"), "{shown}");
}
