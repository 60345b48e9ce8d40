//! Nothing in a checkout or a home makes the program wait: pipes, devices and links where files are looked
//! for, and a lock that another program keeps.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use crate::support::Sandbox;

/// Far beyond what a run takes; it is there so that a test fails where the program would hang.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the program gives, which has to end by itself.
fn ended(sandbox: &Sandbox, arguments: &[&str]) -> Output {
    let output = sandbox.contextos(arguments).timeout(PATIENCE).output().expect("the program runs");
    assert!(output.status.code().is_some(), "{arguments:?} hangs");
    output
}

fn mkfifo(path: &Path) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    assert!(Command::new("mkfifo").arg(path).status().expect("it is there").success());
}

const COMMANDS: &[&[&str]] = &[
    &["pack", "--task", "refresh tokens", "--out", "-"],
    &["scan"],
    &["secrets"],
    &["explain", "src/auth/token.py", "--task", "refresh tokens"],
];

#[test]
fn ignore_files_of_the_root_that_are_no_files() {
    type Make = fn(&Path);
    let makes: &[(&str, Make)] = &[
        (".gitignore", mkfifo),
        (".contextosignore", mkfifo),
        (".ignore", |path| symlink("/dev/zero", path).expect("a link")),
        (".gitignore", |path| symlink("/nonexistent", path).expect("a link")),
        (".gitignore", |path| fs::create_dir(path).expect("a folder")),
    ];
    for (name, make) in makes {
        let sandbox = Sandbox::new();
        make(&sandbox.repo.path().join(name));
        for arguments in COMMANDS {
            let output = ended(&sandbox, arguments);
            assert!(output.status.success(), "{name}: {arguments:?}: {output:?}");
            let said = String::from_utf8_lossy(&output.stderr);
            if arguments[0] != "explain" {
                assert!(said.contains(name), "{name}: {arguments:?}: {said}");
            }
        }
    }
}

#[test]
fn pipes_in_the_repositorys_own_folder() {
    for name in ["HEAD", "config", "index", "packed-refs", "info/exclude"] {
        let sandbox = Sandbox::new();
        let path = sandbox.repo.path().join(".git").join(name);
        let _ = fs::remove_file(&path);
        mkfifo(&path);
        for arguments in COMMANDS {
            let output = ended(&sandbox, arguments);
            assert!(output.status.success(), "{name}: {arguments:?}: {output:?}");
        }
        let output = ended(&sandbox, &["doctor"]);
        assert!(String::from_utf8_lossy(&output.stdout).contains("a pipe"), "{name}: {output:?}");
    }
}

#[test]
fn pipes_in_place_of_settings_and_notes() {
    for name in [
        "contextos.toml",
        ".contextos/CONFIG.json",
        ".contextos/CURRENT_TASK.md",
        ".contextos/MEMORY.md",
        ".contextos/.gitignore",
        ".contextos/cache/index",
    ] {
        let sandbox = Sandbox::new();
        mkfifo(&sandbox.repo.path().join(name));
        for arguments in COMMANDS {
            ended(&sandbox, arguments);
        }
        ended(&sandbox, &["pack", "--out", "-"]);
        ended(&sandbox, &["memory", "add", "a note"]);
        ended(&sandbox, &["memory", "show"]);
        ended(&sandbox, &["config", "show"]);
    }
    let sandbox = Sandbox::new();
    mkfifo(&sandbox.home.path().join(".config/contextos/config.toml"));
    mkfifo(&sandbox.home.path().join("weights.toml"));
    let weights = sandbox.home.path().join("weights.toml").display().to_string();
    for arguments in COMMANDS {
        let output = ended(&sandbox, arguments);
        // `scan` has no settings.
        let reads_settings = ["pack", "explain", "secrets"].contains(&arguments[0]);
        assert_eq!(output.status.success(), !reads_settings, "{arguments:?}: {output:?}");
    }
    fs::remove_file(sandbox.home.path().join(".config/contextos/config.toml")).expect("ours");
    let output = ended(&sandbox, &["pack", "--task", "tokens", "--weights", &weights]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("not a regular file"), "{output:?}");
}

#[test]
fn a_lock_that_another_program_keeps() {
    let sandbox = Sandbox::new();
    ended(&sandbox, &["memory", "add", "a note"]);
    let file = fs::File::open(sandbox.state(".gitignore")).expect("it was made");
    file.lock().expect("nobody else has it");
    let output = ended(&sandbox, &["memory", "add", "another"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("locked"), "{output:?}");
    drop(file);
    assert!(ended(&sandbox, &["memory", "add", "another"]).status.success());
}
