//! `headroom hooks`: the agent's settings, and what the hook answers.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::client::{Home, log};

const SETTINGS: &str = "{\n  // mine\n  \"permissions\": {\"deny\": [\"Bash(rm -rf:*)\"], \"allow\": [\"Bash(cat *)\"]},\n  \"hooks\": {\"PreToolUse\": [{\"matcher\": \"Edit\", \"hooks\": []}]},\n}\n";

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// A home in which the agent has these settings.
fn with_settings(settings: &str) -> Home {
    let home = Home::new();
    fs::create_dir(home.path(".claude")).unwrap();
    fs::write(home.path(".claude/settings.json"), settings).unwrap();
    home
}

/// What the hook changes the command into, and what it decides.
fn answer(home: &Home, command: &str) -> Option<(String, Value)> {
    let call = json!({
        "hook_event_name": "PreToolUse",
        "permission_mode": "default",
        "cwd": home.path("project"),
        "tool_name": "Bash",
        "tool_input": {"command": command, "description": "what it is for"},
    });
    let out = home.run(&["hooks", "pre-tool-use"], call.to_string());
    assert!(out.status.success() && out.stderr.is_empty(), "{out:?}");
    if out.stdout.is_empty() {
        return None;
    }
    let answer: Value = serde_json::from_slice(&out.stdout).unwrap();
    let answer = &answer["hookSpecificOutput"];
    assert_eq!(answer["hookEventName"], "PreToolUse");
    assert_eq!(answer["updatedInput"]["description"], "what it is for");
    let command = answer["updatedInput"]["command"].as_str().unwrap().to_owned();
    Some((command, answer["permissionDecision"].clone()))
}

#[test]
fn it_is_put_in_when_asked_for_and_taken_out_without_a_trace() {
    let home = with_settings(SETTINGS);
    let file = home.path(".claude/settings.json");
    let hooks = |verb: &str, more: &[&str]| {
        let out = home.run(&[&["hooks", verb, "--agent", "claude"], more].concat(), "");
        assert!(out.status.success(), "{out:?}");
        text(&out.stdout).to_owned()
    };
    assert!(hooks("status", &[]).contains("not installed in"));
    let shown = hooks("install", &["--dry-run"]);
    assert!(shown.contains("+") && shown.contains("hooks pre-tool-use"), "{shown}");
    assert_eq!(fs::read_to_string(&file).unwrap(), SETTINGS);

    assert!(hooks("install", &[]).contains("added to"));
    let installed = fs::read_to_string(&file).unwrap();
    let line = format!("{} hooks pre-tool-use", env!("CARGO_BIN_EXE_headroom"));
    assert!(installed.contains(&line) && installed.contains("// mine"), "{installed}");
    assert!(hooks("status", &[]).starts_with("Claude Code: installed in"));
    assert!(hooks("install", &[]).contains("installed already in"));

    assert!(hooks("uninstall", &[]).contains("removed from"));
    assert_eq!(fs::read_to_string(&file).unwrap(), SETTINGS);
    assert_eq!(fs::read_dir(home.path(".claude")).unwrap().count(), 1);
}

#[test]
fn without_the_agent_or_its_name_nothing_is_done() {
    let home = Home::new();
    let out = home.run(&["hooks", "install", "--agent", "claude"], "");
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stderr).contains("not found on this machine"));
    let out = home.run(&["hooks", "install", "--agent", "cursor"], "");
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out.stderr).contains("known are claude"), "{}", text(&out.stderr));
    assert_eq!(home.run(&["hooks", "install"], "").status.code(), Some(2));
}

#[test]
fn what_it_answers_does_the_same_in_fewer_words() {
    let home = with_settings("{}");
    fs::write(home.path("log"), log(500)).unwrap();
    let script = format!("cat '{}' | sed 's/INFO/it'\\''s/'; exit 3", home.path("log").display());
    let (wrapped, decision) = answer(&home, &script).unwrap();
    assert_eq!(decision, Value::Null, "the agent decides");
    let run = |script: &str| {
        let mut command = Command::new("bash");
        command.args(["-c", script]).env("HOME", home.path(""));
        command.output().unwrap()
    };
    let (as_it_was, smaller) = (run(&script), run(&wrapped));
    assert_eq!((as_it_was.status.code(), smaller.status.code()), (Some(3), Some(3)));
    assert!(smaller.stdout.len() * 2 < as_it_was.stdout.len());
    let hash = text(&smaller.stdout).split_once("hash=").unwrap().1[..24].to_owned();
    let original = home.run(&["retrieve", &hash], "");
    assert!(text(&as_it_was.stdout).contains(text(&original.stdout)));
}

#[test]
fn rules_of_the_agent_are_kept() {
    let home = with_settings(SETTINGS);
    assert_eq!(answer(&home, "rm -rf build"), None, "its own rule forbids it");
    assert_eq!(answer(&home, "cat x").unwrap().1, "allow");
    assert_eq!(answer(&home, "cat x; make").unwrap().1, Value::Null);
    fs::create_dir_all(home.path("project/.claude")).unwrap();
    let rules = json!({"permissions": {"ask": ["Bash(make:*)"]}});
    fs::write(home.path("project/.claude/settings.json"), rules.to_string()).unwrap();
    assert_eq!(answer(&home, "cat x; make"), None);
    assert_eq!(answer(&home, "cat x").unwrap().1, "allow");
}

#[test]
fn what_it_does_not_understand_is_let_be() {
    let home = with_settings("{}");
    for command in ["npm start &", "headroom run -- ls", "cd /elsewhere", "vim x", "echo 'x"] {
        assert_eq!(answer(&home, command), None, "{command}");
    }
    for call in ["", "no JSON", "{}", "[1]", "{\"tool_name\": \"Bash\", \"tool_input\": 7}"] {
        let out = home.run(&["hooks", "pre-tool-use"], call);
        assert!(out.status.success() && out.stdout.is_empty() && out.stderr.is_empty(), "{call}");
    }
}
