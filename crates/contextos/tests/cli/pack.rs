//! `contextos pack`.

use std::fs;

use crate::support::Sandbox;

const TASK: [&str; 3] = ["pack", "--task", "fix the refresh of tokens"];

#[test]
fn a_pack_and_its_summary() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!("summary", sandbox.run(&TASK));
    insta::assert_snapshot!("pack.md", sandbox.read("context_pack.md"));
}

#[test]
fn json_and_xml() {
    let sandbox = Sandbox::new();
    sandbox.contextos(&TASK).args(["--format", "json"]).assert().success();
    let json: serde_json::Value = serde_json::from_str(&sandbox.read("context_pack.json")).unwrap();
    assert_eq!(json["version"], 1);
    assert_eq!(json["task"], "fix the refresh of tokens");
    assert_eq!(json["files"][0]["path"], "src/auth/token.py");

    sandbox.contextos(&TASK).args(["--format", "xml"]).assert().success();
    let xml = sandbox.read("context_pack.xml");
    assert!(xml.contains("<task>fix the refresh of tokens</task>\n"), "{xml}");
    assert!(xml.contains("<file path=\"src/auth/token.py\" "), "{xml}");
    assert!(!sandbox.state("context_pack.md").exists());
}

#[test]
fn the_same_bytes_each_time_and_from_everywhere() {
    let sandbox = Sandbox::new();
    let pack = |arguments: &[&str]| {
        let mut command = sandbox.contextos(&TASK);
        command.args(arguments).args(["--quiet", "--out", "-"]);
        command.output().unwrap().stdout
    };
    let first = pack(&[]);
    assert_eq!(pack(&[]), first, "with what the first run kept");
    assert_eq!(pack(&["--no-timestamp"]), first);
    assert_ne!(pack(&["--timestamp"]), first);
    let other = Sandbox::new();
    let mut command = other.contextos(&TASK);
    command.args(["--quiet", "--out", "-", "-C"]).arg(sandbox.repo.path());
    assert_eq!(command.output().unwrap().stdout, first);
}

#[test]
fn the_task_may_come_from_standard_input() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.contextos(&["pack", "--task", "-"]);
    command.write_stdin("fix the refresh of tokens\n").assert().success();
    let from_stdin = sandbox.read("context_pack.md");
    sandbox.contextos(&TASK).assert().success();
    assert_eq!(sandbox.read("context_pack.md"), from_stdin);
}

#[test]
fn a_given_file_is_written_too_and_through_links() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.repo.path().join("out")).unwrap();
    sandbox.contextos(&TASK).args(["--out", "out/pack.md"]).assert().success();
    let pack = sandbox.read("context_pack.md");
    assert_eq!(fs::read_to_string(sandbox.repo.path().join("out/pack.md")).unwrap(), pack);
    #[cfg(unix)]
    {
        let link = sandbox.repo.path().join("link.md");
        std::os::unix::fs::symlink("out/pack.md", &link).unwrap();
        fs::write(sandbox.repo.path().join("out/pack.md"), "old").unwrap();
        sandbox.contextos(&TASK).args(["--out", "link.md"]).assert().success();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(link).unwrap(), pack);
    }
    sandbox.contextos(&TASK).args(["--out", "out"]).assert().code(1);
    sandbox.contextos(&TASK).args(["--out", "gone/pack.md"]).assert().code(1);
}

#[test]
fn what_is_picked_from_can_be_narrowed() {
    let sandbox = Sandbox::new();
    let shown = |arguments: &[&str]| {
        sandbox.contextos(&TASK).args(arguments).assert().success();
        sandbox.read("context_pack.md")
    };
    assert!(shown(&["--include-tests"]).contains("### tests/test_token.py:"));
    assert!(!shown(&["--no-tests"]).contains("tests/test_token.py"));
    let tests = shown(&["--no-source"]);
    assert!(tests.contains("tests/test_token.py") && !tests.contains("### src/"), "{tests}");
    assert!(!shown(&["--exclude", "auth"]).contains("src/auth/"));
    let report = shown(&["--include", "src/*.py"]);
    assert!(!report.contains("auth/token.py"), "{report}");
}

#[test]
fn line_numbers_on_wish() {
    let sandbox = Sandbox::new();
    sandbox.contextos(&TASK).arg("--line-numbers").assert().success();
    assert!(sandbox.read("context_pack.md").contains("\n1: \"\"\"Tokens that prove"));
}

#[test]
fn a_budget_in_a_models_tokens_is_an_estimate_and_says_so() {
    let sandbox = Sandbox::new();
    let shown = sandbox.run(&["pack", "--task", "fix auth", "--model", "claude-sonnet-4"]);
    assert!(shown.contains("\npack: about ") && shown.contains(" of 8,000 tokens; "), "{shown}");
    let shown = sandbox.run(&["pack", "--task", "fix auth", "--model", "gpt-4o"]);
    assert!(!shown.contains("about"), "{shown}");
}

#[test]
fn credentials_are_redacted_and_told() {
    let sandbox = Sandbox::new();
    let key = format!("AKIA{}", "IOSFODNN7EXAMPL2");
    sandbox.repo.write("src/auth/keys.py", format!("\n# refresh tokens\nKEY = \"{key}\"\n"));
    let shown = sandbox.run(&["pack", "--task", "refresh the tokens of the key"]);
    assert!(shown.contains("warning: src/auth/keys.py:3: redacted ("), "{shown}");
    assert!(shown.contains("\nredacted: 1 credential\n"), "{shown}");
    assert!(!sandbox.read("context_pack.md").contains(&key));
    let shown =
        sandbox.run(&["pack", "--task", "refresh the tokens of the key", "--allow-sensitive"]);
    assert!(shown.contains("warning: credentials are shown as they are"), "{shown}");
    assert!(sandbox.read("context_pack.md").contains(&key));
}

#[test]
fn reasons_on_wish() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.contextos(&TASK);
    let output = command.args(["--explain", "--budget", "240"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("1. src/auth/token.py:"), "{text}");
    assert!(text.contains(": chance ") && text.contains("\nnot chosen, with "), "{text}");

    let mut command = sandbox.contextos(&TASK);
    let output =
        command.args(["--explain", "--format", "json", "--budget", "240"]).output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let left = json["budget"].as_u64().unwrap() - json["tokens"].as_u64().unwrap();
    let unchosen = json["unchosen"].as_array().unwrap();
    assert!(!unchosen.is_empty());
    for unit in unchosen {
        assert!(unit["price"].as_u64().unwrap() > left, "{unit} would still fit");
        let sum: f64 =
            unit["pieces"].as_array().unwrap().iter().map(|p| p["points"].as_f64().unwrap()).sum();
        assert!((sum - unit["score"].as_f64().unwrap()).abs() < 0.01, "{unit}");
    }
    sandbox.contextos(&TASK).args(["--explain", "--out", "-"]).assert().code(2);
}
