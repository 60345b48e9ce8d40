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
    assert_eq!(json["findings"][1]["path"], ".env");
    assert_eq!(json["findings"][1]["rule"], "credential-file");
    assert_eq!(json["unlisted_credential_files"], 0);
}

#[test]
fn a_finding_is_allowed_by_its_fingerprint_in_the_users_settings_only() {
    let sandbox = Sandbox::new();
    sandbox.repo.write("a.py", format!("KEY = \"AKIA{}\"\n", "IOSFODNN7EXAMPL2"));
    // A credential file is one by its name, as a test's certificates are.
    sandbox.repo.write("tests/server.pem", "not read");
    let output = sandbox.contextos(&["secrets", "--json"]).output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let fingerprint = |at: usize| json["findings"][at]["fingerprint"].as_str().unwrap().to_owned();
    assert_eq!(fingerprint(0).len(), 16);

    let settings = format!("[secrets]\nallow = [\"{}\", \"{}\"]\n", fingerprint(0), fingerprint(1));
    sandbox.repo.write("contextos.toml", &settings);
    let refused = sandbox.run(&["secrets", "--check"]);
    assert!(refused.contains("`secrets.allow` can't be set by a repository"), "{refused}");

    sandbox.repo.write("contextos.toml", "");
    let own = sandbox.repo.path().join("own.toml");
    std::fs::write(&own, &settings).unwrap();
    let allowed = sandbox.run(&["secrets", "--check", "--config", own.to_str().unwrap()]);
    assert!(allowed.contains("2 left out, allowed by your settings"), "{allowed}");
    assert!(allowed.starts_with("exit: 0"), "{allowed}");
}

#[test]
fn sarif_names_the_place_and_never_the_credential() {
    let sandbox = Sandbox::new();
    let key = format!("AKIA{}", "IOSFODNN7EXAMPL2");
    sandbox.repo.write("a b.py", format!("\nKEY = \"{key}\"\n")).write(".env", "A=b\n");
    let output = sandbox.contextos(&["secrets", "--sarif"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains(&key));
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let results = document["runs"][0]["results"].as_array().unwrap();
    assert_eq!(document["version"], "2.1.0");
    assert_eq!(results[0]["ruleId"], "aws-access-key-id");
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%20b.py");
    assert_eq!(place["region"]["startLine"], 2);
    assert_eq!(results[1]["ruleId"], "credential-file");
    assert_eq!(results[1]["partialFingerprints"]["credential/v1"].as_str().unwrap().len(), 16);
}

/// A file or folder that is named after a credential is treated like a credential file, and its name is shown by
/// no command.
#[test]
fn a_credential_in_a_name_is_shown_by_no_command() {
    let sandbox = Sandbox::new();
    let key = format!("AKIA{}", "IOSFODNN7EXAMPL2");
    sandbox
        .repo
        .write(format!("src/{key}.py"), "def refresh_tokens():\n    pass\n")
        .write(format!("{key}/notes.py"), "def refresh_tokens_again():\n    pass\n")
        .write("src/other.py", "def refresh_all_tokens():\n    pass\n");
    sandbox.repo.commit("Refresh tokens");
    let task = "fix refresh_tokens in other.py";
    for arguments in [
        &["secrets"][..],
        &["secrets", "--json"],
        &["secrets", "--sarif"],
        &["pack", "--task", task, "--verbose"],
        &["pack", "--task", task, "--explain"],
        &["pack", "--task", task, "--format", "json"],
        &["scan"],
        &["scan", "--json"],
        &["churn"],
        &["churn", "--json"],
    ] {
        let shown = sandbox.run(arguments);
        assert!(!shown.contains(&key), "{arguments:?}: {shown}");
    }
    sandbox.contextos(&["secrets", "--check"]).assert().code(3);
}
