//! What `contextos pack` shows whatever the task says, its overviews, and what it tells programs and people.

use std::fs;

use serde_json::Value;

use crate::support::Sandbox;

/// What the program prints as JSON.
fn json(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let output = sandbox.contextos(arguments).output().expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("it is JSON")
}

fn paths(summary: &Value) -> Vec<&str> {
    let files = summary["files"].as_array().expect("a list of files");
    files.iter().filter_map(|file| file["path"].as_str()).collect()
}

#[test]
fn a_summary_for_programs() {
    let sandbox = Sandbox::new();
    let summary = json(&sandbox, &["pack", "--task", "fix the refresh of tokens", "--json"]);
    assert_eq!(paths(&summary)[0], "src/auth/token.py");
    assert!(summary["tokens"].as_u64() <= summary["budget"].as_u64());
    assert_eq!(summary["written"][0], ".contextos/context_pack.md");
    assert!(summary["commit"].as_str().is_some_and(|id| id.len() == 40));
    sandbox.contextos(&["pack", "--task", "x", "--json", "--out", "-"]).assert().code(2);
}

#[test]
fn a_file_of_also_is_shown_whole() {
    let sandbox = Sandbox::new();
    let task = ["pack", "--task", "fix the refresh of tokens", "--json", "--also", "src/report.py"];
    let summary = json(&sandbox, &task);
    let report =
        summary["files"].as_array().unwrap().iter().find(|file| file["path"] == "src/report.py");
    let text = fs::read_to_string(sandbox.repo.path().join("src/report.py")).unwrap();
    let last = text.trim_end().lines().count();
    assert_eq!(report.unwrap()["lines"], serde_json::json!([[1, last]]));
    assert!(paths(&summary).contains(&"src/auth/token.py"));
    let unknown = sandbox.run(&["pack", "--task", "x", "--also", "src/reprt.py"]);
    assert!(
        unknown.contains("--also src/reprt.py") && unknown.contains("did you mean src/report.py"),
        "{unknown}"
    );
}

#[test]
fn changes_are_shown_with_or_without_a_task() {
    let sandbox = Sandbox::new();
    let first = sandbox.repo.git(&["rev-parse", "HEAD"]);
    let report = fs::read_to_string(sandbox.repo.path().join("src/report.py")).unwrap();
    sandbox
        .repo
        .write("src/report.py", format!("{report}\n\ndef monthly(rows):\n    return rows[-30:]\n"));
    sandbox.repo.commit("Reports by month");
    sandbox.repo.write("src/fresh.py", "def fresh():\n    return 1\n");
    fs::remove_file(sandbox.repo.path().join("README.md")).unwrap();
    for range in [first.trim(), &format!("{}..HEAD", first.trim()), &format!("{}...", first.trim())]
    {
        let summary = json(&sandbox, &["pack", "--diff", range, "--json"]);
        assert!(summary["task"].as_str().unwrap().contains("Reports by month"), "{summary}");
        let pack = sandbox.read("context_pack.md");
        assert!(pack.contains("def monthly(rows):") && pack.contains("def fresh():"), "{pack}");
        assert!(pack.contains("Removed files: README.md"), "{pack}");
    }
    let tests = "def test_monthly():\n    assert monthly([1]) == [1]\n".repeat(40);
    sandbox.repo.write("tests/test_report.py", tests);
    let range = ["pack", "--diff", first.trim(), "--budget", "500", "--json"];
    json(&sandbox, &range);
    let pack = sandbox.read("context_pack.md");
    assert!(pack.contains("def monthly(rows):") && pack.contains("def fresh():"), "{pack}");
    fs::remove_file(sandbox.repo.path().join("tests/test_report.py")).unwrap();
    let summary = json(&sandbox, &["pack", "tokens", "expire", "--diff", "HEAD", "--json"]);
    assert_eq!(summary["task"], "tokens expire");
    assert!(sandbox.read("context_pack.md").contains("def fresh():"));
    for (range, says) in [("HEAD..HEAD~1", "isn't checked out"), ("nowhere", "no commit")] {
        let refused = sandbox.run(&["pack", "--diff", range]);
        assert!(refused.starts_with("exit: 1\n") && refused.contains(says), "{refused}");
    }
    let sandbox = Sandbox::new();
    let nothing = sandbox.run(&["pack", "--diff", "HEAD"]);
    assert!(nothing.contains("no file that can be packed differs from `HEAD`"), "{nothing}");
}

#[test]
fn a_list_of_files_on_standard_input() {
    let sandbox = Sandbox::new();
    for list in ["src/report.py\nREADME.md\n", "src/report.py\0README.md\0"] {
        let mut command = sandbox.contextos(&[
            "pack",
            "--task",
            "tokens and reports",
            "--files-from",
            "-",
            "--json",
        ]);
        let output = command.write_stdin(list).output().unwrap();
        let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(summary["files_in_all"], 2, "{summary}");
    }
    let mut command = sandbox.contextos(&["pack", "--task", "x", "--files-from", "-"]);
    command.write_stdin("\n").assert().code(2);
    sandbox.contextos(&["pack", "--task", "-", "--files-from", "-"]).assert().code(2);
}

#[test]
fn a_list_with_files_that_do_not_exist() {
    let sandbox = Sandbox::new();
    let shown = |list: &str| {
        let mut command = sandbox.contextos(&["pack", "--task", "reports", "--files-from", "-"]);
        command.args(["--json"]).write_stdin(list);
        sandbox.shown(command)
    };
    let some = shown("src/report.py\nsrc/gone.py\n");
    assert!(some.starts_with("exit: 0\n"), "{some}");
    assert!(some.contains("--files-from -: 1 of 2 files doesn't exist (src/gone.py)\n"), "{some}");
    let some = shown("a\nb\nsrc\nc\nd\n");
    assert!(some.contains("4 of 5 files don't exist (a, b, c, …)\n"), "{some}");
    assert!(!shown("src/report.py\n").contains("exist"));
    let none = shown("a\nb\n");
    assert!(none.starts_with("exit: 1\n"), "{none}");
    assert!(none.contains("error: --files-from -: none of its files exists (a, b)\n"), "{none}");
}

#[test]
fn globs_start_at_the_top_of_the_repository() {
    let sandbox = Sandbox::new();
    sandbox.repo.write("app/src/cart.py", "def cart():\n    return 1\n");
    for glob in ["src/**", "./src/*.py", "/src"] {
        let shown = sandbox.run(&["pack", "app", "--task", "the cart", "--include", glob]);
        let meant = format!("app/{}", glob.trim_start_matches("./").trim_start_matches('/'));
        let expected = format!(
            "exit: 1\n----- stderr\nerror: no text file in app matches {glob}; globs start at the \
             repository's top: {meant}\n"
        );
        assert_eq!(shown, expected);
    }
    assert!(!sandbox.repo.path().join("app/.contextos").exists());
    let arguments = ["pack", "app", "--task", "the cart", "--json", "--include", "app/src/**"];
    assert_eq!(paths(&json(&sandbox, &arguments)), ["app/src/cart.py"]);
    let shown = sandbox.run(&["pack", "the cart", "--include", "auth/*.py"]);
    let expected =
        "no text file matches auth/*.py; globs start at the repository's top: **/auth/*.py\n";
    assert!(shown.contains(expected), "{shown}");
    for other in ["nowhere/**", "src/auth/**"] {
        let shown = sandbox.run(&["pack", "app", "--task", "the cart", "--include", other]);
        assert!(shown.contains(&format!("no text file in app matches {other}\n")), "{shown}");
    }
    // What is left out otherwise isn't ignored, either.
    let excluded = sandbox.run(&["pack", "app", "--task", "the cart", "--exclude", "app"]);
    assert!(excluded.contains("no text files to select from"), "{excluded}");
    assert!(!sandbox.repo.path().join("app/.contextos").exists());
}

#[test]
fn globs_of_an_ignored_folder_start_at_the_top_as_well() {
    let sandbox = Sandbox::new();
    sandbox.repo.write(".gitignore", "out/\n").write("out/js/cart.js", "function cart() {}\n");
    sandbox.repo.write("out/css/cart.css", ".cart { color: red }\n");
    for glob in ["out/js/**", "js/**"] {
        let arguments = ["pack", "out", "--task", "the cart", "--json", "--include", glob];
        assert_eq!(paths(&json(&sandbox, &arguments)), ["js/cart.js"], "{glob}");
    }
}

#[test]
fn globs_that_match_nothing_are_told() {
    let sandbox = Sandbox::new();
    let task = ["pack", "src", "--task", "fix the refresh of tokens"];
    let said = |arguments: &[&str]| {
        let output = sandbox.contextos(&task).args(arguments).output().unwrap();
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let top = "globs start at the repository's top: src/report.py";
    for (arguments, expected) in [
        (&["--exclude", "vendored/**"][..], "--exclude vendored/** matches no file\n".to_owned()),
        (&["--exclude", "./report.py"], format!("--exclude ./report.py matches no file; {top}\n")),
        (&["--detail", "/report.py=full"], format!("--detail /report.py matches no file; {top}\n")),
        (
            &["--include", "src/**", "--include", "lib"],
            "--include lib matches no file\n".to_owned(),
        ),
    ] {
        let said = said(arguments);
        assert!(said.contains(&expected), "{expected}: {said}");
    }
    for arguments in [
        &["--exclude", "report.py"][..],
        &["--exclude", "src/report.py", "--detail", "*.py=outline"],
        &["--include", "src/**"],
    ] {
        assert!(!said(arguments).contains("matches no file"), "{arguments:?}");
    }
}

#[test]
fn a_written_file_can_be_opened_from_the_current_folder() {
    let sandbox = Sandbox::new();
    let other = Sandbox::new();
    let top = sandbox.repo.path().canonicalize().unwrap();
    let absolute = top.join(".contextos/context_pack.md");
    let written = |command: &mut assert_cmd::Command| {
        let output = command.args(["--task", "tokens", "--json"]).output().unwrap();
        let summary: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
        let written = summary["written"][0].as_str().unwrap().to_owned();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(&format!("\nwritten: {written}\n")), "{said}");
        written
    };
    let here = top.to_str().unwrap();
    assert_eq!(written(&mut sandbox.contextos(&["pack"])), ".contextos/context_pack.md");
    assert_eq!(written(&mut sandbox.contextos(&["pack", "src"])), ".contextos/context_pack.md");
    assert_eq!(written(&mut sandbox.contextos(&["pack", here])), ".contextos/context_pack.md");
    for arguments in [&["pack", here][..], &["-C", here, "pack"]] {
        assert_eq!(written(&mut other.contextos(arguments)), absolute.to_str().unwrap());
    }
    let name = top.file_name().unwrap().to_str().unwrap();
    let mut above = other.contextos(&["-C", name, "pack"]);
    above.current_dir(top.parent().unwrap());
    assert_eq!(written(&mut above), format!("{name}/.contextos/context_pack.md"));
    let said = other.run(&["-C", here, "task", "fix it"]);
    assert!(said.contains(&format!("task set in {here}/.contextos/CURRENT_TASK.md\n")), "{said}");
}

#[test]
fn an_empty_revision_is_an_error() {
    let sandbox = Sandbox::new();
    for empty in ["", " "] {
        let refused = sandbox.run(&["pack", "--diff", empty]);
        let expected = "exit: 2\n----- stderr\nerror: --diff: the revision is empty";
        assert!(refused.starts_with(expected), "{refused}");
    }
}

#[test]
fn an_overview_needs_no_task() {
    let sandbox = Sandbox::new();
    for budget in ["200", "1000"] {
        let summary = json(&sandbox, &["pack", "--all", "--budget", budget, "--json"]);
        assert!(summary["tokens"].as_u64().unwrap() <= budget.parse().unwrap());
    }
    let overview = sandbox.read("context_pack.overview.md");
    assert!(
        overview.contains("class TokenStore:") && overview.contains("    def refresh(self, token"),
        "{overview}"
    );
    sandbox.contextos(&["pack", "--all", "--budget", "5"]).assert().code(1);
}

#[test]
fn tokens_by_folder_and_file() {
    let sandbox = Sandbox::new();
    let shown = sandbox.run(&["pack", "--tree"]);
    for name in ["100.0 %  .", "src/", "auth/", "token.py"] {
        assert!(shown.contains(name), "{name}: {shown}");
    }
    assert!(!sandbox.run(&["pack", "--tree=1"]).contains("token.py"));
    let tree = json(&sandbox, &["pack", "--tree", "--json"]);
    let sum: u64 = tree["children"]
        .as_array()
        .unwrap()
        .iter()
        .map(|child| child["tokens"].as_u64().unwrap())
        .sum();
    assert_eq!(tree["tokens"], sum);
    assert!(!sandbox.state("context_pack.md").exists());
}

#[test]
fn a_page_for_people() {
    let sandbox = Sandbox::new();
    let page = sandbox.home.path().join("pack.html");
    let task = ["pack", "--task", "fix <b>the refresh</b> of tokens", "--report"];
    sandbox.contextos(&task).arg(&page).assert().success();
    let html = fs::read_to_string(&page).unwrap();
    assert!(
        html.contains("src/auth/token.py") && html.contains("Content-Security-Policy"),
        "{html}"
    );
    assert!(!html.contains("<b>") && !html.contains("<script"), "{html}");
}

#[test]
fn a_repository_by_its_url_when_that_is_asked_for() {
    let origin = Sandbox::new();
    let url = format!("file://{}", origin.repo.path().display());
    let sandbox = Sandbox::new();
    let refused = sandbox.run(&["pack", &url, "fix", "the", "refresh"]);
    assert!(refused.starts_with("exit: 2\n") && refused.contains("--clone"), "{refused}");
    for _ in 0..2 {
        let summary = json(&sandbox, &["pack", &url, "fix", "the", "refresh", "--clone", "--json"]);
        assert_eq!(paths(&summary)[0], "src/auth/token.py");
        assert_eq!(summary["task"], "fix the refresh");
    }
    let copies = fs::read_dir(sandbox.home.path().join(".cache/contextos/repositories")).unwrap();
    assert_eq!(copies.count(), 1, "an earlier copy is replaced");
    assert!(!origin.state("context_pack.md").exists());
    let gone = sandbox.run(&["pack", "file:///nowhere/at/all", "x", "--clone"]);
    assert!(gone.starts_with("exit: 1\n") && gone.contains("git failed"), "{gone}");
    sandbox.contextos(&["pack", ".", "x", "--clone"]).assert().code(2);
}

/// The repository that is copied at last is reached by a script in place of ssh, as there is no server here.
#[cfg(unix)]
#[test]
fn the_password_of_a_url_is_neither_shown_nor_kept() {
    let origin = Sandbox::new();
    let sandbox = Sandbox::new();
    let task = ["pack", "fix", "the", "refresh", "--clone"];
    for user in ["u:made-up-9", "made-up-9", "made-up-9:x-oauth-basic"] {
        for start in ["https", "http", "ssh"] {
            let url = format!("{start}://{user}@127.0.0.1:1/x.git");
            let mut args = task.to_vec();
            args.insert(1, &url);
            let failed = sandbox.run(&args);
            assert!(
                failed.contains(&format!("copying {start}://***@127.0.0.1:1/x.git")),
                "{failed}"
            );
            assert!(!failed.contains("made-up"), "{failed}");
        }
        let refused = sandbox.run(&["pack", &format!("https://{user}@127.0.0.1:1/x.git"), "x"]);
        assert!(refused.contains("***@") && !refused.contains("made-up"), "{refused}");
    }
    let ssh = sandbox.home.path().join("bin/ssh");
    sandbox.install("bin/ssh", "#!/bin/sh\nexec sh -c \"$2\"\n");
    let url = format!("ssh://u:made-up-9@h{}", origin.repo.path().display());
    for _ in 0..2 {
        let arguments = ["pack", &url, "fix", "the", "refresh", "--clone", "--json"];
        let mut command = sandbox.contextos(&arguments);
        let output =
            command.env("GIT_SSH", &ssh).env("GIT_SSH_VARIANT", "simple").output().unwrap();
        let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(paths(&summary)[0], "src/auth/token.py");
    }
    let copies = sandbox.home.path().join(".cache/contextos/repositories");
    let copies: Vec<_> = fs::read_dir(copies).unwrap().flatten().collect();
    assert_eq!(copies.len(), 1, "an earlier copy is replaced");
    for name in ["config", "FETCH_HEAD", "packed-refs", "logs/HEAD"] {
        let kept = fs::read_to_string(copies[0].path().join(".git").join(name));
        assert!(!kept.unwrap_or_default().contains("made-up"), "{name}");
    }
}

#[test]
fn a_clipboard_is_a_program_of_the_desktops() {
    let sandbox = Sandbox::new();
    sandbox.install("bin/xclip", "#!/bin/sh\ncat > \"$HOME/clipboard\"\n");
    let mut command = sandbox.contextos(&["pack", "--task", "fix the refresh of tokens", "--copy"]);
    let path = format!("{}:/usr/bin:/bin", sandbox.home.path().join("bin").display());
    command.env("PATH", path).env("DISPLAY", ":0").assert().success();
    let copied = fs::read_to_string(sandbox.home.path().join("clipboard")).unwrap();
    assert_eq!(copied, sandbox.read("context_pack.md"));
    let nowhere = sandbox.run(&["pack", "--task", "fix the refresh of tokens", "--copy"]);
    assert!(
        nowhere.starts_with("exit: 1\n") && nowhere.contains("no clipboard was found"),
        "{nowhere}"
    );
}

#[test]
fn facts_as_json() {
    let sandbox = Sandbox::new();
    assert_eq!(json(&sandbox, &["task", "--json"])["task"], Value::Null);
    sandbox.contextos(&["task", "fix", "it", "--status", "Blocked"]).assert().success();
    let task = json(&sandbox, &["task", "show", "--json"]);
    assert_eq!((&task["task"], &task["status"]), (&"fix it".into(), &"Blocked".into()));
    sandbox.contextos(&["memory", "add", "the", "gateway"]).assert().success();
    sandbox.contextos(&["memory", "decision", "use SQLite"]).assert().success();
    let memory = json(&sandbox, &["memory", "list", "--json"]);
    assert!(memory["notes"][0].as_str().unwrap().ends_with("the gateway"), "{memory}");
    assert!(memory["decisions"][0]["text"].as_str().unwrap().contains("use SQLite"), "{memory}");
    let settings = json(&sandbox, &["config", "show", "--json"]);
    let keys =
        settings["settings"].as_array().unwrap().iter().map(|setting| setting["key"].as_str());
    assert!(keys.flatten().any(|key| key == "pack.budget"), "{settings}");
    let checks = json(&sandbox, &["doctor", "--json"]);
    assert!(
        checks["ok"].is_boolean() && checks["checks"].as_array().unwrap().len() > 3,
        "{checks}"
    );
    let page = sandbox.run(&["man", "mcp", "install"]);
    assert!(
        page.contains("contextos\\-mcp\\-install") || page.contains("contextos-mcp-install"),
        "{page}"
    );
    sandbox.contextos(&["man", "mcp", "nothing"]).assert().code(2);
    let pages = tempfile::tempdir().unwrap();
    let folder = pages.path().join("share/man1");
    sandbox.contextos(&["man", "--all"]).arg(&folder).assert().success();
    for page in ["contextos.1", "contextos-pack.1", "contextos-mcp-install.1"] {
        assert!(folder.join(page).is_file(), "{page}");
    }
    assert!(sandbox.run(&["completions", "bash"]).contains("headroom builtin none"));
}

#[test]
fn how_much_of_a_file_is_shown() {
    let sandbox = Sandbox::new();
    let task = ["pack", "--task", "fix the refresh of tokens and sessions", "--quiet"];
    let pack = |details: &[&str]| {
        let mut command = sandbox.contextos(&task);
        for detail in details {
            command.args(["--detail", detail]);
        }
        command.assert().success();
        sandbox.read("context_pack.md")
    };
    assert!(pack(&[]).contains("session = self.tokens.pop(token)"));
    let outline = pack(&["src/**=full", "src/auth/token.py=outline"]);
    assert!(outline.contains("def refresh(self, token: str)"), "{outline}");
    assert!(!outline.contains("session = self.tokens.pop(token)"), "{outline}");
    assert!(outline.contains("hashlib.sha256") && outline.contains("src/report.py"), "{outline}");
    let named = pack(&["*.py=name"]);
    assert!(named.contains("Named only: ") && named.contains("src/auth/token.py"), "{named}");
    assert!(!named.contains("def refresh"), "{named}");
    for wrong in ["src", "src=all", "[=full"] {
        sandbox.contextos(&task).args(["--detail", wrong]).assert().code(2);
    }
}

#[test]
fn a_head_of_ones_own() {
    let sandbox = Sandbox::new();
    let key = format!("AKIA{}", "QWERTYUIOPASDFGH");
    sandbox.home.write(
        "head.txt",
        format!("Team rules for {{repository}}:\n\n- {{task}}, within {{budget}}\n- key {key}\n"),
    );
    let head = sandbox.home.path().join("head.txt");
    for format in ["md", "json", "xml"] {
        let mut command =
            sandbox.contextos(&["pack", "--task", "fix the refresh", "--budget", "4k"]);
        command.args(["--format", format, "--quiet", "--head"]).arg(&head).assert().success();
        let pack = sandbox.read(&format!("context_pack.{format}"));
        assert!(pack.contains("- fix the refresh, within 4,000"), "{pack}");
        assert!(pack.contains("Team rules for ") && !pack.contains(&key), "{pack}");
    }
    let gone = sandbox.run(&["pack", "--task", "x", "--head", "nowhere.txt"]);
    assert!(gone.starts_with("exit: 1\n") && gone.contains("--head nowhere.txt"), "{gone}");
}
