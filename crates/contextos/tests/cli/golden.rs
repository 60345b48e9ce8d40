//! Golden files: packs and explanations of small checkouts, and error messages. `UPDATE_GOLDEN=1` writes
//! them anew.
//!
//! A case of `golden/packs` is a folder with a `checkout`, and a `case.toml` with the task, the budget and
//! the commits that came before the last one. `{{AWS_KEY}}` in a file becomes a credential.

use std::fs;
use std::path::{Path, PathBuf};

use select::Feature;
use serde::Deserialize;
use testkit::golden::Golden;

use crate::support::Sandbox;

/// A case, as its `case.toml` says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    task: String,
    budget: usize,
    /// Messages with the files that the commit adds, at half their length.
    commits: Vec<Vec<String>>,
}

#[test]
fn packs_and_explanations() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/packs");
    let mut golden = Golden::new(&folder);
    let mut cases: Vec<PathBuf> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 3, "{cases:?}");
    for case in &cases {
        let name = PathBuf::from(case.file_name().unwrap());
        let (sandbox, case) = set_up(case);
        let budget = case.budget.to_string();
        let run = |arguments: &[&str]| {
            let common = ["pack", "--task", &case.task, "--budget", &budget];
            sandbox.contextos(&[&common, arguments].concat())
        };
        for (format, file) in [("md", "pack.md"), ("json", "pack.json"), ("xml", "pack.xml")] {
            run(&["--format", format]).assert().success();
            golden.check(name.join(file), &sandbox.read(&format!("context_pack.{format}")));
        }
        let explained = sandbox.shown(run(&["--explain"]));
        golden.check(name.join("explain.txt"), &explained);
        let json = run(&["--explain", "--format", "json", "--quiet"]).output().unwrap().stdout;
        golden.check(name.join("explain.json"), &String::from_utf8(json).unwrap());
    }
    golden.finish(|path| path.ends_with("case.toml") || path.iter().nth(1).unwrap() == "checkout");
}

/// The checkout of a case, with its commits.
fn set_up(folder: &Path) -> (Sandbox, Case) {
    let case = fs::read_to_string(folder.join("case.toml")).expect("a case has a case.toml");
    let case: Case = toml::from_str(&case).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let sandbox = Sandbox::empty();
    let checkout = folder.join("checkout");
    let text = |path: &str| {
        let text =
            fs::read_to_string(checkout.join(path)).expect("a committed file is in the checkout");
        text.replace("{{AWS_KEY}}", &format!("AKIA{}", "IOSFODNN7EXAMPL2"))
    };
    for commit in &case.commits {
        let (message, paths) = commit.split_first().expect("a commit has a message");
        for path in paths {
            let text = text(path);
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            sandbox.repo.write(path, lines[..lines.len() / 2].concat());
        }
        sandbox.repo.commit(message);
    }
    for path in files(&checkout, Path::new("")) {
        sandbox.repo.write(&path, text(path.to_str().expect("paths of cases are UTF-8")));
    }
    sandbox.repo.commit("Everything else");
    (sandbox, case)
}

/// Every file below `folder`, relative to `root`.
fn files(root: &Path, folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in fs::read_dir(root.join(folder)).expect("the folder is there") {
        let entry = entry.expect("the folder is readable");
        let path = folder.join(entry.file_name());
        match entry.file_type().expect("the entry is there").is_dir() {
            true => out.extend(files(root, &path)),
            false => out.push(path),
        }
    }
    out.sort();
    out
}

/// Command lines that fail, or that warn, and what a person reads then.
const MISTAKES: &[&[&str]] = &[
    &["pack"],
    &["pack", "auth"],
    &["pack", "--task", ""],
    &["pack", "--task", "--quiet"],
    &["pack", "--task", "fix auth", "--budget", "many"],
    &["pack", "--task", "fix auth", "--budget", "20"],
    &["pack", "--task", "fix auth", "--format", "yaml"],
    &["pack", "--task", "fix auth", "--model", "gtp-4o"],
    &["pack", "--task", "fix auth", "--include", "src/[a"],
    &["pack", "--task", "fix auth", "--include", "nowhere/**"],
    &["pack", "--task", "fix auth", "--focus", "src/gone"],
    &["pack", "--task", "fix auth", "--weights", "gone.toml"],
    &["pack", "--task", "fix auth", "--weights", "fitted"],
    &["pack", "--task", "fix auth", "--compress", "zip"],
    &["pack", "--task", "fix auth", "--compress", "cmd:gone"],
    &["pack", "--task", "fix auth", "--out", "gone/pack.md"],
    &["pack", "--task", "xylophone zeppelin"],
    &["pack", "gone", "--task", "fix auth"],
    &["pack", "README.md", "--task", "fix auth"],
    &["-C", "gone", "pack", "--task", "fix auth"],
    &["explain", "src/auth/tokne.py", "--task", "fix auth"],
    &["explain", "src/auth/token.py:900", "--task", "fix auth"],
    &["export", "emacs", "--task", "fix auth"],
    &["task"],
    &["memory", "list"],
    &["churn"],
    &["eval"],
    &["config", "show"],
    &["init"],
    &["man", "nothing"],
    &["serve", "now"],
    &["pakc"],
];

#[test]
fn error_messages() {
    let mut golden =
        Golden::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/messages"));
    let mut out = String::new();
    for arguments in MISTAKES {
        let sandbox = Sandbox::new();
        let written: Vec<String> = arguments
            .iter()
            .map(|argument| match argument.is_empty() || argument.contains(' ') {
                true => format!("\"{argument}\""),
                false => (*argument).to_owned(),
            })
            .collect();
        out.push_str(&format!("$ contextos {}\n", written.join(" ")));
        out.push_str(&sandbox.run(arguments));
        out.push('\n');
    }
    golden.check("mistakes.txt", &out);
    golden.finish(|_| false);
}

#[test]
fn the_documentation_has_every_feature_and_every_setting() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/contextos.md");
    let page = fs::read_to_string(page).unwrap();
    for &feature in Feature::ALL {
        let (name, family) = (feature.label(), feature.family().name());
        let row = format!("| `{name}` | {family} | {} |\n", feature.description());
        assert!(page.contains(&row), "{row}");
    }
    let settings = Sandbox::new().contextos(&["config", "show"]).output().unwrap().stdout;
    for line in String::from_utf8(settings).unwrap().lines() {
        let key = line.split_once(" = ").unwrap().0;
        assert!(page.contains(&format!("`{key}`")), "{key}");
    }
}
