//! What goes wrong for users, and what they are told then.

use std::fs;

use crate::support::{Sandbox, tree};

#[test]
fn a_missing_path() {
    insta::assert_snapshot!(Sandbox::new().run(&["pack", "nowhere", "--task", "x"]), @r"
    exit: 1
    ----- stderr
    error: nowhere: no such folder
    ");
}

#[test]
fn a_file_instead_of_a_folder() {
    insta::assert_snapshot!(Sandbox::new().run(&["pack", "README.md", "--task", "x"]), @r"
    exit: 1
    ----- stderr
    error: README.md: not a folder; use the folder that contains it
    ");
}

#[test]
fn no_task() {
    insta::assert_snapshot!(Sandbox::new().run(&["pack"]), @r#"
    exit: 2
    ----- stderr
    error: there is no task; use --task "what to do", or set one with `contextos task`
    "#);
    insta::assert_snapshot!(Sandbox::new().run(&["pack", "--task", " "]), @r"
    exit: 2
    ----- stderr
    error: the task is empty; say what you want to do
    ");
}

#[test]
fn an_empty_repository() {
    insta::assert_snapshot!(Sandbox::empty().run(&["pack", "--task", "x"]), @r"
    exit: 1
    ----- stderr
    error: .: no text files to select from
    ");
}

#[test]
fn a_budget_that_is_no_number() {
    insta::assert_snapshot!(Sandbox::new().run(&["pack", "--task", "x", "--budget", "many"]));
}

#[test]
fn a_budget_that_is_too_small() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(sandbox.run(&["pack", "--task", "x", "--budget", "0"]), @r"
    exit: 1
    ----- stderr
    error: a budget of 0 tokens is too small: the minimum is 200
    ");
    sandbox.contextos(&["pack", "--task", "x", "--budget", "199"]).assert().code(1);
    sandbox.contextos(&["pack", "--task", "x", "--budget", "200"]).assert().success();
}

#[test]
fn a_model_that_nobody_knows() {
    insta::assert_snapshot!(Sandbox::new().run(&["pack", "--task", "x", "--model", "abacus"]), @r"
    exit: 2
    ----- stderr
    error: unknown model `abacus`; use the name of an OpenAI, Anthropic or Google model, like gpt-4o or claude-sonnet-4
    ");
}

#[test]
fn a_malformed_glob() {
    let shown = Sandbox::new().run(&["pack", "--task", "x", "--include", "a["]);
    assert!(shown.starts_with("exit: 1\n----- stderr\nerror: a[: "), "{shown}");
}

#[test]
fn no_git() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.contextos(&["pack", "--task", "fix the refresh of tokens"]);
    command.env("PATH", "");
    let shown = sandbox.shown(command);
    assert!(shown.starts_with("exit: 0\n"), "{shown}");
    assert!(shown.contains("\nhistory: none\n"), "{shown}");
}

/// Run as somebody who may not read everything: root may.
#[cfg(target_os = "linux")]
#[test]
fn an_unreadable_file_is_left_out_and_said() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    let secret = sandbox.repo.path().join("src/report.py");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(sandbox.repo.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let plain = sandbox.contextos(&[]);
    let mut command = if fs::read(&secret).is_ok() {
        let mut command = assert_cmd::Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(plain.get_program());
        command.current_dir(sandbox.repo.path()).env_clear();
        command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command
    } else {
        plain
    };
    command.args(["pack", "--task", "fix the refresh of tokens", "--no-history"]);
    let shown = sandbox.shown(command);
    assert!(shown.starts_with("exit: 0\n"), "{shown}");
    let warning = "warning: src/report.py: Permission denied (os error 13); packed without it\n";
    assert!(shown.contains(warning), "{shown}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_the_old_pack() {
    let sandbox = Sandbox::new();
    sandbox.contextos(&["pack", "--task", "monthly report"]).assert().success();
    let before = tree(&sandbox.repo.path().join(".contextos"));

    let mut command = sandbox.contextos(&["pack", "--task", "fix auth", "--out", "/dev/full"]);
    command.assert().code(1);
    insta::assert_snapshot!(sandbox.shown(command), @r"
    exit: 1
    ----- stderr
    error: /dev/full: No space left on device (os error 28)
    ");
    assert_eq!(packs(&tree(&sandbox.repo.path().join(".contextos"))), packs(&before));

    // A limit on the size of files fails in the middle of the writing, as a full disk does.
    let plain = sandbox.contextos(&[]);
    let mut command = assert_cmd::Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\""]).arg(plain.get_program());
    command.current_dir(sandbox.repo.path()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.args(["pack", "--task", "fix the refresh of tokens", "--no-history"]);
    // Standard output is a pipe, so the pack has arrived all the same.
    let output = command.output().unwrap();
    let notes = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{notes}");
    assert!(notes.contains(".contextos/context_pack.md: File too large (os error 27)"), "{notes}");
    assert!(!output.stdout.is_empty());
    assert_eq!(packs(&tree(&sandbox.repo.path().join(".contextos"))), packs(&before));
}

/// The files of `.contextos/` but for the cache.
fn packs(files: &[(std::path::PathBuf, Vec<u8>)]) -> Vec<&(std::path::PathBuf, Vec<u8>)> {
    files.iter().filter(|(path, _)| !path.components().any(|c| c.as_os_str() == "cache")).collect()
}

/// A `.contextos` that can't be made stands for a checkout that can't be written.
#[test]
fn a_checkout_that_cannot_be_written_needs_out() {
    let sandbox = Sandbox::new();
    sandbox.repo.write(".contextos", "in the way\n");
    insta::assert_snapshot!(sandbox.run(&["export", "claude", "--task", "fix auth"]), @r"
    exit: 1
    ----- stderr
    error: .contextos: File exists (os error 17); choose another place for the pack with --out
    ");
    let output = sandbox.contextos(&["pack", "--task", "fix auth"]).output().unwrap();
    let notes = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && !output.stdout.is_empty(), "{notes}");
    assert!(notes.contains("; the pack is only written to standard output\n"), "{notes}");
    let shown = sandbox.run(&["pack", "--task", "fix auth", "--out", "pack.md"]);
    assert!(shown.starts_with("exit: 0\n----- stderr\n.contextos: File exists"), "{shown}");
    assert!(shown.contains("; the pack is only written to --out\n"), "{shown}");
    assert!(sandbox.repo.path().join("pack.md").exists());
}

#[test]
fn standard_input_that_is_no_text() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.contextos(&["pack", "--task", "-"]);
    command.write_stdin(vec![0xff, 0xfe]);
    insta::assert_snapshot!(sandbox.shown(command), @r"
    exit: 1
    ----- stderr
    error: standard input: the task is not UTF-8
    ");
}
