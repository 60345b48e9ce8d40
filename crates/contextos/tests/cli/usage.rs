//! Help, versions, completions and manual pages.

use std::path::Path;
use std::process::Command;

use testkit::cli_reference;
use testkit::golden::Golden;

use crate::support::Sandbox;

const COMMANDS: &[&str] = &[
    "pack",
    "export",
    "explain",
    "task",
    "memory",
    "scan",
    "secrets",
    "churn",
    "eval",
    "serve",
    "init",
    "mcp",
    "hooks",
    "doctor",
    "config",
    "completions",
    "man",
];

#[test]
fn the_command_line_reference_is_up_to_date() {
    let sandbox = Sandbox::new();
    let page = cli_reference(&sandbox.program(), &[("HOME", sandbox.home.path())]);
    for command in COMMANDS {
        assert!(page.contains(&format!("\n### `contextos {command}`\n")), "{command}");
    }
    let top_level = page.lines().filter(|line| line.starts_with("### "));
    assert_eq!(top_level.count(), COMMANDS.len(), "a command was forgotten here");
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let mut golden = Golden::new(docs);
    golden.check("contextos-cli.md", &page);
    golden.finish(|_| true);
}

#[test]
fn the_version() {
    let shown = Sandbox::new().run(&["--version"]);
    assert_eq!(shown, "exit: 0\n----- stdout\ncontextos [VERSION]\n");
    assert_eq!(Sandbox::new().run(&["-V"]), shown);
}

#[test]
fn no_command_is_wrong_usage() {
    Sandbox::new().contextos(&[]).assert().code(2);
    Sandbox::new().contextos(&["pakc"]).assert().code(2);
    Sandbox::new().contextos(&["pack", "--budgte", "1"]).assert().code(2);
}

#[test]
fn completions_name_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let shown = Sandbox::new().run(&["completions", shell]);
        for command in COMMANDS {
            assert!(shown.contains(command), "{shell}: {command}");
        }
    }
}

#[cfg(unix)]
#[test]
fn the_completions_of_bash_are_sound() {
    let sandbox = Sandbox::new();
    let script = sandbox.contextos(&["completions", "bash"]).output().unwrap().stdout;
    sandbox.home.write("complete.bash", script);
    let status =
        Command::new("bash").arg("-n").arg(sandbox.home.path().join("complete.bash")).status();
    assert!(status.unwrap().success());
}

#[test]
fn manual_pages() {
    let sandbox = Sandbox::new();
    let page = sandbox.run(&["man"]);
    assert!(page.contains(".TH contextos 1"), "{page}");
    let page = sandbox.run(&["man", "pack"]);
    assert!(page.contains("\\-\\-budget"), "{page}");
    sandbox.contextos(&["man", "nothing"]).assert().code(2);
}
