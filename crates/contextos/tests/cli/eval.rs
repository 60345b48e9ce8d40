//! `contextos eval`, and packs by what it fitted.

use std::fs;

use serde_json::{Value, json};

use crate::support::Sandbox;

/// A checkout with a few commits that each change something.
fn with_history() -> Sandbox {
    let sandbox = Sandbox::new();
    let change = |path: &str, before: &str, after: &str, message: &str| {
        let text = fs::read_to_string(sandbox.repo.path().join(path)).expect("a file");
        assert!(text.contains(before), "{path} has no {before}");
        sandbox.repo.write(path, text.replace(before, after)).commit(message);
    };
    change("src/auth/session.py", "sha256", "sha512", "Sign sessions with a longer digest");
    change("src/report.py", "sorted(totals.items())", "totals.items()", "Keep report in its order");
    change(
        "src/auth/token.py",
        "time.time()",
        "time.monotonic()",
        "Issue tokens by a steady clock",
    );
    sandbox
}

fn json_of(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let output = sandbox.contextos(arguments).arg("--json").output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The figures of one way to fill the largest budget.
fn figures<'a>(report: &'a Value, way: &str) -> Option<&'a Value> {
    let budgets = report["budgets"].as_array()?;
    budgets.last()?["results"].as_array()?.iter().find(|row| row["name"] == way)
}

#[test]
fn commits_are_replayed_beside_plain_packing() {
    let sandbox = with_history();
    let report = json_of(&sandbox, &["eval", "--budget", "500,1000"]);
    assert_eq!(report["commits"], 3, "the first commit has no parent to ask");
    assert_eq!(report["budgets"].as_array().unwrap().len(), 2);
    assert_eq!(figures(&report, "contextos").unwrap()["file"], 1.0);
    assert!(figures(&report, "whole files by BM25").is_some());
    assert!(figures(&report, "whole files by path").is_some());
    assert_eq!(report["languages"][0]["language"], "python");
    assert_eq!(report["languages"][0]["tasks"], 3);

    assert!(figures(&report, "contextos").unwrap()["map"].is_number());

    let shown = sandbox.run(&["eval", "--terse", "--commits", "1"]);
    let heads = |line: &str| line.split_whitespace().skip(2).collect::<Vec<_>>().join(" ");
    assert_eq!(shown.lines().nth(8).map(heads).unwrap(), "file all span map", "{shown}");
    assert!(shown.starts_with("exit: 0\n----- stdout\n1 commit replayed\nfile: "), "{shown}");
    assert_eq!(json_of(&sandbox, &["eval"]), json_of(&sandbox, &["eval"]));
}

#[test]
fn families_and_features_are_switched_off_in_turn() {
    let sandbox = with_history();
    let report = json_of(&sandbox, &["eval", "--ablation", "--budget", "1000"]);
    for way in ["without all of words", "without all of structure", "without path"] {
        assert!(figures(&report, way).is_some(), "{way}");
    }
}

#[test]
fn cases_may_come_from_a_file() {
    let sandbox = with_history();
    let parent = sandbox.repo.git(&["rev-parse", "HEAD~1"]);
    let case = json!({
        "parent_sha": parent.trim(),
        "task": "Issue tokens by a steady clock",
        "gold_spans": [["src/auth/token.py", 17, 17]],
    });
    let file = sandbox.home.path().join("cases.jsonl");
    fs::write(&file, format!("{case}\n\n")).unwrap();
    let cases = file.to_str().unwrap();
    let report = json_of(&sandbox, &["eval", "--cases", cases, "--budget", "1000"]);
    assert_eq!(report["commits"], 1);
    assert_eq!(figures(&report, "contextos").unwrap()["span"], 1.0);

    fs::write(&file, "{}\n").unwrap();
    let shown = sandbox.run(&["eval", "--cases", cases]);
    assert!(shown.starts_with("exit: 1\n"), "{shown}");
    assert!(shown.contains("line 1: missing field `parent_sha`"), "{shown}");
}

#[test]
fn fitted_weights_lie_in_the_users_cache_and_rank_when_asked_for() {
    let sandbox = with_history();
    let pack = ["pack", "--task", "fix the refresh of tokens", "--weights", "fitted"];
    let missing = sandbox.run(&pack);
    assert!(missing.contains("`contextos eval --fit` makes them"), "{missing}");

    let before = sandbox.repo.git(&["status", "--porcelain"]);
    sandbox.contextos(&["eval", "--fit"]).assert().success();
    assert_eq!(
        sandbox.repo.git(&["status", "--porcelain"]),
        before,
        "the checkout stays as it was"
    );
    sandbox.contextos(&pack).assert().success();

    let folder = sandbox.home.path().join(".cache/contextos/weights");
    let fitted = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&fitted).unwrap();
    assert!(text.starts_with("# Weights of the linear score"), "{text}");
    assert!(text.lines().any(|line| line.starts_with("body = ")), "{text}");

    // They are used: weights by which only a focus counts leave nothing else to show.
    let nothing: String = text
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| format!("{name} = {}\n", if name == "test" { "60.0" } else { "0.0" }))
        .collect();
    fs::write(&fitted, nothing).unwrap();
    sandbox.contextos(&pack).assert().success();
    let shown = sandbox.read("context_pack.md");
    assert!(shown.contains("### tests/test_token.py:"), "{shown}");
    assert!(!shown.contains("### src/report.py:"), "{shown}");
}
