//! The commands that need no server.

use std::fs;
use std::io::Read as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::client::{Home, Server, log, records};

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn what_is_piped_in_comes_out_smaller_and_can_be_asked_for() {
    let home = Home::new();
    let out = home.run(&["compress", "--task", "find the slow requests"], log(500));
    assert!(out.status.success() && out.stderr.is_empty());
    let smaller = text(&out.stdout);
    assert!(smaller.len() * 2 < log(500).len());
    let (_, rest) = smaller.split_once("hash=").unwrap();
    let hash = &rest[..24];
    for name in [hash, &hash[..12], &hash.to_uppercase()] {
        let original = home.run(&["retrieve", name], "");
        assert!(original.status.success());
        assert!(log(500).contains(text(&original.stdout)));
    }
    let found = home.run(&["retrieve", hash, "--query", "request 123 "], "");
    assert!(text(&found.stdout).starts_with("[lines "), "{}", text(&found.stdout));
    assert!(text(&found.stdout).contains("request 123 done"));
    let nothing = home.run(&["retrieve", hash, "--query", "zebra"], "");
    assert_eq!(nothing.status.code(), Some(1));
    assert!(nothing.stdout.is_empty() && text(&nothing.stderr).contains("without --query"));
    // Compressing again changes nothing.
    let again = home.run(&["compress", "--task", "find the slow requests"], &out.stdout);
    assert_eq!(again.stdout, out.stdout);
}

#[test]
fn a_file_or_a_dash() {
    let home = Home::new();
    let path = home.path("records.json");
    fs::write(&path, records(200)).unwrap();
    let file = home.run(&["compress", path.to_str().unwrap()], "");
    let dash = home.run(&["compress", "-", "--kind", "records.json"], records(200));
    assert!(file.stdout.len() * 2 < records(200).len());
    assert_eq!(file.stdout, dash.stdout);
    let missing = home.run(&["compress", "no/such/file"], "");
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stderr).starts_with("error: can't read no/such/file: "));
}

#[test]
fn json_says_what_was_done() {
    let home = Home::new();
    let out = home.run(&["compress", "--json"], log(500));
    let report: Value = serde_json::from_slice(&out.stdout).unwrap();
    let number = |name: &str| report[name].as_u64().unwrap();
    assert_eq!(number("tokens_saved"), number("tokens_before") - number("tokens_after"));
    assert!(!report["parts"].as_array().unwrap().is_empty());
    let gaps = report["gaps"].as_array().unwrap();
    assert!(!gaps.is_empty());
    for gap in gaps {
        assert!(report["ccr_hashes"].as_array().unwrap().contains(&gap["hash"]));
    }
    let plain = home.run(&["compress"], log(500));
    assert_eq!(report["text"], text(&plain.stdout));

    let server = Server::start(&[]);
    let theirs = server.ask("/v1/compress", &json!({ "text": log(500) })).json();
    for name in [
        "text",
        "tokens_before",
        "tokens_after",
        "compression_ratio",
        "transforms_applied",
        "ccr_hashes",
    ] {
        assert_eq!(report[name], theirs[name], "{name}");
    }
}

#[test]
fn an_explanation_is_for_people_and_beside_the_result() {
    let home = Home::new();
    let out = home.run(&["compress", "--explain"], log(500));
    let said = text(&out.stderr);
    assert!(
        said.contains(" tokens → ")
            && said.contains("% saved")
            && said.contains("headroom retrieve "),
        "{said}"
    );
    assert_eq!(out.stdout, home.run(&["compress"], log(500)).stdout);
}

#[test]
fn without_retrieval_nothing_is_left_out_and_nothing_kept() {
    let home = Home::new();
    let out = home.run(&["compress", "--retrieval", "none"], log(500));
    assert!(!text(&out.stdout).contains("left out"));
    assert!(!home.originals().exists());
}

#[test]
fn what_is_no_text_comes_out_as_it_was() {
    let home = Home::new();
    let bytes: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    let out = home.run(&["compress"], &bytes);
    assert!(out.status.success());
    assert_eq!(out.stdout, bytes);
    assert!(text(&out.stderr).contains("isn't UTF-8"));
    assert_eq!(home.run(&["compress"], "").stdout, b"");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let home = Home::new();
    let path = home.path("big.txt");
    fs::write(&path, "é\u{7f} a line that isn't like any other\n".repeat(100_000)).unwrap();
    let mut command = home.headroom(&["compress", "--retrieval", "none", path.to_str().unwrap()]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), &*said), (Some(0), ""));
}

/// The text is passed on, without a marker that nothing could answer; the note says what to do.
#[test]
fn where_the_store_cannot_be_used_nothing_is_lost() {
    for make in [
        |home: &Home| fs::write(home.path(".headroom"), "").unwrap(),
        |home: &Home| {
            fs::create_dir(home.path(".headroom")).unwrap();
            fs::write(home.path(".headroom/originals"), "").unwrap();
        },
    ] {
        let home = Home::new();
        make(&home);
        let out = home.run(&["compress"], log(500));
        assert!(out.status.success());
        assert!(text(&out.stderr).contains("HEADROOM_WORKSPACE_DIR"), "{}", text(&out.stderr));
        let lossless = Home::new().run(&["compress", "--retrieval", "none"], log(500));
        assert_eq!(text(&out.stdout), text(&lossless.stdout));
        assert!(!text(&out.stdout).contains("left out"));
        let wrong = home.run(&["compress", "--store", "memory"], log(500));
        assert_eq!((wrong.status.code(), wrong.stdout.len()), (Some(2), 0));
    }
}

#[test]
fn an_unknown_hash_says_what_to_do() {
    let home = Home::new();
    for hash in ["0123456789abcdef01234567", "0123456789ab"] {
        let out = home.run(&["retrieve", hash], "");
        assert_eq!(out.status.code(), Some(1));
        assert!(out.stdout.is_empty());
        let said = text(&out.stderr);
        assert!(said.starts_with("error: there is no original with hash"), "{said}");
        assert!(said.contains("It may be older than 7 days, or"), "{said}");
        assert!(said.contains("run the command that wrote it."), "{said}");
    }
    let marker = "[9 of 12 lines left out. Retrieve more: hash=0123456789abcdef01234567]";
    for hash in ["nonsense", "", "zz", "0123", marker] {
        let out = home.run(&["retrieve", hash], "");
        assert_eq!((out.status.code(), out.stdout.len()), (Some(1), 0));
        let said = text(&out.stderr);
        assert!(said.contains("` is not a hash: give the 24 hexadecimal digits"), "{said}");
    }
}

#[test]
fn json_is_json_or_an_error() {
    let home = Home::new();
    fs::write(home.path("latin1"), b"caf\xe9\n").unwrap();
    let file = home.path("latin1");
    let out = home.run(&["compress", "--json", file.to_str().unwrap()], "");
    assert_eq!((out.status.code(), out.stdout.len()), (Some(1), 0));
    assert!(text(&out.stderr).contains("isn't UTF-8 text"), "{}", text(&out.stderr));
    let out = home.run(&["compress", file.to_str().unwrap()], "");
    assert_eq!((out.status.code(), &*out.stdout), (Some(0), &b"caf\xe9\n"[..]));
}

#[test]
fn wrong_usage_is_exit_code_two() {
    let home = Home::new();
    for args in [
        &["frobnicate"][..],
        &["compress", "--budget", "0"],
        &["compress", "--budget", "many"],
        &["compress", "--model", "no-such-model"],
        &["retrieve"],
        &["serve", "--port", "65536"],
        &["serve", "--host", "example.com"],
        &["serve", "--max-body", "0"],
        &["compress", "--ttl", "0"],
        &["compress", "--ttl", "5ms"],
        &["compress", "--store-max", "0"],
        &["man", "frobnicate"],
    ] {
        let out = home.run(args, "");
        assert_eq!(out.status.code(), Some(2), "{args:?}");
        assert!(out.stdout.is_empty() && !out.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn the_doctor_finds_what_is_wrong() {
    let home = Home::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let examine = |environment: &[(&str, &str)]| {
        let mut command = home.headroom(&["doctor"]);
        let out = command.envs(environment.iter().copied()).output().unwrap();
        (out.status.code().unwrap(), String::from_utf8(out.stdout).unwrap())
    };
    let (_, said) = examine(&[]);
    assert!(said.contains("ok    headroom ") && said.contains("ok    store: files in "), "{said}");
    // The doctor leaves nothing behind, so another one counts as much.
    assert!(said.contains(": 0 originals, 0 B of"), "{said}");
    assert_eq!(examine(&[]).1, said);

    let server = Server::start(&[]);
    let (code, said) = examine(&[("HEADROOM_BASE_URL", &server.url())]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains(&format!("is running at {}", server.url())), "{said}");

    let (code, said) = examine(&[("HEADROOM_BASE_URL", &format!("http://{free}"))]);
    assert_eq!(code, 1);
    assert!(said.contains("FAIL  no server is running at"), "{said}");

    let folder = home.path("bin");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("headroom"), "#!/usr/bin/python3\nfrom headroom.cli import main\n")
        .unwrap();
    let (_, said) = examine(&[("PATH", folder.to_str().unwrap())]);
    #[cfg(unix)]
    assert!(said.contains("the Python package headroom-ai, which has no `serve`"), "{said}");

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(home.originals(), fs::Permissions::from_mode(0o755)).unwrap();
        let (_, said) = examine(&[]);
        assert!(said.contains("other users have access to"), "{said}");
    }
    for (file, content) in [("config.toml", "losless = true"), ("prices.toml", "[[")] {
        fs::write(home.path(".headroom").join(file), content).unwrap();
        let (code, said) = examine(&[]);
        assert_eq!(code, 1, "{said}");
        let fault = said.lines().find(|line| line.contains(file));
        assert!(fault.is_some_and(|line| line.starts_with("FAIL  ")), "{said}");
        fs::remove_file(home.path(".headroom").join(file)).unwrap();
    }
    fs::remove_dir_all(home.path(".headroom")).unwrap();
    fs::write(home.path(".headroom"), "").unwrap();
    let (code, said) = examine(&[]);
    assert_eq!(code, 1);
    assert!(said.contains("FAIL  originals can't be stored"), "{said}");
}

/// What the doctor says, without what differs from one machine or run to the next.
fn diagnosis(home: &Home, url: &str, environment: &[(&str, &str)]) -> String {
    let mut command = home.headroom(&["doctor"]);
    command.env("PATH", home.path("bin")).env("HEADROOM_BASE_URL", url);
    let out = command.envs(environment.iter().copied()).output().unwrap();
    let said = format!("{}\nexit: {}\n", text(&out.stdout).trim_end(), out.status.code().unwrap());
    said.replace(env!("CARGO_BIN_EXE_headroom"), "/usr/bin/headroom")
        .replace(home.path("").to_str().unwrap(), "~/")
        .replace(env!("CARGO_PKG_VERSION"), "VERSION")
        .replace(url, "http://127.0.0.1:PORT")
}

#[test]
fn the_doctor_for_programs() {
    let home = Home::new();
    let mut command = home.headroom(&["doctor", "--json"]);
    let out = command.env("PATH", home.path("bin")).output().unwrap();
    let said: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let checks = said["checks"].as_array().unwrap();
    let failed = checks.iter().any(|check| check["result"] == "fail");
    assert_eq!((said["ok"].as_bool(), out.status.success()), (Some(!failed), !failed), "{said}");
    assert!(checks.iter().all(|check| check["text"].is_string()), "{said}");
}

#[cfg(unix)]
#[test]
fn the_doctor_in_full() {
    let home = Home::new();
    fs::create_dir(home.path("bin")).unwrap();
    fs::write(home.path("bin/claude"), "").unwrap();
    let server = Server::start(&[]);
    let through = [("ANTHROPIC_BASE_URL", &*server.url())];
    insta::assert_snapshot!("doctor-healthy", diagnosis(&home, &server.url(), &through));
    insta::assert_snapshot!("doctor-not-wrapped", diagnosis(&home, &server.url(), &[]));
    let dead = server.url();
    drop(server);
    fs::write(home.path("bin/headroom"), "#!/usr/bin/python3\n").unwrap();
    fs::write(home.path("bin/qwen"), "").unwrap();
    let elsewhere = dead.replace("http://", "http://me:secret@").replace("127.0.0.1", "localhost");
    let environment = [("ANTHROPIC_BASE_URL", &*dead), ("OPENAI_BASE_URL", &*elsewhere)];
    let said = diagnosis(&home, &dead, &environment);
    assert!(!said.contains("secret"), "{said}");
    insta::assert_snapshot!("doctor-broken", said.replace(&dead[17..], "PORT"));
}

#[test]
fn a_workspace_can_be_anywhere() {
    let home = Home::new();
    let folder = home.path("elsewhere");
    let mut command = home.headroom(&["doctor"]);
    let out = command.env("HEADROOM_WORKSPACE_DIR", &folder).output().unwrap();
    assert!(text(&out.stdout).contains(folder.join("originals").to_str().unwrap()));
    assert!(folder.join("originals").is_dir() && !home.path(".headroom").exists());
}
