//! Small limits, and full disks.

use std::fs::{self, File};
use std::process::Command;

use super::stores::checkout;
use crate::Broken;
use crate::ground::Ground;
use crate::random::Random;

/// Limits as a shell sets them. A process that runs as root isn't held to that of processes.
const LIMITS: &[&str] = &[
    "ulimit -v 100000",
    "ulimit -v 270000",
    "ulimit -v 300000",
    "ulimit -v 400000",
    "ulimit -v 600000",
    "ulimit -n 5",
    "ulimit -n 8",
    "ulimit -n 16",
    "ulimit -n 40",
    "ulimit -f 0",
    "ulimit -f 1",
    "ulimit -f 8",
    "ulimit -u 1",
    "ulimit -u 3",
    "ulimit -s 512",
    "ulimit -c 0",
];
const COMMANDS: &[(&str, &[&str])] = &[
    ("contextos", &["pack", "--task", "refresh the token 7", "--budget", "900", "-o", "-"]),
    ("contextos", &["scan"]),
    ("contextos", &["secrets"]),
    ("contextos", &["task", "set", "refresh"]),
    ("contextos", &["hooks", "user-prompt-submit"]),
    ("headroom", &["compress", "log.txt"]),
    ("headroom", &["hooks", "post-tool-use", "--agent", "claude"]),
    ("headroom", &["run", "--", "cat", "log.txt"]),
    ("headroom", &["mcp", "serve"]),
    ("headroom", &["mcp", "install", "--agent", "claude"]),
];

pub(super) fn attack(ground: &Ground, random: &mut Random, times: usize) -> Result<usize, Broken> {
    let repo = checkout();
    let line = "2026-01-01 00:00:00 INFO the worker did what it had to do\n";
    repo.write("log.txt", line.repeat(3000));
    for number in 0..times {
        let home = ground.folder();
        let (name, args) = random.one_of(COMMANDS);
        let mut program = match number % 5 {
            0 => full_disk(ground, name, args, random),
            _ => limited(ground, LIMITS[number % LIMITS.len()], name, args),
        };
        program
            .env_clear()
            .env("HOME", &home)
            .env("PATH", "/usr/bin:/bin")
            .current_dir(repo.path());
        let input = br#"{"hook_event_name":"PostToolUse","tool_name":"Bash","tool_input":{"command":"ls"},"tool_response":{"stdout":"a"},"prompt":"refresh the token","session_id":"s","cwd":"."}"#;
        ground.run(&mut program, input)?;
        let left = crate::ground::files(repo.path());
        if let Some((name, _)) =
            left.iter().find(|(name, _)| name.to_string_lossy().contains(".tmp"))
        {
            return Err(Broken(format!("{} is left behind", name.display())));
        }
    }
    Ok(times)
}

/// The program in a shell with a limit.
fn limited(ground: &Ground, limit: &str, name: &str, args: &[&str]) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &format!("{limit} 2>/dev/null; exec \"$0\" \"$@\"")])
        .arg(ground.path_of(name))
        .args(args);
    shell
}

/// The program with a standard output, or a home, on a full disk. Without the right to mount one, it is the output.
fn full_disk(ground: &Ground, name: &str, args: &[&str], random: &mut Random) -> Command {
    let mut shell = Command::new("sh");
    let script = match random.below(2) == 0 && may_mount() {
        true => format!(
            "mount -t tmpfs -o size={}k none \"$HOME\" && dd if=/dev/zero of=\"$HOME/full\" bs=1k 2>/dev/null; exec \"$0\" \"$@\"",
            random.one_of(&[4, 64])
        ),
        false => "exec \"$0\" \"$@\" > /dev/full".to_owned(),
    };
    if script.starts_with("mount") {
        shell = Command::new("unshare");
        shell.args(["-m", "sh"]);
    }
    shell.args(["-c", &script]).arg(ground.path_of(name)).args(args);
    shell
}

fn may_mount() -> bool {
    let there = |path: &str| fs::metadata(path).is_ok();
    there("/usr/bin/unshare")
        && rustix::process::geteuid().is_root()
        && File::open("/proc/self/ns/mnt").is_ok()
}
