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
        assert!(shown.contains(&format!("{subject}: in the pack, with ")), "{shown}");
        assert!(shown.contains("\n+ "), "{shown}");
    }
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
    ] {
        shown.push_str(&format!("===== {subject}\n{}", explain(&sandbox, subject, arguments)));
    }
    insta::assert_snapshot!(shown);
}
