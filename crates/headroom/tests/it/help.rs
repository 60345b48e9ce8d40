//! What the program says about itself: help, completions, manual pages.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::client::Home;

fn said(args: &[&str]) -> String {
    let out = Home::new().run(args, "");
    assert!(out.status.success(), "{args:?}");
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn help() {
    insta::assert_snapshot!("help", said(&["--help"]));
    for command in [
        "serve",
        "stop",
        "status",
        "compress",
        "retrieve",
        "run",
        "hooks",
        "audit",
        "wrap",
        "unwrap",
        "stats",
        "dashboard",
        "doctor",
        "completions",
        "man",
    ] {
        insta::assert_snapshot!(format!("help-{command}"), said(&[command, "--help"]));
    }
}

#[test]
fn the_command_line_reference_is_up_to_date() {
    let home = Home::new();
    let page = testkit::cli_reference(
        Path::new(env!("CARGO_BIN_EXE_headroom")),
        &[("HOME", &home.path(""))],
    );
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let mut golden = testkit::golden::Golden::new(docs);
    golden.check("headroom-cli.md", &page);
    golden.finish(|_| true);
}

#[test]
fn every_flag_of_help_is_in_its_manual_page() {
    for command in ["serve", "compress", "retrieve", "run", "stats", "dashboard"] {
        let (help, page) = (said(&[command, "--help"]), said(&["man", command]));
        for flag in help.split_whitespace().filter(|word| word.starts_with("--") && word.len() > 2)
        {
            let flag = flag.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            assert!(page.contains(&flag.replace('-', "\\-")), "{flag} in {command}");
        }
    }
    assert!(said(&["man"]).contains(".TH headroom 1"));
    assert!(said(&["man", "mcp", "install"]).contains(".TH headroom-mcp-install 1"));
    let pages = tempfile::tempdir().unwrap();
    said(&["man", "--all", pages.path().to_str().unwrap()]);
    for page in ["headroom.1", "headroom-serve.1", "headroom-mcp-install.1"] {
        assert!(pages.path().join(page).is_file(), "{page}");
    }
}

#[test]
fn completions_are_scripts_that_their_shells_take() {
    for (shell, expected) in [
        ("bash", "_headroom"),
        ("zsh", "#compdef headroom"),
        ("fish", "complete -c headroom"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        assert!(said(&["completions", shell]).contains(expected), "{shell}");
    }
    for known in ["files memory redis:// rediss://", "claude", "opencode"] {
        assert!(said(&["completions", "bash"]).contains(known), "{known}");
    }
    let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().unwrap();
    bash.stdin.take().unwrap().write_all(said(&["completions", "bash"]).as_bytes()).unwrap();
    assert!(bash.wait().unwrap().success());
}
