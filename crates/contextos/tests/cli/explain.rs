//! `contextos explain`.

use crate::support::Sandbox;

fn explain(sandbox: &Sandbox, subject: &str, arguments: &[&str]) -> String {
    let mut command = sandbox.contextos(&["explain", subject, "-t", "fix the refresh of tokens"]);
    command.args(arguments);
    sandbox.shown(command)
}

#[test]
fn files_and_symbols_in_the_pack() {
    let sandbox = Sandbox::new();
    for subject in ["src/auth/token.py", "./src/auth/token.py", "refresh", "src/auth/token.py:23"] {
        let shown = explain(&sandbox, subject, &[]);
        assert!(shown.contains(&format!("{subject}: in the pack: ")), "{shown}");
        assert!(shown.contains("\n+ src/auth/token.py:"), "the file is named: {shown}");
    }
    for subject in ["TokenStore.refresh", "TokenStore::refresh", "auth.token.TokenStore#refresh()"]
    {
        let shown = explain(&sandbox, subject, &[]);
        assert!(shown.contains("\n+ src/auth/token.py:8-24 "), "{subject}: {shown}");
    }
    assert!(explain(&sandbox, "Session.refresh", &[]).contains("no definition has this name"));
    let shown = explain(&sandbox, "refresh", &["--json"]);
    let json: serde_json::Value =
        serde_json::from_str(shown.split_once("stdout\n").unwrap().1).unwrap();
    assert_eq!(json["in_pack"], true);
    assert_eq!(json["units"][0]["path"], "src/auth/token.py");
    assert_eq!(json["units"][0]["chosen"], true);
}

#[test]
fn why_something_is_not_in_the_pack() {
    let sandbox = Sandbox::new();
    sandbox
        .repo
        .write("logo.png", [0x89, b'P', b'N', b'G', 0, 0])
        .write(".gitignore", "build/\n")
        .write("build/out.py", "x = 1\n")
        .write("a[1].py", [0, 1, 2]);
    let mut shown = String::new();
    for (subject, arguments) in [
        ("logo.png", &[][..]),
        ("a[1].py", &[]),
        ("build/out.py", &[]),
        ("src/report.py", &["--exclude", "report.py"]),
        ("src/nowhere.py", &[]),
        ("src/auth/tokne.py", &[]),
        ("src/auth/token.py:900", &[]),
        ("src/auth/token.py:0", &[]),
        ("src/auth/tokn.py:3", &[]),
        ("TokenStor", &[]),
        ("zzz", &[]),
    ] {
        shown.push_str(&format!("===== {subject}\n{}", explain(&sandbox, subject, arguments)));
    }
    insta::assert_snapshot!(shown);
}

/// A long chunk with a higher score may be left out in favour of a short one.
#[test]
fn why_a_lower_score_is_in() {
    let sandbox = Sandbox::new();
    let long: String = (0..22)
        .map(|at| format!("    refresh_tokens(refresh, tokens, {at} * refresh)\n"))
        .collect();
    sandbox.repo.write("src/long.py", format!("def refresh_of_tokens(refresh, tokens):\n{long}"));
    sandbox.repo.write("src/short.py", "def other(tokens):\n    return tokens\n");
    let shown = explain(&sandbox, "src/", &["--budget", "330"]);
    let whys: Vec<&str> = shown.lines().filter(|line| line.starts_with("    ")).collect();
    assert!(!whys.is_empty(), "{shown}");
    for why in whys {
        let known = ["preferred to the more probable ", " left", "too little in it", "or imports"];
        assert!(known.iter().any(|known| why.contains(known)), "{why}");
    }
    let shown = explain(&sandbox, "tests/test_token.py", &[]);
    assert!(!shown.contains("preferred to"), "{shown}");
}

/// A chunk that is too long for the budget is shown in part, and its explanation says so.
#[test]
fn which_lines_of_a_chunk_are_shown() {
    let sandbox = Sandbox::new();
    let line = |at| format!("    rotate_{at}(refresh, tokens, {at} * refresh, tokens + refresh)\n");
    let body: String = (0..80).map(line).collect();
    sandbox.repo.write("src/rotate.py", format!("def rotate_all_refresh_tokens(tokens):\n{body}"));
    let shown = explain(&sandbox, "rotate_all_refresh_tokens", &["--budget", "250"]);
    let line = shown.lines().find(|line| line.starts_with("+ src/rotate.py:")).unwrap();
    assert!(line.contains(" shown) rotate_all_refresh_tokens: "), "{shown}");
    let json = explain(&sandbox, "src/rotate.py", &["--budget", "250", "--json"]);
    let json: serde_json::Value =
        serde_json::from_str(json.split_once("stdout\n").unwrap().1).unwrap();
    let chunk = &json["units"][0];
    assert_eq!(chunk["chosen"], true);
    assert!(chunk["shown"][0][1].as_u64() < chunk["lines"][1].as_u64(), "{chunk}");
    assert!(!explain(&sandbox, "refresh", &[]).contains("shown)"), "all of it is shown");
}

#[test]
fn a_task_without_a_flag() {
    let sandbox = Sandbox::new();
    let shown = sandbox.run(&["explain", "refresh", "fix", "the", "refresh", "of", "tokens"]);
    assert_eq!(shown, explain(&sandbox, "refresh", &[]));
}
