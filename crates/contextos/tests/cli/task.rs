//! `contextos task`.

use crate::support::Sandbox;

#[test]
fn a_task_is_set_shown_used_and_cleared() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(sandbox.run(&["task", "fix", "the", "refresh"]), @r"
    exit: 0
    ----- stderr
    task set in .contextos/CURRENT_TASK.md
    ");
    insta::assert_snapshot!(sandbox.run(&["task", "show"]), @r"
    exit: 0
    ----- stdout
    # Current Task

    > Managed by `contextos task`. Edit freely.

    **Status:** In Progress  
    **Set:** [NOW]

    ## Task

    fix the refresh

    ## Acceptance Criteria

    - [ ] 

    ## Notes
    ");
    sandbox.contextos(&["pack"]).assert().success();
    assert!(sandbox.read("context_pack.md").starts_with("# Context for: fix the refresh\n"));
    sandbox.contextos(&["task", "clear"]).assert().success();
    insta::assert_snapshot!(sandbox.run(&["task"]), @r#"
    exit: 0
    ----- stderr
    no task is set; `contextos task "what to do"` sets one
    "#);
    sandbox.contextos(&["pack"]).assert().code(2);
}

#[test]
fn verbs_are_words_alone() {
    let sandbox = Sandbox::new();
    for (words, task) in [
        (&["set", "a", "b"][..], "a b"),
        (&["clear", "the", "cache"], "clear the cache"),
        (&["show", "more"], "show more"),
        (&["set", "--", "--quiet", "is", "ignored"], "--quiet is ignored"),
    ] {
        sandbox.contextos(&["task"]).args(words).assert().success();
        let file = sandbox.read("CURRENT_TASK.md");
        assert!(file.contains(&format!("## Task\n\n{task}\n\n")), "{file}");
    }
}

#[test]
fn a_task_comes_from_standard_input_with_its_status() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.contextos(&["task", "set", "-", "--status", "Blocked"]);
    command.write_stdin("fix it\n\nTraceback: a.py:3\n").assert().success();
    let file = sandbox.read("CURRENT_TASK.md");
    assert!(file.contains("**Status:** Blocked"), "{file}");
    assert!(file.contains("## Task\n\nfix it\n\nTraceback: a.py:3\n\n## Acc"), "{file}");
}

#[test]
fn a_task_with_headings_code_and_comments_is_kept_whole() {
    let sandbox = Sandbox::new();
    for task in [
        "Build fails\n\n```sh\n# install\npip install .\n```\nerror in x.py",
        "# Fix the cookie jar",
        "## Description\n\nIt fails.\n\n## Acceptance Criteria\n\n- it works\n\n## Notes\n\nsoon",
        "<!-- Thanks for the report! -->\nIt fails <!-- sometimes --> in x.py",
        "`<!--` breaks the parser",
        "an open block\n```\n# a",
    ] {
        let mut set = sandbox.contextos(&["task", "set", "-"]);
        set.write_stdin(format!("{task}\n")).assert().success();
        let shown = sandbox.contextos(&["task", "--json"]).output().unwrap();
        let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
        assert_eq!(shown["task"], task);
        sandbox.contextos(&["task", "--status", "Done"]).assert().success();
        let shown = sandbox.contextos(&["task", "--json"]).output().unwrap();
        let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
        assert_eq!((shown["task"].as_str(), shown["status"].as_str()), (Some(task), Some("Done")));
    }
}

#[test]
fn a_repository_elsewhere_by_either_flag() {
    let sandbox = Sandbox::new();
    let here = sandbox.repo.path().to_str().unwrap();
    let other = Sandbox::new();
    other.contextos(&["task", "--repo", here, "from", "afar"]).assert().success();
    assert!(sandbox.read("CURRENT_TASK.md").contains("from afar"));
    other.contextos(&["-C", here, "task", "again"]).assert().success();
    other.contextos(&["task", "-r", here]).assert().success().stdout(
        // What the Python program calls `-r`.
        std::fs::read_to_string(sandbox.state("CURRENT_TASK.md")).unwrap(),
    );
}

#[test]
fn a_credential_in_a_task_is_neither_kept_nor_shown() {
    let sandbox = Sandbox::new();
    let token = format!("ghp_{}", "aB3dE5fG7h".repeat(4).split_at(36).0);
    let task = format!("fix the refresh of {token}");
    let set = sandbox.contextos(&["task", "set", &task]).assert().success();
    let warned = String::from_utf8_lossy(&set.get_output().stderr).into_owned();
    assert!(
        warned.contains("contains a credential (github-token); it is kept redacted"),
        "{warned}"
    );
    let file = sandbox.read("CURRENT_TASK.md");
    assert!(file.contains("fix the refresh of [REDACTED:github-token]"), "{file}");
    // Somebody may write it into the file by hand.
    sandbox
        .repo
        .write(".contextos/CURRENT_TASK.md", file.replace("[REDACTED:github-token]", &token));
    for args in [&["task", "show"][..], &["task", "--json"], &["doctor"]] {
        let shown = sandbox.contextos(args).assert().get_output().stdout.clone();
        let shown = String::from_utf8_lossy(&shown).into_owned();
        assert!(shown.contains("[REDACTED:github-token]") && !shown.contains(&token), "{shown}");
    }
}

#[test]
fn the_status_of_the_task_that_is_set_changes() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(sandbox.run(&["task", "--status", "Done"]), @r#"
    exit: 2
    ----- stderr
    error: no task is set; `contextos task "what to do" --status …` sets one with its status
    "#);
    sandbox.contextos(&["task", "fix the refresh"]).assert().success();
    let before = sandbox.read("CURRENT_TASK.md");
    insta::assert_snapshot!(sandbox.run(&["task", "set", "--status", "Done"]), @r"
    exit: 0
    ----- stderr
    status set in .contextos/CURRENT_TASK.md
    ");
    let after = sandbox.read("CURRENT_TASK.md");
    assert_eq!(after, before.replace("In Progress", "Done"));
}
