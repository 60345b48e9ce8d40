//! `contextos scan`.

use std::fs;

use serde_json::Value;

use crate::support::Sandbox;

#[test]
fn what_scan_prints_and_writes() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!("printed", sandbox.run(&["scan"]));
    insta::assert_snapshot!("file_summaries.json", sandbox.read("file_summaries.json"));
    insta::assert_snapshot!("dependency_graph.json", sandbox.read("dependency_graph.json"));
    insta::assert_snapshot!("PROJECT_INDEX.md", sandbox.read("PROJECT_INDEX.md"));
}

#[test]
fn a_purpose_is_for_readers_and_not_for_tools() {
    let sandbox = Sandbox::new();
    for (path, text) in [
        ("a.rb", "# frozen_string_literal: true\n\n# Counts carts.\nclass Carts; end\n"),
        (
            "b.rb",
            "# encoding: utf-8\n# frozen_string_literal: true\n# Counts carts.\nclass B; end\n",
        ),
        ("c.py", "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n# Counts carts.\nx = 1\n"),
        ("d.ts", "// @ts-check\n// eslint-disable no-console\n// Counts carts.\nlet a = 1;\n"),
        ("e.rb", "# frozen_string_literal: true\n\nclass Basket; end\n"),
    ] {
        fs::write(sandbox.repo.path().join(path), text).unwrap();
    }
    sandbox.contextos(&["scan"]).assert().success();
    let summaries: Value = serde_json::from_str(&sandbox.read("file_summaries.json")).unwrap();
    let purpose = |path: &str| summaries[path]["purpose"].as_str().unwrap().to_owned();
    for path in ["a.rb", "b.rb", "c.py", "d.ts"] {
        assert_eq!(purpose(path), "Counts carts.", "{path}");
    }
    assert_eq!(purpose("e.rb"), "source: Basket");
}

#[test]
fn twice_the_same() {
    let sandbox = Sandbox::new();
    let files = ["file_summaries.json", "dependency_graph.json", "PROJECT_INDEX.md"];
    sandbox.contextos(&["scan"]).assert().success();
    let first = files.map(|file| sandbox.read(file));
    sandbox.contextos(&["scan"]).assert().success();
    assert_eq!(files.map(|file| sandbox.read(file)), first);
}

#[test]
fn as_json_and_limited() {
    let sandbox = Sandbox::new();
    let output = sandbox.contextos(&["scan", "--json", "--no-index"]).output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["files"], 5);
    assert_eq!(json["languages"]["python"], 4);
    assert!(!sandbox.state("PROJECT_INDEX.md").exists());
    let limited = ["scan", "--json", "--max-files", "2", "--no-languages"];
    let output = sandbox.contextos(&limited).output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["files"], 2);
    assert_eq!(json["skipped"]["beyond the limit"], 3);
    assert!(json["languages"].is_null());
}

/// The pack for a task, as it is printed into a pipe.
fn pack(sandbox: &Sandbox, flags: &[&str]) -> Vec<u8> {
    let arguments =
        [&["pack", "refresh the tokn of a session", "--budget", "2000"], flags].concat();
    sandbox.contextos(&arguments).output().expect("the program runs").stdout
}

#[test]
fn packs_are_the_same_whatever_is_cached() {
    let sandbox = Sandbox::new();
    let cold = pack(&sandbox, &[]);
    assert!(!cold.is_empty());
    assert_eq!(pack(&sandbox, &[]), cold);
    assert_eq!(pack(&sandbox, &["--verify"]), cold);
    sandbox.contextos(&["scan"]).assert().success();
    assert_eq!(pack(&sandbox, &[]), cold);
    for file in ["files", "history", "index"] {
        let path = sandbox.state("cache").join(file);
        let kept = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(pack(&sandbox, &[]), cold, "without {file}");
        fs::write(&path, &kept[..kept.len() / 2]).unwrap();
        assert_eq!(pack(&sandbox, &[]), cold, "with half of {file}");
    }
}

#[test]
fn a_pack_that_was_kept_is_not_given_for_other_files_or_commits() {
    let sandbox = Sandbox::new();
    let first = pack(&sandbox, &[]);
    assert_eq!(pack(&sandbox, &[]), first);
    let explained = pack(&sandbox, &["--explain"]);
    assert!(!explained.is_empty() && explained != first, "what it was chosen from is made anew");
    let text = "def refresh_token(session):\n    return session.renew_token()\n";
    sandbox.repo.write("src/renewal.py", text);
    let added = pack(&sandbox, &[]);
    assert_ne!(added, first);
    assert_eq!(pack(&sandbox, &["--verify"]), added);
    sandbox.repo.commit("Renewal of tokens");
    let committed = pack(&sandbox, &[]);
    assert_ne!(committed, added, "the pack names the commit");
    fs::remove_dir_all(sandbox.state("")).unwrap();
    assert_eq!(pack(&sandbox, &[]), committed);
}

#[test]
fn an_exported_index_serves_another_checkout() {
    let sandbox = Sandbox::new();
    sandbox.repo.write("src/keys.py", "token_key = \"AKIAIOSFODNN7REALKEY\"\n").commit("Keys");
    let cold = pack(&sandbox, &[]);
    let file = sandbox.home.path().join("index.bin");
    let file = file.to_str().unwrap();
    sandbox.contextos(&["scan", "--export", file]).assert().success();
    let exported = fs::read(file).unwrap();

    fs::remove_dir_all(sandbox.state("")).unwrap();
    sandbox.contextos(&["scan", "--import", file]).assert().success();
    assert_eq!(pack(&sandbox, &[]), cold);

    for (damaged, message) in [
        (exported[..exported.len() / 2].to_vec(), "damaged"),
        (b"something else".to_vec(), "not an index"),
    ] {
        sandbox.home.write("index.bin", damaged);
        let refused = sandbox.contextos(&["scan", "--import", file]).output().unwrap();
        assert!(!refused.status.success());
        assert!(String::from_utf8_lossy(&refused.stderr).contains(message));
    }
}
