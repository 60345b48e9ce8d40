//! `contextos pack --diff`: which changes a pack is about, and what it shows of them.

use std::fs;

use serde_json::{Value, json};

use crate::support::Sandbox;

/// What the program prints as JSON, and what it says beside it.
fn pack(sandbox: &Sandbox, arguments: &[&str]) -> (Value, String) {
    let output = sandbox.contextos(&["pack", "--json"]).args(arguments).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    (serde_json::from_slice(&output.stdout).expect("it is JSON"), said)
}

/// The lines of a file that a pack shows.
fn lines(summary: &Value, path: &str) -> Value {
    let files = summary["files"].as_array().expect("a list of files");
    files.iter().find(|file| file["path"] == path).map_or(Value::Null, |file| file["lines"].clone())
}

/// A function of so many lines, of which no two are alike.
fn function(name: &str, lines: u32) -> String {
    let body: String = (0..lines).map(|n| format!("    {name}_{n} = compute({n})\n")).collect();
    format!("def {name}():\n{body}\n\n")
}

/// A checkout with a file of ten long functions.
fn with_a_long_file() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    let text: String = (0..10).map(|n| function(&format!("step{n}"), 40)).collect();
    sandbox.repo.write("src/long.py", &text).commit("A long file");
    (sandbox, text)
}

#[test]
fn of_a_renamed_file_only_what_has_changed_counts() {
    let (sandbox, text) = with_a_long_file();
    fs::remove_file(sandbox.repo.path().join("src/long.py")).unwrap();
    let changed = text.replace("step5_7 = compute(7)", "step5_7 = compute(8)");
    sandbox.repo.write("lib/steps.py", changed);
    let (summary, _) = pack(&sandbox, &["--diff", "HEAD", "--budget", "700"]);
    let renamed = json!([{ "from": "src/long.py", "to": "lib/steps.py" }]);
    assert_eq!(summary["changes"]["renamed"], renamed);
    assert_eq!(summary["changes"]["removed"], json!([]));
    assert_eq!((summary["changes"]["lines"].as_u64()), Some(1));
    let pack_text = sandbox.read("context_pack.md");
    assert!(pack_text.contains("\nRenamed: src/long.py → lib/steps.py\n"), "{pack_text}");
    assert!(!pack_text.contains("Removed files"), "{pack_text}");
    assert!(pack_text.contains("step5_7 = compute(8)"), "{pack_text}");
    assert!(pack_text.contains("1. steps.py — changed\n"), "{pack_text}");
    assert!(!pack_text.contains("in focus"), "{pack_text}");
}

#[test]
fn a_file_that_is_only_renamed_is_named() {
    let sandbox = Sandbox::new();
    sandbox.repo.git(&["mv", "src/report.py", "src/monthly.py"]);
    let (summary, _) = pack(&sandbox, &["--diff", "HEAD"]);
    assert_eq!(
        summary["changes"],
        json!({
            "lines": 0,
            "left_out": [],
            "renamed": [{ "from": "src/report.py", "to": "src/monthly.py" }],
            "removed": [],
        })
    );
}

#[test]
fn what_a_sparse_checkout_excludes_was_not_removed() {
    let sandbox = Sandbox::new();
    for n in 0..30 {
        sandbox.repo.write(format!("docs/page{n:02}.md"), format!("# Page {n}\n\nText {n}.\n"));
    }
    sandbox.repo.write("zoo.py", "ANIMALS = []\n").commit("Pages");
    sandbox.repo.git(&["rm", "-q", "zoo.py"]);
    sandbox.repo.write("src/report.py", "def report():\n    return None\n").commit("No zoo");
    sandbox.repo.git(&["sparse-checkout", "set", "src"]);
    for index in ["false", "true"] {
        sandbox.repo.git(&["config", "index.sparse", index]);
        sandbox.repo.git(&["sparse-checkout", "reapply"]);
        let (summary, _) = pack(&sandbox, &["--diff", "HEAD~1"]);
        assert_eq!(summary["changes"]["removed"], json!(["zoo.py"]));
        let pack_text = sandbox.read("context_pack.md");
        assert!(pack_text.contains("\nRemoved files: zoo.py\n"), "{pack_text}");
    }
}

#[test]
fn of_many_removed_files_the_others_are_counted() {
    let sandbox = Sandbox::new();
    for n in 0..33 {
        sandbox.repo.write(format!("old/page{n:02}.md"), format!("# Page {n}\n\nText {n}.\n"));
    }
    sandbox.repo.commit("Pages");
    fs::remove_dir_all(sandbox.repo.path().join("old")).unwrap();
    let (summary, _) = pack(&sandbox, &["--diff", "HEAD"]);
    assert_eq!(summary["changes"]["removed"].as_array().map(Vec::len), Some(33));
    let pack_text = sandbox.read("context_pack.md");
    assert!(pack_text.contains("old/page19.md and 13 more\n"), "{pack_text}");
    pack(&sandbox, &["--diff", "HEAD", "--budget", "200"]);
    let pack_text = sandbox.read("context_pack.md");
    assert!(pack_text.contains("old/page03.md and 29 more\n"), "{pack_text}");
}

#[test]
fn removed_files_are_those_that_would_be_selected_from() {
    let sandbox = Sandbox::new();
    for path in ["tests/test_token.py", "README.md", "src/report.py"] {
        fs::remove_file(sandbox.repo.path().join(path)).unwrap();
    }
    let removed = |arguments: &[&str]| pack(&sandbox, arguments).0["changes"]["removed"].clone();
    let all = json!(["README.md", "src/report.py", "tests/test_token.py"]);
    assert_eq!(removed(&["--diff", "HEAD"]), all);
    assert_eq!(removed(&["--diff", "HEAD", "--no-tests"]), json!(["README.md", "src/report.py"]));
    assert_eq!(
        removed(&["src", "--diff", "HEAD", "--include", "**/*.py"]),
        json!(["src/report.py"])
    );
}

#[test]
fn changed_lines_come_before_all_others() {
    let (sandbox, text) = with_a_long_file();
    let mut changed = text.clone();
    for n in 0..10 {
        changed = changed.replace(
            &format!("step{n}_20 = compute(20)"),
            &format!("step{n}_20 = compute_anew({n}, 20)"),
        );
    }
    sandbox.repo.write("src/long.py", changed);
    for format in ["markdown", "json", "xml"] {
        let arguments = ["--diff", "HEAD", "--budget", "900", "--format", format];
        let (summary, said) = pack(&sandbox, &arguments);
        let file = if format == "markdown" { "md" } else { format };
        let pack_text = sandbox.read(&format!("context_pack.{file}"));
        for n in 0..10 {
            assert!(pack_text.contains(&format!("compute_anew({n}, 20)")), "{pack_text}");
        }
        assert_eq!(summary["changes"]["left_out"], json!([]));
        assert!(!said.contains("left out") && !pack_text.contains("left out"), "{said}");
    }
}

#[test]
fn changed_lines_that_do_not_fit_are_counted_everywhere() {
    let sandbox = Sandbox::new();
    sandbox.repo.write("src/new.py", function("fresh", 300)).write("src/other.py", "OTHER = 1\n");
    for (format, file) in [("markdown", "md"), ("json", "json"), ("xml", "xml")] {
        let arguments = ["--diff", "HEAD", "--budget", "800", "--format", format];
        let (summary, said) = pack(&sandbox, &arguments);
        let left_out = &summary["changes"]["left_out"];
        let count = left_out[0]["lines"].as_u64().expect("lines are left out");
        assert_eq!(left_out, &json!([{ "path": "src/new.py", "lines": count }]));
        let all = summary["changes"]["lines"].as_u64().expect("lines have changed");
        let note = format!("Changed lines left out: {count} of {all} (src/new.py {count})");
        assert!(said.contains(&format!("warning: {note}; a larger --budget")), "{said}");
        let pack_text = sandbox.read(&format!("context_pack.{file}"));
        assert!(pack_text.contains(&note), "{pack_text}");
        assert_eq!(lines(&summary, "src/other.py"), json!([[1, 1]]), "it fits");
        assert_eq!(lines(&summary, "src/new.py")[0][0], 1);
        for unchanged in ["src/auth/token.py", "src/report.py"] {
            assert!(!pack_text.contains(unchanged), "{pack_text}");
        }
    }
}

#[test]
fn files_beyond_the_ranked_ones_are_shown_too() {
    let sandbox = Sandbox::new();
    for n in 0..300 {
        sandbox.repo.write(format!("src/m{n:03}.py"), format!("VALUE_{n} = {n}\n"));
    }
    let (summary, said) = pack(&sandbox, &["--diff", "HEAD", "--budget", "7k"]);
    assert_eq!(summary["changes"]["left_out"], json!([]), "{said}");
    for n in 0..300 {
        assert_eq!(lines(&summary, &format!("src/m{n:03}.py")), json!([[1, 1]]));
    }
}

#[test]
fn other_line_ends_are_no_change() {
    let sandbox = Sandbox::new();
    let text = fs::read_to_string(sandbox.repo.path().join("src/report.py")).unwrap();
    sandbox.repo.write("src/report.py", text.replace('\n', "\r\n"));
    let nothing = sandbox.run(&["pack", "--diff", "HEAD"]);
    assert!(nothing.contains("no file that can be packed differs from `HEAD`"), "{nothing}");
    sandbox.repo.write("src/report.py", text.trim_end());
    let (summary, _) = pack(&sandbox, &["--diff", "HEAD"]);
    assert_eq!(summary["changes"]["lines"], 1, "the last line has no end");
}
