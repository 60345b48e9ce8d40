//! Where output goes: standard output and error, pipes, terminals.

use std::process::Stdio;

use crate::support::Sandbox;

#[test]
fn the_pack_goes_to_standard_output_and_nothing_else_does() {
    let sandbox = Sandbox::new();
    let output = sandbox.contextos(&["pack", "--task", "fix auth", "--out", "-"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), sandbox.read("context_pack.md"));
    assert!(!output.stderr.is_empty());
}

/// As with other tools that make one text out of many files.
#[test]
fn a_pipe_gets_the_pack() {
    let sandbox = Sandbox::new();
    let stdout = |arguments: &[&str]| {
        let output = sandbox.contextos(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let piped = stdout(&["pack", "--task", "fix auth"]);
    assert_eq!(piped, sandbox.read("context_pack.md"), "it is written to disk all the same");
    assert_eq!(stdout(&["pack", "--task", "fix auth", "--quiet"]), piped);
    assert_eq!(stdout(&["pack", "--task", "fix auth", "--out", "pack.md"]), "");
    let json = stdout(&["pack", "--task", "fix auth", "--format", "json"]);
    assert_eq!(json, sandbox.read("context_pack.json"));
    assert!(!stdout(&["pack", "--task", "fix auth", "--explain"]).contains("# Context for"));
    assert_eq!(stdout(&["export", "claude", "--task", "fix auth"]), "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_screen_gets_the_summary_alone() {
    let sandbox = Sandbox::new();
    let plain = sandbox.contextos(&[]);
    let program = plain.get_program().to_str().unwrap();
    let mut command = assert_cmd::Command::new("script");
    command.current_dir(sandbox.repo.path()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.args(["-qec", &format!("{program} pack --task 'fix auth'"), "/dev/null"]);
    let output = command.output().expect("script, of util-linux, has to be installed");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.contains("written: .contextos/context_pack.md"), "{shown}");
    assert!(!shown.contains("# Context for"), "{shown}");
}

#[test]
fn quiet_is_quiet() {
    let sandbox = Sandbox::new();
    sandbox
        .contextos(&["pack", "--task", "fix auth", "-q", "--out", "pack.md"])
        .assert()
        .success()
        .stdout("")
        .stderr("");
}

/// Whoever reads the output has had enough.
#[test]
fn a_broken_pipe_is_a_normal_end() {
    let sandbox = Sandbox::new();
    for arguments in [
        &["pack", "--task", "fix auth", "--out", "-"][..],
        &["pack", "--task", "fix auth"],
        &["completions", "zsh"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let plain = sandbox.contextos(arguments);
        let mut command = std::process::Command::new(plain.get_program());
        command.args(arguments).current_dir(sandbox.repo.path()).env_clear();
        command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let output = output.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("error") && !stderr.contains("panicked"), "{stderr}");
    }
}

#[test]
fn colours_only_where_they_are_wanted() {
    let sandbox = Sandbox::new();
    let stderr = |arguments: &[&str]| {
        let output = sandbox.contextos(arguments).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let plain = "error: nowhere: no such folder\n";
    assert_eq!(stderr(&["pack", "nowhere", "--task", "x"]), plain);
    assert_eq!(stderr(&["pack", "nowhere", "--task", "x", "--color", "never"]), plain);
    let coloured = stderr(&["pack", "nowhere", "--task", "x", "--color", "always"]);
    assert!(coloured.contains("\u{1b}[") && coloured.ends_with(": nowhere: no such folder\n"));
}

/// Names and messages from a checkout can't drive the terminal.
#[test]
fn control_characters_are_written_out() {
    let sandbox = Sandbox::new();
    let shown = sandbox.run(&["pack", "no\u{1b}[2Jwhere", "--task", "x"]);
    assert!(shown.contains("no\\u{1b}[2Jwhere"), "{shown}");
}

#[test]
fn verbose_names_what_was_skipped() {
    let sandbox = Sandbox::new();
    sandbox.repo.write("logo.png", [0x89, b'P', b'N', b'G', 0, 0]);
    let shown = sandbox.run(&["pack", "--task", "fix auth", "-v"]);
    assert!(shown.contains("skipped (binary): logo.png\n"), "{shown}");
    assert!(shown.contains("skipped: 1 binary\n"), "{shown}");
}

/// What an earlier run wrote into the checkout is no source of the next one.
#[test]
fn packs_and_reports_in_the_checkout_are_not_selected_from() {
    let sandbox = Sandbox::new();
    let task = ["pack", "--task", "fix the refresh of tokens", "--json", "-o", "none.md"];
    let selected = |sandbox: &Sandbox| {
        let output = sandbox.contextos(&task).output().unwrap();
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (json["files"].clone(), json["skipped"]["generated"].clone())
    };
    let (before, _) = selected(&sandbox);
    for format in ["md", "xml", "json"] {
        let file = format!("pack.{format}");
        let arguments =
            ["pack", "--task", "fix the refresh of tokens", "--format", format, "-o", &file];
        sandbox.contextos(&arguments).args(["--report", "report.html"]).assert().success();
    }
    let (after, skipped) = selected(&sandbox);
    assert_eq!(after, before);
    assert_eq!(skipped, 5);
}
