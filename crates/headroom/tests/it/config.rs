//! The user's own settings hold in every program that compresses.

use std::fmt::Write as _;
use std::fs;

use serde_json::{Value, json};
use testkit::provider::{ContentBlock, ModelTurn, Provider, system_prompt};

use crate::client::{Home, Server};

fn with_config(config: &str) -> Home {
    let home = Home::new();
    fs::create_dir_all(home.path(".headroom")).unwrap();
    fs::write(home.path(".headroom/config.toml"), config).unwrap();
    home
}

/// A log in which every tenth line has a number of the user's own.
fn log() -> String {
    (0..600).fold(String::new(), |mut log, n| {
        let code = if n % 10 == 3 { format!(" Qx-{}", n / 10) } else { String::new() };
        let second = n % 60;
        writeln!(log, "2026-03-01T08:00:{second:02}Z INFO request id={n} status=200{code}")
            .unwrap();
        log
    })
}

fn codes(text: &str) -> usize {
    text.matches(" Qx-").count()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

const KEEP: &str = "[keep]\ntexts = ['qx-']\n";

#[test]
fn lines_to_keep_stay_in_whatever_compresses() {
    let home = with_config(KEEP);
    fs::write(home.path("app.log"), log()).unwrap();
    let compressed = home.run(&["compress"], log());
    assert_eq!(codes(text(&compressed.stdout)), 60);
    assert!(compressed.stdout.len() < log().len() / 2);
    assert!(codes(text(&Home::new().run(&["compress"], log()).stdout)) < 10);

    let path = home.path("app.log");
    let ran = home.run(&["run", "--", "cat", path.to_str().unwrap()], "");
    assert_eq!(codes(text(&ran.stdout)), 60);
    assert!(ran.stdout.len() < log().len() / 2);

    let server = Server::start_in(home, &[]);
    let answer = server.ask("/v1/compress", &json!({ "text": log() })).json();
    assert_eq!(codes(answer["compressed"].as_str().or(answer["text"].as_str()).unwrap()), 60);
}

/// What the provider is sent of a conversation in which `command` wrote the log.
fn sent(home: Home, command: &str, arguments: &[&str]) -> String {
    let answer =
        |request: &_| ModelTurn::new("msg_1", [ContentBlock::text("Done.")]).reply(request);
    let provider = Provider::start(answer);
    let url = provider.url();
    let server = Server::start_in(home, &[&["--anthropic-api-url", &url], arguments].concat());
    let body = json!({"model": "claude-sonnet-4-5", "max_tokens": 9, "system": system_prompt(), "tools": [{"name": "Bash", "input_schema": {"type": "object"}}], "messages": [
        {"role": "user", "content": "look"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "Bash", "input": {"command": command}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": log()}]}]});
    assert_eq!(server.ask("/v1/messages", &body).status, 200);
    let received = provider.received();
    let sent: Value = received.last().unwrap().json();
    sent["messages"][2]["content"][0]["content"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_sent_to_a_provider_is_within_the_settings() {
    let of = |config: &str| sent(with_config(config), "cat app.log", &[]);
    assert_eq!(codes(&of(KEEP)), 60);
    assert_eq!(of("[exclude]\ncommands = ['cat']\n"), log());
    assert_eq!(of("[exclude]\npaths = ['*.log']\n"), log());
    for config in [
        "[lossless_for]\ncommands = ['cat']\n",
        "[lossless_for]\nkinds = ['log']\n",
        "lossless = true\n",
    ] {
        let sent = of(config);
        assert!(!sent.contains("left out"), "{config}: {sent}");
    }
    // A flag counts before the file.
    let sent = sent(
        with_config("[exclude]\ncommands = ['cat']\n"),
        "cat app.log",
        &["--exclude-commands", "git diff"],
    );
    assert!(sent.contains("hash="), "{sent}");
}

#[test]
fn a_file_that_says_something_unknown_stops_the_server_and_loses_nothing_else() {
    let home = with_config("[exclude]\ntool = ['Read']\n");
    let refused = home.run(&["serve", "--port", "0"], "");
    assert!(!refused.status.success());
    let said = text(&refused.stderr);
    assert!(said.contains("config.toml") && said.contains("unknown field `tool`"), "{said}");
    let ran = home.run(&["run", "--", "printf", "%s", &log()], "");
    assert_eq!(text(&ran.stdout), log());
    assert!(text(&ran.stderr).contains("config.toml"), "{}", text(&ran.stderr));
    let compressed = home.run(&["compress"], log());
    assert!(!text(&compressed.stdout).contains("hash="));
    assert!(text(&compressed.stderr).contains("compressed without omissions"));
}

#[test]
fn show_says_where_each_setting_is_from() {
    let home = with_config("lossless = true\n[exclude]\ntools = ['mcp__db__*']\n");
    let mut command = home.headroom(&["config", "show", "--json"]);
    command.env("HEADROOM_EXCLUDE_PATHS", "*.env,secrets/*").env("HEADROOM_API_KEY", "very-secret");
    let shown = home.finish(command, "");
    assert!(!text(&shown.stdout).contains("very-secret"));
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let of = |key: &str| {
        let all = shown["settings"].as_array().unwrap();
        let found = all.iter().find(|one| one["key"] == key).unwrap();
        (found["value"].clone(), found["origin"].as_str().unwrap().to_owned())
    };
    let file = home.path(".headroom/config.toml").display().to_string();
    assert_eq!(shown["file"], file);
    assert_eq!(of("lossless"), (json!(true), file.clone()));
    assert_eq!(of("exclude.tools"), (json!(["mcp__db__*"]), file));
    assert_eq!(
        of("exclude.paths"),
        (json!(["*.env", "secrets/*"]), "HEADROOM_EXCLUDE_PATHS".into())
    );
    assert_eq!(of("keep.texts"), (json!([]), "default".into()));
    let lines = home.run(&["config", "show"], "");
    let line = text(&lines.stdout).lines().next().unwrap().to_owned();
    assert!(line.starts_with("lossless = true ") && line.contains("# /"), "{line}");
    let without = Home::new().run(&["config", "show"], "");
    assert!(text(&without.stderr).contains("there is no "), "{}", text(&without.stderr));
}

#[test]
fn a_hook_keeps_lines_and_with_a_file_that_is_not_understood_does_nothing() {
    let call = json!({"hook_event_name": "PostToolUse", "session_id": "s", "tool_name": "Bash", "tool_use_id": "t",
        "tool_input": {"command": "cat app.log"}, "tool_response": {"stdout": log(), "stderr": "", "interrupted": false}});
    let answer =
        |config: &str| with_config(config).run(&["hooks", "post-tool-use"], call.to_string());
    let kept = answer(KEEP);
    let kept: Value = serde_json::from_slice(&kept.stdout).unwrap();
    let stdout = kept["hookSpecificOutput"]["updatedToolOutput"]["stdout"].as_str().unwrap();
    assert_eq!(codes(stdout), 60);
    assert!(stdout.len() < log().len() / 2);
    assert!(answer("[exclude]\ncommands = ['cat']\n").stdout.is_empty());
    let broken = answer("keep = 1\n");
    assert!(broken.status.success() && broken.stdout.is_empty() && broken.stderr.is_empty());
}
