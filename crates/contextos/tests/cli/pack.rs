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
    assert!(shown.contains("\npack: about ") && shown.contains(" of 8,000 tokens"), "{shown}");
    let shown = sandbox.run(&["pack", "--task", "fix auth", "--model", "gpt-4o"]);
    assert!(!shown.contains("pack: about"), "{shown}");
}

#[test]
fn credentials_are_redacted_and_told() {
    let sandbox = Sandbox::new();
    let key = format!("AKIA{}", "IOSFODNN7EXAMPL2");
    sandbox.repo.write("src/auth/keys.py", format!("\n# refresh tokens\nKEY = \"{key}\"\n"));
    let shown = sandbox.run(&["pack", "--task", "refresh the tokens of the key"]);
    assert!(shown.contains("warning: src/auth/keys.py:3: redacted ("), "{shown}");
    assert!(shown.contains("\nredacted: 1 credential, 1 in files of the pack\n"), "{shown}");
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
    assert!(text.contains(": probability ") && text.contains("\nnot chosen, with "), "{text}");

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

#[test]
fn a_task_needs_no_flag() {
    let sandbox = Sandbox::new();
    sandbox.contextos(&TASK).assert().success();
    let pack = sandbox.read("context_pack.md");
    for arguments in [
        &["pack", "fix the refresh of tokens"][..],
        &["pack", ".", "fix", "the", "refresh", "of", "tokens"],
        &["pack", "fix", "the", "refresh", "of", "tokens", "-b", "8k"],
    ] {
        sandbox.contextos(arguments).assert().success();
        assert_eq!(sandbox.read("context_pack.md"), pack, "{arguments:?}");
    }
    insta::assert_snapshot!(sandbox.run(&["pack", "tokens"]), @r#"
    exit: 2
    ----- stderr
    error: tokens: no such folder; if it is the task, use --task "tokens"
    "#);
    insta::assert_snapshot!(sandbox.run(&["pack", ".", "fix", "it", "--task", "x"]), @r"
    exit: 2
    ----- stderr
    error: there are two tasks: the one of --task, and `fix it`
    ");
}

#[test]
fn a_task_may_begin_with_a_dash() {
    let sandbox = Sandbox::new();
    let task = "--refresh of tokens fails";
    for arguments in [&["pack", "--task", task][..], &["pack", "-t", task], &["pack", ".", task]] {
        sandbox.contextos(arguments).assert().success();
        let pack = sandbox.read("context_pack.md");
        assert!(pack.starts_with("# Context for: --refresh of tokens fails\n"), "{pack}");
    }
    sandbox.contextos(&["pack", "--task", "--budget", "4000"]).assert().code(2);
}

#[test]
fn budgets_as_people_write_them() {
    let sandbox = Sandbox::new();
    for budget in ["8k", "8K", "8_000", "8,000", "8000"] {
        let shown = sandbox.run(&[&TASK[..], &["--budget", budget]].concat());
        assert!(shown.contains(" of 8,000 tokens"), "{budget}: {shown}");
    }
    sandbox.contextos(&["init"]).assert().success();
    for budget in ["9000", "9_000", "\"9k\"", "\"9,000\""] {
        sandbox.repo.write("contextos.toml", format!("[pack]\nbudget = {budget}\n"));
        let shown = sandbox.run(&TASK);
        assert!(shown.contains(" of 9,000 tokens"), "{budget}: {shown}");
    }
    sandbox.repo.write("contextos.toml", "[pack]\nbudget = \"many\"\n");
    let shown = sandbox.run(&TASK);
    assert!(shown.contains("contextos.toml:2: not a number of tokens"), "{shown}");
}

#[test]
fn a_focus_that_is_not_there_is_an_error_with_the_nearest() {
    let sandbox = Sandbox::new();
    sandbox.repo.write("logo.png", [0x89, b'P', b'N', b'G', 0, 0]);
    let focus = |path: &str| {
        let mut command = sandbox.contextos(&TASK);
        sandbox.shown({
            command.args(["--quiet", "--out", "/dev/null", "--focus", path]);
            command
        })
    };
    for path in ["src/auth", "./src/auth/", "README.md", "."] {
        assert_eq!(focus(path), "exit: 0\n", "{path}");
    }
    for (path, told) in [
        ("src/auht", "no file or folder has this path; did you mean src/auth?"),
        ("token.py", "no file or folder has this path; did you mean src/auth/token.py?"),
        ("lib/session.py:12", "no file or folder has this path; did you mean src/auth/session.py?"),
        ("zzz", "no file or folder has this path"),
        ("logo.png", "none of its files can be selected; `contextos explain PATH` says why"),
    ] {
        let expected = format!("exit: 1\n----- stderr\nerror: --focus {path}: {told}\n");
        assert_eq!(focus(path), expected);
    }
}

#[test]
fn a_folder_belongs_to_its_repository() {
    let sandbox = Sandbox::new();
    sandbox
        .repo
        .write("contextos.toml", "[pack]\nbudget = 3000\n")
        .write(".gitignore", "src/auth/x.py\n");
    sandbox.repo.write("src/auth/x.py", "def refresh_tokens():\n    return 1\n");
    sandbox.contextos(&["task", "fix the refresh of tokens"]).assert().success();

    let shown = sandbox.run(&["pack", "src/auth", "--quiet"]);
    let pack = sandbox.read("context_pack.md");
    assert!(shown.ends_with(&pack), "{shown}");
    assert!(pack.starts_with("# Context for: fix the refresh of tokens\n"), "{pack}");
    assert!(!pack.contains("commit=none"), "{pack}");
    assert!(pack.contains("### src/auth/token.py:"), "paths from the top: {pack}");
    assert!(!pack.contains("test_token.py") && !pack.contains("x.py"), "{pack}");
    assert!(!sandbox.repo.path().join("src/auth/.contextos").exists());

    // The same from inside, with paths that count from there.
    let mut command = sandbox.contextos(&["pack", "--focus", "session.py"]);
    command.current_dir(sandbox.repo.path().join("src/auth"));
    let shown = sandbox.shown(command);
    assert!(shown.contains(" of 3,000 tokens"), "{shown}");
    assert!(shown.contains("written: [REPO]/.contextos/context_pack.md\n"), "{shown}");
    assert!(sandbox.read("context_pack.md").contains("### src/auth/session.py:"));
    let mut command = sandbox.contextos(&["explain", "token.py:23"]);
    command.current_dir(sandbox.repo.path().join("src/auth"));
    assert!(sandbox.shown(command).contains("token.py:23: in the pack: "));

    // One that the repository ignores was asked for all the same.
    sandbox
        .repo
        .write(".gitignore", "build/\n")
        .write("build/out.py", "def refresh():\n    pass\n");
    sandbox.contextos(&["pack", "build/"]).assert().success();
    assert!(sandbox.read("context_pack.md").contains("### out.py:"));
}

#[test]
fn only_files_of_the_pack_are_warned_about() {
    let sandbox = Sandbox::new();
    let key = |at: usize| {
        format!("AKIA{}", ["IOSFODNN7EXAMPL2", "QWERTZUIOPASDFGH", "YXCVBNMLKJHGFDSA"][at])
    };
    sandbox
        .repo
        .write("src/refresh.py", format!("def refresh_tokens():\n    return \"{}\"\n", key(0)))
        .write("other/a.rb", format!("A = \"{}\"\n", key(1)))
        .write("other/b.rb", format!("B = \"{}\"\n", key(2)));
    let shown = sandbox.run(&[&TASK[..], &["--out", "pack.md"]].concat());
    assert!(shown.contains("warning: src/refresh.py:2: redacted (aws-access-key-id)\n"), "{shown}");
    assert!(!shown.contains("other/"), "{shown}");
    assert!(shown.contains("\nredacted: 3 credentials, 1 in files of the pack\n"), "{shown}");
    let pack = sandbox.read("context_pack.md");
    let listed = "## Redacted\n- src/refresh.py: 2 aws-access-key-id\n- 3 in the whole repository\n\n## Chosen\n";
    assert!(pack.contains(listed), "{pack}");
}

#[test]
fn what_says_nothing_is_not_shown() {
    let sandbox = Sandbox::new();
    sandbox
        .repo
        .write(
            "src/refresh/__init__.py",
            "\"\"\"Refresh of tokens.\"\"\"\n\nfrom auth.token import TokenStore\n",
        )
        .write(
            "src/refresh/licence.py",
            "# Copyright: refresh of tokens\n# Licence: refresh\n\nimport refresh\n",
        );
    let shown = sandbox.run(&TASK);
    assert!(shown.contains(" of 8,000 tokens: nothing else matched; "), "{shown}");
    let pack = sandbox.read("context_pack.md");
    assert!(!pack.contains("### src/refresh/"), "{pack}");
    // What the user points at is shown, whatever it is.
    sandbox.contextos(&TASK).args(["--focus", "src/refresh/__init__.py"]).assert().success();
    assert!(sandbox.read("context_pack.md").contains("### src/refresh/__init__.py:"));
}

#[test]
fn a_misspelt_word_is_read_as_the_nearest_one_and_reported() {
    let sandbox = Sandbox::new();
    let output =
        sandbox.contextos(&["pack", "--task", "fix the refrehs of tokens"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("refrehs → refresh"), "{stderr}");
    assert!(sandbox.read("context_pack.md").contains("### src/auth/token.py:"));
    let explained = sandbox.run(&[
        "pack",
        "--task",
        "fix the refrehs of tokens",
        "--explain",
        "--format",
        "json",
    ]);
    assert!(explained.contains("\"said\": \"refrehs\""), "{explained}");
}

#[test]
fn a_task_of_another_language_finds_the_code() {
    for task in [
        "Das Token wird beim Aktualisieren nicht geprüft",
        "令牌刷新失败",
        "トークンの更新に失敗する",
    ] {
        let sandbox = Sandbox::new();
        sandbox.contextos(&["pack", "--task", task]).assert().success();
        let pack = sandbox.read("context_pack.md");
        assert!(pack.contains("\n1. token.py"), "{task}: {pack}");
    }
}

#[test]
fn the_function_that_failed_is_shown_whole_in_a_long_file() {
    let sandbox = Sandbox::empty();
    let function = |at: usize| {
        let body: String =
            (0..40).map(|line| format!("    step_{at}_{line} = total + {line}\n")).collect();
        format!("def part{at}(total):\n{body}    return total\n\n\n")
    };
    let text: String = (0..60).map(function).collect();
    sandbox
        .repo
        .write("src/shop/cart.py", &text)
        .write("src/shop/main.py", "def run():\n    return 1\n");
    sandbox.repo.commit("First version");
    let task = "It crashes\n\n```\nTraceback (most recent call last):\n  File \"/srv/shop/main.py\", line 2, in run\n    return \
                part9(1)\n  File \"/srv/shop/cart.py\", line 420, in part9\n    step\nKeyError: 'total'\n```\n";
    let mut command = sandbox.contextos(&["pack", "--task", "-", "--budget", "2000"]);
    command.write_stdin(task).assert().success();
    let pack = sandbox.read("context_pack.md");
    assert!(
        pack.contains("def part9(total):")
            && pack.contains("step_9_0 =")
            && pack.contains("step_9_39 ="),
        "{pack}"
    );
}

#[test]
fn long_and_odd_tasks_are_taken() {
    let sandbox = Sandbox::new();
    let long = format!(
        "the refresh of tokens fails 🎉 \"'`\n{}",
        "DEBUG 2026-01-02 worker idle\n".repeat(2_000)
    );
    for task in [long.as_str(), "🎉", "--", "-", "\"", "\u{202e}refresh"] {
        let mut command = sandbox.contextos(&["pack", "--task", "-"]);
        command.write_stdin(task.to_owned());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{task:.40}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A key of a configuration is defined where it stands; what is named by its path is asked for, whatever its kind.
#[test]
fn what_only_a_configuration_has_and_what_a_path_names_is_shown() {
    let sandbox = Sandbox::new();
    let filler: String =
        (0..40).map(|n| format!("    location /p{n} {{ root /srv/p{n}; }}\n")).collect();
    sandbox
        .repo
        .write("ui/nginx.conf", format!("server {{\n{filler}    client_max_body_size 1G;\n}}\n"))
        .write(
            "tests/cases/portless.test",
            "# the upstream has no port\n:80\nreverse_proxy upstream\n",
        );
    sandbox.repo.commit("Serve the pages");
    let shown = |task: &str| {
        sandbox.contextos(&["pack", "--task", task, "--budget", "1000"]).assert().success();
        sandbox.read("context_pack.md")
    };
    let pack = shown("raise client_max_body_size for the upload of reports");
    assert!(pack.contains("    client_max_body_size 1G;"), "{pack}");
    let pack = shown("fix the wrong comment in tests/cases/portless.test");
    assert!(pack.contains("# the upstream has no port"), "{pack}");
    // Evidence names what a file has: this one has a part of the identifier.
    let pack = shown("TokenVault loses the session");
    assert!(!pack.split("## Chosen").nth(1).unwrap().contains("TokenVault"), "{pack}");
}
