//! Hostile checkouts: configurations of git that execute programs, links, pipes, odd names, deep and large trees,
//! folders that are swapped while they are read.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use testkit::TempRepo;

use crate::Broken;
use crate::ground::{Ground, name};
use crate::hostile_file;
use crate::random::Random;

/// Settings of git that name programs; `$` is the program.
#[rustfmt::skip]
const SETTINGS: &[&str] = &[
    "[core]\n\tfsmonitor = $", "[core]\n\thooksPath = hooks", "[core]\n\tsshCommand = $", "[core]\n\tpager = $",
    "[core]\n\teditor = $", "[core]\n\taskPass = $", "[core]\n\tgitProxy = $", "[core]\n\talternateRefsCommand = $",
    "[core]\n\tworktree = /", "[core]\n\tattributesFile = attributes", "[core]\n\texcludesFile = /dev/zero",
    "[diff]\n\texternal = $", "[diff \"x\"]\n\ttextconv = $\n\tcommand = $", "[filter \"x\"]\n\tclean = $\n\tsmudge = $\n\tprocess = $\n\trequired = true",
    "[merge \"x\"]\n\tdriver = $", "[alias]\n\tlog = !$\n\tls-files = !$\n\tcat-file = !$\n\trev-parse = !$", "[gpg]\n\tprogram = $\n[log]\n\tshowSignature = true\n[commit]\n\tgpgSign = true",
    "[credential]\n\thelper = !$", "[include]\n\tpath = /dev/zero", "[include]\n\tpath = ../.git/config", "[uploadpack]\n\tpackObjectsHook = $",
    "[remote \"origin\"]\n\turl = ext::$\n\tpromisor = true\n\tpartialclonefilter = blob:none\n\tuploadpack = $", "[extensions]\n\tpartialClone = origin\n\tworktreeConfig = true",
    "[sequence]\n\teditor = $", "[pager]\n\tlog = $", "[interactive]\n\tdiffFilter = $", "[trace2]\n\teventTarget = /dev/stdout", "[submodule \"x\"]\n\tupdate = !$",
    "[core]\n\trepositoryFormatVersion = 99", "[core", "[protocol]\n\tallow = always\n[url \"ext::$ \"]\n\tinsteadOf = https://", "[gc]\n\tauto = 1\n[maintenance]\n\tauto = true",
];
const NAMES: &[&[u8]] = &[
    b"a\nb.rs",
    b"a\x1b[2Jb.rs",
    b"\xff\xfe.rs",
    b"-rf.rs",
    b"--output=x.rs",
    b" .rs",
    b"a\tb.rs",
    b"\xe2\x80\xae.rs",
    b"`id`.rs",
    b"$(id).rs",
    b"a\\b.rs",
    b"\"a\".rs",
    b"...rs",
    b"con.rs",
    b"%2e%2e.rs",
    b"a\rb.rs",
    b"[REDACTED].rs",
];
const COMMANDS: &[&[&str]] = &[
    &["pack", "--task", "fix the refresh of tokens", "--budget", "2000", "-o", "-"],
    &["scan"],
    &["secrets"],
    &["churn"],
    &["explain", "src/lib.rs", "--task", "refresh"],
    &["doctor"],
    &["init"],
    &["task", "set", "fix the refresh"],
    &["memory", "add", "a note"],
    &["pack", "--task", "refresh", "--compress", "builtin", "-f", "json"],
];

/// Attacks with checkouts; each is read by a few commands.
pub(super) fn attack(ground: &Ground, random: &mut Random, times: usize) -> Result<usize, Broken> {
    let mut tries = 0;
    for _ in 0..times {
        let home = ground.folder();
        let repo = checkout(ground, random);
        for _ in 0..3 {
            let command = random.one_of(COMMANDS);
            let mut program = ground.program("contextos", &home, repo.path());
            let ended = ground.run(program.args(*command), b"")?;
            let shown = [&*ended.stdout, ended.stderr.as_bytes()].concat();
            ground.check_outside(&shown)?;
            tries += 1;
        }
    }
    Ok(tries)
}

/// Attacks by swapping a folder and a link that leads outside, and back, while the folder is listed and read.
pub(super) fn swap(ground: &Ground, random: &mut Random, times: usize) -> Result<usize, Broken> {
    let home = ground.folder();
    let repo = TempRepo::new();
    for n in 0..40 {
        repo.write(format!("deep/er/f{n}.txt"), "refresh the token\n");
    }
    // A file outside that has the name of one inside.
    let folder = repo.path().join("deep/er");
    let (away, link) = (repo.path().join("away"), repo.path().join("link"));
    symlink(ground.outside(), &link).map_err(failed)?;
    fs::write(folder.join("secret.txt"), "refresh").map_err(failed)?;
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                // Each step may find what the step before left elsewhere.
                let _ = fs::rename(&folder, &away);
                let _ = fs::rename(&link, &folder);
                let _ = fs::rename(&folder, &link);
                let _ = fs::rename(&away, &folder);
            }
        });
        let result = (0..times).try_for_each(|_| {
            let command = random.one_of(&COMMANDS[..3]);
            let mut program = ground.program("contextos", &home, repo.path());
            let ended = ground.run(program.args(*command), b"")?;
            ground.check_outside(&[&*ended.stdout, ended.stderr.as_bytes()].concat())
        });
        is_over.store(true, Ordering::Relaxed);
        result
    })?;
    ground.check_outside(
        &crate::ground::files(repo.path()).into_values().flatten().collect::<Vec<_>>(),
    )?;
    Ok(times)
}

fn failed(error: std::io::Error) -> Broken {
    Broken(format!("the attack can't be set up: {error}"))
}

/// A checkout with several hostile things.
fn checkout(ground: &Ground, random: &mut Random) -> TempRepo {
    let repo = TempRepo::new();
    repo.write("src/lib.rs", "pub fn refresh(token: &str) -> bool { token.is_empty() }\n");
    repo.commit("Refresh the token");
    let program = repo.path().join("executed");
    let mark = format!("#!/bin/sh\ntouch '{}'\n", ground.outside().join("executed").display());
    fs::write(&program, mark).expect("a program");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&program, mode).expect("a program");
    let settings: String = (0..=random.below(6))
        .map(|_| random.one_of(SETTINGS).replace('$', &program.display().to_string()) + "\n")
        .collect();
    let config = repo.path().join(".git/config");
    let before = fs::read_to_string(&config).unwrap_or_default();
    fs::write(&config, before + &settings).expect("a configuration");
    repo.write(".gitattributes", "* filter=x diff=x merge=x\n");
    repo.write("attributes", "* filter=x diff=x\n");
    for hook in [
        "post-checkout",
        "pre-commit",
        "post-index-change",
        "reference-transaction",
        "fsmonitor-watchman",
    ] {
        for folder in ["hooks", ".git/hooks"] {
            let path = repo.path().join(folder).join(hook);
            fs::create_dir_all(path.parent().unwrap_or(&path)).expect("a folder");
            fs::copy(&program, path).expect("a hook");
        }
    }
    for _ in 0..random.below(5) {
        // Names that a file system refuses are left out.
        let _ = fs::write(
            repo.path().join(name(NAMES[random.below(NAMES.len())])),
            "fn refresh() {}\n",
        );
    }
    for n in 0..random.below(4) {
        let (_, nature) = random.one_of(hostile_file::KINDS);
        let path = repo.path().join(format!("src/h{n}.rs"));
        hostile_file::make(*nature, &path, &ground.outside(), random).expect("a hostile file");
    }
    match random.below(7) {
        0 => deep(repo.path()),
        1 => drop(symlink(ground.outside(), repo.path().join("out"))),
        2 => drop(symlink("..", repo.path().join("src/up"))),
        3 => {
            let outside = format!("{}\n", ground.outside().display());
            repo.write(".git/objects/info/alternates", &outside);
        }
        4 => drop(symlink(ground.outside(), repo.path().join(".contextos"))),
        5 => fs::write(repo.path().join(".git/index"), index_of_growing_paths()).expect("an index"),
        _ => {
            repo.write("contextos.toml", "[compress.cmd]\nx = \"touch executed\"\n");
        }
    }
    repo
}

/// A megabyte as an index of version 4 that names a gigabyte of paths: each is the one before it and another letter.
fn index_of_growing_paths() -> Vec<u8> {
    const ENTRIES: u32 = 10_000;
    let mut index = [b"DIRC\0\0\0\x04".as_slice(), &ENTRIES.to_be_bytes()].concat();
    for at in 0..ENTRIES {
        let mut entry = [0; 62];
        // A regular file.
        entry[24..28].copy_from_slice(&0o100_644_u32.to_be_bytes());
        index.extend(entry);
        let letters = if at == 0 { 100_000 } else { 1 };
        index.push(0);
        index.extend(vec![b'a'; letters]);
        index.push(0);
    }
    index.extend([0; 20]);
    index
}

/// A tree of hundreds of folders in each other.
fn deep(root: &Path) {
    let path = root.join("d/".repeat(400));
    // Where that is too deep, there is none.
    if fs::create_dir_all(&path).is_ok() {
        let _ = fs::write(path.join("refresh.rs"), "fn refresh() {}\n");
    }
}
