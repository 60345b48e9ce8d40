//! `contextos scan`.

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
