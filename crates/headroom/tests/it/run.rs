//! `headroom run`: a command, as if this program weren't there.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::client::{Home, log};

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The program, with the caller's way to find commands.
fn run(home: &Home, args: &[&str]) -> Command {
    let mut command = home.headroom(&[&["run"], args].concat());
    command.env("PATH", std::env::var_os("PATH").unwrap());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn sh(home: &Home, script: &str) -> Output {
    run(home, &["--", "sh", "-c", script]).output().unwrap()
}

/// Begins `command`, and waits until it has made the file `ready`.
fn begin(mut command: Command, home: &Home) -> Child {
    let child = command.spawn().unwrap();
    let began = Instant::now();
    while !home.path("ready").exists() {
        assert!(began.elapsed() < Duration::from_secs(60), "the command doesn't begin");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

#[test]
fn output_comes_out_smaller_and_can_be_asked_for() {
    let home = Home::new();
    std::fs::write(home.path("log"), log(500)).unwrap();
    let path = home.path("log");
    let out = run(&home, &["--", "cat", path.to_str().unwrap()]).output().unwrap();
    assert!(out.status.success() && out.stderr.is_empty(), "{out:?}");
    let smaller = text(&out.stdout);
    assert!(smaller.len() * 2 < log(500).len());
    assert!(
        smaller.ends_with("headroom retrieve HASH [--query TEXT | --lines A-B]]\n"),
        "{smaller}"
    );
    let (_, rest) = smaller.split_once("hash=").unwrap();
    let original = home.run(&["retrieve", &rest[..24]], "");
    assert!(log(500).contains(text(&original.stdout)) && !original.stdout.is_empty());
    // What the reader is doing is kept.
    let task =
        run(&home, &["--task", "request 123 ", "--", "cat", path.to_str().unwrap()]).output();
    assert!(text(&task.unwrap().stdout).contains("request 123 done"));
}

#[test]
fn what_the_user_limits_is_not_done() {
    let home = Home::new();
    std::fs::write(home.path("app.log"), log(500)).unwrap();
    let path = home.path("app.log");
    let path = path.to_str().unwrap();
    let output = |args: &[&str], variables: &[(&str, &str)]| {
        let mut command = run(&home, &[args, &["--", "cat", path]].concat());
        let out = command.envs(variables.iter().copied()).output().unwrap();
        text(&out.stdout).to_owned()
    };
    assert!(output(&[], &[]).contains("hash="));
    for (args, variables) in [(&["--lossless"][..], &[][..]), (&[], &[("HEADROOM_LOSSLESS", "1")])]
    {
        let lossless = output(args, variables);
        assert!(!lossless.contains("hash=") && lossless.len() <= log(500).len(), "{lossless}");
    }
    assert!(output(&[], &[("HEADROOM_LOSSLESS", "0")]).contains("hash="));
    for (args, variables) in [
        (&["--exclude-commands", "make,cat"][..], &[][..]),
        (&["--exclude-paths", "*.log"], &[]),
        (&["--exclude-paths", "app.log"], &[]),
        (&[], &[("HEADROOM_EXCLUDE_COMMANDS", "cat")]),
        (&[], &[("HEADROOM_EXCLUDE_PATHS", "x, app.log")]),
    ] {
        assert_eq!(output(args, variables), log(500), "{args:?} {variables:?}");
    }
    for (args, variables) in [
        (&["--exclude-commands", "catalog"][..], &[][..]),
        (&[], &[("HEADROOM_EXCLUDE_PATHS", "")]),
    ] {
        assert!(output(args, variables).contains("hash="), "{args:?} {variables:?}");
    }
}

#[test]
fn a_limit_counts_however_a_line_runs_its_command() {
    let home = Home::new();
    std::fs::create_dir(home.path("secrets")).unwrap();
    std::fs::write(home.path("secrets/app.log"), log(500)).unwrap();
    let output = |limit: &[&str], line: &str| {
        let line = format!("cd '{}' && {line}", home.path("").display());
        let out = run(&home, &[limit, &["--", "sh", "-c", &line]].concat()).output().unwrap();
        text(&out.stdout).to_owned()
    };
    for line in [
        "cat secrets/app.log",
        "A=1 cat < secrets/app.log | grep -v zzzz",
        "timeout 10 cat secrets/*",
        "cd secrets && cat app.log",
        "true\ncat secrets/app.log",
    ] {
        for limit in [["--exclude-commands", "cat"], ["--exclude-paths", "secrets/*"]] {
            assert_eq!(output(&limit, line), log(500), "{limit:?} {line}");
        }
        assert!(output(&["--exclude-paths", "other/*"], line).contains("hash="), "{line}");
    }
}

#[test]
fn each_stream_stays_its_own() {
    let home = Home::new();
    std::fs::write(home.path("log"), log(500)).unwrap();
    let path = home.path("log");
    let out = sh(&home, &format!("echo one; cat {} >&2; echo two", path.display()));
    assert_eq!(text(&out.stdout), "one\ntwo\n");
    assert!(text(&out.stderr).contains("left out") && out.stderr.len() * 2 < log(500).len());
}

#[test]
fn where_both_go_to_one_place_their_order_stays() {
    let home = Home::new();
    let script = "for i in 1 2 3 4 5 6 7 8; do echo out $i; echo err $i >&2; done";
    let both = home.path("both");
    let file = std::fs::File::create(&both).unwrap();
    let mut command = run(&home, &["--", "sh", "-c", script]);
    command.stdout(file.try_clone().unwrap()).stderr(file);
    assert!(command.status().unwrap().success());
    let expected: String = (1..=8).map(|i| format!("out {i}\nerr {i}\n")).collect();
    assert_eq!(std::fs::read_to_string(both).unwrap(), expected);
}

#[test]
fn it_ends_as_the_command_ends() {
    let home = Home::new();
    for code in [0, 1, 3, 127, 255] {
        assert_eq!(sh(&home, &format!("exit {code}")).status.code(), Some(code));
    }
    for (name, number) in [("KILL", 9), ("TERM", 15), ("SEGV", 11), ("INT", 2), ("PIPE", 13)] {
        let status = sh(&home, &format!("echo x; kill -{name} $$")).status;
        assert_eq!(status.signal(), Some(number), "{name}: {status}");
    }
    let unknown = run(&home, &["--", "no-such-command"]).output().unwrap();
    assert_eq!(unknown.status.code(), Some(127));
    assert!(text(&unknown.stderr).contains("can't run no-such-command"));
    let folder = run(&home, &["--", "/"]).output().unwrap();
    assert_eq!(folder.status.code(), Some(126));
    assert_eq!(run(&home, &[]).output().unwrap().status.code(), Some(2));
}

#[test]
fn arguments_reach_the_command_as_they_are() {
    let home = Home::new();
    for args in [
        &["--", "printf", "%s|", "--help", "-x", "a b", ""][..],
        &["printf", "%s|", "--help", "-x", "a b", ""],
    ] {
        let out = run(&home, args).output().unwrap();
        assert_eq!(text(&out.stdout), "--help|-x|a b||", "{}", text(&out.stderr));
    }
}

#[test]
fn what_is_no_text_comes_as_it_is() {
    let home = Home::new();
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    std::fs::write(home.path("bytes"), &bytes).unwrap();
    let path = home.path("bytes");
    let out = run(&home, &["--", "cat", path.to_str().unwrap()]).output().unwrap();
    assert!(out.stdout == bytes, "every byte");
    let latin: Vec<u8> = "gr\u{fc}n ".repeat(5000).chars().map(|c| c as u8).collect();
    std::fs::write(home.path("latin"), &latin).unwrap();
    let path = home.path("latin");
    let out = run(&home, &["--", "cat", path.to_str().unwrap()]).output().unwrap();
    assert!(out.stdout == latin);
}

#[test]
fn signals_reach_the_command() {
    for (name, number) in
        [("INT", Signal::INT), ("TERM", Signal::TERM), ("HUP", Signal::HUP), ("USR1", Signal::USR1)]
    {
        let home = Home::new();
        let ready = home.path("ready");
        let script = format!(
            "trap 'echo told {name}; exit 7' {name}; : > {}; while :; do sleep 0.01; done",
            ready.display()
        );
        let child = begin(run(&home, &["--", "sh", "-c", &script]), &home);
        signal(&child, number);
        let out = child.wait_with_output().unwrap();
        assert_eq!((out.status.code(), text(&out.stdout)), (Some(7), &*format!("told {name}\n")));
    }
}

#[test]
fn a_command_that_dies_of_a_signal_takes_this_program_with_it() {
    for number in [Signal::TERM, Signal::INT] {
        let home = Home::new();
        let script = format!("echo before; : > {}; exec sleep 600", home.path("ready").display());
        let child = begin(run(&home, &["--", "sh", "-c", &script]), &home);
        signal(&child, number);
        let out = child.wait_with_output().unwrap();
        assert_eq!(out.status.signal(), Some(number.as_raw()));
        assert_eq!(text(&out.stdout), "before\n", "what it had said isn't lost");
    }
}

#[test]
fn a_signal_that_was_ignored_stays_ignored() {
    let home = Home::new();
    let script =
        format!("kill -HUP $$; : > {}; sleep 0.1; echo alive", home.path("ready").display());
    let program = env!("CARGO_BIN_EXE_headroom");
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' HUP; exec \"$0\" run -- sh -c \"$1\"", program, &script]);
    command.env("HOME", home.path("")).stdin(Stdio::null()).stdout(Stdio::piped());
    let child = begin(command, &home);
    signal(&child, Signal::HUP);
    let out = child.wait_with_output().unwrap();
    assert_eq!((out.status.code(), text(&out.stdout)), (Some(0), "alive\n"));
}

#[test]
fn a_command_that_runs_long_streams_as_it_is() {
    let home = Home::new();
    let script = "seq 1 500; sed q; echo end";
    let mut command = run(&home, &["--hold", "0", "--", "sh", "-c", script]);
    command.stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    for i in 1..=500 {
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        assert_eq!(line, format!("{i}\n"));
    }
    // All of that came before the command could end.
    child.stdin.take().unwrap().write_all(b"go on\n").unwrap();
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "go on\nend\n");
    assert!(child.wait().unwrap().success());
}

/// The limit is far away: only that the command reads can make it stream.
#[test]
fn a_command_that_asks_is_heard() {
    let scripts = [
        "printf 'name? '; read name; echo \"hello $name\"",
        "printf 'name? '; (printf x >/dev/null; sh -c 'read name; echo \"hello $name\"')",
        "printf 'name? '; sed 's/^/hello /;q'",
    ];
    for script in scripts {
        let home = Home::new();
        let mut command = run(&home, &["--hold", "1h", "--", "sh", "-c", script]);
        command.stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut asked = [0; 6];
        child.stdout.as_mut().unwrap().read_exact(&mut asked).unwrap();
        assert_eq!(&asked, b"name? ", "{script}");
        child.stdin.take().unwrap().write_all(b"Ada\n").unwrap();
        let out = child.wait_with_output().unwrap();
        assert_eq!(text(&out.stdout), "hello Ada\n");
    }
}

#[test]
fn a_filter_answers_line_by_line() {
    let home = Home::new();
    let mut command = run(&home, &["--hold", "1h", "--", "cat"]);
    command.stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut stdin, mut out) =
        (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    for i in 0..3 {
        writeln!(stdin, "line {i}").unwrap();
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        assert_eq!(line, format!("line {i}\n"));
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_command_that_closes_its_streams_runs_on() {
    let home = Home::new();
    let done = home.path("done");
    let script =
        format!("echo first; exec <&- >&- 2>&-; sleep 0.1; : > {}; exit 5", done.display());
    let out = sh(&home, &script);
    assert_eq!((out.status.code(), text(&out.stdout)), (Some(5), "first\n"));
    assert!(done.exists());
}

#[test]
fn what_is_left_in_the_background_is_not_killed_and_output_does_not_wait_for_it() {
    let home = Home::new();
    let done = home.path("done");
    let script =
        format!("(sed q >/dev/null; echo late; : > {}) <&3 3<&- & echo early", done.display());
    // The background process waits for a line that comes only when `early` was read.
    let fifo = home.path("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let script = format!("exec 3<>{}; {script}", fifo.display());
    let mut child = run(&home, &["--hold", "1h", "--", "sh", "-c", &script]).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert_eq!(line, "early\n");
    std::fs::OpenOptions::new().write(true).open(&fifo).unwrap().write_all(b"go on\n").unwrap();
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "late\n");
    assert!(child.wait().unwrap().success() && done.exists());
}

#[test]
fn a_reader_that_goes_away_ends_an_endless_command() {
    let home = Home::new();
    let mut command = run(&home, &["--hold", "0", "--", "yes"]);
    let mut child = command.spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0; 1000]).unwrap();
    drop(out);
    assert_eq!(child.wait().unwrap().signal(), Some(Signal::PIPE.as_raw()));
}

/// A hundred megabytes that are never all in memory, and all of it can be had.
#[cfg(target_os = "linux")]
#[test]
fn huge_output_is_bounded_in_memory() {
    let home = Home::new();
    let script = "seq 1 4000000 | sed 's/^/done after ms: /'; echo last";
    let mut child = run(&home, &["--hold", "1h", "--", "sh", "-c", script]).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut out = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut all = Vec::new();
        out.read_to_end(&mut all).unwrap();
        all
    });
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        most = most.max(kib.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(20));
    }
    let all = reader.join().unwrap();
    assert!(text(&all).contains("last\n"));
    assert!(all.len() < 1_000_000, "{}", all.len());
    assert!(most > 0 && most < 300 << 10, "{most} KiB");
}
