//! What needs the history: `contextos churn` and `doctor`; and packs where there is little of it, or none.

use testkit::TempRepo;

use crate::support::Sandbox;
use crate::support::stub::{Stub, json};

/// A checkout in which only a commit tells that the report is about leases.
fn with_a_telling_commit() -> Sandbox {
    let sandbox = Sandbox::new();
    let text = std::fs::read_to_string(sandbox.repo.path().join("src/report.py")).expect("a file");
    sandbox.repo.write("src/report.py", text.replace("row.amount", "row.net"));
    sandbox.repo.commit("Count leases net of discounts");
    sandbox.repo.write("src/other.py", "OTHER = 1\n").commit("Something else");
    sandbox
}

/// The pack of a checkout, made twice with the same bytes, and the summary.
fn packed(sandbox: &Sandbox) -> (String, String) {
    let run = || {
        let mut command = sandbox.contextos(&["pack", "--task", "leases are counted wrong"]);
        let output = command.args(["--out", "-"]).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&output.stdout), text(&output.stderr))
    };
    let (first, said) = run();
    assert_eq!(run().0, first, "the same bytes each time");
    (first, said)
}

#[test]
fn a_clone_and_a_worktree_pack_alike() {
    let sandbox = with_a_telling_commit();
    let (pack, said) = packed(&sandbox);
    assert!(pack.contains("### src/report.py:"), "the commit says so: {pack}");
    assert!(!said.contains("history:"), "{said}");

    let clone = Sandbox { repo: TempRepo::clone_of(&sandbox.repo, &[]), ..Sandbox::empty() };
    assert_eq!(packed(&clone).0, pack);

    let worktree = Sandbox { repo: TempRepo::folder(), ..Sandbox::empty() };
    let folder = worktree.repo.path().to_str().unwrap();
    sandbox.repo.git(&["worktree", "add", "-q", "--detach", "--force", folder]);
    assert_eq!(packed(&worktree).0, pack);
}

#[test]
fn a_shallow_clone_packs_with_what_history_it_has_and_says_so() {
    let sandbox = with_a_telling_commit();
    let shallow = |depth: &str| Sandbox {
        repo: TempRepo::clone_of(&sandbox.repo, &[depth]),
        ..Sandbox::empty()
    };
    let (deep, said) = packed(&shallow("--depth=2"));
    assert!(said.contains("\nhistory: shallow\n"), "{said}");
    assert!(!deep.contains("### src/report.py:"), "the telling commit is the boundary: {deep}");
    let (deeper, said) = packed(&shallow("--depth=3"));
    assert!(deeper.contains("### src/report.py:"), "{deeper}");
    assert!(!said.contains("history: none"), "{said}");
}

#[test]
fn without_git_there_is_a_pack_and_it_says_so() {
    let sandbox = with_a_telling_commit();
    std::fs::remove_dir_all(sandbox.repo.path().join(".git")).unwrap();
    let mut command = sandbox.contextos(&["pack", "--task", "refresh tokens", "--out", "-"]);
    let output = command.output().unwrap();
    let (pack, said) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(pack.contains("commit=none dirty=no"), "{pack}");
    assert!(pack.contains("### src/auth/token.py:"), "{pack}");
    assert!(said.contains("\nhistory: none\n"), "{said}");

    // The same as with the history switched off, but for the commit's id.
    let other = with_a_telling_commit();
    let mut command = other.contextos(&["pack", "--task", "refresh tokens", "--out", "-"]);
    let unused = command.arg("--no-history").output().unwrap();
    let without_id = |text: &str| text.lines().skip(2).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(without_id(&String::from_utf8_lossy(&unused.stdout)), without_id(&pack));
}

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
    2 commits in 36,500 days (without merges and commits of more than 30 files)
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
    ok  history: not read yet; the next pack reads it
    ok  task: fix auth
    ok  configuration: defaults ([HOME]/.config/contextos/config.toml doesn't exist)
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
    assert!(shown.contains("headroom has no `serve`: it is another program"), "{shown}");

    sandbox.install(".local/bin/headroom", "#!/bin/sh\necho Serves\n");
    let shown = sandbox.run(&["doctor", "--check"]);
    assert!(shown.contains("ok  headroom: [HOME]/.local/bin/headroom\n"), "{shown}");
}
