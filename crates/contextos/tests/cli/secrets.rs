//! `contextos secrets`.

use crate::support::Sandbox;

#[test]
fn credentials_are_listed_and_never_shown() {
    let sandbox = Sandbox::new();
    let none = sandbox.run(&["secrets", "--check"]);
    assert_eq!(none, "exit: 0\n----- stderr\nno credentials found\n");

    let key = format!("AKIA{}", "IOSFODNN7EXAMPL2");
    sandbox.repo.write("src/keys.py", format!("A = 1\nKEY = \"{key}\"\n")).write(".env", "A=b\n");
    let shown = sandbox.run(&["secrets"]);
    insta::assert_snapshot!(shown);
    assert!(!shown.contains(&key));
    sandbox.contextos(&["secrets", "--check"]).assert().code(3);
    let output = sandbox.contextos(&["secrets", "--json"]).output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["findings"][0]["path"], "src/keys.py");
    assert_eq!(json["findings"][0]["line"], 2);
    assert_eq!(json["credential_files"], 1);
}
