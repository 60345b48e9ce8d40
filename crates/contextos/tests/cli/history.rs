//! What needs the history: `contextos churn`, and `doctor`.

use crate::support::Sandbox;
use crate::support::stub::{Stub, json};

#[test]
fn churn_counts_the_commits_of_the_last_days() {
    let sandbox = Sandbox::new();
    for text in ["a = 1\n", "a = 2\n"] {
        sandbox.repo.write("src/report.py", text);
        sandbox.repo.commit("Change the report");
    }
    // The commits are from 2024; a day today is far from there.
    let days = ["churn", "--days", "36500", "--json"];
    let output = sandbox.contextos(&days).output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["commits"], 2, "the first commit brings everything and tells nothing");
    assert_eq!(json["files"][0]["path"], "src/report.py");
    assert_eq!(json["files"][0]["commits"], 2);
    insta::assert_snapshot!(sandbox.run(&["churn", "--days", "36500", "--top", "2"]), @r"
    exit: 0
    ----- stdout
        2  2024-01-01  src/report.py
    ----- stderr
    2 commits in 36500 days (merges and commits of more than 30 files left out)
    ");
    let shown = sandbox.run(&["churn"]);
    assert!(shown.starts_with("exit: 0\n----- stderr\n0 commits in 30 days"), "{shown}");
}

#[test]
fn churn_without_git() {
    let sandbox = Sandbox { repo: testkit::TempRepo::folder(), ..Sandbox::empty() };
    let shown = sandbox.run(&["churn"]);
    assert!(shown.starts_with("exit: 1\n----- stderr\nerror: "), "{shown}");
}

#[test]
fn doctor_finds_everything_well() {
    let sandbox = Sandbox::new();
    sandbox.contextos(&["task", "fix auth"]).assert().success();
    let stub = Stub::new(|_| {
        Some(json(200, &serde_json::json!({"service": "headroom-proxy", "version": "0.50.0"})))
    });
    let mut command = sandbox.contextos(&["doctor", "--check"]);
    command.env("HEADROOM_BASE_URL", &stub.url);
    let shown = sandbox.shown(command).replace(&stub.url, "[URL]");
    insta::assert_snapshot!(shown, @r"
    exit: 0
    ----- stdout
    ok  contextos [VERSION]
    ok  history: 0 commits
    ok  task: fix auth
    ok  configuration: none at [HOME]/.config/contextos/config.toml
    ok  headroom: not installed; only --compress headroom needs it
    ok  headroom at [URL]: version [VERSION]
    ");
}

#[cfg(unix)]
#[test]
fn doctor_knows_the_other_headroom() {
    let sandbox = Sandbox::new();
    sandbox.install(
        ".local/bin/headroom",
        "#!/bin/sh\necho \"Error: No such command '$1'.\" >&2\nexit 2\n",
    );
    let shown = sandbox.run(&["doctor", "--check"]);
    assert!(shown.starts_with("exit: 3\n"), "{shown}");
    assert!(shown.contains("headroom has no `serve`: it is the other program"), "{shown}");

    sandbox.install(".local/bin/headroom", "#!/bin/sh\necho Serves\n");
    let shown = sandbox.run(&["doctor", "--check"]);
    assert!(shown.contains("ok  headroom: [HOME]/.local/bin/headroom\n"), "{shown}");
}
